// Package postgrestest gives tests a PostgreSQL database each, from a server
// that it starts itself or from one that is named.
package postgrestest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// URLVariable names a variable with the URL of a database on a server to test
// on. Its user must be allowed to create databases.
const URLVariable = "SCIM_BRIDGE_TEST_POSTGRES"

// requireVariable names a variable of what must not be skipped.
const requireVariable = "SCIM_BRIDGE_TEST_REQUIRE"

// errNone says how to get a server where there is none.
var errNone = errors.New("no PostgreSQL: install it (apt-get install postgresql), or set " + URLVariable +
	" to the URL of a server, such as postgres://postgres@127.0.0.1/postgres")

// server is the one that all tests of a package share.
var server struct {
	once sync.Once
	url  *url.URL
	err  error
	stop func()
}

// Main runs tests and stops the server that they started, if they did. It
// returns the exit code.
func Main(m *testing.M) int {
	code := m.Run()
	if template.name != "" && server.stop == nil {
		_ = on(server.url, "DROP DATABASE IF EXISTS "+template.name) // the server stays
	}
	if server.stop != nil {
		server.stop()
	}
	return code
}

// template is the database that others are copied from, once it is made.
var template struct {
	once sync.Once
	name string
	err  error
}

// New makes an empty database for a test and returns its URL. It is gone
// after the test. Without a server the test is skipped, or fails if it is required.
func New(t testing.TB) string {
	t.Helper()
	need(t)
	return create(t, "")
}

// Copy makes a database for a test as New does, of one that was filled by fill
// and by nothing else. It is filled once: all calls must mean the same.
func Copy(t testing.TB, fill func(url string) error) string {
	t.Helper()
	need(t)
	template.once.Do(func() {
		template.name = newName()
		template.err = on(server.url, "CREATE DATABASE "+template.name)
		if template.err == nil {
			template.err = fill(of(template.name))
		}
	})
	if template.err != nil {
		t.Fatal(template.err)
	}
	return create(t, " TEMPLATE "+template.name)
}

// need finds or starts the server.
func need(t testing.TB) {
	t.Helper()
	server.once.Do(begin)
	if errors.Is(server.err, errNone) && !required() {
		t.Skip(server.err)
	}
	if server.err != nil {
		t.Fatal(server.err)
	}
}

func newName() string { return "scim_bridge_" + strings.ToLower(rand.Text()) }

// of is the URL of a database of the server.
func of(name string) string {
	u := *server.url
	u.Path = "/" + name
	return u.String()
}

// create makes a database and returns its URL.
func create(t testing.TB, from string) string {
	t.Helper()
	name := newName()
	if err := on(server.url, "CREATE DATABASE "+name+from); err != nil {
		t.Fatal(err)
	}
	if server.stop == nil { // it stays, and so would the database
		t.Cleanup(func() {
			if err := on(server.url, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
				t.Error(err)
			}
		})
	}
	return of(name)
}

func required() bool {
	return slices.Contains(strings.Split(os.Getenv(requireVariable), ","), "postgres")
}

// on runs a statement on a server.
func on(server *url.URL, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, server.String())
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, statement)
	return errors.Join(err, c.Close(ctx))
}

// begin finds the server that is named, or starts one.
func begin() {
	if named := os.Getenv(URLVariable); named != "" {
		server.url, server.err = url.Parse(named)
		return
	}
	server.url, server.stop, server.err = start()
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

// start makes a server and runs it until stop. It does not wait for the disk:
// what is on it when a test ends is of no use to anybody.
func start() (at *url.URL, stop func(), err error) {
	initdb, err := program("initdb")
	if err != nil {
		return nil, nil, err
	}
	postgres, err := program("postgres")
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "scim-bridge-postgres-")
	if err != nil {
		return nil, nil, err
	}
	remove := func() { _ = os.RemoveAll(dir) } // the system does, if we cannot
	data := filepath.Join(dir, "data")
	if err := give(dir); err != nil {
		remove()
		return nil, nil, err
	}
	if err := run(exec.Command(initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync")); err != nil {
		remove()
		return nil, nil, err
	}
	port, err := freePort()
	if err != nil {
		remove()
		return nil, nil, err
	}
	cmd := exec.Command(postgres, "-D", data, "-c", "listen_addresses=127.0.0.1", "-c", "port="+port,
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "autovacuum=off", "-c", "jit=off", "-c", "max_wal_size=4GB", "-c", "checkpoint_timeout=1h",
		"-c", "max_connections=300", "-c", "shared_buffers=16MB", "-c", "log_min_messages=fatal")
	unprivileged(cmd)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		remove()
		return nil, nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop = func() {
		_ = cmd.Process.Kill() // it has nothing to keep
		<-ended                //nolint:errcheck // it was killed
		remove()
	}
	at = &url.URL{Scheme: "postgres", User: url.User("postgres"), Host: "127.0.0.1:" + port, Path: "/postgres", RawQuery: "sslmode=disable"}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if err = on(at, "SELECT 1"); err == nil {
			return at, stop, nil
		}
		select {
		case err := <-ended:
			remove()
			return nil, nil, fmt.Errorf("start PostgreSQL: %w: %s", err, said.String())
		default:
		}
		if time.Now().After(deadline) {
			stop()
			return nil, nil, fmt.Errorf("start PostgreSQL: %w", err)
		}
	}
}

func run(cmd *exec.Cmd) error {
	unprivileged(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, out)
	}
	return nil
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
