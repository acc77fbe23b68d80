package postgres

import (
	"context"
	"crypto/rand"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store/postgres/postgrestest"
)

// poor is the URL of a database for a user who may connect, and make nothing. c is
// somebody who may give rights.
func poor(t *testing.T, database string) (user, asUser string, c *pgx.Conn) {
	t.Helper()
	c = beside(t, database)
	user = "Poor-" + strings.ToLower(rand.Text())
	name := pgx.Identifier{user}.Sanitize()
	exec1(t, c, "CREATE ROLE "+name+" LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	t.Cleanup(func() {
		_, err := c.Exec(context.Background(), "DROP OWNED BY "+name+"; DROP ROLE "+name)
		require.NoError(t, err)
	})
	u, err := url.Parse(database)
	require.NoError(t, err)
	u.User = url.User(user)
	return user, u.String(), c
}

func TestOpen_SaysWhichRightIsMissing(t *testing.T) {
	t.Parallel()
	user, asUser, c := poor(t, postgrestest.New(t))
	grant := `GRANT CREATE ON SCHEMA public TO "` + user + `"`
	_, err := Open(t.Context(), asUser, Options{})
	require.ErrorContains(t, err, "may not make tables in schema public")
	require.Regexp(t, regexp.QuoteMeta(": "+grant)+"$", err)
	require.ErrorContains(t, Check(t.Context(), asUser), grant, "and so does check")
	require.Empty(t, Hint(err), "the error says it")

	exec1(t, c, grant)
	require.NoError(t, Check(t.Context(), asUser))
	s, err := Open(t.Context(), asUser, Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

func TestOpen_NeedsTheRightOnlyToMigrate(t *testing.T) {
	t.Parallel()
	database := migrated(t)
	user, asUser, c := poor(t, database)
	exec1(t, c, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "`+user+`"`)
	s, err := Open(t.Context(), asUser, Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())

	exec1(t, c, older)
	_, err = Open(t.Context(), asUser, Options{})
	require.ErrorContains(t, err, "GRANT CREATE ON SCHEMA public TO ")
}
