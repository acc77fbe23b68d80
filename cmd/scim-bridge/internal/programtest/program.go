// Package programtest runs the real program for a test, against an Adobe of the
// test's own.
package programtest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// Token is what the program takes SCIM requests with.
const Token = "a-token-of-at-least-32-characters"

const (
	orgID    = "A1B2C3D4E5F60718293A4B5C@AdobeOrg"
	clientID = "0f1e2d3c"
	secret   = "the-client-secret"
	config   = `listen: %s
store: %s
orgs:
  - name: acme
    tokens: [{name: test, secret: %s}]
    adobe:
      org_id: %s
      client_id: %s
      client_secret: %s
      url: %[7]s/v2/usermanagement
      ims_url: %[7]s
      actions_per_minute: %[8]d
      reads_per_minute: 0
    mapping: {country: US}
    brakes: off
`
)

// Config is what differs between tests.
type Config struct {
	Tags    string // of the build
	Store   string // default sqlite:bridge.db
	Actions int    // calls a minute, 0 is no limit; Adobe has the same
}

// Program is the program with a folder of its own. Methods must not be called at
// the same time, but for Kill.
type Program struct {
	Dir    string
	Listen string
	Adobe  *emulator.Emulator

	t       testing.TB
	path    string
	of      func(listen string) string // the configuration, before what Configure adds
	process *exec.Cmd
	ended   chan struct{} // closed when the process has
}

// New builds the program and starts Adobe. All ends with the test.
func New(t testing.TB, c Config) *Program {
	t.Helper()
	dir := t.TempDir()
	p := &Program{t: t, Dir: dir, path: filepath.Join(dir, "scim-bridge")}
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", c.Tags, "-o", p.path,
		"github.com/scim-bridge/scim-bridge/cmd/scim-bridge")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

	p.Adobe, err = emulator.New(emulator.Config{
		OrgID: orgID, ClientID: clientID, ClientSecret: secret, Domains: []string{"example.com"},
		ActionsPerMinute: c.Actions, GlobalPerMinute: -1,
	})
	require.NoError(t, err)
	adobe := httptest.NewServer(p.Adobe)
	t.Cleanup(adobe.Close)
	if c.Store == "" {
		c.Store = "sqlite:bridge.db"
	}
	p.of = func(listen string) string {
		return fmt.Sprintf(config, listen, c.Store, Token, orgID, clientID, secret, adobe.URL, c.Actions)
	}
	p.settle()
	return p
}

// Replica returns a further replica: the same program with the same store and Adobe,
// and with a folder and an address of its own.
func (p *Program) Replica() *Program {
	p.t.Helper()
	r := &Program{t: p.t, Dir: p.t.TempDir(), Adobe: p.Adobe, path: p.path, of: p.of}
	r.settle()
	return r
}

// settle gives a program its address, and an end with the test.
func (p *Program) settle() {
	p.t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(p.t, err)
	p.Listen = free.Addr().String()
	require.NoError(p.t, free.Close())
	p.Configure("")
	p.t.Cleanup(func() {
		if p.process != nil {
			p.Kill()
		}
	})
}

// Kill kills the process, if it still runs.
func (p *Program) Kill() {
	_ = p.process.Process.Kill() // which fails if it has ended
	<-p.ended
}

// PID is the number of the process.
func (p *Program) PID() int { return p.process.Process.Pid }

// Configure adds lines to the configuration that the next process starts with,
// in place of those that were added before.
func (p *Program) Configure(lines string) {
	p.t.Helper()
	require.NoError(p.t, os.WriteFile(filepath.Join(p.Dir, "scim-bridge.yaml"), []byte(p.of(p.Listen)+lines), 0o600))
}

// Start starts a process and waits until it is ready.
func (p *Program) Start() {
	p.t.Helper()
	log, err := os.OpenFile(filepath.Join(p.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(p.t, err)
	cmd := exec.CommandContext(p.t.Context(), p.path, "serve")
	cmd.Dir, cmd.Stderr = p.Dir, log
	require.NoError(p.t, cmd.Start())
	ended := make(chan struct{})
	p.process, p.ended = cmd, ended
	go func() {
		_ = cmd.Wait() // how it ended is asked by Stop
		_ = log.Close()
		close(ended)
	}()
	p.awaitReady()
}

func (p *Program) awaitReady() {
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get("http://" + p.Listen + "/readyz")
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.ended:
			require.FailNow(p.t, "it ended", p.Log())
		default:
		}
		require.True(p.t, time.Now().Before(deadline), "not ready: %v\n%s", err, p.Log())
	}
}

// Stop stops the process as an operator does.
func (p *Program) Stop() {
	p.t.Helper()
	require.NoError(p.t, p.process.Process.Signal(syscall.SIGTERM))
	<-p.ended
	require.Zero(p.t, p.process.ProcessState.ExitCode(), p.Log())
}

// Run runs a further command of the program, and returns what it wrote.
func (p *Program) Run(args ...string) ([]byte, error) {
	cmd := exec.CommandContext(p.t.Context(), p.path, args...)
	cmd.Dir = p.Dir
	return cmd.Output()
}

// Log returns the end of what the processes said.
func (p *Program) Log() string {
	text, _ := os.ReadFile(filepath.Join(p.Dir, "log")) // none is an empty one
	return string(text[max(0, len(text)-4000):])
}

// Resident returns the memory of the process in MiB, as Linux tells it, and
// whether it does.
func (p *Program) Resident() (float64, bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.process.Process.Pid))
	if err != nil {
		return 0, false
	}
	_, line, found := strings.Cut(string(status), "VmRSS:")
	var kib float64
	_, err = fmt.Sscan(line, &kib)
	return kib / 1024, found && err == nil
}
