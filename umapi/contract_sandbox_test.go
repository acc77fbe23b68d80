package umapi_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
)

const (
	// contractPrefix begins the name of everything that a run makes. What
	// follows is when it began, and something random.
	contractPrefix = "sbct-"
	// realLag is how long a change may take to show in a real organization; 4 to
	// 8 seconds were seen.
	realLag = 15 * time.Second
	// patience is how long a story waits for a change to show.
	patience = 2 * time.Minute
	// leftOver is how old a run is at least whose traces are cleared away.
	leftOver = 6 * time.Hour
)

// access is how to reach an organization, and how to behave there.
type access struct {
	config       umapi.Config
	domain       string
	identityType umapi.IdentityType
	lag          time.Duration // until a change shows in reads
	paced        bool          // keep to the limits
}

// sandbox is an organization while a run of stories uses it.
type sandbox struct {
	access
	client *umapi.Client
	wire   *wire
	prefix string
	marker string        // a group that everybody of the run joins, so that they are found again
	listed []umapi.Group // the only listing of the run, early in it
	users  []string      // e-mails that were used
	groups []string      // names that were used
	acts   int           // stages so far
}

// stamp is a time as part of a name.
func stamp(t time.Time) string { return strconv.FormatInt(t.Unix(), 36) }

// open begins a run, and clears away at the end of t, come what may.
func open(t *testing.T, a access) *sandbox {
	t.Helper()
	b := &sandbox{access: a, prefix: contractPrefix + stamp(time.Now()) + "-" + strings.ToLower(rand.Text()[:6]) + "-"}
	b.wire = &wire{next: a.config.Transport, paced: a.paced, last: map[string]time.Time{}}
	if b.wire.next == nil {
		b.wire.next = http.DefaultTransport
	}
	b.client = b.clientWith(t, func(*umapi.Config) {})
	t.Cleanup(func() {
		if err := b.clear(); err != nil {
			t.Errorf("clear away: remove these by hand, or let a later run do it: %v", err)
		}
		b.client.CloseIdleConnections()
	})
	s := b.stage(t)
	b.marker = s.group("run")
	s.ok(umapi.Command{UserGroup: b.marker, Do: []umapi.Step{{CreateUserGroup: &umapi.CreateUserGroup{Description: "Made by a test; may be deleted."}}}})
	time.Sleep(b.lag)
	for g, err := range b.client.Groups(t.Context(), umapi.SyncStart(), umapi.SyncEnd()) {
		require.NoError(t, err)
		b.listed = append(b.listed, g)
	}
	b.clearLeftOvers(t)
	return b
}

// clientWith returns a client with another configuration than the run's.
func (b *sandbox) clientWith(t *testing.T, change func(*umapi.Config)) *umapi.Client {
	t.Helper()
	cfg := b.config
	cfg.Transport = b.wire
	change(&cfg)
	c, err := umapi.New(cfg)
	require.NoError(t, err)
	return c
}

// clear removes all that the run made: who and what is gone is no failure. While
// a user stays, the groups do too, since a later run finds the user by them.
func (b *sandbox) clear() error {
	var errs []error
	for batch := range slices.Chunk(b.users, umapi.MaxCommands) {
		var commands []umapi.Command
		for _, email := range batch {
			commands = append(commands, umapi.Command{User: email, Do: []umapi.Step{{RemoveFromOrg: &umapi.RemoveFromOrg{DeleteAccount: true}}}})
		}
		errs = append(errs, b.drop(commands))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, name := range b.groups {
		errs = append(errs, b.drop([]umapi.Command{{UserGroup: name, Do: []umapi.Step{{DeleteUserGroup: &umapi.DeleteUserGroup{}}}}}))
	}
	return errors.Join(errs...)
}

// drop sends commands that remove something.
func (b *sandbox) drop(commands []umapi.Command) error {
	reply, err := b.client.Act(context.Background(), commands) // that of a test has ended
	if err != nil {
		names := make([]string, len(commands))
		for i, c := range commands {
			names[i] = c.User + c.UserGroup
		}
		return fmt.Errorf("%s: %w", strings.Join(names, ", "), err)
	}
	var errs []error
	for _, e := range reply.Errors {
		if info, _ := umapi.Lookup(e.Code); info.Effect != umapi.EffectAbsent {
			errs = append(errs, fmt.Errorf("%s: %s: %s", e.User, e.Code, e.Message))
		}
	}
	return errors.Join(errs...)
}

// clearLeftOvers removes what older runs left behind that could not clear away:
// their groups, and the members of those that they made.
func (b *sandbox) clearLeftOvers(t *testing.T) {
	t.Helper()
	old := &sandbox{client: b.client}
	for _, g := range b.listed {
		rest, ours := strings.CutPrefix(g.Name, contractPrefix)
		began, _, _ := strings.Cut(rest, "-")
		at, err := strconv.ParseInt(began, 36, 64)
		if !ours || err != nil || time.Since(time.Unix(at, 0)) < leftOver {
			continue
		}
		old.groups = append(old.groups, g.Name)
		for u, err := range b.client.Members(t.Context(), g.Name, umapi.ExcludeGroups()) {
			require.NoError(t, err)
			if strings.HasPrefix(u.Email, contractPrefix+began+"-") && !slices.Contains(old.users, u.Email) {
				old.users = append(old.users, u.Email)
			}
		}
	}
	require.NoError(t, old.clear())
}

// wire carries the requests of a run. It keeps to the limits, and can break a
// call on its way.
type wire struct {
	next  http.RoundTripper
	paced bool

	mu        sync.Mutex
	last      map[string]time.Time
	requestID string // of the last request
	body      string // in place of the next call's, if it is not empty
}

// The least time between two requests that fits the documented limits.
const (
	betweenCalls  = time.Minute/10 + 200*time.Millisecond
	betweenReads  = time.Minute/25 + 200*time.Millisecond
	betweenGroups = time.Minute/5 + 200*time.Millisecond
)

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	kind, interval := "read", betweenReads
	switch {
	case strings.HasPrefix(r.URL.Path, "/ims/"):
		kind, interval = "token", 0
	case r.Method == http.MethodPost:
		kind, interval = "call", betweenCalls
		if w.body != "" {
			r = r.Clone(r.Context())
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(w.body)), int64(len(w.body))
			w.body = ""
		}
	case strings.Contains(r.URL.Path, "/groups/"):
		kind, interval = "groups", betweenGroups
	}
	at := time.Now()
	if turn := w.last[kind].Add(interval); w.paced && turn.After(at) {
		at = turn
	}
	w.last[kind], w.requestID = at, r.Header.Get("X-Request-Id")
	w.mu.Unlock()
	select {
	case <-time.After(time.Until(at)):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return w.next.RoundTrip(r)
}

// spoil replaces the body of the next call.
func (w *wire) spoil(body string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.body = body
}

func (w *wire) lastRequestID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requestID
}
