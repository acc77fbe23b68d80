package programtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/bridge"
)

// Start starts a process and waits until it is ready.
func (p *Program) Start() {
	p.t.Helper()
	p.Launch()
	p.AwaitReady()
}

// Launch starts a process, with further variables in its environment.
func (p *Program) Launch(variables ...string) {
	p.t.Helper()
	log, err := os.OpenFile(filepath.Join(p.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(p.t, err)
	cmd := exec.CommandContext(p.t.Context(), p.path, "serve")
	cmd.Dir, cmd.Stderr, cmd.Env = p.Dir, log, append(os.Environ(), variables...)
	require.NoError(p.t, cmd.Start())
	ended := make(chan struct{})
	p.process, p.ended = cmd, ended
	go func() {
		_ = cmd.Wait() // how it ended is asked by Stop and Die
		_ = log.Close()
		close(ended)
	}()
}

// AwaitReady waits until the process is ready.
func (p *Program) AwaitReady() {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get("http://" + p.Listen + "/readyz")
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if !p.Runs() {
			require.FailNow(p.t, "it ended", p.Log())
		}
		require.True(p.t, time.Now().Before(deadline), "not ready: %v\n%s", err, p.Log())
	}
}

// Runs reports whether there is a process.
func (p *Program) Runs() bool {
	if p.process == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// PID is the number of the process.
func (p *Program) PID() int { return p.process.Process.Pid }

// Signal sends the process a signal.
func (p *Program) Signal(s os.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.process.Process.Signal(s))
}

// Stop stops the process as an operator does.
func (p *Program) Stop() {
	p.t.Helper()
	p.Signal(syscall.SIGTERM)
	<-p.ended
	require.Zero(p.t, p.process.ProcessState.ExitCode(), p.Log())
}

// Kill kills the process, if it still runs.
func (p *Program) Kill() {
	_ = p.process.Process.Kill() // which fails if it has ended
	<-p.ended
}

// Die waits for the process to be killed, kills it after patience, and reports
// whether that was not needed.
func (p *Program) Die(patience time.Duration) (byItself bool) {
	p.t.Helper()
	select {
	case <-p.ended:
		byItself = true
	case <-time.After(patience):
		p.Kill()
	}
	require.Equal(p.t, -1, p.process.ProcessState.ExitCode(), "it ended otherwise:\n%s", p.Log())
	return byItself
}

// Synced waits until Adobe has followed in everything, and reports whether it did
// within a time. What failed or is held fails the test.
func (p *Program) Synced(within time.Duration) bool {
	p.t.Helper()
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		text, err := p.Run("status", "--json")
		require.NoError(p.t, err, "%s\n%s", text, p.Log())
		var report bridge.StatusReport
		require.NoError(p.t, json.Unmarshal(text, &report))
		if report.Orgs[0].Waiting().Total() == 0 {
			return true
		}
	}
	return false
}

// Output returns what the processes said.
func (p *Program) Output() string {
	text, _ := os.ReadFile(filepath.Join(p.Dir, "log")) // none is an empty one
	return string(text)
}

// Log returns the end of what the processes said.
func (p *Program) Log() string {
	text := p.Output()
	return text[max(0, len(text)-4000):]
}

// Resident returns the memory of the process in MiB, as Linux tells it, and
// whether it does.
func (p *Program) Resident() (float64, bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		return 0, false
	}
	_, line, found := strings.Cut(string(status), "VmRSS:")
	var kib float64
	_, err = fmt.Sscan(line, &kib)
	return kib / 1024, found && err == nil
}
