package postgres

import (
	"context"
	"fmt"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

// maxStuck is how many failed rows, and how many held ones, a status shows.
const maxStuck = 20

const (
	countDue = `
		SELECT kind, SUM(pending - parked)::bigint, SUM(parked)::bigint, SUM(held)::bigint, SUM(failed)::bigint FROM work WHERE org = $1 GROUP BY kind`

	oldestDue = `SELECT since FROM due WHERE org = $1 AND state = 'pending' ORDER BY since LIMIT 1`

	oldestStuck = `
		SELECT ` + dueColumns + `, code, message, hint FROM due
		WHERE org = $1 AND state = $3 AND state <> 'pending' ORDER BY since, kind, group_id, user_id LIMIT $2`

	// selected is a user or a group, each with its memberships, or all. The mirror's
	// have the ids of what the user or group maps to.
	selected = `
			AND state = $4 AND state <> 'pending'
			AND ($6 = '' OR user_id = $6 AND kind <> 'mirrored' OR kind = 'mirrored' AND user_id IN (
				SELECT l.mirror_id FROM links l WHERE l.org = $1 AND l.kind = 'user' AND l.directory_id = $6))
			AND ($7 = '' OR group_id = $7 AND kind <> 'mirrored' OR kind = 'mirrored' AND group_id IN (
				SELECT l.mirror_id FROM links l WHERE l.org = $1 AND l.kind = 'group' AND l.directory_id = $7))`

	// wakeStuck makes what is failed or held pending again, of its class but from
	// now, and leaves a line for each. A leaver, whose rank is negative, left when it did.
	wakeStuck = `
		WITH noted AS (
			INSERT INTO journal (org, at, actor, request_id, user_id, group_id, event, text)
			SELECT org, $3::bigint, $8::text, $9::text, CASE kind WHEN 'mirrored' THEN '' ELSE user_id END,
				CASE kind WHEN 'mirrored' THEN '' ELSE group_id END, $10::text, code || ': ' || message
			FROM due WHERE org = $1` + selected + ` ORDER BY since)
		UPDATE due SET state = 'pending', generation = $2, parked = FALSE, not_before = 0, attempts = 0,
			released = released OR $5, rank = CASE WHEN rank < 0 THEN rank ELSE rank - since + $3::bigint END,
			since = CASE WHEN rank < 0 THEN since ELSE $3::bigint END
		WHERE org = $1` + selected
)

// Status counts what is due, by kind and state.
func (s *Store) Status(ctx context.Context, org string) (store.Status, error) {
	out := store.Status{
		Pending: make(map[plan.Kind]int),
		Parked:  make(map[plan.Kind]int),
		Held:    make(map[plan.Kind]int),
		Failed:  make(map[plan.Kind]int),
	}
	err := s.snapshot(ctx, func(ctx context.Context, c *conn) error {
		if err := c.each(ctx, countDue, []any{org}, func(row scanner) error {
			return count(row, &out)
		}); err != nil {
			return err
		}
		var oldest int64
		if _, err := c.row(ctx, oldestDue, []any{org}, &oldest); err != nil {
			return err
		}
		out.Oldest = date(oldest)
		for state, rows := range map[string]*[]store.Stuck{stateFailed: &out.Failures, stateHeld: &out.Holds} {
			if err := c.each(ctx, oldestStuck, []any{org, maxStuck, state}, func(row scanner) error {
				var s store.Stuck
				err := scanDue(row, &s.Due, &s.Problem.Code, &s.Problem.Message, &s.Problem.Hint)
				*rows = append(*rows, s)
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return store.Status{}, fmt.Errorf("read status: %w", err)
	}
	return out, nil
}

// count adds one line of countDue to a status.
func count(row scanner, out *store.Status) error {
	var kind plan.Kind
	var pending, parked, held, failed int
	if err := row.Scan(&kind, &pending, &parked, &held, &failed); err != nil {
		return err
	}
	for _, c := range []struct {
		of map[plan.Kind]int
		n  int
	}{{out.Pending, pending}, {out.Parked, parked}, {out.Held, held}, {out.Failed, failed}} {
		if c.n > 0 {
			c.of[kind] = c.n
		}
	}
	return nil
}

// Retry makes failed rows pending again, and returns how many.
func (s *Store) Retry(ctx context.Context, org string, sel store.Selection, o directory.Origin) (int, error) {
	return s.wakeStuck(ctx, "retry what failed", org, stateFailed, sel, o)
}

// Release makes held rows pending again, past the brakes, and returns how many.
func (s *Store) Release(ctx context.Context, org string, sel store.Selection, o directory.Origin) (int, error) {
	return s.wakeStuck(ctx, "release what is held", org, stateHeld, sel, o)
}

func (s *Store) wakeStuck(ctx context.Context, what, org, state string, sel store.Selection, o directory.Origin) (int, error) {
	var n int
	err := s.update(ctx, wait, func(ctx context.Context, t *tx) (err error) {
		n, err = t.wakeStuck(ctx, org, state, sel, o)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

// wakeStuck makes rows of a state pending again, and returns how many.
func (t *tx) wakeStuck(ctx context.Context, org, state string, sel store.Selection, o directory.Origin) (int, error) {
	due, err := t.owe(ctx, org, o.At)
	if err != nil {
		return 0, err
	}
	event := "retried"
	if state == stateHeld {
		event = "released"
	}
	n, err := t.exec(ctx, wakeStuck, org, due.generation, micros(o.At), state, state == stateHeld, sel.User, sel.Group,
		o.Actor, o.RequestID, event)
	return int(n), err
}
