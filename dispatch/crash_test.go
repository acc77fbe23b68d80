package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

var errDead = errors.New("the process is dead")

// mortal is a process that dies at a point: before or after a write of its store,
// before or after a request reaches Adobe. Nothing goes out of it any more then.
type mortal struct {
	dispatch.Store
	http.RoundTripper
	left atomic.Int64 // points until it dies; never if it was 0
	dead atomic.Bool
	late time.Duration // after which the request arrives that it dies before
}

// point passes one of the points, and reports an error if it dies there.
func (m *mortal) point() error {
	if m.left.Add(-1) == 0 {
		m.dead.Store(true)
	}
	if m.dead.Load() {
		return errDead
	}
	return nil
}

// around does something with a point before and after it.
func (m *mortal) around(do func() error) error {
	if err := m.point(); err != nil {
		return err
	}
	return errors.Join(do(), m.point())
}

func (m *mortal) RecordCall(ctx context.Context, l *lease.Lease, c plan.Call, links []plan.Link, now time.Time) error {
	return m.around(func() error { return m.Store.RecordCall(ctx, l, c, links, now) })
}

func (m *mortal) Settle(ctx context.Context, l *lease.Lease, s plan.Settlement, now time.Time) error {
	return m.around(func() error { return m.Store.Settle(ctx, l, s, now) })
}

func (m *mortal) ListGroups(ctx context.Context, l *lease.Lease, listed []plan.AdobeGroup, now time.Time) error {
	return m.around(func() error { return m.Store.ListGroups(ctx, l, listed, now) })
}

func (m *mortal) SetListingBegan(ctx context.Context, l *lease.Lease, at time.Time) error {
	return m.around(func() error { return m.Store.SetListingBegan(ctx, l, at) })
}

func (m *mortal) EndLease(ctx context.Context, l *lease.Lease) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Store.EndLease(ctx, l)
}

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	var resp *http.Response
	if r.Method == http.MethodPost && m.late > 0 && m.left.Load() == 1 && !m.dead.Load() {
		arriveLater(m.RoundTripper, r, m.late)
	}
	err := m.around(func() (err error) {
		resp, err = m.RoundTripper.RoundTrip(r)
		return err
	})
	if err != nil && resp != nil {
		_ = resp.Body.Close()
		resp = nil
	}
	return resp, err
}

// runUntilDeath runs a process that dies at the given point, and reports whether
// it came so far before all was done.
func (w *world) runUntilDeath(point int, late time.Duration) bool {
	w.t.Helper()
	m := &mortal{Store: w.store, RoundTripper: w.transport, late: late}
	m.left.Store(int64(point))
	whole := w.transport
	w.through, w.transport = m, m
	w.start()
	for range 3600 {
		synctest.Wait()
		if m.dead.Load() || total(w.status().Pending) == 0 {
			break
		}
		time.Sleep(time.Second)
	}
	died := m.dead.Load()
	m.dead.Store(true) // nothing that stops in order settles what it did
	w.halt()
	w.through, w.transport = nil, whole
	return died
}

// runBriefly runs a process that dies after some seconds, wherever it is.
func (w *world) runBriefly() {
	w.t.Helper()
	m := &mortal{Store: w.store, RoundTripper: w.transport}
	whole := w.transport
	w.through, w.transport = m, m
	w.start()
	time.Sleep(10 * time.Second)
	m.dead.Store(true)
	w.halt()
	w.through, w.transport = nil, whole
}

// crashes are stories with a step that is not safe to repeat, and where what it
// was about is there again, as another, when the process is back.
var crashes = map[string]struct {
	rules  func(*mapping.Rules)
	before func(w *world)               // and settled
	change func(w *world)               // and the process dies while it follows
	after  func(w *world)               // nobody runs
	end    func(t *testing.T, w *world) // of all that is settled
}{
	"a change of address, and the address is another's": {
		before: func(w *world) {
			w.addUser("ada", nil)
			w.addGroup("Design", "ada")
		},
		change: func(w *world) { w.setUser("ada", address("adele")) },
		after:  func(w *world) { w.addUser("ada2", address("ada")) },
		end: func(t *testing.T, w *world) {
			require.Equal(t, "Ada", w.requireAdobe("adele").FirstName)
			require.Equal(t, "Ada2", w.requireAdobe("ada").FirstName)
			require.Equal(t, []string{"adele@example.com"}, w.adobe.Members("Design"))
			require.Len(t, w.adobe.Users(), 2)
		},
	},
	"a rename, and the name is another's": {
		before: func(w *world) {
			w.addUser("ada", nil)
			w.addUser("bob", nil)
			w.addGroup("Design", "ada")
		},
		change: func(w *world) {
			_, _, err := w.store.UpdateGroup(w.t.Context(), org, "g-Design", directory.GroupChange{Document: groupDoc("Design EU")}, origin())
			require.NoError(w.t, err)
		},
		after: func(w *world) {
			_, _, err := w.store.CreateGroup(w.t.Context(), org, directory.Group{
				Meta: directory.Meta{ID: "g-new"}, Document: groupDoc("Design"),
			}, directory.GroupChange{Members: []directory.MemberChange{{Op: directory.MemberAdd, IDs: ids([]string{"bob"})}}}, origin())
			require.NoError(w.t, err)
		},
		end: func(t *testing.T, w *world) {
			require.Equal(t, []string{"ada@example.com"}, w.adobe.Members("Design EU"))
			require.Equal(t, []string{"bob@example.com"}, w.adobe.Members("Design"))
		},
	},
	"a group that is deleted, and comes back": {
		before: func(w *world) {
			w.addUser("ada", nil)
			w.addUser("bob", nil)
			w.addGroup("Design", "ada")
		},
		change: func(w *world) {
			require.NoError(w.t, w.store.DeleteGroup(w.t.Context(), org, "g-Design", 0, origin()))
		},
		after: func(w *world) {
			_, _, err := w.store.CreateGroup(w.t.Context(), org, directory.Group{
				Meta: directory.Meta{ID: "g-again"}, Document: groupDoc("Design"),
			}, directory.GroupChange{Members: []directory.MemberChange{{Op: directory.MemberAdd, IDs: ids([]string{"bob"})}}}, origin())
			require.NoError(w.t, err)
		},
		end: func(t *testing.T, w *world) {
			require.Equal(t, []string{"bob@example.com"}, w.adobe.Members("Design"))
		},
	},
	"a leaver whose account is deleted, and who is back": {
		rules: func(r *mapping.Rules) { r.Offboarding.Deactivated = mapping.FateDelete },
		before: func(w *world) {
			w.addUser("ada", nil)
			w.addGroup("Design", "ada")
		},
		change: func(w *world) { w.setUser("ada", inactive) },
		after:  func(w *world) { w.setUser("ada", nil) },
		end: func(t *testing.T, w *world) {
			w.requireAdobe("ada")
			require.Equal(t, []string{"ada@example.com"}, w.adobe.Members("Design"))
		},
	},
	"joiners who leave at once": {
		before: func(w *world) { w.addGroup("Design") },
		change: func(w *world) {
			for i := range 12 {
				w.addUser(fmt.Sprintf("u%d", i), nil)
				w.members("Design", directory.MemberAdd, fmt.Sprintf("u%d", i))
			}
		},
		after: func(w *world) {
			for i := range 12 {
				w.setUser(fmt.Sprintf("u%d", i), inactive)
			}
			w.members("Design", directory.MemberRemove, "u0", "u1")
		},
		end: func(t *testing.T, w *world) { require.Empty(t, w.adobe.Users()) },
	},
	"members who go again": {
		before: func(w *world) {
			for i := range 12 {
				w.addUser(fmt.Sprintf("u%d", i), nil)
			}
			w.addGroup("Design", "u0", "u1", "u2")
		},
		change: func(w *world) {
			w.members("Design", directory.MemberAdd, "u3", "u4", "u5", "u6")
			w.members("Design", directory.MemberRemove, "u0", "u1")
		},
		after: func(w *world) {
			w.members("Design", directory.MemberRemove, "u3", "u4", "u2")
			w.members("Design", directory.MemberAdd, "u0")
		},
		end: func(t *testing.T, w *world) {
			require.ElementsMatch(t, []string{"u0@example.com", "u5@example.com", "u6@example.com"}, w.adobe.Members("Design"))
		},
	},
}

func TestRun_ACrashAtAnyPointLeavesNothingWrong(t *testing.T) {
	for name, story := range crashes {
		for kind, how := range map[string]struct {
			late  time.Duration // after which what it died before arrives
			again bool          // the next process dies as well
		}{
			"once":        {},
			"late":        {late: 40 * time.Second},
			"late, twice": {late: 40 * time.Second, again: true},
		} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				for point := 1; ; point++ {
					died := false
					t.Run(fmt.Sprint(point), func(t *testing.T) {
						inWorldNow(t, emulator.Config{}, func(t *testing.T, w *world) {
							if story.rules != nil {
								story.rules(&w.cfg.Rules)
							}
							story.before(w)
							w.start()
							w.settle()
							w.halt()
							story.change(w)
							died = w.runUntilDeath(point, how.late)
							if how.again {
								w.runBriefly()
							}
							story.after(w)
							w.start()
							w.settle()
							if how.late > 0 {
								time.Sleep(5 * time.Minute)
								w.settle()
							}
							require.Zero(t, total(w.status().Failed))
							story.end(t, w)
						})
					})
					if !died {
						require.Greater(t, point, 6, "it hardly began")
						return
					}
				}
			})
		}
	}
}
