package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestRun_ANewConfigurationWakesWhatFailed(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.cfg.Rules.Country = ""
		w.addUser("ada", nil)
		w.start()
		w.settle()
		require.Equal(t, directory.SyncFailed, w.sync("ada").State)
		w.halt()
		w.cfg.Rules.Country = "US"
		w.start()
		w.settle()
		require.Equal(t, "US", w.requireAdobe("ada").Country)
		require.Equal(t, directory.SyncSynced, w.sync("ada").State)
	})
}

func TestRun_EachPartOfTheConfigurationWakesWhatFailed(t *testing.T) {
	changes := map[string]struct {
		change func(*world)
		wakes  bool
	}{
		"rules":                {func(w *world) { w.cfg.Rules.IdentityType = umapi.EnterpriseID }, true},
		"limits":               {func(w *world) { w.cfg.Limits.Entries = 5 }, true},
		"target":               {func(w *world) { w.cfg.Target = "elsewhere" }, true},
		"nothing":              {func(*world) {}, false},
		"a default in letters": {func(w *world) { w.cfg.Limits.Entries = umapi.MaxEntries }, false},
		"a rate":               {func(w *world) { w.cfg.ReadsPerMinute-- }, false},
	}
	for name, c := range changes {
		t.Run(name, func(t *testing.T) {
			inWorld(t, limited, func(t *testing.T, w *world) {
				stranger := func(doc map[string]any) {
					doc["emails"] = []any{map[string]any{"value": "ada@elsewhere.example", "primary": true}}
					doc["userName"] = "ada@elsewhere.example"
				}
				w.addUser("ada", stranger)
				w.start()
				w.settle()
				require.Equal(t, directory.SyncFailed, w.sync("ada").State)
				require.Len(t, w.calls(), 1)
				w.halt()
				c.change(w)
				w.start()
				time.Sleep(time.Hour)
				synctest.Wait()
				require.Equal(t, directory.SyncFailed, w.sync("ada").State, "Adobe refuses it again")
				require.Equal(t, map[bool]int{false: 1, true: 2}[c.wakes], len(w.calls()))
			})
		})
	}
}

// beginnings are when Adobe was asked for the first page of its groups. It fails
// the test if Adobe ever asked to wait.
func (w *world) beginnings() []time.Time {
	w.t.Helper()
	var all []time.Time
	for _, e := range w.adobe.Ledger() {
		require.NotEqual(w.t, http.StatusTooManyRequests, e.Status, "%s %s", e.Time, e.Path)
		if strings.HasSuffix(e.Path, "/groups/"+orgID+"/0") {
			all = append(all, e.Time)
		}
	}
	return all
}

func (w *world) group(name string) directory.SyncState {
	w.t.Helper()
	g, err := w.store.Group(w.t.Context(), org, "g-"+name)
	require.NoError(w.t, err)
	return g.Sync.State
}

func TestRun_ARestartInTheMiddleOfAListingBeginsNoOther(t *testing.T) {
	cfg := limited
	cfg.GroupsPerPage = 2
	inWorld(t, cfg, func(t *testing.T, w *world) {
		for i := range 20 {
			require.NoError(t, w.adobe.AddGroup(emulator.Group{Name: fmt.Sprintf("G%02d", i), Type: "USER_GROUP"}))
		}
		w.addGroup("Design")
		w.start()
		time.Sleep(30 * time.Second)
		for i := range 5 {
			w.halt()
			w.start()
			name := fmt.Sprintf("user%d", i)
			w.addUser(name, nil)
			time.Sleep(20 * time.Minute)
			synctest.Wait()
			w.requireAdobe(name)
			require.Equal(t, directory.SyncPending, w.group("Design"))
			require.Len(t, w.beginnings(), 1)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Len(t, w.beginnings(), 2)
		require.Equal(t, directory.SyncSynced, w.group("Design"))
	})
}

func TestRun_NoListingBeginsWhileACallMayStillArrive(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		l, err := w.store.Lease(t.Context(), org)
		require.NoError(t, err)
		crashed := plan.Call{ID: "crashed", Commands: []plan.Command{{
			UMAPI:            umapi.Command{UserGroup: "Other", Do: []umapi.Step{{DeleteUserGroup: &umapi.DeleteUserGroup{}}}},
			AdobeGroup:       &plan.AdobeGroup{ID: "other", Name: "Other", Presence: plan.Absent},
			BeforeAdobeGroup: &plan.AdobeGroup{ID: "other", Name: "Other", Presence: plan.Present},
			Steps:            []plan.Step{{Subject: true}},
		}}}
		require.NoError(t, w.store.RecordCall(t.Context(), l, crashed, nil, time.Now()))
		w.addGroup("Design")
		w.start()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Empty(t, w.beginnings(), "it could show what the call is about to change")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Len(t, w.beginnings(), 1)
		require.Equal(t, directory.SyncSynced, w.group("Design"))
	})
}

func TestRun_ABeginningCountsFromWhenItMayHaveReachedAdobe(t *testing.T) {
	cfg := limited
	cfg.GroupsPerPage = 2
	inWorld(t, cfg, func(t *testing.T, w *world) {
		for i := range 20 {
			require.NoError(t, w.adobe.AddGroup(emulator.Group{Name: fmt.Sprintf("G%02d", i), Type: "USER_GROUP"}))
		}
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: groupsPath, Status: http.StatusOK, Wait: time.Minute, Times: 1}))
		w.addGroup("Design")
		w.start()
		time.Sleep(70 * time.Second)
		w.halt()
		w.start()
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		require.Len(t, w.beginnings(), 2)
		require.Equal(t, directory.SyncSynced, w.group("Design"))
	})
}

func TestRun_ABeginningThatFailedMayHaveBeenCounted(t *testing.T) {
	for name, fault := range map[string]emulator.Fault{
		"before it was counted": {Status: http.StatusBadGateway, Times: 1},
		"after it was counted":  {Status: http.StatusBadGateway, Times: 1, Moment: emulator.AfterApply},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, limited, func(t *testing.T, w *world) {
				fault.Match = groupsPath
				require.NoError(t, w.adobe.Inject(fault))
				w.addGroup("Design")
				w.start()
				time.Sleep(3 * time.Hour)
				synctest.Wait()
				began := w.beginnings()
				require.Len(t, began, 2)
				require.GreaterOrEqual(t, began[1].Sub(began[0]), 2*time.Hour)
				require.Equal(t, directory.SyncSynced, w.group("Design"))
			})
		})
	}
}

func TestRun_AListingThatWasNeverSentDoesNotCount(t *testing.T) {
	for name, fault := range map[string]emulator.Fault{
		"no token":               {Status: http.StatusServiceUnavailable, Times: 3},
		"stopped before a token": {Status: http.StatusOK, Wait: time.Minute, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, limited, func(t *testing.T, w *world) {
				fault.Match = "POST /ims/token/v3"
				require.NoError(t, w.adobe.Inject(fault))
				w.addGroup("Design")
				w.start()
				time.Sleep(time.Second)
				synctest.Wait()
				w.halt()
				require.Empty(t, w.beginnings())
				w.start()
				time.Sleep(30 * time.Second)
				synctest.Wait()
				require.Len(t, w.beginnings(), 1)
				require.Equal(t, directory.SyncSynced, w.group("Design"))
			})
		})
	}
}

func TestRun_ANewPolicyReachesWhoIsAwayAlready(t *testing.T) {
	inWorld(t, emulator.Config{}, func(t *testing.T, w *world) {
		w.cfg.Rules.Offboarding.Deactivated = mapping.FateKeep
		w.start()
		w.addUser("ada", nil)
		w.settle()
		w.setUser("ada", inactive)
		w.settle()
		w.requireAdobe("ada")
		w.halt()
		w.cfg.Rules.Offboarding.Deactivated = mapping.FateLeave
		w.start()
		w.settle()
		w.requireNotInAdobe("ada")
	})
}

// slowly is a store that takes its time to record a call.
type slowly struct {
	dispatch.Store
	takes    time.Duration
	recorded time.Time // as when the first call was sent
}

func (s *slowly) RecordCall(ctx context.Context, l *lease.Lease, c plan.Call, links []plan.Link, now time.Time) error {
	if s.recorded.IsZero() {
		s.recorded = now
	}
	time.Sleep(s.takes)
	return s.Store.RecordCall(ctx, l, c, links, now)
}

// hanging is an Adobe that answers no call, and notes when it was given up.
type hanging struct {
	http.RoundTripper
	calls int
	gone  time.Time
}

func (h *hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.Contains(r.URL.Path, "/action/") {
		return h.RoundTripper.RoundTrip(r)
	}
	h.calls++
	<-r.Context().Done()
	h.gone = time.Now()
	return nil, r.Context().Err()
}

func TestRun_ACallEndsInTimeFromWhatIsRecordedOfIt(t *testing.T) {
	for name, takes := range map[string]time.Duration{"some time": 90 * time.Second, "all its time": 5 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, limited, func(t *testing.T, w *world) {
				w.addUser("ada", nil)
				s := &slowly{Store: w.store, takes: takes}
				h := &hanging{RoundTripper: w.transport}
				w.through, w.transport, w.cfg.CallTimeout = s, h, 2*time.Minute
				w.start()
				time.Sleep(takes + time.Minute)
				synctest.Wait()
				if takes > w.cfg.CallTimeout {
					require.Zero(t, h.calls, "who takes over would not look out for it")
					return
				}
				require.Equal(t, 1, h.calls)
				require.WithinDuration(t, s.recorded.Add(w.cfg.CallTimeout), h.gone, time.Millisecond)
			})
		})
	}
}

// unheard is a store whose answer to the first settlement of a call is lost.
type unheard struct {
	dispatch.Store
	settled []string // calls, each as often as it was to be
}

func (u *unheard) Settle(ctx context.Context, l *lease.Lease, s plan.Settlement, now time.Time) error {
	err := u.Store.Settle(ctx, l, s, now)
	if s.Call == "" {
		return err
	}
	if u.settled = append(u.settled, s.Call); len(u.settled) == 1 && err == nil {
		return errors.New("the connection is lost: it may have happened")
	}
	return err
}

func TestRun_ACallThatWasSettledUnheardIsNotSettledAgainAndAgain(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.addUser("ada", nil)
		u := &unheard{Store: w.store}
		w.through = u
		w.start()
		w.settle()
		time.Sleep(time.Minute)
		synctest.Wait()
		w.requireAdobe("ada")
		require.Len(t, u.settled, 2, "the second time shows that the first was one")
	})
}
