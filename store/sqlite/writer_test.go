package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

// hold makes the writer busy until the returned function is called, which
// returns what became of the write that did.
func hold(t *testing.T, s *Store) (release func() error) {
	t.Helper()
	started, free, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- s.update(t.Context(), relational.Wait, func(context.Context, *tx) error {
			close(started)
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
		time.Sleep(time.Millisecond) // in a bubble: until all others block
	}
}

func TestWriter_WaitingWritesShareCommits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
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
	})
}

func TestWriter_ErrorUndoesItsOwnWriteOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
		release := hold(t, s)
		broken := errors.New("broken")
		good, bad := make(chan error), make(chan error)
		for i := range 5 {
			go func() {
				_, err := s.CreateUser(t.Context(), "acme", user(fmt.Sprint(i)), directory.Origin{})
				good <- err
			}()
			go func() {
				bad <- s.update(t.Context(), relational.Wait, func(ctx context.Context, w *tx) error {
					org := fmt.Sprintf("org-%d", i)
					if _, err := w.Generation(ctx, org); err != nil {
						return err
					}
					w.Wake(org)
					return broken
				})
			}()
		}
		queued(s, 10)
		require.NoError(t, release())
		for range 5 {
			require.NoError(t, <-good)
			require.ErrorIs(t, <-bad, broken)
		}
		all, err := s.Users(t.Context(), "acme", filter.Query{}, directory.Page{})
		require.NoError(t, err)
		require.Equal(t, 5, all.Total)
		for i := range 5 {
			select {
			case <-s.Changed(fmt.Sprintf("org-%d", i)):
				require.Fail(t, "a write that was undone wakes nobody")
			default:
			}
		}
	})
}

func TestWriter_LostTransactionFailsTheWholeBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
		release := hold(t, s)
		first := make(chan error, 1)
		go func() {
			_, err := s.CreateUser(t.Context(), "acme", user("ada"), directory.Origin{})
			first <- err
		}()
		queued(s, 1)
		second := make(chan error, 1)
		go func() {
			second <- s.update(t.Context(), relational.Wait, func(ctx context.Context, w *tx) error {
				_, err := w.Exec(ctx, "ROLLBACK") // as SQLite does by itself when a disk is full
				return errors.Join(err, errors.New("disk is full"))
			})
		}()
		queued(s, 2)
		held := make(chan error)
		go func() { held <- release() }()
		require.ErrorContains(t, <-held, "disk is full")
		require.ErrorContains(t, <-second, "disk is full")
		require.ErrorContains(t, <-first, "disk is full")
		_, err := s.User(t.Context(), "acme", "ada")
		require.ErrorIs(t, err, directory.ErrNotFound)
		_, err = s.CreateUser(t.Context(), "acme", user("ada"), directory.Origin{})
		require.NoError(t, err, "the next batch is a new transaction")
	})
}

func TestWriter_SkipsWriteWhoseContextEndedBeforeItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
		release := hold(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.CreateUser(ctx, "acme", user("ada"), directory.Origin{})
		require.ErrorIs(t, err, context.DeadlineExceeded, "the caller does not wait longer")
		require.NoError(t, release())
		_, err = s.CreateUser(t.Context(), "acme", user("bob"), directory.Origin{})
		require.NoError(t, err)
		_, err = s.User(t.Context(), "acme", "ada")
		require.ErrorIs(t, err, directory.ErrNotFound)
	})
}

func TestWriter_FullQueueRefusesRequestsAndNotTheDispatcher(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
		l := leaseOf(t, s)
		release := hold(t, s)
		errs := make(chan error)
		for i := range relational.MaxQueue {
			go func() {
				_, err := s.CreateUser(t.Context(), "acme", user(fmt.Sprint(i)), directory.Origin{})
				errs <- err
			}()
		}
		queued(s, relational.MaxQueue)
		_, err := s.CreateUser(t.Context(), "acme", user("one-more"), directory.Origin{})
		require.ErrorIs(t, err, directory.ErrOverloaded)
		settled := make(chan error)
		go func() { settled <- s.Settle(t.Context(), l, plan.Settlement{}, time.Now()) }()
		synctest.Wait()
		require.NoError(t, release())
		for range relational.MaxQueue {
			require.NoError(t, <-errs)
		}
		require.NoError(t, <-settled)
	})
}

func TestClose_DoesWhatWaitsAndLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bridge.db")
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine is left
		s, err := Open(t.Context(), path, Options{})
		require.NoError(t, err)
		release := hold(t, s)
		errs := make(chan error)
		for i := range 5 {
			go func() {
				_, err := s.CreateUser(t.Context(), "acme", user(fmt.Sprint(i)), directory.Origin{})
				errs <- err
			}()
		}
		queued(s, 5)
		closed := make(chan error)
		go func() { closed <- s.Close() }()
		synctest.Wait()
		_, err = s.CreateUser(t.Context(), "acme", user("late"), directory.Origin{})
		assert.ErrorIs(t, err, relational.ErrClosed)
		require.NoError(t, release())
		for range 5 {
			require.NoError(t, <-errs)
		}
		require.NoError(t, <-closed)
	})
	all, err := open(t, path).Users(t.Context(), "acme", filter.Query{}, directory.Page{})
	require.NoError(t, err)
	require.Equal(t, 5, all.Total)
}

func TestRead_SeesWritesThatReturnedBefore(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
	for i := range 200 {
		id := fmt.Sprint(i)
		_, err := s.CreateUser(t.Context(), "acme", user(id), directory.Origin{})
		require.NoError(t, err)
		_, err = s.User(t.Context(), "acme", id)
		require.NoError(t, err)
	}
}

func TestRead_CancelledWhileItRunsLeavesConnectionsUsable(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
	for range 3 * s.nread {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.snapshot(ctx, func(ctx context.Context, c *conn) error {
			cancel()
			return c.Each(ctx, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
				nil, func(relational.Scanner) error { return nil })
		})
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, s.Ping(t.Context()))
	}
}
