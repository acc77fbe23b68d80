package storetest

import (
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store"
)

var syncPromises = []promise{
	{"Sync/OfGroupIsWorstOfItselfAndItsMemberships", syncGroup},
	{"Sync/OfParkedIsPending", syncParked},
	{"Sync/IsInListsToo", syncLists},
}

func syncGroup(f *fixture) {
	f.user("ada", "bob", "eve")
	f.group("eng", "ada", "bob", "eve")
	group := func() directory.Sync {
		g, err := f.Group(f.ctx(), acme, "eng")
		require.NoError(f, err)
		return g.Sync
	}
	require.Equal(f, directory.Sync{State: directory.SyncPending, Pending: 3}, group())
	f.verdict(1, plan.Done, f.find("group eng"), f.find("eng ada"))
	require.Equal(f, directory.Sync{State: directory.SyncPending, Pending: 2}, group())
	bob := f.find("eng bob")
	f.settle(2, plan.Settlement{Verdicts: []plan.Verdict{{Due: bob, Outcome: plan.Failed,
		Problem: plan.Problem{Code: "error.x", Message: "no seat", Hint: "buy one"}}}})
	failed := directory.Sync{State: directory.SyncFailed, Detail: "error.x: no seat; buy one", Pending: 1, Failed: 1}
	require.Equal(f, failed, group())
	f.verdict(3, plan.Done, f.find("eng eve"))
	failed.Pending = 0
	require.Equal(f, failed, group())
	n, err := f.Retry(f.ctx(), acme, store.Selection{}, origin(4))
	require.NoError(f, err)
	require.Equal(f, 1, n)
	require.Equal(f, directory.Sync{State: directory.SyncPending, Pending: 1}, group())
	f.quiet()
	require.Equal(f, directory.Sync{State: directory.SyncSynced}, group())

	f.change(5, "eng", directory.GroupChange{Document: newGroup("eng", "displayName", "_admin").Document})
	f.change(5, "eng", removing("ada"))
	f.settle(6, plan.Settlement{Verdicts: []plan.Verdict{{Due: f.find("group eng"), Outcome: plan.Failed,
		Problem: plan.Problem{Code: "bridge.reserved"}}}})
	require.Equal(f, directory.Sync{State: directory.SyncFailed, Detail: "bridge.reserved", Pending: 1}, group())
}

func syncParked(f *fixture) {
	f.user("ada")
	f.group("eng", "ada")
	f.verdict(1, plan.Parked, f.find("eng ada"))
	f.verdict(1, plan.Failed, f.find("user ada"))
	f.verdict(1, plan.Done, f.find("group eng"))
	g, err := f.Group(f.ctx(), acme, "eng")
	require.NoError(f, err)
	require.Equal(f, 1, g.Sync.Pending)
}

func syncLists(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada")
	f.settle(1, plan.Settlement{Verdicts: []plan.Verdict{
		{Due: f.find("user ada"), Outcome: plan.Failed, Problem: plan.Problem{Code: "a"}},
		{Due: f.find("user bob"), Outcome: plan.Done},
		{Due: f.find("group eng"), Outcome: plan.Done},
		{Due: f.find("eng ada"), Outcome: plan.Failed, Problem: plan.Problem{Code: "b"}},
	}})
	users, err := f.Users(f.ctx(), acme, filter.Query{}, directory.Page{Start: 1, Count: 10})
	require.NoError(f, err)
	require.Equal(f, directory.Sync{State: directory.SyncFailed, Detail: "a"}, users.Resources[0].Sync)
	require.Equal(f, directory.Sync{State: directory.SyncSynced}, users.Resources[1].Sync)
	groups, err := f.Groups(f.ctx(), acme, filter.Query{}, directory.Page{Start: 1, Count: 10})
	require.NoError(f, err)
	require.Equal(f, directory.Sync{State: directory.SyncFailed, Detail: "b", Failed: 1}, groups.Resources[0].Sync)
}
