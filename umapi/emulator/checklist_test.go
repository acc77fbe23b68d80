package emulator_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/internal/checklist"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// TestChecklist_IsHeldByTests reads the tables of docs/emulator.md that say what
// is modelled. Every line must name tests that exist, and every switch and
// setting that it names must occur in one of those.
func TestChecklist_IsHeldByTests(t *testing.T) {
	t.Parallel()
	tests, err := checklist.Tests(".")
	require.NoError(t, err)
	rows := readChecklist(t)
	require.Greater(t, len(rows), 100)
	for _, r := range rows {
		held := r.Quoted("tests")
		require.NotEmpty(t, held, r.Line)
		for _, name := range held {
			function, subtest, isSubtest := strings.Cut(name, "/")
			source, there := tests[function]
			require.True(t, there, "there is no %s: %s", function, r.Line)
			require.True(t, !isSubtest || slices.Contains(source.Strings, subtest), "there is no %s: %s", name, r.Line)
		}
		require.True(t, !r.Has("with") || len(r.Quoted("with")) > 0, r.Line)
		for _, name := range r.Quoted("with") {
			require.True(t, slices.ContainsFunc(held, func(test string) bool {
				function, _, _ := strings.Cut(test, "/")
				return slices.Contains(tests[function].Names, goName(t, name))
			}), "no test sets %s: %s", name, r.Line)
		}
	}
}

func TestChecklist_HasEverySwitch(t *testing.T) {
	t.Parallel()
	var named []string
	for _, r := range readChecklist(t) {
		named = append(named, r.Quoted("with")...)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[emulator.Switches]()) {
		require.True(t, slices.Contains(named, f.Tag.Get("json")), "docs/emulator.md says nothing about %s", f.Tag.Get("json"))
	}
}

// goName is what Go calls a switch, a field of the configuration, or a fault.
func goName(t *testing.T, name string) string {
	t.Helper()
	for _, f := range reflect.VisibleFields(reflect.TypeFor[emulator.Switches]()) {
		if f.Tag.Get("json") == name {
			return f.Name
		}
	}
	_, isField := reflect.TypeFor[emulator.Config]().FieldByName(name)
	require.True(t, isField || name == "Fault", "%s is neither a switch nor a field of Config", name)
	return name
}

// readChecklist returns the lines of all tables under the heading "What is
// modelled" of the page.
func readChecklist(t *testing.T) []checklist.Row {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "emulator.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n## What is modelled\n")
	require.True(t, found, "docs/emulator.md has no such heading")
	section, _, _ = strings.Cut(section, "\n## ")
	rows, err := checklist.Rows(section, "tests")
	require.NoError(t, err)
	return rows
}
