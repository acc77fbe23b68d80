package postgres

import "github.com/scim-bridge/scim-bridge/store/relational"

// words are those that stand for the marks of a statement. A list is an array,
// and one of rows is jsonb. The planner needs not be told of indexes.
var words = relational.Words{
	Param:    "$",
	Texts:    "unnest({n}::text[]) {j} (value)",
	Numbers:  "unnest({n}::bigint[]) {j} (value)",
	Rows:     "jsonb_array_elements({n}::jsonb) {j} (value)",
	Document: "{n}",
	In:       "= ANY({n}::text[])",
	NotIn:    "<> ALL({n}::text[])",
	Bytewise: `COLLATE "C"`,
}

// dialect is how PostgreSQL says what databases say differently (package search).
// The searched form is jsonb.
type dialect struct{}

// Path implements search.Dialect.
func (dialect) Path(names ...string) any { return names }

// At implements search.Dialect.
func (dialect) At(document, path string) string {
	return "((" + document + " #>> " + path + `) COLLATE "C")`
}

// Has implements search.Dialect.
func (dialect) Has(document, path string) string {
	return "(" + document + " #> " + path + ") IS NOT NULL"
}

// Elements implements search.Dialect.
func (dialect) Elements(document, path string) string {
	list := document + " #> " + path
	return "jsonb_array_elements(CASE jsonb_typeof(" + list + ") WHEN 'array' THEN " + list + " END) WITH ORDINALITY e (value, key)"
}

// Contains implements search.Dialect.
func (dialect) Contains(text, part string) string { return "strpos(" + text + ", " + part + ") > 0" }

// EndsWith implements search.Dialect.
func (dialect) EndsWith(text, part string) string {
	return "right(" + text + ", length(" + part + ")) = " + part
}
