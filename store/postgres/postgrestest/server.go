package postgrestest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// Server is a server on this machine. It and its data are gone soon after the
// test process, however that ends.
//
// It does not wait for the disk. What it acknowledged outlives [Server.Crash] all
// the same, since the system does.
type Server struct {
	program, dir, port string
	url                *url.URL
	guard              *guard

	process *exec.Cmd
	said    *bytes.Buffer
	ended   chan error
}

// NewServer starts a server that a test has for itself, to treat it badly.
// It is made with further options of initdb. Without PostgreSQL the test is skipped, or
// fails if it is required.
func NewServer(t testing.TB, options ...string) *Server {
	t.Helper()
	s, err := newServer(options...)
	must(t, err)
	t.Cleanup(s.stop)
	return s
}

// URL names a database of the server, which is empty at first.
func (s *Server) URL() string { return s.url.String() }

// Exec runs a statement.
func (s *Server) Exec(statement string) error { return on(s.url, statement) }

// Crash ends the server as a power cut would, but for what the system keeps: nothing
// is finished, and the next start must recover.
func (s *Server) Crash() {
	_ = immediately(s.process.Process) // if it cannot, it hangs, and whoever waits sees it
	<-s.ended                          //nolint:errcheck // it was ended
}

// Wait waits until the server has ended by itself.
func (s *Server) Wait() {
	<-s.ended //nolint:errcheck // it does so for a reason that the test knows
}

// Start starts the server again, after Crash or Wait, and returns when it answers.
func (s *Server) Start() error {
	s.process = exec.Command(s.program, "-D", filepath.Join(s.dir, "data"), "-c", "listen_addresses=127.0.0.1", "-c", "port="+s.port,
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "autovacuum=off", "-c", "jit=off", "-c", "max_wal_size=4GB", "-c", "checkpoint_timeout=1h",
		"-c", "max_connections=300", "-c", "shared_buffers=16MB", "-c", "log_min_messages=fatal")
	unprivileged(s.process)
	cmd, said, ended := s.process, new(bytes.Buffer), make(chan error, 1)
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		return err
	}
	s.said, s.ended = said, ended
	go func() { ended <- cmd.Wait() }()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		err := on(s.url, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("start PostgreSQL: %w: %s", err, said)
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("start PostgreSQL: %w", err)
		}
	}
}

// stop ends the server and removes its data: the guard does both.
func (s *Server) stop() { s.guard.stop() }

// newServer makes a server and starts it.
func newServer(options ...string) (s *Server, err error) {
	s = &Server{}
	initdb, err := program("initdb")
	if err != nil {
		return nil, err
	}
	if s.program, err = program("postgres"); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "scim-bridge-postgres-"); err != nil {
		return nil, err
	}
	if s.guard, err = newGuard(s.dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	if err := s.make(initdb, options); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// make makes the data and starts the server.
func (s *Server) make(initdb string, options []string) error {
	if err := give(s.dir); err != nil {
		return err
	}
	cmd := exec.Command(initdb, append(options, "-D", filepath.Join(s.dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync")...)
	unprivileged(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	var err error
	if s.port, err = freePort(); err != nil {
		return err
	}
	s.url = &url.URL{Scheme: "postgres", User: url.User("postgres"), Host: "127.0.0.1:" + s.port, Path: "/postgres", RawQuery: "sslmode=disable"}
	return s.Start()
}

// program finds one of PostgreSQL's programs. Debian keeps them out of PATH.
func program(name string) (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if len(found) > 0 {
		return found[0], nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", errNone
	}
	return path, nil
}

// version is that of a program in a folder such as /usr/lib/postgresql/15/bin.
func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// freePort finds a port that nobody listens on.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}
