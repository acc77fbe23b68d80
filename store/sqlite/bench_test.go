package sqlite

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/storetest"
)

func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, func(b *testing.B) store.Store { return open(b, filepath.Join(b.TempDir(), "bridge.db")) })
}

// BenchmarkInsert is the limit: one row of a kilobyte a transaction, in one
// statement, and nothing else. There is one writer at a time.
func BenchmarkInsert(b *testing.B) {
	db, err := sql.Open("sqlite", dsn(filepath.Join(b.TempDir(), "plain.db"), Options{}))
	require.NoError(b, err)
	defer func() { require.NoError(b, db.Close()) }()
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(b.Context(), "CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)")
	require.NoError(b, err)
	insert, err := db.PrepareContext(b.Context(), "INSERT INTO rows (text) VALUES (?1)")
	require.NoError(b, err)
	text := strings.Repeat("x", 1024)
	storetest.AtOnce(b, 1, func() error {
		_, err := insert.ExecContext(b.Context(), text)
		return err
	})
}
