package scim

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// whole writes a resource of which the client wants everything: the text of its
// document as it is stored, and around it what the bridge itself says. What is
// between begin and end is derived: a user's groups, a group's members.
type whole struct {
	renderer
	t *resource.Type
	// urn is the bridge's own extension of the type.
	urn string
	// own is what the document has in that extension.
	own []byte
}

func (v renderer) whole(t *resource.Type) *whole {
	return &whole{renderer: v, t: t, urn: bridgeSchema(t)}
}

// begin writes all that is stored, up to where derived attributes go.
func (o *whole) begin(buf *bytes.Buffer, m directory.Meta, doc []byte, s directory.Sync) error {
	var space [32]field
	fields, err := split(doc, space[:0])
	if err != nil {
		return err
	}
	buf.WriteString(`{"schemas":[`)
	writeText(buf, o.t.Schema())
	active := false
	for _, f := range fields {
		switch name := string(f.name); {
		case name == o.urn:
			o.own = f.value
		case name == "active":
			active = true
		case bytes.HasPrefix(f.name, []byte("urn:")):
			buf.WriteByte(',')
			writeText(buf, name)
		}
	}
	if o.own != nil || s.State != "" {
		buf.WriteByte(',')
		writeText(buf, o.urn)
	}
	buf.WriteString(`],"id":`)
	writeText(buf, m.ID)
	for _, f := range fields {
		if string(f.name) == o.urn {
			continue
		}
		buf.WriteString(`,"`)
		buf.Write(f.name)
		buf.WriteString(`":`)
		buf.Write(f.value)
	}
	if o.t == resource.User() && !active {
		buf.WriteString(`,"active":true`)
	}
	return nil
}

// end writes the bridge's extension and meta, and ends the object.
func (o *whole) end(buf *bytes.Buffer, m directory.Meta, s directory.Sync) {
	if o.own != nil || s.State != "" {
		buf.WriteByte(',')
		writeText(buf, o.urn)
		buf.WriteString(`:{`)
		inner := bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimPrefix(o.own, []byte("{")), []byte("}")))
		buf.Write(inner)
		if s.State != "" {
			if len(inner) > 0 {
				buf.WriteByte(',')
			}
			o.writeSync(buf, s)
		}
		buf.WriteByte('}')
	}
	buf.WriteString(`,"meta":{"resourceType":`)
	writeText(buf, o.t.Name)
	buf.WriteString(`,"created":"` + timestamp(m.Created) + `","lastModified":"` + timestamp(m.LastModified) + `","location":`)
	writeText(buf, o.location(o.t.Endpoint, m.ID))
	buf.WriteString(`,"version":`)
	writeText(buf, etag(m.Version))
	buf.WriteString(`}}`)
}

// writeSync writes what addSync adds.
func (o *whole) writeSync(buf *bytes.Buffer, s directory.Sync) {
	buf.WriteString(`"sync":{"state":`)
	writeText(buf, string(s.State))
	if s.Detail != "" {
		buf.WriteString(`,"detail":`)
		writeText(buf, s.Detail)
	}
	if !s.LastSynced.IsZero() {
		buf.WriteString(`,"lastSynced":"` + timestamp(s.LastSynced) + `"`)
	}
	if o.t == resource.Group() {
		buf.WriteString(`,"pending":` + strconv.Itoa(s.Pending) + `,"held":` + strconv.Itoa(s.Held) + `,"failed":` + strconv.Itoa(s.Failed))
	}
	buf.WriteByte('}')
}

// field is one member of a stored document, as text: the name without its
// quotes, in which nothing is escaped since it is a name of the schema.
type field struct{ name, value []byte }

var errDamaged = errors.New("stored document is damaged")

// split finds the members of a JSON object that is known to be valid, without
// looking into their values.
func split(doc []byte, into []field) ([]field, error) {
	doc = bytes.TrimSpace(doc)
	if len(doc) < 2 || doc[0] != '{' || doc[len(doc)-1] != '}' {
		return nil, errDamaged
	}
	rest := bytes.TrimSpace(doc[1 : len(doc)-1])
	for len(rest) > 0 {
		n := valueEnd(rest)
		if n < 2 || rest[0] != '"' {
			return nil, errDamaged
		}
		f := field{name: rest[1 : n-1]}
		rest = bytes.TrimSpace(rest[n:])
		if len(rest) == 0 || rest[0] != ':' {
			return nil, errDamaged
		}
		rest = bytes.TrimSpace(rest[1:])
		if n = valueEnd(rest); n == 0 {
			return nil, errDamaged
		}
		f.value = bytes.TrimSpace(rest[:n])
		into = append(into, f)
		if rest = bytes.TrimSpace(rest[n:]); len(rest) == 0 {
			break
		}
		if rest[0] != ',' {
			return nil, errDamaged
		}
		rest = bytes.TrimSpace(rest[1:])
	}
	return into, nil
}

// valueEnd is where the JSON value ends with which the text begins, 0 if it
// does not.
func valueEnd(text []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
			if !quoted && depth == 0 {
				return i + 1
			}
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case depth == 0 && (c == ',' || c == ':'):
			return i
		}
	}
	if depth != 0 || quoted {
		return 0
	}
	return len(text)
}
