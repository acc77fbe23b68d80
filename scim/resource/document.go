package resource

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
)

// Document is the canonical form of a resource, see the package comment. Its
// values are string, bool, json.Number, []any and map[string]any.
type Document map[string]any

// Marshal gives the text that is stored. Keys are sorted, so that equal
// documents have equal texts.
func (d Document) Marshal() (json.RawMessage, error) {
	if d == nil {
		d = Document{}
	}
	raw, err := json.Marshal(map[string]any(d))
	if err != nil {
		return nil, fmt.Errorf("marshal document: %w", err)
	}
	return raw, nil
}

// Decode reads what Marshal wrote. An error means that the stored text is damaged.
func Decode(raw []byte) (Document, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var d Document
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("decode document: %w", err)
	}
	if d == nil {
		d = Document{}
	}
	return d, nil
}

// get returns the value of an attribute, nil if it is unassigned.
func (d Document) get(g target) any {
	if g.urn == "" {
		return d[g.attr.name]
	}
	ext, _ := d[g.urn].(map[string]any)
	return ext[g.attr.name]
}

// set assigns an attribute, or unassigns it if v is nil. Of what d shares with
// other documents, only d's own level is written: an extension is copied first.
func (d Document) set(g target, v any) {
	if g.urn == "" {
		assign(d, g.attr.name, v)
		return
	}
	ext, _ := d[g.urn].(map[string]any)
	ext = clone(ext)
	assign(ext, g.attr.name, v)
	if len(ext) == 0 {
		delete(d, g.urn)
		return
	}
	d[g.urn] = ext
}

func assign(m map[string]any, name string, v any) {
	if v == nil {
		delete(m, name)
		return
	}
	m[name] = v
}

func clone(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return maps.Clone(m)
}
