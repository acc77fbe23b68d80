package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scim-bridge/scim-bridge/store/relational"
	"github.com/scim-bridge/scim-bridge/store/transfer"
)

// Fill has f fill the tables in one transaction, in which nobody else writes. If f
// returns an error, or the process ends, they are as they were.
func (s *Store) Fill(ctx context.Context, f func(transfer.Writer) error) error {
	if err := s.fill(ctx, f); err != nil {
		return fmt.Errorf("fill database: %s: %w", s.name, oneLine(err))
	}
	return nil
}

func (s *Store) fill(ctx context.Context, f func(transfer.Writer) error) (err error) {
	pg, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		err = errors.Join(err, pg.Close(ctx)) // which undoes what was not committed
	}()
	tx, err := pg.Begin(ctx)
	if err != nil {
		return err
	}
	names := make([]string, len(transfer.Tables))
	for i, t := range transfer.Tables {
		names[i] = t.Name
	}
	all := strings.Join(names, ", ")
	// While the source is read the transaction is idle.
	for _, statement := range []string{"SET LOCAL idle_in_transaction_session_timeout = 0", "LOCK TABLE " + all + " IN SHARE ROW EXCLUSIVE MODE"} {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	if err := f(filler{tx}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "ANALYZE "+all); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit, which may have happened: try again, and it is refused if it did: %w", err)
	}
	return nil
}

// filler is a transfer.Writer.
type filler struct{ tx pgx.Tx }

// Empty reports whether a table has no row.
func (w filler) Empty(ctx context.Context, t transfer.Table) (bool, error) {
	var empty bool
	err := w.tx.QueryRow(ctx, "SELECT NOT EXISTS (SELECT 1 FROM "+t.Name+")").Scan(&empty)
	return empty, err
}

// Write adds rows to a table.
func (w filler) Write(ctx context.Context, t transfer.Table, rows []transfer.Row) error {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	_, err := w.tx.CopyFrom(ctx, pgx.Identifier{t.Name}, names, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		return rows[i], nil
	}))
	return err
}

// Rows calls f with each row of a table, in order of its key.
func (w filler) Rows(ctx context.Context, t transfer.Table, f func(transfer.Row) error) error {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
		switch c.Kind {
		case transfer.JSON:
			names[i] += "::text"
		case transfer.Number:
			names[i] += "::bigint"
		}
	}
	query := "SELECT " + strings.Join(names, ", ") + " FROM " + t.Name + " ORDER BY " + strings.Join(names[:t.Key], ", ")
	rows, err := w.tx.Query(ctx, query)
	if err != nil {
		return err
	}
	_, err = read(rows, func(relational.Scanner) error {
		values, err := rows.Values()
		if err != nil {
			return err
		}
		return f(values)
	})
	return err
}

// counters are the sequences, by what they number.
var counters = map[string]string{
	transfer.CounterUsers:      "pg_get_serial_sequence('users', 'key')",
	transfer.CounterGroups:     "pg_get_serial_sequence('groups', 'key')",
	transfer.CounterJournal:    "pg_get_serial_sequence('journal', 'seq')",
	transfer.CounterGeneration: "'generations'",
}

// SetCounters has the numbers that are given out next be higher than these.
func (w filler) SetCounters(ctx context.Context, last map[string]int64) error {
	for what, n := range last {
		var name string
		if err := w.tx.QueryRow(ctx, "SELECT "+counters[what]+"::regclass::text").Scan(&name); err != nil {
			return err
		}
		// Unlike setval it is undone with the transaction.
		if _, err := w.tx.Exec(ctx, fmt.Sprintf("ALTER SEQUENCE %s RESTART WITH %d", name, n+1)); err != nil {
			return err
		}
	}
	return nil
}

// Counters are the last numbers that were given out, before those of SetCounters.
func (w filler) Counters(ctx context.Context) (map[string]int64, error) {
	last := make(map[string]int64, len(counters))
	for what, sequence := range counters {
		var name string
		if err := w.tx.QueryRow(ctx, "SELECT "+sequence+"::regclass::text").Scan(&name); err != nil {
			return nil, err
		}
		var n int64
		if err := w.tx.QueryRow(ctx, "SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM "+name).Scan(&n); err != nil {
			return nil, err
		}
		last[what] = n
	}
	return last, nil
}
