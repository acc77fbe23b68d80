package emulator_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// TestChecklist_IsHeldByTests reads the tables of docs/emulator.md that say what
// is modelled. Every line must name tests that exist, and every switch and
// setting that it names must occur in one of those.
func TestChecklist_IsHeldByTests(t *testing.T) {
	t.Parallel()
	tests := readTests(t)
	rows := readChecklist(t)
	require.Greater(t, len(rows), 100)
	for _, r := range rows {
		require.NotEmpty(t, r.tests, r.line)
		for _, name := range r.tests {
			function, subtest, isSubtest := strings.Cut(name, "/")
			source, there := tests[function]
			require.True(t, there, "there is no %s: %s", function, r.line)
			require.True(t, !isSubtest || slices.Contains(source.strings, subtest), "there is no %s: %s", name, r.line)
		}
		for _, name := range r.settings {
			require.True(t, slices.ContainsFunc(r.tests, func(test string) bool {
				function, _, _ := strings.Cut(test, "/")
				return slices.Contains(tests[function].names, goName(t, name))
			}), "no test sets %s: %s", name, r.line)
		}
	}
}

func TestChecklist_HasEverySwitch(t *testing.T) {
	t.Parallel()
	var named []string
	for _, r := range readChecklist(t) {
		named = append(named, r.settings...)
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

// checklistRow is one line of a table.
type checklistRow struct {
	line     string
	settings []string // of the column "with", if the table has one
	tests    []string
}

// readChecklist returns the lines of all tables under the heading "What is
// modelled" of the page.
func readChecklist(t *testing.T) []checklistRow {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "emulator.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n## What is modelled\n")
	require.True(t, found, "docs/emulator.md has no such heading")
	section, _, _ = strings.Cut(section, "\n## ")
	var rows []checklistRow
	var header []string
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "|") {
			header = nil
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		if header == nil {
			header = cells
			require.Contains(t, header, "tests")
			continue
		}
		require.Len(t, cells, len(header), line)
		if cells[0] == "---" {
			continue
		}
		r := checklistRow{line: line, tests: quoted(cells[slices.Index(header, "tests")])}
		if with := slices.Index(header, "with"); with >= 0 {
			r.settings = quoted(cells[with])
			require.NotEmpty(t, r.settings, line)
		}
		rows = append(rows, r)
	}
	return rows
}

// quoted returns what stands between pairs of backquotes.
func quoted(cell string) []string {
	var found []string
	for _, m := range regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(cell, -1) {
		found = append(found, m[1])
	}
	return found
}

// testSource is what stands in a test.
type testSource struct {
	names   []string // every identifier
	strings []string // every constant string, among them the names of subtests
}

// readTests returns the tests of this package and of its outside, by name.
func readTests(t *testing.T) map[string]testSource {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	tests := map[string]testSource{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && isTest(f) {
				tests[f.Name.Name] = readTest(t, f)
			}
		}
	}
	require.NotEmpty(t, tests)
	return tests
}

// isTest reports whether f is func TestX(*testing.T).
func isTest(f *ast.FuncDecl) bool {
	if f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") || f.Type.Params.NumFields() != 1 {
		return false
	}
	pointer, ok := f.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	argument, ok := pointer.X.(*ast.SelectorExpr)
	return ok && argument.Sel.Name == "T"
}

func readTest(t *testing.T, f *ast.FuncDecl) testSource {
	t.Helper()
	var found testSource
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			found.names = append(found.names, n.Name)
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				text, err := strconv.Unquote(n.Value)
				require.NoError(t, err)
				found.strings = append(found.strings, text)
			}
		}
		return true
	})
	return found
}
