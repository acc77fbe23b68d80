// Package checklist reads tables of documents that name the tests which hold
// what they say, and the tests. It is for tests of such documents.
package checklist

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Row is one line of a table.
type Row struct {
	// Line is the line as it stands there, for messages.
	Line  string
	cells map[string]string
}

// Has reports whether the table has a column.
func (r Row) Has(column string) bool {
	_, ok := r.cells[column]
	return ok
}

// Cell is the text of a column, "" if the table does not have it.
func (r Row) Cell(column string) string { return r.cells[column] }

// Quoted is what stands between pairs of backquotes in a column.
func (r Row) Quoted(column string) []string {
	var found []string
	for _, m := range quoted.FindAllStringSubmatch(r.cells[column], -1) {
		found = append(found, m[1])
	}
	return found
}

var quoted = regexp.MustCompile("`([^`]*)`")

// Rows returns the lines of all tables of a text that have a column. An error is
// a table whose lines are not alike.
func Rows(text, column string) ([]Row, error) {
	var rows []Row
	var header []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			header = nil
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		if header == nil {
			header = cells
			continue
		}
		if len(cells) != len(header) {
			return nil, fmt.Errorf("%d cells where the table has %d: %s", len(cells), len(header), line)
		}
		if cells[0] == "---" || !slices.Contains(header, column) {
			continue
		}
		r := Row{Line: line, cells: map[string]string{}}
		for i, cell := range cells {
			r.cells[header[i]] = cell
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// Test is what stands in a test.
type Test struct {
	Names   []string // every identifier
	Strings []string // every constant string, among them the names of subtests
}

// Tests returns the tests and fuzz targets of a directory's packages, by name.
func Tests(dir string) (map[string]Test, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	tests := map[string]Test{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && isTest(f) {
				if tests[f.Name.Name], err = read(f.Body); err != nil {
					return nil, fmt.Errorf("%s: %w", f.Name.Name, err)
				}
			}
		}
	}
	if len(tests) == 0 {
		return nil, errors.New("no tests in " + dir)
	}
	return tests, nil
}

// isTest reports whether f is func TestX(*testing.T) or func FuzzX(*testing.F).
func isTest(f *ast.FuncDecl) bool {
	if f.Recv != nil || f.Type.Params.NumFields() != 1 {
		return false
	}
	pointer, ok := f.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	argument, ok := pointer.X.(*ast.SelectorExpr)
	return ok && (strings.HasPrefix(f.Name.Name, "Test") && argument.Sel.Name == "T" ||
		strings.HasPrefix(f.Name.Name, "Fuzz") && argument.Sel.Name == "F")
}

func read(body ast.Node) (Test, error) {
	var found Test
	var bad error
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			found.Names = append(found.Names, n.Name)
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				text, err := strconv.Unquote(n.Value)
				bad = errors.Join(bad, err)
				found.Strings = append(found.Strings, text)
			}
		}
		return true
	})
	return found, bad
}
