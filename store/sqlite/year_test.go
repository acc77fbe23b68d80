package sqlite

import (
	"context"
	"flag"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/storetest"
)

var yearUsers = flag.Int("year.users", 100, "how many users the years of BenchmarkYears have")

// usedPages is how much of a database is in use.
func usedPages(t testing.TB, s *Store) int64 {
	return pragma(t, s, "page_count") - pragma(t, s, "freelist_count")
}

// What is kept for a tenth of a year is as large after three years as after one.
func TestYears_DoNotLetTheDatabaseGrow(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "bridge.db"), Options{Volatile: true})
	require.NoError(t, err)
	var sizes []int64
	storetest.Years{
		Users: 40, Count: 3,
		Keep: func(now time.Time) store.Keep {
			return store.Keep{Lines: now.AddDate(0, 0, -36), MaxLines: 1_000_000, Calls: now.AddDate(0, 0, -7)}
		},
		After: func(int) { sizes = append(sizes, usedPages(t, s)) },
	}.Play(t, s)
	require.NoError(t, s.Close())
	require.LessOrEqual(t, sizes[2]*10, sizes[0]*11, "pages after each year: %v", sizes)
}

// BenchmarkYears says how large a database is after one year of operation and after
// two.
func BenchmarkYears(b *testing.B) {
	for b.Loop() {
		s, err := Open(b.Context(), filepath.Join(b.TempDir(), "bridge.db"), Options{Volatile: true})
		require.NoError(b, err)
		storetest.BenchmarkYears(b, *yearUsers, s, func() storetest.Size {
			size := storetest.Size{Bytes: pragma(b, s, "page_count") * pragma(b, s, "page_size")}
			require.NoError(b, s.read(b.Context(), func(ctx context.Context, c *conn) error {
				_, err := c.Row(ctx, `SELECT (SELECT COUNT(*) FROM journal), (SELECT SUM(pgsize) FROM dbstat WHERE name LIKE 'journal%')`, nil, &size.Lines, &size.Journal)
				return err
			}))
			return size
		})
		require.NoError(b, s.Close())
	}
}
