package resource

import (
	"encoding/json"
	"slices"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// ParseFilter reads the filter of a query and checks it against the schema. The
// tree is in the form that stores expect: names in the schema's spelling, a URN
// in front of an extension's attribute and of no other, the value of a complex
// attribute spelled out, literals of the attribute's type where they can be, and
// nothing that is in no stored document. An error is an *Error of type invalidFilter.
func (t *Type) ParseFilter(s string, o Options) (filter.Expr, error) {
	all, err := ParseFilters(s, o, t)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// ParseFilters reads a filter of several types of resources, and gives for each
// type what [Type.ParseFilter] would. An attribute that only another of the
// types has is unassigned (RFC 7644, section 3.4.2.1); one that none has is an
// *Error of type invalidFilter.
func ParseFilters(s string, o Options, types ...*Type) ([]filter.Expr, error) {
	var p filter.Parser
	for _, t := range types {
		one := t.parser(o)
		p.URNs, p.Strict = append(p.URNs, one.URNs...), one.Strict
	}
	e, err := p.Filter(s)
	if err != nil {
		return nil, refuse(scimerrors.ScimTypeInvalidFilter, "filter: %v", err)
	}
	out := make([]filter.Expr, len(types))
	for i, t := range types {
		q := query{t: t, o: o, types: types}
		one, bad := q.expr(e)
		if bad != nil {
			return nil, bad.in("filter")
		}
		out[i] = one
	}
	return out, nil
}

// query rewrites a filter; outer is the attribute whose brackets it is in.
type query struct {
	t     *Type
	o     Options
	outer *attribute
	// types are those that are searched with one filter, t among them.
	types []*Type
}

// elsewhere reports whether a path leads nowhere in this type, but somewhere in
// another of those that are searched.
func (q query) elsewhere(p filter.Path) bool {
	if _, ok := q.t.resolve(p, q.o); ok || q.outer != nil {
		return false
	}
	return slices.ContainsFunc(q.types, func(t *Type) bool {
		_, ok := t.resolve(p, q.o)
		return ok
	})
}

func (q query) expr(e filter.Expr) (filter.Expr, *Error) {
	switch e := e.(type) {
	case filter.And:
		l, r, err := q.both(e.Left, e.Right)
		return filter.And{Left: l, Right: r}, err
	case filter.Or:
		l, r, err := q.both(e.Left, e.Right)
		return filter.Or{Left: l, Right: r}, err
	case filter.Not:
		x, err := q.expr(e.Expr)
		return filter.Not{Expr: x}, err
	case filter.ValuePath:
		return q.valuePath(e)
	case filter.Compare:
		return q.compare(e)
	}
	return e, nil
}

func (q query) both(l, r filter.Expr) (filter.Expr, filter.Expr, *Error) {
	left, err := q.expr(l)
	if err != nil {
		return nil, nil, err
	}
	right, err := q.expr(r)
	return left, right, err
}

func (q query) valuePath(e filter.ValuePath) (filter.Expr, *Error) {
	if q.elsewhere(e.Path) {
		return never, nil
	}
	g, ok := q.t.resolve(e.Path, q.o)
	if !ok || g.attr == nil || g.attr.dropped || g.sub != nil {
		return nil, unfilterable(e.Path)
	}
	inner, err := query{t: q.t, o: q.o, outer: g.attr}.expr(e.Filter)
	if err != nil {
		return nil, err
	}
	out := filter.ValuePath{Path: g.path(), Filter: inner}
	if g.attr == q.t.core.attrs["schemas"] {
		return q.t.bySchemas(out), nil
	}
	return out, nil
}

func unfilterable(p filter.Path) *Error {
	return refuse(scimerrors.ScimTypeInvalidFilter, "%s is no attribute that can be filtered", p)
}

func (q query) compare(c filter.Compare) (filter.Expr, *Error) {
	if q.elsewhere(c.Path) {
		return unassigned(c), nil
	}
	a, path, err := q.attribute(c)
	if err != nil {
		return nil, err
	}
	c.Path = path
	if c.Op != filter.Pr && (c.Value != nil || c.Op != filter.Eq && c.Op != filter.Ne) {
		v := literalOf(a, c.Value)
		if v != c.Value {
			if err := q.o.tolerate(otherLiteral, "%s is of type %s", c.Path, a.typ); err != nil {
				return nil, err
			}
		}
		c.Value = v
		if name, ok := c.Value.(string); ok && a == q.t.core.attrs["userName"] {
			c.Value = directory.Narrow(name) // as directory.FoldUserName does
		}
		if err := comparable(a, c); err != nil {
			return nil, err
		}
	}
	if a == q.t.core.attrs["schemas"] && q.outer == nil {
		return q.t.compareSchemas(c), nil
	}
	return c, nil
}

// attribute finds what is compared and how stores name it.
func (q query) attribute(c filter.Compare) (*attribute, filter.Path, *Error) {
	if q.outer != nil {
		if q.outer.typ != typeComplex && strings.EqualFold(c.Path.Attr, "value") {
			return q.outer, filter.Path{Attr: "value"}, nil
		}
		sub := q.outer.subs.find(c.Path.Attr)
		if sub == nil || c.Path.URN != "" || c.Path.Sub != "" || (target{attr: q.outer, sub: sub}).isMadeUp() {
			return nil, filter.Path{}, unfilterable(c.Path)
		}
		return sub, filter.Path{Attr: sub.name}, nil
	}
	g, ok := q.t.resolve(c.Path, q.o)
	if !ok || g.attr == nil || g.attr.dropped || g.isMadeUp() {
		return nil, filter.Path{}, unfilterable(c.Path)
	}
	if g.sub == nil && c.Op != filter.Pr {
		g.sub = g.attr.valueSub()
	}
	switch {
	case g.sub != nil:
		return g.sub, g.path(), nil
	case g.attr.typ == typeComplex && c.Op != filter.Pr && c.Value != nil:
		return nil, filter.Path{}, refuse(scimerrors.ScimTypeInvalidFilter, "%s has several parts: name one", c.Path)
	}
	return g.attr, g.path(), nil
}

// literalOf turns a literal into the attribute's type where it says the same.
func literalOf(a *attribute, v any) any {
	switch lit := v.(type) {
	case string:
		switch {
		case a.typ == typeBoolean && strings.EqualFold(lit, "true"):
			return true
		case a.typ == typeBoolean && strings.EqualFold(lit, "false"):
			return false
		case (a.typ == typeInteger || a.typ == typeDecimal) && json.Valid([]byte(lit)) && strings.Trim(lit, "-+.0123456789eE") == "":
			return json.Number(lit)
		}
	case json.Number:
		if isText(a) {
			return lit.String()
		}
	case bool:
		if isText(a) {
			if lit {
				return "true"
			}
			return "false"
		}
	}
	return v
}

func isText(a *attribute) bool {
	switch a.typ {
	case typeBoolean, typeInteger, typeDecimal, typeComplex:
		return false
	}
	return true
}

// comparable refuses comparisons that make no sense (RFC 7644, table 3). eq and
// ne may meet any literal: one of another type equals nothing.
func comparable(a *attribute, c filter.Compare) *Error {
	if c.Op == filter.Eq || c.Op == filter.Ne {
		return nil
	}
	text := c.Op == filter.Co || c.Op == filter.Sw || c.Op == filter.Ew
	_, isString := c.Value.(string)
	_, isNumber := c.Value.(json.Number)
	fits := isText(a) && isString
	if !text {
		fits = fits && a.typ != typeBinary || isNumber && (a.typ == typeInteger || a.typ == typeDecimal)
	}
	if !fits {
		return refuse(scimerrors.ScimTypeInvalidFilter, "%s is of type %s and cannot be compared so with %s", c.Path, a.typ, c.Op)
	}
	return nil
}
