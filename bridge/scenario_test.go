package bridge

import (
	"context"
	"crypto/sha256"
	"flag"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/internal/exchange"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/scim"
	"github.com/scim-bridge/scim-bridge/store/sqlite"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

var update = flag.Bool("update", false, "rewrite the golden sections of the scenarios; then read them")

const (
	scenarioBase = "https://scim.example.com/scim/v2"
	// scenarioPatience is how long a settle step waits.
	scenarioPatience = 24 * time.Hour
	// consoleClient is another client of Adobe's: somebody in the Admin Console.
	consoleClient = "console"
)

// TestScenarios plays each file of testdata/scenarios; the README there says
// how one is written.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("../testdata/scenarios/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			s, err := parseStory(archive)
			require.NoError(t, err)
			var held map[string]string
			synctest.Test(t, func(t *testing.T) { held = play(t, s) })
			if *update {
				require.NoError(t, os.WriteFile(file, txtar.Format(s.rewritten(held)), 0o644))
				return
			}
			for _, name := range s.golden() {
				require.Equal(t, s.sections[name], held[name], "%s: if this is right, run: go test ./bridge -run Scenarios -update", name)
			}
		})
	}
}

// stage is a bridge as [New] makes it, an identity provider's side of it and
// Adobe's, in a synctest bubble.
type stage struct {
	t       *testing.T
	story   story
	bridge  *Bridge
	adobe   *emulator.Emulator
	store   *sqlite.Store
	names   exchange.Names
	started time.Time
}

// play runs a story and returns its golden sections as they came out.
func play(t *testing.T, s story) map[string]string {
	st := newStage(t, s)
	defer func() { require.NoError(t, st.store.Close()) }()
	stop := st.start(s.settings)
	for _, step := range s.steps {
		switch {
		case step.request != nil:
			st.send(step)
			// A provider's requests come one after the other.
			time.Sleep(time.Millisecond)
		case step.console != nil:
			st.console(step)
		case step.fault != nil:
			require.NoError(t, st.adobe.Inject(*step.fault))
		case step.adobe != nil:
			require.NoError(t, step.adobe.do(st.adobe), step.name)
		case step.restart != nil:
			stop()
			stop = st.start(*step.restart)
		case step.wait > 0:
			time.Sleep(step.wait)
		default:
			st.settle(step.name)
		}
	}
	synctest.Wait()
	for _, e := range st.adobe.Ledger() {
		require.Empty(t, e.Unexpected, "Adobe does not know what was sent: %s %s", e.Method, e.Path)
	}
	held := map[string]string{
		sectionDirectory: st.directory(),
		sectionCommands:  st.commands(),
		sectionAdobe:     st.adobeHolds(),
		sectionCalls:     st.calls(),
	}
	stop()
	return held
}

func newStage(t *testing.T, s story) *stage {
	t.Helper()
	em, err := emulator.New(emulator.Config{
		OrgID: testOrg, ClientID: testClient, ClientSecret: testSecret,
		Clients: []emulator.Credential{{ClientID: consoleClient, ClientSecret: testSecret}},
		Domains: s.settings.Domains, DirectoryType: s.settings.directoryType(), Login: s.settings.Login, Directories: s.settings.Directories,
		ActionsPerMinute: s.settings.ActionsPerMinute, ReadsPerMinute: s.settings.ReadsPerMinute,
	})
	require.NoError(t, err)
	require.NoError(t, s.before.seed(em))
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bridge.db"), sqlite.Options{})
	require.NoError(t, err)
	return &stage{t: t, story: s, adobe: em, store: db, names: exchange.Names{}, started: time.Now()}
}

// start starts a bridge, and returns what stops it.
func (st *stage) start(s settings) func() {
	st.t.Helper()
	b, err := New(Config{
		Listen: "127.0.0.1:0",
		Log:    slog.New(slog.NewTextHandler(st.t.Output(), nil)),
		SCIM: scim.Config{
			BaseURL: strings.TrimSuffix(scenarioBase, "/scim/v2"),
			Orgs: []scim.Org{{
				Name: "acme", Path: "/scim/v2", Strict: s.Strict,
				Tokens: []scim.Token{{Name: "provider", SHA256: sha256.Sum256([]byte(testToken))}},
			}},
		},
		Orgs: []Org{{
			Adobe: umapi.Config{
				OrgID: testOrg, ClientID: testClient, Transport: st.adobe,
				ClientSecret: func() (string, error) { return testSecret, nil },
			},
			Dispatch: dispatch.Config{
				Org: "acme",
				Rules: mapping.Rules{
					IdentityType: umapi.IdentityType(s.IdentityType), Country: s.Country, Groups: s.Groups,
					Offboarding: s.Offboarding, Protected: s.Protect,
				},
				ActionsPerMinute: s.ActionsPerMinute,
				ReadsPerMinute:   s.ReadsPerMinute,
				Brakes:           s.Brakes,
			},
		}},
	}, st.store)
	require.NoError(st.t, err)
	// Time in a bubble stands still while a socket is waited for: requests go to
	// the handler itself.
	require.NoError(st.t, b.listener.Close())
	st.bridge = b
	work, stop := context.WithCancel(st.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.dispatchers[0].run(work) }()
	synctest.Wait() // it has looked at what is due
	return func() {
		stop()
		require.NoError(st.t, <-ended)
	}
}

// send plays one request and holds the answer against what the story expects.
func (st *stage) send(step step) {
	st.t.Helper()
	req, err := step.request.Filled(st.names)
	require.NoError(st.t, err, step.name)
	ask := st.do
	if step.request.operator {
		ask = st.operate
	}
	w := ask(req)
	if step.response == nil {
		require.True(st.t, w.Code >= 200 && w.Code < 300, "%s: %d %s", step.name, w.Code, w.Body)
		return
	}
	require.NoError(st.t, step.response.Check(st.names, w.Code, w.Header(), w.Body.String()), step.name)
}

func (st *stage) do(req exchange.Request) *httptest.ResponseRecorder {
	st.t.Helper()
	r := httptest.NewRequestWithContext(st.t.Context(), req.Method, "/scim/v2"+req.Target, strings.NewReader(req.Body))
	r.Header.Set("Authorization", "Bearer "+testToken)
	r.Header.Set("Accept", "application/scim+json")
	if req.Body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	} else {
		r.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	maps.Copy(r.Header, req.Header)
	w := httptest.NewRecorder()
	st.bridge.Handler().ServeHTTP(w, r)
	return w
}

// operate is a request of an operator's.
func (st *stage) operate(req exchange.Request) *httptest.ResponseRecorder {
	st.t.Helper()
	r := httptest.NewRequestWithContext(st.t.Context(), req.Method, req.Target, strings.NewReader(req.Body))
	r.Header = req.Header
	w := httptest.NewRecorder()
	st.bridge.operators.Handler.ServeHTTP(w, r)
	return w
}

// console does in Adobe what somebody does there by hand.
func (st *stage) console(step step) {
	st.t.Helper()
	c, err := umapi.New(umapi.Config{
		OrgID: testOrg, ClientID: consoleClient, Transport: st.adobe,
		ClientSecret: func() (string, error) { return testSecret, nil },
	})
	require.NoError(st.t, err, step.name)
	reply, err := c.Act(st.t.Context(), step.console)
	require.NoError(st.t, err, step.name)
	require.Empty(st.t, reply.Errors, step.name)
}

// settle lets time pass until nothing is due that could still be done.
func (st *stage) settle(step string) {
	st.t.Helper()
	for deadline := time.Now().Add(scenarioPatience); ; time.Sleep(time.Second) {
		synctest.Wait()
		status, err := st.store.Status(st.t.Context(), "acme")
		require.NoError(st.t, err)
		pending := 0
		for _, n := range status.Pending {
			pending += n
		}
		if pending == 0 {
			return
		}
		require.True(st.t, time.Now().Before(deadline), "%s: after %s still due: %v", step, scenarioPatience, status.Pending)
	}
}
