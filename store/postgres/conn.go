package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/scim-bridge/scim-bridge/store/relational"
)

// conn is one connection, used by one goroutine at a time. A statement whose
// answer nobody waits for can be put off: it goes to the server together with
// the next one, so that both take one round trip.
type conn struct {
	c       *pgx.Conn
	waiting []statement
	trips   int    // how often something was sent
	lost    error  // why the transaction is
	owner   *write // whose statements are put off now, nil for those of the transaction itself

	id         string // of the transaction, once something was sent
	generation int64  // the last that was used
}

// statement is one that was put off.
type statement struct {
	query string
	args  []any
	dest  []any  // what its only row is scanned into, if it has one
	owner *write // whose it is, nil if it holds the transaction together
}

// Later puts off a statement. If it fails, so does what is sent with it.
func (c *conn) Later(query string, args ...any) {
	c.waiting = append(c.waiting, statement{query: query, args: args, owner: c.owner})
}

// fail notes the error of a statement that was put off. It is that of whoever
// sends it only if it is theirs: else nothing can be said but that the transaction is
// lost.
func (c *conn) fail(s statement, err error) error {
	err = fmt.Errorf("%.30s: %w", strings.Join(strings.Fields(s.query), " "), err)
	switch {
	case s.owner == nil:
		c.lost = err
	case s.owner != c.owner:
		c.lost = carelessError{err}
	}
	return err
}

// Exec runs a statement and returns how many rows it changed.
func (c *conn) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := c.run(ctx, statement{query: query, args: args}, nil)
	return tag.RowsAffected(), err
}

// Row scans the only row of a query into dest, and reports whether there is one.
func (c *conn) Row(ctx context.Context, query string, args []any, dest ...any) (found bool, err error) {
	_, err = c.run(ctx, statement{query: query, args: args}, func(row relational.Scanner) error {
		found = true
		return row.Scan(dest...)
	})
	return found && err == nil, err
}

// Each calls f with each row of a query, until f fails. f must not use the
// connection.
func (c *conn) Each(ctx context.Context, query string, args []any, f func(relational.Scanner) error) error {
	_, err := c.run(ctx, statement{query: query, args: args}, f)
	return err
}

// flush sends what was put off.
func (c *conn) flush(ctx context.Context) error {
	if len(c.waiting) == 0 {
		return nil
	}
	last := c.waiting[len(c.waiting)-1]
	c.waiting = c.waiting[:len(c.waiting)-1]
	var scan func(relational.Scanner) error
	if last.dest != nil {
		scan = func(row relational.Scanner) error { return row.Scan(last.dest...) }
	}
	_, err := c.run(ctx, last, scan)
	if err != nil && c.lost == nil {
		return c.fail(last, err)
	}
	return err
}

// run sends what was put off, and a statement, and reads its rows.
func (c *conn) run(ctx context.Context, s statement, f func(relational.Scanner) error) (tag pgconn.CommandTag, err error) {
	c.trips++
	if len(c.waiting) == 0 {
		rows, err := c.c.Query(ctx, words.Text(s.query), storable(s.args)...)
		if err != nil {
			return tag, err
		}
		return read(rows, f)
	}
	batch := &pgx.Batch{}
	before := c.waiting
	c.waiting = nil
	for _, w := range append(before, s) {
		batch.Queue(words.Text(w.query), storable(w.args)...)
	}
	results := c.c.SendBatch(ctx, batch)
	defer func() { err = errors.Join(err, results.Close()) }()
	for _, w := range before {
		if err := await(results, w); err != nil {
			return tag, c.fail(w, err)
		}
	}
	rows, err := results.Query()
	if err != nil {
		return tag, err
	}
	return read(rows, f)
}

// await reads the answer to one statement that was put off.
func await(results pgx.BatchResults, s statement) error {
	if s.dest != nil {
		return results.QueryRow().Scan(s.dest...)
	}
	_, err := results.Exec()
	return err
}

func read(rows pgx.Rows, f func(relational.Scanner) error) (pgconn.CommandTag, error) {
	defer rows.Close()
	for rows.Next() {
		if f == nil {
			continue
		}
		if err := f(rows); err != nil {
			return rows.CommandTag(), err
		}
	}
	return rows.CommandTag(), rows.Err()
}

// simple runs statements that need no answer as one text, which a transaction
// that has failed takes as well.
func (c *conn) simple(ctx context.Context, text string) error {
	c.trips++
	if _, err := c.c.PgConn().Exec(ctx, text).ReadAll(); err != nil {
		return fmt.Errorf("%s: %w", strings.ToLower(text), err)
	}
	return nil
}

// storable gives texts in a form that PostgreSQL takes: UTF-8, and without the
// character 0. Requests are refused before they come to that; what asks for
// such an id finds nothing.
func storable(args []any) []any {
	for i, a := range args {
		switch a := a.(type) {
		case string:
			args[i] = text(a)
		case []string:
			if a == nil {
				args[i] = []string{} // and not NULL
			}
			for _, s := range a {
				if s != text(s) {
					args[i] = texts(a)
					break
				}
			}
		case relational.Rows:
			args[i] = document(a)
		}
	}
	return args
}

func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func texts(all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = text(s)
	}
	return out
}

// document is rows as a list of lists.
func document(rows relational.Rows) string {
	for _, row := range rows {
		storable(row)
	}
	b, err := json.Marshal(rows)
	if err != nil {
		panic(err) // a list of texts and numbers always encodes
	}
	return string(b)
}
