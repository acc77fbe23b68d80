//go:build unix

// Package takeover measures how long an organisation is dispatched by nobody when the
// replica that does is killed, stands still or is stopped.
//
// Two replicas run on one PostgreSQL database. A user is created with the one that
// does not dispatch as soon as the other is gone; the time is until Adobe has the user.
//
//	go test ./cmd/scim-bridge/internal/takeover -v -timeout 1h -takeovers 20
package takeover

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/cmd/scim-bridge/internal/programtest"
	"github.com/scim-bridge/scim-bridge/store/postgres/postgrestest"
)

var takeovers = flag.Int("takeovers", 1, "how often the replica that dispatches goes, in each way")

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// pair are two replicas, of which one dispatches.
type pair struct {
	t        *testing.T
	database *pgx.Conn
	replicas [2]*programtest.Program
	users    int
}

func newPair(t *testing.T) *pair {
	url := postgrestest.New(t)
	p := &pair{t: t}
	c := programtest.Config{Store: url}
	p.replicas[0] = programtest.New(t, c)
	p.replicas[1] = p.replicas[0].Replica(c)
	for _, r := range p.replicas {
		r.Start()
	}
	var err error
	p.database, err = pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.database.Close(t.Context()) })
	return p
}

// holder returns who dispatches, and the other.
func (p *pair) holder() (who, other *programtest.Program) {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		var name string
		err := p.database.QueryRow(p.t.Context(), "SELECT COALESCE((SELECT r.name FROM leases l JOIN replicas r ON r.id = l.holder), '')").Scan(&name)
		require.NoError(p.t, err)
		for i, r := range p.replicas {
			if strings.HasSuffix(name, fmt.Sprint("/", r.PID())) {
				return r, p.replicas[1-i]
			}
		}
		require.True(p.t, time.Now().Before(deadline), "nobody dispatches")
	}
}

// create creates a user with a replica, and returns its address.
func (p *pair) create(with *programtest.Program) string {
	p.t.Helper()
	p.users++
	address := fmt.Sprintf("user%d@example.com", p.users)
	body := fmt.Sprintf(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": %q, "active": true,
		"name": {"givenName": "Ada", "familyName": "Byron"}, "emails": [{"value": %[1]q, "primary": true}]}`, address)
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, "http://"+with.Listen+"/scim/v2/Users", strings.NewReader(body))
	require.NoError(p.t, err)
	req.Header.Set("Authorization", "Bearer "+programtest.Token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(p.t, err)
	require.NoError(p.t, resp.Body.Close())
	require.Equal(p.t, http.StatusCreated, resp.StatusCode)
	return address
}

// await waits until Adobe has a user.
func (p *pair) await(address string) {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		for _, u := range p.replicas[0].Adobe.Users() {
			if strings.EqualFold(u.Email, address) {
				return
			}
		}
		require.True(p.t, time.Now().Before(deadline), "Adobe does not get %s", address)
	}
}

// takeOver has the replica that dispatches go, measures how long it takes until the
// other sends, and has it come back.
func (p *pair) takeOver(leave, comeBack func(who *programtest.Program)) time.Duration {
	p.t.Helper()
	who, other := p.holder()
	p.await(p.create(other)) // which wakes the one that dispatches
	began := time.Now()
	leave(who)
	p.await(p.create(other))
	took := time.Since(began)
	now, _ := p.holder()
	require.Same(p.t, other, now)
	comeBack(who)
	p.await(p.create(who))
	return took
}

// measure takes over as often as was asked for, and prints the times.
func measure(t *testing.T, leave, comeBack func(who *programtest.Program)) {
	p := newPair(t)
	var all []time.Duration
	for range *takeovers {
		all = append(all, p.takeOver(leave, comeBack).Round(time.Millisecond))
	}
	slices.Sort(all)
	t.Logf("%d take-overs: median %s, longest %s: %s", len(all), all[len(all)/2], all[len(all)-1], all)
	seen := map[string]bool{}
	for _, u := range p.replicas[0].Adobe.Users() {
		require.False(t, seen[u.Email], "%s is there twice", u.Email)
		seen[u.Email] = true
	}
	require.Len(t, seen, p.users)
}

func start(who *programtest.Program) { who.Start() }

func TestTakeOver_AfterAKill(t *testing.T) {
	t.Parallel()
	measure(t, func(who *programtest.Program) { who.Kill() }, start)
}

func TestTakeOver_AfterAGracefulStop(t *testing.T) {
	t.Parallel()
	measure(t, func(who *programtest.Program) { who.Stop() }, start)
}

func TestTakeOver_OfOneThatStandsStill(t *testing.T) {
	t.Parallel()
	measure(t, func(who *programtest.Program) { who.Signal(syscall.SIGSTOP) },
		func(who *programtest.Program) { who.Signal(syscall.SIGCONT) })
}
