package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/internal/crashpoint"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

const (
	// maxBatch is how many writes share a commit at most: enough that the disk
	// is no longer what limits them, few enough that the first need not wait.
	maxBatch = 64
	// maxQueue is how many writes may wait: less than a second of work.
	maxQueue = 1024
	// answerWithin is how long a write of the directory waits for a disk that hangs.
	answerWithin = 30 * time.Second
)

// errClosed is what a write gets after Close.
var errClosed = errors.New("store is closed")

// write is one write that waits for its turn.
type write struct {
	ended func() error // says why the one who waits no longer does
	do    func(ctx context.Context, t *tx) error
	err   error
	wake  []string      // orgs for which something became due
	done  chan struct{} // closed when err is final
}

// tx is what a write works with. Its context is not the caller's: a statement
// that is interrupted would undo the writes of others.
type tx struct {
	*write
	*conn
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
func (t *tx) Wake(org string) { t.wake = append(t.wake, org) }

// writer is the goroutine that does all writes.
type writer struct {
	c       *conn
	queue   chan *write
	closing chan struct{} // closed to end it
	stopped chan struct{} // closed when it has ended
	once    sync.Once
	commits atomic.Int64     // how often it committed
	woken   func(org string) // told of what became due, after the commit
}

func newWriter(c *conn, woken func(org string)) *writer {
	return &writer{
		c:       c,
		queue:   make(chan *write, maxQueue),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
		woken:   woken,
	}
}

// stop ends the writer after it did what waits.
func (w *writer) stop() {
	w.once.Do(func() { close(w.closing) })
	<-w.stopped
}

// run does writes until stop.
func (w *writer) run() {
	defer close(w.stopped)
	for {
		select {
		case first := <-w.queue:
			w.batch(first)
		case <-w.closing:
			for {
				select {
				case first := <-w.queue:
					w.batch(first)
				default:
					return
				}
			}
		}
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
		var next *write
		select {
		case next = <-w.queue:
		default:
		}
		if next == nil {
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
}

// one does one write in a savepoint. It returns an error if the whole
// transaction is lost, as it is after a full disk.
func (w *writer) one(ctx context.Context, q *write) error {
	if q.err = q.ended(); q.err != nil {
		return nil
	}
	if _, err := w.c.Exec(ctx, "SAVEPOINT one"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	t := &tx{write: q, conn: w.c}
	if q.err = advise(cmp.Or(q.do(ctx, t), t.failed)); q.err != nil {
		q.wake = nil
		if _, err := w.c.Exec(ctx, "ROLLBACK TO one"); err != nil {
			return fmt.Errorf("roll back: %w", errors.Join(err, q.err))
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
		if err != nil {
			q.err = err
		} else {
			for _, org := range q.wake {
				w.woken(org)
			}
		}
		close(q.done)
	}
}

// update runs a write and returns when it is on disk, or failed, or ctx ends. Then
// it may still happen, if it has begun.
func (s *Store) update(ctx context.Context, p relational.Patience, do func(ctx context.Context, t *tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p == relational.Refuse {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, answerWithin)
		defer cancel()
	}
	w := s.write
	q := &write{ended: ctx.Err, do: do, done: make(chan struct{})}
	if p == relational.Wait {
		select {
		case w.queue <- q:
		case <-w.closing:
			return errClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	} else {
		select {
		case <-w.closing:
			return errClosed
		default:
		}
		select {
		case w.queue <- q:
		default:
			return fmt.Errorf("queue of %d writes is full: %w", maxQueue, directory.ErrOverloaded)
		}
	}
	select {
	case <-q.done:
		return q.err
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stopped:
	}
	select {
	case <-q.done: // it was among the last
		return q.err
	default:
		return errClosed
	}
}
