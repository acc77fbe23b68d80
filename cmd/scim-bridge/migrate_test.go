package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/bridge"
	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/postgres"
	"github.com/scim-bridge/scim-bridge/store/postgres/postgrestest"
)

func TestMigrate_MovesWhatAStoppedBridgeLeft(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	s := startService(t)
	s.join("ada@example.com")
	s.join("bob@example.com")
	s.waitFor(func(o bridge.OrgStatus) bool { return o.Waiting().Total() == 0 })

	_, errs, code := s.operate("", "migrate", "--to", url)
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "another process has it open: stop that one first")
	require.NoError(t, s.stop())

	out, errs, code := s.operate("", "migrate", "--to", url)
	require.Equal(t, []any{"", exitDone}, []any{errs, code})
	database := filepath.Join(filepath.Dir(s.config), "bridge.db")
	require.Regexp(t, `(?m)^users +2 +[0-9a-f]{16}$`, out)
	require.Contains(t, out, "all of "+database+" was moved, and is the same there\nnext: in "+s.config+", have store name that database")

	_, errs, code = s.operate("", "migrate", "--to", url)
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "it is not empty\n  hint: nothing was changed")

	st, err := postgres.Open(t.Context(), url, postgres.Options{})
	require.NoError(t, err)
	defer st.Close()
	l, err := st.Users(t.Context(), "acme", filter.Query{}, directory.Page{Start: 1, Count: 10})
	require.NoError(t, err)
	require.Equal(t, 2, l.Total)
	require.Equal(t, directory.SyncSynced, l.Resources[0].Sync.State)
}

func TestMigrate_ExitCodes(t *testing.T) {
	t.Parallel()
	nothing := filepath.Join(t.TempDir(), "bridge.db")
	file := writeConfig(t, fmt.Sprintf("store: sqlite:%s\n", nothing))
	server := writeConfig(t, "store: postgres://bridge@db/bridge\n")
	for _, tt := range []struct {
		code int
		want string
		args string
	}{
		{exitWrongUse, "missing --to", "migrate --config " + file},
		{exitWrongUse, "takes no argument", "migrate postgres://bridge@db/bridge --config " + file},
		{exitWrongUse, "--to: want a URL such as postgres://user@host/database", "migrate --to sqlite:bridge.db --config " + file},
		{exitWrongUse, "--to: names no database", "migrate --to postgres://bridge:secret@db --config " + file},
		{exitWrongUse, "store names a PostgreSQL database already", "migrate --to postgres://bridge@db/bridge --config " + server},
		{exitFailed, "no such file or directory\n  hint: run it in the folder", "migrate --to postgres://bridge:secret@127.0.0.1:1/bridge --config " + file},
	} {
		out, errs, code := operate(t, "", strings.Fields(tt.args)...)
		require.Equal(t, tt.code, code, "%s: %s", tt.args, errs)
		require.Contains(t, errs, tt.want, tt.args)
		require.NotContains(t, errs, "secret", tt.args)
		require.Empty(t, out, tt.args)
	}
	_, err := os.Stat(nothing)
	require.ErrorIs(t, err, os.ErrNotExist, "and none is made")
}
