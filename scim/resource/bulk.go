package resource

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The data of a bulk request's operation may refer to resources that another
// operation of the request creates (RFC 7644, section 3.7.2): by a string that
// is bulkId:NAME where an id is meant, by a $ref that ends in it, and in the
// filter of a PATCH's path.

// BulkPrefix stands in front of the bulkId in a reference. No id contains it
// (RFC 7643, section 3.1).
const BulkPrefix = "bulkId:"

// inFilter is a reference in a filter.
var inFilter = regexp.MustCompile(`"` + BulkPrefix + `([^"\\]*)"`)

// BulkReferences lists the bulkIds that an operation's data refers to, each
// once. An error is an *Error.
func BulkReferences(data []byte) ([]string, error) {
	if !mayRefer(data) {
		return nil, nil
	}
	v, err := decode(data)
	if err != nil {
		return nil, err
	}
	return references("", v), nil
}

// mayRefer passes over data that has no reference, without reading it. In an
// escape anything could hide.
func mayRefer(data []byte) bool {
	return bytes.Contains(data, []byte(BulkPrefix)) || bytes.Contains(data, []byte(`\u`))
}

// references lists the bulkIds that a value refers to, each once. key is that
// of the object which holds it.
func references(key string, v any) []string {
	var out []string
	seen := map[string]bool{}
	replaceReferences(key, v, func(bulkID string) (string, bool) {
		if !seen[bulkID] {
			seen[bulkID] = true
			out = append(out, bulkID)
		}
		return "", false
	})
	return out
}

// ResolveBulk puts ids, by bulkId, in the place of references. Those to others
// stay as they are. An error is an *Error.
func ResolveBulk(data []byte, ids map[string]string) ([]byte, error) {
	if !mayRefer(data) {
		return data, nil
	}
	v, err := decode(data)
	if err != nil {
		return nil, err
	}
	return resolved(v, ids)
}

func resolved(v any, ids map[string]string) ([]byte, error) {
	v = replaceReferences("", v, func(bulkID string) (string, bool) {
		id, ok := ids[bulkID]
		return id, ok
	})
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("resolve bulkIds: %w", err)
	}
	return text, nil
}

// replaceReferences gives the value with another text for each reference of
// which id says so. It changes v in place where it can.
func replaceReferences(key string, v any, id func(bulkID string) (string, bool)) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = replaceReferences(key, v[i], id)
		}
	case object:
		for i := range v {
			v[i].value = replaceReferences(v[i].name, v[i].value, id)
		}
	case string:
		return replaceReference(key, v, id)
	}
	return v
}

func replaceReference(key, text string, id func(bulkID string) (string, bool)) string {
	if name, ok := strings.CutPrefix(text, BulkPrefix); ok {
		if to, ok := id(name); ok {
			return to
		}
		return text
	}
	switch strings.ToLower(key) {
	case "$ref":
		if i := strings.LastIndex(text, "/"+BulkPrefix); i >= 0 {
			if to, ok := id(text[i+1+len(BulkPrefix):]); ok {
				return text[:i+1] + to
			}
		}
	case "path":
		return inFilter.ReplaceAllStringFunc(text, func(quoted string) string {
			if to, ok := id(inFilter.FindStringSubmatch(quoted)[1]); ok {
				return `"` + to + `"`
			}
			return quoted
		})
	}
	return text
}

// SplitBulk parts a new resource in two, so that a circle of resources that
// refer to each other can be made: a body for a POST without what refers to
// resources that are not among ids yet, and the body of a PATCH that adds
// exactly that. The latter's references are those that [ResolveBulk] must
// resolve. An error is an *Error.
func SplitBulk(data []byte, ids map[string]string) (create, complete []byte, err error) {
	obj, failed := decodeObject(data)
	if failed != nil {
		return nil, nil, failed
	}
	now, later := split(obj, func(key string, v any) bool {
		return slices.ContainsFunc(references(key, v), func(bulkID string) bool {
			_, known := ids[bulkID]
			return !known
		})
	})
	if create, err = resolved(now, ids); err != nil {
		return nil, nil, err
	}
	complete, err = resolved(object{
		{"schemas", []any{patchSchema}},
		{"Operations", []any{object{{"op", string(add)}, {"value", later}}}},
	}, ids)
	return create, complete, err
}

// split parts the attributes of a resource or an extension: values of lists one
// by one, other attributes as a whole.
func split(obj object, isLate func(key string, v any) bool) (now, later object) {
	now, later = object{}, object{}
	for _, f := range obj {
		list, isList := f.value.([]any)
		extension, isObject := f.value.(object)
		switch {
		case !isLate(f.name, f.value):
			now = append(now, f)
		case isList:
			var early, late []any
			for _, item := range list {
				if isLate(f.name, item) {
					late = append(late, item)
				} else {
					early = append(early, item)
				}
			}
			if len(early) > 0 {
				now = append(now, field{f.name, early})
			}
			later = append(later, field{f.name, late})
		case isObject && hasURN(f.name):
			early, late := split(extension, isLate)
			if len(early) > 0 {
				now = append(now, field{f.name, early})
			}
			later = append(later, field{f.name, late})
		default:
			later = append(later, f)
		}
	}
	return now, later
}

func hasURN(name string) bool { return len(name) > 4 && strings.EqualFold(name[:4], "urn:") }

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			buf.WriteByte(',')
		}
		name, err := json.Marshal(f.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(f.value)
		if err != nil {
			return nil, err
		}
		buf.Write(name)
		buf.WriteByte(':')
		buf.Write(value)
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}
