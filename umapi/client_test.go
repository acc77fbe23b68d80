package umapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNew_ReportsEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := New(Config{URL: "http://usermanagement.example.com", IMSURL: "ftp://ims", OrgID: "x y@AdobeOrg", Timeout: -1, UserAgent: "a\nb"})
	for _, want := range []string{"URL:", "loopback", "IMSURL:", "want https", "OrgID:", "ClientID:", "ClientSecret:", "Timeout:", "UserAgent:"} {
		assert.ErrorContains(t, err, want)
	}
}

func TestNew_TakesPlainHTTPFromLoopbackOnly(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"http://127.0.0.1:8081/v2/usermanagement": true,
		"http://[::1]:8081":                       true,
		"http://localhost":                        true,
		"https://usermanagement.adobe.io/v2/":     true,
		"":                                        true,
		"http://10.0.0.1":                         false,
		"http://localhost.example.com":            false,
		"https://user:pass@example.com":           false,
		"https://example.com?x=1":                 false,
		"https://":                                false,
		"example.com":                             false,
		"https://example.com/%zz":                 false,
	} {
		cfg := testConfig(t)
		cfg.URL = url
		_, err := New(cfg)
		assert.Equal(t, want, err == nil, "%s: %v", url, err)
	}
}

func TestAct_SendsTheDocumentedRequest(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(200, `{"completed":0,"notCompleted":1,"result":"error","errors":[
		{"index":0,"step":0,"requestID":"c1","user":"ada@example.com","message":"Group Design Team was not found","errorCode":"error.group.not_found"}]}`,
		"X-Request-Id", "abc, abc")}
	c := newService(t, s)

	reply, err := c.Act(t.Context(), oneCommand())
	require.NoError(t, err)
	require.True(t, reply.Consistent(1))
	require.Equal(t, "abc", reply.RequestID)
	require.Equal(t, "error.group.not_found", reply.ErrorsOf(0)[0].Code)

	r, body := s.lastRequest()
	require.JSONEq(t, `[{"user":"ada@example.com","requestID":"c1","do":[{"add":{"group":["Design Team"]}}]}]`, body)
	assert.Equal(t, http.MethodPost, r.Method)
	assert.Equal(t, "/v2/usermanagement/action/A1B2C3D4@AdobeOrg", r.RequestURI)
	assert.Equal(t, "Bearer "+tokenName(1), r.Header.Get("Authorization"))
	assert.Equal(t, "client-1", r.Header.Get("X-Api-Key"))
	assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
	assert.Equal(t, "application/json", r.Header.Get("Accept"))
	assert.Regexp(t, `^scim-bridge/\S+ \(\w+/\w+; \+https://github.com/scim-bridge/scim-bridge\)$`, r.UserAgent())
	assert.Regexp(t, `^[A-Z0-9]{26,}$`, r.Header.Get("X-Request-Id"))
	assert.NotContains(t, r.Header, "Idempotency-Key")
	assert.NotContains(t, r.Header, "X-Idempotency-Key")
	assert.EqualValues(t, len(body), r.ContentLength)
}

func TestTry_SendsTheSameAsATestAndSaysSo(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(200, `{"completed":0,"notCompleted":0,"completedInTestMode":1,"result":"success"}`)}
	c := newService(t, s)
	reply, err := c.Try(t.Context(), oneCommand())
	require.NoError(t, err)
	require.True(t, reply.TestOnly)
	require.True(t, reply.Consistent(1))
	r, body := s.lastRequest()
	require.Equal(t, "/v2/usermanagement/action/A1B2C3D4@AdobeOrg?testOnly=true", r.RequestURI)
	require.JSONEq(t, `[{"user":"ada@example.com","requestID":"c1","do":[{"add":{"group":["Design Team"]}}]}]`, body)

	s.api = answers(200, successBody)
	reply, err = c.Try(t.Context(), oneCommand())
	require.NoError(t, err)
	require.False(t, reply.Consistent(1), "it was done although it should only be tried")
	reply, err = c.Act(t.Context(), oneCommand())
	require.NoError(t, err)
	require.True(t, reply.Consistent(1))

	_, err = c.Try(t.Context(), []Command{{User: "abyron"}})
	require.ErrorIs(t, err, ErrInvalid)
	s.api = answers(400, `{"result":"error.command.malformed"}`)
	reply, err = c.Try(t.Context(), oneCommand())
	require.ErrorContains(t, err, "test action")
	require.Empty(t, reply)
}

func TestAct_KeepsOurRequestIDWhereTheServiceGivesNone(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(200, successBody)}
	reply, err := newService(t, s).Act(t.Context(), oneCommand())
	require.NoError(t, err)
	r, _ := s.lastRequest()
	require.Equal(t, r.Header.Get("X-Request-Id"), reply.RequestID)
}

func TestAct_InvalidCallsAreNotSent(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(200, successBody)}
	c := newService(t, s)
	_, err := c.Act(t.Context(), []Command{{User: "abyron"}})
	require.ErrorIs(t, err, ErrInvalid)
	require.Equal(t, OutcomeNotSent, OutcomeOf(err))
	require.Equal(t, ClassRejected, ClassOf(err))
	require.Zero(t, s.calls())
	require.Zero(t, s.tokenCalls())
}

func TestAct_CallsThatAreTooLongAreNotSent(t *testing.T) {
	t.Parallel()
	commands := make([]Command, MaxCommands)
	for i := range commands {
		commands[i].UserGroup = "Design Team"
		for range MaxSteps {
			names := entries(MaxEntries, strings.Repeat("<", MaxGroupNameLength))
			commands[i].Do = append(commands[i].Do, Step{Add: &Memberships{ProductConfigurations: names}})
		}
	}
	require.NoError(t, ValidateCall(commands))
	s := &service{api: answers(200, successBody)}
	_, err := newService(t, s).Act(t.Context(), commands)
	require.ErrorIs(t, err, ErrInvalid)
	require.ErrorContains(t, err, "bytes in one call")
	require.Equal(t, OutcomeNotSent, OutcomeOf(err))
	require.Zero(t, s.calls())
}

func TestRequests_DoNotFollowRedirects(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := &service{api: answers(status, "", "Location", "/v2/usermanagement/elsewhere")}
		c := newService(t, s)
		_, err := c.User(t.Context(), "ada@example.com", "")
		require.Equal(t, ClassDenied, ClassOf(err))
		_, err = c.Act(t.Context(), oneCommand())
		require.Equal(t, ClassDenied, ClassOf(err))
		require.Equal(t, 2, s.calls(), status)
	}
}

func TestAct_JudgesEachAnswer(t *testing.T) {
	t.Parallel()
	html := "<html><body>Bad gateway</body></html>"
	tests := map[string]struct {
		api     http.HandlerFunc
		class   Class
		outcome Outcome
		code    string
		wait    time.Duration
	}{
		"400 malformed":           {answers(400, `{"result":"error.command.malformed","message":"Expected a valid JSON payload"}`), ClassRejected, OutcomeRefused, "error.command.malformed", 0},
		"400 without a body":      {answers(400, ""), ClassRejected, OutcomeRefused, "", 0},
		"400 old shape":           {answers(400, `{"errorCode":"PLC_NOT_FOUND","errorMessage":"m"}`), ClassRejected, OutcomeRefused, "PLC_NOT_FOUND", 0},
		"400 bad organization":    {answers(400, `{"result":"error.organization.invalid_id","message":"Bad organization Id"}`), ClassDenied, OutcomeRefused, "error.organization.invalid_id", 0},
		"400 bad key":             {answers(400, `{"result":"error.apikey.invalid"}`), ClassDenied, OutcomeRefused, "error.apikey.invalid", 0},
		"400 half a body":         {answers(400, `{"result":"error.com`, "Content-Length", "90"), ClassRejected, OutcomeRefused, "", 0},
		"307":                     {answers(307, "", "Location", "https://elsewhere.example.com/"), ClassDenied, OutcomeRefused, "", 0},
		"403 without a body":      {answers(403, ""), ClassDenied, OutcomeRefused, "", 0},
		"403 of the gateway":      {answers(403, `{"error_code":"403003","message":"Api Key is invalid"}`), ClassDenied, OutcomeRefused, "403003", 0},
		"403 migrating":           {answers(403, `{"result":"error.organization.migrating"}`), ClassTransient, OutcomeRefused, "error.organization.migrating", 0},
		"403 about one user":      {answers(403, `{"result":"error.user.not_in_org"}`), ClassRejected, OutcomeRefused, "error.user.not_in_org", 0},
		"403 of a new code":       {answers(403, `{"result":"error.new"}`), ClassDenied, OutcomeRefused, "error.new", 0},
		"404":                     {answers(404, html), ClassDenied, OutcomeRefused, "", 0},
		"408":                     {answers(408, ""), ClassTransient, OutcomeUnknown, "", 0},
		"413":                     {answers(413, html), ClassRejected, OutcomeRefused, "", 0},
		"429 with seconds":        {answers(429, `{"error_code":"429050","message":"Too many requests"}`, "Retry-After", "38"), ClassThrottled, OutcomeRefused, "429050", 38 * time.Second},
		"429 for an hour":         {answers(429, "", "Retry-After", "3244"), ClassThrottled, OutcomeRefused, "", 3244 * time.Second},
		"429 with a date":         {answers(429, "", "Retry-After", "Wed, 21 Oct 2026 07:30:00 GMT", "Date", "Wed, 21 Oct 2026 07:28:00 GMT"), ClassThrottled, OutcomeRefused, "", 2 * time.Minute},
		"429 with a past date":    {answers(429, "", "Retry-After", "Wed, 21 Oct 2015 07:30:00 GMT"), ClassThrottled, OutcomeRefused, "", 0},
		"429 with nonsense":       {answers(429, html, "Retry-After", "soon"), ClassThrottled, OutcomeRefused, "", 0},
		"429 below zero":          {answers(429, "", "Retry-After", "-5"), ClassThrottled, OutcomeRefused, "", 0},
		"429 for ever":            {answers(429, "", "Retry-After", "9223372036854775807"), ClassThrottled, OutcomeRefused, "", 24 * time.Hour},
		"429 without a time":      {answers(429, ""), ClassThrottled, OutcomeRefused, "", 0},
		"500":                     {answers(500, html), ClassTransient, OutcomeUnknown, "", 0},
		"502":                     {answers(502, html), ClassTransient, OutcomeUnknown, "", 0},
		"503":                     {answers(503, ""), ClassTransient, OutcomeUnknown, "", 0},
		"503 with a time":         {answers(503, "", "Retry-After", "7"), ClassThrottled, OutcomeUnknown, "", 7 * time.Second},
		"504":                     {answers(504, ""), ClassTransient, OutcomeUnknown, "", 0},
		"200 in HTML":             {answers(200, html), ClassTransient, OutcomeUnknown, "", 0},
		"200 without a body":      {answers(200, ""), ClassTransient, OutcomeUnknown, "", 0},
		"200 with half a body":    {answers(200, `{"completed":1,"notCom`, "Content-Length", "80"), ClassTransient, OutcomeUnknown, "", 0},
		"200 cut after the reply": {answers(200, successBody, "Content-Length", "200"), ClassTransient, OutcomeUnknown, "", 0},
		"200 too long":            {answers(200, successBody+strings.Repeat(" ", maxReplyBytes)), ClassTransient, OutcomeUnknown, "", 0},
		"200 with a bad key":      {answers(200, `{"result":"error.apikey.invalid","message":"m"}`), ClassDenied, OutcomeRefused, "error.apikey.invalid", 0},
		"200 malformed":           {answers(200, `{"result":"error.command.malformed"}`), ClassRejected, OutcomeRefused, "error.command.malformed", 0},
		"202":                     {answers(202, successBody), ClassTransient, OutcomeUnknown, "", 0},
		"the connection drops": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			_ = conn.Close()
		}, ClassTransient, OutcomeUnknown, "", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{api: tt.api}
			_, err := newService(t, s).Act(t.Context(), oneCommand())
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tt.class, ClassOf(err), "%v", err)
			assert.Equal(t, tt.outcome, OutcomeOf(err), "%v", err)
			assert.Equal(t, tt.code, e.Code)
			assert.Equal(t, tt.wait, e.RetryAfter)
			assert.NotEmpty(t, e.RequestID)
			assert.Equal(t, 1, s.calls(), "sent once and not again")
			assert.Equal(t, 1, s.tokenCalls())
			assert.NotContains(t, err.Error(), "html")
		})
	}
}

func TestAct_DropOfAReusedConnectionIsNotSentAgain(t *testing.T) {
	t.Parallel()
	drop := false
	s := &service{}
	s.api = func(w http.ResponseWriter, r *http.Request) {
		if drop {
			conn, _, _ := http.NewResponseController(w).Hijack()
			_ = conn.Close()
			return
		}
		answers(200, successBody)(w, r)
	}
	c := newService(t, s)
	_, err := c.Act(t.Context(), oneCommand())
	require.NoError(t, err)
	drop = true
	_, err = c.Act(t.Context(), oneCommand())
	require.Equal(t, OutcomeUnknown, OutcomeOf(err))
	require.Equal(t, 2, s.calls())
}

func TestAct_RequestsCannotBeReplayedByNetHTTP(t *testing.T) {
	t.Parallel()
	c, err := New(testConfig(t))
	require.NoError(t, err)
	r, err := c.build(t.Context(), request{method: http.MethodPost, path: "/action/" + testOrg, body: []byte("[]")}, answer{})
	require.NoError(t, err)
	require.Nil(t, r.GetBody)
	require.EqualValues(t, 2, r.ContentLength)
}

func TestAct_UnreachableServiceIsNotSent(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	plain := httptest.NewServer(nil)
	t.Cleanup(plain.Close)
	for name, url := range map[string]string{
		"connection refused": closed.URL,
		"TLS fails":          strings.Replace(plain.URL, "http:", "https:", 1),
	} {
		s := &service{}
		_, err := newService(t, s, func(cfg *Config) { cfg.URL = url }).Act(t.Context(), oneCommand())
		require.Equal(t, OutcomeNotSent, OutcomeOf(err), "%s: %v", name, err)
		require.Equal(t, ClassTransient, ClassOf(err), name)
	}
}

func TestAct_CancelledBeforeItIsSent(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := &service{api: answers(200, successBody)}
	cfg := testConfig(t)
	cfg.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
		defer cancel() // the token comes all the same
		return memory{s}.RoundTrip(r)
	})
	c, err := New(cfg)
	require.NoError(t, err)
	_, err = c.Act(ctx, oneCommand())
	require.Equal(t, 1, s.tokenCalls())
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, OutcomeNotSent, OutcomeOf(err))
	_, err = c.Act(ctx, oneCommand())
	require.Equal(t, OutcomeNotSent, OutcomeOf(err))
	require.Zero(t, s.calls())
}

func TestAct_WhatIsNotAllowedAnyLongerIsNotSent(t *testing.T) {
	t.Parallel()
	notAllowed := errors.New("not allowed any longer")
	for name, tt := range map[string]struct {
		asked int // when it is refused
		want  Outcome
	}{
		"before it has a connection": {1, OutcomeNotSent},
		"before the body is written": {2, OutcomeUnknown}, // but for net/http's word on it
	} {
		asked := 0
		s := &service{api: answers(200, successBody)}
		c := newService(t, s, func(cfg *Config) {
			cfg.Allow = func() error {
				if asked++; asked >= tt.asked {
					return notAllowed
				}
				return nil
			}
		})
		_, err := c.Act(t.Context(), oneCommand())
		require.ErrorIs(t, err, notAllowed, name)
		require.Equal(t, tt.want, OutcomeOf(err), name)
		require.Equal(t, tt.asked, asked, name)
		require.Zero(t, s.calls(), name)
		_, err = c.User(t.Context(), "ada@example.com", "")
		require.ErrorIs(t, err, notAllowed, name)
		require.Zero(t, s.calls(), name)
	}
}

func TestAct_CancelledWhileTheServiceWorksIsUnknown(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := &service{api: func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}}
	_, err := newService(t, s).Act(ctx, oneCommand())
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, OutcomeUnknown, OutcomeOf(err))
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAct_FailureOfATransportThatReportsNothingIsUnknown(t *testing.T) {
	t.Parallel()
	s := &service{any: true}
	cfg := testConfig(t)
	cfg.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/ims/") {
			return memory{s}.RoundTrip(r)
		}
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused, so it says")}
	})
	c, err := New(cfg)
	require.NoError(t, err)
	_, err = c.Act(t.Context(), oneCommand())
	require.Equal(t, OutcomeUnknown, OutcomeOf(err))
}

func TestAct_TimesOutWithUnknownOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{lifetime: 86399}
		cfg := testConfig(t)
		cfg.Timeout = time.Minute
		cfg.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/ims/") {
				return memory{s}.RoundTrip(r)
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		c, err := New(cfg)
		require.NoError(t, err)
		start := time.Now()
		_, err = c.Act(t.Context(), oneCommand())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "no whole answer within 1m0s")
		require.Equal(t, OutcomeUnknown, OutcomeOf(err))
		require.Equal(t, ClassTransient, ClassOf(err))
		require.Equal(t, time.Minute, time.Since(start))
	})
}

func TestNew_BelievesTheAuthoritiesThatItIsGiven(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(&service{lifetime: 86399})
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake that fails
	srv.StartTLS()
	t.Cleanup(srv.Close)
	cfg := testConfig(t)
	cfg.URL, cfg.IMSURL, cfg.Transport = srv.URL, srv.URL, nil
	for _, known := range []bool{false, true} {
		if known {
			cfg.RootCAs = x509.NewCertPool()
			cfg.RootCAs.AddCert(srv.Certificate())
		}
		c, err := New(cfg)
		require.NoError(t, err)
		_, err = c.Act(t.Context(), oneCommand())
		_, refused := errors.AsType[*tls.CertificateVerificationError](err)
		require.Equal(t, !known, refused, "%v", err)
	}
}

func TestAct_HTTP2StreamThatIsResetIsNotSentAgain(t *testing.T) {
	t.Parallel()
	var protocol string
	s := &service{lifetime: 86399, api: func(_ http.ResponseWriter, r *http.Request) {
		protocol = r.Proto
		panic(http.ErrAbortHandler)
	}}
	srv := httptest.NewUnstartedServer(s)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	cfg := testConfig(t)
	cfg.URL, cfg.IMSURL, cfg.Transport = srv.URL, srv.URL, srv.Client().Transport
	c, err := New(cfg)
	require.NoError(t, err)
	_, err = c.Act(t.Context(), oneCommand())
	require.Equal(t, OutcomeUnknown, OutcomeOf(err), "%v", err)
	require.Equal(t, 1, s.calls())
	require.Equal(t, "HTTP/2.0", protocol)
}
