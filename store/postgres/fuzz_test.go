package postgres

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store/storetest"
)

// What was found worth keeping with SQLite, where looking is cheap, is asked here too.
func FuzzWhere(f *testing.F) {
	kept, err := filepath.Glob("../sqlite/testdata/fuzz/FuzzWhere/*")
	require.NoError(f, err)
	require.NotEmpty(f, kept)
	for _, name := range kept {
		b, err := os.ReadFile(name)
		require.NoError(f, err)
		_, text, _ := strings.Cut(strings.TrimSpace(string(b)), "\nstring(")
		text, err = strconv.Unquote(strings.TrimSuffix(text, ")"))
		require.NoError(f, err, name)
		f.Add(text)
	}
	storetest.FuzzWhere(f, open(f, migrated(f)))
}
