package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/postgres/postgrestest"
	"github.com/scim-bridge/scim-bridge/store/storetest"
)

var _ store.Store = (*Store)(nil)

// open opens a database that is closed with the test.
func open(t testing.TB, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// migrated makes a database that has its tables.
func migrated(t testing.TB) string {
	return postgrestest.Copy(t, func(url string) error {
		s, err := Open(context.Background(), url, Options{})
		if err != nil {
			return err
		}
		return s.Close()
	})
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, migrated(t)) })
}

func TestReplicas(t *testing.T) {
	t.Parallel()
	storetest.RunReplicas(t, func(t *testing.T, n int) []store.Store {
		url := migrated(t)
		noDeadlock(t, url)
		all := make([]store.Store, n)
		for i := range all {
			all[i] = open(t, url)
		}
		return all
	})
}

// noDeadlock looks in the end whether transactions waited for each other in a circle,
// which only takes time and is seen nowhere else.
func noDeadlock(t *testing.T, url string) {
	c := beside(t, url)
	t.Cleanup(func() {
		var n int
		alone(t, c)
		require.NoError(t, c.QueryRow(context.Background(), "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&n))
		require.Zero(t, n)
	})
}

// alone waits until a database has no connection but this one. With the others goes what
// they did into the statistics.
func alone(t *testing.T, c *pgx.Conn) {
	t.Helper()
	require.Eventually(t, func() bool {
		var n int
		require.NoError(t, c.QueryRow(context.Background(), "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").Scan(&n))
		return n == 0
	}, time.Minute, 10*time.Millisecond)
}
