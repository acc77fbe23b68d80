package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// lockWait is how a migration waits for locks.
type lockWait struct {
	lock  time.Duration // for one; nobody who comes later gets theirs meanwhile
	pause time.Duration // in which the others get theirs
	tries int
}

// migrationWait gives up after a minute.
var migrationWait = lockWait{lock: 2 * time.Second, pause: 4 * time.Second, tries: 10}

// each tries a step until it is done, fails, or has been tried often enough. c tells who
// is in the way.
func (w lockWait) each(ctx context.Context, c *pgx.Conn, log *slog.Logger, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if !lockedOut(err) {
			return err
		}
		holders, lookErr := inTheWay(ctx, c)
		if lookErr != nil {
			return errors.Join(err, lookErr)
		}
		if try == w.tries {
			return fmt.Errorf("a table is locked by others for too long, nothing waits behind it any more: %s: "+
				"let them end, or end them with SELECT pg_terminate_backend(PID), and start again: %w", holders, err)
		}
		log.WarnContext(ctx, "a migration waits for a table that others have locked", "locked_by", holders, "try", try, "of", w.tries)
		select {
		case <-time.After(w.pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lockedOut reports whether a lock was waited for in vain. In a deadlock, which is looked
// for after a second (deadlock_timeout), it is the one of two that is ended.
func lockedOut(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "55P03" || pg.Code == "40P01") // lock_not_available, deadlock_detected
}

// lockHolders are the oldest transactions that have locked tables of the bridge. What
// others are at, and since when, PostgreSQL shows only to some
// (https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-STATS-VIEWS).
const lockHolders = `
	SELECT format('process %s (%s, user %s%s has %s', a.pid, COALESCE(NULLIF(a.application_name, ''), 'no name'), COALESCE(a.usename, 'of the server'),
		CASE WHEN a.state IS NULL AND a.xact_start IS NULL THEN format('; what it does PostgreSQL does not show user %s)', current_user)
			ELSE format(', %s)%s', COALESCE(a.state, 'at work'), ' since ' || to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ')) END,
		string_agg(DISTINCT l.relation::regclass::text, ' '))
	FROM pg_locks l JOIN pg_class t ON t.oid = l.relation AND t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r'
		JOIN pg_stat_activity a ON a.pid = l.pid
	WHERE l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND a.pid <> pg_backend_pid()
	GROUP BY a.pid, a.application_name, a.usename, a.state, a.xact_start ORDER BY a.xact_start LIMIT 3`

// inTheWay says who has locked tables, the oldest first.
func inTheWay(ctx context.Context, c *pgx.Conn) (string, error) {
	rows, err := c.Query(ctx, lockHolders)
	if err != nil {
		return "", fmt.Errorf("look who has locked tables: %w", err)
	}
	holders, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", fmt.Errorf("look who has locked tables: %w", err)
	}
	if len(holders) == 0 {
		return "nobody any more", nil
	}
	return strings.Join(holders, "; "), nil
}
