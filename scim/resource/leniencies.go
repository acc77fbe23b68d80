package resource

import (
	"slices"

	scimerrors "github.com/elimity-com/scim/errors"
)

// Options says how input is read. The zero value is what identity providers need.
type Options struct {
	// Strict refuses every liberty in the table of leniencies.
	Strict bool
}

// Leniency is one liberty that clients take and that is tolerated by default.
type Leniency struct {
	// What is tolerated, and how it is understood.
	What string
	// Who is known to send it.
	Who string
	// Strict is the scimType of the refusal in strict mode.
	Strict scimerrors.ScimType
}

var table []Leniency

// tolerated enters a leniency into the table.
func tolerated(l Leniency) Leniency {
	table = append(table, l)
	return l
}

// Leniencies is the table of all that is tolerated, for documents and people.
func Leniencies() []Leniency { return slices.Clone(table) }

// misspeltEnterprise lacks a colon. It stands in samples of Microsoft's
// documentation and from there in mappings.
const misspeltEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"

// The leniencies. Code that tolerates something asks Options.tolerate with one
// of these, so that this table is complete.
var (
	opCase = tolerated(Leniency{
		What: "op in any case: Add, Replace, Remove",
		Who:  "Entra ID", Strict: scimerrors.ScimTypeInvalidSyntax})
	missingSchemas = tolerated(Leniency{
		What: "a body whose schemas is missing or lacks the URN of its type",
		Who:  "Okta's group push, WSO2's suite, OneLogin's old templates", Strict: scimerrors.ScimTypeInvalidSyntax})
	noOperations = tolerated(Leniency{
		What: "a PATCH with an empty list of operations changes nothing",
		Who:  "Microsoft's validator", Strict: scimerrors.ScimTypeInvalidSyntax})
	textBoolean = tolerated(Leniency{
		What: `"True" and "False" for booleans`,
		Who:  "Entra ID, OneLogin", Strict: scimerrors.ScimTypeInvalidValue})
	textBooleanFilter = tolerated(Leniency{
		What: `"True" and "False" for booleans in the filter of a path: roles[primary eq "True"]`,
		Who:  "Entra ID", Strict: scimerrors.ScimTypeInvalidFilter})
	numberForText = tolerated(Leniency{
		What: "a number or boolean where the schema says string",
		Who:  "templates and mappings of employeeNumber and externalId", Strict: scimerrors.ScimTypeInvalidValue})
	textForBinary = tolerated(Leniency{
		What: "text that is no base64 where the schema says binary: nobody but the client reads a certificate",
		Who:  "clients that send certificates as PEM, with its first and last line", Strict: scimerrors.ScimTypeInvalidValue})
	objectForText = tolerated(Leniency{
		What: `{"value": "x"} where the schema says string`,
		Who:  "mappings made for complex attributes", Strict: scimerrors.ScimTypeInvalidValue})
	textForComplex = tolerated(Leniency{
		What: `"x" where the schema says complex means {"value": "x"}: manager, emails, members`,
		Who:  "Entra ID (manager), WSO2's suite", Strict: scimerrors.ScimTypeInvalidValue})
	oneForMany = tolerated(Leniency{
		What: "one value where the schema says a list",
		Who:  "SailPoint, templates of OneLogin", Strict: scimerrors.ScimTypeInvalidValue})
	manyForOne = tolerated(Leniency{
		What: "a list of one where the schema says one value",
		Who:  "Entra ID (manager)", Strict: scimerrors.ScimTypeInvalidValue})
	identityTypeCase = tolerated(Leniency{
		What: "canonical values of identityType in any case",
		Who:  "hand-written mappings", Strict: scimerrors.ScimTypeInvalidValue})
	dottedKeys = tolerated(Leniency{
		What: `keys that are paths: "name.givenName", "urn:...:User:department", "emails[type eq \"work\"].value"`,
		Who:  "Entra ID with aadOptscim062020, Microsoft's validator", Strict: scimerrors.ScimTypeInvalidPath})
	nestedCore = tolerated(Leniency{
		What: "core attributes under the key of the core schema's URN",
		Who:  "scimverify", Strict: scimerrors.ScimTypeInvalidPath})
	misspeltURN = tolerated(Leniency{
		What: misspeltEnterprise + " for the enterprise extension",
		Who:  "Entra ID, from Microsoft's samples", Strict: scimerrors.ScimTypeInvalidPath})
	dotAfterURN = tolerated(Leniency{
		What: "a dot between a schema's URN and an attribute",
		Who:  "old jobs of Entra ID, Microsoft's collection", Strict: scimerrors.ScimTypeInvalidPath})
	bareWords = tolerated(Leniency{
		What: "texts in filters without quotes, or with single ones",
		Who:  "authentik, WSO2's suite, Microsoft's collection, examples of the RFC", Strict: scimerrors.ScimTypeInvalidFilter})
	afterBrackets = tolerated(Leniency{
		What: `a comparison after brackets, of the same element: emails[type eq "work"].value eq "x"`,
		Who:  "Entra ID", Strict: scimerrors.ScimTypeInvalidFilter})
	otherLiteral = tolerated(Leniency{
		What: `what a filter compares with is of another type and says the same: active eq "True", externalId eq 7`,
		Who:  "Microsoft's validator, WSO2's suite", Strict: scimerrors.ScimTypeInvalidFilter})
	emptyPath = tolerated(Leniency{
		What: `a path that is "" is none, and space around a path is passed over`,
		Who:  "libraries that write every field", Strict: scimerrors.ScimTypeInvalidPath})
	unprefixed = tolerated(Leniency{
		What: "attributes of an extension without its URN, where only one extension has them",
		Who:  "Entra ID (manager)", Strict: scimerrors.ScimTypeInvalidPath})
	unknownAttribute = tolerated(Leniency{
		What: "attributes and schemas that the bridge does not have are passed over: one mapping too many must not stop a user",
		Who:  "every provider", Strict: scimerrors.ScimTypeInvalidPath})
	unknownSelector = tolerated(Leniency{
		What: "the filter of a path names a sub-attribute that the bridge does not have: it selects nothing, and nothing is made",
		Who:  "mappings made for another service", Strict: scimerrors.ScimTypeInvalidFilter})
	readOnlyKeys = tolerated(Leniency{
		What: "what only the bridge writes, in the value of an operation without a path, is passed over",
		Who:  "Okta (id), authentik (schemas, id)", Strict: scimerrors.ScimTypeMutability})
	schemasByPath = tolerated(Leniency{
		What: "a PATCH of schemas changes nothing, since the bridge derives it",
		Who:  "clients that announce an extension before they use it", Strict: scimerrors.ScimTypeMutability})
	replaceNothing = tolerated(Leniency{
		What: "a replace whose value path matches nothing creates the element from the path's eq conditions",
		Who:  "Entra ID", Strict: scimerrors.ScimTypeNoTarget})
	emptyText = tolerated(Leniency{
		What: `"" where the schema says boolean, complex or a list means unassigned`,
		Who:  "Entra ID (manager), Okta", Strict: scimerrors.ScimTypeInvalidValue})
	activeUnassigned = tolerated(Leniency{
		What: "removing active changes nothing: it must neither enable nor disable anybody by accident",
		Who:  "mappings whose source became empty", Strict: scimerrors.ScimTypeMutability})
	wrappedMembers = tolerated(Leniency{
		What: `{"members": [...]} as the value of an operation on members`,
		Who:  "UnboundID's SDK, which gateways of Ping use", Strict: scimerrors.ScimTypeInvalidValue})
	memberByRef = tolerated(Leniency{
		What: "a member with a $ref and no value: the last segment of the reference is the id",
		Who:  "clients of hypermedia habits", Strict: scimerrors.ScimTypeInvalidValue})
	editedMember = tolerated(Leniency{
		What: "changing members in place: a new value replaces the member, other sub-attributes are derived and passed over",
		Who:  "generic SCIM tools", Strict: scimerrors.ScimTypeMutability})
)

// tolerate returns nil unless mode is strict, where it returns the refusal.
func (o Options) tolerate(l Leniency, format string, args ...any) *Error {
	if !o.Strict {
		return nil
	}
	return refuse(l.Strict, format, args...)
}
