package resource

import (
	"encoding/json"
	"fmt"

	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
)

// SchemaDocuments are the resources of /Schemas (RFC 7643, section 7), in a
// fixed order, without meta, which depends on where the bridge is reached. Each
// call returns fresh values.
func SchemaDocuments() []map[string]any {
	list := []schema.Schema{
		userSchema(), groupSchema(), enterpriseSchema(), adobeSchema(), bridgeUserSchema(), bridgeGroupSchema(),
		described(schema.Definition(), "Schema", "The schema of schemas."),
		typeSchema(),
		providerSchema(),
	}
	out := make([]map[string]any, len(list))
	for i, s := range list {
		out[i] = plain(s)
	}
	return out
}

func described(s schema.Schema, name, description string) schema.Schema {
	s.Name, s.Description = optional.NewString(name), optional.NewString(description)
	return s
}

// plain gives elimity's document as JSON values of the common types, without
// what is empty.
func plain(s schema.Schema) map[string]any {
	raw, err := json.Marshal(s.ToMap())
	if err != nil {
		panic(fmt.Sprintf("resource: schema %s cannot be encoded: %v", s.ID, err)) // it is a constant of the program
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(fmt.Sprintf("resource: schema %s cannot be decoded: %v", s.ID, err))
	}
	return prune(out).(map[string]any)
}

// prune drops nulls, empty texts and empty lists.
func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, sub := range v {
			sub = prune(sub)
			list, isList := sub.([]any)
			if sub == nil || sub == "" || isList && len(list) == 0 {
				delete(v, k)
				continue
			}
			v[k] = sub
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
	}
	return v
}

// typeSchema is that of /ResourceTypes (RFC 7643, section 6), where a type may
// have several extensions (erratum 7522).
func typeSchema() schema.Schema {
	return schema.Schema{
		ID:          "urn:ietf:params:scim:schemas:core:2.0:ResourceType",
		Name:        optional.NewString("ResourceType"),
		Description: optional.NewString("The schema of types of resources."),
		Attributes: schema.Attributes{
			schema.SimpleCoreAttribute(word("id", "The name of the type.", false)),
			schema.SimpleCoreAttribute(word("name", "The name of the type.", true)),
			schema.SimpleCoreAttribute(word("description", "What the type is.", false)),
			schema.SimpleCoreAttribute(uri("endpoint", "Where resources of the type are, below the base URI.")),
			schema.SimpleCoreAttribute(uri("schema", "The URI of the type's core schema.")),
			schema.ComplexCoreAttribute(schema.ComplexParams{
				Name: "schemaExtensions", Description: optional.NewString("The type's schema extensions."),
				MultiValued: true, Mutability: schema.AttributeMutabilityReadOnly(),
				SubAttributes: []schema.SimpleParams{
					uri("schema", "The URI of the extension."),
					schema.SimpleBooleanParams(schema.BooleanParams{
						Name: "required", Description: optional.NewString("Whether resources must have the extension."),
						Required: true, Mutability: schema.AttributeMutabilityReadOnly()}),
				},
			}),
		},
	}
}

func uri(name, description string) schema.SimpleParams {
	return schema.SimpleReferenceParams(schema.ReferenceParams{
		Name: name, Description: optional.NewString(description), Required: true,
		Mutability:     schema.AttributeMutabilityReadOnly(),
		ReferenceTypes: []schema.AttributeReferenceType{schema.AttributeReferenceTypeURI}})
}

// providerSchema is that of /ServiceProviderConfig (RFC 7643, section 5, and RFC
// 9865, section 4), with etag and the type of a scheme, which the former's own
// listing forgets.
func providerSchema() schema.Schema {
	supported := flag("supported", "Whether the service provider does this.")
	return schema.Schema{
		ID:          "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
		Name:        optional.NewString("ServiceProviderConfig"),
		Description: optional.NewString("What the service provider can do."),
		Attributes: schema.Attributes{
			schema.SimpleCoreAttribute(schema.SimpleReferenceParams(schema.ReferenceParams{
				Name: "documentationUri", Description: optional.NewString("Where help is found."),
				Mutability:     schema.AttributeMutabilityReadOnly(),
				ReferenceTypes: []schema.AttributeReferenceType{schema.AttributeReferenceTypeExternal}})),
			ability("patch", "PATCH of resources.", supported),
			ability("bulk", "Several operations in one request.", supported,
				limit("maxOperations", "The most operations of one request."),
				limit("maxPayloadSize", "The most bytes of one request.")),
			ability("filter", "Filters of queries.", supported,
				limit("maxResults", "The most resources of one answer.")),
			ability("changePassword", "Changes of passwords.", supported),
			ability("sort", "Sorted answers.", supported),
			ability("etag", "Versions of resources.", supported),
			ability("pagination", "Pages of answers (RFC 9865).",
				flag("cursor", "Whether pages can be asked for one after another."),
				flag("index", "Whether pages can be asked for by index."),
				word("defaultPaginationMethod", "How pages are cut where a client does not say.", false),
				limit("defaultPageSize", "The size of a page where a client does not say."),
				limit("maxPageSize", "The size that larger pages are cut to."),
				limit("cursorTimeout", "For how many seconds a cursor can be used.")),
			schema.ComplexCoreAttribute(schema.ComplexParams{
				Name: "authenticationSchemes", Description: optional.NewString("How clients authenticate."),
				MultiValued: true, Required: true, Mutability: schema.AttributeMutabilityReadOnly(),
				SubAttributes: []schema.SimpleParams{
					word("type", "The kind of scheme.", true), word("name", "The name of the scheme.", true),
					word("description", "What the scheme is.", true), word("specUri", "Where it is specified.", false),
					word("documentationUri", "Where help is found.", false), flag("primary", "Whether it is preferred."),
				},
			}),
		},
	}
}

func ability(name, description string, subs ...schema.SimpleParams) schema.CoreAttribute {
	return schema.ComplexCoreAttribute(schema.ComplexParams{
		Name: name, Description: optional.NewString(description), Required: true,
		Mutability: schema.AttributeMutabilityReadOnly(), SubAttributes: subs})
}

func flag(name, description string) schema.SimpleParams {
	return schema.SimpleBooleanParams(schema.BooleanParams{
		Name: name, Description: optional.NewString(description), Required: name == "supported",
		Mutability: schema.AttributeMutabilityReadOnly()})
}

func limit(name, description string) schema.SimpleParams {
	return schema.SimpleNumberParams(schema.NumberParams{
		Name: name, Description: optional.NewString(description), Required: true,
		Type: schema.AttributeTypeInteger(), Mutability: schema.AttributeMutabilityReadOnly()})
}

func word(name, description string, required bool) schema.SimpleParams {
	return schema.SimpleStringParams(schema.StringParams{
		Name: name, Description: optional.NewString(description), Required: required,
		Mutability: schema.AttributeMutabilityReadOnly()})
}
