package dispatch_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// budget is what the dispatcher says of it.
func (w *world) budget() []dispatch.Allowance {
	w.t.Helper()
	all, err := w.dispatcher.Budget(w.t.Context())
	require.NoError(w.t, err)
	return all
}

// allowance is what the dispatcher says of an endpoint.
func (w *world) allowance(e dispatch.Endpoint) dispatch.Allowance {
	w.t.Helper()
	for _, a := range w.budget() {
		if a.Endpoint == e {
			return a
		}
	}
	w.t.Fatalf("no allowance for %s", e)
	return dispatch.Allowance{}
}

// busy has people change their names for a time, one every so often, and returns
// how many calls were sent and how many of them were refused.
func (w *world) busy(during, every time.Duration) (sent, refused int) {
	w.t.Helper()
	before := len(w.calls())
	n := 0
	for end := time.Now().Add(during); time.Now().Before(end); time.Sleep(every) {
		w.setUser(fmt.Sprintf("user%d", n%people), surname(fmt.Sprintf("Name%d", n)))
		n++
	}
	for _, c := range w.calls()[before:] {
		if strings.Contains(string(c.Commands[0]), rival) {
			continue
		}
		if sent++; c.Status == http.StatusTooManyRequests {
			refused++
		}
	}
	return sent, refused
}

// people is how many there are who change their names.
const people = 12

// rival is who another client of the same org writes about.
const rival = "rival@example.com"

// compete has somebody else use the same client until the test ends.
func (w *world) compete(every time.Duration) {
	w.t.Helper()
	c, err := umapi.New(umapi.Config{
		OrgID: orgID, ClientID: client, ClientSecret: func() (string, error) { return "correct", nil }, Transport: w.adobe,
	})
	require.NoError(w.t, err)
	ctx := w.t.Context()
	go func() {
		for turn := time.NewTicker(every); ; {
			select {
			case <-ctx.Done():
				return
			case <-turn.C:
			}
			_, _ = c.Act(ctx, []umapi.Command{{User: rival, Do: []umapi.Step{{RemoveFromOrg: &umapi.RemoveFromOrg{}}}}})
		}
	}()
}

func TestRun_FindsTheRateThatThereIs(t *testing.T) {
	tests := map[string]struct {
		real, believed int
		rival          int // calls of somebody else in a minute
		sent, refused  int // at least, at most
	}{
		"as configured":            {4, 4, 0, 232, 0},
		"too high by the half":     {4, 6, 0, 232, 8},
		"too high by two thirds":   {6, 10, 0, 350, 8},
		"another takes half of it": {6, 6, 3, 170, 12},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := limited
			cfg.ActionsPerMinute = test.real
			inWorld(t, cfg, func(t *testing.T, w *world) {
				for i := range people {
					w.addUser(fmt.Sprintf("user%d", i), nil)
				}
				w.start()
				time.Sleep(5 * time.Minute)
				w.halt()
				w.cfg.ActionsPerMinute = test.believed
				w.cfg.Limits.Commands = 1
				left := test.real - test.rival
				if test.rival > 0 {
					w.compete(time.Minute / time.Duration(test.rival))
				}
				w.start()
				sent, refused := w.busy(time.Hour, time.Minute/time.Duration(left+1))
				t.Logf("%d calls, %d refused", sent, refused)
				require.GreaterOrEqual(t, sent, test.sent)
				require.LessOrEqual(t, refused, test.refused)
				if test.rival == 0 { // else it goes up and down with what the rival leaves
					require.LessOrEqual(t, w.allowance(dispatch.Actions).Learned, left+1)
				}
			})
		})
	}
}

func TestRun_RestartsBreakNoLimit(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.cfg.Limits.Commands = 1
		for i := range 200 {
			w.addUser(fmt.Sprintf("user%d", i), nil)
		}
		// Calls that reach Adobe long after they were recorded.
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Status: http.StatusOK, Wait: 19 * time.Second, Rate: 0.1}))
		for i := range 40 {
			w.start()
			time.Sleep(time.Duration(i) * time.Second)
			w.halt()
		}
		require.Greater(t, len(w.calls()), 80)
		for _, e := range w.adobe.Ledger() {
			require.NotEqual(t, http.StatusTooManyRequests, e.Status, "%s %s", e.Time, e.Path)
		}
	})
}

// says has Adobe's refusals carry another Retry-After.
type says struct {
	http.RoundTripper
	retryAfter func() string
}

func (s says) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.RoundTripper.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		resp.Header.Set("Retry-After", s.retryAfter())
	}
	return resp, err
}

func TestRun_ObeysRetryAfterInEachForm(t *testing.T) {
	always := func(s string) func() string { return func() string { return s } }
	tests := map[string]struct {
		says func() string
		want time.Duration
	}{
		"seconds":    {always("38"), 38 * time.Second},
		"an hour":    {always("3244"), 3244 * time.Second},
		"a date":     {func() string { return time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat) }, 90 * time.Second},
		"a day ago":  {func() string { return time.Now().Add(-24 * time.Hour).UTC().Format(http.TimeFormat) }, time.Minute},
		"nothing":    {always(""), time.Minute},
		"zero":       {always("0"), time.Minute},
		"below zero": {always("-38"), time.Minute},
		"nonsense":   {always("soon"), time.Minute},
		"for ever":   {always("9223372036854775807"), 24 * time.Hour},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, limited, func(t *testing.T, w *world) {
				w.transport = says{w.adobe, test.says}
				require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Status: http.StatusTooManyRequests, Times: 1}))
				w.addUser("ada", nil)
				w.start()
				time.Sleep(time.Second)
				synctest.Wait()
				at := w.allowance(dispatch.Actions)
				require.Equal(t, dispatch.PauseAsked, at.Why)
				require.Equal(t, at.PausedUntil, at.Next)
				w.halt()
				w.start() // a restart does not forget
				time.Sleep(test.want)
				w.settle()
				calls := w.calls()
				require.Len(t, calls, 2)
				waited := calls[1].Time.Sub(calls[0].Time)
				require.GreaterOrEqual(t, waited, test.want)
				require.Less(t, waited, test.want+time.Second, "a date is in whole seconds")
			})
		})
	}
}

func TestRun_WhatAdobeAsksOfReadsDoesNotHoldUpCalls(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.start()
		w.addUser("ada", nil)
		w.settle()
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: "GET /v2", Status: http.StatusTooManyRequests, RetryAfter: 100 * time.Second, Times: 1}))
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: emulator.AfterApply, Times: 1}))
		w.setUser("ada", address("adele"))
		time.Sleep(2*time.Minute + 10*time.Second) // until the call cannot arrive any more nobody reads
		synctest.Wait()
		require.Equal(t, dispatch.PauseAsked, w.allowance(dispatch.ReadUser).Why)
		w.addUser("bob", nil)
		time.Sleep(time.Second)
		synctest.Wait()
		w.requireAdobe("bob")
		w.settle()
		var reads []time.Time
		for _, e := range w.adobe.Ledger() {
			if e.Method == http.MethodGet {
				reads = append(reads, e.Time)
			}
		}
		require.Len(t, reads, 3, "and one more, under the new name")
		require.Equal(t, 100*time.Second, reads[1].Sub(reads[0]).Round(time.Millisecond))
	})
}

func TestRun_NothingIsReadBeforeACallMayBeSentAgain(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.start()
		w.addUser("ada", nil)
		w.settle()
		time.Sleep(2 * time.Minute) // ada is to be looked at now
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Status: http.StatusTooManyRequests, RetryAfter: 45 * time.Second, Times: 1}))
		w.addGroup("Design", "ada")
		w.addUser("bob", nil)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		entries := w.adobe.Ledger()
		refused := slices.IndexFunc(entries, func(e emulator.Entry) bool { return e.Status == http.StatusTooManyRequests })
		require.NotEqual(t, -1, refused)
		require.Greater(t, len(entries), refused+2)
		require.GreaterOrEqual(t, entries[refused+1].Time.Sub(entries[refused].Time), 45*time.Second, entries[refused+1].Path)
	})
}

func TestRun_ARefusedTokenIsReplacedAtOnceAndWithinTheLimit(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		seen := &witness{next: w.adobe}
		w.transport = seen
		var log bytes.Buffer
		w.cfg.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
		for i := range 300 {
			w.addUser(fmt.Sprintf("user%d", i), nil)
		}
		w.start()
		time.Sleep(time.Second)
		synctest.Wait()
		for range 5 {
			require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Status: http.StatusUnauthorized, Times: 1}))
			for struck := len(w.calls()); len(w.calls()) < struck+2; { // it, and again
				time.Sleep(time.Second)
				synctest.Wait()
			}
		}
		require.NotEqual(t, dispatch.PauseDenied, w.allowance(dispatch.Actions).Why)
		w.settle()
		w.halt()
		require.Len(t, w.calls(), 35)
		seen.requireLimits(t)
		require.Empty(t, log.String(), "it is nobody's business")
	})
}

func TestRun_ALockOutPausesEverything(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: groupsPath, Status: http.StatusTooManyRequests, RetryAfter: 3244 * time.Second, Times: 1}))
		w.addGroup("Design")
		w.start()
		time.Sleep(time.Second)
		began := time.Now()
		synctest.Wait()
		w.addUser("ada", nil)
		for range 3 {
			time.Sleep(15 * time.Minute)
			w.halt()
			w.start()
		}
		require.Empty(t, w.calls())
		w.settle()
		require.GreaterOrEqual(t, w.calls()[0].Time.Sub(began), 3243*time.Second)
		for _, a := range w.budget() {
			require.Equal(t, a.Limit, a.Learned, "that is no sign of a lower limit")
		}
	})
}

func TestRun_TheLimitOfAllClientsIsNobodysFault(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Status: http.StatusServiceUnavailable, RetryAfter: 20 * time.Second, Times: 1}))
		for i := range 10 {
			w.addUser(fmt.Sprintf("user%d", i), nil)
		}
		w.start()
		w.settle()
		calls := w.calls()
		require.Len(t, calls, 2)
		require.Equal(t, 20*time.Second, calls[1].Time.Sub(calls[0].Time))
		require.Len(t, calls[1].Commands, 10, "and the call is not split")
		require.Equal(t, 10, w.allowance(dispatch.Actions).Learned)
	})
}

func TestRun_ATokenServiceThatAsksToWaitIsObeyed(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: "POST /ims", Status: http.StatusTooManyRequests, RetryAfter: 100 * time.Second, Times: 1}))
		w.addGroup("Design", w.addUser("ada", nil)[len("u-"):])
		began := time.Now()
		w.start()
		time.Sleep(99 * time.Second)
		synctest.Wait()
		require.Len(t, w.adobe.Ledger(), 1)
		require.Zero(t, w.allowance(dispatch.Actions).Spent)
		w.settle()
		require.GreaterOrEqual(t, w.calls()[0].Time.Sub(began), 100*time.Second)
		require.Equal(t, 10, w.allowance(dispatch.Actions).Learned)
	})
}

func TestRun_AThrottledCommandBacksOffAlone(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.adobe.Inject(emulator.Fault{
			Match: actionPath, Subject: "ada@example.com", Times: 6,
			Code: "error.throttled_by_external_service", Message: "throttled by an external service",
		})
		w.cfg.Limits.Commands = 2
		w.addUser("ada", nil)
		for i := range 40 {
			w.addUser(fmt.Sprintf("user%d", i), nil)
		}
		began := time.Now()
		w.start()
		w.settle()
		w.requireAdobe("ada")
		require.Len(t, w.adobe.Users(), 41)

		var tries []time.Time
		var others time.Time
		for _, c := range w.calls() {
			for _, command := range c.Commands {
				if strings.Contains(string(command), "ada@example.com") {
					tries = append(tries, c.Time)
				} else {
					others = c.Time
				}
			}
		}
		require.Len(t, tries, 7)
		for i := range 6 {
			require.GreaterOrEqual(t, tries[i+1].Sub(tries[i]), plan.Backoff(i), "after try %d", i)
		}
		// 40 others and at most six tries beside them: 23 calls, which take two windows.
		require.Less(t, others.Sub(began), 150*time.Second)
		require.Equal(t, 10, w.allowance(dispatch.Actions).Learned)
	})
}
