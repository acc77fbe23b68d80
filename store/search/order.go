package search

import (
	"strings"

	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// Order gives the expressions by which a list is sorted (RFC 7644, section
// 3.4.2.3), without the key that ends each: none for a path that cannot be
// sorted by. Resources without a value come last, and all expressions are turned
// around together, so that they come first where the order descends. Of several
// values the primary one counts, else the first.
func (t *Table) Order(by filter.Path, args *Args) []string {
	if by.Attr == "" {
		return nil
	}
	col, ok := t.Columns[name(by)]
	if !ok {
		col = t.sorted(by, args)
	}
	switch {
	case col.SQL == "":
		return nil
	case col.Missing != "":
		return []string{"(" + col.Missing + ")", col.SQL}
	case ok:
		return []string{col.SQL}
	}
	return []string{"(" + col.SQL + " IS NULL)", "COALESCE(" + col.SQL + ", '')"}
}

// sorted is the value of the document that a path is sorted by.
func (t *Table) sorted(by filter.Path, args *Args) Column {
	if t.Document == "" {
		return Column{}
	}
	if !IsList(by) {
		return t.text(by, args)
	}
	l := t.elements(by, args)
	if l.From != "" {
		return Column{} // rows have no order
	}
	sub := by.Sub
	if sub == "" {
		sub = "value"
	}
	primary := l.column("primary")
	return Column{SQL: "(SELECT " + l.column(sub).SQL + " " + l.from() +
		" ORDER BY COALESCE(" + primary.SQL + " = 'true', FALSE) DESC, e.key LIMIT 1)"}
}

// Terms are the expressions of a sort order, the key among them.
type Terms []string

// By lists them as an ORDER BY wants it.
func (t Terms) By(descending bool) string {
	direction := " ASC"
	if descending {
		direction = " DESC"
	}
	return strings.Join(t, direction+", ") + direction
}

// After is the condition that a resource comes after the one that has these
// values.
func (t Terms) After(values []any, descending bool, args *Args) string {
	places := make([]string, len(values))
	for i, v := range values {
		places[i] = args.Add(v)
	}
	sign := " > "
	if descending {
		sign = " < "
	}
	if len(t) == 1 {
		return t[0] + sign + places[0]
	}
	return "(" + strings.Join(t, ", ") + ")" + sign + "(" + strings.Join(places, ", ") + ")"
}
