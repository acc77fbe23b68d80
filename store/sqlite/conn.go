package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/scim-bridge/scim-bridge/store/relational"
)

// conn is one connection with the statements that were prepared on it. It is
// used by one goroutine at a time.
type conn struct {
	c     *sql.Conn
	stmts map[string]*sql.Stmt
}

func newConn(ctx context.Context, db *sql.DB) (*conn, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{c: c, stmts: make(map[string]*sql.Stmt)}, nil
}

// maxStatements is how many are kept: more than the package has, and those of the
// filters that a client sends again and again. There is no end to the others.
const maxStatements = 512

// prepare returns the statement for a text in the common form.
func (c *conn) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	for old, s := range c.stmts {
		if len(c.stmts) < maxStatements {
			break
		}
		delete(c.stmts, old) // whichever comes: what is in use comes back
		if err := s.Close(); err != nil {
			return nil, fmt.Errorf("forget statement: %w", err)
		}
	}
	s, err := c.c.PrepareContext(context.WithoutCancel(ctx), words.Text(query))
	if err != nil {
		return nil, fmt.Errorf("prepare statement: %w", err)
	}
	c.stmts[query] = s
	return s, nil
}

// Exec runs a statement and returns how many rows it changed.
func (c *conn) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	s, err := c.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(ctx, storable(args)...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// Row scans the only row of a query into dest, and reports whether there is one.
func (c *conn) Row(ctx context.Context, query string, args []any, dest ...any) (bool, error) {
	s, err := c.prepare(ctx, query)
	if err != nil {
		return false, err
	}
	err = s.QueryRowContext(ctx, storable(args)...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Each calls f with each row of a query, until f fails.
func (c *conn) Each(ctx context.Context, query string, args []any, f func(relational.Scanner) error) error {
	s, err := c.prepare(ctx, query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, storable(args)...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// close gives back the connection and its statements.
func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.c.Close())...)
}

// storable gives lists as JSON arrays, which json_each takes apart: so the text
// of a statement is the same for each length.
func storable(args []any) []any {
	for i, a := range args {
		switch a := a.(type) {
		case []string:
			args[i] = list(a)
		case []int64:
			args[i] = list(a)
		case relational.Rows:
			args[i] = list(a)
		}
	}
	return args
}

func list[T any](values []T) string {
	if len(values) == 0 {
		return "[]"
	}
	b, err := json.Marshal(values)
	if err != nil {
		panic(err) // a list of texts and numbers always encodes
	}
	return string(b)
}
