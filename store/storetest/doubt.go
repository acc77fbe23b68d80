package storetest

import (
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
)

var doubtPromises = []promise{
	{"Doubt/IsMirroredAndDispelled", doubtMirrored},
	{"Doubt/OfAnAccountIsThatOfItsMemberships", doubtAccount},
	{"Doubt/MakesUnknownWhatIsMissing", doubtMissing},
	{"Doubt/OfAMirroredMembershipIsNoUsersAndNoGroups", doubtApart},
}

func doubtMirrored(f *fixture) {
	other := plan.Edge{Account: "ada", Group: "ops"}
	f.settle(1, plan.Settlement{Accounts: []plan.Account{adaAccount}, Memberships: held(plan.Doubtful, adaEdge, other)})
	q := plan.Query{Accounts: []string{"ada"}}
	require.Equal(f, map[plan.Edge]plan.Presence{adaEdge: plan.Doubtful, other: plan.Doubtful}, facts(f, q).Edges)
	f.settle(2, plan.Settlement{Memberships: append(held(plan.Present, adaEdge), held(plan.Absent, other)...)})
	require.Equal(f, map[plan.Edge]plan.Presence{adaEdge: plan.Present}, facts(f, q).Edges)
	f.settle(3, plan.Settlement{Memberships: append(held(plan.Present, adaEdge), held(plan.Doubtful, adaEdge)...)})
	require.Equal(f, map[plan.Edge]plan.Presence{adaEdge: plan.Doubtful}, facts(f, q).Edges, "the last one counts")
	require.Error(f, f.Settle(f.ctx(), f.held(acme), plan.Settlement{Memberships: held(plan.Unknown, adaEdge)}, at(4)))
}

func doubtAccount(f *fixture) {
	theirs := plan.Edge{Account: "bob", Group: "eng"}
	f.settle(1, plan.Settlement{
		Accounts: []plan.Account{adaAccount, account("bob")}, Memberships: held(plan.Present, adaEdge, theirs),
	})
	doubtful, carried := adaAccount, plan.Edge{Account: "ada", Group: "ops"}
	doubtful.Presence = plan.Doubtful
	f.settle(2, plan.Settlement{Accounts: []plan.Account{doubtful}, Memberships: held(plan.Present, carried)})
	require.Equal(f, map[plan.Edge]plan.Presence{adaEdge: plan.Doubtful, carried: plan.Present, theirs: plan.Present},
		facts(f, plan.Query{Accounts: []string{"ada", "bob"}}).Edges)
}

func doubtMissing(f *fixture) {
	gone := account("bob")
	gone.Presence = plan.Absent
	f.settle(1, plan.Settlement{
		Accounts: []plan.Account{adaAccount, gone}, AdobeGroups: []plan.AdobeGroup{engAdobe}, Memberships: held(plan.Present, adaEdge),
	})
	f.settle(2, plan.Settlement{Missing: plan.Missing{Accounts: []string{"ada", "bob", "nobody"}, AdobeGroups: []string{"eng", "nothing"}}})
	got := facts(f, plan.Query{Accounts: []string{"ada", "bob"}})
	require.Equal(f, plan.Unknown, got.Accounts["ada"].Presence)
	require.Equal(f, plan.Absent, got.Accounts["bob"].Presence, "only what is present")
	require.Equal(f, plan.Unknown, got.AdobeGroups["eng"].Presence)
	require.Equal(f, map[plan.Edge]plan.Presence{adaEdge: plan.Present}, got.Edges)
}

func doubtApart(f *fixture) {
	f.user("ada")
	f.group("eng", "ada")
	f.quiet()
	f.settle(1, plan.Settlement{Links: []plan.Link{adaLink, engLink}, Touched: []plan.Touch{
		{Kind: plan.KindMirrored, Group: "eng", User: "ada", Class: plan.ClassMembership},
	}})
	st, err := f.Status(f.ctx(), acme)
	require.NoError(f, err)
	require.Equal(f, map[plan.Kind]int{plan.KindMirrored: 1}, st.Pending)
	require.NoError(f, f.DeleteUser(f.ctx(), acme, "ada", 0, origin(2)))
	for _, d := range f.due() {
		f.verdict(3, plan.Done, d)
	}
	require.Empty(f, f.due())
	require.Equal(f, []plan.Link{engLink}, f.links(), "the ids of a mirrored membership keep no link")
}
