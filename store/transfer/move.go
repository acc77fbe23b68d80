package transfer

import (
	"context"
	"errors"
	"fmt"
	"maps"
)

// Row is one row: a value for each column of its table, or nil for none.
type Row []any

// Reader gives out the tables of a store as they are at one moment.
type Reader interface {
	// Rows calls f with each row of a table, in order of its key, until f fails.
	// Each row is f's to keep.
	Rows(ctx context.Context, t Table, f func(Row) error) error
	// Counters are the last numbers that were given out, by what they number: see
	// the constants.
	Counters(ctx context.Context) (map[string]int64, error)
}

// What is numbered. No number of it must ever be given out again: a list that is
// read page by page, or a verdict on something that was due, would be mistaken.
const (
	CounterUsers      = "users"      // their keys
	CounterGroups     = "groups"     // their keys
	CounterJournal    = "journal"    // the numbers of its lines
	CounterGeneration = "generation" // of what is due
)

// Writer fills a database, in one transaction, and shows what that one wrote.
type Writer interface {
	Reader
	// Empty reports whether a table has no row.
	Empty(ctx context.Context, t Table) (bool, error)
	// Write adds rows to a table that is not derived.
	Write(ctx context.Context, t Table, rows []Row) error
	// SetCounters has the numbers that are given out next be higher than these.
	SetCounters(ctx context.Context, last map[string]int64) error
}

// ErrNotEmpty means that there is something in the database that was to be filled.
var ErrNotEmpty = errors.New("it is not empty")

// How much is in memory at once, and checked by the database at once.
const (
	batchRows  = 10_000
	batchBytes = 4 << 20
)

// Move writes all that from has to to, which must be empty, and compares them. It
// returns what both have of each table, or an error, after which the transaction of
// to must be undone.
func Move(ctx context.Context, from Reader, to Writer) (map[string]Sum, error) {
	for _, t := range Tables {
		empty, err := to.Empty(ctx, t)
		if err == nil && !empty {
			err = ErrNotEmpty
		}
		if err != nil {
			return nil, fmt.Errorf("look at table %s: %w", t.Name, err)
		}
	}
	want := make(map[string]Sum, len(Tables))
	for _, t := range Tables {
		var err error
		if t.Derived {
			want[t.Name], err = sum(ctx, from, t)
		} else {
			want[t.Name], err = move(ctx, from, to, t)
		}
		if err != nil {
			return nil, fmt.Errorf("move table %s: %w", t.Name, err)
		}
	}
	if err := moveCounters(ctx, from, to); err != nil {
		return nil, fmt.Errorf("move counters: %w", err)
	}
	for _, t := range Tables {
		got, err := sum(ctx, to, t)
		if err == nil && got != want[t.Name] {
			err = fmt.Errorf("%d rows with digest %.12s became %d with %.12s", want[t.Name].Rows, want[t.Name].Digest, got.Rows, got.Digest)
		}
		if err != nil {
			return nil, fmt.Errorf("compare table %s: %w", t.Name, err)
		}
	}
	return want, nil
}

// move writes one table, batch by batch, and adds up what it read.
func move(ctx context.Context, from Reader, to Writer, t Table) (Sum, error) {
	d := newDigest()
	var batch []Row
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := to.Write(ctx, t, batch); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		batch, size = batch[:0], 0
		return nil
	}
	err := rows(ctx, from, t, func(r Row) error {
		d.add(r)
		batch = append(batch, r)
		for _, v := range r {
			if s, ok := v.(string); ok {
				size += len(s)
			}
		}
		if len(batch) < batchRows && size < batchBytes {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return d.sum(), err
}

// sum adds up one table.
func sum(ctx context.Context, r Reader, t Table) (Sum, error) {
	d := newDigest()
	err := rows(ctx, r, t, func(row Row) error {
		d.add(row)
		return nil
	})
	return d.sum(), err
}

// rows calls f with each row that counts, in the form in which it is compared.
func rows(ctx context.Context, r Reader, t Table, f func(Row) error) error {
	n := 0
	return r.Rows(ctx, t, func(row Row) error {
		n++
		if err := clean(t, row); err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
		if t.Derived && idle(t, row) {
			return nil
		}
		return f(row)
	})
}

// idle reports whether a row of a derived table says nothing: its counts are all 0.
func idle(t Table, r Row) bool {
	for _, v := range r[t.Key:] {
		if v != int64(0) {
			return false
		}
	}
	return len(r) > t.Key
}

// moveCounters has the target go on where the source stopped.
func moveCounters(ctx context.Context, from Reader, to Writer) error {
	last, err := from.Counters(ctx)
	if err != nil {
		return err
	}
	if err := to.SetCounters(ctx, last); err != nil {
		return err
	}
	got, err := to.Counters(ctx)
	if err == nil && !maps.Equal(got, last) {
		err = fmt.Errorf("%v became %v", last, got)
	}
	return err
}
