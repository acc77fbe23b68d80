package resource

import (
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"

	"github.com/scim-bridge/scim-bridge/directory"
)

// The schemas of the RFC come from elimity; attributes are replaced where the
// bridge behaves otherwise, since what /Schemas says must be true.

// Kinds of identity that Adobe knows, as the extension spells them.
var identityTypes = []string{"federatedID", "enterpriseID", "adobeID"}

// userSchema is RFC 7643's without password, which is never kept, and with
// groups that refer to groups only (erratum 8471).
func userSchema() schema.Schema {
	s := schema.CoreUserSchema()
	kept := schema.Attributes{}
	for _, a := range s.Attributes {
		switch a.Name() {
		case "password":
			continue
		case "groups":
			a = groupsAttribute()
		}
		kept = append(kept, a)
	}
	s.Attributes = append(kept, externalID())
	return s
}

// externalID is a common attribute (RFC 7643, section 3.1) and belongs to no
// schema. It is listed all the same, as section 3.1 allows: there are clients who
// hold what no schema declares for a mistake.
func externalID() schema.CoreAttribute {
	return schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{
		Name: "externalId", Description: optional.NewString("The identifier that the client gave to the resource."), CaseExact: true}))
}

func groupsAttribute() schema.CoreAttribute {
	readOnly := schema.AttributeMutabilityReadOnly()
	return schema.ComplexCoreAttribute(schema.ComplexParams{
		Name:        "groups",
		Description: optional.NewString("The groups of which the user is a direct member. Membership is changed at the group."),
		MultiValued: true,
		Mutability:  readOnly,
		SubAttributes: []schema.SimpleParams{
			schema.SimpleStringParams(schema.StringParams{
				Name: "value", Description: optional.NewString("The id of the group."), CaseExact: true, Mutability: readOnly}),
			schema.SimpleReferenceParams(schema.ReferenceParams{
				Name: "$ref", Description: optional.NewString("The URI of the group."), Mutability: readOnly,
				ReferenceTypes: []schema.AttributeReferenceType{"Group"}}),
			schema.SimpleStringParams(schema.StringParams{
				Name: "display", Description: optional.NewString("The displayName of the group."), Mutability: readOnly}),
			schema.SimpleStringParams(schema.StringParams{
				Name: "type", Description: optional.NewString("Always direct."), Mutability: readOnly,
				CanonicalValues: []string{"direct", "indirect"}}),
		},
	})
}

// groupSchema is RFC 7643's with a displayName that is unique, and members
// whose values are ids and so are compared exactly.
func groupSchema() schema.Schema {
	s := schema.CoreGroupSchema()
	immutable := schema.AttributeMutabilityImmutable()
	s.Attributes = schema.Attributes{
		schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{
			Name: "displayName", Description: optional.NewString("The name of the group."), Required: true,
			Uniqueness: schema.AttributeUniquenessServer()})),
		schema.ComplexCoreAttribute(schema.ComplexParams{
			Name:        "members",
			Description: optional.NewString("The direct members of the group."),
			MultiValued: true,
			SubAttributes: []schema.SimpleParams{
				schema.SimpleStringParams(schema.StringParams{
					Name: "value", Description: optional.NewString("The id of the member."), CaseExact: true, Mutability: immutable}),
				schema.SimpleReferenceParams(schema.ReferenceParams{
					Name: "$ref", Description: optional.NewString("The URI of the member."), Mutability: immutable,
					ReferenceTypes: []schema.AttributeReferenceType{"User", "Group"}}),
				schema.SimpleStringParams(schema.StringParams{
					Name: "type", Description: optional.NewString("What the member is."), Mutability: immutable,
					CanonicalValues: []string{"User", "Group"}}),
				schema.SimpleStringParams(schema.StringParams{
					Name: "display", Description: optional.NewString("The member's displayName, else its userName."), Mutability: immutable}),
			},
		}),
		externalID(),
	}
	return s
}

// enterpriseSchema is RFC 7643's with an exact manager.value (erratum 8472).
func enterpriseSchema() schema.Schema {
	s := schema.ExtensionEnterpriseUser()
	for i, a := range s.Attributes {
		if a.Name() != "manager" {
			continue
		}
		s.Attributes[i] = schema.ComplexCoreAttribute(schema.ComplexParams{
			Name:        "manager",
			Description: optional.NewString("The user's manager."),
			SubAttributes: []schema.SimpleParams{
				schema.SimpleStringParams(schema.StringParams{
					Name: "value", Description: optional.NewString("The id of the manager's user."), CaseExact: true}),
				schema.SimpleReferenceParams(schema.ReferenceParams{
					Name: "$ref", Description: optional.NewString("The URI of the manager's user."),
					ReferenceTypes: []schema.AttributeReferenceType{"User"}}),
				schema.SimpleStringParams(schema.StringParams{
					Name: "displayName", Description: optional.NewString("The manager's displayName."),
					Mutability: schema.AttributeMutabilityReadOnly()}),
			},
		})
	}
	return s
}

// adobeSchema is the extension of Adobe's own connector. It is kept and
// returned, so that a connector set up for Adobe's service works unchanged.
func adobeSchema() schema.Schema {
	return schema.Schema{
		ID:          directory.AdobeUserSchema,
		Name:        optional.NewString("Adobe User"),
		Description: optional.NewString("Attributes of Adobe's own SCIM service. They are kept, not sent to Adobe."),
		Attributes: schema.Attributes{
			schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{
				Name: "emailAliases", Description: optional.NewString("Further e-mail addresses of the user."), MultiValued: true})),
			schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{
				Name: "eduRole", Description: optional.NewString("The user's role at a school or university.")})),
		},
	}
}

func bridgeUserSchema() schema.Schema {
	return schema.Schema{
		ID:          directory.BridgeUserSchema,
		Name:        optional.NewString("Bridge User"),
		Description: optional.NewString("What the bridge makes of the user in Adobe."),
		Attributes: schema.Attributes{
			schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{
				Name: "identityType", Description: optional.NewString("The kind of account that the user gets. It takes precedence over the operator's rules."),
				CanonicalValues: identityTypes})),
			syncAttribute(),
		},
	}
}

func bridgeGroupSchema() schema.Schema {
	return schema.Schema{
		ID:          directory.BridgeGroupSchema,
		Name:        optional.NewString("Bridge Group"),
		Description: optional.NewString("What the bridge makes of the group in Adobe."),
		Attributes: schema.Attributes{
			syncAttribute(
				count("pending", "How many memberships are due or being tried again."),
				count("held", "How many memberships wait for a person to release them."),
				count("failed", "How many memberships could not be carried out."),
			),
		},
	}
}

// syncAttribute says how far Adobe has followed.
func syncAttribute(more ...schema.SimpleParams) schema.CoreAttribute {
	readOnly := schema.AttributeMutabilityReadOnly()
	return schema.ComplexCoreAttribute(schema.ComplexParams{
		Name:        "sync",
		Description: optional.NewString("How far Adobe has followed."),
		Mutability:  readOnly,
		SubAttributes: append([]schema.SimpleParams{
			schema.SimpleStringParams(schema.StringParams{
				Name: "state", Description: optional.NewString("synced, pending, held or failed."), Mutability: readOnly,
				CanonicalValues: []string{
					string(directory.SyncSynced), string(directory.SyncPending), string(directory.SyncHeld), string(directory.SyncFailed),
				}}),
			schema.SimpleStringParams(schema.StringParams{
				Name: "detail", Description: optional.NewString("The error's code, its message and what to do."), CaseExact: true, Mutability: readOnly}),
			schema.SimpleDateTimeParams(schema.DateTimeParams{
				Name: "lastSynced", Description: optional.NewString("When Adobe was last known to equal the directory."), Mutability: readOnly}),
		}, more...),
	})
}

func count(name, description string) schema.SimpleParams {
	return schema.SimpleNumberParams(schema.NumberParams{
		Name: name, Description: optional.NewString(description),
		Type: schema.AttributeTypeInteger(), Mutability: schema.AttributeMutabilityReadOnly()})
}
