package scim_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/internal/checklist"
)

// TestConformance_IsHeldByTests reads the tables of docs/scim-conformance.md.
// Every line that says it is held must name tests that exist, every other one
// must say why, and none may be missing between the numbers.
func TestConformance_IsHeldByTests(t *testing.T) {
	t.Parallel()
	tests := conformanceTests(t)
	rows := conformanceRows(t, "no.")
	require.Greater(t, len(rows), 450)
	section, number := 0, 0
	for _, r := range rows {
		number++
		if next := fmt.Sprintf("%d.1", section+1); r.Cell("no.") == next {
			section, number = section+1, 1
		}
		require.Equal(t, fmt.Sprintf("%d.%d", section, number), r.Cell("no."), r.Line)
		require.NotEmpty(t, r.Cell("what"), r.Line)
		held := r.Quoted("tests, or why not")
		switch r.Cell("state") {
		case "held":
			require.NotEmpty(t, held, r.Line)
			for _, name := range held {
				require.True(t, tests[name], "there is no %s: %s", name, r.Line)
			}
		case "n/a", "not held":
			require.NotEmpty(t, r.Cell("tests, or why not"), r.Line)
		default:
			require.Fail(t, "want held, n/a or not held", r.Line)
		}
	}
}

func TestConformance_IsCounted(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	for _, r := range conformanceRows(t, "no.") {
		count[r.Cell("level")+" all"]++
		count[r.Cell("level")+" "+r.Cell("state")]++
	}
	told := 0
	for _, r := range conformanceRows(t, "held") {
		for _, column := range []string{"all", "held", "n/a", "not held"} {
			require.Equal(t, fmt.Sprint(count[r.Cell("level")+" "+column]), r.Cell(column), "%s of: %s", column, r.Line)
		}
		told += count[r.Cell("level")+" all"]
	}
	require.Len(t, conformanceRows(t, "no."), told, "a level is missing")
}

func conformanceRows(t *testing.T, column string) []checklist.Row {
	t.Helper()
	page, err := os.ReadFile("../docs/scim-conformance.md")
	require.NoError(t, err)
	rows, err := checklist.Rows(string(page), column)
	require.NoError(t, err)
	require.NotEmpty(t, rows)
	return rows
}

// conformanceTests are all tests that the document may name, as it names them.
func conformanceTests(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for prefix, dir := range map[string]string{
		"": ".", "resource.": "resource", "filter.": "filter", "sqlite.": "../store/sqlite", "directory.": "../directory",
	} {
		tests, err := checklist.Tests(dir)
		require.NoError(t, err)
		for name, source := range tests {
			all[prefix+name] = true
			for _, s := range source.Strings {
				all[prefix+name+"/"+s] = true
			}
		}
	}
	files, err := filepath.Glob("../testdata/providers/*.txtar")
	require.NoError(t, err)
	for _, f := range files {
		all["TestProviders/"+strings.TrimSuffix(filepath.Base(f), ".txtar")] = true
	}
	suite, err := filepath.Glob("../store/storetest/*.go")
	require.NoError(t, err)
	for _, f := range suite {
		source, err := os.ReadFile(f)
		require.NoError(t, err)
		for line := range strings.Lines(string(source)) {
			// {"Users/MatchAFilter", filterUsers},
			if name, _, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), `{"`), `", `); ok && strings.HasPrefix(strings.TrimSpace(line), `{"`) {
				all["sqlite.TestStore/"+name] = true
			}
		}
	}
	return all
}
