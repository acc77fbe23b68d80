package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
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
}

// Who may use the tables that others made may not migrate them. What is advised must
// suffice, and not give a superuser's rights.
func TestOpen_SaysHowToOwnTheTablesToMigrate(t *testing.T) {
	t.Parallel()
	ownedBy := func(kind string) (database, owner string) {
		database = postgrestest.New(t)
		owner, asOwner, c := poor(t, database)
		exec1(t, c, fmt.Sprintf(`GRANT CREATE ON SCHEMA public TO %[1]q; ALTER ROLE %[1]q `+kind, owner))
		require.NoError(t, open(t, asOwner).Close())
		return database, owner
	}
	owned, owner := ownedBy("NOCREATEROLE")
	administered, _ := ownedBy("CREATEROLE")
	const mayUse = `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %q`
	for name, tt := range map[string]struct{ database, first, advice string }{
		"of another user":              {owned, mayUse, `GRANT CREATE ON SCHEMA public TO %[1]q; GRANT "` + owner + `" TO %[1]q`},
		"of an administrator":          {administered, mayUse, `; ALTER TABLE calls OWNER TO %q; `},
		"of a superuser":               {migrated(t), mayUse, `; ALTER TABLE calls OWNER TO %q; `},
		"that one may not even read":   {migrated(t), ``, `; ALTER TABLE generations OWNER TO %q; `},
		"by a role that inherits none": {migrated(t), `ALTER ROLE %q NOINHERIT`, `; ALTER TABLE migrations OWNER TO %q; `},
	} {
		t.Run(name, func(t *testing.T) {
			user, asUser, c := poor(t, tt.database)
			exec1(t, c, older)
			if tt.first != "" {
				exec1(t, c, fmt.Sprintf(tt.first, user))
			}
			_, err := Open(t.Context(), asUser, Options{})
			require.ErrorContains(t, err, "may not change those that others own there")
			require.ErrorContains(t, err, fmt.Sprintf(tt.advice, user))
			require.Empty(t, Hint(err), "the error says it")
			require.NotContains(t, err.Error(), "GRANT postgres")
			_, advice, _ := strings.Cut(err.Error(), "in this database: ")
			require.ErrorContains(t, Check(t.Context(), asUser), advice, "and so does check")

			exec1(t, c, advice)
			require.NoError(t, Check(t.Context(), asUser))
			s, err := Open(t.Context(), asUser, Options{})
			require.NoError(t, err)
			defer s.Close()
			require.Zero(t, create(t, s, "ada"))
		})
	}
}
