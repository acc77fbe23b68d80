package sqlite

import (
	"strings"

	"github.com/scim-bridge/scim-bridge/store/relational"
)

// words are those that stand for the marks of a statement. A list is a JSON array.
var words = relational.Words{
	Param:    "?",
	Texts:    "json_each({n}) {j}",
	Numbers:  "json_each({n}) {j}",
	Rows:     "json_each({n}) {j}",
	Document: "jsonb({n})",
	In:       "IN (SELECT value FROM json_each({n}))",
	NotIn:    "NOT IN (SELECT value FROM json_each({n}))",
	By:       "INDEXED BY {j}",
}

// dialect is how SQLite says what databases say differently (package search).
// The searched form is JSONB.
type dialect struct{}

// Path implements search.Dialect. A name cannot hold the quote around it.
func (dialect) Path(names ...string) any {
	var b strings.Builder
	b.WriteByte('$')
	for _, name := range names {
		b.WriteString(`."` + strings.ReplaceAll(name, `"`, "") + `"`)
	}
	return b.String()
}

// At implements search.Dialect.
func (dialect) At(document, path string) string {
	return "json_extract(" + document + ", " + path + ")"
}

// Has implements search.Dialect.
func (dialect) Has(document, path string) string {
	return "json_type(" + document + ", " + path + ") IS NOT NULL"
}

// Elements implements search.Dialect.
func (dialect) Elements(document, path string) string {
	return "jsonb_each(" + document + ", " + path + ") e"
}

// Contains implements search.Dialect.
func (dialect) Contains(text, part string) string { return "instr(" + text + ", " + part + ") > 0" }

// EndsWith implements search.Dialect.
func (dialect) EndsWith(text, part string) string {
	return "substr(" + text + ", -length(" + part + ")) = " + part
}
