package dispatch_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

var joiners = flag.Int("joiners", 500, "how many wait in the test of leavers who come after them")

// leavers come after all joiners.
const leavers = 50

func TestRun_LeaversOvertakeAllWhoWait(t *testing.T) {
	t.Run("as it is", func(t *testing.T) {
		inWorld(t, limited, func(t *testing.T, w *world) {
			require.LessOrEqual(t, w.leaversAfterJoiners(), time.Minute, "of the clock of the bubble")
		})
	})
	t.Run("first in, first out", func(t *testing.T) { // what it would be otherwise
		inWorld(t, limited, func(t *testing.T, w *world) {
			w.through = inOrderOfAge{w.store}
			require.Greater(t, w.leaversAfterJoiners(), time.Duration(*joiners/10-20)*6*time.Second)
		})
	})
}

// inOrderOfAge is a store where leavers are no more urgent than joiners.
type inOrderOfAge struct{ dispatch.Store }

// Due returns the oldest rows where no others are due than those of leavers and
// joiners: leavers, who come first by rank, and the oldest joiners.
func (s inOrderOfAge) Due(ctx context.Context, org string, now time.Time, limit int) ([]plan.Due, error) {
	due, err := s.Store.Due(ctx, org, now, leavers+limit)
	slices.SortStableFunc(due, func(a, b plan.Due) int { return a.Since.Compare(b.Since) })
	return due[:min(limit, len(due))], err
}

// leaversAfterJoiners has people leave a minute after many came, and returns
// when the last of them was sent to Adobe.
func (w *world) leaversAfterJoiners() time.Duration {
	t := w.t
	for i := range leavers {
		w.addUser(fmt.Sprintf("leaver%02d", i), nil)
	}
	w.start()
	w.settle()
	time.Sleep(10 * time.Minute) // until what was made for them has been looked at
	w.halt()
	for i := range *joiners {
		w.addUser(fmt.Sprintf("joiner%05d", i), nil)
	}
	w.start()
	time.Sleep(time.Minute)
	synctest.Wait()
	require.Less(t, len(w.adobe.Users()), leavers+*joiners)

	began := time.Now()
	for i := range leavers {
		w.setUser(fmt.Sprintf("leaver%02d", i), func(doc map[string]any) { doc["active"] = false })
	}
	w.settle()
	calls, last := 0, time.Time{}
	for _, e := range w.adobe.Ledger() {
		if e.Time.Before(began) || !removes(t, e) {
			continue
		}
		calls, last = calls+1, e.Time
	}
	require.Equal(t, leavers/10, calls, "fifty leavers are five calls")
	t.Logf("%d joiners wait: the last of %d leavers was sent after %s, and the queue was empty after %s",
		*joiners, leavers, last.Sub(began), time.Since(began))
	return last.Sub(began)
}

// removes reports whether a call takes users out of the organization.
func removes(t *testing.T, e emulator.Entry) bool {
	t.Helper()
	for _, raw := range e.Commands {
		var c struct {
			Do []map[string]json.RawMessage `json:"do"`
		}
		require.NoError(t, json.Unmarshal(raw, &c))
		if c.Do[0]["removeFromOrg"] != nil {
			return true
		}
	}
	return false
}
