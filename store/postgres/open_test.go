package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/store/postgres/postgrestest"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

// writeUntilKilled names the variable that makes the test binary the child of
// TestOpen_AfterKillHoldsAllThatWasAcknowledged.
const writeUntilKilled = "SCIM_BRIDGE_TEST_WRITE_UNTIL_KILLED"

func TestMain(m *testing.M) {
	if url := os.Getenv(writeUntilKilled); url != "" {
		fmt.Fprintln(os.Stderr, writeUsers(url))
		os.Exit(1)
	}
	os.Exit(postgrestest.Main(m))
}

// writeUsers creates users, eight at a time, and prints the id of each that is
// acknowledged, without end.
func writeUsers(url string) error {
	ctx := context.Background()
	s, err := Open(ctx, url, Options{})
	if err != nil {
		return err
	}
	errs := make(chan error)
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				if _, err := s.CreateUser(ctx, "acme", user(id), directory.Origin{}); err != nil {
					errs <- err
					return
				}
				os.Stdout.WriteString(id + "\n")
			}
		}()
	}
	return <-errs
}

func user(id string) directory.User {
	return directory.User{
		Meta:     directory.Meta{ID: id},
		Document: fmt.Appendf(nil, `{"userName": "%s@example.com"}`, id),
	}
}

// beside connects to a database past the store.
func beside(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close(context.Background())) })
	return c
}

func exec1(t testing.TB, c *pgx.Conn, query string, args ...any) {
	t.Helper()
	_, err := c.Exec(t.Context(), query, args...)
	require.NoError(t, err)
}

func TestOpen_AfterKillHoldsAllThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	total := 0
	for range 2 { // the second finds what the first left
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), writeUntilKilled+"="+url)
		child.Stderr = t.Output()
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		var acknowledged []string
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			acknowledged = append(acknowledged, lines.Text())
			if len(acknowledged) == 200 {
				require.NoError(t, child.Process.Kill())
			}
		}
		require.Error(t, child.Wait(), "it was killed")
		require.GreaterOrEqual(t, len(acknowledged), 200)
		total += len(acknowledged)

		s, err := Open(t.Context(), url, Options{})
		require.NoError(t, err)
		for _, id := range acknowledged {
			_, err := s.User(t.Context(), "acme", id)
			require.NoError(t, err)
		}
		// Each user that is there, acknowledged or not, is there with its due row.
		all, err := s.Users(t.Context(), "acme", filter.Query{}, directory.Page{})
		require.NoError(t, err)
		require.GreaterOrEqual(t, all.Total, total)
		status, err := s.Status(t.Context(), "acme")
		require.NoError(t, err)
		require.Equal(t, all.Total, status.Pending[plan.KindUser])
		require.NoError(t, s.Close())
	}
}

func TestOpen_OfSeveralAtOnceOneMigrates(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	errs := make(chan error)
	for range 4 {
		go func() {
			s, err := Open(t.Context(), url, Options{})
			if err == nil {
				err = errors.Join(s.Ping(t.Context()), s.Close())
			}
			errs <- err
		}()
	}
	for range 4 {
		require.NoError(t, <-errs)
	}
}

func TestOpen_AgainHoldsEverything(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	first, err := Open(t.Context(), url, Options{})
	require.NoError(t, err)
	_, err = first.CreateUser(t.Context(), "acme", user("ada"), directory.Origin{})
	require.NoError(t, err)
	require.NoError(t, first.Close())
	require.NoError(t, first.Close(), "closing twice is harmless")
	_, err = open(t, url).User(t.Context(), "acme", "ada")
	require.NoError(t, err)
}

// newer is what a newer release leaves that added to the tables.
const newer = "INSERT INTO migrations (version_id, is_applied) VALUES (9999, TRUE)"

func TestOpen_WorksWithWhatANewerReleaseAddedTo(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	running := open(t, url)
	exec1(t, beside(t, url), newer)
	for _, s := range []*Store{running, open(t, url)} {
		_, err := s.CreateUser(t.Context(), "acme", user(s.heard.id), directory.Origin{})
		require.NoError(t, err)
		require.NoError(t, s.Ping(t.Context()))
	}
}

func TestOpen_StopsWritingWhenANewerReleaseChangedTooMuch(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	s := open(t, url)
	l, err := s.Lease(t.Context(), "acme")
	require.NoError(t, err)
	exec1(t, beside(t, url), newer+"; UPDATE bridge SET oldest = 9999")
	_, err = s.CreateUser(t.Context(), "acme", user("ada"), directory.Origin{})
	require.ErrorIs(t, err, errOutdated)
	require.ErrorIs(t, s.Ping(t.Context()), errOutdated)
	_, err = s.User(t.Context(), "acme", "ada")
	require.ErrorIs(t, err, directory.ErrNotFound)
	require.NoError(t, s.keep.renew(t.Context()))
	require.ErrorIs(t, l.Held(), lease.ErrLost, "another may have it")
}

func TestOpen_RefusesWhatIsNotItsOwnAndLeavesIt(t *testing.T) {
	t.Parallel()
	const tables = `SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`
	for name, tt := range map[string]struct {
		url  func(t testing.TB) string
		make string
		want string
	}{
		"a database of another program":    {postgrestest.New, "CREATE TABLE users (id TEXT)", "holds tables of another program (users)"},
		"one that has a table of our name": {postgrestest.New, "CREATE TABLE bridge (id TEXT)", "holds tables of another program (bridge)"},
		"a database of a newer release":    {migrated, newer + "; UPDATE bridge SET oldest = 9999", "newer release"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := tt.url(t)
			c := beside(t, url)
			exec1(t, c, tt.make)
			var before, after string
			require.NoError(t, c.QueryRow(t.Context(), tables).Scan(&before))
			_, err := Open(t.Context(), url, Options{})
			require.ErrorContains(t, err, tt.want)
			require.ErrorContains(t, Check(t.Context(), url), tt.want)
			require.NoError(t, c.QueryRow(t.Context(), tables).Scan(&after))
			require.Equal(t, before, after)
		})
	}
}

func TestOpen_FinishesMigrationThatHadOnlyBegun(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	exec1(t, beside(t, url), `CREATE TABLE migrations (id INTEGER PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
		version_id BIGINT NOT NULL, is_applied BOOLEAN NOT NULL, tstamp TIMESTAMP NOT NULL DEFAULT now());
		INSERT INTO migrations (version_id, is_applied) VALUES (0, TRUE)`) // as far as a kill may have let it come
	require.NoError(t, open(t, url).Ping(t.Context()))
}

func TestOpen_CommitsToDiskWhateverTheServersDefault(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	c := beside(t, url)
	exec1(t, c, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`)
	s := open(t, url)
	require.NoError(t, s.update(t.Context(), relational.Wait, func(ctx context.Context, w *tx) error {
		var got string
		_, err := w.Row(ctx, "SHOW synchronous_commit", nil, &got)
		require.Equal(t, "on", got)
		return err
	}))
}

func TestOpen_ShowsNoPassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://bridge:s3cret@127.0.0.1:1/bridge",
		"postgres://bridge:s3cret@127.0.0.1:1",
		"postgres://bridge:s3c/s3cret@127.0.0.1:1/bridge",
		"postgres://bridge:12/s3cret@127.0.0.1:1/bridge",
		"postgres://bridge:#s3cret@127.0.0.1:1/bridge",
		"postgres://bridge:?s3cret@127.0.0.1:1/bridge",
		"postgres://bridge:%s3cret@127.0.0.1:1/bridge",
		"postgres://127.0.0.1:1/bridge?password=s3cret",
		"postgres://127.0.0.1:1/bridge?password=s3cret&sslmode=nonsense",
		"postgres://127.0.0.1:1/bridge?password=s3cret&connect_timeout=nonsense",
		"postgres:bridge:s3cret@127.0.0.1:1/bridge",
		"host=127.0.0.1 port=1 password=s3cret",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, err := Open(ctx, url, Options{})
		cancel()
		require.Error(t, err, url)
		require.NotContains(t, err.Error(), "s3cret")
		require.NotContains(t, err.Error(), "\n")
		if err := Validate(url); err != nil {
			require.NotContains(t, err.Error(), "s3cret")
		}
	}
}

func TestClose_LeavesNoConnection(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	c := beside(t, url)
	s, err := Open(t.Context(), url, Options{})
	require.NoError(t, err)
	_, err = s.CreateUser(t.Context(), "acme", user("ada"), directory.Origin{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Eventually(t, func() bool {
		var n int
		err := c.QueryRow(t.Context(), `SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'scim-bridge'`).Scan(&n)
		return err == nil && n == 0
	}, time.Minute, 10*time.Millisecond)
	_, err = s.CreateUser(t.Context(), "acme", user("bob"), directory.Origin{})
	require.ErrorIs(t, err, relational.ErrClosed)
	_, err = s.User(t.Context(), "acme", "ada")
	require.ErrorIs(t, err, relational.ErrClosed)
}
