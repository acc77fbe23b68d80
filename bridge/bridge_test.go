package bridge

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/scim"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/sqlite"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

const (
	testOrg    = "A1B2C3D4E5F60718293A4B5C@AdobeOrg"
	testToken  = "a-token-of-at-least-32-characters"
	testClient = "0f1e2d3c"
	testSecret = "the-client-secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a bridge with everything around it.
type world struct {
	adobe  *emulator.Emulator
	gate   *gate // before adobe
	store  *sqlite.Store
	config Config
}

func newWorld(t *testing.T) *world {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	em, err := emulator.New(emulator.Config{OrgID: testOrg, ClientID: testClient, ClientSecret: testSecret, Domains: []string{"example.com"}})
	require.NoError(t, err)
	g := &gate{next: em}
	srv := httptest.NewServer(g)
	t.Cleanup(srv.Close)
	st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bridge.db"), sqlite.Options{Log: log})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, st.Close()) })
	return &world{adobe: em, gate: g, store: st, config: Config{
		Listen: "127.0.0.1:0",
		SCIM: scim.Config{Orgs: []scim.Org{{
			Name: "acme", Path: "/scim/v2", Tokens: []scim.Token{{Name: "okta", SHA256: sha256.Sum256([]byte(testToken))}},
		}}},
		Orgs: []Org{{
			Adobe: umapi.Config{
				URL: srv.URL + "/v2/usermanagement", IMSURL: srv.URL, OrgID: testOrg, ClientID: testClient,
				ClientSecret: func() (string, error) { return testSecret, nil },
			},
			Dispatch: dispatch.Config{Org: "acme", Rules: mapping.Rules{IdentityType: umapi.FederatedID, Country: "US"}},
		}},
		Log: log,
	}}
}

// gate holds action calls back while it is closed.
type gate struct {
	next    http.Handler
	hold    atomic.Pointer[chan struct{}] // closed to let go
	waiting atomic.Int32
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if hold := g.hold.Load(); hold != nil && strings.Contains(r.URL.Path, "/action/") {
		g.waiting.Add(1)
		<-*hold
	}
	g.next.ServeHTTP(w, r)
}

// start runs a bridge, and returns it with what stops it and waits.
func (w *world) start(t *testing.T, st store.Store) (*Bridge, func() error) {
	t.Helper()
	b, err := New(w.config, st)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	var err1 error
	done := false
	stop := func() error {
		if !done {
			cancel()
			err1, done = <-ended, true
		}
		return err1
	}
	t.Cleanup(func() { _ = stop() })
	return b, stop
}

func send(t *testing.T, b *Bridge, method, path, body string) (int, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+b.Addr().String()+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+testToken)
	req.Header.Set("Content-Type", "application/scim+json")
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

const ada = `{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
	"userName": "ada@example.com",
	"name": {"givenName": "Ada", "familyName": "Lovelace"},
	"emails": [{"value": "ada@example.com", "primary": true}],
	"active": true
}`

// emailsAt returns the addresses of the users in Adobe.
func (w *world) emailsAt() []string {
	var all []string
	for _, u := range w.adobe.Users() {
		all = append(all, u.Email)
	}
	return all
}

func TestBridge_UserCreatedOverSCIMAppearsInAdobe(t *testing.T) {
	w := newWorld(t)
	b, stop := w.start(t, w.store)

	status, body := send(t, b, http.MethodPost, "/scim/v2/Users", ada)
	require.Equal(t, http.StatusCreated, status, body)
	require.Eventually(t, func() bool { return len(w.adobe.Users()) == 1 }, 30*time.Second, 5*time.Millisecond)
	require.Equal(t, []string{"ada@example.com"}, w.emailsAt())
	require.NoError(t, stop())

	_, err := net.Dial("tcp", b.Addr().String())
	require.Error(t, err, "nobody listens any more")
}

// awaitDeaf waits until nobody new is served.
func awaitDeaf(t *testing.T, b *Bridge) {
	t.Helper()
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", b.Addr().String())
		if err != nil {
			return true
		}
		assert.NoError(t, c.Close())
		return false
	}, 30*time.Second, 5*time.Millisecond, "somebody still listens")
}

func TestBridge_StopSettlesTheCallInFlight(t *testing.T) {
	w := newWorld(t)
	letGo := make(chan struct{})
	w.gate.hold.Store(&letGo)
	b, stop := w.start(t, w.store)
	status, body := send(t, b, http.MethodPost, "/scim/v2/Users", ada)
	require.Equal(t, http.StatusCreated, status, body)
	require.Eventually(t, func() bool { return w.gate.waiting.Load() == 1 }, 30*time.Second, 5*time.Millisecond)

	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	// The listener goes before the call in flight is settled.
	awaitDeaf(t, b)
	select {
	case err := <-stopped:
		require.Failf(t, "stopped before the call was answered", "%v", err)
	default:
	}
	close(letGo)
	require.NoError(t, <-stopped)

	open, err := w.store.OpenCalls(t.Context(), "acme")
	require.NoError(t, err)
	require.Empty(t, open, "the call was settled")
	require.Equal(t, []string{"ada@example.com"}, w.emailsAt())
}

func TestBridge_StopCutsOffWhoIsSlowAndSettlesTheCallAllTheSame(t *testing.T) {
	w := newWorld(t)
	w.config.ShutdownTimeout = 5 * time.Second
	letGo := make(chan struct{})
	w.gate.hold.Store(&letGo)
	b, stop := w.start(t, w.store)
	status, body := send(t, b, http.MethodPost, "/scim/v2/Users", ada)
	require.Equal(t, http.StatusCreated, status, body)
	require.Eventually(t, func() bool { return w.gate.waiting.Load() == 1 }, 30*time.Second, 5*time.Millisecond)
	// Two requests are on their way: one will be finished, the other never.
	begin := func(user string) net.Conn {
		conn, err := net.Dial("tcp", b.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = fmt.Fprintf(conn, "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n"+
			"Expect: 100-continue\r\n\r\n", testToken, len(user))
		require.NoError(t, err)
		_, err = io.ReadFull(conn, make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n")))
		require.NoError(t, err, "the request is being served")
		return conn
	}
	bob := strings.ReplaceAll(ada, "ada@", "bob@")
	finishing, stuck := begin(bob), begin(ada)

	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	awaitDeaf(t, b)
	_, err := io.WriteString(finishing, bob)
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(finishing), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, resp.StatusCode)
	rest, err := io.ReadAll(stuck)
	if err == nil {
		require.Empty(t, rest)
	}
	close(letGo)

	require.ErrorContains(t, <-stopped, "requests were cut off")
	open, err := w.store.OpenCalls(t.Context(), "acme")
	require.NoError(t, err)
	require.Empty(t, open, "the call was settled")
	require.Equal(t, []string{"ada@example.com"}, w.emailsAt())
}

func TestBridge_StopHasADeadline(t *testing.T) {
	w := newWorld(t)
	w.config.ShutdownTimeout = time.Nanosecond
	letGo := make(chan struct{})
	w.gate.hold.Store(&letGo)
	b, stop := w.start(t, w.store)
	status, body := send(t, b, http.MethodPost, "/scim/v2/Users", ada)
	require.Equal(t, http.StatusCreated, status, body)
	require.Eventually(t, func() bool { return w.gate.waiting.Load() == 1 }, 30*time.Second, 5*time.Millisecond)

	require.ErrorContains(t, stop(), "not settled within 1ns")
	// What was cut off is finished before the test ends and the store is closed.
	close(letGo)
	require.Eventually(t, func() bool {
		open, err := w.store.OpenCalls(t.Context(), "acme")
		return err == nil && len(open) == 0
	}, 30*time.Second, 5*time.Millisecond)
	b.clients[0].CloseIdleConnections()
}

func TestBridge_StartFinishesWhatWasAcknowledgedBefore(t *testing.T) {
	w := newWorld(t)
	// A bridge that answers and ends before anything was sent.
	b, err := New(w.config, w.store)
	require.NoError(t, err)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/scim/v2/Users", strings.NewReader(ada))
	req.Header.Set("Authorization", "Bearer "+testToken)
	req.Header.Set("Content-Type", "application/scim+json")
	answer := httptest.NewRecorder()
	b.Handler().ServeHTTP(answer, req)
	require.Equal(t, http.StatusCreated, answer.Code, answer.Body.String())
	require.NoError(t, b.listener.Close())
	require.Empty(t, w.emailsAt())

	_, stop := w.start(t, w.store)
	require.Eventually(t, func() bool { return len(w.adobe.Users()) == 1 }, 30*time.Second, 5*time.Millisecond)
	require.Equal(t, []string{"ada@example.com"}, w.emailsAt())
	require.NoError(t, stop())
}

func TestHandler_Health(t *testing.T) {
	w := newWorld(t)
	st := &failingPing{Store: w.store}
	b, _ := w.start(t, st)

	for _, path := range []string{"/healthz", "/readyz"} {
		status, body := send(t, b, http.MethodGet, path, "")
		assert.Equal(t, http.StatusOK, status, path)
		assert.JSONEq(t, `{"status": "ok"}`, body, path)
		status, _ = send(t, b, http.MethodPost, path, "")
		assert.Equal(t, http.StatusMethodNotAllowed, status, path)
	}

	st.fails.Store(true)
	status, body := send(t, b, http.MethodGet, "/readyz", "")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.JSONEq(t, `{"status": "unavailable", "reason": "the store cannot be read; the log has the cause"}`, body)
	assert.NotContains(t, body, "disk")
	status, _ = send(t, b, http.MethodGet, "/healthz", "")
	assert.Equal(t, http.StatusOK, status, "the process is up all the same")

	st.fails.Store(false)
	status, _ = send(t, b, http.MethodGet, "/readyz", "")
	assert.Equal(t, http.StatusOK, status)
}

// failingPing is a store that cannot be read on request.
type failingPing struct {
	store.Store
	fails atomic.Bool
}

func (s *failingPing) Ping(ctx context.Context) error {
	if s.fails.Load() {
		return errors.New("disk is gone")
	}
	return s.Store.Ping(ctx)
}

func TestHandler_UnknownPathsAreNotFound(t *testing.T) {
	w := newWorld(t)
	b, _ := w.start(t, w.store)
	for _, path := range []string{"/", "/scim/Nothing", "/scim/v2/Nothing", "/metrics", "/healthz/"} {
		status, _ := send(t, b, http.MethodGet, path, "")
		assert.Equal(t, http.StatusNotFound, status, path)
	}
}

func TestNew_RefusesWhatCannotRun(t *testing.T) {
	w := newWorld(t)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, busy.Close()) })
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"an org without Adobe", func(c *Config) { c.Orgs = nil }, `org "acme": has no Adobe side`},
		{"an org without SCIM", func(c *Config) { c.Orgs[0].Dispatch.Org = "globex" }, `org "globex"`},
		{"an org twice", func(c *Config) { c.Orgs = append(c.Orgs, c.Orgs[0]) }, "dispatched twice"},
		{"wrong credentials", func(c *Config) { c.Orgs[0].Adobe.ClientSecret = nil }, "ClientSecret"},
		{"a path that is none", func(c *Config) { c.SCIM.Orgs[0].Path = "scim" }, "path"},
		{"an address in use", func(c *Config) { c.Listen = busy.Addr().String() }, "address already in use"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := w.config
			cfg.Orgs = append([]Org(nil), cfg.Orgs...)
			cfg.SCIM.Orgs = append([]scim.Org(nil), cfg.SCIM.Orgs...)
			tt.change(&cfg)
			_, err := New(cfg, w.store)
			require.ErrorContains(t, err, tt.want)
		})
	}
	_, err = New(w.config, nil)
	require.ErrorContains(t, err, "no store")
}

func TestRun_ContextThatHasEndedReleasesTheAddress(t *testing.T) {
	w := newWorld(t)
	b, err := New(w.config, w.store)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, b.Run(ctx))
	l, err := net.Listen("tcp", b.Addr().String())
	require.NoError(t, err)
	require.NoError(t, l.Close())
}
