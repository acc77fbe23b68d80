package storetest

import (
	"maps"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
)

var factsPromises = []promise{
	{"Facts/EmptyQueryHoldsNothing", factsEmpty},
	{"Facts/HoldWhatIsAroundAUser", factsUser},
	{"Facts/HoldAllUsersOfAnAccount", factsRehire},
	{"Facts/FindAccountsByEmailAndCandidate", factsEmails},
	{"Facts/FindAdobeGroupsByNameAndCandidate", factsNames},
	{"Facts/LeaveOutWhatIsKnown", factsKnown},
	{"Facts/HoldAllGroupsOfAnAdobeGroup", factsSharedGroup},
	{"Facts/HoldLinksOfThoseWhoAreGone", factsGone},
	{"Facts/EdgesDueAreThePendingOnesOfUsersAskedFor", factsEdgesDue},
	{"Facts/SeeOnlyTheirOrg", factsOrg},
}

func facts(f *fixture, q plan.Query) plan.Facts {
	f.Helper()
	got, err := f.Facts(f.ctx(), acme, q)
	require.NoError(f, err)
	return got
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func factsEmpty(f *fixture) {
	f.user("ada")
	f.group("eng", "ada")
	got := facts(f, plan.Query{})
	require.Empty(f, got.Users)
	require.Empty(f, got.Memberships)
	require.Empty(f, got.Groups)
	require.Empty(f, got.Links)
	require.Empty(f, got.Accounts)
	require.Empty(f, got.AdobeGroups)
	require.Empty(f, got.Edges)
	require.Empty(f, got.EdgesDue)
}

// account is a present account of an id.
func account(id string) plan.Account {
	return plan.Account{ID: id, Presence: plan.Present, Email: id + "@example.com"}
}

func adobeGroup(id string) plan.AdobeGroup {
	return plan.AdobeGroup{ID: id, Presence: plan.Present, Name: "Adobe " + id}
}

func link(kind plan.Kind, dir, mirror string) plan.Link {
	return plan.Link{Kind: kind, Directory: dir, Mirror: mirror}
}

func factsUser(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada", "bob")
	f.group("ops", "bob")
	f.settle(1, plan.Settlement{
		Accounts:    []plan.Account{account("ada"), account("bob")},
		AdobeGroups: []plan.AdobeGroup{adobeGroup("eng"), adobeGroup("ops"), adobeGroup("extra")},
		Links: []plan.Link{
			link(plan.KindUser, "ada", "ada"), link(plan.KindUser, "bob", "bob"),
			link(plan.KindGroup, "eng", "eng"), link(plan.KindGroup, "ops", "ops"),
		},
		Memberships: held(plan.Present, plan.Edge{Account: "ada", Group: "extra"}, plan.Edge{Account: "bob", Group: "ops"}),
	})
	got := facts(f, plan.Query{Users: []string{"ada", "nobody", "ada"}})
	require.Equal(f, []string{"ada"}, keys(got.Users))
	require.JSONEq(f, string(newUser("ada").Document), string(got.Users["ada"].Document))
	require.Equal(f, map[string][]string{"ada": {"eng"}}, got.Memberships)
	require.Equal(f, []string{"eng"}, keys(got.Groups))
	require.Equal(f, []plan.Link{link(plan.KindUser, "ada", "ada"), link(plan.KindGroup, "eng", "eng")}, got.Links)
	require.Equal(f, map[string]plan.Account{"ada": account("ada")}, got.Accounts)
	require.Equal(f, []string{"eng", "extra"}, keys(got.AdobeGroups), "of its memberships, and of its edges")
	require.Equal(f, map[plan.Edge]plan.Presence{{Account: "ada", Group: "extra"}: plan.Present}, got.Edges)
}

func factsRehire(f *fixture) {
	f.user("old", "new", "other")
	f.group("eng", "old")
	f.settle(1, plan.Settlement{
		Accounts: []plan.Account{account("old"), account("second")},
		Links: []plan.Link{
			link(plan.KindUser, "old", "old"), link(plan.KindUser, "new", "old"),
			link(plan.KindUser, "new", "second"), link(plan.KindUser, "other", "second"),
		},
	})
	got := facts(f, plan.Query{Users: []string{"old"}})
	require.Equal(f, []string{"new", "old", "other"}, keys(got.Users), "by way of both accounts")
	require.Equal(f, []string{"old", "second"}, keys(got.Accounts))
	require.Len(f, got.Links, 4)
	require.Equal(f, []string{"eng"}, facts(f, plan.Query{Users: []string{"other"}}).Memberships["old"])
}

func factsEmails(f *fixture) {
	f.user("ada")
	moving := account("ada")
	moving.Email, moving.Candidate, moving.Presence = "ADA@Example.com", "Lovelace@Example.com", plan.Unknown
	f.settle(1, plan.Settlement{Accounts: []plan.Account{moving, account("bob")}, Links: []plan.Link{adaLink}})
	for _, email := range []string{"ada@example.com", "lovelace@example.com"} {
		got := facts(f, plan.Query{Emails: []string{email, "nobody@example.com", ""}})
		require.Equal(f, map[string]plan.Account{"ada": moving}, got.Accounts, email)
		require.Equal(f, []string{"ada"}, keys(got.Users), "and who is linked to it")
	}
}

func factsNames(f *fixture) {
	f.group("eng")
	moving := adobeGroup("eng")
	moving.Name, moving.Candidate = "ENGineers", "Builders"
	f.settle(1, plan.Settlement{AdobeGroups: []plan.AdobeGroup{moving, adobeGroup("ops")}, Links: []plan.Link{engLink}})
	for _, name := range []string{"engineers", "builders"} {
		got := facts(f, plan.Query{Names: []string{name, "nothing", ""}})
		require.Equal(f, map[string]plan.AdobeGroup{"eng": moving}, got.AdobeGroups, name)
		require.Equal(f, []string{"eng"}, keys(got.Groups), "and what is linked to it")
		require.Equal(f, []plan.Link{engLink}, got.Links)
	}
}

func factsKnown(f *fixture) {
	f.user("ada", "bob")
	f.settle(1, plan.Settlement{
		Accounts:    []plan.Account{account("ada"), account("bob")},
		AdobeGroups: []plan.AdobeGroup{adobeGroup("eng"), adobeGroup("ops")},
		Links:       []plan.Link{adaLink, link(plan.KindUser, "bob", "bob")},
	})
	got := facts(f, plan.Query{
		Emails: []string{"ada@example.com", "bob@example.com"}, Names: []string{"adobe eng", "adobe ops"},
		Known: plan.Facts{
			Accounts:    map[string]plan.Account{"ada": account("ada")},
			AdobeGroups: map[string]plan.AdobeGroup{"eng": adobeGroup("eng")},
		},
	})
	require.Equal(f, []string{"bob"}, keys(got.Accounts))
	require.Equal(f, []string{"bob"}, keys(got.Users))
	require.Equal(f, []string{"ops"}, keys(got.AdobeGroups))
}

func factsSharedGroup(f *fixture) {
	f.user("ada")
	f.group("a", "ada")
	f.group("b")
	f.settle(1, plan.Settlement{
		AdobeGroups: []plan.AdobeGroup{adobeGroup("x")},
		Links:       []plan.Link{link(plan.KindGroup, "a", "x"), link(plan.KindGroup, "b", "x")},
	})
	got := facts(f, plan.Query{Users: []string{"ada"}})
	require.Equal(f, []string{"a", "b"}, keys(got.Groups))
	require.Equal(f, []string{"x"}, keys(got.AdobeGroups))
	require.Equal(f, map[string][]string{"ada": {"a"}}, got.Memberships)
}

func factsGone(f *fixture) {
	f.settle(1, plan.Settlement{
		Accounts: []plan.Account{adaAccount}, AdobeGroups: []plan.AdobeGroup{engAdobe},
		Links: []plan.Link{adaLink, engLink}, Memberships: held(plan.Present, adaEdge),
	})
	got := facts(f, plan.Query{Users: []string{"ada"}, Groups: []string{"eng"}})
	require.Empty(f, got.Users)
	require.Empty(f, got.Groups)
	require.Equal(f, []plan.Link{adaLink, engLink}, got.Links)
	require.Equal(f, []string{"ada"}, keys(got.Accounts))
	require.Equal(f, []string{"eng"}, keys(got.AdobeGroups))
	require.Equal(f, map[plan.Edge]plan.Presence{adaEdge: plan.Present}, got.Edges)
	mirrored := facts(f, plan.Query{Accounts: []string{"ada", "nobody"}, AdobeGroups: []string{"eng", "nothing"}})
	require.Equal(f, got.Links, mirrored.Links, "asked for by the mirror's ids")
	require.Equal(f, got.Accounts, mirrored.Accounts)
	require.Equal(f, got.AdobeGroups, mirrored.AdobeGroups)
	require.Equal(f, got.Edges, mirrored.Edges)
}

func factsEdgesDue(f *fixture) {
	f.user("ada", "bob")
	for _, id := range []string{"a", "b", "c", "d"} {
		f.group(id, "ada", "bob")
	}
	f.verdict(1, plan.Done, f.find("a ada"))
	f.verdict(1, plan.Parked, f.find("b ada"))
	f.verdict(1, plan.Failed, f.find("c ada"))
	got := facts(f, plan.Query{Users: []string{"ada"}})
	require.ElementsMatch(f, []string{"b ada", "d ada"}, names(got.EdgesDue), "parked ones included")
	require.Equal(f, f.find("d ada"), got.EdgesDue[slices.Index(names(got.EdgesDue), "d ada")])
	require.True(f, got.EdgesDue[slices.Index(names(got.EdgesDue), "b ada")].Parked)
}

func factsOrg(f *fixture) {
	f.user("ada")
	f.group("eng", "ada")
	f.settle(1, plan.Settlement{
		Accounts: []plan.Account{adaAccount}, AdobeGroups: []plan.AdobeGroup{engAdobe},
		Links: []plan.Link{adaLink, engLink}, Memberships: held(plan.Present, adaEdge),
	})
	got, err := f.Facts(f.ctx(), globex, plan.Query{
		Users: []string{"ada"}, Groups: []string{"eng"}, Emails: []string{"ada@example.com"}, Names: []string{"engineering"},
	})
	require.NoError(f, err)
	require.Empty(f, got.Users)
	require.Empty(f, got.Groups)
	require.Empty(f, got.Links)
	require.Empty(f, got.Accounts)
	require.Empty(f, got.AdobeGroups)
	require.Empty(f, got.EdgesDue)
}
