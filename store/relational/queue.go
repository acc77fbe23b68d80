package relational

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
)

// MaxQueue is how many writes may wait: a second of work or so.
const MaxQueue = 1024

// AnswerWithin is how long a read, or a write of the directory, may take: a disk may
// hang, and a network carry nothing.
const AnswerWithin = 30 * time.Second

// ErrClosed is what a write gets after Close.
var ErrClosed = errors.New("store is closed")

// Queue is where writes wait for the goroutine that does them all. T is what a
// driver's writes work with.
type Queue[T any] struct {
	waiting chan *Write[T]
	closing chan struct{} // closed to end it
	stopped chan struct{} // closed when it has ended
	once    sync.Once
}

// NewQueue returns an empty queue.
func NewQueue[T any]() *Queue[T] {
	return &Queue[T]{
		waiting: make(chan *Write[T], MaxQueue),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
	}
}

// Write is one write that waits for its turn.
type Write[T any] struct {
	Ended func() error // says why the one who waits no longer does
	Do    func(ctx context.Context, t T) error
	Err   error
	Woken []string // orgs for which something became due

	done chan struct{} // closed when Err is final
}

// Answer tells the one who waits for a write what became of it. An error is that of
// the transaction, which it shared with others; without one the orgs are woken.
func (w *Write[T]) Answer(err error, wake func(org string)) {
	if err != nil {
		w.Err = err
	} else {
		for _, org := range w.Woken {
			wake(org)
		}
	}
	close(w.done)
}

// Run calls do with each write until Stop and until none waits, and then end. do takes
// those that wait behind its write by Next, and answers all.
func (q *Queue[T]) Run(do func(first *Write[T]), end func()) {
	defer close(q.stopped)
	defer end()
	for {
		select {
		case first := <-q.waiting:
			do(first)
		case <-q.closing:
			for {
				first, ok := q.Next()
				if !ok {
					return
				}
				do(first)
			}
		}
	}
}

// Next takes a write that waits, if there is one.
func (q *Queue[T]) Next() (*Write[T], bool) {
	select {
	case w := <-q.waiting:
		return w, true
	default:
		return nil, false
	}
}

// Len is how many writes wait.
func (q *Queue[T]) Len() int { return len(q.waiting) }

// Stop ends the queue after it did what waits.
func (q *Queue[T]) Stop() {
	q.once.Do(func() { close(q.closing) })
	<-q.stopped
}

// Closing is closed when Stop is called.
func (q *Queue[T]) Closing() <-chan struct{} { return q.closing }

// Do has a write done and returns when it is on disk, or failed, or ctx ends, or a
// write that would not Wait for room has taken so long. Then it may still happen, if
// it has begun.
func (q *Queue[T]) Do(ctx context.Context, p Patience, within time.Duration, do func(ctx context.Context, t T) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p == Refuse {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, within)
		defer cancel()
	}
	w := &Write[T]{Ended: ctx.Err, Do: do, done: make(chan struct{})}
	if err := q.add(ctx, p, w); err != nil {
		return err
	}
	select {
	case <-w.done:
		return w.Err
	case <-ctx.Done():
		return ctx.Err()
	case <-q.stopped:
	}
	select {
	case <-w.done: // it was among the last
		return w.Err
	default:
		return ErrClosed
	}
}

// add lets a write wait.
func (q *Queue[T]) add(ctx context.Context, p Patience, w *Write[T]) error {
	select {
	case <-q.closing:
		return ErrClosed
	default:
	}
	if p == Refuse {
		select {
		case q.waiting <- w:
			return nil
		default:
			return fmt.Errorf("queue of %d writes is full: %w", MaxQueue, directory.ErrOverloaded)
		}
	}
	select {
	case q.waiting <- w:
		return nil
	case <-q.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}
