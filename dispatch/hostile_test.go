package dispatch_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

var (
	seeds     = flag.Int("seeds", 1, "how many days are played under Adobe's hostile preset")
	firstSeed = flag.Uint64("firstseed", 1, "from which seed on")
)

// A day of a provider is played twice, on a calm Adobe and on a hostile one, until
// all is quiet. More days than one are played with
//
//	go test ./dispatch -v -run HostileDay -seeds 20
func TestRun_AHostileDayEndsAsACalmOneDoes(t *testing.T) {
	for seed := *firstSeed; seed < *firstSeed+uint64(*seeds); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			var calls [2]int
			var codes [2]map[string]string
			presets := []emulator.Preset{emulator.PresetCalm, emulator.PresetHostile}
			for i, preset := range presets {
				t.Run(preset.String(), func(t *testing.T) {
					calls[i], codes[i] = playDay(t, seed, preset)
				})
			}
			require.Equal(t, codes[0], codes[1])
			t.Logf("seed %d: %d calls, and %d on a calm day; %v failed", seed, calls[1], calls[0], codes[1])
		})
	}
}

// playDay plays the day of a seed until all is quiet, and returns how many calls
// that took and what failed.
func playDay(t *testing.T, seed uint64, preset emulator.Preset) (calls int, failed map[string]string) {
	cfg := limited
	cfg.Seed = seed
	inWorldNow(t, cfg, func(t *testing.T, w *world) {
		seen := &witness{next: w.adobe}
		w.transport = seen
		c := newCompany(w, seed)
		c.plan()
		w.start()
		w.settle()
		require.NoError(t, w.adobe.SetPreset(preset))
		w.adobe.ClearLedger()
		seen.forget()
		c.play()
		w.settle()
		calls, failed = len(w.calls()), c.problems()
		c.requireFollowed(failed)
		seen.requireLimits(t)
		seen.requirePatience(t)
		for what, code := range failed {
			require.NotEqual(t, umapi.CodeTransient, classOf(code), "%s: %s", what, code)
		}

		// No other try mends it.
		require.NoError(t, w.adobe.SetPreset(emulator.PresetCalm))
		_, err := w.store.Retry(t.Context(), org, store.Selection{}, origin())
		require.NoError(t, err)
		w.settle()
		require.Equal(t, failed, c.problems())
		c.requireFollowed(failed)
	})
	return calls, failed
}

func classOf(code string) umapi.CodeClass {
	for own, info := range plan.OwnCodes() {
		if own == code {
			return info.Class
		}
	}
	info, _ := umapi.Lookup(code)
	return info.Class
}

// witness notes what is sent to Adobe.
type witness struct {
	next http.RoundTripper
	mu   sync.Mutex // guards all
	all  []sighting
}

type sighting struct {
	at, over time.Time
	endpoint string
	again    time.Duration // Retry-After
}

func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	s := sighting{at: time.Now(), endpoint: endpointOf(r.URL.Path)}
	answer, err := w.next.RoundTrip(r)
	s.over = time.Now()
	if err == nil {
		value := answer.Header.Get("Retry-After")
		seconds, bad := strconv.Atoi(value)
		s.again = time.Duration(seconds) * time.Second
		if date, err := http.ParseTime(value); bad != nil && err == nil {
			s.again = date.Sub(s.over)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.endpoint != "" {
		w.all = append(w.all, s)
	}
	return answer, err
}

func (w *witness) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = nil
}

// endpointOf names what Adobe limits by itself, "" for tokens.
func endpointOf(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/v2/usermanagement/"), "/")
	switch {
	case parts[0] == "users" && len(parts) > 3:
		return "members"
	case slices.Contains([]string{"action", "users", "organizations", "groups"}, parts[0]):
		return parts[0]
	}
	return ""
}

// requireLimits holds each minute against the documented limits.
func (w *witness) requireLimits(t *testing.T) {
	t.Helper()
	limits := map[string]int{"action": 10, "organizations": 25, "users": 25, "members": 25, "groups": 5}
	at := map[string][]time.Time{}
	for _, s := range w.all {
		at[s.endpoint] = append(at[s.endpoint], s.at)
	}
	for _, endpoint := range slices.Sorted(maps.Keys(at)) {
		times, limit := at[endpoint], limits[endpoint]
		for i := limit; i < len(times); i++ {
			require.GreaterOrEqual(t, times[i].Sub(times[i-limit]), time.Minute, "%s: more than %d in the minute before %s", endpoint, limit, times[i])
		}
	}
}

// requirePatience requires that nothing was sent before a Retry-After had passed:
// to the endpoint that asked, or to any where that was a call, or the wait
// can only be a lock-out.
func (w *witness) requirePatience(t *testing.T) {
	t.Helper()
	for i, s := range w.all {
		for _, next := range w.all[i+1:] {
			if wait := next.at.Sub(s.over); wait < s.again && (next.endpoint == s.endpoint || s.endpoint == "action" || s.again >= 2*time.Minute) {
				require.Fail(t, "too early", "%s asked at %s to wait %s, and %s was sent after %s", s.endpoint, s.over, s.again, next.endpoint, wait)
			}
		}
	}
}
