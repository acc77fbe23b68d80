package umapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestToken_IsKeptAndAskedForOnlyOnceByMany(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(200, successBody)}
	c := newService(t, s)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, err := c.Act(t.Context(), oneCommand())
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	require.Equal(t, 1, s.tokenCalls())
	require.Equal(t, 20, s.calls())
}

// inMemory returns a client of s without sockets, for use under synctest.
func inMemory(t *testing.T, s *service) *Client {
	t.Helper()
	cfg := testConfig(t)
	cfg.Transport = memory{s}
	c, err := New(cfg)
	require.NoError(t, err)
	return c
}

func TestToken_IsReplacedBeforeItExpires(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lifetime     int
		good, ending time.Duration
	}{
		"a day":                {86400, 24*time.Hour - 5*time.Minute - time.Second, 24*time.Hour - 5*time.Minute},
		"a minute":             {60, 29 * time.Second, 30 * time.Second},
		"it does not say when": {-1, 23 * time.Hour, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{api: answers(200, successBody), lifetime: tt.lifetime}
				c := inMemory(t, s)
				act := func() {
					_, err := c.Act(t.Context(), oneCommand())
					require.NoError(t, err)
				}
				act()
				time.Sleep(tt.good)
				act()
				require.Equal(t, 1, s.tokenCalls())
				if tt.ending == 0 {
					return
				}
				time.Sleep(tt.ending - tt.good)
				act()
				require.Equal(t, 2, s.tokenCalls())
			})
		})
	}
}

func TestToken_RefusedOnceIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(200, successBody)}
	c := newService(t, s)
	for range 2 {
		_, err := c.Act(t.Context(), oneCommand())
		require.NoError(t, err)
		s.revoke()
	}
	require.Equal(t, 3, s.calls(), "one, and one refused and one again")
	require.Equal(t, 2, s.tokenCalls())
}

func TestToken_DroppingAnOldOneKeepsTheNew(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(200, successBody)}
	c := newService(t, s)
	old, err := c.tokens.get(t.Context())
	require.NoError(t, err)
	require.NoError(t, c.tokens.drop(t.Context(), old))
	fresh, err := c.tokens.get(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, old, fresh)

	require.NoError(t, c.tokens.drop(t.Context(), old))
	again, err := c.tokens.get(t.Context())
	require.NoError(t, err)
	require.Equal(t, fresh, again)
}

func TestToken_RefusedTwiceIsDenied(t *testing.T) {
	t.Parallel()
	s := &service{any: true, api: answers(401, "", "WWW-Authenticate", `Bearer realm="JIL", error="invalid_token"`)}
	_, err := newService(t, s).Act(t.Context(), oneCommand())
	require.Equal(t, ClassDenied, ClassOf(err))
	require.Equal(t, OutcomeRefused, OutcomeOf(err))
	require.ErrorContains(t, err, "status 401: Bearer realm")
	require.Equal(t, 2, s.calls())
	require.Equal(t, 2, s.tokenCalls())
}

func TestToken_SecretIsReadAgainForEachToken(t *testing.T) {
	t.Parallel()
	secret := "first"
	s := &service{api: answers(200, successBody)}
	c := newService(t, s, func(cfg *Config) { cfg.ClientSecret = func() (string, error) { return secret, nil } })
	_, err := c.Act(t.Context(), oneCommand())
	require.NoError(t, err)
	secret = "second"
	s.revoke()
	_, err = c.Act(t.Context(), oneCommand())
	require.NoError(t, err)
	require.Equal(t, []string{"first", "second"}, s.secrets)
}

func TestToken_FailuresAreNotSentAndSorted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		header []string
		class  Class
		code   string
		wait   time.Duration
	}{
		"bad secret":              {401, `{"error":"invalid_client","error_description":"wrong"}`, nil, ClassDenied, "invalid_client", 0},
		"bad client":              {400, `{"error":"invalid_client"}`, nil, ClassDenied, "invalid_client", 0},
		"bad scope":               {400, `{"error":"invalid_scope"}`, nil, ClassDenied, "invalid_scope", 0},
		"unauthorized inside 200": {200, `{"error":"unauthorized_client"}`, nil, ClassDenied, "unauthorized_client", 0},
		"401 without a body":      {401, "", nil, ClassDenied, "", 0},
		"404 in HTML":             {404, "<html>", nil, ClassDenied, "", 0},
		"a redirect":              {307, "", []string{"Location", "/ims/token/v2"}, ClassDenied, "", 0},
		"throttled":               {429, "", []string{"Retry-After", "60"}, ClassThrottled, "", time.Minute},
		"down":                    {503, "<html>", nil, ClassTransient, "", 0},
		"500":                     {500, `{"error":"server_error"}`, nil, ClassTransient, "server_error", 0},
		"HTML with 200":           {200, "<html>", nil, ClassTransient, "", 0},
		"no token":                {200, `{"token_type":"bearer"}`, nil, ClassTransient, "", 0},
		"a token of two lines":    {200, `{"access_token":"a\nb","token_type":"bearer"}`, nil, ClassTransient, "", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{token: func(w http.ResponseWriter) bool {
				answers(tt.status, tt.body, append(tt.header, "Content-Type", "application/json")...)(w, nil)
				return true
			}}
			_, err := newService(t, s).Act(t.Context(), oneCommand())
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, "obtain token", e.Op)
			assert.Equal(t, tt.class, ClassOf(err), "%v", err)
			assert.Equal(t, OutcomeNotSent, OutcomeOf(err))
			assert.Equal(t, tt.code, e.Code)
			assert.Equal(t, tt.wait, e.RetryAfter)
			assert.Equal(t, tt.class == ClassDenied, errors.Is(err, ErrDenied))
			assert.Zero(t, s.calls())
			assert.Equal(t, 1, s.tokenCalls())
		})
	}
}

func TestToken_UnreadableSecretIsDenied(t *testing.T) {
	t.Parallel()
	gone := errors.New("open /run/secrets/adobe: no such file")
	for name, secret := range map[string]func() (string, error){
		"it cannot be read": func() (string, error) { return "", gone },
		"it is empty":       func() (string, error) { return "", nil },
	} {
		s := &service{}
		_, err := newService(t, s, func(cfg *Config) { cfg.ClientSecret = secret }).Act(t.Context(), oneCommand())
		require.Equal(t, ClassDenied, ClassOf(err), name)
		require.Equal(t, OutcomeNotSent, OutcomeOf(err), name)
		require.ErrorContains(t, err, "client secret", name)
		require.Zero(t, s.tokenCalls(), name)
	}
}

func TestToken_ThoseWhoWaitShareARefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{token: func(w http.ResponseWriter) bool {
			time.Sleep(time.Second)
			answers(401, `{"error":"invalid_client"}`, "Content-Type", "application/json")(w, nil)
			return true
		}}
		c := inMemory(t, s)
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				_, err := c.Act(t.Context(), oneCommand())
				assert.Equal(t, ClassDenied, ClassOf(err))
			})
		}
		wg.Wait()
		require.Len(t, s.secrets, 1)
		_, err := c.Act(t.Context(), oneCommand())
		require.Error(t, err)
		require.Len(t, s.secrets, 2, "a later call tries again")
	})
}

func TestToken_ACancelledCallerFailsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{api: answers(200, successBody), lifetime: 86399}
		slow := transportFunc(func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(time.Second):
				return memory{s}.RoundTrip(r)
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})
		cfg := testConfig(t)
		cfg.Transport = slow
		c, err := New(cfg)
		require.NoError(t, err)

		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := c.Act(ctx, oneCommand())
			assert.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, OutcomeNotSent, OutcomeOf(err))
		})
		synctest.Wait()
		wg.Go(func() {
			_, err := c.Act(t.Context(), oneCommand())
			assert.NoError(t, err)
		})
		synctest.Wait()
		cancel()
		wg.Wait()
		require.Equal(t, 1, s.issued)
	})
}

// A service that repeats what it was sent in each text and header, and a
// transport that puts it into its errors.
func TestErrorsAndLog_HoldNeitherTokenNorSecret(t *testing.T) {
	t.Parallel()
	secret := testSecret + strings.Repeat("z", 1000)
	refuseToken := func(status int, contentType string) func(http.ResponseWriter) bool {
		return func(w http.ResponseWriter) bool {
			body := fmt.Sprintf(`{"error":%q,"error_description":%q}`, secret, "bad secret: "+secret)
			answers(status, body, "Content-Type", contentType, "X-Request-Id", secret)(w, nil)
			return true
		}
	}
	echo := func(status int, format string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			said := r.Header.Get("Authorization")
			body := strings.ReplaceAll(format, "ECHO", said)
			answers(status, body, "X-Request-Id", said, "WWW-Authenticate", said)(w, r)
		}
	}
	const body = `{"result":"ECHO","message":"you sent ECHO"}`
	tests := map[string]*service{
		"token refused":              {token: refuseToken(401, "application/json")},
		"token refused, not as JSON": {token: refuseToken(401, "text/plain")},
		"token unavailable":          {token: refuseToken(500, "text/html")},
		"403":                        {any: true, api: echo(403, body)},
		"401 in the header":          {any: true, api: echo(401, "")},
		"200":                        {any: true, api: echo(200, body)},
		"200 not JSON":               {any: true, api: echo(200, "ECHO")},
		"the transport repeats it":   {any: true},
	}
	for name, s := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			c := newService(t, s, func(cfg *Config) {
				cfg.ClientSecret = func() (string, error) { return secret, nil }
				cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				if s.api == nil && s.token == nil {
					cfg.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
						if strings.HasPrefix(r.URL.Path, "/ims/") {
							return memory{s}.RoundTrip(r)
						}
						return nil, fmt.Errorf("broken: %v", r.Header)
					})
				}
			})
			_, acted := c.Act(t.Context(), oneCommand())
			_, read := c.User(t.Context(), "ada@example.com", "")
			_, listed := c.UsersPage(t.Context(), 0)
			for _, err := range []error{acted, read, listed} {
				require.Error(t, err)
				for ; err != nil; err = errors.Unwrap(err) {
					for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err), log.String()} {
						assert.NotContains(t, text, "token-")
						assert.NotContains(t, text, "p8e-SECRET")
					}
				}
			}
		})
	}
}

func TestLog_HasALineForEachRequest(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := &service{api: answers(200, successBody, "X-Request-Id", "abc")}
	c := newService(t, s, func(cfg *Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, err := c.Act(t.Context(), oneCommand())
	require.NoError(t, err)
	s.revoke()
	s.token = func(w http.ResponseWriter) bool {
		answers(401, "", "X-Request-Id", "def")(w, nil)
		return true
	}
	_, err = c.Act(t.Context(), oneCommand())
	require.ErrorIs(t, err, ErrDenied)
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	require.Len(t, lines, 4)
	for i, want := range []string{
		`op="obtain token" status=200 request_id="" `, `op=action status=200 request_id=abc `,
		`op=action status=401 `, `op="obtain token" status=401 request_id=def `,
	} {
		require.Contains(t, lines[i], want)
	}
	require.Contains(t, lines[3], "outcome=not-sent class=denied")
}

func TestToken_SecretTravelsInTheBodyOnly(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(200, successBody), lifetime: 86399}
	var seen *http.Request
	var form string
	cfg := testConfig(t)
	cfg.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/ims/") {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			seen, form = r, string(body)
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		return memory{s}.RoundTrip(r)
	})
	c, err := New(cfg)
	require.NoError(t, err)
	_, err = c.Act(t.Context(), oneCommand())
	require.NoError(t, err)
	require.Contains(t, form, "client_secret=p8e-SECRET%2Fwith%2Bsigns")
	require.Contains(t, form, "scope=openid%2CAdobeID%2Cuser_management_sdk")
	require.Equal(t, "https://ims-na1.adobelogin.com/ims/token/v3", seen.URL.String())
	require.Empty(t, seen.Header.Get("Authorization"))
}

func TestOnce_LeavesItToTheCallerToRepeatWhatWasRefused(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(200, successBody)}
	c := newService(t, s, func(cfg *Config) { cfg.Once = true })
	_, err := c.Act(t.Context(), oneCommand())
	require.NoError(t, err)
	s.revoke()
	_, err = c.Act(t.Context(), oneCommand())
	require.Equal(t, OutcomeRefused, OutcomeOf(err))
	require.Equal(t, ClassDenied, ClassOf(err))
	require.Equal(t, 2, s.calls())
	_, err = c.Act(t.Context(), oneCommand())
	require.NoError(t, err, "the next has a fresh token")
}
