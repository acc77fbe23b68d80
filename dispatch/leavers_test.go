package dispatch_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

var joiners = flag.Int("joiners", 500, "how many wait in the test of leavers who come after them")

func TestRun_LeaversOvertakeAllWhoWait(t *testing.T) {
	const leavers = 50
	inWorld(t, limited, func(t *testing.T, w *world) {
		for i := range leavers {
			w.addUser(fmt.Sprintf("leaver%02d", i), nil)
		}
		w.start()
		w.settle()
		w.halt()
		for i := range *joiners {
			w.addUser(fmt.Sprintf("joiner%05d", i), nil)
		}
		w.start()
		time.Sleep(5 * time.Minute)
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
		require.LessOrEqual(t, last.Sub(began), time.Minute, "of the clock of the bubble")
		t.Logf("%d joiners wait: the last of %d leavers was sent after %s, and the queue was empty after %s",
			*joiners, leavers, last.Sub(began), time.Since(began))
	})
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
