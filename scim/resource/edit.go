package resource

import (
	"slices"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// editor applies operations to a document. It replaces values and never writes
// into them, since they may be shared with the document it started from.
type editor struct {
	t   *Type
	o   Options
	doc Document
	// creating says that the document grows from a body, where a null for a
	// required attribute is one that is missing.
	creating bool
	// lists are the multi-valued attributes of which selected values were
	// changed, see tidy.
	lists []target
	steps []MemberStep
	// selections counts the filters in steps.
	selections int
	// touched counts the values that operations on lists went over.
	touched int
}

func (e *editor) apply(op operation) *Error {
	g := op.target
	switch {
	case g.attr == nil:
		delete(e.doc, g.urn)
		return nil
	case g.urn == "" && g.attr == e.t.members():
		return e.editMembers(op)
	case g.attr.multi:
		return e.editList(op)
	case g.attr.typ == typeComplex:
		return e.editComplex(op)
	}
	if op.kind == remove {
		return e.unassign(g, nil)
	}
	v, err := e.o.value(g.attr, op.value)
	if err != nil {
		return err
	}
	if s, ok := v.(string); v == nil || ok && g.attr.required && strings.TrimSpace(s) == "" {
		return e.unassign(g, op.value)
	}
	e.doc.set(g, v)
	return nil
}

// unassign clears an attribute of one value; raw is the value that says so.
func (e *editor) unassign(g target, raw any) *Error {
	switch {
	case g.attr.required:
		_, blank := raw.(string)
		if blank || e.creating {
			return refuse(scimerrors.ScimTypeInvalidValue, "%s is required and must not be empty", g.name())
		}
		return refuse(scimerrors.ScimTypeMutability, "%s is required and cannot be removed", g.name())
	case g.urn == "" && g.attr.name == "active" && !e.creating:
		return e.o.tolerate(activeUnassigned, "active is true or false and cannot be removed")
	}
	e.doc.set(g, nil)
	return nil
}

// editComplex changes the sub-attributes that an operation names; the others
// stay (RFC 7644, sections 3.5.2.1 and 3.5.2.3).
func (e *editor) editComplex(op operation) *Error {
	a := op.target.attr
	var changes []subValue
	switch {
	case op.sub != nil && op.kind == remove:
		changes = []subValue{{sub: op.sub}}
	case op.sub != nil:
		v, err := e.o.value(op.sub, op.value)
		if err != nil {
			return err.in("%s", a.name)
		}
		changes = []subValue{{sub: op.sub, value: v}}
	default:
		if op.kind == remove {
			e.doc.set(op.target, nil)
			return nil
		}
		raw, err := e.o.unwrap(a, op.value)
		if err != nil {
			return err
		}
		gone, err := e.o.empty(a, raw)
		if err != nil {
			return err
		}
		if gone {
			e.doc.set(op.target, nil)
			return nil
		}
		if changes, err = e.o.fields(a, raw); err != nil {
			return err
		}
	}
	old, _ := e.doc.get(op.target).(map[string]any)
	el := change(old, changes)
	if v := a.valueSub(); v != nil {
		el = followValue(el, changes, v)
	}
	if len(el) == 0 {
		e.doc.set(op.target, nil)
		return nil
	}
	e.doc.set(op.target, el)
	return nil
}

// change gives an element with changes made.
func change(old map[string]any, changes []subValue) map[string]any {
	el := clone(old)
	for _, c := range changes {
		assign(el, c.sub.name, c.value)
	}
	return el
}

// followValue keeps a reference whole: without its value nothing is left of
// it, and with a new one the old $ref would lead elsewhere.
func followValue(el map[string]any, changes []subValue, value *attribute) map[string]any {
	named := func(name string) (subValue, bool) {
		i := slices.IndexFunc(changes, func(c subValue) bool { return c.sub.name == name })
		if i < 0 {
			return subValue{}, false
		}
		return changes[i], true
	}
	c, changed := named(value.name)
	if !changed {
		return el
	}
	if c.value == nil {
		return nil
	}
	if _, given := named("$ref"); !given {
		delete(el, "$ref")
	}
	return el
}

// conditions reads the eq comparisons that a filter joins by and: what an
// element must have to be selected. ok is false if the filter is anything else.
func (e *editor) conditions(a *attribute, f filter.Expr) (out []subValue, ok bool) {
	switch f := f.(type) {
	case filter.And:
		l, lok := e.conditions(a, f.Left)
		r, rok := e.conditions(a, f.Right)
		return append(l, r...), lok && rok
	case filter.Compare:
		sub := a.subs.find(f.Path.Attr)
		if f.Op != filter.Eq || f.Path.URN != "" || f.Path.Sub != "" || sub == nil || sub.readOnly {
			return nil, false
		}
		v, err := e.o.value(sub, f.Value)
		if err != nil || v == nil {
			return nil, false
		}
		return []subValue{{sub: sub, value: v}}, true
	}
	return nil, false
}

// selects returns a function that says whether an element is meant by a
// filter; without a filter every element is.
func selects(a *attribute, f filter.Expr) func(any) bool {
	if f == nil {
		return func(any) bool { return true }
	}
	exact := func(p filter.Path) bool {
		sub := a.subs.find(p.Attr)
		return sub != nil && sub.caseExact
	}
	return func(v any) bool {
		el, ok := v.(map[string]any)
		if !ok {
			el = map[string]any{"value": v}
		}
		return filter.Matches(f, el, exact)
	}
}
