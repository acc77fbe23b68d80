package resource

import (
	"maps"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scim-bridge/scim-bridge/directory"
)

// Input is what the body of a POST or PUT says.
type Input struct {
	Document Document
	// Members are the ids of a group's members in the order given, each once.
	Members []string
	// Schemas are the URNs of the extensions that schemas lists or that the body carries.
	Schemas []string
}

// Parse reads the body of a POST or PUT and checks it against the schema. What
// only the bridge writes is passed over (RFC 7644, section 3.3). An error is an *Error.
func (t *Type) Parse(body []byte, o Options) (Input, error) {
	obj, err := decodeObject(body)
	if err != nil {
		return Input{}, err
	}
	r := reader{t: t, o: o, body: true, schemas: map[string]bool{}}
	if err := r.listedSchemas(obj); err != nil {
		return Input{}, err
	}
	if err := r.object(operation{kind: replace}, obj); err != nil {
		return Input{}, err
	}
	e := editor{t: t, o: o, doc: Document{}, creating: true}
	in := Input{Document: e.doc}
	for _, op := range r.ops {
		if err := e.apply(op); err != nil {
			return Input{}, err
		}
	}
	e.tidy()
	if err := t.complete(e.doc); err != nil {
		return Input{}, err
	}
	for _, s := range e.memberSteps() {
		if s.Op != directory.MemberRemove {
			in.Members = append(in.Members, s.IDs...)
		}
	}
	for _, x := range t.extensions {
		if r.schemas[x.urn] {
			in.Schemas = append(in.Schemas, x.urn)
		}
	}
	return in, nil
}

// listedSchemas reads the key schemas.
func (r *reader) listedSchemas(obj object) *Error {
	v, _ := obj.get("schemas")
	list, ok := v.([]any)
	if _, text := v.(string); text {
		if err := r.o.tolerate(oneForMany, "schemas takes a list of URNs"); err != nil {
			return err
		}
	}
	if !ok {
		list = []any{v}
	}
	core := false
	for _, item := range list {
		urn, ok := item.(string)
		if !ok {
			continue
		}
		if x := r.t.schemaOf(urn, r.o); x == &r.t.core {
			core = true
		} else if x != nil {
			r.schemas[x.urn] = true
		}
	}
	if !core {
		return r.o.tolerate(missingSchemas, "schemas must list %s", r.t.core.urn)
	}
	return nil
}

// complete checks that required attributes are there.
func (t *Type) complete(d Document) *Error {
	for name, a := range t.core.attrs {
		if !a.required || a.readOnly {
			continue
		}
		if _, ok := d[a.name]; !ok && name == a.name {
			return refuse(scimerrors.ScimTypeInvalidValue, "%s is required", a.name)
		}
	}
	return nil
}

// members is the attribute that holds a group's members, nil for users.
func (t *Type) members() *attribute { return t.core.attrs["members"] }

// ForCreate gives the document to store for a POST. A user who is not said to
// be inactive is active.
func (t *Type) ForCreate(in Input) Document {
	d := maps.Clone(in.Document)
	if _, said := d["active"]; !said && t.core.attrs["active"] != nil {
		d["active"] = true
	}
	return d
}

// ForReplace gives the document to store for a PUT (RFC 7644, section 3.5.1):
// what the body leaves out is cleared, an extension only if the client knows
// it, by carrying it or listing it in schemas. Whether a user is active stays when
// the body does not say it, so that nobody is enabled by leaving it out.
func (t *Type) ForReplace(current Document, in Input) Document {
	d := maps.Clone(in.Document)
	if v, ok := current["active"]; ok {
		if _, said := d["active"]; !said {
			d["active"] = v
		}
	}
	for _, x := range t.extensions {
		if v, ok := current[x.urn]; ok && !containsFold(in.Schemas, x.urn) {
			d[x.urn] = v
		}
	}
	return d
}

func containsFold(list []string, s string) bool {
	for _, v := range list {
		if strings.EqualFold(v, s) {
			return true
		}
	}
	return false
}
