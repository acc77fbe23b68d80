package resource

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"
)

// MaxValues is the most values of one multi-valued attribute other than a
// group's members, which have no limit.
const MaxValues = 1000

// value gives the canonical form of what a client sent for an attribute, nil if
// that is null or empty: unassigned (RFC 7643, section 2.5).
func (o Options) value(a *attribute, raw any) (any, *Error) {
	if a.multi {
		list, err := o.list(a, raw)
		if list == nil {
			return nil, err
		}
		return list, err
	}
	raw, err := o.unwrap(a, raw)
	if err != nil || raw == nil {
		return nil, err
	}
	if a.typ == typeComplex {
		el, err := o.complex(a, raw)
		if len(el) == 0 {
			return nil, err
		}
		return el, err
	}
	return o.simple(a, raw)
}

// unwrap takes a single value out of the list that some clients put around it.
func (o Options) unwrap(a *attribute, raw any) (any, *Error) {
	list, ok := raw.([]any)
	if !ok {
		return raw, nil
	}
	if len(list) == 0 {
		return nil, nil
	}
	if err := o.tolerate(manyForOne, "%s takes one value, not a list", a.name); err != nil {
		return nil, err
	}
	if len(list) > 1 {
		return nil, refuse(scimerrors.ScimTypeInvalidValue, "%s takes one value, not a list", a.name)
	}
	return list[0], nil
}

// empty reports whether a single value means unassigned (RFC 7643, section 2.5):
// null, or text without characters.
func (o Options) empty(a *attribute, raw any) (bool, *Error) {
	if raw != "" {
		return raw == nil, nil
	}
	switch a.typ {
	case typeBoolean, typeComplex, typeInteger, typeDecimal:
		return true, o.tolerate(emptyText, "%s takes no text", a.name)
	}
	return true, nil
}

// list gives the canonical form of a multi-valued attribute.
func (o Options) list(a *attribute, raw any) ([]any, *Error) {
	var items []any
	switch raw := raw.(type) {
	case nil:
		return nil, nil
	case []any:
		items = raw
	default:
		if raw == "" {
			return nil, o.tolerate(emptyText, "%s takes a list of values", a.name)
		}
		if err := o.tolerate(oneForMany, "%s takes a list of values", a.name); err != nil {
			return nil, err
		}
		items = []any{raw}
	}
	var out []any
	primaries := 0
	for _, item := range items {
		v, err := o.element(a, item)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		if isPrimary(v) {
			primaries++
		}
		if out, err = o.appendValue(a, out, v); err != nil {
			return nil, err
		}
	}
	if primaries > 1 {
		return nil, twoPrimaries(a)
	}
	return out, nil
}

// element gives the canonical form of one value of a list, nil if it says nothing.
func (o Options) element(a *attribute, raw any) (any, *Error) {
	if raw == nil {
		return nil, nil
	}
	if a.typ != typeComplex {
		return o.simple(a, raw)
	}
	el, err := o.complex(a, raw)
	if err != nil || isShell(el) {
		return nil, err
	}
	return el, nil
}

// complex gives the canonical form of a complex value. Sub-attributes that the
// schema lacks or that only the bridge writes are passed over.
func (o Options) complex(a *attribute, raw any) (map[string]any, *Error) {
	fields, err := o.fields(a, raw)
	if err != nil {
		return nil, err
	}
	out := make(map[string]any, len(fields))
	for _, f := range fields {
		assign(out, f.sub.name, f.value)
	}
	return out, nil
}

// subValue is a sub-attribute with its canonical value, nil to unassign it.
type subValue struct {
	sub   *attribute
	value any
}

// fields reads a complex value and keeps what it says to unassign.
func (o Options) fields(a *attribute, raw any) ([]subValue, *Error) {
	obj, ok := raw.(object)
	if !ok {
		sub := a.valueSub()
		if _, isList := raw.([]any); sub == nil || isList {
			if gone, err := o.empty(a, raw); gone || err != nil {
				return nil, err
			}
			return nil, refuse(scimerrors.ScimTypeInvalidValue, "%s takes an object", a.name)
		}
		if err := o.tolerate(textForComplex, "%s takes an object", a.name); err != nil {
			return nil, err
		}
		obj = object{{name: sub.name, value: raw}}
	}
	out := make([]subValue, 0, len(obj))
	for _, f := range obj {
		sub := a.subs.find(f.name)
		if sub == nil || sub.readOnly {
			continue
		}
		v, err := o.value(sub, f.value)
		if err != nil {
			return nil, err.in("%s", a.name)
		}
		out = append(out, subValue{sub: sub, value: v})
	}
	return out, nil
}

// simple gives the canonical form of a value that is not complex, nil for "".
func (o Options) simple(a *attribute, raw any) (any, *Error) {
	if obj, ok := raw.(object); ok {
		inner, found := obj.get("value")
		if _, nested := inner.(object); !found || nested {
			return nil, refuse(scimerrors.ScimTypeInvalidValue, "%s takes no object", a.name)
		}
		if err := o.tolerate(objectForText, "%s takes no object", a.name); err != nil {
			return nil, err
		}
		raw = inner
	}
	if gone, err := o.empty(a, raw); gone || err != nil {
		return nil, err
	}
	switch a.typ {
	case typeBoolean:
		return o.boolean(a, raw)
	case typeInteger, typeDecimal:
		if n, ok := raw.(json.Number); ok {
			if _, err := n.Int64(); err == nil || a.typ == typeDecimal {
				return n, nil
			}
		}
		return nil, refuse(scimerrors.ScimTypeInvalidValue, "%s takes a number: %s", a.name, a.typ)
	}
	return o.text(a, raw)
}

func (o Options) boolean(a *attribute, raw any) (any, *Error) {
	switch raw := raw.(type) {
	case bool:
		return raw, nil
	case string:
		if is := strings.EqualFold(raw, "true"); is || strings.EqualFold(raw, "false") {
			if err := o.tolerate(textBoolean, "%s takes true or false, not text", a.name); err != nil {
				return nil, err
			}
			return is, nil
		}
	}
	return nil, refuse(scimerrors.ScimTypeInvalidValue, "%s takes true or false", a.name)
}

func (o Options) text(a *attribute, raw any) (any, *Error) {
	s, ok := raw.(string)
	if !ok {
		switch raw := raw.(type) {
		case json.Number:
			s = raw.String()
		case bool:
			s = strconv.FormatBool(raw)
		default:
			return nil, refuse(scimerrors.ScimTypeInvalidValue, "%s takes a string", a.name)
		}
		if err := o.tolerate(numberForText, "%s takes a string", a.name); err != nil {
			return nil, err
		}
		raw = s
	}
	switch a.typ {
	case typeDateTime:
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			return nil, refuse(scimerrors.ScimTypeInvalidValue, "%s takes a date and time such as 2026-01-02T03:04:05Z", a.name)
		}
	case typeBinary:
		if _, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "=")); err != nil {
			if err := o.tolerate(textForBinary, "%s takes base64", a.name); err != nil {
				return nil, err
			}
		}
	}
	if a.closed == nil {
		return raw, nil
	}
	return o.closedValue(a, s)
}

// closedValue finds the one of an attribute's values that was meant.
func (o Options) closedValue(a *attribute, s string) (any, *Error) {
	if slices.Contains(a.closed, s) {
		return s, nil
	}
	for _, v := range a.closed {
		if strings.EqualFold(v, s) && o.tolerate(identityTypeCase, "") == nil {
			return v, nil
		}
	}
	return nil, refuse(scimerrors.ScimTypeInvalidValue, "%s takes one of %s", a.name, strings.Join(a.closed, ", "))
}
