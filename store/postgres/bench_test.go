package postgres

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/postgres/postgrestest"
	"github.com/scim-bridge/scim-bridge/store/storetest"
)

// To measure what waits for the disk, name a server that does: see postgrestest.
func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, func(b *testing.B) store.Store { return open(b, migrated(b)) })
}

// BenchmarkInsert is the limit: one row of a kilobyte a transaction, in one
// statement, and nothing else.
func BenchmarkInsert(b *testing.B) {
	for _, clients := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("Clients%d", clients), func(b *testing.B) {
			cfg, err := pgxpool.ParseConfig(postgrestest.New(b))
			require.NoError(b, err)
			cfg.MaxConns = int32(clients)
			pool, err := pgxpool.NewWithConfig(b.Context(), cfg)
			require.NoError(b, err)
			defer pool.Close()
			_, err = pool.Exec(b.Context(), "CREATE TABLE rows (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text TEXT)")
			require.NoError(b, err)
			text := strings.Repeat("x", 1024)
			storetest.AtOnce(b, clients, func() error {
				_, err := pool.Exec(b.Context(), "INSERT INTO rows (text) VALUES ($1)", text)
				return err
			})
		})
	}
}
