package killtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/internal/crashpoint"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

const (
	orgID    = "A1B2C3D4E5F60718293A4B5C@AdobeOrg"
	clientID = "0f1e2d3c"
	secret   = "the-client-secret"
	token    = "a-token-of-at-least-32-characters"
	// actions is the limit of calls a minute: low enough to be met in a long run.
	actions = 600
	// latency is how long Adobe takes for a call, so that a kill meets one often.
	latency = 30 * time.Millisecond
	// config has a short timeout, since after a kill what is not safe to repeat is
	// looked for when it is over.
	config = `listen: %[1]s
store: %[2]s
orgs:
  - name: acme
    tokens: [{name: test, secret: %[3]s}]
    adobe:
      org_id: %[4]s
      client_id: %[5]s
      client_secret: %[6]s
      url: %[7]s/v2/usermanagement
      ims_url: %[7]s
      actions_per_minute: %[8]d
      reads_per_minute: 0
      timeout: 1s
    mapping: {country: US}
    brakes: off
`
)

// world is a program that lives and dies, and Adobe, which stays.
type world struct {
	t                    *testing.T
	dir, program, listen string
	adobe                *emulator.Emulator
	gate                 *gate
	watch                *watch

	process *exec.Cmd
	ended   chan struct{} // closed when the process has
	life    atomic.Int64  // how often a process was started
	logged  int           // bytes of the log that were read
}

// gate stands before Adobe.
type gate struct {
	adobe         http.Handler
	inside        sync.RWMutex // read by calls under way
	before, after atomic.Int64 // kill at the call that counts one of them down to 0
	kill          func()
}

func (g *gate) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if !isAction(r.Method, r.URL.Path) {
		g.adobe.ServeHTTP(rw, r)
		return
	}
	g.inside.RLock()
	defer g.inside.RUnlock()
	// Adobe goes on with a call whose client is gone.
	r = r.WithContext(context.WithoutCancel(r.Context()))
	if g.before.Add(-1) == 0 {
		g.kill()
		panic(http.ErrAbortHandler)
	}
	answer := httptest.NewRecorder()
	time.Sleep(latency / 2)
	g.adobe.ServeHTTP(answer, r)
	if g.after.Add(-1) == 0 {
		g.kill()
		panic(http.ErrAbortHandler)
	}
	time.Sleep(latency / 2)
	for name, values := range answer.Header() {
		rw.Header()[name] = values
	}
	rw.WriteHeader(answer.Code)
	_, _ = rw.Write(answer.Body.Bytes())
}

func isAction(method, path string) bool {
	return method == http.MethodPost && strings.HasPrefix(path, "/v2/usermanagement/action/")
}

// newWorld builds the program and starts Adobe.
func newWorld(t *testing.T) *world {
	dir := t.TempDir()
	w := &world{t: t, dir: dir, program: filepath.Join(dir, "scim-bridge")}
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "crashpoints", "-o", w.program,
		"github.com/scim-bridge/scim-bridge/cmd/scim-bridge")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

	w.adobe, err = emulator.New(emulator.Config{
		OrgID: orgID, ClientID: clientID, ClientSecret: secret, Domains: []string{"example.com"},
		ActionsPerMinute: actions, GlobalPerMinute: -1,
	})
	require.NoError(t, err)
	w.gate = &gate{adobe: w.adobe, kill: w.kill9}
	w.watch = newWatch(w.adobe)
	adobe := httptest.NewServer(w.gate)
	t.Cleanup(adobe.Close)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w.listen = free.Addr().String()
	require.NoError(t, free.Close())
	text := fmt.Sprintf(config, w.listen, "sqlite:bridge.db", token, orgID, clientID, secret, adobe.URL, actions)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "scim-bridge.yaml"), []byte(text), 0o600))
	t.Cleanup(func() {
		if w.process != nil {
			w.kill9()
			<-w.ended
		}
	})
	return w
}

// start starts a process that is to die at a point, if one is named.
func (w *world) start(at string) {
	log, err := os.OpenFile(filepath.Join(w.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(w.t, err)
	cmd := exec.CommandContext(w.t.Context(), w.program, "serve")
	cmd.Dir, cmd.Stderr = w.dir, log
	cmd.Env = append(os.Environ(), crashpoint.Variable+"="+at)
	require.NoError(w.t, cmd.Start())
	ended := make(chan struct{})
	w.process, w.ended = cmd, ended
	go func() {
		_ = cmd.Wait() // how it ended is asked below
		_ = log.Close()
		close(ended)
	}()
	w.life.Add(1)
}

// kill9 kills the process, if it still runs.
func (w *world) kill9() { _ = w.process.Process.Kill() }

// die waits for the process to die, kills it after patience, and reports whether
// that was not needed. Calls that are still with Adobe have come to an end.
func (w *world) die(patience time.Duration) (byItself bool) {
	select {
	case <-w.ended:
		byItself = true
	case <-time.After(patience):
		w.kill9()
		<-w.ended
	}
	require.Equal(w.t, -1, w.process.ProcessState.ExitCode(), "it ended otherwise:\n%s", w.log())
	w.gate.inside.Lock() // which waits for them
	defer w.gate.inside.Unlock()
	w.watch.read(w.newLog())
	return byItself
}

// terminate stops the process as an operator does.
func (w *world) terminate() {
	require.NoError(w.t, w.process.Process.Signal(syscall.SIGTERM))
	<-w.ended
	require.Zero(w.t, w.process.ProcessState.ExitCode(), w.log())
	w.watch.read(w.newLog())
}

// log returns the end of what the processes said.
func (w *world) log() string {
	text, _ := os.ReadFile(filepath.Join(w.dir, "log"))
	return string(text[max(0, len(text)-4000):])
}

// newLog returns what was said since it was asked last.
func (w *world) newLog() string {
	text, err := os.ReadFile(filepath.Join(w.dir, "log"))
	require.NoError(w.t, err)
	news := string(text[w.logged:])
	w.logged = len(text)
	return news
}

// awaitReady waits until the process answers.
func (w *world) awaitReady() {
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get("http://" + w.listen + "/readyz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-w.ended:
			require.FailNow(w.t, "it ended", w.log())
		default:
		}
		require.True(w.t, time.Now().Before(deadline), "not ready: %v\n%s", err, w.log())
	}
}

// waiting returns the users and groups that Adobe has not followed, and why.
func (w *world) waiting() string {
	var all []string
	for endpoint, kind := range map[string]string{"/Users": "User", "/Groups": "Group"} {
		extension := "urn:ietf:params:scim:schemas:extension:scimbridge:2.0:" + kind
		var found struct{ Resources []map[string]any }
		filter := url.QueryEscape(extension + `:sync.state ne "synced"`)
		_, err := newSpeaker(w.listen).exchange(http.MethodGet, endpoint+"?filter="+filter, nil, &found)
		for _, r := range found.Resources {
			all = append(all, fmt.Sprint(r["userName"], r["displayName"], r[extension]))
		}
		if err != nil {
			all = append(all, err.Error())
		}
	}
	return strings.Join(all, "\n")
}

// standing is what status says of an org.
type standing struct {
	Pending, Held, Failed map[string]int
	Subjects              []struct {
		Code, Message string
	} `json:"failed_subjects"`
}

// awaitSynced waits until nothing is due.
func (w *world) awaitSynced() {
	var report struct{ Orgs []standing }
	most := time.Minute
	if patient() {
		most = 5 * time.Minute
	}
	for deadline := time.Now().Add(most); ; time.Sleep(100 * time.Millisecond) {
		cmd := exec.CommandContext(w.t.Context(), w.program, "status", "--json")
		cmd.Dir = w.dir
		out, err := cmd.Output()
		require.NoError(w.t, err, "%s\n%s", out, w.log()) // it ends with 3 when something failed or is held
		report.Orgs = nil
		require.NoError(w.t, json.Unmarshal(out, &report))
		due := 0
		for _, n := range report.Orgs[0].Pending {
			due += n
		}
		if due == 0 {
			return
		}
		require.True(w.t, time.Now().Before(deadline), "Adobe does not follow: %v\n%s\n%s", report, w.waiting(), w.log())
	}
}
