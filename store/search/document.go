package search

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// Document gives the searched form of a user's document: names in lower case,
// texts folded unless [Exact] says otherwise, booleans as text, each element of
// a list as an object, and neither what is unassigned nor what is a column.
func Document(doc map[string]any) ([]byte, error) {
	out := make(map[string]any, len(doc))
	for name, v := range doc {
		name = strings.ToLower(name)
		if inColumns[name] {
			continue
		}
		if ext, ok := v.(map[string]any); ok && strings.Contains(name, ":") {
			put(out, name, object(ext, name))
			continue
		}
		put(out, name, value(v, filter.Path{Attr: name}))
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write searched form: %w", err)
	}
	return b, nil
}

// inColumns are the attributes of a user's document that are columns.
var inColumns = map[string]bool{"username": true, "externalid": true, "displayname": true, "active": true}

// object gives the searched form of an extension.
func object(m map[string]any, urn string) any {
	out := make(map[string]any, len(m))
	for name, v := range m {
		put(out, strings.ToLower(name), value(v, filter.Path{URN: urn, Attr: name}))
	}
	return out
}

// value gives the searched form of an attribute, or of an element.
func value(v any, p filter.Path) any {
	switch v := v.(type) {
	case string:
		if Exact(p) {
			return v
		}
		return directory.Fold(v)
	case bool:
		return fmt.Sprint(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, sub := range v {
			put(out, strings.ToLower(name), value(sub, filter.Path{URN: p.URN, Attr: p.Attr, Sub: name}))
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, el := range v {
			if el = value(el, p); !empty(el) {
				if _, ok := el.(map[string]any); !ok {
					el = map[string]any{"value": el}
				}
				out = append(out, el)
			}
		}
		return out
	}
	return v
}

func put(m map[string]any, name string, v any) {
	if !empty(v) {
		m[name] = v
	}
}

// empty reports whether a value in its searched form counts as unassigned.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}
