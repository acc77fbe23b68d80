package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/scim-bridge/scim-bridge/internal/crashpoint"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

const (
	// maxBatch is how many writes share a commit at most: enough that neither the
	// disk nor the network is what limits them, few enough that the first need
	// not wait. Each is a subtransaction, of which PostgreSQL keeps 64 at hand.
	maxBatch = 64
	// batchTimeout is how long the writes of one commit may take together. A network
	// that carries nothing keeps the writer from another connection for so long.
	batchTimeout = 30 * time.Second
	// maxTries is how often a batch is begun that could not be finished.
	maxTries = 5
	// retryPause is how long to wait before the second try; it doubles then.
	retryPause = 20 * time.Millisecond
	// outcomePatience is how long a database that went away during a commit is
	// waited for, to learn what became of it.
	outcomePatience = 10 * time.Second
)

// codeOutdated is raised by the function hold: see its migration.
const codeOutdated = "SB001"

// errOutdated is what a write gets after a migration that this release cannot live with.
var errOutdated = errors.New("a newer release has changed the tables: this one can only read, stop it")

// write is one write that waits for its turn.
type write = relational.Write[*tx]

// tx is what a write works with. Its context is not the caller's: a statement
// that is interrupted would undo the writes of others.
type tx struct {
	*conn
	write *write
}

// Generation implements relational.Tx. A transaction has many: see its migration.
func (t *tx) Generation(ctx context.Context, _ string) (int64, error) {
	if t.id == "" { // the transaction is still to begin, with its first
		if err := t.flush(ctx); err != nil {
			return 0, err
		}
	}
	t.generation++
	return t.generation, nil
}

// Wake implements relational.Tx.
func (t *tx) Wake(org string) { t.write.Woken = append(t.write.Woken, org) }

// writer is the goroutine that does all writes.
type writer struct {
	*relational.Queue[*tx]
	connect func(ctx context.Context) (*pgx.Conn, error)
	heard   *listener
	known   int64            // up to which number this release knows the tables
	woken   func(org string) // told of what became due, after the commit

	pg      *pgx.Conn    // nil until it is needed
	commits atomic.Int64 // how often it committed
}

func newWriter(connect func(context.Context) (*pgx.Conn, error), heard *listener, known int64, woken func(org string)) *writer {
	return &writer{
		Queue:   relational.NewQueue[*tx](),
		connect: connect,
		heard:   heard,
		known:   known,
		woken:   woken,
	}
}

// hangUp gives up the connection.
func (w *writer) hangUp() {
	hangUp(w.pg)
	w.pg = nil
}

// batch does a write, and those that wait behind it, in one transaction. One
// that another process or the network got in the way of is done again.
func (w *writer) batch(first *write) {
	all := []*write{first}
	var err error
	careful := false
	for try := 0; try < maxTries; try++ {
		if all, err = w.try(all, careful); !again(err) {
			break
		}
		if careless(err) {
			careful = true
		} else {
			time.Sleep(retryPause << try)
		}
	}
	for _, q := range all {
		q.Answer(err, w.woken)
	}
}

// againError is why a transaction was undone that can be tried again.
type againError struct{ error }

func (e againError) Unwrap() error { return e.error }

// again reports whether trying again can help.
func again(err error) bool {
	var e againError
	return errors.As(err, &e)
}

// carelessError is the error of a statement that was sent together with those of
// another write. Done again with care, each write gets its own errors.
type carelessError struct{ error }

func (e carelessError) Unwrap() error { return e.error }

func careless(err error) bool {
	var e carelessError
	return errors.As(err, &e)
}

// onlyReads reports whether a server refused to write, as one does that was the
// primary and is a standby now.
func onlyReads(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "25006" // read_only_sql_transaction
}

// sort tells apart why a transaction was undone.
func sort(err error, closed bool) error {
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01"): // serialization failure, deadlock
		return againError{err}
	case errors.As(err, &pg) && pg.Code == codeOutdated:
		return errOutdated
	case careless(err):
		return againError{err}
	case closed && !errors.Is(err, context.DeadlineExceeded):
		return againError{err}
	}
	return err
}

// try does writes, and what waits behind them, and returns them all. An error
// is that of the transaction, which was undone. With care, nothing of one write is
// sent together with the next; without, it costs fewer round trips.
func (w *writer) try(all []*write, careful bool) ([]*write, error) {
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	if w.pg == nil || w.pg.IsClosed() {
		pg, err := w.connect(ctx)
		if err != nil {
			return all, fmt.Errorf("connect: %w", oneLine(err))
		}
		w.pg = pg
	}
	c := &conn{c: w.pg}
	c.Later("BEGIN")
	c.waiting = append(c.waiting, statement{
		query: "SELECT * FROM hold($1)", args: []any{w.known}, dest: []any{&c.id, &c.generation},
	})
	var err error
	for i := 0; err == nil && i < maxBatch; i++ {
		if i == len(all) {
			next, ok := w.Next()
			if !ok {
				break
			}
			all = append(all, next)
		}
		err = w.one(ctx, c, all[i], careful)
	}
	if err == nil {
		err = w.commit(ctx, c, all)
		if err != nil && w.pg.IsClosed() && c.id != "" {
			return all, w.outcome(c.id, err)
		}
		if c.lost != nil {
			err = c.lost
		}
	}
	if err != nil {
		if onlyReads(err) {
			w.hangUp() // another connection may come to a server that writes
			return all, againError{fmt.Errorf("the server only reads now, it goes on by itself with one that writes: %w", err)}
		}
		if !w.pg.IsClosed() {
			_ = c.simple(ctx, "ROLLBACK") // if it fails, the connection is lost, which is as well
		}
		return all, sort(err, w.pg.IsClosed())
	}
	return all, nil
}

// commit ends a transaction and tells other processes whom it woke.
func (w *writer) commit(ctx context.Context, c *conn, all []*write) error {
	if c.id == "" { // without it nobody could ask what became of the transaction
		if err := c.flush(ctx); err != nil {
			return err
		}
	}
	told := make(map[string]bool)
	for _, q := range all {
		for _, org := range q.Woken {
			if !told[org] {
				told[org] = true
				c.Later("SELECT pg_notify($1, $2)", w.heard.channel, w.heard.message(saidDue, org))
			}
		}
	}
	crashpoint.Pass(crashpoint.BeforeCommit)
	tag, err := c.run(ctx, statement{query: "COMMIT"}, nil)
	if err == nil && tag.String() != "COMMIT" {
		err = fmt.Errorf("the database answered %s", tag) // the transaction had failed
	}
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	w.commits.Add(1)
	crashpoint.Pass(crashpoint.AfterCommit)
	return nil
}

// one does one write in a savepoint. It returns an error if the whole
// transaction is lost.
func (w *writer) one(ctx context.Context, c *conn, q *write, careful bool) error {
	q.Woken = nil // of an earlier try
	if q.Err = q.Ended(); q.Err != nil {
		return nil
	}
	kept, trips := len(c.waiting), c.trips
	c.Later("SAVEPOINT one")
	c.owner = q
	q.Err = q.Do(ctx, &tx{write: q, conn: c})
	if q.Err == nil && careful {
		q.Err = c.flush(ctx)
	}
	c.owner = nil
	switch {
	case c.lost != nil:
		return c.lost
	case c.c.IsClosed():
		return q.Err
	case q.Err == nil:
		c.Later("RELEASE one")
		return nil
	}
	q.Woken = nil
	if retry := sort(q.Err, false); again(retry) {
		return retry
	}
	if c.trips == trips { // not even the savepoint was made
		c.waiting = c.waiting[:kept]
		return nil
	}
	c.waiting = nil
	if err := c.simple(ctx, "ROLLBACK TO one; RELEASE one"); err != nil {
		return errors.Join(err, q.Err)
	}
	return nil
}

// outcome finds out what became of a transaction whose commit was not answered.
func (w *writer) outcome(id string, lost error) error {
	ctx, cancel := context.WithTimeout(context.Background(), outcomePatience)
	defer cancel()
	for ; ; time.Sleep(100 * time.Millisecond) {
		if ctx.Err() != nil {
			return fmt.Errorf("the database went away during a commit, which may have happened: %w", lost)
		}
		pg, err := w.connect(ctx)
		if err != nil {
			continue
		}
		w.pg = pg
		var status string
		if err := pg.QueryRow(ctx, "SELECT pg_xact_status($1::xid8)", id).Scan(&status); err != nil {
			w.hangUp()
			continue
		}
		switch status {
		case "committed":
			w.commits.Add(1)
			return nil
		case "aborted":
			return againError{lost}
		}
		w.hangUp() // it is in progress still: the server has not noticed yet
	}
}

// update runs a write and returns when it is on disk, or failed, or ctx ends. Then
// it may still happen, if it has begun.
func (s *Store) update(ctx context.Context, p relational.Patience, do func(ctx context.Context, t *tx) error) error {
	return advise(s.write.Do(ctx, p, s.patience, do))
}
