package filter

import (
	"strings"
)

// coreURN begins the schemas whose attributes stand at the top of a resource.
const coreURN = "urn:ietf:params:scim:schemas:core:2.0:"

// Matches reports whether a resource satisfies a filter (RFC 7644, section
// 3.4.2.2). doc is a JSON object as a Go value; lists may be []any, []string
// or []map[string]any, numbers json.Number or Go's, dates strings or time.Time.
// Names are compared without case. exact says which attributes are compared
// with case, nil for none; inside a value path it is asked for the whole path.
//
// A multi-valued attribute matches if any value does, except for ne: no value
// may be equal. A complex attribute without a sub-attribute means its value.
// An attribute or element is unassigned if it is absent, null, empty text or an empty list:
// it equals null, differs from any other value, and no other comparison holds.
// A time.Time is compared as an instant, a boolean with booleans and their
// texts, a number with numbers and theirs.
func Matches(e Expr, doc map[string]any, exact func(Path) bool) bool {
	m := matcher{exact: exact}
	return m.matches(e, doc)
}

// matcher is an evaluation; outer is the attribute whose brackets it is in.
type matcher struct {
	exact func(Path) bool
	outer Path
}

func (m matcher) matches(e Expr, doc map[string]any) bool {
	switch e := e.(type) {
	case And:
		return m.matches(e.Left, doc) && m.matches(e.Right, doc)
	case Or:
		return m.matches(e.Left, doc) || m.matches(e.Right, doc)
	case Not:
		return !m.matches(e.Expr, doc)
	case ValuePath:
		return m.anyElement(e, doc)
	case Compare:
		return m.compare(e, doc)
	}
	return false
}

// anyElement evaluates what is in the brackets against each element alone.
func (m matcher) anyElement(e ValuePath, doc map[string]any) bool {
	inner := matcher{exact: m.exact, outer: e.Path}
	found := false
	each(lookup(doc, e.Path), func(v any) bool {
		if !present(v) {
			return true
		}
		el, ok := v.(map[string]any)
		if !ok {
			el = map[string]any{"value": v}
		}
		found = inner.matches(e.Filter, el)
		return !found
	})
	return found
}

// compare spells ne and null by what they mean: that no value is equal, and that
// there is none.
func (m matcher) compare(c Compare, doc map[string]any) bool {
	present := Compare{Path: c.Path, Op: Pr}
	switch {
	case c.Op == Eq && c.Value == nil:
		return !m.any(present, doc)
	case c.Op == Ne && c.Value == nil:
		return m.any(present, doc)
	case c.Op == Ne:
		c.Op = Eq
		return !m.any(c, doc)
	}
	return m.any(c, doc)
}

// any reports whether any value of an attribute compares so.
func (m matcher) any(c Compare, doc map[string]any) bool {
	exact := m.exact != nil && c.Op != Pr && m.exact(m.whole(c.Path))
	found := false
	test := func(v any) bool {
		if el, ok := v.(map[string]any); ok && c.Op != Pr {
			v = member(el, "value")
		}
		found = present(v) && (c.Op == Pr || holds(c.Op, v, c.Value, exact))
		return !found
	}
	each(lookup(doc, c.Path), func(v any) bool {
		if c.Path.Sub == "" {
			return test(v)
		}
		el, ok := v.(map[string]any)
		return !ok || each(member(el, c.Path.Sub), test)
	})
	return found
}

// whole gives the path of a name that is written inside brackets.
func (m matcher) whole(p Path) Path {
	if m.outer.Attr == "" {
		return p
	}
	return Path{URN: m.outer.URN, Attr: m.outer.Attr, Sub: p.Attr}
}

// lookup finds the attribute of a path, without its sub-attribute.
func lookup(doc map[string]any, p Path) any {
	if p.URN != "" {
		switch ext := member(doc, p.URN).(type) {
		case map[string]any:
			doc = ext
		default:
			if !hasPrefixFold(p.URN, coreURN) {
				return nil
			}
		}
	}
	return member(doc, p.Attr)
}

// member finds a name in an object without regard to case.
func member(doc map[string]any, name string) any {
	if v, ok := doc[name]; ok {
		return v
	}
	for k, v := range doc {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return nil
}

// each calls f with the value, or with each element of a list, until f returns
// false. It reports whether it reached the end.
func each(v any, f func(any) bool) bool {
	switch v := v.(type) {
	case nil:
	case []any:
		for _, el := range v {
			if !f(el) {
				return false
			}
		}
	case []map[string]any:
		for _, el := range v {
			if !f(el) {
				return false
			}
		}
	case []string:
		for _, el := range v {
			if !f(el) {
				return false
			}
		}
	default:
		return f(v)
	}
	return true
}

// present reports whether a value counts as assigned.
func present(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case map[string]any:
		for _, sub := range v {
			if present(sub) {
				return true
			}
		}
		return false
	case []any:
		for _, el := range v {
			if present(el) {
				return true
			}
		}
		return false
	}
	return true
}
