package resource

import (
	"slices"

	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// Some of what a filter may name is in no stored document. It is replaced by
// what says the same of the document, so that stores need not know it.

var (
	// always holds for every resource: each has an id.
	always filter.Expr = filter.Compare{Path: filter.Path{Attr: "id"}, Op: filter.Pr}
	// never holds for no resource.
	never filter.Expr = filter.Not{Expr: always}
)

// unassigned is what a comparison comes to with an attribute that no resource
// of the type has (RFC 7644, section 3.4.2.1).
func unassigned(c filter.Compare) filter.Expr {
	if c.Op == filter.Eq && c.Value == nil || c.Op == filter.Ne && c.Value != nil {
		return always
	}
	return never
}

// bySchemas is a filter of the attribute schemas, whose values are compared one
// by one: the core schema is listed by every resource, an extension by those
// that have any of its attributes.
func (t *Type) bySchemas(e filter.ValuePath) filter.Expr {
	var out filter.Expr
	for _, x := range append([]extension{t.core}, t.extensions...) {
		if !filter.Matches(e.Filter, map[string]any{"value": x.urn}, nil) {
			continue
		}
		if x.urn == t.core.urn {
			return always
		}
		for _, name := range x.attrs.names() {
			out = or(out, filter.Compare{Path: filter.Path{URN: x.urn, Attr: name}, Op: filter.Pr})
		}
	}
	if out == nil {
		return never
	}
	return out
}

// compareSchemas is bySchemas for a comparison without brackets, where ne means
// that no value is equal.
func (t *Type) compareSchemas(c filter.Compare) filter.Expr {
	turned := c.Op == filter.Ne && c.Value != nil
	if turned {
		c.Op = filter.Eq
	}
	c.Path = filter.Path{Attr: "value"}
	e := t.bySchemas(filter.ValuePath{Filter: c})
	if turned {
		return filter.Not{Expr: e}
	}
	return e
}

func or(left, right filter.Expr) filter.Expr {
	if left == nil {
		return right
	}
	return filter.Or{Left: left, Right: right}
}

// names lists each attribute once, in order.
func (as attributes) names() []string {
	var out []string
	for key, a := range as {
		if key == a.name {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// isMadeUp reports whether a target exists in answers alone, made from the URL
// that the client called or the same for all, so that no store can search it.
func (g target) isMadeUp() bool {
	if g.urn != "" || g.sub == nil {
		return false
	}
	switch g.name() {
	case "meta.location", "members.$ref", "groups.$ref", "groups.type":
		return true
	}
	return false
}
