package sqlite

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

const (
	nextToken = `
		INSERT INTO leases (org, token) VALUES ($1, 1)
		ON CONFLICT (org) DO UPDATE SET token = token + 1
		RETURNING token`

	hasToken = `SELECT token = $2 FROM leases WHERE org = $1`
)

// leases are those of this process, which nobody else can have: it has the lock of
// the file. Since that is free as soon as the process ends, so are they.
type leases struct {
	started time.Time

	mu      sync.Mutex // guards what is below
	held    map[string]held
	configs map[string]string
}

// held is the last lease of an org, and since when.
type held struct {
	*lease.Lease
	since time.Time
}

// Lease returns the right to dispatch an org, at once. The one that was given before
// is lost.
func (s *Store) Lease(ctx context.Context, org string) (*lease.Lease, error) {
	var token int64
	err := s.update(ctx, relational.Wait, func(ctx context.Context, t *tx) error {
		_, err := t.Row(ctx, nextToken, []any{org}, &token)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take lease: %w", err)
	}
	s.leases.mu.Lock()
	defer s.leases.mu.Unlock()
	if s.leases.held == nil {
		s.leases.held = make(map[string]held)
	}
	if last, ok := s.leases.held[org]; ok {
		last.Lose()
	}
	l := held{lease.New(org, token), now()}
	s.leases.held[org] = l
	return l.Lease, nil
}

// EndLease gives a lease back.
func (s *Store) EndLease(_ context.Context, l *lease.Lease) error {
	l.Lose()
	s.leases.mu.Lock()
	defer s.leases.mu.Unlock()
	if s.leases.held[l.Org].Lease == l {
		delete(s.leases.held, l.Org)
	}
	return nil
}

// fence is relational.Database.Fence.
func fence(ctx context.Context, t relational.Tx, l *lease.Lease) error {
	var is bool
	if _, err := t.Row(ctx, hasToken, []any{l.Org, l.Token}, &is); err != nil {
		return err
	}
	if !is {
		return lease.ErrLost
	}
	return nil
}

// Announce keeps by what configuration this process works.
func (s *Store) Announce(_ context.Context, configs map[string]string) error {
	s.leases.mu.Lock()
	defer s.leases.mu.Unlock()
	s.leases.configs = maps.Clone(configs)
	return nil
}

// Replicas is this process alone.
func (s *Store) Replicas(context.Context) ([]store.Replica, error) {
	s.leases.mu.Lock()
	defer s.leases.mu.Unlock()
	r := store.Replica{
		ID: "this", Name: name(), Started: s.leases.started, Seen: now(), Here: true,
		Configs: maps.Clone(s.leases.configs), Dispatches: make(map[string]time.Time),
	}
	for org, l := range s.leases.held {
		r.Dispatches[org] = l.since
	}
	return []store.Replica{r}, nil
}

// name tells people which process this is.
func name() string {
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	return host + "/" + strconv.Itoa(os.Getpid())
}

// now is the time as the store keeps it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
