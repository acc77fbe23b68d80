package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// older makes a database as the release before searched forms left it.
func older(t *testing.T, path string, users int) {
	t.Helper()
	require.NoError(t, mark(t.Context(), path))
	db, err := sql.Open("sqlite", dsn(path, Options{}))
	require.NoError(t, err)
	steps, err := fs.Sub(migrations, "migrations")
	require.NoError(t, err)
	p, err := goose.NewProvider(goose.DialectSQLite3, db, steps,
		goose.WithTableName("migrations"), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	require.NoError(t, err)
	_, err = p.UpTo(t.Context(), 2)
	require.NoError(t, err)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for i := range users {
		name := fmt.Sprint("ada", i)
		if i == 11 {
			name = "e\u0301va11" // of which the older release made no other key
		}
		_, err := tx.ExecContext(context.Background(), `
			INSERT INTO users (org, id, document, user_name_key, external_id, display_name_key, display, active, version, created, modified)
			VALUES (?1, ?2, ?3, ?4, '', '', ?4, 1, 1, 1, 1)`, fmt.Sprint("org", i%2), fmt.Sprint(i),
			fmt.Sprintf(`{"emails":[{"type":"work","value":"Ada%[1]d@Example.com"}],"title":"Straße %[1]d","userName":%[2]q}`, i, name), name)
		require.NoError(t, err)
	}
	_, err = tx.ExecContext(context.Background(), `
		INSERT INTO groups (org, id, document, display_name_key, display, external_id, version, created, modified)
		VALUES ('org1', 'g', '{"displayName":"G"}', 'g', 'G', '', 1, 1, 1)`)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	require.NoError(t, db.Close())
}

func TestOpen_MakesUsersOfAnOlderReleaseSearchable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bridge.db")
	older(t, path, 2500)
	s := open(t, path)
	for text, want := range map[string]int{
		``:                                   1250,
		`emails.value eq "ADA7@example.com"`: 1,
		`emails[type eq "work"].value eq "ada2499@example.com"`: 1,
		`title eq "STRASSE 9"`:   1,
		`title sw "strasse 249"`: 6, // itself and five of 2490 to 2499
		`userName eq "ada8"`:     0, // of the other org
		`userName eq "Éva11"`:    1,
	} {
		var where filter.Expr
		if text != "" {
			var err error
			where, err = filter.Parse(text)
			require.NoError(t, err)
		}
		l, err := s.Users(t.Context(), "org1", filter.Query{Where: where}, directory.Page{Start: 1, Count: 1})
		require.NoError(t, err)
		require.Equal(t, want, l.Total, text)
	}
	l, err := s.Groups(t.Context(), "org1", filter.Query{}, directory.Page{})
	require.NoError(t, err)
	require.Equal(t, 1, l.Total)
}
