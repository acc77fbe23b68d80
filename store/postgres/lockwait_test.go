package postgres

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// older takes back what later releases added, from the migration on that needs a lock of
// the table calls.
const older = `
	DROP INDEX calls_settled;
	DROP TABLE leases, replicas;
	DROP FUNCTION clock(), fence(TEXT, BIGINT, TEXT);
	DELETE FROM migrations WHERE version_id >= 7`

// locked is the database of an older release, in which a transaction has locked calls,
// until it is ended.
func locked(t *testing.T) (url string, end func()) {
	t.Helper()
	url = migrated(t)
	exec1(t, beside(t, url), older)
	c := beside(t, url+"&application_name=report")
	exec1(t, c, "BEGIN; LOCK TABLE calls IN ROW EXCLUSIVE MODE")
	return url, func() { exec1(t, c, "ROLLBACK") }
}

func configOf(t *testing.T, url string) *pgx.ConnConfig {
	t.Helper()
	cfg, err := parse(url)
	require.NoError(t, err)
	return cfg.ConnConfig
}

func TestMigrate_GivesUpAndSaysWhoHasTheLock(t *testing.T) {
	t.Parallel()
	url, end := locked(t)
	wait := lockWait{lock: 20 * time.Millisecond, pause: time.Millisecond, tries: 3}
	_, err := migrate(t.Context(), configOf(t, url), wait, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "(report, user postgres, idle in transaction) since ")
	require.ErrorContains(t, err, "has calls: ")
	require.ErrorContains(t, err, "SELECT pg_terminate_backend(PID)")
	end()
	require.NoError(t, open(t, url).Ping(t.Context()), "it can be begun again")
}

// onceLogged calls a function with the first record.
type onceLogged struct {
	slog.Handler
	do func()
}

func (o *onceLogged) Enabled(context.Context, slog.Level) bool { return true }

func (o *onceLogged) Handle(_ context.Context, r slog.Record) error {
	if do := o.do; do != nil && r.Level == slog.LevelWarn {
		o.do = nil
		do()
	}
	return nil
}

func TestMigrate_LetsOthersPassAndTriesAgain(t *testing.T) {
	t.Parallel()
	url, end := locked(t)
	other := beside(t, url)
	wait := lockWait{lock: 20 * time.Millisecond, pause: time.Millisecond, tries: 100}
	log := slog.New(&onceLogged{do: func() {
		// A lock that would wait behind that of the migration.
		exec1(t, other, "BEGIN; LOCK TABLE calls IN ROW EXCLUSIVE MODE NOWAIT; ROLLBACK")
		end()
	}})
	_, err := migrate(t.Context(), configOf(t, url), wait, log)
	require.NoError(t, err)
	require.NoError(t, open(t, url).Ping(t.Context()))
}
