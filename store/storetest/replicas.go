package storetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/lease"
)

// RunReplicas runs what is promised of several processes that have one database open.
// open returns so many stores over a new, empty one, and closes them through t.Cleanup.
func RunReplicas(t *testing.T, open func(t *testing.T, n int) []store.Store) {
	for _, p := range []struct {
		name string
		test func(t *testing.T, all []store.Store)
	}{
		{"Writes/LoseNothingThoughSeveralChangeOneGroup", replicasMembers},
		{"Writes/OfOneNameOnlyOneIsCreated", replicasConflict},
		{"Writes/GetGrowingGenerations", replicasGenerations},
		{"Reads/SeeWhatAnotherAcknowledged", replicasReads},
		{"Changed/TellsOfWhatBecameDueByAnother", replicasChanged},
		{"Lease/IsOneProcessesAtATimeWithGrowingTokens", replicasLease},
		{"Lease/IsHandedOnAtOnceWhenItIsGivenBack", replicasHandOn},
		{"Lease/IsHandedOnAtOnceWhenItsStoreIsClosed", replicasClose},
		{"Replicas/AreAllThatHaveItOpen", replicasSeen},
		{"Trim/BySeveralAtOnceRemovesAllThatIsTooOldAndNothingElse", replicasTrim},
		{"Trim/BySeveralAtOnceKeepsAsManyLinesAsAreAllowed", replicasTrimLines},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.test(t, open(t, 3))
		})
	}
}

// at once runs a task for each store, several times each, and waits for all.
func atOnce(all []store.Store, times int, task func(s store.Store, replica, i int)) {
	var tasks sync.WaitGroup
	for r, s := range all {
		for i := range times {
			tasks.Go(func() { task(s, r, i) })
		}
	}
	tasks.Wait()
}

func replicasMembers(t *testing.T, all []store.Store) {
	const times = 20
	f := &fixture{T: t, Store: all[0]}
	f.group("eng")
	f.group("all", "eng") // whose memberships follow
	var ids []string
	for r := range all {
		for i := range times {
			ids = append(ids, fmt.Sprintf("u%d-%02d", r, i))
		}
	}
	f.user(ids...)
	f.quiet()
	atOnce(all, times, func(s store.Store, r, i int) {
		_, unknown, err := s.UpdateGroup(t.Context(), acme, "eng", adding(fmt.Sprintf("u%d-%02d", r, i)), origin(1))
		assert.NoError(t, err)
		assert.Empty(t, unknown)
	})
	require.Equal(t, ids, f.members("eng"))
	g, err := f.Group(t.Context(), acme, "eng")
	require.NoError(t, err)
	require.EqualValues(t, 1+len(ids), g.Version, "each moved it")
	status, err := f.Status(t.Context(), acme)
	require.NoError(t, err)
	require.Equal(t, 2*len(ids), status.Pending[plan.KindEdge], "in the group, and in the one above it")
}

func replicasConflict(t *testing.T, all []store.Store) {
	const times = 20
	var mu sync.Mutex
	created := map[int]int{}
	atOnce(all, times, func(s store.Store, r, i int) {
		u := newUser(fmt.Sprintf("u%d-%d", r, i), "userName", fmt.Sprintf("name%d@example.com", i))
		_, err := s.CreateUser(t.Context(), acme, u, origin(1))
		var taken *directory.ConflictError
		if err != nil {
			assert.ErrorAs(t, err, &taken)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		created[i]++
	})
	require.Len(t, created, times)
	for i, n := range created {
		require.Equal(t, 1, n, i)
	}
}

func replicasGenerations(t *testing.T, all []store.Store) {
	f := &fixture{T: t, Store: all[0]}
	f.user("ada")
	last := f.find("user ada").Generation
	for i := range 3 * len(all) {
		_, err := all[i%len(all)].UpdateUser(t.Context(), acme, "ada", 0, newUser("ada", "title", fmt.Sprint(i)).Document, origin(i))
		require.NoError(t, err)
		next := f.find("user ada").Generation
		require.Greater(t, next, last)
		last = next
	}
}

func replicasReads(t *testing.T, all []store.Store) {
	for i := range 3 * len(all) {
		id := fmt.Sprint("u", i)
		_, err := all[i%len(all)].CreateUser(t.Context(), acme, newUser(id), origin(i))
		require.NoError(t, err)
		_, err = all[(i+1)%len(all)].User(t.Context(), acme, id)
		require.NoError(t, err)
	}
}

func replicasChanged(t *testing.T, all []store.Store) {
	changed := make([]<-chan struct{}, len(all))
	for i, s := range all {
		changed[i] = s.Changed(acme)
	}
	for i, s := range all {
		_, err := s.CreateUser(t.Context(), acme, newUser(fmt.Sprint("u", i)), origin(i))
		require.NoError(t, err)
		for _, c := range changed {
			<-c
		}
	}
}

// waiting takes the lease of acme in another goroutine.
func waiting(t *testing.T, s store.Store) <-chan *lease.Lease {
	got := make(chan *lease.Lease, 1)
	go func() {
		l, err := s.Lease(t.Context(), acme)
		assert.NoError(t, err)
		got <- l
	}()
	return got
}

func replicasLease(t *testing.T, all []store.Store) {
	first := leaseOf(t, all[0], acme)
	other := leaseOf(t, all[1], globex)
	require.NoError(t, other.Held(), "each org has its own")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := all[1].Lease(ctx, acme)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	again := leaseOf(t, all[0], acme)
	require.ErrorIs(t, first.Held(), lease.ErrLost, "who asks again loses what it had")
	require.Greater(t, again.Token, first.Token)
	require.NoError(t, all[0].EndLease(t.Context(), again))
	second := leaseOf(t, all[1], acme)
	require.Greater(t, second.Token, again.Token)
	require.NoError(t, second.Held())
	late := lease.New(acme, again.Token)
	require.ErrorIs(t, all[0].SetPause(t.Context(), late, at(1)), lease.ErrLost)
	require.NoError(t, all[0].EndLease(t.Context(), late), "it takes nothing from whom it is now")
	require.NoError(t, all[1].SetPause(t.Context(), second, at(1)))
}

func replicasHandOn(t *testing.T, all []store.Store) {
	l := leaseOf(t, all[0], acme)
	for i := range 3 * len(all) {
		from, to := all[i%len(all)], all[(i+1)%len(all)]
		got := waiting(t, to)
		require.NoError(t, from.EndLease(t.Context(), l))
		next := <-got
		require.NotNil(t, next)
		require.Greater(t, next.Token, l.Token)
		l = next
	}
}

func replicasClose(t *testing.T, all []store.Store) {
	first := leaseOf(t, all[0], acme)
	got := waiting(t, all[1])
	require.NoError(t, all[0].Close())
	require.ErrorIs(t, first.Held(), lease.ErrLost)
	next := <-got
	require.NotNil(t, next)
	require.NoError(t, next.Held())
	seen, err := all[2].Replicas(t.Context())
	require.NoError(t, err)
	require.Len(t, seen, 2, "it said goodbye")
}

func replicasSeen(t *testing.T, all []store.Store) {
	for i, s := range all {
		require.NoError(t, s.Announce(t.Context(), map[string]string{acme: fmt.Sprint("config", i)}))
	}
	_ = leaseOf(t, all[1], acme)
	for i, s := range all {
		seen, err := s.Replicas(t.Context())
		require.NoError(t, err)
		require.Len(t, seen, len(all))
		for j, r := range seen {
			require.Equal(t, j == i, r.Here, "in the order in which they were opened")
			require.Equal(t, fmt.Sprint("config", j), r.Configs[acme])
			require.Equal(t, j == 1, len(r.Dispatches) == 1)
			require.False(t, r.Gone)
		}
	}
}

// trimBeside has all trim at once until nothing is left to be, beside times writes of
// each, and returns how many rows they removed.
func trimBeside(t *testing.T, all []store.Store, k store.Keep, times int) int {
	var removed atomic.Int64
	atOnce(all, times+1, func(s store.Store, r, i int) {
		if i > 0 {
			id := fmt.Sprint("writer", r, "-", i)
			_, err := s.CreateUser(t.Context(), acme, newUser(id), origin(100_000))
			assert.NoError(t, err)
			return
		}
		for {
			n, err := s.Trim(t.Context(), k, 7)
			if !assert.NoError(t, err) || n == 0 {
				return
			}
			removed.Add(int64(n))
		}
	})
	return int(removed.Load())
}

func replicasTrim(t *testing.T, all []store.Store) {
	const old, kept, calls, times = 150, 50, 30, 20
	f := &fixture{T: t, Store: all[0]}
	f.note(acme, 0, old+kept)
	for n := range calls {
		call := plan.Call{ID: fmt.Sprint("call", n)}
		require.NoError(t, f.RecordCall(f.ctx(), f.held(acme), call, nil, at(n)))
		f.settle(2*n, plan.Settlement{Call: call.ID, Outcome: "success"})
	}
	k := keepAll
	k.Lines, k.Calls = at(old), at(calls)
	require.Equal(t, old+calls/2, trimBeside(t, all, k, times))
	require.Equal(t, calls-calls/2, f.trim(store.Keep{Lines: k.Lines, MaxLines: k.MaxLines, Calls: at(1000)}, 1000), "calls that are younger")
	lines, err := f.Journal(f.ctx(), acme, "", 1000)
	require.NoError(t, err)
	require.Len(t, lines, kept+len(all)*times)
	require.Equal(t, at(old), lines[len(lines)-1].At)
}

func replicasTrimLines(t *testing.T, all []store.Store) {
	const before, most, times = 150, 50, 20
	f := &fixture{T: t, Store: all[0]}
	f.note(acme, 0, before)
	k := keepAll
	k.MaxLines = most
	written := len(all) * times
	removed := trimBeside(t, all, k, times)
	require.GreaterOrEqual(t, removed, before-most)
	removed += trimBeside(t, all, k, 0) // what was written after the last look
	require.Equal(t, before+written-most, removed)
	require.Len(t, f.texts(acme, ""), most)
}
