package resource

import (
	"cmp"
	"errors"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// kind is what an operation does (RFC 7644, section 3.5.2).
type kind string

const (
	add     kind = "add"
	remove  kind = "remove"
	replace kind = "replace"
)

// operation is one step on one attribute. An operation without a path has
// become one for each key of its value.
type operation struct {
	kind   kind
	target target
	// filter selects values of a multi-valued attribute, nil for no brackets.
	filter filter.Expr
	// sub is the sub-attribute addressed: after a dot or after the brackets.
	sub *attribute
	// value is what json.go makes of JSON. given is false if there was none.
	value any
	given bool
	// lost says that the filter names a sub-attribute that the schema lacks.
	lost bool
	// label names the place in the body, for messages.
	label string
}

// reader turns what a client wrote into operations.
type reader struct {
	t    *Type
	o    Options
	body bool // of POST or PUT, where unknown names are passed over even in strict mode
	ops  []operation
	// schemas collects the extensions that are named.
	schemas map[string]bool
}

// parser gives the grammar that the type's names need.
func (t *Type) parser(o Options) filter.Parser {
	if o.tolerate(bareWords, "") != nil || o.tolerate(dotAfterURN, "") != nil || o.tolerate(afterBrackets, "") != nil {
		return filter.Parser{URNs: t.urns, Strict: true}
	}
	return filter.Parser{URNs: t.readable}
}

// path reads an operation that has a path.
func (r *reader) path(op operation, text string) *Error {
	p, err := r.t.parser(r.o).Path(text)
	if err != nil {
		return pathError(text, err)
	}
	return r.resolved(op, p, text, false)
}

func pathError(text string, err error) *Error {
	typ := scimerrors.ScimTypeInvalidPath
	var syntax *filter.SyntaxError
	// Between brackets it is the filter that is wrong (RFC 7644, table 9).
	if i := strings.IndexByte(text, '['); errors.As(err, &syntax) && i >= 0 && syntax.Pos > i+1 && strings.IndexByte(text, ']') > 0 {
		typ = scimerrors.ScimTypeInvalidFilter
	}
	return refuse(typ, "path %q: %v", text, err)
}

// resolved adds the operation that a path stands for. key says that the path is a
// key of an object, where names that the bridge alone writes are passed over.
func (r *reader) resolved(op operation, p filter.PatchPath, text string, key bool) *Error {
	g, ok := r.t.resolve(p.Path, r.o)
	if ok && p.Sub != "" {
		if g.sub = g.attr.subs.find(p.Sub); g.sub == nil {
			ok = false
		}
	}
	if !ok {
		if key && r.body {
			return nil
		}
		return r.o.tolerate(unknownAttribute, "%s has no attribute %q", r.t.Name, text)
	}
	if g.urn != "" && r.schemas != nil {
		r.schemas[g.urn] = true
	}
	if g.attr == nil {
		return r.schema(op, g, text)
	}
	if g.attr.dropped {
		return nil
	}
	if g.attr.readOnly || g.sub != nil && g.sub.readOnly {
		switch {
		case r.body:
			return nil
		case key:
			return r.o.tolerate(readOnlyKeys, "%s is read-only", g.name())
		case g.attr.name == "schemas":
			return r.o.tolerate(schemasByPath, "schemas cannot be changed")
		}
		return refuse(scimerrors.ScimTypeMutability, "%s is read-only", g.name())
	}
	if p.Filter != nil && (!g.attr.multi || p.Path.Sub != "") {
		return refuse(scimerrors.ScimTypeInvalidPath, "path %q: brackets select among the values of an attribute, and %s is none that has many", text, p.Path)
	}
	if err := r.selector(&op, g.attr, p.Filter); err != nil {
		return err
	}
	if err := r.known(g.attr, op.value); err != nil {
		return err
	}
	op.sub, g.sub = g.sub, nil
	op.target, op.filter = g, p.Filter
	r.ops = append(r.ops, op)
	return nil
}

// selector checks that the filter of a path compares what there is.
func (r *reader) selector(op *operation, a *attribute, f filter.Expr) *Error {
	switch f := f.(type) {
	case filter.And:
		return cmp.Or(r.selector(op, a, f.Left), r.selector(op, a, f.Right))
	case filter.Or:
		return cmp.Or(r.selector(op, a, f.Left), r.selector(op, a, f.Right))
	case filter.Not:
		return r.selector(op, a, f.Expr)
	case filter.Compare:
		sub := a.subs.find(f.Path.Attr)
		if a.typ != typeComplex && f.Path.Equal(filter.Path{Attr: "value"}) {
			sub = a
		}
		if sub == nil || f.Path.URN != "" || f.Path.Sub != "" {
			op.lost = true
			return r.o.tolerate(unknownSelector, "%s has no %q to select by", a.name, f.Path)
		}
		if sub.typ != typeBoolean || f.Op == filter.Pr || f.Value == nil {
			return nil
		}
		if f.Op != filter.Eq && f.Op != filter.Ne {
			return refuse(scimerrors.ScimTypeInvalidFilter, "%s.%s is true or false and cannot be compared by %s", a.name, sub.name, f.Op)
		}
		if _, ok := f.Value.(bool); !ok {
			return r.o.tolerate(textBooleanFilter, "%s.%s is true or false, not text", a.name, sub.name)
		}
	}
	return nil
}

// known checks that the values of a complex attribute hold what the schema has.
// Names that it lacks are passed over later.
func (r *reader) known(a *attribute, v any) *Error {
	if r.body || !r.o.Strict || a.typ != typeComplex {
		return nil
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if err := r.known(a, item); err != nil {
				return err
			}
		}
	case object:
		for _, f := range v {
			wrapped := strings.EqualFold(f.name, a.name) // see memberIDs
			if a.subs.find(f.name) == nil && !wrapped {
				return r.o.tolerate(unknownAttribute, "%s has no sub-attribute %q", a.name, f.name)
			}
		}
	}
	return nil
}

// schema reads an operation on a whole schema, named by its URN.
func (r *reader) schema(op operation, g target, text string) *Error {
	core := g.urn == ""
	if core {
		if err := r.o.tolerate(nestedCore, "%q is no attribute", text); err != nil {
			return err
		}
	}
	v, err := r.o.unwrap(&attribute{name: text}, op.value)
	if err != nil {
		return err
	}
	gone, err := r.o.empty(&attribute{name: text, typ: typeComplex}, v)
	if err != nil {
		return err
	}
	if op.kind == remove || gone {
		if core {
			return refuse(scimerrors.ScimTypeMutability, "the core schema cannot be removed")
		}
		op.target, op.kind = g, remove
		r.ops = append(r.ops, op)
		return nil
	}
	obj, ok := v.(object)
	if !ok {
		return refuse(scimerrors.ScimTypeInvalidValue, "%s takes an object", text)
	}
	urn := g.urn
	if core {
		urn = r.t.core.urn
	}
	for _, f := range obj {
		if err := r.key(op, urn, f); err != nil {
			return err
		}
	}
	return nil
}

// object reads a value without a path: each key is an operation of its own.
func (r *reader) object(op operation, obj object) *Error {
	for _, f := range obj {
		if err := r.key(op, "", f); err != nil {
			return err
		}
	}
	return nil
}

// key reads one key of an object, in the schema urn or, if that is empty, in the resource.
func (r *reader) key(op operation, urn string, f field) *Error {
	op.value, op.given = f.value, true
	if urn == "" && r.t.core.attrs[f.name] != nil {
		return r.resolved(op, filter.PatchPath{Path: filter.Path{Attr: f.name}}, f.name, true)
	}
	p, err := r.t.parser(r.o).Path(f.name)
	if err != nil || urn != "" && p.Path.URN != "" {
		if r.body {
			return nil
		}
		return r.o.tolerate(unknownAttribute, "%q is no attribute of %s", f.name, r.t.Name)
	}
	plain := p.Filter == nil && p.Path.Sub == "" && (p.Path.URN == "" || p.Path.Attr == "")
	if !plain && r.o.tolerate(dottedKeys, "") != nil {
		if r.body {
			return nil
		}
		return r.o.tolerate(dottedKeys, "%q is a path, not the name of an attribute", f.name)
	}
	if urn != "" {
		p.Path.URN = urn
	}
	return r.resolved(op, p, f.name, true)
}
