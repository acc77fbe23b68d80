// Package postgrestest gives tests a PostgreSQL database each, from a server
// that it starts itself or from one that is named.
package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"slices"
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

// shared is the server that all tests of a package share.
var shared struct {
	once sync.Once
	url  *url.URL
	own  *Server // nil if the server is one that was named
	err  error
}

// Main runs tests and stops the server that they started, if they did. It
// returns the exit code.
func Main(m *testing.M) int {
	code := m.Run()
	if template.name != "" && shared.own == nil {
		_ = on(shared.url, "DROP DATABASE IF EXISTS "+template.name) // the server stays
	}
	if shared.own != nil {
		shared.own.stop()
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
		template.err = on(shared.url, "CREATE DATABASE "+template.name)
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
	shared.once.Do(begin)
	must(t, shared.err)
}

// must ends a test that has no server: it is skipped, unless one is required.
func must(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errNone) && !required() {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func newName() string { return "scim_bridge_" + strings.ToLower(rand.Text()) }

// of is the URL of a database of the server.
func of(name string) string {
	u := *shared.url
	u.Path = "/" + name
	return u.String()
}

// create makes a database and returns its URL.
func create(t testing.TB, from string) string {
	t.Helper()
	name := newName()
	if err := on(shared.url, "CREATE DATABASE "+name+from); err != nil {
		t.Fatal(err)
	}
	if shared.own == nil { // it stays, and so would the database
		t.Cleanup(func() {
			if err := on(shared.url, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
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
		shared.url, shared.err = url.Parse(named)
		return
	}
	if shared.own, shared.err = newServer(); shared.err == nil {
		shared.url = shared.own.url
	}
}
