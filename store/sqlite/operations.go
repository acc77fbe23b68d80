package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

// maxFailures is how many failed rows a status shows.
const maxFailures = 20

const (
	countDue = `
		SELECT kind, SUM(pending - parked), SUM(parked), SUM(held), SUM(failed) FROM work WHERE org = ?1 GROUP BY kind`

	oldestDue = `SELECT since FROM due WHERE org = ?1 AND state = 'pending' ORDER BY since LIMIT 1`

	oldestFailures = `
		SELECT ` + dueColumns + `, code, message, hint FROM due
		WHERE org = ?1 AND state = 'failed' ORDER BY since, kind, group_id, user_id LIMIT +?2`

	retryFailed = `
		UPDATE due INDEXED BY due_failed SET state = 'pending', generation = ?2, parked = 0, not_before = 0, attempts = 0,
			rank = rank - since + ?3, since = ?3 -- of its class, but from now
		WHERE org = ?1 AND state = 'failed'`
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
		return c.each(ctx, oldestFailures, []any{org, maxFailures}, func(row scanner) error {
			var f store.Failure
			err := scanDue(row, &f.Due, &f.Problem.Code, &f.Problem.Message, &f.Problem.Hint)
			out.Failures = append(out.Failures, f)
			return err
		})
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
func (s *Store) Retry(ctx context.Context, org string, now time.Time) (int, error) {
	var n int
	err := s.update(ctx, wait, func(ctx context.Context, t *tx) (err error) {
		n, err = t.retryFailed(ctx, org, now)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("retry what failed: %w", err)
	}
	return n, nil
}

// retryFailed makes failed rows pending again, and returns how many.
func (t *tx) retryFailed(ctx context.Context, org string, now time.Time) (int, error) {
	due, err := t.owe(ctx, org, now)
	if err != nil {
		return 0, err
	}
	n, err := t.exec(ctx, retryFailed, org, due.generation, micros(now))
	return int(n), err
}
