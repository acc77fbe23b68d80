package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

const (
	// leaseFor is how long a lease lasts that nobody renews: what a replica that was
	// killed keeps others waiting.
	leaseFor = 10 * time.Second
	// renewEvery is often enough that two renewals may fail.
	renewEvery = 3 * time.Second
	// leaseMargin is how long before its end a lease is no longer relied on: what a
	// request takes to go out, and what two clocks may differ by in ten seconds.
	leaseMargin = 2 * time.Second
	// seenFor is how long ago a replica may have been seen that is there.
	seenFor = 15 * time.Second
	// leaseLook is how long a lease is waited for without looking again.
	leaseLook = time.Minute
)

// codeFenced is raised by the function fence: see its migration.
const codeFenced = "SB002"

const (
	// leaseWait is for how long nobody else may take the lease.
	leaseWait = `SELECT CASE holder WHEN '' THEN 0 WHEN $2 THEN 0 ELSE expires - clock() END FROM leases WHERE org = $1`

	newLease = `INSERT INTO leases (org, token, holder, since, expires) VALUES ($1, 0, '', 0, 0) ON CONFLICT DO NOTHING`

	takeLease = `
		UPDATE leases SET token = token + 1, holder = $2, since = clock(), expires = clock() + $3
		WHERE org = $1 AND (holder = '' OR holder = $2 OR expires <= clock())
		RETURNING token`

	endLease = `UPDATE leases SET holder = '', expires = 0 WHERE org = $1 AND token = $2 AND holder = $3`

	allReplicas = `
		SELECT r.id, r.name, r.started, r.seen, r.seen < clock() - $2::bigint, r.id = $1, r.configs,
			(SELECT COALESCE(jsonb_object_agg(l.org, l.since), '{}') FROM leases l WHERE l.holder = r.id AND l.expires > clock())
		FROM replicas r ORDER BY r.started, r.id`
)

// Lease waits until no other process has the lease of an org, and takes it.
func (s *Store) Lease(ctx context.Context, org string) (*lease.Lease, error) {
	for {
		free := s.keep.free(org)
		wait, err := s.leaseWait(ctx, org)
		if err != nil {
			return nil, fmt.Errorf("take lease: %w", err)
		}
		if wait <= 0 {
			l, err := s.takeLease(ctx, org)
			if err != nil {
				return nil, fmt.Errorf("take lease: %w", err)
			}
			if l != nil {
				return l, nil
			}
			continue // another was faster
		}
		select {
		case <-free:
		case <-time.After(min(wait, leaseLook)):
		case <-s.write.Closing():
			return nil, relational.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// leaseWait is how long the lease of an org cannot be had unless it is given back.
func (s *Store) leaseWait(ctx context.Context, org string) (time.Duration, error) {
	var left int64
	err := s.read(ctx, func(ctx context.Context, c *conn) error {
		_, err := c.Row(ctx, leaseWait, []any{org, s.heard.id}, &left)
		return err
	})
	return time.Duration(left) * time.Microsecond, err
}

// takeLease takes the lease of an org, or returns nil if another process has it.
func (s *Store) takeLease(ctx context.Context, org string) (*lease.Lease, error) {
	var token int64
	asked := time.Now()
	err := s.update(ctx, relational.Wait, func(ctx context.Context, t *tx) error {
		token = 0
		t.Later(newLease, org)
		_, err := t.Row(ctx, takeLease, []any{org, s.heard.id, leaseFor.Microseconds()}, &token)
		return err
	})
	if err != nil || token == 0 {
		return nil, err
	}
	l := lease.New(org, token)
	l.Until(asked.Add(leaseFor - leaseMargin))
	s.keep.took(l)
	return l, nil
}

// EndLease gives a lease back, and tells those who wait for it.
func (s *Store) EndLease(ctx context.Context, l *lease.Lease) error {
	l.Lose()
	s.keep.lost(l)
	err := s.update(ctx, relational.Wait, func(ctx context.Context, t *tx) error {
		t.Later(endLease, l.Org, l.Token, s.heard.id)
		t.Later("SELECT pg_notify($1, $2)", s.heard.channel, s.heard.message(saidFree, l.Org))
		return nil
	})
	if err != nil {
		return fmt.Errorf("give lease back: %w", err)
	}
	return nil
}

// fence is relational.Database.Fence. That it fails shows with what follows, see unfenced.
func (s *Store) fence(_ context.Context, t relational.Tx, l *lease.Lease) error {
	t.Later("SELECT fence($1, $2, $3)", l.Org, l.Token, s.heard.id)
	return nil
}

// unfenced makes of the error of a write what the contract has for one under a lease
// that is lost.
func unfenced(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == codeFenced {
		return lease.ErrLost
	}
	return err
}

// Announce tells other processes by what configuration this one works.
func (s *Store) Announce(ctx context.Context, configs map[string]string) error {
	if err := s.keep.announce(ctx, configs); err != nil {
		return fmt.Errorf("announce configuration: %w", err)
	}
	return nil
}

// Replicas are the processes that have the database open, and those that were
// there lately.
func (s *Store) Replicas(ctx context.Context) ([]store.Replica, error) {
	var all []store.Replica
	err := s.read(ctx, func(ctx context.Context, c *conn) error {
		return c.Each(ctx, allReplicas, []any{s.heard.id, seenFor.Microseconds()}, func(row relational.Scanner) error {
			r, err := scanReplica(row)
			all = append(all, r)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read replicas: %w", err)
	}
	return all, nil
}

func scanReplica(row relational.Scanner) (store.Replica, error) {
	r := store.Replica{Dispatches: make(map[string]time.Time)}
	var started, seen int64
	var configs, leases []byte
	if err := row.Scan(&r.ID, &r.Name, &started, &seen, &r.Gone, &r.Here, &configs, &leases); err != nil {
		return r, err
	}
	r.Started, r.Seen = time.UnixMicro(started).UTC(), time.UnixMicro(seen).UTC()
	since := make(map[string]int64)
	if err := errors.Join(json.Unmarshal(configs, &r.Configs), json.Unmarshal(leases, &since)); err != nil {
		return r, err
	}
	for org, at := range since {
		r.Dispatches[org] = time.UnixMicro(at).UTC()
	}
	return r, nil
}
