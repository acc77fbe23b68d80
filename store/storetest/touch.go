package storetest

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
)

var touchPromises = []promise{
	{"Touch/OfAGroupsMembershipsIsOfAllWhoAreInIt", touchMembers},
	{"Touch/OfAGroupsMembershipsRenewsThoseThatAreDue", touchMembersAgain},
	{"Touch/OfAGroupsMembershipsEndsInACircle", touchCircle},
	{"Touch/OfMembershipsOfNoGroupMakesNothingDue", touchNoGroup},
	{"Touch/OfAnAdobeGroupsMembershipsIsOfAllThatAreMirrored", touchMirrored},
}

// touchGroup makes due all memberships of a group at(n).
func (f *fixture) touchGroup(n int, group string) {
	f.Helper()
	f.settle(n, plan.Settlement{Touched: []plan.Touch{{Kind: plan.KindEdge, Group: group, Class: plan.ClassMembership}}})
}

func touchMembers(f *fixture) {
	nest(f)
	f.change(1, "company", adding("ada")) // directly, and by way of eng and core
	f.quiet()
	f.touchGroup(2, "company")
	require.ElementsMatch(f, []string{"company ada", "company bob"}, f.order(), "nested ones flattened, none twice")
	f.quiet()
	f.touchGroup(3, "core")
	require.Equal(f, []string{"core ada"}, f.order(), "and not those of the groups above it")
	ada := f.find("core ada")
	require.Equal(f, plan.Due{
		Kind: plan.KindEdge, Group: "core", User: "ada", Generation: ada.Generation, Since: at(3),
	}, ada)
	f.quiet()
	_, err := f.CreateUser(f.ctx(), acme, newUser("zoe"), origin(4))
	require.NoError(f, err)
	f.touchGroup(4, "core")
	require.Equal(f, []string{"user zoe", "core ada"}, f.order(), "of the class that it names")
}

func touchMembersAgain(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada", "bob")
	f.verdict(1, plan.Parked, f.find("eng ada"))
	f.settle(1, plan.Settlement{Verdicts: []plan.Verdict{{
		Due: f.find("eng bob"), Outcome: plan.Failed, Attempt: true, Refused: 2, Problem: plan.Problem{Code: "x"},
	}}})
	f.settle(2, plan.Settlement{Touched: []plan.Touch{
		{Kind: plan.KindEdge, Group: "eng", Class: plan.ClassMembership},
	}})
	for name, since := range map[string]int{"eng ada": 0, "eng bob": 2} {
		d := f.find(name)
		require.Zero(f, d.Attempts, name)
		require.Zero(f, d.Refused, name)
		require.Equal(f, at(since), d.Since, name)
	}
	g, err := f.Group(f.ctx(), acme, "eng")
	require.NoError(f, err)
	require.Equal(f, directory.Sync{State: directory.SyncPending, Pending: 2}, g.Sync)
}

func touchCircle(f *fixture) {
	nest(f)
	f.change(1, "core", adding("company"))
	f.quiet()
	f.touchGroup(2, "eng")
	require.ElementsMatch(f, []string{"eng ada", "eng bob"}, f.order())
}

func touchNoGroup(f *fixture) {
	f.user("ada")
	f.group("eng", "ada")
	f.group("empty")
	f.quiet()
	for _, id := range []string{"nothing", "empty", "ada"} {
		f.touchGroup(1, id)
	}
	require.NoError(f, f.Settle(f.ctx(), f.held(globex), plan.Settlement{
		Touched: []plan.Touch{{Kind: plan.KindEdge, Group: "eng", Class: plan.ClassMembership}},
	}, at(1)))
	require.Empty(f, f.due())
	theirs, err := f.Due(f.ctx(), globex, later, 10)
	require.NoError(f, err)
	require.Empty(f, theirs, "a group of another org is none")
	for _, wrong := range []plan.Touch{
		{Kind: plan.KindEdge, User: "ada"}, {Kind: plan.KindUser, User: "ada", Group: "eng"}, {Kind: "other", User: "ada"},
	} {
		require.Error(f, f.Settle(f.ctx(), f.held(acme), plan.Settlement{Touched: []plan.Touch{wrong}}, at(1)), fmt.Sprint(wrong))
	}
	require.Empty(f, f.due())
}

func touchMirrored(f *fixture) {
	f.settle(1, plan.Settlement{Memberships: append(
		held(plan.Present, adaEdge, plan.Edge{Account: "ada", Group: "ops"}), held(plan.Doubtful, plan.Edge{Account: "bob", Group: "eng"})...,
	)})
	f.settle(2, plan.Settlement{Touched: []plan.Touch{{Kind: plan.KindMirrored, Group: "eng", Class: plan.ClassMembership}}})
	due := f.due()
	require.Len(f, due, 2)
	for i, account := range []string{"ada", "bob"} {
		require.Equal(f, plan.Due{
			Kind: plan.KindMirrored, Group: "eng", User: account, Generation: due[i].Generation, Since: at(2),
		}, due[i])
	}
	f.verdict(3, plan.Done, due...)
	require.Empty(f, f.due())
	f.settle(4, plan.Settlement{Touched: []plan.Touch{{Kind: plan.KindMirrored, Group: "eng", User: "zoe", Class: plan.ClassMembership}}})
	require.Equal(f, "zoe", f.due()[0].User, "one that is named need not be mirrored")
}
