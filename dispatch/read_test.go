package dispatch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

const groupsPath = "GET /v2/usermanagement/groups"

func TestRun_FollowsUsersWhileGroupsCannotBeListed(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: groupsPath, Status: http.StatusInternalServerError}))
		w.addGroup("Design")
		w.start()
		time.Sleep(20 * time.Second)
		w.addUser("ada", nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		w.requireAdobe("ada")
	})
}

func TestRun_ListsGroupsAsSoonAsAdobeCanBeReached(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: "POST /ims/token/v3", Status: http.StatusServiceUnavailable, Times: 3}))
		w.addGroup("Design")
		w.start()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		require.Len(t, w.adobe.Groups(), 1)
	})
}

func TestRun_ListsMoreGroupsThanAMinuteAllows(t *testing.T) {
	cfg := limited
	cfg.GroupsPerPage = 2
	inWorld(t, cfg, func(t *testing.T, w *world) {
		for i := range 20 {
			require.NoError(t, w.adobe.AddGroup(emulator.Group{Name: fmt.Sprintf("G%02d", i), Type: "USER_GROUP"}))
		}
		w.addGroup("Design")
		w.start()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		for _, e := range w.adobe.Ledger() {
			require.NotEqual(t, http.StatusTooManyRequests, e.Status, "%s %s", e.Time, e.Path)
		}
		g, err := w.store.Group(t.Context(), org, "g-Design")
		require.NoError(t, err)
		require.Equal(t, directory.SyncSynced, g.Sync.State)
	})
}

func TestRun_AListingThatBreaksGoesOnWhereItBroke(t *testing.T) {
	cfg := limited
	cfg.GroupsPerPage = 2
	inWorld(t, cfg, func(t *testing.T, w *world) {
		for i := range 4 {
			require.NoError(t, w.adobe.AddGroup(emulator.Group{Name: fmt.Sprintf("G%02d", i), Type: "USER_GROUP"}))
		}
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: groupsPath + "/" + orgID + "/1", Status: http.StatusBadGateway, Times: 2}))
		w.addGroup("Design")
		w.start()
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		for _, e := range w.adobe.Ledger() {
			require.NotEqual(t, http.StatusTooManyRequests, e.Status, "%s %s", e.Time, e.Path)
		}
		g, err := w.store.Group(t.Context(), org, "g-Design")
		require.NoError(t, err)
		require.Equal(t, directory.SyncSynced, g.Sync.State)
	})
}

func TestRun_AListingWhoseOrderChangesBetweenPagesIsNotComplete(t *testing.T) {
	cfg := limited
	cfg.GroupsPerPage = 10
	cfg.Switches.ListOrder = emulator.OrderPerPage
	inWorld(t, cfg, func(t *testing.T, w *world) {
		for i := range 19 {
			require.NoError(t, w.adobe.AddGroup(emulator.Group{Name: fmt.Sprintf("G%02d", i), Type: "USER_GROUP"}))
		}
		w.addGroup("Design")
		w.start()
		time.Sleep(time.Hour)
		synctest.Wait()
		listed, err := w.store.GroupsListed(t.Context(), org)
		require.NoError(t, err)
		require.Zero(t, listed, "what did not come may be what is asked for")

		require.NoError(t, w.adobe.SetSwitches(emulator.Switches{}))
		w.settle()
		require.Len(t, w.beginnings(), 2)
		require.Len(t, w.adobe.Groups(), 20)
	})
}

func TestRun_AFullLastPageThatPromisesMoreEndsTheListing(t *testing.T) {
	cfg := limited
	cfg.GroupsPerPage = 10
	cfg.Switches.FullPageContinues = true
	inWorld(t, cfg, func(t *testing.T, w *world) {
		for i := range 17 { // and three groups of administrators
			require.NoError(t, w.adobe.AddGroup(emulator.Group{Name: fmt.Sprintf("G%02d", i), Type: "USER_GROUP"}))
		}
		w.addGroup("Design")
		w.start()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(t, w.adobe.Groups(), 18)
	})
}

func TestRun_AReadThatAlwaysFailsHoldsUpNoOther(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.start()
		w.addUser("ada", nil)
		w.addUser("bob", nil)
		w.settle()
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: emulator.AfterApply, Times: 1}))
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: "GET /v2/usermanagement/organizations/" + orgID + "/users/adele", Status: http.StatusBadRequest}))
		w.setUser("ada", address("adele"))
		w.setUser("bob", address("boris"))
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		require.Equal(t, directory.SyncSynced, w.sync("bob").State)
		require.Contains(t, w.sync("ada").Detail, "bridge.read_failed")
		reads := 0
		for _, e := range w.adobe.Ledger() {
			if strings.Contains(e.Path, "/users/adele") {
				reads++
			}
		}
		require.LessOrEqual(t, reads, plan.MaxAttempts)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		require.Equal(t, directory.SyncFailed, w.sync("ada").State)
	})
}

func TestRun_ReadsAreNotTriedOverAndOverWithRefusedCredentials(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.addGroup("Design")
		w.start()
		w.settle()
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: emulator.AfterApply, Times: 1}))
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: "GET /v2", Status: http.StatusForbidden}))
		require.NoError(t, w.store.DeleteGroup(t.Context(), org, "g-Design", 0, origin()))
		time.Sleep(time.Hour)
		synctest.Wait()
		require.LessOrEqual(t, len(w.adobe.Ledger()), 40)
	})
}

func TestRun_GroupsThatWaitForTheListingHoldUpNobody(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: groupsPath, Status: http.StatusInternalServerError}))
		for i := range 2001 {
			w.addGroup(fmt.Sprintf("Group %d", i))
		}
		w.start()
		w.addUser("ada", nil)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		w.requireAdobe("ada")
	})
}

func TestRun_ListsGroupsAsSoonAsTheRightsAreThere(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: "GET /v2/usermanagement/groups", Status: http.StatusForbidden, Times: 3}))
		w.addGroup("Design")
		w.start()
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		require.Len(t, w.adobe.Groups(), 1)
	})
}

func TestRun_ALaterListingThatBreaksBeginsAnew(t *testing.T) {
	for name, fault := range map[string]emulator.Fault{
		"turned away": {Status: http.StatusForbidden, Times: 1},
		"throttled":   {Status: http.StatusServiceUnavailable, RetryAfter: time.Minute, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := limited
			cfg.GroupsPerPage = 2
			inWorld(t, cfg, func(t *testing.T, w *world) {
				for i := range 4 {
					require.NoError(t, w.adobe.AddGroup(emulator.Group{Name: fmt.Sprintf("G%02d", i), Type: "USER_GROUP"}))
				}
				w.addGroup("First")
				w.start()
				w.settle()
				fault.Match = groupsPath + "/" + orgID + "/1"
				require.NoError(t, w.adobe.Inject(fault))
				// It is there already, so somebody must have listed it before an Adobe ID
				// may name it.
				require.NoError(t, w.adobe.AddGroup(emulator.Group{Name: "Second"}))
				w.addUser("ada", func(doc map[string]any) {
					doc[directory.BridgeUserSchema] = map[string]any{"identityType": string(umapi.AdobeID)}
				})
				w.addGroup("Second", "ada")
				time.Sleep(7 * time.Hour)
				synctest.Wait()
				began := w.beginnings()
				require.Len(t, began, 3, "a call may have changed what stands on a page that was read")
				require.GreaterOrEqual(t, began[2].Sub(began[1]), 2*time.Hour)
				require.Equal(t, []string{"ada@example.com"}, w.adobe.Members("Second"))
			})
		})
	}
}
