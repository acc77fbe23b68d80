package dispatch_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestRun_HoldsTheRestOfACompanyThatLeaves(t *testing.T) {
	inWorld(t, emulator.Config{}, func(t *testing.T, w *world) {
		w.cfg.Brakes = dispatch.Brakes{Departures: &dispatch.Brake{Count: 10, Percent: 5, Window: 24 * time.Hour}}
		for i := range 300 {
			w.addUser(fmt.Sprintf("u%03d", i), nil)
		}
		w.start()
		w.settle()
		time.Sleep(2 * time.Minute) // until the mirror is counted anew
		leave := func(i int) { w.setUser(fmt.Sprintf("u%03d", i), func(doc map[string]any) { doc["active"] = false }) }
		for i := range 100 {
			leave(i)
		}
		w.settle()
		require.Equal(t, 285, len(w.adobe.Users()), "5 percent of 300 may leave, more than 10")
		require.Equal(t, 85, w.status().Held[plan.KindUser])
		require.Equal(t, "bridge.brake.departures", w.status().Holds[0].Problem.Code)

		// What is put right in the provider needs no person.
		w.setUser("u099", func(doc map[string]any) { doc["active"] = true })
		w.settle()
		require.Equal(t, 84, w.status().Held[plan.KindUser])
		require.Equal(t, directory.SyncSynced, w.sync("u099").State)

		// The brake holds across a restart, and lets go after the window what comes then.
		w.halt()
		w.start()
		leave(150)
		w.settle()
		require.Equal(t, 285, len(w.adobe.Users()))
		time.Sleep(25 * time.Hour)
		leave(151)
		w.settle()
		require.Equal(t, 284, len(w.adobe.Users()))
		require.Equal(t, 85, w.status().Held[plan.KindUser], "what is held waits for a person")

		n, err := w.store.Release(t.Context(), org, store.Selection{}, origin())
		require.NoError(t, err)
		require.Equal(t, 85, n)
		synctest.Wait()
		w.settle()
		require.Equal(t, 199, len(w.adobe.Users()))
		require.Empty(t, w.status().Held)
	})
}

func TestRun_HoldsTheRestOfAGroupThatIsEmptied(t *testing.T) {
	inWorld(t, emulator.Config{}, func(t *testing.T, w *world) {
		w.cfg.Brakes = dispatch.Brakes{Entitlements: &dispatch.Brake{Count: 20, Percent: 10, Window: time.Hour}}
		ids := make([]string, 60)
		for i := range ids {
			ids[i] = fmt.Sprintf("u%03d", i)
			w.addUser(ids[i], nil)
		}
		w.addGroup("eng", ids...)
		w.start()
		w.settle()
		require.Equal(t, 60, len(w.adobe.Members("eng")))
		w.members("eng", directory.MemberRemove, ids...)
		w.settle()
		require.Equal(t, 40, len(w.adobe.Members("eng")))
		require.Equal(t, 40, w.status().Held[plan.KindEdge])
		w.members("eng", directory.MemberAdd, ids[59])
		w.settle()
		require.Equal(t, 39, w.status().Held[plan.KindEdge])
		require.Equal(t, 40, len(w.adobe.Members("eng")))
	})
}

func TestRun_ACallThatAdobeTurnedAwayTookNothingAway(t *testing.T) {
	inWorld(t, emulator.Config{ActionsPerMinute: 1}, func(t *testing.T, w *world) {
		w.cfg.ActionsPerMinute = 0 // so that Adobe turns calls away
		w.cfg.Brakes = dispatch.Brakes{Departures: &dispatch.Brake{Count: 3, Window: 24 * time.Hour}}
		for i := range 3 {
			w.addUser(fmt.Sprintf("u%03d", i), nil)
		}
		w.start()
		w.settle()
		time.Sleep(2 * time.Minute)
		w.addUser("ada", nil)
		time.Sleep(time.Second)
		for i := range 3 {
			w.setUser(fmt.Sprintf("u%03d", i), func(doc map[string]any) { doc["active"] = false })
		}
		w.settle()
		require.Empty(t, w.status().Held)
		require.Len(t, w.adobe.Users(), 1)
	})
}

func TestRun_WhoIsReleasedDoesNotWaitOnceMore(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.cfg.Brakes = dispatch.Brakes{Departures: &dispatch.Brake{Window: time.Hour}}
		w.cfg.Rules.Offboarding.Delay = 10 * time.Hour
		w.addUser("ada", nil)
		w.start()
		w.settle()
		w.setUser("ada", func(doc map[string]any) { doc["active"] = false })
		w.settle()
		require.Equal(t, 1, w.status().Held[plan.KindUser])
		_, err := w.store.Release(t.Context(), org, store.Selection{}, origin())
		require.NoError(t, err)
		time.Sleep(time.Hour)
		require.Empty(t, w.adobe.Users())
		require.Empty(t, w.status().Pending)
	})
}
