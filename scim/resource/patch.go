package resource

import (
	"fmt"
	"maps"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
)

const (
	patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

	// MaxOperations is the most operations of one PATCH.
	MaxOperations = 50_000
)

// Patch is the body of a PATCH, read and checked against the schema. It may be
// applied more than once, also concurrently.
type Patch struct{ ops []operation }

// ParsePatch reads the body of a PATCH (RFC 7644, section 3.5.2). Options must
// be those given to Apply. An error is an *Error.
func (t *Type) ParsePatch(body []byte, o Options) (Patch, error) {
	obj, err := decodeObject(body)
	if err != nil {
		return Patch{}, err
	}
	if err := checkPatchSchema(obj, o); err != nil {
		return Patch{}, err
	}
	v, _ := obj.get("Operations")
	list, ok := v.([]any)
	if !ok {
		return Patch{}, refuse(scimerrors.ScimTypeInvalidSyntax, "Operations must be a list")
	}
	if len(list) == 0 {
		if err := o.tolerate(noOperations, "Operations is empty"); err != nil {
			return Patch{}, err
		}
	}
	if len(list) > MaxOperations {
		return Patch{}, refuse(scimerrors.ScimTypeInvalidValue, "Operations has more than %d entries", MaxOperations)
	}
	r := reader{t: t, o: o}
	for i, item := range list {
		if err := r.operation(item, i); err != nil {
			return Patch{}, err.in("Operations[%d]", i)
		}
	}
	return Patch{ops: r.ops}, nil
}

func checkPatchSchema(obj object, o Options) *Error {
	v, _ := obj.get("schemas")
	list, _ := v.([]any)
	for _, item := range list {
		if s, ok := item.(string); ok && strings.EqualFold(s, patchSchema) {
			return nil
		}
	}
	return o.tolerate(missingSchemas, "schemas must list %s", patchSchema)
}

// operation reads one entry of Operations.
func (r *reader) operation(item any, i int) *Error {
	obj, ok := item.(object)
	if !ok {
		return refuse(scimerrors.ScimTypeInvalidSyntax, "must be an object")
	}
	op := operation{label: fmt.Sprintf("Operations[%d]", i)}
	var err *Error
	if op.kind, err = r.kind(obj); err != nil {
		return err
	}
	op.value, op.given = obj.get("value")
	path, err := r.pathOf(obj)
	switch {
	case err != nil:
		return err
	case op.kind != remove && !op.given:
		return refuse(scimerrors.ScimTypeInvalidValue, "%s needs a value", op.kind)
	case path != "":
		return r.path(op, path)
	case op.kind == remove:
		return refuse(scimerrors.ScimTypeNoTarget, "remove needs a path")
	}
	v, err := r.o.unwrap(&attribute{name: "value"}, op.value)
	if err != nil {
		return err
	}
	fields, ok := v.(object)
	if !ok {
		return refuse(scimerrors.ScimTypeInvalidValue, "without a path, value must be an object")
	}
	return r.object(op, fields)
}

func (r *reader) kind(obj object) (kind, *Error) {
	v, _ := obj.get("op")
	s, _ := v.(string)
	k := kind(strings.ToLower(s))
	switch k {
	case add, remove, replace:
	default:
		return "", refuse(scimerrors.ScimTypeInvalidSyntax, "op must be add, remove or replace")
	}
	if s != string(k) {
		return k, r.o.tolerate(opCase, "op must be in lower case")
	}
	return k, nil
}

// pathOf reads the path, "" if there is none.
func (r *reader) pathOf(obj object) (string, *Error) {
	v, _ := obj.get("path")
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		path := strings.TrimSpace(v)
		if path == "" || path != v {
			return path, r.o.tolerate(emptyPath, "path %q is empty or has space around it", v)
		}
		return path, nil
	}
	return "", refuse(scimerrors.ScimTypeInvalidPath, "path must be a string")
}

// Apply carries out a patch, its operations in order, wholly or not at all.
// It returns the new document and, for a group, what happens to its members.
// A patch without effect gives a document with the same text. An error is an *Error.
func (t *Type) Apply(doc Document, p Patch, o Options) (Document, []MemberStep, error) {
	e := editor{t: t, o: o, doc: maps.Clone(doc)}
	if e.doc == nil {
		e.doc = Document{}
	}
	for _, op := range p.ops {
		if err := e.apply(op); err != nil {
			return nil, nil, err.in("%s", op.label)
		}
	}
	e.tidy()
	return e.doc, e.memberSteps(), nil
}
