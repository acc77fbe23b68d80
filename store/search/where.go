package search

import (
	"fmt"
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// never is a condition that no resource meets.
const never = "FALSE"

// Where turns a filter into a condition, whose values it adds to args.
func (t *Table) Where(e filter.Expr, args *Args) string { return builder{t: t, args: args}.expr(e) }

// builder makes a condition; list is the attribute whose brackets it is in.
type builder struct {
	t    *Table
	args *Args
	list *elements
}

func (b builder) expr(e filter.Expr) string {
	switch e := e.(type) {
	case filter.And:
		return b.join(" AND ", conjuncts(e))
	case filter.Or:
		terms := disjuncts(e)
		if condition, ok := b.either(terms); ok {
			return condition
		}
		return b.join(" OR ", terms)
	case filter.Not:
		return not(b.expr(e.Expr))
	case filter.ValuePath:
		return b.valuePath(e)
	case filter.Compare:
		return b.compare(e)
	}
	return never
}

// join halves a list until it is done: databases bound how deep a condition is,
// and read a long list without parentheses as a deep one.
func (b builder) join(operator string, terms []filter.Expr) string {
	if len(terms) == 1 {
		return b.expr(terms[0])
	}
	half := len(terms) / 2
	return "(" + b.join(operator, terms[:half]) + operator + b.join(operator, terms[half:]) + ")"
}

// conjuncts are what a filter joins by and.
func conjuncts(e filter.Expr) []filter.Expr {
	if and, ok := e.(filter.And); ok {
		return append(conjuncts(and.Left), conjuncts(and.Right)...)
	}
	return []filter.Expr{e}
}

func disjuncts(e filter.Expr) []filter.Expr {
	if or, ok := e.(filter.Or); ok {
		return append(disjuncts(or.Left), disjuncts(or.Right)...)
	}
	return []filter.Expr{e}
}

// not turns a condition around. NULL is as good as false, and must not stay NULL.
func not(condition string) string { return "NOT COALESCE(" + condition + ", FALSE)" }

// compare spells ne and null by what they mean: that no value is equal, and
// that there is none.
func (b builder) compare(c filter.Compare) string {
	present := filter.Compare{Path: c.Path, Op: filter.Pr}
	switch {
	case c.Op == filter.Eq && c.Value == nil:
		return not(b.any(present))
	case c.Op == filter.Ne && c.Value == nil:
		return b.any(present)
	case c.Op == filter.Ne:
		c.Op = filter.Eq
		return not(b.any(c))
	}
	return b.any(c)
}

// any is the condition that any value of an attribute compares so.
func (b builder) any(c filter.Compare) string {
	if b.list != nil {
		if c.Path.Sub != "" || c.Path.URN != "" {
			return never // the parts of an element have none themselves
		}
		return b.list.column(c.Path.Attr).holds(c, b.args)
	}
	if col, ok := b.t.Columns[name(c.Path)]; ok {
		return col.holds(c, b.args)
	}
	if IsList(c.Path) {
		l := b.t.elements(c.Path, b.args)
		if c.Op == filter.Pr && c.Path.Sub == "" {
			return l.exists("")
		}
		sub := c.Path.Sub
		if sub == "" {
			sub = "value"
		}
		if condition, ok := l.holding(sub, c); ok {
			return condition
		}
		return l.exists(l.column(sub).holds(c, b.args))
	}
	if c.Op == filter.Pr {
		return b.t.has(c.Path, b.args)
	}
	return b.t.text(c.Path, b.args).holds(c, b.args)
}

// valuePath is the condition that one element matches a filter alone. What an
// index finds is narrowed down by it.
func (b builder) valuePath(e filter.ValuePath) string {
	if !IsList(e.Path) {
		// One value is a list of one.
		return "(" + b.any(filter.Compare{Path: e.Path, Op: filter.Pr}) + " AND " + b.expr(b.t.within(e.Path, e.Filter)) + ")"
	}
	l := b.t.elements(e.Path, b.args)
	inside := builder{t: b.t, args: b.args, list: l}
	condition := l.exists(inside.expr(e.Filter))
	for _, term := range conjuncts(e.Filter) {
		if c, ok := term.(filter.Compare); ok {
			if found, ok := l.holding(c.Path.Attr, c); ok {
				return "(" + found + " AND " + condition + ")"
			}
		}
	}
	return condition
}

// within gives a filter of the parts of one value as a filter of the resource.
func (t *Table) within(outer filter.Path, e filter.Expr) filter.Expr {
	switch e := e.(type) {
	case filter.And:
		return filter.And{Left: t.within(outer, e.Left), Right: t.within(outer, e.Right)}
	case filter.Or:
		return filter.Or{Left: t.within(outer, e.Left), Right: t.within(outer, e.Right)}
	case filter.Not:
		return filter.Not{Expr: t.within(outer, e.Expr)}
	case filter.Compare:
		e.Path = filter.Path{URN: outer.URN, Attr: outer.Attr, Sub: e.Path.Attr}
		if strings.EqualFold(e.Path.Sub, "value") && !HasParts(outer) {
			e.Path.Sub = ""
		}
		return e
	}
	return e
}

// steps are the names that lead to an attribute in the document.
func steps(p filter.Path) []string {
	var out []string
	if urn := strings.ToLower(p.URN); urn != "" && !strings.HasPrefix(urn, coreURN) {
		out = append(out, urn)
	}
	out = append(out, strings.ToLower(p.Attr))
	if p.Sub != "" {
		out = append(out, strings.ToLower(p.Sub))
	}
	return out
}

// has is the condition that an attribute of the document is assigned.
func (t *Table) has(p filter.Path, args *Args) string {
	if t.Document == "" {
		return never
	}
	return args.d.Has(t.Document, args.path(steps(p)...))
}

// text is an attribute of the document that has one value.
func (t *Table) text(p filter.Path, args *Args) Column {
	if t.Document == "" {
		return Column{SQL: "NULL"}
	}
	if p.Sub == "" && HasParts(p) {
		p.Sub = "value"
	}
	return Column{SQL: args.d.At(t.Document, args.path(steps(p)...)), Kind: kindOf(p)}
}

// elements is a multi-valued attribute in a statement.
type elements struct {
	List
	document string
	path     filter.Path
	args     *Args
}

func (t *Table) elements(p filter.Path, args *Args) *elements {
	p.Sub = ""
	return &elements{List: t.Lists[name(p)], document: t.Document, path: p, args: args}
}

// column is a sub-attribute of the element that is looked at.
func (l *elements) column(sub string) Column {
	if l.Columns != nil {
		return l.Columns[strings.ToLower(sub)]
	}
	p := filter.Path{URN: l.path.URN, Attr: l.path.Attr, Sub: sub}
	return Column{SQL: l.args.d.At("e.value", l.args.path(strings.ToLower(sub))), Kind: kindOf(p)}
}

// from selects the elements, empty if there cannot be any.
func (l *elements) from() string {
	if l.From != "" || l.document == "" {
		return l.From
	}
	return "FROM " + l.args.d.Elements(l.document, l.args.path(steps(l.path)...)) + " WHERE TRUE"
}

// exists is the condition that any element meets a condition, or that there
// is one if that is empty.
func (l *elements) exists(condition string) string {
	if condition == never || l.From == "" && l.document == "" {
		return never
	}
	if condition != "" {
		condition = " AND " + condition
	}
	return "EXISTS (SELECT 1 " + l.from() + condition + ")"
}

// holds reports whether the list's index answers a comparison.
func (l *elements) holds(sub string, c filter.Compare) bool {
	value, ok := text(c.Value)
	return ok && value != "" && l.Holding != "" && c.Op == filter.Eq && strings.EqualFold(sub, "value")
}

// holding is a comparison that the list's index answers, if it does.
func (l *elements) holding(sub string, c filter.Compare) (string, bool) {
	if !l.holds(sub, c) {
		return "", false
	}
	value, _ := text(c.Value)
	if !Exact(filter.Path{Attr: l.path.Attr, Sub: sub}) {
		value = directory.Fold(value)
	}
	return fmt.Sprintf(l.Holding, l.args.Add(value)), true
}
