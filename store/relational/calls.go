package relational

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store/lease"
)

const (
	insertCall = `
		INSERT INTO calls (org, id, sent_at, settled_at, outcome, request_id, departures, entitlements, body)
		VALUES ($1, $2, $3, 0, '', '', $4, $5, $6)`

	settleCall = `
		UPDATE calls SET settled_at = $3, outcome = $4, request_id = $5,
			departures = departures - $6, entitlements = entitlements - $7
		WHERE org = $1 AND id = $2 AND settled_at = 0`

	callExists = `SELECT EXISTS (SELECT 1 FROM calls WHERE org = $1 AND id = $2)`

	openCalls = `SELECT body, sent_at FROM calls WHERE org = $1 AND settled_at = 0 ORDER BY sent_at, id`

	// What is not so of lost calls either has SQLite take the index.
	lostCalls = `
		SELECT body, sent_at FROM calls
		WHERE org = $1 AND sent_at > $2 AND outcome = 'lost' AND outcome <> 'not sent' ORDER BY sent_at, id`

	removedSince = `
		SELECT COALESCE(SUM(departures), 0), COALESCE(SUM(entitlements), 0) FROM calls
		WHERE org = $1 AND sent_at > $2 AND outcome <> 'not sent' AND outcome <> 'refused' AND departures + entitlements > 0`

	population = `
		SELECT (SELECT COUNT(*) FROM accounts WHERE org = $1 AND presence = 'present'),
			(SELECT COUNT(*) FROM edges WHERE org = $1)`

	sentSince = `SELECT sent_at FROM calls WHERE org = $1 AND sent_at > $2 AND outcome <> 'not sent' ORDER BY sent_at`
)

// RecordCall stores a call as sent at now, and the links.
func (s *Store) RecordCall(ctx context.Context, l *lease.Lease, c plan.Call, links []plan.Link, now time.Time) error {
	org := l.Org
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("record call %s: %w", c.ID, err)
	}
	removed := c.Removals()
	err = s.fenced(ctx, l, func(ctx context.Context, t tx) error {
		t.Later(insertCall, org, c.ID, micros(now), removed.Departures, removed.Entitlements, string(body))
		t.link(org, links)
		return nil
	})
	if err != nil {
		return fmt.Errorf("record call %s: %w", c.ID, err)
	}
	return nil
}

// settleCall closes a call, once.
func (t tx) settleCall(ctx context.Context, org string, s plan.Settlement, now time.Time) error {
	if s.Call == "" {
		return nil
	}
	n, err := t.Exec(ctx, settleCall, org, s.Call, micros(now), s.Outcome, s.RequestID,
		s.Spared.Departures, s.Spared.Entitlements)
	if err != nil || n == 1 {
		return err
	}
	var known bool
	if _, err := t.Row(ctx, callExists, []any{org, s.Call}, &known); err != nil {
		return err
	}
	if !known {
		return directory.ErrNotFound
	}
	return fmt.Errorf("it is settled already: %w", directory.ErrVersion)
}

// OpenCalls returns the calls that were recorded and not settled.
func (s *Store) OpenCalls(ctx context.Context, org string) ([]plan.SentCall, error) {
	return s.calls(ctx, "read open calls", openCalls, org)
}

// LostCalls returns the calls that were sent after t and settled as lost.
func (s *Store) LostCalls(ctx context.Context, org string, t time.Time) ([]plan.SentCall, error) {
	return s.calls(ctx, "read lost calls", lostCalls, org, micros(t))
}

func (s *Store) calls(ctx context.Context, what, query string, args ...any) ([]plan.SentCall, error) {
	var all []plan.SentCall
	err := s.read(ctx, func(ctx context.Context, c conn) error {
		return c.Each(ctx, query, args, func(row Scanner) error {
			var body []byte
			var at int64
			if err := row.Scan(&body, &at); err != nil {
				return err
			}
			call := plan.SentCall{SentAt: date(at)}
			if err := json.Unmarshal(body, &call.Call); err != nil {
				return err
			}
			all = append(all, call)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return all, nil
}

// SentSince returns when calls were sent after t, ascending; calls that were
// settled as "not sent" are left out.
func (s *Store) SentSince(ctx context.Context, org string, t time.Time) ([]time.Time, error) {
	var all []time.Time
	err := s.read(ctx, func(ctx context.Context, c conn) error {
		return c.Each(ctx, sentSince, []any{org, micros(t)}, func(row Scanner) error {
			var at int64
			err := row.Scan(&at)
			all = append(all, date(at))
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read sent calls: %w", err)
	}
	return all, nil
}

// RemovedSince sums what the calls that were sent after t took away.
func (s *Store) RemovedSince(ctx context.Context, org string, t time.Time) (plan.Removals, error) {
	return s.removals(ctx, "read what was removed", removedSince, org, micros(t))
}

// Population counts the accounts and memberships of the mirror.
func (s *Store) Population(ctx context.Context, org string) (plan.Removals, error) {
	return s.removals(ctx, "count the mirror", population, org)
}

func (s *Store) removals(ctx context.Context, what, query string, args ...any) (plan.Removals, error) {
	var r plan.Removals
	err := s.read(ctx, func(ctx context.Context, c conn) error {
		_, err := c.Row(ctx, query, args, &r.Departures, &r.Entitlements)
		return err
	})
	if err != nil {
		return plan.Removals{}, fmt.Errorf("%s: %w", what, err)
	}
	return r, nil
}
