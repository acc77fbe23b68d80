package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/scim-bridge/scim-bridge/internal/crashpoint"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

// maxBatch is how many writes share a commit at most: enough that the disk is no
// longer what limits them, few enough that the first need not wait.
const maxBatch = 64

// write is one write that waits for its turn.
type write = relational.Write[*tx]

// tx is what a write works with. Its context is not the caller's: a statement
// that is interrupted would undo the writes of others.
type tx struct {
	*conn
	write  *write
	failed error // of the first statement that nobody waited for
}

// Exec implements relational.Tx.
func (t *tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if t.failed != nil {
		return 0, t.failed
	}
	return t.conn.Exec(ctx, query, args...)
}

// Row implements relational.Tx.
func (t *tx) Row(ctx context.Context, query string, args []any, dest ...any) (bool, error) {
	if t.failed != nil {
		return false, t.failed
	}
	return t.conn.Row(ctx, query, args, dest...)
}

// Each implements relational.Tx.
func (t *tx) Each(ctx context.Context, query string, args []any, f func(relational.Scanner) error) error {
	if t.failed != nil {
		return t.failed
	}
	return t.conn.Each(ctx, query, args, f)
}

// Later implements relational.Tx: at once, since nothing is far away.
func (t *tx) Later(query string, args ...any) {
	if _, err := t.Exec(context.Background(), query, args...); err != nil && t.failed == nil {
		t.failed = fmt.Errorf("%.30s: %w", strings.Join(strings.Fields(query), " "), err)
	}
}

const nextGeneration = `
	INSERT INTO orgs (org, generation) VALUES ($1, 1)
	ON CONFLICT (org) DO UPDATE SET generation = generation + 1
	RETURNING generation`

// Generation implements relational.Tx: one for each write that makes something due.
func (t *tx) Generation(ctx context.Context, org string) (n int64, err error) {
	_, err = t.Row(ctx, nextGeneration, []any{org}, &n)
	return n, err
}

// Wake implements relational.Tx.
func (t *tx) Wake(org string) { t.write.Woken = append(t.write.Woken, org) }

// writer is the goroutine that does all writes.
type writer struct {
	*relational.Queue[*tx]
	c       *conn
	log     *checkpointer
	commits atomic.Int64     // how often it committed
	woken   func(org string) // told of what became due, after the commit
	writes  int              // since the log was last to be written back
}

func newWriter(c *conn, log *checkpointer, woken func(org string)) *writer {
	return &writer{
		Queue: relational.NewQueue[*tx](),
		c:     c,
		log:   log,
		woken: woken,
	}
}

// batch does a write, and those that wait behind it, in one transaction.
func (w *writer) batch(first *write) {
	ctx := context.Background()
	all := []*write{first}
	if _, err := w.c.Exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		w.answer(all, fmt.Errorf("begin: %w", err))
		return
	}
	err := w.one(ctx, first)
	for err == nil && len(all) < maxBatch {
		next, ok := w.Next()
		if !ok {
			break
		}
		all = append(all, next)
		err = w.one(ctx, next)
	}
	if err == nil {
		crashpoint.Pass(crashpoint.BeforeCommit)
		if _, err = w.c.Exec(ctx, "COMMIT"); err != nil {
			err = fmt.Errorf("commit: %w", err)
		}
		w.commits.Add(1)
		crashpoint.Pass(crashpoint.AfterCommit)
	}
	if err != nil {
		// It fails if SQLite has rolled back already, which is as well.
		_, _ = w.c.Exec(ctx, "ROLLBACK")
	}
	w.answer(all, advise(err))
	w.log.committed(w.c)
	if w.writes += len(all); w.writes >= checkpointEvery {
		w.writes = 0
		w.log.wakeUp()
	}
}

// one does one write in a savepoint. It returns an error if the whole
// transaction is lost, as it is after a full disk.
func (w *writer) one(ctx context.Context, q *write) error {
	if q.Err = q.Ended(); q.Err != nil {
		return nil
	}
	if _, err := w.c.Exec(ctx, "SAVEPOINT one"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	t := &tx{write: q, conn: w.c}
	if q.Err = advise(cmp.Or(q.Do(ctx, t), t.failed)); q.Err != nil {
		q.Woken = nil
		if _, err := w.c.Exec(ctx, "ROLLBACK TO one"); err != nil {
			return fmt.Errorf("roll back: %w", errors.Join(err, q.Err))
		}
	}
	if _, err := w.c.Exec(ctx, "RELEASE one"); err != nil {
		return fmt.Errorf("end write: %w", err)
	}
	return nil
}

// answer tells all of a batch what became of it.
func (w *writer) answer(all []*write, err error) {
	for _, q := range all {
		q.Answer(err, w.woken)
	}
}

// update runs a write and returns when it is on disk, or failed, or ctx ends. Then
// it may still happen, if it has begun.
func (s *Store) update(ctx context.Context, p relational.Patience, do func(ctx context.Context, t *tx) error) error {
	return s.write.Do(ctx, p, relational.AnswerWithin, do)
}
