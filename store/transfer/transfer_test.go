package transfer_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/store/postgres"
	"github.com/scim-bridge/scim-bridge/store/postgres/postgrestest"
	"github.com/scim-bridge/scim-bridge/store/sqlite"
	"github.com/scim-bridge/scim-bridge/store/storetest"
	"github.com/scim-bridge/scim-bridge/store/transfer"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

func openFile(t *testing.T) (*sqlite.Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bridge.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{Volatile: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s, path
}

func openServer(t *testing.T) (*postgres.Store, string) {
	t.Helper()
	url := postgrestest.New(t)
	s, err := postgres.Open(t.Context(), url, postgres.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s, url
}

func move(t *testing.T, from *sqlite.Store, to *postgres.Store) (sums map[string]transfer.Sum, err error) {
	t.Helper()
	err = from.Transfer(t.Context(), func(r transfer.Reader) error {
		return to.Fill(t.Context(), func(w transfer.Writer) (err error) {
			sums, err = transfer.Move(t.Context(), r, w)
			return err
		})
	})
	return sums, err
}

func TestMove_WhatArrivesReadsAndGoesOnLikeWhatWasThere(t *testing.T) {
	t.Parallel()
	from, _ := openFile(t)
	orgs := []string{"acme", "globex", "initech"}
	for seed, org := range orgs {
		storetest.Populate(t, from, org, seed)
	}
	before, err := from.Due(t.Context(), "acme", storetest.Later, 1000)
	require.NoError(t, err)
	require.NotEmpty(t, before)

	to, _ := openServer(t)
	sums, err := move(t, from, to)
	require.NoError(t, err)
	for _, table := range transfer.Tables {
		require.NotZero(t, sums[table.Name].Rows, "nothing of table %s was tried", table.Name)
	}
	for _, org := range orgs {
		storetest.Same(t, from, to, org)
	}

	// Nothing that is due gets a generation that was there before: verdicts on what was
	// due then are late.
	var touched []plan.Touch
	var late plan.Settlement
	for _, d := range before {
		touched = append(touched, plan.Touch{Kind: d.Kind, User: d.User, Group: d.Group, Class: plan.ClassAttribute})
		late.Verdicts = append(late.Verdicts, plan.Verdict{Due: d, Outcome: plan.Done})
	}
	require.NoError(t, to.Settle(t.Context(), leased(t, to), plan.Settlement{Touched: touched}, storetest.Later))
	require.NoError(t, to.Settle(t.Context(), leased(t, to), late, storetest.Later))
	after, err := to.Due(t.Context(), "acme", storetest.Later, 1000)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(after), len(before))
	require.NoError(t, from.Settle(t.Context(), leased(t, from), plan.Settlement{Touched: touched}, storetest.Later))

	// Both take the same from here on, and no key is given out again.
	for _, org := range []string{"acme", "umbrella"} {
		for _, s := range []interface {
			CreateUser(context.Context, string, directory.User, directory.Origin) (directory.User, error)
		}{from, to} {
			_, err := s.CreateUser(t.Context(), org, directory.User{
				Meta: directory.Meta{ID: "new"}, Document: []byte(`{"userName": "new@example.com", "emails": [{"value": "new@example.com"}]}`),
			}, directory.Origin{Actor: "okta", At: storetest.Later})
			require.NoError(t, err)
		}
		storetest.Same(t, from, to, org)
	}
	storetest.Populate(t, from, "hooli", 7)
	storetest.Populate(t, to, "hooli", 7)
	storetest.Same(t, from, to, "hooli")
}

// TestMove_InManyBatches moves more than goes over at once.
func TestMove_InManyBatches(t *testing.T) {
	t.Parallel()
	from, path := openFile(t)
	require.NoError(t, from.SetPause(t.Context(), leased(t, from), storetest.Later))
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25001)
		INSERT INTO journal (org, at, actor, request_id, user_id, group_id, event, text)
		SELECT 'acme', i, 'dispatch', '', 'ada', '', 'failed', 'a' || char(0) || i FROM n`)
	require.NoError(t, err)
	to, _ := openServer(t)
	sums, err := move(t, from, to)
	require.NoError(t, err)
	require.EqualValues(t, 25001, sums["journal"].Rows)
	lines, err := to.Journal(t.Context(), "acme", "ada", 1)
	require.NoError(t, err)
	require.Equal(t, "a\uFFFD25001", lines[0].Text, "PostgreSQL has no character 0")
}

func TestMove_ChangesNothingWhereItFails(t *testing.T) {
	t.Parallel()
	from, path := openFile(t)
	storetest.Populate(t, from, "acme", 1)
	to, url := openServer(t)

	broken := errors.New("broken")
	for _, table := range transfer.Tables {
		err := from.Transfer(t.Context(), func(r transfer.Reader) error {
			return to.Fill(t.Context(), func(w transfer.Writer) error {
				_, err := transfer.Move(t.Context(), failing{r, table.Name, broken}, w)
				return err
			})
		})
		require.ErrorIs(t, err, broken, table.Name)
		requireEmpty(t, to)
	}

	// What arrives as something else is found out.
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec(`UPDATE work SET pending = pending + 1`)
	require.NoError(t, err)
	_, err = move(t, from, to)
	require.ErrorContains(t, err, "compare table work")
	requireEmpty(t, to)
	_, err = db.Exec(`UPDATE work SET pending = pending - 1`)
	require.NoError(t, err)

	// A row that PostgreSQL refuses.
	c, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer c.Close(context.WithoutCancel(t.Context()))
	_, err = c.Exec(t.Context(), `ALTER TABLE journal ADD CHECK (event <> 'failed')`)
	require.NoError(t, err)
	_, err = move(t, from, to)
	require.ErrorContains(t, err, "move table journal")
	requireEmpty(t, to)
	_, err = c.Exec(t.Context(), `ALTER TABLE journal DROP CONSTRAINT journal_event_check`)
	require.NoError(t, err)

	_, err = move(t, from, to)
	require.NoError(t, err)
	_, err = move(t, from, to)
	require.ErrorIs(t, err, transfer.ErrNotEmpty)
	storetest.Same(t, from, to, "acme")
}

func requireEmpty(t *testing.T, s *postgres.Store) {
	t.Helper()
	require.NoError(t, s.Fill(t.Context(), func(w transfer.Writer) error {
		for _, table := range transfer.Tables {
			empty, err := w.Empty(t.Context(), table)
			require.NoError(t, err)
			require.True(t, empty, table.Name)
		}
		last, err := w.Counters(t.Context())
		require.NoError(t, err)
		for what, n := range last {
			require.LessOrEqual(t, n, int64(0), what)
		}
		return nil
	}))
}

// failing breaks off in the middle of a table.
type failing struct {
	transfer.Reader
	table string
	err   error
}

func (f failing) Rows(ctx context.Context, t transfer.Table, do func(transfer.Row) error) error {
	err := f.Reader.Rows(ctx, t, do)
	if t.Name == f.table {
		return f.err
	}
	return err
}

// TestTables_AreAllThatTheDatabasesHave holds the list to what migrations make.
func TestTables_AreAllThatTheDatabasesHave(t *testing.T) {
	t.Parallel()
	var want []string
	for _, table := range transfer.Tables {
		for _, c := range table.Columns {
			want = append(want, table.Name+"."+c.Name)
		}
	}
	slices.Sort(want)

	_, path := openFile(t)
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	rows, err := db.Query(`SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_xinfo(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT IN ('migrations', 'leases') AND c.hidden = 0`)
	require.NoError(t, err)
	var have []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		switch name {
		case "due.alone":
			name = "due.refused"
		case "orgs.generation":
			continue // a counter
		}
		have = append(have, name)
	}
	require.NoError(t, errors.Join(rows.Err(), rows.Close()))
	slices.Sort(have)
	require.Equal(t, want, have, "SQLite")

	_, url := openServer(t)
	c, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer c.Close(context.WithoutCancel(t.Context()))
	found, err := c.Query(t.Context(), `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name NOT IN ('migrations', 'bridge', 'leases', 'replicas') AND is_generated = 'NEVER'`)
	require.NoError(t, err)
	have, err = pgx.CollectRows(found, pgx.RowTo[string])
	require.NoError(t, err)
	slices.Sort(have)
	require.Equal(t, want, have, "PostgreSQL")
	require.Len(t, slices.Compact(slices.Clone(want)), len(want), "named twice")
}

// leased takes the lease of acme.
func leased(t *testing.T, s store.Store) *lease.Lease {
	t.Helper()
	l, err := s.Lease(t.Context(), "acme")
	require.NoError(t, err)
	return l
}
