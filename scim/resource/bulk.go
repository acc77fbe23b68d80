package resource

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
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

// BulkReferences lists the bulkIds that an operation's data, valid JSON, refers
// to, each once.
func BulkReferences(data []byte) []string {
	var out []string
	seen := map[string]bool{}
	replaceReferences(data, func(bulkID string) (string, bool) {
		if !seen[bulkID] {
			seen[bulkID] = true
			out = append(out, bulkID)
		}
		return "", false
	})
	return out
}

// ResolveBulk puts ids, by bulkId, in the place of references in valid JSON.
// Those to others stay as they are.
func ResolveBulk(data []byte, ids map[string]string) []byte {
	return replaceReferences(data, func(bulkID string) (string, bool) {
		id, ok := ids[bulkID]
		return id, ok
	})
}

// replaceReferences gives valid JSON with another text for each reference of
// which id says so. It works on the text, since a group may list very many.
func replaceReferences(data []byte, id func(bulkID string) (string, bool)) []byte {
	var out []byte
	key, copied := "", 0
	for i := 0; i < len(data); i++ {
		if data[i] != '"' {
			continue
		}
		start := i
		for i++; data[i] != '"'; i++ {
			if data[i] == '\\' {
				i++
			}
		}
		quoted := data[start : i+1]
		if rest := bytes.TrimLeft(data[i+1:], " \t\r\n"); len(rest) > 0 && rest[0] == ':' {
			key = unquote(quoted)
			continue
		}
		if !bytes.Contains(quoted, []byte(BulkPrefix)) && !bytes.ContainsRune(quoted, '\\') {
			continue
		}
		text := unquote(quoted)
		if to := replaceReference(key, text, id); to != text {
			if out == nil {
				out = make([]byte, 0, len(data))
			}
			out = append(append(out, data[copied:start]...), encode(to)...)
			copied = i + 1
		}
	}
	if copied == 0 {
		return data
	}
	return append(out, data[copied:]...)
}

// unquote is the text of a valid JSON string.
func unquote(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return "" // it is valid
	}
	return s
}

// replaceReference does it for one text, which stands under key.
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
// exactly that. In both, references are still to be resolved. An error is an *Error.
func SplitBulk(data []byte, ids map[string]string) (create, complete []byte, err error) {
	var attributes map[string]json.RawMessage
	if err := json.Unmarshal(data, &attributes); err != nil || attributes == nil {
		return nil, nil, refuse(scimerrors.ScimTypeInvalidSyntax, "data must be a JSON object")
	}
	now, later := split(attributes, ids)
	return encode(now), encode(map[string]any{
		"schemas":    []string{patchSchema},
		"Operations": []any{map[string]any{"op": add, "value": later}},
	}), nil
}

// split parts the attributes of a resource or an extension: values of lists one
// by one, other attributes as a whole.
func split(attributes map[string]json.RawMessage, ids map[string]string) (now, later map[string]any) {
	now, later = map[string]any{}, map[string]any{}
	for name, value := range attributes {
		var list []json.RawMessage
		var extension map[string]json.RawMessage
		switch {
		case !isLate(name, value, ids):
			now[name] = value
		case json.Unmarshal(value, &list) == nil:
			var early, late []json.RawMessage
			for _, item := range list {
				if isLate(name, item, ids) {
					late = append(late, item)
				} else {
					early = append(early, item)
				}
			}
			if len(early) > 0 {
				now[name] = early
			}
			later[name] = late
		case hasURN(name) && json.Unmarshal(value, &extension) == nil:
			early, late := split(extension, ids)
			if len(early) > 0 {
				now[name] = early
			}
			later[name] = late
		default:
			later[name] = value
		}
	}
	return now, later
}

// isLate reports whether an attribute's value refers to what is not among ids.
func isLate(name string, value []byte, ids map[string]string) bool {
	text := append(append(encode(name), ':'), value...)
	return slices.ContainsFunc(BulkReferences(text), func(bulkID string) bool {
		_, known := ids[bulkID]
		return !known
	})
}

func hasURN(name string) bool { return len(name) > 4 && strings.EqualFold(name[:4], "urn:") }

// encode writes what is known to be JSON.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("resource: %v cannot be encoded: %v", v, err))
	}
	return text
}
