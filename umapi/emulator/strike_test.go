package emulator_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestFault_DropsTheConnectionOnEitherSideOfTheChange(t *testing.T) {
	t.Parallel()
	for moment, users := range map[emulator.Moment]int{emulator.BeforeApply: 0, emulator.AfterApply: 1, "": 0} {
		c := start(t, nil)
		require.NoError(t, c.em.Inject(emulator.Fault{Match: actionMatch, Moment: moment, Times: 1}))
		_, err := roundTrip(c.em, c.createRequest("ada@example.com"))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Len(t, c.em.Users(), users)
		entry := c.em.Ledger()[0]
		require.Equal(t, users == 1, entry.Applied)
		require.True(t, entry.Dropped)
		require.Zero(t, entry.Status)
		require.NotNil(t, entry.Fault)
		c.ok(federated("zoe@example.com", ""))
	}
}

func TestFault_DropsARealConnection(t *testing.T) {
	t.Parallel()
	for moment, users := range map[emulator.Moment]int{emulator.BeforeApply: 0, emulator.AfterApply: 1} {
		c := start(t, nil)
		srv := httptest.NewServer(c.em)
		t.Cleanup(srv.Close)
		require.NoError(t, c.em.Inject(emulator.Fault{Match: actionMatch, Moment: moment, Times: 1}))
		r := c.createRequest("ada@example.com")
		r.URL.Host = strings.TrimPrefix(srv.URL, "http://")
		resp, err := srv.Client().Do(r)
		if err == nil {
			resp.Body.Close()
		}
		require.Error(t, err)
		require.Len(t, c.em.Users(), users, moment)
		require.Len(t, c.em.Ledger(), 1, "it came once")
	}
}

func TestFault_AnswersOtherwise(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	send := func(f emulator.Fault) answer {
		f.Times = 1
		require.NoError(t, c.em.Inject(f))
		return c.send(c.createRequest("ada@example.com"))
	}
	a := send(emulator.Fault{Status: http.StatusServiceUnavailable, RetryAfter: 1500 * time.Millisecond})
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.Equal(t, "2", a.header.Get("Retry-After"))
	require.Empty(t, a.body)
	a = send(emulator.Fault{Status: http.StatusTooManyRequests, RetryAfter: time.Hour})
	require.Equal(t, time.Hour, c.retryAfter(a))
	a = send(emulator.Fault{Status: http.StatusTooManyRequests})
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.NotContains(t, a.header, "Retry-After")
	a = send(emulator.Fault{Status: http.StatusUnauthorized})
	require.Contains(t, a.header.Get("WWW-Authenticate"), "invalid_token")
	require.Empty(t, a.body)
	require.Empty(t, c.em.Users(), "nothing was applied so far")
	a = send(emulator.Fault{Status: http.StatusOK, Body: `{"completed":1,`, Moment: emulator.AfterApply})
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, `{"completed":1,`, a.body)
	require.Len(t, c.em.Users(), 1)
}

func TestFault_WaitHonoursTheContext(t *testing.T) {
	t.Parallel()
	for moment, users := range map[emulator.Moment]int{emulator.BeforeApply: 0, emulator.AfterApply: 1} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, nil)
			require.NoError(t, c.em.Inject(emulator.Fault{Match: actionMatch, Moment: moment, Wait: time.Hour, Status: http.StatusOK}))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			began := time.Now()
			_, err := roundTrip(c.em, c.createRequest("ada@example.com").WithContext(ctx))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, time.Minute, time.Since(began))
			require.Len(t, c.em.Users(), users)

			a := c.send(c.createRequest("zoe@example.com"))
			require.Equal(t, http.StatusOK, a.status)
			require.Contains(t, a.body, `"success"`, "200 without a body is the genuine answer, late")
			require.Equal(t, time.Hour+time.Minute, time.Since(began))
		})
	}
}

func TestFault_AltersTheGenuineAnswer(t *testing.T) {
	t.Parallel()
	for _, moment := range []emulator.Moment{emulator.BeforeApply, emulator.AfterApply} {
		c := start(t, nil)
		require.NoError(t, c.em.Inject(emulator.Fault{
			Match: actionMatch, Moment: moment, Status: http.StatusOK, ContentType: "text/html",
			Header: map[string]string{"x-request-id": "mine", "Retry-After": "soon"},
		}))
		a := c.send(c.createRequest("ada@example.com"))
		require.Equal(t, http.StatusOK, a.status)
		require.Contains(t, a.body, `"result":"success"`)
		require.Equal(t, []string{"text/html"}, a.header.Values("Content-Type"))
		require.Equal(t, []string{"mine"}, a.header.Values("X-Request-Id"))
		require.Equal(t, "soon", a.header.Get("Retry-After"))
		require.Len(t, c.em.Users(), 1)
		require.Equal(t, "success", c.em.Ledger()[0].Result)
	}
}

func TestFault_ContentTypeIsJSONWithABodyUnlessGiven(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for contentType, want := range map[string]string{"": "application/json", "text/html": "text/html"} {
		require.NoError(t, c.em.Inject(emulator.Fault{Status: http.StatusBadGateway, Body: "<html>", ContentType: contentType, Times: 1}))
		a := c.get("/groups/" + orgID + "/0")
		require.Equal(t, want, a.header.Get("Content-Type"))
		require.Equal(t, "<html>", a.body)
	}
}

func TestFault_RetryAfterAsADateByTheClockOfTheEmulator(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, nil)
		c.em.Advance(12*time.Hour + 300*time.Millisecond)
		require.NoError(t, c.em.Inject(emulator.Fault{
			Status: http.StatusTooManyRequests, RetryAfter: time.Minute, RetryAfterDate: true,
		}))
		a := c.get("/groups/" + orgID + "/0")
		require.Contains(t, a.body, "429050")
		at, err := http.ParseTime(a.header.Get("Retry-After"))
		require.NoError(t, err)
		require.Equal(t, 60700*time.Millisecond, at.Sub(c.em.Now()), "whole seconds, rounded up")
		date, err := http.ParseTime(a.header.Get("Date"))
		require.NoError(t, err)
		require.Equal(t, 61*time.Second, at.Sub(date))
	})
}

func TestFault_RefusesATokenAsTheServiceDoes(t *testing.T) {
	t.Parallel()
	for _, gateway := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.GatewayBodies = gateway })
		require.NoError(t, c.em.Inject(emulator.Fault{Status: http.StatusUnauthorized, Times: 1}))
		struck := c.get("/groups/" + orgID + "/0")
		c.token = "wrong"
		genuine := c.get("/groups/" + orgID + "/0")
		require.Equal(t, genuine.status, struck.status)
		require.Equal(t, genuine.body, struck.body)
		require.Equal(t, genuine.header.Get("WWW-Authenticate"), struck.header.Get("WWW-Authenticate"))
		require.Equal(t, genuine.header.Get("Content-Type"), struck.header.Get("Content-Type"))
	}
}

func TestFault_TruncatesTheGenuineAnswerOrTheGivenOne(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fault emulator.Fault
		body  string
		users int
	}{
		{"genuine, before", emulator.Fault{Truncate: 12}, `{"completed"`, 1},
		{"genuine, after", emulator.Fault{Moment: emulator.AfterApply, Truncate: 12}, `{"completed"`, 1},
		{"genuine, late", emulator.Fault{Status: http.StatusOK, Truncate: 1}, `{`, 1},
		{"given, before", emulator.Fault{Status: http.StatusOK, Body: `{"completed":1}`, Truncate: 12}, `{"completed"`, 0},
		{"given, after", emulator.Fault{Moment: emulator.AfterApply, Status: http.StatusBadGateway, Body: `<html>`, Truncate: 3}, `<ht`, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, nil)
			tt.fault.Match, tt.fault.Times = actionMatch, 1
			require.NoError(t, c.em.Inject(tt.fault))
			resp, err := c.em.RoundTrip(c.createRequest("ada@example.com"))
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.Equal(t, tt.body, string(body))
			require.Greater(t, resp.ContentLength, int64(len(body)))
			require.Len(t, c.em.Users(), tt.users)
			entry := c.em.Ledger()[0]
			require.True(t, entry.Dropped)
			require.Equal(t, resp.StatusCode, entry.Status)

			srv := httptest.NewServer(c.em)
			defer srv.Close()
			require.NoError(t, c.em.Inject(tt.fault))
			r := c.createRequest("ada@example.com")
			r.URL.Host = strings.TrimPrefix(srv.URL, "http://")
			overSocket, err := srv.Client().Do(r)
			require.NoError(t, err)
			defer overSocket.Body.Close()
			body, err = io.ReadAll(overSocket.Body)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.Equal(t, tt.body, string(body))
			require.Greater(t, overSocket.ContentLength, int64(len(body)))
		})
	}
}

func TestFault_TruncatesNothingThatIsNoLonger(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.NoError(t, c.em.Inject(emulator.Fault{Status: http.StatusBadGateway, Body: "<html>", Truncate: 6}))
	a := c.get("/groups/" + orgID + "/0")
	require.Equal(t, "<html>", a.body)
	require.False(t, c.em.Ledger()[0].Dropped)
}
