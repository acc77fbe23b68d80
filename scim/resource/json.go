package resource

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	scimerrors "github.com/elimity-com/scim/errors"
)

// maxDepth is how deep a body's arrays and objects may nest. SCIM itself needs
// six: a PATCH's operation with an extension's list of complex values.
const maxDepth = 24

// A body is read by hand since encoding/json would lose what matters here: the order
// of the keys of a PATCH's value, and keys that are the same attribute twice.
// The values are nil, bool, string, json.Number, []any and object.

// object is a JSON object in the order in which it was written.
type object []field

type field struct {
	name  string
	value any
}

// get finds a key without regard to case.
func (o object) get(name string) (any, bool) {
	for _, f := range o {
		if strings.EqualFold(f.name, name) {
			return f.value, true
		}
	}
	return nil, false
}

// decode reads a JSON text of one value.
func decode(body []byte) (any, *Error) {
	if !utf8.Valid(body) {
		return nil, refuse(scimerrors.ScimTypeInvalidSyntax, "the body is not UTF-8")
	}
	d := decoder{text: string(body)}
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	d.spaces()
	if d.pos < len(d.text) {
		return nil, d.fail("something follows the JSON value")
	}
	return v, nil
}

// CheckObject returns an *Error for a body that is refused whatever it means: one
// that is no JSON object in UTF-8, nests too deep, or has a key twice.
func CheckObject(body []byte) error {
	if _, err := decodeObject(body); err != nil {
		return err
	}
	return nil
}

// decodeObject reads a JSON text that must be an object.
func decodeObject(body []byte) (object, *Error) {
	v, err := decode(body)
	if err != nil {
		return nil, err
	}
	o, ok := v.(object)
	if !ok {
		return nil, refuse(scimerrors.ScimTypeInvalidSyntax, "the body must be a JSON object")
	}
	return o, nil
}

type decoder struct {
	text string
	pos  int
}

func (d *decoder) fail(format string, args ...any) *Error {
	return refuse(scimerrors.ScimTypeInvalidSyntax, "the body is no valid JSON: byte %d: %s", d.pos+1, fmt.Sprintf(format, args...))
}

func (d *decoder) spaces() {
	for d.pos < len(d.text) {
		switch d.text[d.pos] {
		case ' ', '\t', '\r', '\n':
			d.pos++
		default:
			return
		}
	}
}

// next reads c, and the space before it, if it comes next.
func (d *decoder) next(c byte) bool {
	d.spaces()
	if d.pos < len(d.text) && d.text[d.pos] == c {
		d.pos++
		return true
	}
	return false
}

func (d *decoder) value(depth int) (any, *Error) {
	if depth > maxDepth {
		return nil, d.fail("nested more than %d deep", maxDepth)
	}
	d.spaces()
	if d.pos == len(d.text) {
		return nil, d.fail("unexpected end")
	}
	switch c := d.text[d.pos]; {
	case c == '{':
		d.pos++
		return d.object(depth)
	case c == '[':
		d.pos++
		return d.array(depth)
	case c == '"':
		return d.string()
	case c == '-' || c >= '0' && c <= '9':
		return d.number()
	}
	for _, w := range [...]struct {
		text  string
		value any
	}{{"true", true}, {"false", false}, {"null", nil}} {
		if strings.HasPrefix(d.text[d.pos:], w.text) {
			d.pos += len(w.text)
			return w.value, nil
		}
	}
	return nil, d.fail("no value begins like this")
}

func (d *decoder) array(depth int) (any, *Error) {
	out := []any{}
	if d.next(']') {
		return out, nil
	}
	for {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		switch {
		case d.next(','):
		case d.next(']'):
			return out, nil
		default:
			return nil, d.fail("an array goes on with a comma or ends")
		}
	}
}

func (d *decoder) object(depth int) (any, *Error) {
	if d.next('}') {
		return object{}, nil
	}
	const few, many = 2, 16 // keys of a member of a group, and of a resource
	out := make(object, 0, few)
	if depth == 0 {
		out = make(object, 0, many)
	}
	seen := keys{}
	for {
		d.spaces()
		if d.pos == len(d.text) || d.text[d.pos] != '"' {
			return nil, d.fail("a key is missing")
		}
		name, err := d.string()
		if err != nil {
			return nil, err
		}
		if seen.has(out, name) {
			return nil, refuse(scimerrors.ScimTypeInvalidSyntax, "%q occurs twice in one object; names are compared without case", name)
		}
		if !d.next(':') {
			return nil, d.fail("a colon is missing")
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, field{name: name, value: v})
		switch {
		case d.next(','):
		case d.next('}'):
			return out, nil
		default:
			return nil, d.fail("an object goes on with a comma or ends")
		}
	}
}

// keys finds a key that an object has already. Small objects are scanned,
// large ones get an index.
type keys struct{ index map[string]bool }

func (k *keys) has(o object, name string) bool {
	const scanned = 24
	if len(o) < scanned {
		_, found := o.get(name)
		return found
	}
	if k.index == nil {
		k.index = make(map[string]bool, 2*scanned)
		for _, f := range o {
			k.index[strings.ToLower(f.name)] = true
		}
	}
	name = strings.ToLower(name)
	if k.index[name] {
		return true
	}
	k.index[name] = true
	return false
}

func (d *decoder) string() (string, *Error) {
	start := d.pos
	escaped := false
	for d.pos++; d.pos < len(d.text); d.pos++ {
		switch c := d.text[d.pos]; {
		case c == '\\':
			escaped = true
			d.pos++
		case c < ' ':
			return "", d.fail("control character in a string")
		case c == '"':
			d.pos++
			if !escaped {
				return d.text[start+1 : d.pos-1], nil
			}
			return d.unescape(start)
		}
	}
	return "", d.fail("a string does not end")
}

func (d *decoder) unescape(start int) (string, *Error) {
	var s string
	if err := json.Unmarshal([]byte(d.text[start:d.pos]), &s); err != nil {
		return "", d.fail("a string has an escape that JSON does not know")
	}
	if strings.IndexByte(s, 0) >= 0 {
		// PostgreSQL cannot hold it, and nobody means it.
		return "", refuse(scimerrors.ScimTypeInvalidValue, "a string holds a NUL character")
	}
	return s, nil
}

func (d *decoder) number() (any, *Error) {
	start := d.pos
	for d.pos < len(d.text) && strings.IndexByte("+-.0123456789eE", d.text[d.pos]) >= 0 {
		d.pos++
	}
	n := d.text[start:d.pos]
	if !json.Valid([]byte(n)) {
		return nil, d.fail("%q is no number", n)
	}
	return json.Number(n), nil
}
