package resource

import (
	"strings"

	"github.com/elimity-com/scim/schema"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// Type is a type of resource: its schemas and its endpoint. It is immutable
// and safe for concurrent use.
type Type struct {
	// Name is User or Group.
	Name string
	// Endpoint is /Users or /Groups.
	Endpoint string

	core       extension
	extensions []extension
	urns       []string
	// readable are the URNs by which attributes may be addressed, misspelt ones included.
	readable []string
}

var (
	userType = newType("User", "/Users", userSchema(), enterpriseSchema(), adobeSchema(), bridgeUserSchema())
	group    = newType("Group", "/Groups", groupSchema(), bridgeGroupSchema())
)

// User is the type of users (RFC 7643, section 4.1).
func User() *Type { return userType }

// Group is the type of groups (RFC 7643, section 4.2).
func Group() *Type { return group }

func newType(name, endpoint string, core schema.Schema, extensions ...schema.Schema) *Type {
	t := &Type{Name: name, Endpoint: endpoint, core: extension{urn: core.ID, attrs: compile(core.Attributes)}}
	for key, a := range compile(schema.CommonAttributes()) {
		t.core.attrs[key] = a
	}
	// elimity calls schemas immutable; the bridge derives it, so that naming it changes nothing.
	t.core.attrs["schemas"].readOnly = true
	t.core.attrs["schemas"].returned = "always"
	if name == "User" {
		t.core.attrs.add(&attribute{name: "password", typ: "string", returned: "never", dropped: true})
	}
	t.urns = []string{core.ID}
	t.readable = []string{core.ID}
	for _, s := range extensions {
		x := extension{urn: s.ID, attrs: compile(s.Attributes)}
		if a := x.attrs["identityType"]; a != nil {
			a.closed = identityTypes
		}
		t.extensions = append(t.extensions, x)
		t.urns = append(t.urns, s.ID)
		t.readable = append(t.readable, s.ID)
		if s.ID == directory.EnterpriseSchema {
			t.readable = append(t.readable, misspeltEnterprise)
		}
	}
	return t
}

// Schema is the URN of the core schema.
func (t *Type) Schema() string { return t.core.urn }

// Extensions are the URNs of the schema extensions, in a fixed order.
func (t *Type) Extensions() []string { return append([]string(nil), t.urns[1:]...) }

// Schemas lists the core schema and those extensions of which the document
// holds anything, in a fixed order (RFC 7643, section 3).
func (t *Type) Schemas(d Document) []string {
	out := []string{t.core.urn}
	for _, x := range t.extensions {
		if _, ok := d[x.urn]; ok {
			out = append(out, x.urn)
		}
	}
	return out
}

// target is what a path means in a type's schemas.
type target struct {
	// urn is the extension, empty for the core schema.
	urn string
	// attr is nil if the path is a schema's URN alone.
	attr *attribute
	// sub is nil if the path ends at the attribute.
	sub *attribute
}

// name is the target in the schema's spelling, for messages.
func (g target) name() string {
	switch {
	case g.attr == nil:
		return g.urn
	case g.sub == nil:
		return g.attr.name
	}
	return g.attr.name + "." + g.sub.name
}

// path is the target as the stores know it: the schema's spelling, and a URN
// only in front of an extension's attribute.
func (g target) path() filter.Path {
	p := filter.Path{URN: g.urn, Attr: g.attr.name}
	if g.sub != nil {
		p.Sub = g.sub.name
	}
	return p
}

// schemaOf finds the core schema or an extension by its URN, without case.
func (t *Type) schemaOf(urn string, o Options) *extension {
	if strings.EqualFold(urn, t.core.urn) {
		return &t.core
	}
	if strings.EqualFold(urn, misspeltEnterprise) && o.tolerate(misspeltURN, "") == nil {
		urn = directory.EnterpriseSchema
	}
	for i := range t.extensions {
		if strings.EqualFold(urn, t.extensions[i].urn) {
			return &t.extensions[i]
		}
	}
	return nil
}

// resolve finds what a path means, false if the type has no such attribute.
func (t *Type) resolve(p filter.Path, o Options) (target, bool) {
	x := &t.core
	if p.URN != "" {
		if x = t.schemaOf(p.URN, o); x == nil {
			return target{}, false
		}
	}
	var g target
	if p.Attr != "" {
		g.attr = x.attrs.find(p.Attr)
		if g.attr == nil && p.URN == "" && o.tolerate(unprefixed, "") == nil {
			x, g.attr = t.onlyExtensionWith(p.Attr)
		}
		if g.attr == nil {
			return target{}, false
		}
	}
	if x != &t.core {
		g.urn = x.urn
	}
	if p.Sub != "" {
		g.sub = g.attr.subs.find(p.Sub)
		if g.sub == nil {
			return target{}, false
		}
	}
	return g, true
}

// onlyExtensionWith finds an attribute that exactly one extension has.
func (t *Type) onlyExtensionWith(name string) (*extension, *attribute) {
	var x *extension
	var a *attribute
	for i := range t.extensions {
		found := t.extensions[i].attrs.find(name)
		if found == nil {
			continue
		}
		if a != nil {
			return nil, nil
		}
		x, a = &t.extensions[i], found
	}
	return x, a
}

// CaseExact reports whether an attribute is compared with regard to case. A
// complex attribute without a sub-attribute means its value. Attributes
// that the type does not have are compared without.
func (t *Type) CaseExact(p filter.Path) bool {
	g, ok := t.resolve(p, Options{})
	if !ok || g.attr == nil {
		return false
	}
	a := g.attr
	if g.sub != nil {
		a = g.sub
	} else if v := a.valueSub(); v != nil {
		a = v
	}
	return a.caseExact
}
