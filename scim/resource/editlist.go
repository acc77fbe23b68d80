package resource

import (
	"slices"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// maxTouched is how many values of lists the operations of one PATCH may go
// over: tens of thousands of operations on a list of a thousand values would
// take as many seconds as nobody waits.
const maxTouched = 1_000_000

// editList changes a multi-valued attribute.
func (e *editor) editList(op operation) *Error {
	a := op.target.attr
	list, _ := e.doc.get(op.target).([]any)
	list = slices.Clip(list)
	if e.touched += len(list); e.touched > maxTouched {
		return refuse(scimerrors.ScimTypeTooMany, "too many operations on long lists of values: send several requests")
	}
	if op.filter != nil || op.sub != nil {
		e.lists = append(e.lists, op.target)
	}
	var err *Error
	switch {
	case op.filter == nil && op.sub == nil && op.kind == remove:
		list, err = e.removeValues(a, list, op)
	case op.filter == nil && op.sub == nil && op.kind == replace:
		list, err = e.o.list(a, op.value)
	case op.filter == nil && op.sub == nil:
		list, err = e.addValues(a, list, op.value)
	case op.kind == remove:
		list = removeSelected(list, selects(a, op.filter), op.sub)
	default:
		list, err = e.editSelected(a, list, op)
	}
	if err != nil {
		return err
	}
	if len(list) == 0 {
		e.doc.set(op.target, nil)
		return nil
	}
	e.doc.set(op.target, list)
	return nil
}

// addValues appends values. One that is there already is merged, not doubled.
func (e *editor) addValues(a *attribute, list []any, raw any) ([]any, *Error) {
	if obj, ok := raw.(object); ok {
		raw = []any{obj} // one element is as good as a list here (RFC 7644, section 3.5.2.1)
	}
	more, err := e.o.list(a, raw)
	if err != nil {
		return nil, err
	}
	for _, v := range more {
		if list, err = e.o.appendValue(a, list, v); err != nil {
			return nil, err
		}
		if isPrimary(v) {
			at := slices.IndexFunc(list, func(old any) bool { return isPrimary(old) && a.same(old, v) })
			list = onlyPrimary(list, at)
		}
	}
	return list, nil
}

// removeValues removes all values or, where the operation has a value, those
// that it lists. Entra ID removes members so, and others follow it elsewhere.
func (e *editor) removeValues(a *attribute, list []any, op operation) ([]any, *Error) {
	if op.value == nil {
		return nil, nil
	}
	raw, ok := op.value.([]any)
	if !ok {
		raw = []any{op.value}
	}
	list = slices.Clone(list)
	for _, item := range raw {
		v, err := e.o.element(a, item)
		if err != nil {
			return nil, err
		}
		if v != nil {
			list = slices.DeleteFunc(list, func(old any) bool { return a.same(old, v) })
		}
	}
	return list, nil
}

// removeSelected removes the values that are selected, or their sub-attribute.
func removeSelected(list []any, selected func(any) bool, sub *attribute) []any {
	out := make([]any, 0, len(list))
	for _, v := range list {
		el, ok := v.(map[string]any)
		switch {
		case !selected(v):
			out = append(out, v)
		case sub != nil && ok:
			out = append(out, change(el, []subValue{{sub: sub}}))
		}
	}
	return out
}

// editSelected adds to or replaces the values that a path selects. If there
// are none it makes one, as Entra ID expects (RFC 7644 is silent for add).
func (e *editor) editSelected(a *attribute, list []any, op operation) ([]any, *Error) {
	changes, clear, err := e.changes(a, op)
	if err != nil {
		return nil, err
	}
	selected := selects(a, op.filter)
	if clear {
		return removeSelected(list, selected, op.sub), nil
	}
	if !slices.ContainsFunc(list, selected) {
		if op.lost {
			return list, nil
		}
		return e.createSelected(a, list, op, changes)
	}
	out := make([]any, 0, len(list))
	primary := -1
	for _, v := range list {
		if !selected(v) {
			out = append(out, v)
			continue
		}
		next := changed(a, v, changes, op)
		if isPrimary(next) && saysPrimary(changes) {
			if primary >= 0 {
				return nil, twoPrimaries(a)
			}
			primary = len(out)
		}
		out = append(out, next)
	}
	if primary >= 0 {
		out = onlyPrimary(out, primary)
	}
	return out, nil
}

// changes reads what an operation does to a selected value. clear says that
// it has nothing to set.
func (e *editor) changes(a *attribute, op operation) (changes []subValue, clear bool, err *Error) {
	if op.sub != nil {
		v, err := e.o.value(op.sub, op.value)
		if err != nil {
			return nil, false, err.in("%s", a.name)
		}
		return []subValue{{sub: op.sub, value: v}}, v == nil, nil
	}
	raw, err := e.o.unwrap(a, op.value)
	if err != nil {
		return nil, true, err
	}
	if clear, err = e.o.empty(a, raw); clear || err != nil {
		return nil, clear, err
	}
	if a.typ != typeComplex {
		v, err := e.o.simple(a, raw)
		return []subValue{{value: v}}, v == nil, err
	}
	changes, err = e.o.fields(a, raw)
	return changes, len(changes) == 0, err
}

// changed gives a selected value with the changes made.
func changed(a *attribute, v any, changes []subValue, op operation) any {
	el, ok := v.(map[string]any)
	if !ok {
		return changes[0].value
	}
	if op.kind == replace && op.sub == nil {
		el = selectors(a, el, op.filter)
	}
	return change(el, changes)
}

// selectors keeps of an element what the filter selects it by, so that a
// replaced value is found by the same path again.
func selectors(a *attribute, el map[string]any, f filter.Expr) map[string]any {
	out := map[string]any{}
	var walk func(filter.Expr)
	walk = func(f filter.Expr) {
		switch f := f.(type) {
		case filter.And:
			walk(f.Left)
			walk(f.Right)
		case filter.Or:
			walk(f.Left)
			walk(f.Right)
		case filter.Compare:
			if sub := a.subs.find(f.Path.Attr); sub != nil {
				assign(out, sub.name, el[sub.name])
			}
		}
	}
	walk(f)
	return out
}

func saysPrimary(changes []subValue) bool {
	return slices.ContainsFunc(changes, func(c subValue) bool {
		return c.sub != nil && c.sub.name == "primary" && c.value == true
	})
}

// createSelected appends the value that a path describes.
func (e *editor) createSelected(a *attribute, list []any, op operation, changes []subValue) ([]any, *Error) {
	if op.filter != nil && op.kind == replace {
		if err := e.o.tolerate(replaceNothing, "no value of %s matches", a.name); err != nil {
			return nil, err
		}
	}
	if a.typ != typeComplex {
		return e.o.appendValue(a, list, changes[0].value)
	}
	var given []subValue
	if op.filter != nil {
		var ok bool
		if given, ok = e.conditions(a, op.filter); !ok {
			return nil, refuse(scimerrors.ScimTypeNoTarget, "no value of %s matches, and only conditions with eq, joined by and, describe a new one", a.name)
		}
	}
	el := change(change(nil, given), changes)
	list, err := e.o.appendValue(a, list, any(el))
	if err != nil {
		return nil, err
	}
	if isPrimary(el) {
		list = onlyPrimary(list, slices.IndexFunc(list, func(v any) bool { return isPrimary(v) && a.same(v, any(el)) }))
	}
	return list, nil
}

// tidy drops the values that are empty and joins those that have become the
// same, once all operations are done. Between them they must stay: Entra ID may
// send the primary of an e-mail before its value.
func (e *editor) tidy() {
	done := map[target]bool{}
	for _, g := range e.lists {
		if done[g] {
			continue
		}
		done[g] = true
		list, _ := e.doc.get(g).([]any)
		if list = tidied(e.o, g.attr, list); len(list) == 0 {
			e.doc.set(g, nil)
			continue
		}
		e.doc.set(g, list)
	}
	e.lists = nil
}

func tidied(o Options, a *attribute, list []any) []any {
	out := make([]any, 0, len(list))
	for _, v := range list {
		if el, ok := v.(map[string]any); ok && isShell(el) {
			continue
		}
		// The list was within its limit, so this cannot fail.
		out, _ = o.appendValue(a, out, v)
	}
	return out
}
