package sqlite

import (
	"context"
	"sync/atomic"
)

const (
	// checkpointEvery is after how many writes the log is written back: some MiB.
	checkpointEvery = 64
	// longLog is how many pages it has before it is to begin anew, which it only does
	// when all of it is written back: 16 MiB.
	longLog = 4096
	// shortRest is how many pages the writer may be given to write back itself.
	shortRest = 500
)

// checkpointer writes the log of writes back into the file, beside the writer.
// A reader that takes long, as a backup does, keeps the log from being written
// back; the commit that came next would have to write back hundreds of MiB, and all
// others to wait for it. So the writer only does what is left at the end, which is
// little, without which a log that is added to all the time would never begin anew.
type checkpointer struct {
	c       *conn
	wake    chan struct{}
	closing chan struct{}
	stopped chan struct{}
	rest    atomic.Bool  // little is left: the writer is to write it back
	rests   atomic.Int64 // how often it did
}

func newCheckpointer(c *conn) *checkpointer {
	return &checkpointer{c: c, wake: make(chan struct{}, 1), closing: make(chan struct{}), stopped: make(chan struct{})}
}

// run writes back when it is woken, until stop.
func (k *checkpointer) run() {
	defer close(k.stopped)
	for {
		select {
		case <-k.wake:
			k.catchUp()
		case <-k.closing:
			return
		}
	}
}

func (k *checkpointer) stop() {
	close(k.closing)
	<-k.stopped
}

// catchUp writes back until little comes in meanwhile, or a reader is in the way.
func (k *checkpointer) catchUp() {
	for before := int64(0); ; {
		log, done, ok := writeBack(k.c)
		if !ok || done < log {
			return
		}
		if log-before < shortRest || log < longLog {
			k.rest.Store(log >= longLog)
			return
		}
		before = log
	}
}

// committed is told of the writer's commits.
func (k *checkpointer) committed(c *conn) {
	if k.rest.Swap(false) {
		writeBack(c)
		k.rests.Add(1)
	}
}

// wakeUp has the log written back soon.
func (k *checkpointer) wakeUp() {
	select {
	case k.wake <- struct{}{}:
	default: // it is about to
	}
}

// writeBack writes back what no reader needs, and waits for nobody. It returns how
// many pages the log has, and how many of them are written back. What fails, as on a
// disk that is full, stays in the log, and is tried again after the next writes.
func writeBack(c *conn) (log, done int64, ok bool) {
	var busy int64
	found, err := c.Row(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)", nil, &busy, &log, &done)
	return log, done, err == nil && found && busy == 0
}
