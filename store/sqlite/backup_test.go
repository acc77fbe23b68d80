package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

func TestBackup_IsWholeWhileWritesGoOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "bridge.db"))
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				_, _ = s.CreateUser(ctx, "acme", user(fmt.Sprintf("%d-%d", w, i)), directory.Origin{})
			}
		})
	}
	for i := range 3 {
		id := fmt.Sprint("before ", i)
		_, err := s.CreateUser(t.Context(), "acme", user(id), directory.Origin{})
		require.NoError(t, err)
		to := filepath.Join(dir, fmt.Sprint("backup ? ", i))
		require.NoError(t, Backup(t.Context(), s.path, to))
		info, err := os.Stat(to)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds personal data")

		db, err := sql.Open("sqlite", fileURL(to)+"?mode=ro")
		require.NoError(t, err)
		var said string
		require.NoError(t, db.QueryRow("PRAGMA integrity_check").Scan(&said))
		require.Equal(t, "ok", said)
		var there, users, due int
		require.NoError(t, db.QueryRow("SELECT COUNT(*) FROM users WHERE id = ?", id).Scan(&there))
		require.Equal(t, 1, there, "what returned before it began is in it")
		require.NoError(t, db.QueryRow("SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM due)").Scan(&users, &due))
		require.Equal(t, users, due, "no write is in it by half")
		require.NoError(t, db.Close())
	}
	stop()
	writers.Wait()
	left, err := filepath.Glob(filepath.Join(dir, "*.part"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestBackup_OverwritesNothingAndLeavesNothingBroken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "bridge.db"))
	precious := filepath.Join(dir, "precious")
	require.NoError(t, os.WriteFile(precious, []byte("precious"), 0o600))
	require.ErrorIs(t, Backup(t.Context(), s.path, precious), fs.ErrExist)
	text, err := os.ReadFile(precious)
	require.NoError(t, err)
	require.Equal(t, "precious", string(text))

	require.ErrorIs(t, Backup(t.Context(), filepath.Join(dir, "none.db"), filepath.Join(dir, "copy")), fs.ErrNotExist)
	require.NoFileExists(t, filepath.Join(dir, "none.db"), "looking for a database makes none")
	require.ErrorContains(t, Backup(t.Context(), precious, filepath.Join(dir, "copy")), "no SQLite database")

	// A folder where the part would be cannot be written.
	to := filepath.Join(dir, "copy")
	require.NoError(t, os.Mkdir(to+".part", 0o700))
	require.ErrorContains(t, Backup(t.Context(), s.path, to), "broken off")
	require.NoFileExists(t, to)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, Backup(ctx, s.path, filepath.Join(dir, "cancelled")), context.Canceled)
	require.NoFileExists(t, filepath.Join(dir, "cancelled"))
	require.NoFileExists(t, filepath.Join(dir, "cancelled.part"))
}

func TestRestore_HoldsEverythingAndBelievesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, to := filepath.Join(dir, "bridge.db"), filepath.Join(dir, "backup")
	now := time.Date(2026, 10, 14, 9, 0, 0, 0, time.UTC)
	s, err := Open(t.Context(), path, Options{})
	require.NoError(t, err)
	for _, id := range []string{"ada", "bob"} {
		_, err := s.CreateUser(t.Context(), "acme", user(id), directory.Origin{At: now})
		require.NoError(t, err)
	}
	_, _, err = s.CreateGroup(t.Context(), "acme", directory.Group{Meta: directory.Meta{ID: "design"}, Document: []byte(`{"displayName": "Design"}`)},
		directory.GroupChange{Members: []directory.MemberChange{{Op: directory.MemberAdd, IDs: []string{"ada"}}}}, directory.Origin{At: now})
	require.NoError(t, err)
	due, err := s.Due(t.Context(), "acme", now, 10)
	require.NoError(t, err)
	settled := plan.Settlement{
		Accounts:    []plan.Account{{ID: "a1", Presence: plan.Present, Email: "ada@example.com"}, {ID: "a2", Presence: plan.Absent, Username: "bob@example.com"}},
		AdobeGroups: []plan.AdobeGroup{{ID: "g1", Name: "Design", Type: "USER_GROUP", Presence: plan.Present}, {ID: "g2", Name: "Photoshop", Type: "PRODUCT_PROFILE", Presence: plan.Present}},
	}
	for _, d := range due {
		settled.Verdicts = append(settled.Verdicts, plan.Verdict{Due: d, Outcome: plan.Done})
	}
	require.NoError(t, s.Settle(t.Context(), leaseOf(t, s), settled, now))
	require.NoError(t, Backup(t.Context(), path, to))
	_, err = s.CreateUser(t.Context(), "acme", user("later"), directory.Origin{At: now})
	require.NoError(t, err)

	_, err = Restore(t.Context(), to, path, now)
	require.ErrorContains(t, err, "another process has it open")
	require.NoError(t, s.Ping(t.Context()), "the one that runs is not disturbed")
	require.NoError(t, s.Close())

	kept, err := Restore(t.Context(), to, path, now.Add(time.Hour))
	require.NoError(t, err)
	s = open(t, path)
	all, err := s.Users(t.Context(), "acme", filter.Query{}, directory.Page{})
	require.NoError(t, err)
	require.Equal(t, 2, all.Total, "as it was then")
	status, err := s.Status(t.Context(), "acme")
	require.NoError(t, err)
	require.Empty(t, status.Pending)
	require.Equal(t, map[plan.Kind]int{plan.KindUser: 2, plan.KindGroup: 1, plan.KindEdge: 1}, status.Held)
	require.Equal(t, "bridge.restored", status.Holds[0].Problem.Code)
	facts, err := s.Facts(t.Context(), "acme", plan.Query{Accounts: []string{"a1", "a2"}, AdobeGroups: []string{"g1", "g2"}})
	require.NoError(t, err)
	require.Equal(t, plan.Unknown, facts.Accounts["a1"].Presence)
	require.Equal(t, plan.Unknown, facts.Accounts["a2"].Presence, "whoever had left may be back")
	require.Equal(t, plan.Unknown, facts.AdobeGroups["g1"].Presence)
	require.Equal(t, plan.Present, facts.AdobeGroups["g2"].Presence, "the bridge cannot have touched a profile")
	until, err := s.Pause(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, now.Add(time.Hour+relational.PauseRestored), until)
	began, err := s.ListingBegan(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, now.Add(time.Hour), began)

	n, err := s.Release(t.Context(), "acme", store.Selection{}, directory.Origin{At: now})
	require.NoError(t, err)
	require.Equal(t, 4, n)

	old := open(t, kept)
	_, err = old.User(t.Context(), "acme", "later")
	require.NoError(t, err, "what was there is kept whole, with what stood in its log")
}

func TestRestore_RefusesWhatIsNoBackupAndLeavesTheDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "bridge.db")
	s, err := Open(t.Context(), path, Options{})
	require.NoError(t, err)
	_, err = s.CreateUser(t.Context(), "acme", user("ada"), directory.Origin{})
	require.NoError(t, err)
	damaged := filepath.Join(dir, "damaged")
	require.NoError(t, Backup(t.Context(), path, damaged))
	require.NoError(t, s.Close())
	require.NoError(t, os.Truncate(damaged, 40960))
	text := filepath.Join(dir, "text")
	require.NoError(t, os.WriteFile(text, []byte("precious, and longer than nothing"), 0o600))
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	for from, want := range map[string]string{damaged: "damaged", text: "no SQLite database", filepath.Join(dir, "none"): "there is no backup"} {
		_, err := Restore(t.Context(), from, path, time.Now())
		require.ErrorContains(t, err, want)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, before, after)
	}
	found, err := filepath.Glob(filepath.Join(dir, "bridge.db.*"))
	require.NoError(t, err)
	require.Equal(t, []string{path + ".lock"}, found)
}

func TestRestore_IntoNothingAndAfterOneThatWasKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "bridge.db"))
	to, path := filepath.Join(dir, "backup"), filepath.Join(dir, "new.db")
	require.NoError(t, Backup(t.Context(), s.path, to))
	require.NoError(t, os.WriteFile(path+".restoring", []byte("half"), 0o600))
	kept, err := Restore(t.Context(), to, path, time.Now())
	require.NoError(t, err)
	require.Empty(t, kept)
	require.NoError(t, open(t, path).Ping(t.Context()))
}
