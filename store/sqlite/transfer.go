package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/scim-bridge/scim-bridge/store/relational"
	"github.com/scim-bridge/scim-bridge/store/transfer"
)

// Transfer gives f all tables as they are at one moment.
func (s *Store) Transfer(ctx context.Context, f func(transfer.Reader) error) error {
	err := s.snapshot(ctx, func(_ context.Context, c *conn) error { return f(tables{c}) })
	if err != nil {
		return fmt.Errorf("read database: %s: %w", s.path, advise(err))
	}
	return nil
}

// tables is a transfer.Reader.
type tables struct{ c *conn }

// Rows calls f with each row of a table, in order of its key.
func (r tables) Rows(ctx context.Context, t transfer.Table, f func(transfer.Row) error) error {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
		if c.Kind == transfer.JSON {
			names[i] = "json(" + c.Name + ")"
		}
	}
	query := "SELECT " + strings.Join(names, ", ") + " FROM " + t.Name + " ORDER BY " + strings.Join(names[:t.Key], ", ")
	return r.c.Each(ctx, query, nil, func(row relational.Scanner) error {
		values, into := make(transfer.Row, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := row.Scan(into...); err != nil {
			return err
		}
		for i, c := range t.Columns {
			if n, ok := values[i].(int64); ok && c.Kind == transfer.Flag {
				values[i] = n != 0
			}
		}
		return f(values)
	})
}

const lastNumbers = `
	SELECT name, seq FROM sqlite_sequence WHERE name IN ('users', 'groups', 'journal')
	UNION ALL SELECT $1, COALESCE(MAX(generation), 0) FROM orgs`

// Counters are the last numbers that were given out.
func (r tables) Counters(ctx context.Context) (map[string]int64, error) {
	last := map[string]int64{transfer.CounterUsers: 0, transfer.CounterGroups: 0, transfer.CounterJournal: 0}
	err := r.c.Each(ctx, lastNumbers, []any{transfer.CounterGeneration}, func(row relational.Scanner) error {
		var name string
		var n int64
		err := row.Scan(&name, &n)
		last[name] = n
		return err
	})
	return last, err
}
