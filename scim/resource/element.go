package resource

import (
	"reflect"
	"slices"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
)

// appendValue adds an element to a list, or merges it with the one that is
// there already (RFC 7643, section 2.4). The values of the list given stay; a
// caller that shares the list must clip it.
func (o Options) appendValue(a *attribute, list []any, v any) ([]any, *Error) {
	for i, old := range list {
		if a.same(old, v) {
			merged := merge(old, v)
			if reflect.DeepEqual(merged, old) {
				return list, nil
			}
			list = slices.Clone(list)
			list[i] = merged
			return list, nil
		}
	}
	if len(list) == MaxValues {
		return nil, refuse(scimerrors.ScimTypeInvalidValue, "%s has more than %d values", a.name, MaxValues)
	}
	return append(list, v), nil
}

// isShell reports whether an element only describes a value that it does not
// have, like {"type": "work"}. Clients send them, and leave them, for what is empty.
func isShell(el map[string]any) bool {
	for name := range el {
		if name != "type" && name != "primary" {
			return false
		}
	}
	return true
}

// same reports whether two elements of a list are the same value: equal in
// value and, where both say it, type; without a value, in everything.
func (a *attribute) same(x, y any) bool {
	if s, ok := x.(string); ok {
		t, ok := y.(string)
		return ok && equalText(s, t, a.caseExact)
	}
	l, lok := x.(map[string]any)
	r, rok := y.(map[string]any)
	v := a.valueSub()
	if !lok || !rok || v == nil || l["value"] == nil || r["value"] == nil {
		return reflect.DeepEqual(x, y)
	}
	ls, lok := l["value"].(string)
	rs, rok := r["value"].(string)
	if !lok || !rok || !equalText(ls, rs, v.caseExact) {
		return false
	}
	lt, lok := l["type"].(string)
	rt, rok := r["type"].(string)
	return !lok || !rok || strings.EqualFold(lt, rt)
}

func equalText(a, b string, exact bool) bool {
	if exact {
		return a == b
	}
	return strings.EqualFold(a, b)
}

// merge puts what v says into old. What they are equal in keeps its spelling.
func merge(old, v any) any {
	from, ok := v.(map[string]any)
	into, ok2 := old.(map[string]any)
	if !ok || !ok2 {
		return old
	}
	out := clone(into)
	for name, sub := range from {
		if _, has := into[name]; has && (name == "value" || name == "type") {
			continue
		}
		out[name] = sub
	}
	return out
}

func isPrimary(v any) bool {
	el, ok := v.(map[string]any)
	return ok && el["primary"] == true
}

// onlyPrimary takes primary away from all values but the one at index i (RFC
// 7644, section 3.5.2). The list is not modified.
func onlyPrimary(list []any, i int) []any {
	out := slices.Clone(list)
	for j, v := range out {
		if j != i && isPrimary(v) {
			el := clone(v.(map[string]any))
			el["primary"] = false
			out[j] = el
		}
	}
	return out
}

func twoPrimaries(a *attribute) *Error {
	return refuse(scimerrors.ScimTypeInvalidValue, "%s: only one value can be primary", a.name)
}
