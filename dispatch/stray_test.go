package dispatch_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// arriveLater has a copy of a request arrive after some time, whose answer nobody hears.
func arriveLater(to http.RoundTripper, r *http.Request, after time.Duration) {
	body, _ := io.ReadAll(r.Body)
	late := r.Clone(context.Background())
	late.Body = io.NopCloser(bytes.NewReader(body))
	time.AfterFunc(after, func() {
		resp, err := to.RoundTrip(late)
		if err == nil {
			_ = resp.Body.Close()
		}
	})
}

// straying is a network that loses the connection of the next call, which arrives later.
type straying struct {
	http.RoundTripper
	after time.Duration // 0 lets calls through
}

func (s *straying) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.after == 0 || !strings.Contains(r.URL.Path, "/action/") {
		return s.RoundTripper.RoundTrip(r)
	}
	arriveLater(s.RoundTripper, r, s.after)
	s.after = 0
	return nil, errors.New("the connection is lost")
}

// What a look shows of an account that a call may still change is not what stays.
func TestRun_NoLookBelievesInWhatACallMayStillChange(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		s := &straying{RoundTripper: w.transport}
		w.transport = s
		w.addUser("ada", surname("Byron"))
		w.start()
		time.Sleep(110 * time.Second) // the account is looked at after two minutes
		s.after = 100 * time.Second
		w.setUser("ada", surname("King"))
		time.Sleep(time.Second)
		w.setUser("ada", surname("Byron"))
		time.Sleep(10 * time.Minute)
		w.settle()
		require.Equal(t, "Byron", w.requireAdobe("ada").LastName)
	})
}

func TestRun_ACallWithoutAnAnswerKeepsItsPlaceInTheBudget(t *testing.T) {
	inWorld(t, emulator.Config{ActionsPerMinute: 2, ReadsPerMinute: 25}, func(t *testing.T, w *world) {
		s := &straying{RoundTripper: w.transport, after: 100 * time.Second}
		w.transport, w.cfg.ActionsPerMinute = s, 2
		w.addUser("ada", nil)
		w.start()
		time.Sleep(95 * time.Second)
		require.Positive(t, w.allowance(dispatch.Actions).Spent, "it may still arrive")
		for _, name := range []string{"bob", "eve", "kim", "joe"} {
			w.addUser(name, nil)
			time.Sleep(time.Second)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		for _, c := range w.calls() {
			require.Equal(t, http.StatusOK, c.Status, "at %s", c.Time)
		}
		w.requireAdobe("joe")
	})
}
