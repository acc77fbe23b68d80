package dispatch_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// office is the lease of the org, for several processes with one store.
type office struct {
	dispatch.Store
	free chan struct{} // holds one if nobody has it
}

func newOffice(s dispatch.Store) *office {
	o := &office{Store: s, free: make(chan struct{}, 1)}
	o.free <- struct{}{}
	return o
}

// process is one of them, and its last lease.
type process struct {
	*office
	mu       sync.Mutex // guards last
	last     *lease.Lease
	recorded func() // called after each call that is recorded
}

func (p *process) Lease(ctx context.Context, org string) (*lease.Lease, error) {
	select {
	case <-p.free:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	l, err := p.Store.Lease(ctx, org)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = lease.New(org, l.Token) // one that does not know what the store does
	return p.last, nil
}

func (p *process) EndLease(_ context.Context, l *lease.Lease) error {
	l.Lose()
	p.free <- struct{}{}
	return nil
}

func (p *process) RecordCall(ctx context.Context, l *lease.Lease, c plan.Call, links []plan.Link, now time.Time) error {
	err := p.Store.RecordCall(ctx, l, c, links, now)
	if p.recorded != nil {
		p.recorded()
	}
	return err
}

// lease is the last that it had.
func (p *process) lease() *lease.Lease {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// join starts a process, and returns it with what stops it.
func (w *world) join(p *process) (stop func()) {
	w.t.Helper()
	w.through = p
	w.start()
	stop = w.stop
	w.stop = nil
	return stop
}

func TestRun_ACallUnderALostLeaseIsLookedIntoByWhoHasTheNextOne(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		// The first call is applied at once, and answered late.
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: emulator.AfterApply, Status: http.StatusOK, Wait: 30 * time.Second, Times: 1}))
		o := newOffice(w.store)
		first, second := &process{office: o}, &process{office: o}
		defer w.join(first)()
		w.addUser("ada", nil)
		time.Sleep(5 * time.Second)
		defer w.join(second)()
		o.free <- struct{}{} // the lease of the first ended, and it does not know
		time.Sleep(5 * time.Second)
		require.NoError(t, first.lease().Held())
		require.Greater(t, second.lease().Token, first.lease().Token)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.ErrorIs(t, first.lease().Held(), lease.ErrLost, "it found out when it settled")
		open, err := w.store.OpenCalls(t.Context(), org)
		require.NoError(t, err)
		require.Empty(t, open)
		w.settle()
		w.requireAdobe("ada")
		require.Equal(t, directory.SyncSynced, w.sync("ada").State)
		before := len(w.calls())
		w.addUser("bob", nil)
		w.settle()
		w.requireAdobe("bob")
		require.Len(t, w.calls(), before+1, "one of them sends")
	})
}

func TestRun_NothingIsSentOnceTheLeaseHasEndedByTheOwnClock(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		p := &process{office: newOffice(w.store)}
		paused := false
		p.recorded = func() { // and then it stands still until the lease is over
			if !paused {
				paused = true
				p.lease().Until(time.Now())
			}
		}
		defer w.join(p)()
		w.addUser("ada", nil)
		w.addGroup("Design", "ada")
		time.Sleep(time.Hour)
		synctest.Wait()
		require.True(t, paused)
		require.Empty(t, w.adobe.Ledger(), "no call, no read and no listing")
		p.lease().Until(time.Time{}) // it could be renewed: nobody had taken it
		w.settle()
		w.requireAdobe("ada")
		require.Equal(t, []string{"ada@example.com"}, w.adobe.Members("Design"))
	})
}

func TestRun_ManyTakeOversBreakNoLimit(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		seen := &witness{next: w.adobe}
		w.transport = seen
		o := newOffice(w.store)
		for i := range 200 {
			w.addUser("user"+string(rune('a'+i/26))+string(rune('a'+i%26)), nil)
		}
		all := []*process{{office: o}, {office: o}}
		stops := []func(){w.join(all[0]), w.join(all[1])}
		for i := range 20 {
			time.Sleep(7 * time.Second)
			stops[i%2]() // it gives the lease back if it has it
			stops[i%2] = w.join(all[i%2])
		}
		w.settle()
		stops[0]()
		stops[1]()
		require.Len(t, w.adobe.Users(), 200)
		seen.requireLimits(t)
	})
}

func TestBudget_WhereAnotherDispatchesIsWhatTheStoreKnows(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		o := newOffice(w.store)
		defer w.join(&process{office: o})()
		w.addUser("ada", nil)
		time.Sleep(time.Second)
		defer w.join(&process{office: o})() // which waits, and is asked
		synctest.Wait()
		require.Equal(t, 1, w.allowance(dispatch.Actions).Spent)
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Status: http.StatusTooManyRequests, RetryAfter: time.Hour, Times: 1}))
		w.addUser("bob", nil)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, dispatch.PauseAsked, w.allowance(dispatch.Actions).Why)
		f, err := w.dispatcher.Forecast(t.Context(), dispatch.Backlog{Users: 1})
		require.NoError(t, err)
		require.Greater(t, time.Until(f.Latest), 50*time.Minute)
	})
}

// userReads are when single users were read of Adobe.
func (w *world) userReads() []time.Time {
	var all []time.Time
	for _, e := range w.adobe.Ledger() {
		if e.Method == http.MethodGet && strings.Contains(e.Path, "/users/") {
			all = append(all, e.Time)
		}
	}
	return all
}

func TestRun_AnOpenCallHasTheTimeThatItsSenderGaveIt(t *testing.T) {
	for name, tt := range map[string]struct{ within, own, want time.Duration }{
		"more than the own":       {10 * time.Minute, 30 * time.Second, 10 * time.Minute},
		"less than the own":       {time.Minute, 10 * time.Minute, time.Minute},
		"of a former release":     {0, 10 * time.Minute, 10 * time.Minute},
		"of one, and little own":  {0, 30 * time.Second, 2 * time.Minute},
		"the same as the own one": {3 * time.Minute, 3 * time.Minute, 3 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, limited, func(t *testing.T, w *world) {
				w.cfg.CallTimeout = tt.own
				w.addUser("ada", nil)
				w.start()
				w.settle()
				w.halt()
				w.setUser("ada", address("adele")) // which cannot simply be sent again
				now := time.Now().UTC()
				due, err := w.store.Due(t.Context(), org, now, 10)
				require.NoError(t, err)
				facts, err := w.store.Facts(t.Context(), org, plan.First(due))
				require.NoError(t, err)
				p := plan.Build(plan.Input{Due: due, Facts: facts, Rules: w.cfg.Rules, Now: now})
				require.Len(t, p.Commands, 1)
				l, err := w.store.Lease(t.Context(), org)
				require.NoError(t, err)
				crashed := plan.Call{ID: "crashed", Commands: p.Commands, Within: tt.within}
				require.NoError(t, w.store.RecordCall(t.Context(), l, crashed, p.Links, now))
				before := len(w.userReads())
				w.start()
				time.Sleep(tt.want - time.Second)
				require.Positive(t, w.allowance(dispatch.Actions).Spent, "it may still arrive")
				w.settle()
				w.requireAdobe("adele")
				reads := w.userReads()[before:]
				require.NotEmpty(t, reads)
				require.WithinRange(t, reads[0], now.Add(tt.want), now.Add(tt.want+time.Minute))
			})
		})
	}
}

// A process that takes over twice within the time of a call that another sent, which gave
// it more than its own, remembers it the second time as well.
func TestRun_TheTimeOfAnotherCountsAtEachTakeOver(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.cfg.CallTimeout = 10 * time.Minute
		w.addUser("ada", nil)
		w.start()
		w.settle()
		s := &straying{RoundTripper: w.transport, after: 9 * time.Minute}
		w.transport = s
		w.halt()
		w.start()
		lost := time.Now()
		w.setUser("ada", address("adele"))
		time.Sleep(time.Second)
		w.halt()
		w.cfg.CallTimeout = 30 * time.Second
		w.start()
		time.Sleep(4 * time.Minute)
		w.halt()
		w.start()
		before := len(w.userReads())
		w.setUser("ada", address("third"))
		w.settle()
		reads := w.userReads()[before:]
		require.NotEmpty(t, reads)
		require.False(t, reads[0].Before(lost.Add(10*time.Minute)), "read at %s", reads[0])
		w.requireAdobe("third")
	})
}

func TestRun_ACallSaysHowMuchTimeItWasGiven(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.cfg.CallTimeout = 5 * time.Minute
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: emulator.AfterApply, Status: http.StatusOK, Wait: time.Minute, Times: 1}))
		w.addUser("ada", nil)
		w.start()
		time.Sleep(30 * time.Second)
		open, err := w.store.OpenCalls(t.Context(), org)
		require.NoError(t, err)
		require.Len(t, open, 1)
		require.Equal(t, 5*time.Minute, open[0].Call.Within)
		w.settle()
	})
}
