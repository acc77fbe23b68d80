package storetest

import (
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

var brakePromises = []promise{
	{"Brake/HoldsARowUntilItIsReleased", brakeHolds},
	{"Brake/ReleasesWhatIsSelected", brakeSelects},
	{"Brake/TheMirrorsMembershipsGoWithWhatMapsToThem", brakeMirrored},
	{"Brake/IsTakenBackByNewInput", brakeTakenBack},
	{"Brake/WhatGoesWithAUserOrGroupIsLookedAtAgain", brakeWakes},
	{"Brake/CountsWhatCallsTookAway", brakeCounts},
	{"Brake/CountsTheMirror", brakePopulation},
	{"Brake/CountsTheMembershipsOfAGroupThatIsGone", brakeSizes},
}

// hold has the brake hold rows.
func (f *fixture) hold(n int, names ...string) {
	f.Helper()
	var s plan.Settlement
	for _, name := range names {
		s.Verdicts = append(s.Verdicts, plan.Verdict{
			Due: f.find(name), Outcome: plan.Held, Problem: plan.Problem{Code: "bridge.brake", Message: "held", Hint: "release"},
		})
	}
	f.settle(n, s)
}

func (f *fixture) release(n int, sel store.Selection, want int) {
	f.Helper()
	got, err := f.Release(f.ctx(), acme, sel, origin(n))
	require.NoError(f, err)
	require.Equal(f, want, got)
}

func brakeHolds(f *fixture) {
	f.user("ada", "bob")
	before := f.find("user ada")
	f.hold(1, "user ada")
	require.Equal(f, []string{"user bob"}, f.order(), "what is held is not taken")
	u, err := f.User(f.ctx(), acme, "ada")
	require.NoError(f, err)
	require.Equal(f, directory.SyncHeld, u.Sync.State)
	st, err := f.Status(f.ctx(), acme)
	require.NoError(f, err)
	require.Equal(f, 1, st.Held[plan.KindUser])
	require.Empty(f, st.Failures)
	require.Len(f, st.Holds, 1)
	require.Equal(f, before, st.Holds[0].Due)
	require.Equal(f, plan.Problem{Code: "bridge.brake", Message: "held", Hint: "release"}, st.Holds[0].Problem)
	n, err := f.Retry(f.ctx(), acme, store.Selection{}, origin(2))
	require.NoError(f, err)
	require.Zero(f, n, "it did not fail")

	f.release(3, store.Selection{}, 1)
	after := f.find("user ada")
	require.True(f, after.Released)
	require.Greater(f, after.Generation, before.Generation)
	require.False(f, f.find("user bob").Released)
	f.release(4, store.Selection{}, 0)
	entries, err := f.Journal(f.ctx(), acme, "ada", 1)
	require.NoError(f, err)
	require.Equal(f, "released", entries[0].Event)
	require.Equal(f, "bridge.brake: held", entries[0].Text)
	require.Equal(f, origin(3).Actor, entries[0].Actor)
	f.settle(5, plan.Settlement{Touched: []plan.Touch{{Kind: plan.KindUser, User: "ada", Class: plan.ClassLeave}}})
	require.True(f, f.find("user ada").Released, "until it is done")
	f.quiet()
	f.change0("ada", "title", "Dr")
	require.False(f, f.find("user ada").Released)
}

func brakeSelects(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada", "bob")
	f.group("ops", "ada")
	all := []string{"user ada", "user bob", "group eng", "group ops", "eng ada", "eng bob", "ops ada"}
	for n, tt := range []struct {
		sel  store.Selection
		want []string
	}{
		{store.Selection{}, all},
		{store.Selection{User: "ada"}, []string{"user ada", "eng ada", "ops ada"}},
		{store.Selection{Group: "eng"}, []string{"group eng", "eng ada", "eng bob"}},
		{store.Selection{User: "ada", Group: "eng"}, []string{"eng ada"}},
		{store.Selection{User: "zoe"}, nil},
	} {
		f.hold(n, all...)
		require.Empty(f, f.due())
		f.release(n, tt.sel, len(tt.want))
		require.ElementsMatch(f, tt.want, f.order())
		f.release(n, store.Selection{}, len(all)-len(tt.want))
	}
	theirs, err := f.Release(f.ctx(), globex, store.Selection{}, origin(9))
	require.NoError(f, err)
	require.Zero(f, theirs)
}

func brakeMirrored(f *fixture) {
	f.user("ada")
	f.group("eng")
	theirs := plan.Due{Kind: plan.KindMirrored, User: "account", Group: "adobe:1"}
	mirrored := func() bool {
		return slices.ContainsFunc(f.due(), func(d plan.Due) bool { return d.Kind == theirs.Kind })
	}
	f.settle(1, plan.Settlement{
		Links:   []plan.Link{link(plan.KindUser, "ada", "account"), {Kind: plan.KindGroup, Directory: "eng", Mirror: "adobe:1", Stale: true}},
		Touched: []plan.Touch{{Kind: theirs.Kind, User: theirs.User, Group: theirs.Group, Class: plan.ClassMembership}},
	})
	hold := func() {
		for _, d := range f.due() {
			if d.Kind == theirs.Kind {
				f.verdict(2, plan.Held, d)
			}
		}
		require.False(f, mirrored())
	}
	for n, sel := range []store.Selection{{User: "ada"}, {Group: "eng"}, {User: "ada", Group: "eng"}} {
		hold()
		f.release(3+n, store.Selection{User: "account"}, 0)
		f.release(3+n, store.Selection{Group: "adobe:1"}, 0)
		f.release(3+n, sel, 1)
		require.True(f, mirrored())
	}
	for _, name := range []string{"user ada", "group eng"} {
		hold()
		f.verdict(9, plan.Done, f.find(name))
		require.True(f, mirrored(), "it may have been put right with %s", name)
	}
}

func brakeTakenBack(f *fixture) {
	f.user("ada")
	f.hold(1, "user ada")
	f.change0("ada", "title", "Dr")
	d := f.find("user ada")
	require.False(f, d.Released)
	u, err := f.User(f.ctx(), acme, "ada")
	require.NoError(f, err)
	require.Equal(f, directory.SyncPending, u.Sync.State)
}

func brakeWakes(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada", "bob")
	f.group("ops", "ada")
	f.hold(1, "eng ada", "eng bob", "ops ada")
	f.verdict(2, plan.Done, f.find("user ada"))
	require.ElementsMatch(f, []string{"user bob", "group eng", "group ops", "eng ada", "ops ada"}, f.order())
	require.False(f, f.find("eng ada").Released)
	f.hold(3, "eng ada")
	f.verdict(4, plan.Done, f.find("group eng"))
	require.ElementsMatch(f, []string{"user bob", "group ops", "eng ada", "eng bob", "ops ada"}, f.order())
}

func brakeCounts(f *fixture) {
	for n, r := range []plan.Removals{{Departures: 3, Entitlements: 20}, {Departures: 1}, {}, {Entitlements: 7}} {
		id := string(rune('a' + n))
		call := plan.Call{ID: id, Commands: []plan.Command{{Steps: []plan.Step{{Removes: r}}}, {Steps: []plan.Step{{}, {Removes: r}}}}}
		require.NoError(f, f.RecordCall(f.ctx(), f.held(acme), call, nil, at(n)))
	}
	sum := func(after int) plan.Removals {
		r, err := f.RemovedSince(f.ctx(), acme, at(after))
		require.NoError(f, err)
		return r
	}
	require.Equal(f, plan.Removals{Departures: 8, Entitlements: 54}, sum(-1))
	require.Equal(f, plan.Removals{Departures: 2, Entitlements: 14}, sum(0))
	f.settle(5, plan.Settlement{Call: "b", Outcome: "not sent"})
	require.Equal(f, plan.Removals{Entitlements: 14}, sum(0))
	f.settle(6, plan.Settlement{Call: "a", Outcome: "refused"})
	require.Equal(f, plan.Removals{Entitlements: 14}, sum(-1), "what was refused as a whole took nothing away")
	f.settle(7, plan.Settlement{Call: "d", Outcome: "lost"})
	require.Equal(f, plan.Removals{Entitlements: 14}, sum(-1), "what was lost may have")
	require.NoError(f, f.RecordCall(f.ctx(), f.held(acme), plan.Call{ID: "e", Commands: []plan.Command{
		{Steps: []plan.Step{{Removes: plan.Removals{Departures: 3, Entitlements: 5}}}},
	}}, nil, at(8)))
	f.settle(9, plan.Settlement{Call: "e", Outcome: "partial", Spared: plan.Removals{Departures: 1, Entitlements: 5}})
	require.Equal(f, plan.Removals{Departures: 2}, sum(7), "what it did not take away does not count")
	theirs, err := f.RemovedSince(f.ctx(), globex, at(-1))
	require.NoError(f, err)
	require.Zero(f, theirs)
}

func brakePopulation(f *fixture) {
	gone, doubtful := account("bob"), account("eve")
	gone.Presence, doubtful.Presence = plan.Absent, plan.Doubtful
	f.settle(1, plan.Settlement{
		Accounts:    []plan.Account{account("ada"), gone, doubtful},
		Memberships: held(plan.Present, adaEdge, plan.Edge{Account: "ada", Group: "ops"}),
	})
	got, err := f.Population(f.ctx(), acme)
	require.NoError(f, err)
	require.Equal(f, plan.Removals{Departures: 1, Entitlements: 2}, got)
}

func brakeSizes(f *fixture) {
	f.group("eng")
	f.group("ops")
	f.settle(1, plan.Settlement{
		Links:       []plan.Link{engLink, link(plan.KindGroup, "ops", "ops")},
		Memberships: held(plan.Present, adaEdge, plan.Edge{Account: "bob", Group: "eng"}, plan.Edge{Account: "ada", Group: "ops"}),
	})
	q := plan.Query{Groups: []string{"eng", "ops"}}
	require.Empty(f, facts(f, q).Sizes)
	require.NoError(f, f.DeleteGroup(f.ctx(), acme, "eng", 0, origin(2)))
	require.Equal(f, map[string]int{"eng": 2}, facts(f, q).Sizes)
}
