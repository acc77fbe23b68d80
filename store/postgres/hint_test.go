package postgres_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store/postgres"
)

func TestHint_AdvisesTheOperator(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"28P01": "PGPASSWORD",
		"28000": "PGPASSWORD",
		"3D000": "CREATE DATABASE",
		"42501": "let it own them",
		"53100": "make room",
		"53300": "", // too many connections: nothing of ours
	} {
		err := fmt.Errorf("open database: %w", &pgconn.PgError{Code: code})
		if want == "" {
			require.Empty(t, postgres.Hint(err), code)
			continue
		}
		require.Contains(t, postgres.Hint(err), want, code)
	}
	require.Contains(t, postgres.Hint(errors.New("connect: server refused TLS connection")), "sslmode=prefer")
	require.Empty(t, postgres.Hint(errors.New("another process has it open")))

	// Port 1 is nobody's.
	err := postgres.Check(t.Context(), "postgres://bridge@127.0.0.1:1/bridge")
	require.Equal(t, "check that the server runs, and the host and port in store", postgres.Hint(err))
}
