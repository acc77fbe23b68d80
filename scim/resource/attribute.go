package resource

import (
	"strings"

	"github.com/elimity-com/scim/schema"
)

// Data types of attributes (RFC 7643, section 2.3), as elimity spells them.
const (
	typeBinary   = "binary"
	typeBoolean  = "boolean"
	typeComplex  = "complex"
	typeDateTime = "dateTime"
	typeDecimal  = "decimal"
	typeInteger  = "integer"
)

// attribute is one attribute or sub-attribute, prepared for quick questions.
type attribute struct {
	name      string
	typ       string
	multi     bool
	required  bool
	caseExact bool
	readOnly  bool
	// returned is always, default, request or never.
	returned string
	// dropped is accepted and thrown away: the password.
	dropped bool
	// closed are the only values allowed; nil allows any.
	closed []string
	subs   attributes
}

// attributes finds attributes by name, in the schema's spelling or lower case.
type attributes map[string]*attribute

func (as attributes) find(name string) *attribute {
	if a := as[name]; a != nil {
		return a
	}
	return as[strings.ToLower(name)]
}

func (as attributes) add(a *attribute) {
	as[a.name] = a
	as[strings.ToLower(a.name)] = a
}

// compile prepares what elimity's schema says.
func compile(list []schema.CoreAttribute) attributes {
	out := attributes{}
	for _, c := range list {
		out.add(&attribute{
			name:      c.Name(),
			typ:       c.AttributeType(),
			multi:     c.MultiValued(),
			required:  c.Required(),
			caseExact: c.CaseExact(),
			readOnly:  c.Mutability() == "readOnly",
			returned:  c.Returned(),
			subs:      compile(c.SubAttributes()),
		})
	}
	return out
}

// valueSub is the sub-attribute that an element means when it is given or
// compared as a whole, nil if there is none.
func (a *attribute) valueSub() *attribute { return a.subs["value"] }

// extension is a schema beside the core schema, or the core schema itself.
type extension struct {
	urn   string
	attrs attributes
}
