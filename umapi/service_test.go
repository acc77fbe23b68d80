package umapi

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	testOrg    = "A1B2C3D4@AdobeOrg"
	testSecret = "p8e-SECRET/with+signs"
)

// service is a token service and an API on one handler. It issues the tokens
// tokenName(1), tokenName(2) and so on, and takes only the latest unless told otherwise.
type service struct {
	mu       sync.Mutex
	issued   int
	secrets  []string
	requests []*http.Request
	bodies   []string
	lifetime int // of tokens, in seconds

	token    func(w http.ResponseWriter) bool // answers in place of issuing, if it returns true
	exchange http.HandlerFunc                 // answers the legacy exchange
	api      http.HandlerFunc                 // called with a valid token
	any      bool                             // any token is good
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/ims/") {
		s.serveToken(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.requests = append(s.requests, r)
	s.bodies = append(s.bodies, string(body))
	good := s.any || r.Header.Get("Authorization") == "Bearer "+tokenName(s.issued)
	s.mu.Unlock()
	if !good {
		w.Header().Set("WWW-Authenticate", `Bearer realm="JIL", error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.api(w, r)
}

func (s *service) serveToken(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, r.PostFormValue("client_secret"))
	if s.token != nil && s.token(w) {
		return
	}
	if s.exchange != nil {
		s.exchange(w, r)
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != "/ims/token/v3" || r.URL.RawQuery != "" || r.Header.Get("Authorization") != "" ||
		r.PostForm.Get("grant_type") != "client_credentials" || r.PostForm.Get("client_id") != "client-1" ||
		r.PostForm.Get("scope") != "openid,AdobeID,user_management_sdk" || !strings.HasPrefix(r.UserAgent(), "scim-bridge/") {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	s.issued++
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":%q,"token_type":"bearer","expires_in":%d}`, tokenName(s.issued), max(s.lifetime, 0))
}

// tokenName is as long as a real token, so that one which is cut short somewhere
// shows.
func tokenName(n int) string { return fmt.Sprintf("token-%d-%s", n, strings.Repeat("x", 1000)) }

// revoke makes the service forget the tokens it issued, as a restart does.
func (s *service) revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued += 100
}

func (s *service) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func (s *service) tokenCalls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.secrets)
}

func (s *service) lastRequest() (*http.Request, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[len(s.requests)-1], s.bodies[len(s.bodies)-1]
}

// answers returns a handler that answers the same each time.
func answers(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for pair := range slices.Chunk(header, 2) {
			w.Header().Set(pair[0], pair[1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const successBody = `{"completed":1,"notCompleted":0,"completedInTestMode":0,"result":"success"}`

func testConfig(t *testing.T) Config {
	t.Helper()
	return Config{
		OrgID:        testOrg,
		ClientID:     "client-1",
		ClientSecret: func() (string, error) { return testSecret, nil },
		Log:          slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

// newService starts s behind a socket and returns a client of it.
func newService(t *testing.T, s *service, change ...func(*Config)) *Client {
	t.Helper()
	if s.lifetime == 0 {
		s.lifetime = 86399
	}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	cfg := testConfig(t)
	cfg.URL, cfg.IMSURL = srv.URL+"/v2/usermanagement", srv.URL
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// memory is a transport without sockets, and without httptrace.
type memory struct{ http.Handler }

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w.Result(), nil
}

func oneCommand() []Command {
	return []Command{{User: "ada@example.com", RequestID: "c1", Do: []Step{{Add: &Memberships{Groups: []string{"Design Team"}}}}}}
}
