package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

// hold makes the writer busy until the returned function is called, which
// returns what became of the write that did.
func hold(t *testing.T, s *Store) (release func() error) {
	t.Helper()
	started, free, done := make(chan struct{}), make(chan struct{}), make(chan error)
	var once sync.Once // it may be tried again
	go func() {
		done <- s.update(t.Context(), relational.Wait, func(context.Context, *tx) error {
			once.Do(func() { close(started) })
			<-free
			return nil
		})
	}()
	<-started
	return func() error {
		close(free)
		return <-done
	}
}

// queued waits until n writes wait.
func queued(s *Store, n int) {
	for s.write.Len() != n {
		time.Sleep(time.Millisecond)
	}
}

func TestWriter_WaitingWritesShareCommits(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	const writes = 2*maxBatch - 1 // with the one that holds: two batches
	before := s.write.commits.Load()
	release := hold(t, s)
	errs := make(chan error)
	for i := range writes {
		go func() {
			_, err := s.CreateUser(t.Context(), "acme", user(fmt.Sprint(i)), directory.Origin{})
			errs <- err
		}()
	}
	queued(s, writes)
	require.NoError(t, release())
	for range writes {
		require.NoError(t, <-errs)
	}
	require.Equal(t, int64(2), s.write.commits.Load()-before)
}

func TestWriter_ErrorUndoesItsOwnWriteOnly(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	release := hold(t, s)
	broken := errors.New("broken")
	good, bad := make(chan error), make(chan error)
	for i := range 5 {
		go func() {
			_, err := s.CreateUser(t.Context(), "acme", user(fmt.Sprint(i)), directory.Origin{})
			good <- err
		}()
		for _, fail := range []func(ctx context.Context, w *tx) error{
			func(context.Context, *tx) error { return broken }, // before anything was sent
			func(ctx context.Context, w *tx) error { // after
				w.Later("INSERT INTO orgs (org, paused_until) VALUES ($1, 1)", "acme")
				return errors.Join(w.flush(ctx), broken)
			},
			func(_ context.Context, w *tx) error { // by what was put off
				w.Later("SELECT 1 / 0")
				return nil
			},
			func(_ context.Context, w *tx) error { // with something that is never sent
				w.Later("INSERT INTO orgs (org, paused_until) VALUES ($1, 1)", "acme")
				return broken
			},
		} {
			go func() {
				bad <- s.update(t.Context(), relational.Wait, func(ctx context.Context, w *tx) error {
					w.Wake(fmt.Sprint("org-", i))
					return fail(ctx, w)
				})
			}()
		}
	}
	queued(s, 25)
	require.NoError(t, release())
	for range 5 {
		require.NoError(t, <-good)
	}
	for range 20 {
		require.Error(t, <-bad)
	}
	all, err := s.Users(t.Context(), "acme", filter.Query{}, directory.Page{})
	require.NoError(t, err)
	require.Equal(t, 5, all.Total)
	paused, err := s.Pause(t.Context(), "acme")
	require.NoError(t, err)
	require.Zero(t, paused)
	for i := range 5 {
		select {
		case <-s.Changed(fmt.Sprint("org-", i)):
			require.Fail(t, "a write that was undone wakes nobody")
		default:
		}
	}
}

// disturbed runs something in the midst of a batch of two writes, the first time
// that it is tried, and returns what became of both.
func disturbed(t *testing.T, s *Store, disturb func(ctx context.Context, w *tx) error) (first, second error) {
	t.Helper()
	release := hold(t, s)
	errs := [2]chan error{make(chan error, 1), make(chan error, 1)}
	go func() {
		_, err := s.CreateUser(t.Context(), "acme", user("ada"), directory.Origin{})
		errs[0] <- err
	}()
	queued(s, 1)
	tries := 0
	go func() {
		errs[1] <- s.update(t.Context(), relational.Wait, func(ctx context.Context, w *tx) error {
			if tries++; tries == 1 {
				return disturb(ctx, w)
			}
			return nil
		})
	}()
	queued(s, 2)
	require.NoError(t, release())
	return <-errs[0], <-errs[1]
}

func TestWriter_TriesAgainWhatOthersGotInTheWayOf(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	for name, disturb := range map[string]string{
		"serialization failure": `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$`,
		"deadlock":              `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40P01'; END $$`,
		"lost connection":       `SELECT pg_terminate_backend(pg_backend_pid())`,
	} {
		s := open(t, url)
		first, second := disturbed(t, s, func(ctx context.Context, w *tx) error {
			_, err := w.Exec(ctx, disturb)
			return err
		})
		require.NoError(t, first, name)
		require.NoError(t, second, name)
		_, err := s.User(t.Context(), "acme", "ada")
		require.NoError(t, err, name)
		entries, err := s.Journal(t.Context(), "acme", "ada", 10)
		require.NoError(t, err)
		require.Len(t, entries, 1, "%s: it is written once", name)
		require.NoError(t, s.Close())
		exec1(t, beside(t, url), "TRUNCATE users, members, due, work, sizes, emails, journal")
	}
}

func TestWriter_LearnsWhatBecameOfACommitThatWasNotAnswered(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	s := open(t, url)
	c := beside(t, url)
	var id string
	lost := errors.New("lost")
	require.NoError(t, c.QueryRow(t.Context(), "SELECT pg_current_xact_id()::text").Scan(&id))
	w := newWriter(s.write.connect, s.heard, s.write.known, func(string) {})
	defer w.hangUp()
	require.NoError(t, w.outcome(id, lost))
	exec1(t, c, "BEGIN")
	require.NoError(t, c.QueryRow(t.Context(), "SELECT pg_current_xact_id()::text").Scan(&id))
	rolledBack := make(chan error)
	go func() {
		time.Sleep(50 * time.Millisecond) // it is in progress when it is first asked for
		_, err := c.Exec(context.Background(), "ROLLBACK")
		rolledBack <- err
	}()
	err := w.outcome(id, lost)
	require.NoError(t, <-rolledBack)
	require.ErrorIs(t, err, lost)
	require.True(t, again(err))
}

func TestRead_TextThatPostgreSQLCannotHoldIsNowhere(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	for _, id := range []string{"a\x00b", "\xff", "a\uFFFDb"} {
		_, err := s.User(t.Context(), "acme", id)
		require.ErrorIs(t, err, directory.ErrNotFound, "%q", id)
		got, err := s.GroupsOf(t.Context(), "acme", []string{id, "ada"})
		require.NoError(t, err)
		require.Empty(t, got)
	}
}
