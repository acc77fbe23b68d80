package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store/postgres/postgrestest"
	"github.com/scim-bridge/scim-bridge/umapi"
)

func TestMain(m *testing.M) {
	testscript.Main(withServer{m}, map[string]func(){
		"scim-bridge": main,
		"scim-post":   func() { exitWith(scimPost(os.Args[1], os.Args[2])) },
		"adobe-has":   func() { exitWith(adobeHas(os.Args[1])) },
	})
}

// withServer stops the PostgreSQL server that tests started, if they did.
type withServer struct{ *testing.M }

func (w withServer) Run() int { return postgrestest.Main(w.M) }

// TestScripts runs the command as its users do. Beside the usual words of
// testscript they know:
//
//	exits CODE COMMAND...     run COMMAND, which must end with CODE
//	eventually COMMAND...     run COMMAND until it succeeds
//	signal SUBCOMMAND NAME    send TERM or KILL to the last scim-bridge SUBCOMMAND
//	stall                     begin a request to the bridge that never ends
//	stall refused             wait until the bridge takes no connections any more
//	exec scim-post PATH FILE  POST FILE to the bridge at $PORT
//	exec adobe-has EMAIL      ask the emulator at $ADOBE_PORT for a user
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			ports, err := freePorts(2)
			if err != nil {
				return err
			}
			env.Setenv("PORT", ports[0])
			env.Setenv("ADOBE_PORT", ports[1])
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":      exits,
			"eventually": eventually,
			"signal":     signalTo,
			"stall":      stall,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		e, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = e.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// eventually polls, since another process cannot be waited for otherwise.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: eventually COMMAND...")
	}
	deadline := time.Now().Add(30 * time.Second)
	for ts.Exec(args[0], args[1:]...) != nil {
		if time.Now().After(deadline) {
			ts.Fatalf("%s did not succeed", args[0])
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// signalTo sends a signal to a background process. The word kill of testscript
// knows no SIGTERM.
func signalTo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: signal SUBCOMMAND TERM|KILL")
	}
	s := map[string]os.Signal{"TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}[args[1]]
	for _, cmd := range slices.Backward(ts.BackgroundCmds()) {
		if len(cmd.Args) > 1 && cmd.Args[1] == args[0] {
			ts.Check(cmd.Process.Signal(s))
			return
		}
	}
	ts.Fatalf("no %s in the background", args[0])
}

func exitWith(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// scriptToken is the bearer token of the configurations in testdata/script.
const scriptToken = "a-token-of-at-least-32-characters"

// scimPost posts a file to the bridge, as curl would.
func scimPost(path, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	req, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:"+os.Getenv("PORT")+path, f)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+scriptToken)
	req.Header.Set("Content-Type", "application/scim+json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	_, err = io.Copy(os.Stdout, resp.Body)
	if resp.StatusCode >= http.StatusBadRequest {
		err = errors.Join(err, errors.New(resp.Status))
	}
	return err
}

// adobeHas asks the emulator for a user through the API's own endpoint.
func adobeHas(email string) error {
	root := "http://127.0.0.1:" + os.Getenv("ADOBE_PORT")
	c, err := umapi.New(umapi.Config{
		URL: root + "/v2/usermanagement", IMSURL: root, OrgID: "A1B2C3D4E5F60718293A4B5C@AdobeOrg", ClientID: "0f1e2d3c",
		ClientSecret: func() (string, error) { return "one", nil },
	})
	if err != nil {
		return err
	}
	u, err := c.User(context.Background(), email, "")
	if err != nil {
		return err
	}
	fmt.Println(u.Email, u.FirstName, u.LastName, u.Country)
	return nil
}

// stall begins a request to the bridge and never ends it, and with the
// argument "refused" waits until no further connection is accepted.
func stall(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: stall [refused]")
	}
	addr := "127.0.0.1:" + ts.Getenv("PORT")
	if len(args) == 0 {
		c, err := net.Dial("tcp", addr)
		ts.Check(err)
		ts.Defer(func() { c.Close() })
		_, err = fmt.Fprintf(c, "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"+
			"Content-Type: application/scim+json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n", scriptToken)
		ts.Check(err)
		// The server asks for the body when a handler reads it: the request runs.
		_, err = io.ReadFull(c, make([]byte, len("HTTP/1.1 100 Continue")))
		ts.Check(err)
		return
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		c.Close()
	}
	ts.Fatalf("connections are still accepted")
}

// freePorts returns ports that nobody listens on.
func freePorts(n int) ([]string, error) {
	var ports []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // after the last: no port twice
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}

func sum(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }

// writeConfig writes a configuration to a file of the test.
func writeConfig(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "scim-bridge.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}
