package postgres

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/postgres/postgrestest"
	"github.com/scim-bridge/scim-bridge/store/storetest"
)

var yearUsers = flag.Int("year.users", 100, "how many users the years of BenchmarkYears have")

// Counts and leases change with almost every write. Where such a row is changed in its
// page and in no index, which takes room in the page (fillfactor), the next one who
// reads it clears the old one away: nothing is left to autovacuum.
func TestYears_ChangeHotRowsInPlace(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	s := open(t, url)
	storetest.Years{
		Users: 20, Count: 1,
		Keep:  func(time.Time) store.Keep { return store.Keep{MaxLines: 1_000_000} },
		After: func(int) {},
	}.Play(t, s)
	require.NoError(t, s.Close())
	c := beside(t, url)
	alone(t, c)
	rows, err := c.Query(t.Context(), `
		SELECT s.relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = relid
		WHERE reloptions @> '{fillfactor=50}' AND n_tup_upd > 0 ORDER BY n_tup_upd DESC`)
	require.NoError(t, err)
	var table string
	var changed, hot, all int
	_, err = pgx.ForEachRow(rows, []any{&table, &changed, &hot}, func() error {
		all += changed
		require.LessOrEqual(t, changed*9, hot*10, table)
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, all, 200)
}

// BenchmarkYears says how large a database is after one year of operation and after
// two. The server that it starts itself has no autovacuum: name one that has, see
// postgrestest.
func BenchmarkYears(b *testing.B) {
	for b.Loop() {
		s := open(b, postgrestest.New(b))
		storetest.BenchmarkYears(b, *yearUsers, s, func() (size storetest.Size) {
			require.NoError(b, s.read(b.Context(), func(ctx context.Context, c *conn) error {
				_, err := c.Row(ctx, `SELECT pg_database_size(current_database()), pg_total_relation_size('journal'), (SELECT COUNT(*) FROM journal)`, nil,
					&size.Bytes, &size.Journal, &size.Lines)
				return err
			}))
			return size
		})
	}
}
