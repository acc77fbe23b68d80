package relational

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
		SELECT kind, CAST(SUM(pending - parked) AS BIGINT), CAST(SUM(parked) AS BIGINT),
			CAST(SUM(held) AS BIGINT), CAST(SUM(failed) AS BIGINT)
		FROM work WHERE org = $1 GROUP BY kind`

	oldestDue = `SELECT since FROM due WHERE org = $1 AND state = 'pending' ORDER BY since LIMIT 1`

	oldestStuck = `
		SELECT ` + dueColumns + `, code, message, hint FROM due
		WHERE org = $1 AND state = CAST($3 AS TEXT) AND state <> 'pending' ORDER BY since, kind, group_id, user_id LIMIT CAST($2 AS BIGINT)`

	// noteStuck leaves a line for each that wakeStuck is about to wake.
	noteStuck = `
		INSERT INTO journal (org, at, actor, request_id, user_id, group_id, event, text)
		SELECT org, CAST($5 AS BIGINT), $6, $7, CASE kind WHEN 'mirrored' THEN '' ELSE user_id END,
			CASE kind WHEN 'mirrored' THEN '' ELSE group_id END, $8, code || ': ' || message
		FROM due {by due_stuck} WHERE org = $1` + selected + ` ORDER BY since`

	// selected is a user or a group, each with its memberships, or all. The mirror's
	// have the ids of what the user or group maps to.
	selected = `
			AND state = CAST($2 AS TEXT) AND state <> 'pending'
			AND ($3 = '' OR user_id = $3 AND kind <> 'mirrored' OR kind = 'mirrored' AND user_id IN (
				SELECT l.mirror_id FROM links l WHERE l.org = $1 AND l.kind = 'user' AND l.directory_id = $3))
			AND ($4 = '' OR group_id = $4 AND kind <> 'mirrored' OR kind = 'mirrored' AND group_id IN (
				SELECT l.mirror_id FROM links l WHERE l.org = $1 AND l.kind = 'group' AND l.directory_id = $4))`

	// wakeStuck makes what is failed or held pending again, of its class but from
	// now. A leaver, whose rank is negative, left when it did.
	wakeStuck = `
		UPDATE due {by due_stuck} SET state = 'pending', generation = $5, parked = FALSE, not_before = 0, attempts = 0,
			released = released OR $7, rank = CASE WHEN rank < 0 THEN rank ELSE rank - since + CAST($6 AS BIGINT) END,
			since = CASE WHEN rank < 0 THEN since ELSE CAST($6 AS BIGINT) END
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
	err := s.snapshot(ctx, func(ctx context.Context, c conn) error {
		if err := c.Each(ctx, countDue, []any{org}, func(row Scanner) error {
			return count(row, &out)
		}); err != nil {
			return err
		}
		var oldest int64
		if _, err := c.Row(ctx, oldestDue, []any{org}, &oldest); err != nil {
			return err
		}
		out.Oldest = date(oldest)
		for state, rows := range map[string]*[]store.Stuck{stateFailed: &out.Failures, stateHeld: &out.Holds} {
			if err := c.Each(ctx, oldestStuck, []any{org, maxStuck, state}, func(row Scanner) error {
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
func count(row Scanner, out *store.Status) error {
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
	err := s.update(ctx, Wait, func(ctx context.Context, t tx) (err error) {
		n, err = t.wakeStuck(ctx, org, state, sel, o)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

// wakeStuck makes rows of a state pending again, and returns how many.
func (t tx) wakeStuck(ctx context.Context, org, state string, sel store.Selection, o directory.Origin) (int, error) {
	due, err := t.owe(ctx, org, o.At)
	if err != nil {
		return 0, err
	}
	event := "retried"
	if state == stateHeld {
		event = "released"
	}
	which := []any{org, state, sel.User, sel.Group}
	t.Later(noteStuck, append(which, micros(o.At), o.Actor, o.RequestID, event)...)
	n, err := t.Exec(ctx, wakeStuck, append(which, due.generation, micros(o.At), state == stateHeld)...)
	return int(n), err
}
