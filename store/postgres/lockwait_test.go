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

func TestMigrate_SaysThatItIsNotShownWhoHasTheLock(t *testing.T) {
	t.Parallel()
	url, _ := locked(t)
	user, asUser, c := poor(t, url)
	name := pgx.Identifier{user}.Sanitize()
	holders, err := inTheWay(t.Context(), beside(t, asUser))
	require.NoError(t, err)
	require.Regexp(t, `^process \d+ \(report, user postgres; what it does PostgreSQL does not show user `+user+`\) has calls$`, holders)

	exec1(t, c, "GRANT pg_read_all_stats TO "+name)
	holders, err = inTheWay(t.Context(), beside(t, asUser))
	require.NoError(t, err)
	require.Regexp(t, `^process \d+ \(report, user postgres, idle in transaction\) since \d{4}-.* has calls$`, holders)
}

func TestMigrate_TriesAgainAfterADeadlock(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	exec1(t, beside(t, url), older)
	exec1(t, beside(t, url), `
		CREATE SEQUENCE tries;
		CREATE FUNCTION lose() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('tries') = 1 THEN RAISE deadlock_detected; END IF;
		END $$;
		CREATE EVENT TRIGGER lose ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION lose()`)
	wait := lockWait{lock: time.Minute, pause: time.Millisecond, tries: 2}
	_, err := migrate(t.Context(), configOf(t, url), wait, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, open(t, url).Ping(t.Context()))
}
