package search

import (
	"strings"

	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// either is the condition of a disjunction of which an index finds each part: one
// selection for each index, put together. Databases that are given the parts in
// one condition read all resources of the org instead.
func (b builder) either(terms []filter.Expr) (string, bool) {
	if b.list != nil || b.t.Keys == "" {
		return "", false
	}
	var branches [][]filter.Expr
	of := map[string]int{} // the branch of those that compare one column
	for _, term := range terms {
		column, ok := b.found(term)
		if !ok {
			return "", false
		}
		if at, again := of[column]; again && column != "" {
			branches[at] = append(branches[at], term)
			continue
		}
		of[column] = len(branches)
		branches = append(branches, []filter.Expr{term})
	}
	if len(branches) == 1 {
		return "", false
	}
	selections := make([]string, len(branches))
	for i, branch := range branches {
		selections[i] = b.t.Keys + " AND " + b.join(" OR ", branch)
	}
	return b.t.Key + " IN (" + strings.Join(selections, " UNION ALL ") + ")", true
}

// found reports whether an index finds the few resources that match, and the
// column that is equal to something, empty if that is not all. One step in an
// index finds several such values.
func (b builder) found(e filter.Expr) (column string, ok bool) {
	switch e := e.(type) {
	case filter.And:
		_, left := b.found(e.Left)
		_, right := b.found(e.Right)
		return "", left || right
	case filter.Or:
		_, left := b.found(e.Left)
		_, right := b.found(e.Right)
		return "", left && right
	case filter.ValuePath:
		l := b.t.elements(e.Path, b.args)
		for _, term := range conjuncts(e.Filter) {
			if c, is := term.(filter.Compare); is && IsList(e.Path) && l.holds(c.Path.Attr, c) {
				return "", true
			}
		}
	case filter.Compare:
		return b.foundBy(e)
	}
	return "", false
}

func (b builder) foundBy(c filter.Compare) (column string, ok bool) {
	if value, is := text(c.Value); !is || value == "" {
		return "", false
	}
	if col, is := b.t.Columns[name(c.Path)]; is {
		switch {
		case !col.Indexed:
			return "", false
		case c.Op == filter.Eq && col.Missing == "":
			return name(c.Path), true
		}
		return "", c.Op == filter.Eq || c.Op == filter.Sw
	}
	sub := c.Path.Sub
	if sub == "" {
		sub = "value"
	}
	return "", IsList(c.Path) && b.t.elements(c.Path, b.args).holds(sub, c)
}
