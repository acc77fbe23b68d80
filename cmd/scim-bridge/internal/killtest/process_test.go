package killtest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/internal/crashpoint"
)

// replica is a program that lives and dies. Its folder and its address stay.
type replica struct {
	t                    *testing.T
	dir, program, listen string
	gate                 *gate

	process *exec.Cmd
	ended   chan struct{} // closed when the process has
	logged  int           // bytes of the log that were read
	began   int64         // bytes of the log that are of earlier processes
	out     atomic.Bool   // nobody is sent there, as a load balancer would have it
}

// runs reports whether there is a process.
func (r *replica) runs() bool {
	if r.process == nil {
		return false
	}
	select {
	case <-r.ended:
		return false
	default:
		return true
	}
}

// newReplica configures a program.
func newReplica(t *testing.T, w *world) *replica {
	r := &replica{t: t, dir: filepath.Join(w.dir, fmt.Sprint("replica", len(w.replicas))), program: w.program}
	require.NoError(t, os.Mkdir(r.dir, 0o700))
	r.gate = &gate{adobe: w.adobe, kill: r.kill9, all: &w.calling}
	adobe := httptest.NewServer(r.gate)
	t.Cleanup(adobe.Close)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r.listen = free.Addr().String()
	require.NoError(t, free.Close())
	text := fmt.Sprintf(config, r.listen, w.database.store(t), token, orgID, clientID, secret, adobe.URL, actions)
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "scim-bridge.yaml"), []byte(text), 0o600))
	t.Cleanup(func() {
		if r.process != nil {
			r.kill9()
			<-r.ended
		}
	})
	return r
}

// start starts a process that is to die at a point, if one is named.
func (r *replica) start(at string) {
	log, err := os.OpenFile(filepath.Join(r.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(r.t, err)
	before, err := log.Stat()
	require.NoError(r.t, err)
	r.began = before.Size()
	cmd := exec.CommandContext(r.t.Context(), r.program, "serve")
	cmd.Dir, cmd.Stderr = r.dir, log
	cmd.Env = append(os.Environ(), crashpoint.Variable+"="+at)
	require.NoError(r.t, cmd.Start())
	ended := make(chan struct{})
	r.process, r.ended = cmd, ended
	go func() {
		_ = cmd.Wait() // how it ended is asked below
		_ = log.Close()
		close(ended)
	}()
}

// kill9 kills the process, if it still runs.
func (r *replica) kill9() { _ = r.process.Process.Kill() }

// die waits for the process to die, kills it after patience, and reports whether
// that was not needed. Calls that are still with Adobe have come to an end.
func (r *replica) die(patience time.Duration) (byItself bool) {
	select {
	case <-r.ended:
		byItself = true
	case <-time.After(patience):
		r.kill9()
		<-r.ended
	}
	require.Equal(r.t, -1, r.process.ProcessState.ExitCode(), "it ended otherwise:\n%s", r.log())
	r.gate.rest()
	return byItself
}

// terminate stops the process as an operator does.
func (r *replica) terminate() {
	require.NoError(r.t, r.process.Process.Signal(syscall.SIGTERM))
	<-r.ended
	require.Zero(r.t, r.process.ProcessState.ExitCode(), r.log())
}

// log returns the end of what the processes said.
func (r *replica) log() string {
	text, _ := os.ReadFile(filepath.Join(r.dir, "log"))
	return string(text[max(0, len(text)-4000):])
}

// newLog returns what was said since it was asked last.
func (r *replica) newLog() string {
	text, err := os.ReadFile(filepath.Join(r.dir, "log"))
	require.NoError(r.t, err)
	news := string(text[r.logged:])
	r.logged = len(text)
	return news
}

// awaitReady waits until the process answers.
func (r *replica) awaitReady() {
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get("http://" + r.listen + "/readyz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-r.ended:
			require.FailNow(r.t, "it ended", r.log())
		default:
		}
		require.True(r.t, time.Now().Before(deadline), "not ready: %v\n%s", err, r.log())
	}
}

// standing is what status says of an org.
type standing struct {
	Pending, Held, Failed map[string]int
	Subjects              []struct {
		Code, Message string
	} `json:"failed_subjects"`
}

// standing asks the process for it.
func (r *replica) standing() standing {
	cmd := exec.CommandContext(r.t.Context(), r.program, "status", "--json")
	cmd.Dir = r.dir
	out, err := cmd.Output()
	require.NoError(r.t, err, "%s\n%s", out, r.log()) // it ends with 3 when something failed or is held
	var report struct{ Orgs []standing }
	require.NoError(r.t, json.Unmarshal(out, &report))
	return report.Orgs[0]
}
