package relational

import (
	"context"
	"errors"

	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/store/search"
)

// Store is the steps of a store.Store. A driver embeds it, and adds what makes
// it whole: to open and to close, and to say whether the database answers.
type Store struct {
	db Database
}

// New returns the steps on a database.
func New(db Database) *Store { return &Store{db: db} }

// Database is what a driver brings.
type Database struct {
	// Update runs one write in a transaction, and returns when it is on disk, or
	// failed, or ctx ends, in which case it may still happen. An error undoes
	// it. It may run more than once.
	Update func(ctx context.Context, p Patience, do func(ctx context.Context, t Tx) error) error
	// Read runs one short read.
	Read func(ctx context.Context, do func(ctx context.Context, c Conn) error) error
	// Snapshot runs reads that may be long, or that are several and must see the
	// same moment.
	Snapshot func(ctx context.Context, do func(ctx context.Context, c Conn) error) error
	// Fence fails the write, with lease.ErrLost, unless the lease is the last one that
	// the database gave of its org.
	Fence func(ctx context.Context, t Tx, l *lease.Lease) error
	// Changed returns a channel that receives after something of an org became
	// due.
	Changed func(org string) <-chan struct{}
	// Filter is how the database says what filters need.
	Filter search.Dialect
}

// Patience says what a write does when too many wait already.
type Patience bool

const (
	// Refuse fails with directory.ErrOverloaded.
	Refuse Patience = false
	// Wait waits for room.
	Wait Patience = true
)

// Scanner is a row that is being read.
type Scanner interface{ Scan(dest ...any) error }

// Conn reads. A statement is in the common form: see [Words]. Of parameters a
// []string, an []int64 and [Rows] are lists.
type Conn interface {
	// Row scans the only row of a query into dest, and reports whether there is one.
	Row(ctx context.Context, query string, args []any, dest ...any) (bool, error)
	// Each calls f with each row of a query, until f fails. f must not use the
	// connection.
	Each(ctx context.Context, query string, args []any, f func(Scanner) error) error
}

// Rows is a parameter of several rows, each of texts and integers.
type Rows [][]any

// Tx is one write. Its context is not the caller's: a statement that is
// interrupted would undo the writes of others.
type Tx interface {
	Conn
	// Exec runs a statement and returns how many rows it changed.
	Exec(ctx context.Context, query string, args ...any) (int64, error)
	// Later runs a statement whose answer nobody waits for, with the next one or
	// at once. If it fails, so does the write.
	Later(query string, args ...any)
	// Generation returns one that no due row of an org ever had.
	Generation(ctx context.Context, org string) (int64, error)
	// Wake tells those who listen to an org, once the write is on disk.
	Wake(org string)
}

// tx and conn have the steps that are parts of others.
type (
	tx   struct{ Tx }
	conn struct{ Conn }
)

func (s *Store) update(ctx context.Context, p Patience, do func(ctx context.Context, t tx) error) error {
	return s.db.Update(ctx, p, func(ctx context.Context, t Tx) error { return do(ctx, tx{t}) })
}

// fenced runs a write that only who has the lease may do.
func (s *Store) fenced(ctx context.Context, l *lease.Lease, do func(ctx context.Context, t tx) error) error {
	return s.update(ctx, Wait, func(ctx context.Context, t tx) error {
		if errors.Is(l.Held(), lease.ErrLost) {
			return lease.ErrLost
		}
		if err := s.db.Fence(ctx, t, l); err != nil {
			return err
		}
		return do(ctx, t)
	})
}

func (s *Store) read(ctx context.Context, do func(ctx context.Context, c conn) error) error {
	return s.db.Read(ctx, func(ctx context.Context, c Conn) error { return do(ctx, conn{c}) })
}

func (s *Store) snapshot(ctx context.Context, do func(ctx context.Context, c conn) error) error {
	return s.db.Snapshot(ctx, func(ctx context.Context, c Conn) error { return do(ctx, conn{c}) })
}

// texts returns the rows of a query of one text column.
func texts(ctx context.Context, c Conn, query string, args ...any) ([]string, error) {
	var all []string
	err := c.Each(ctx, query, args, func(row Scanner) error {
		var s string
		if err := row.Scan(&s); err != nil {
			return err
		}
		all = append(all, s)
		return nil
	})
	return all, err
}

// Changed returns a channel that receives after something became due, for the
// one dispatcher of an org. Signals may be merged.
func (s *Store) Changed(org string) <-chan struct{} { return s.db.Changed(org) }
