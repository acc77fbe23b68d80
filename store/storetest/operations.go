package storetest

import (
	"context"
	"fmt"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store"
)

var operationPromises = []promise{
	{"Status/CountsByKindAndState", status},
	{"Status/FollowsEveryChangeOfState", statusFollows},
	{"Status/ShowsTheOldestFailures", statusFailures},
	{"Retry/MakesFailedPendingAgain", retry},
	{"Journal/SaysWhatTheDirectoryDid", journal},
	{"Journal/ShowsTheNewestFirstUpToLimit", journalLimit},
}

func status(f *fixture) {
	got, err := f.Status(f.ctx(), acme)
	require.NoError(f, err)
	require.Empty(f, got.Pending)
	require.Zero(f, got.Oldest)
	f.user("ada", "bob")
	_, _, err = f.CreateGroup(f.ctx(), acme, newGroup("eng"), adding("ada", "bob"), origin(3))
	require.NoError(f, err)
	f.verdict(4, plan.Parked, f.find("eng ada"))
	f.settle(4, plan.Settlement{Verdicts: []plan.Verdict{{Due: f.find("user ada"), Outcome: plan.Failed, Problem: plan.Problem{Code: "x"}}}})
	f.verdict(4, plan.Done, f.find("user bob"))
	got, err = f.Status(f.ctx(), acme)
	require.NoError(f, err)
	assert.Equal(f, map[plan.Kind]int{plan.KindGroup: 1, plan.KindEdge: 1}, got.Pending)
	assert.Equal(f, map[plan.Kind]int{plan.KindEdge: 1}, got.Parked)
	assert.Empty(f, got.Held)
	assert.Equal(f, map[plan.Kind]int{plan.KindUser: 1}, got.Failed)
	assert.Equal(f, at(3), got.Oldest, "of those that are pending")
	require.Len(f, got.Failures, 1)
	assert.Equal(f, "ada", got.Failures[0].Due.User)
	other, err := f.Status(f.ctx(), globex)
	require.NoError(f, err)
	require.Empty(f, other.Pending)
}

// shows checks what a status says of one kind: pending, parked and failed.
func (f *fixture) shows(when string, kind plan.Kind, oldest time.Time, pending, parked, failed int) {
	f.Helper()
	got, err := f.Status(f.ctx(), acme)
	require.NoError(f, err)
	require.Equal(f, []int{pending, parked, failed}, []int{got.Pending[kind], got.Parked[kind], got.Failed[kind]}, when)
	require.Equal(f, oldest, got.Oldest, when)
	require.Empty(f, got.Held, when)
}

func statusFollows(f *fixture) {
	f.user("ada", "bob", "eve")
	f.group("eng", "ada", "bob", "eve")
	f.group("ops", "ada")
	f.shows("as it comes", plan.KindUser, at(0), 3, 0, 0)
	f.shows("as it comes", plan.KindGroup, at(0), 2, 0, 0)
	f.shows("as it comes", plan.KindEdge, at(0), 4, 0, 0)
	ada, bob := f.find("eng ada"), f.find("eng bob")
	f.verdict(1, plan.Parked, ada, bob, f.find("ops ada"))
	f.verdict(1, plan.Parked, ada)
	f.shows("parked, one of them twice", plan.KindEdge, at(0), 1, 3, 0)
	f.verdict(2, plan.Failed, bob)
	f.shows("parked, then failed", plan.KindEdge, at(0), 1, 2, 1)
	f.change(3, "ops", removing("ada"))
	f.shows("changed while parked", plan.KindEdge, at(0), 2, 1, 1)
	f.change(3, "eng", removing("bob"))
	f.shows("changed while it failed", plan.KindEdge, at(0), 3, 1, 0)
	f.verdict(4, plan.Done, f.find("user ada"))
	f.shows("woken", plan.KindEdge, at(0), 4, 0, 0)
	f.shows("done", plan.KindUser, at(0), 2, 0, 0)
	f.verdict(5, plan.Parked, ada)
	f.verdict(5, plan.Done, ada)
	f.shows("parked, then done", plan.KindEdge, at(0), 3, 0, 0)
	f.verdict(6, plan.Failed, f.due()...)
	f.shows("all failed", plan.KindEdge, time.Time{}, 0, 0, 3)
	f.shows("all failed", plan.KindUser, time.Time{}, 0, 0, 2)
	f.shows("all failed", plan.KindGroup, time.Time{}, 0, 0, 2)
	n, err := f.Retry(f.ctx(), acme, store.Selection{}, origin(7))
	require.NoError(f, err)
	require.Equal(f, 7, n)
	f.shows("tried again", plan.KindEdge, at(7), 3, 0, 0)
	require.NoError(f, f.DeleteGroup(f.ctx(), acme, "eng", 0, origin(8)))
	f.shows("made due again", plan.KindGroup, at(7), 2, 0, 0)
	f.shows("made due again", plan.KindEdge, at(7), 4, 0, 0)
	f.quiet()
	got, err := f.Status(f.ctx(), acme)
	require.NoError(f, err)
	require.Equal(f, store.Status{
		Pending: map[plan.Kind]int{}, Parked: map[plan.Kind]int{}, Held: map[plan.Kind]int{}, Failed: map[plan.Kind]int{},
	}, got, "nothing is left")
}

func statusFailures(f *fixture) {
	problem := plan.Problem{Code: "error.x", Message: "no", Hint: "ask"}
	for i := range 25 {
		id := fmt.Sprint(100 - i)
		_, err := f.CreateUser(f.ctx(), acme, newUser(id), origin(i))
		require.NoError(f, err)
		f.settle(50, plan.Settlement{Verdicts: []plan.Verdict{
			{Due: f.find("user " + id), Outcome: plan.Failed, Problem: problem, Attempt: true},
		}})
	}
	got, err := f.Status(f.ctx(), acme)
	require.NoError(f, err)
	require.Equal(f, 25, got.Failed[plan.KindUser])
	require.Len(f, got.Failures, 20)
	for i, failure := range got.Failures {
		require.Equal(f, problem, failure.Problem)
		require.Equal(f, fmt.Sprint(100-i), failure.Due.User)
		require.Equal(f, 1, failure.Due.Attempts)
		require.Equal(f, at(i), failure.Due.Since)
	}
}

func retry(f *fixture) {
	f.user("ada", "bob")
	old := f.find("user ada")
	f.settle(1, plan.Settlement{Verdicts: []plan.Verdict{
		{Due: old, Outcome: plan.Failed, Attempt: true, Problem: plan.Problem{Code: "x"}},
		{Due: f.find("user bob"), Outcome: plan.Done},
	}})
	_, err := f.CreateUser(f.ctx(), globex, newUser("ada"), origin(0))
	require.NoError(f, err)
	n, err := f.Retry(f.ctx(), globex, store.Selection{}, origin(2))
	require.NoError(f, err)
	require.Zero(f, n)
	n, err = f.Retry(f.ctx(), acme, store.Selection{}, origin(2))
	require.NoError(f, err)
	require.Equal(f, 1, n)
	now, err := f.Due(f.ctx(), acme, at(2), 10)
	require.NoError(f, err)
	require.Equal(f, []string{"user ada"}, names(now))
	require.Zero(f, now[0].Attempts)
	require.Equal(f, at(2), now[0].Since)
	f.verdict(3, plan.Done, old)
	require.Equal(f, []string{"user ada"}, f.order(), "a verdict from before does not count")
	n, err = f.Retry(f.ctx(), acme, store.Selection{}, origin(4))
	require.NoError(f, err)
	require.Zero(f, n)
}

func journal(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada")
	f.change(7, "eng", adding("bob"))
	require.NoError(f, f.DeleteUser(f.ctx(), acme, "ada", 0, origin(8)))
	entries, err := f.Journal(f.ctx(), acme, "ada", 10)
	require.NoError(f, err)
	require.NotEmpty(f, entries)
	assert.Equal(f, at(8), entries[0].At)
	assert.Equal(f, "okta", entries[0].Actor)
	assert.Equal(f, "request-8", entries[0].RequestID)
	assert.Equal(f, "ada", entries[0].User)
	assert.Equal(f, "deleted", entries[0].Event)
	assert.NotEmpty(f, entries[0].Text)
	assert.Equal(f, "created", entries[len(entries)-1].Event)
	entries, err = f.Journal(f.ctx(), acme, "eng", 10)
	require.NoError(f, err)
	require.Len(f, entries, 2)
	assert.Equal(f, "updated", entries[0].Event)
	assert.Equal(f, "bob", entries[0].User, "a line about one member is about that user too")
	assert.Contains(f, entries[0].Text, "added 1 member")
	entries, err = f.Journal(f.ctx(), globex, "", 10)
	require.NoError(f, err)
	require.Empty(f, entries)
}

func journalLimit(f *fixture) {
	f.user("a", "b", "c")
	entries, err := f.Journal(f.ctx(), acme, "", 2)
	require.NoError(f, err)
	require.Len(f, entries, 2)
	require.Equal(f, "c", entries[0].User)
	require.Equal(f, "b", entries[1].User)
	entries, err = f.Journal(f.ctx(), acme, "nobody", 2)
	require.NoError(f, err)
	require.Empty(f, entries)
}

var generalPromises = []promise{
	{"Context/CancelledChangesNothing", cancelled},
	{"Errors/SentinelsSurviveWrapping", sentinels},
	{"Ping/AnswersWhileOpen", ping},
	{"Close/RefusesWhatComesLater", closed},
}

func cancelled(f *fixture) {
	f.user("ada")
	f.group("eng")
	before := f.due()
	ctx, cancel := context.WithCancel(f.ctx())
	cancel()
	_, err := f.CreateUser(ctx, acme, newUser("bob"), origin(1))
	assert.ErrorIs(f, err, context.Canceled)
	_, err = f.UpdateUser(ctx, acme, "ada", 0, newUser("ada", "title", "Dr").Document, origin(1))
	assert.ErrorIs(f, err, context.Canceled)
	assert.ErrorIs(f, f.DeleteUser(ctx, acme, "ada", 0, origin(1)), context.Canceled)
	_, _, err = f.CreateGroup(ctx, acme, newGroup("ops"), adding("ada"), origin(1))
	assert.ErrorIs(f, err, context.Canceled)
	_, _, err = f.UpdateGroup(ctx, acme, "eng", adding("ada"), origin(1))
	assert.ErrorIs(f, err, context.Canceled)
	assert.ErrorIs(f, f.DeleteGroup(ctx, acme, "eng", 0, origin(1)), context.Canceled)
	assert.ErrorIs(f, f.RecordCall(ctx, f.held(acme), plan.Call{ID: "c"}, nil, at(1)), context.Canceled)
	assert.ErrorIs(f, f.Settle(ctx, f.held(acme), plan.Settlement{Verdicts: []plan.Verdict{{Due: before[0], Outcome: plan.Done}}}, at(1)), context.Canceled)
	assert.ErrorIs(f, f.SetPause(ctx, f.held(acme), at(1)), context.Canceled)
	assert.ErrorIs(f, f.ListGroups(ctx, f.held(acme), nil, at(1)), context.Canceled)
	_, err = f.Retry(ctx, acme, store.Selection{}, origin(1))
	assert.ErrorIs(f, err, context.Canceled)
	_, err = f.Configure(ctx, f.held(acme), "a", "", at(1))
	assert.ErrorIs(f, err, context.Canceled)
	assert.ErrorIs(f, f.SetListingBegan(ctx, f.held(acme), at(1)), context.Canceled)
	_, err = f.User(ctx, acme, "ada")
	assert.ErrorIs(f, err, context.Canceled)
	_, err = f.Users(ctx, acme, filter.Query{}, directory.Page{Start: 1, Count: 1})
	assert.ErrorIs(f, err, context.Canceled)
	_, err = f.Facts(ctx, acme, plan.Query{Users: []string{"ada"}})
	assert.ErrorIs(f, err, context.Canceled)
	assert.ErrorIs(f, f.Ping(ctx), context.Canceled)

	require.Equal(f, before, f.due())
	u, err := f.User(f.ctx(), acme, "ada")
	require.NoError(f, err)
	require.Equal(f, int64(1), u.Version)
	require.Empty(f, f.members("eng"))
	open, err := f.OpenCalls(f.ctx(), acme)
	require.NoError(f, err)
	require.Empty(f, open)
}

func sentinels(f *fixture) {
	wrap := func(err error) error { return fmt.Errorf("answer request: %w", err) }
	f.user("ada")
	_, err := f.User(f.ctx(), acme, "nobody")
	require.ErrorIs(f, wrap(err), directory.ErrNotFound)
	require.Contains(f, err.Error(), "nobody", "an error says about whom")
	_, err = f.CreateUser(f.ctx(), acme, newUser("ada"), origin(0))
	require.ErrorIs(f, wrap(err), directory.ErrConflict)
	err = f.DeleteUser(f.ctx(), acme, "ada", 9, origin(0))
	require.ErrorIs(f, wrap(err), directory.ErrVersion)
}

func ping(f *fixture) { require.NoError(f, f.Ping(f.ctx())) }

func closed(f *fixture) {
	require.NoError(f, f.Close())
	_, err := f.CreateUser(f.ctx(), acme, newUser("ada"), origin(0))
	require.Error(f, err)
	_, err = f.User(f.ctx(), acme, "ada")
	require.Error(f, err)
	require.Error(f, f.Ping(f.ctx()))
}
