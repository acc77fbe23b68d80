package sqlite

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

// writeUntilKilled names the variable that makes the test binary the child of
// TestOpen_AfterKillHoldsAllThatWasAcknowledged.
const writeUntilKilled = "SCIM_BRIDGE_TEST_WRITE_UNTIL_KILLED"

func TestMain(m *testing.M) {
	if path := os.Getenv(writeUntilKilled); path != "" {
		fmt.Fprintln(os.Stderr, writeUsers(path))
		os.Exit(1)
	}
	if path := os.Getenv(writeToFailingDisk); path != "" {
		if err := writeWhileTheDiskFails(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writeUsers creates users, eight at a time, and prints the id of each that is
// acknowledged, without end.
func writeUsers(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	errs := make(chan error)
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", w, i)
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

func TestOpen_AfterKillHoldsAllThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bridge.db")
	for round := range 2 { // the second finds what the first left
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), writeUntilKilled+"="+path)
		child.Stderr = t.Output()
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		var acknowledged []string
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			acknowledged = append(acknowledged, lines.Text())
			if len(acknowledged) == 300 {
				require.NoError(t, child.Process.Kill())
			}
		}
		require.Error(t, child.Wait(), "it was killed")
		require.GreaterOrEqual(t, len(acknowledged), 300)

		s, err := Open(t.Context(), path, Options{})
		require.NoError(t, err, "the lock is free at once")
		for _, id := range acknowledged {
			_, err := s.User(t.Context(), "acme", id)
			require.NoError(t, err, "round %d", round)
		}
		// Each user that is there, acknowledged or not, is there with its due row.
		status, err := s.Status(t.Context(), "acme")
		require.NoError(t, err)
		all, err := s.Users(t.Context(), "acme", filter.Query{}, directory.Page{})
		require.NoError(t, err)
		require.Equal(t, all.Total, status.Pending[plan.KindUser])
		for _, id := range acknowledged {
			require.NoError(t, s.DeleteUser(t.Context(), "acme", id, 0, directory.Origin{}))
		}
		rest, err := s.Users(t.Context(), "acme", filter.Query{}, directory.Page{Start: 1, Count: all.Total})
		require.NoError(t, err)
		for _, u := range rest.Resources {
			require.NoError(t, s.DeleteUser(t.Context(), "acme", u.ID, 0, directory.Origin{}))
		}
		var verdicts []plan.Verdict
		due, err := s.Due(t.Context(), "acme", directory.Origin{}.At, 1_000_000)
		require.NoError(t, err)
		for _, d := range due {
			verdicts = append(verdicts, plan.Verdict{Due: d, Outcome: plan.Done})
		}
		require.NoError(t, s.Settle(t.Context(), leaseOf(t, s), plan.Settlement{Verdicts: verdicts}, directory.Origin{}.At))
		require.NoError(t, s.Close())
	}
}

func TestOpen_AgainHoldsEverything(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "folder with ? # and %41", "bridge.db")
	require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
	s, err := Open(t.Context(), path, Options{})
	require.NoError(t, err)
	_, err = s.CreateUser(t.Context(), "acme", user("ada"), directory.Origin{})
	require.NoError(t, err)
	want, err := s.User(t.Context(), "acme", "ada")
	require.NoError(t, err)
	require.NoError(t, s.RecordCall(t.Context(), leaseOf(t, s), plan.Call{ID: "c1"}, nil, want.Created))
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "closing twice is harmless")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds personal data")

	s = open(t, path)
	got, err := s.User(t.Context(), "acme", "ada")
	require.NoError(t, err)
	require.Equal(t, want, got)
	calls, err := s.OpenCalls(t.Context(), "acme")
	require.NoError(t, err)
	require.Len(t, calls, 1)
}

func TestOpen_RefusesFileThatIsOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bridge.db")
	first, err := Open(t.Context(), path, Options{})
	require.NoError(t, err)
	_, err = Open(t.Context(), path, Options{})
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "another process")
	require.NoError(t, first.Ping(t.Context()), "the first is not disturbed")
	require.NoError(t, first.Close())
	require.NoError(t, open(t, path).Ping(t.Context()))
}

func TestOpen_RefusesWhatIsNotItsOwnAndLeavesIt(t *testing.T) {
	t.Parallel()
	foreign := func(t *testing.T, path string) {
		db, err := sql.Open("sqlite", path)
		require.NoError(t, err)
		_, err = db.Exec("CREATE TABLE users (id TEXT); INSERT INTO users VALUES ('precious')")
		require.NoError(t, err)
		require.NoError(t, db.Close())
	}
	for name, tt := range map[string]struct {
		make func(t *testing.T, path string)
		want string
	}{
		"a database of another program": {foreign, "belongs to another program"},
		"no database": {func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("precious ", 1000)), 0o600))
		}, "no SQLite database"},
		"a short file": {func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
		}, "no SQLite database"},
		"a file that was cut off": {func(t *testing.T, path string) {
			s, err := Open(t.Context(), path, Options{})
			require.NoError(t, err)
			require.NoError(t, s.Close())
			require.NoError(t, os.Truncate(path, 8192))
		}, "restore a backup"},
		"a file of a newer release": {func(t *testing.T, path string) {
			s, err := Open(t.Context(), path, Options{})
			require.NoError(t, err)
			require.NoError(t, s.Close())
			db, err := sql.Open("sqlite", path)
			require.NoError(t, err)
			_, err = db.Exec("INSERT INTO migrations (version_id, is_applied) VALUES (9999, 1)")
			require.NoError(t, err)
			require.NoError(t, db.Close())
		}, "newer release"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "bridge.db")
			tt.make(t, path)
			before, err := os.ReadFile(path)
			require.NoError(t, err)
			_, err = Open(t.Context(), path, Options{})
			require.ErrorContains(t, err, tt.want)
			require.ErrorContains(t, err, path)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, before, after, "the file is as it was")
		})
	}
}

func TestOpen_RefusesWhatIsNoFile(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", ":memory:", "file::memory:?cache=shared", filepath.Join(t.TempDir(), "none", "bridge.db"), t.TempDir()} {
		_, err := Open(t.Context(), path, Options{})
		require.Error(t, err, path)
	}
	require.NoFileExists(t, ":memory:")
}

func TestOpen_TakesFileThatWasOnlyMade(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bridge.db")
	require.NoError(t, mark(t.Context(), path), "as far as a kill may have let it come")
	require.NoError(t, open(t, path).Ping(t.Context()))
}

func TestOpen_SyncsNothingIfItMayBeVolatile(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "bridge.db"), Options{Volatile: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.update(t.Context(), relational.Wait, func(ctx context.Context, w *tx) error {
		var got string
		_, err := w.Row(ctx, "PRAGMA synchronous", nil, &got)
		require.Equal(t, "0", got)
		return err
	}))
}

func TestOpen_SetsPragmasOnEachConnection(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
	check := func(ctx context.Context, c *conn) {
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000",
			"temp_store": "2", "application_id": fmt.Sprint(applicationID),
		} {
			var got string
			_, err := c.Row(ctx, "PRAGMA "+pragma, nil, &got)
			require.NoError(t, err)
			assert.Equal(t, want, got, pragma)
		}
	}
	require.NoError(t, s.update(t.Context(), relational.Wait, func(ctx context.Context, w *tx) error {
		check(ctx, w.conn)
		return nil
	}))
	for range s.nread {
		c := <-s.readers
		check(t.Context(), c)
		_, err := c.Exec(t.Context(), "DELETE FROM users")
		assert.ErrorContains(t, err, "readonly", "readers cannot write")
		var kib string
		_, err = c.Row(t.Context(), "PRAGMA cache_size", nil, &kib)
		require.NoError(t, err)
		assert.Equal(t, "-4096", kib, "each reader holds little")
		defer func() { s.readers <- c }()
	}
}
