package resource

import (
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// Projection is what attributes or excludedAttributes ask for (RFC 7644,
// section 3.9). The zero Projection asks for the default. It is immutable.
type Projection struct {
	mode mode
	// named holds the attributes, by the URN of their extension ("" for the
	// core schema) and name.
	named map[string]map[string]selection
}

type mode string

const (
	byDefault mode = ""
	include   mode = "attributes"
	exclude   mode = "excludedAttributes"
)

// selection is an attribute that is named: as a whole, or some sub-attributes.
type selection struct {
	whole bool
	subs  map[string]bool
}

// everything, as the name of an attribute, means all of a schema.
const everything = "*"

// ParseProjection reads the two parameters. Each text may be a list with
// commas; blank ones do not count. Names that the type does not have are passed
// over. Both parameters together are an *Error of type invalidValue.
func ParseProjection(t *Type, attributes, excluded []string) (Projection, error) {
	in, out := names(attributes), names(excluded)
	switch {
	case len(in) > 0 && len(out) > 0:
		return Projection{}, refuse(scimerrors.ScimTypeInvalidValue, "attributes and excludedAttributes exclude each other")
	case len(in) > 0:
		return project(t, include, in), nil
	case len(out) > 0:
		return project(t, exclude, out), nil
	}
	return Projection{}, nil
}

// names splits lists at the commas outside of quotes and brackets.
func names(lists []string) []string {
	var out []string
	for _, list := range lists {
		depth, quoted, start := 0, false, 0
		for i := 0; i <= len(list); i++ {
			if i < len(list) {
				switch c := list[i]; {
				case c == '"':
					quoted = !quoted
				case c == '[' && !quoted:
					depth++
				case c == ']' && !quoted && depth > 0:
					depth--
				}
				if list[i] != ',' || quoted || depth > 0 {
					continue
				}
			}
			if name := strings.TrimSpace(list[start:i]); name != "" {
				out = append(out, name)
			}
			start = i + 1
		}
	}
	return out
}

func project(t *Type, m mode, list []string) Projection {
	p := Projection{mode: m, named: map[string]map[string]selection{}}
	for _, name := range list {
		path, err := t.parser(Options{}).Path(name)
		if err != nil {
			continue
		}
		if path.Sub != "" {
			path.Path.Sub = path.Sub // brackets are read past: emails[type eq "work"].value
		}
		g, ok := t.resolve(path.Path, Options{})
		if ok {
			p.name(t, g)
		}
	}
	return p
}

func (p Projection) name(t *Type, g target) {
	attrs := p.named[g.urn]
	if attrs == nil {
		attrs = map[string]selection{}
		p.named[g.urn] = attrs
	}
	if g.attr == nil {
		attrs[everything] = selection{whole: true}
		return
	}
	s := attrs[g.attr.name]
	if g.sub == nil {
		s.whole = true
	} else {
		if s.subs == nil {
			s.subs = map[string]bool{}
		}
		s.subs[g.sub.name] = true
	}
	attrs[g.attr.name] = s
}

// of tells what was said about an attribute.
func (p Projection) of(urn, attr string) selection {
	attrs := p.named[urn]
	if s := attrs[everything]; s.whole {
		return s
	}
	return attrs[attr]
}

// Given reports whether the client asked for anything but the default.
func (p Projection) Given() bool { return p.mode != byDefault }

// Wants reports whether any part of an attribute can be in the answer, so that
// the work of finding it can be saved. It takes a name in the schema's spelling:
// groups, members, meta, or sync for the bridge's extension.
func (p Projection) Wants(attr string) bool {
	if p.mode == byDefault {
		return true
	}
	urn := ""
	for _, t := range [...]*Type{User(), Group()} {
		if g, ok := t.resolve(filter.Path{Attr: attr}, Options{}); ok {
			urn = g.urn
			if _, named := p.named[urn]; named {
				break
			}
		}
	}
	s := p.of(urn, attr)
	if p.mode == include {
		return s.whole || len(s.subs) > 0
	}
	return !s.whole
}

// Apply gives what is to be returned of a full representation: with schemas,
// id, meta and all that is derived. full is not modified. Lists of complex values
// must be []any or []map[string]any.
func (p Projection) Apply(t *Type, full map[string]any) map[string]any {
	out := make(map[string]any, len(full))
	for name, v := range full {
		if x := t.extensionOf(name); x != nil {
			if ext, ok := v.(map[string]any); ok {
				if kept := p.attributes(x, x.urn, ext); len(kept) > 0 {
					out[name] = kept
				}
			}
			continue
		}
		if v = p.attribute(t.core.attrs.find(name), "", name, v); v != nil {
			out[name] = v
		}
	}
	if _, ok := full["schemas"]; ok && p.mode != byDefault {
		out["schemas"] = t.Schemas(out)
	}
	return out
}

func (t *Type) extensionOf(key string) *extension {
	for i := range t.extensions {
		if t.extensions[i].urn == key {
			return &t.extensions[i]
		}
	}
	return nil
}

func (p Projection) attributes(x *extension, urn string, in map[string]any) map[string]any {
	out := make(map[string]any, len(in))
	for name, v := range in {
		if v = p.attribute(x.attrs.find(name), urn, name, v); v != nil {
			out[name] = v
		}
	}
	return out
}

// attribute gives what is to be returned of one attribute, nil for nothing.
func (p Projection) attribute(a *attribute, urn, name string, v any) any {
	returned := "default"
	if a != nil {
		returned = a.returned
		name = a.name
	}
	s := p.of(urn, name)
	switch {
	case returned == "never":
		return nil
	case returned == "always":
		return v
	case p.mode == include && s.whole:
		return v
	case p.mode == include && len(s.subs) > 0:
		return subs(v, func(sub string) bool { return s.subs[sub] })
	case p.mode == include || returned == "request":
		return nil
	case s.whole:
		return nil
	case len(s.subs) > 0:
		return subs(v, func(sub string) bool { return !s.subs[sub] })
	}
	return v
}

// subs keeps some sub-attributes of a complex value or of each in a list.
func subs(v any, keep func(string) bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, sub := range v {
			if keep(name) {
				out[name] = sub
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case []any:
		var out []any
		for _, el := range v {
			if el = subs(el, keep); el != nil {
				out = append(out, el)
			}
		}
		if out == nil {
			return nil
		}
		return out
	case []map[string]any:
		var out []any
		for _, el := range v {
			if kept := subs(el, keep); kept != nil {
				out = append(out, kept)
			}
		}
		if out == nil {
			return nil
		}
		return out
	}
	return v
}
