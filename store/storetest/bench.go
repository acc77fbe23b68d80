package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

// clients is how many callers the benchmarks have at a time for each processor.
const clients = 16

// Benchmark measures the same work on each store: what a request of an identity
// provider costs, and what the dispatcher pays for a call. open as for Run.
func Benchmark(b *testing.B, open func(b *testing.B) store.Store) {
	b.Run("Users", func(b *testing.B) { benchmarkUsers(b, open(b)) })
	b.Run("Write", func(b *testing.B) { benchmarkWrite(b, open(b)) })
	for _, size := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprintf("GroupOf%d", size), func(b *testing.B) { benchmarkGroup(b, open(b), size) })
	}
	b.Run("Work", func(b *testing.B) { benchmarkWork(b, open(b)) })
	b.Run("Verdicts", func(b *testing.B) { benchmarkVerdicts(b, open(b)) })
	b.Run("Status", func(b *testing.B) { benchmarkStatus(b, open(b)) })
}

func benchmarkUsers(b *testing.B, s store.Store) {
	ids := fill(b, s, 1000)
	var n atomic.Int64
	b.Run("Create", func(b *testing.B) {
		parallel(b, func() error {
			_, err := s.CreateUser(b.Context(), acme, newUser(fmt.Sprint(n.Add(1))), origin(0))
			return err
		})
	})
	b.Run("Read", func(b *testing.B) {
		parallel(b, func() error {
			_, err := s.User(b.Context(), acme, ids[n.Add(1)%1000])
			return err
		})
	})
}

// benchmarkWrite creates users, and changes them, from as many clients as it
// says. What it measures is on disk, unless the server of a test is not to.
func benchmarkWrite(b *testing.B, s store.Store) {
	ids := fill(b, s, 1000)
	var n atomic.Int64
	for _, clients := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("Create/Clients%d", clients), func(b *testing.B) {
			AtOnce(b, clients, func() error {
				_, err := s.CreateUser(b.Context(), acme, newUser(fmt.Sprint("new-", n.Add(1))), origin(0))
				return err
			})
		})
		b.Run(fmt.Sprintf("Update/Clients%d", clients), func(b *testing.B) {
			AtOnce(b, clients, func() error {
				i := n.Add(1)
				id := ids[i%1000]
				_, err := s.UpdateUser(b.Context(), acme, id, 0, newUser(id, "title", fmt.Sprint(i)).Document, origin(1))
				return err
			})
		})
	}
}

// AtOnce runs f from so many clients until the benchmark has enough, and tells
// how often a second.
func AtOnce(b *testing.B, clients int, f func() error) {
	b.Helper()
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	errs := make(chan error, clients)
	for range clients {
		go func() {
			for left.Add(-1) >= 0 {
				if err := f(); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range clients {
		require.NoError(b, <-errs)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
}

// parallel runs f from several clients until the benchmark has enough.
func parallel(b *testing.B, f func() error) {
	b.Helper()
	b.SetParallelism(clients)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := f(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func memberID(n int) string { return fmt.Sprintf("user-%06d", n) }

// fill creates n users, many at a time.
func fill(b *testing.B, s store.Store, n int) []string {
	b.Helper()
	ids := make([]string, n)
	errs := make(chan error, clients)
	for c := range clients {
		go func() {
			for i := c; i < n; i += clients {
				ids[i] = memberID(i)
				if _, err := s.CreateUser(b.Context(), acme, newUser(ids[i]), origin(0)); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range clients {
		require.NoError(b, <-errs)
	}
	return ids
}

// benchmarkGroup changes one member at a time of a group of a size: a thousand
// users come one by one, then go one by one.
func benchmarkGroup(b *testing.B, s store.Store, size int) {
	ids := fill(b, s, size+1000)
	_, _, err := s.CreateGroup(b.Context(), acme, newGroup("all"), adding(ids[:size]...), origin(0))
	require.NoError(b, err)
	var n atomic.Int64
	b.Run("ChangeMember", func(b *testing.B) {
		parallel(b, func() error {
			i := int(n.Add(1) - 1)
			c := adding(ids[size+i%1000])
			if i/1000%2 == 1 {
				c = removing(ids[size+i%1000])
			}
			_, _, err := s.UpdateGroup(b.Context(), acme, "all", c, origin(1))
			return err
		})
	})
}

// benchmarkWork makes 100 memberships due, reads what a plan needs and settles
// them, as after a call.
func benchmarkWork(b *testing.B, s store.Store) {
	ids, l := fill(b, s, 100), leaseOf(b, s, acme)
	var settled plan.Settlement
	for _, id := range ids {
		settled.Accounts = append(settled.Accounts, account(id))
		settled.Links = append(settled.Links, link(plan.KindUser, id, id))
	}
	due, err := s.Due(b.Context(), acme, later, 1000)
	require.NoError(b, err)
	for _, d := range due {
		settled.Verdicts = append(settled.Verdicts, plan.Verdict{Due: d, Outcome: plan.Done})
	}
	require.NoError(b, s.Settle(b.Context(), l, settled, at(1)))
	_, _, err = s.CreateGroup(b.Context(), acme, newGroup("all"), directory.GroupChange{}, origin(0))
	require.NoError(b, err)
	i := 0
	b.Run("Settle100", func(b *testing.B) {
		for ; b.Loop(); i++ {
			c := replacing(ids...)
			if i%2 == 1 {
				c = replacing()
			}
			_, _, err := s.UpdateGroup(b.Context(), acme, "all", c, origin(i%1000))
			require.NoError(b, err)
			due, err := s.Due(b.Context(), acme, later, 1000)
			require.NoError(b, err)
			_, err = s.Facts(b.Context(), acme, plan.Query{Users: ids})
			require.NoError(b, err)
			var settled plan.Settlement
			for _, d := range due {
				settled.Verdicts = append(settled.Verdicts, plan.Verdict{Due: d, Outcome: plan.Done})
				e := plan.Edge{Account: d.User, Group: "all"}
				presence := plan.Present
				if i%2 == 1 {
					presence = plan.Absent
				}
				settled.Memberships = append(settled.Memberships, plan.Membership{Edge: e, Presence: presence})
			}
			require.NoError(b, s.Settle(b.Context(), l, settled, at(2)))
		}
	})
}

// benchmarkVerdicts gives 500 memberships of 100 users the same verdict, again
// and again.
func benchmarkVerdicts(b *testing.B, s store.Store) {
	ids, l := fill(b, s, 100), leaseOf(b, s, acme)
	for g := range 5 {
		_, _, err := s.CreateGroup(b.Context(), acme, newGroup(fmt.Sprint(g)), adding(ids...), origin(0))
		require.NoError(b, err)
	}
	var touched []plan.Touch
	for g := range 5 {
		for _, id := range ids {
			touched = append(touched, plan.Touch{Kind: plan.KindEdge, Group: fmt.Sprint(g), User: id, Class: plan.ClassMembership})
		}
	}
	for _, o := range []plan.Outcome{plan.Done, plan.Retry, plan.Parked, plan.Failed} {
		b.Run(string(o), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				require.NoError(b, s.Settle(b.Context(), l, plan.Settlement{Touched: touched}, at(1)))
				due, err := s.Due(b.Context(), acme, later, 1000)
				require.NoError(b, err)
				var settled plan.Settlement
				for _, d := range due {
					if d.Kind == plan.KindEdge {
						settled.Verdicts = append(settled.Verdicts, plan.Verdict{Due: d, Outcome: o, NotBefore: at(2)})
					}
				}
				require.Len(b, settled.Verdicts, 500)
				b.StartTimer()
				require.NoError(b, s.Settle(b.Context(), l, settled, at(2)))
			}
		})
	}
	b.Run("Touch", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, s.Settle(b.Context(), l, plan.Settlement{Touched: touched}, at(1)))
		}
	})
	b.Run("TouchWholeGroup", func(b *testing.B) {
		whole := plan.Settlement{Touched: []plan.Touch{{Kind: plan.KindEdge, Group: "0", Class: plan.ClassMembership}}}
		for b.Loop() {
			require.NoError(b, s.Settle(b.Context(), l, whole, at(1)))
		}
	})
}

// benchmarkStatus counts what is due while much is.
func benchmarkStatus(b *testing.B, s store.Store) {
	const users, groups = 1000, 100
	ids := fill(b, s, users)
	for g := range groups {
		_, _, err := s.CreateGroup(b.Context(), acme, newGroup(fmt.Sprint(g)), adding(ids...), origin(0))
		require.NoError(b, err)
	}
	b.Run("Of100000", func(b *testing.B) {
		for b.Loop() {
			got, err := s.Status(b.Context(), acme)
			require.NoError(b, err)
			require.Equal(b, users*groups, got.Pending[plan.KindEdge])
		}
	})
}
