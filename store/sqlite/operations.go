package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

// maxStuck is how many failed rows, and how many held ones, a status shows.
const maxStuck = 20

const (
	countDue = `
		SELECT kind, SUM(pending - parked), SUM(parked), SUM(held), SUM(failed) FROM work WHERE org = ?1 GROUP BY kind`

	oldestDue = `SELECT since FROM due WHERE org = ?1 AND state = 'pending' ORDER BY since LIMIT 1`

	oldestStuck = `
		SELECT ` + dueColumns + `, code, message, hint FROM due
		WHERE org = ?1 AND state = +?3 AND state <> 'pending' ORDER BY since, kind, group_id, user_id LIMIT +?2`

	// wakeStuck makes what is failed or held pending again, of its class but from
	// now. What is selected is a user or a group, each with its memberships, or all.
	wakeStuck = `
		UPDATE due INDEXED BY due_stuck SET state = 'pending', generation = ?2, parked = 0, not_before = 0, attempts = 0,
			released = MAX(released, ?5), rank = rank - since + ?3, since = ?3
		WHERE org = ?1 AND state = +?4 AND state <> 'pending'
			AND (?6 = '' OR user_id = ?6 AND kind <> 'mirrored') AND (?7 = '' OR group_id = ?7 AND kind <> 'mirrored')`
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

// Retry makes failed rows pending again, now, and returns how many.
func (s *Store) Retry(ctx context.Context, org string, sel store.Selection, now time.Time) (int, error) {
	return s.wakeStuck(ctx, "retry what failed", org, stateFailed, sel, now)
}

// Release makes held rows pending again, now, past the brakes, and returns how many.
func (s *Store) Release(ctx context.Context, org string, sel store.Selection, now time.Time) (int, error) {
	return s.wakeStuck(ctx, "release what is held", org, stateHeld, sel, now)
}

func (s *Store) wakeStuck(ctx context.Context, what, org, state string, sel store.Selection, now time.Time) (int, error) {
	var n int
	err := s.update(ctx, wait, func(ctx context.Context, t *tx) (err error) {
		n, err = t.wakeStuck(ctx, org, state, sel, now)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

// wakeStuck makes rows of a state pending again, and returns how many.
func (t *tx) wakeStuck(ctx context.Context, org, state string, sel store.Selection, now time.Time) (int, error) {
	due, err := t.owe(ctx, org, now)
	if err != nil {
		return 0, err
	}
	n, err := t.exec(ctx, wakeStuck, org, due.generation, micros(now), state, flag(state == stateHeld), sel.User, sel.Group)
	return int(n), err
}
