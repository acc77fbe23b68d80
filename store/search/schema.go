package search

import (
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// What must be known of the schemas: which attributes are compared with case,
// which are lists, and which have parts. Whatever is not named here is one
// text that is compared without case. A test of package scim compares this with
// what /Schemas says.

// Exact reports whether an attribute is compared with case (RFC 7643, sections
// 3.1 and 4, and 8.7.1: caseExact).
func Exact(p filter.Path) bool {
	sub := strings.ToLower(p.Sub)
	switch strings.ToLower(p.Attr) {
	case "id", "externalid", "profileurl":
		return true
	case "members", "groups", "manager", "x509certificates":
		return sub == "" || sub == "value" || sub == "$ref"
	case "photos":
		return sub == "" || sub == "value"
	case "meta":
		return sub == "resourcetype" || sub == "version" || sub == "location"
	case "sync":
		return sub == "detail"
	}
	return false
}

// IsList reports whether an attribute has several values.
func IsList(p filter.Path) bool { return lists[name(filter.Path{URN: p.URN, Attr: p.Attr})] }

var lists = map[string]bool{
	"emails": true, "phonenumbers": true, "ims": true, "photos": true, "addresses": true, "groups": true,
	"entitlements": true, "roles": true, "x509certificates": true, "members": true, "schemas": true,
	strings.ToLower(directory.AdobeUserSchema) + ":emailaliases": true,
}

// HasParts reports whether an attribute of one value has sub-attributes.
func HasParts(p filter.Path) bool {
	switch strings.ToLower(p.Attr) {
	case "name", "manager", "meta", "sync":
		return true
	}
	return false
}

// kindOf is how an attribute of a document is compared.
func kindOf(p filter.Path) Kind {
	switch {
	case strings.EqualFold(p.Sub, "primary"):
		return FlagText
	case Exact(p):
		return ExactText
	}
	return Text
}

// coreURN begins the schemas whose attributes have no URN in front of them.
const coreURN = "urn:ietf:params:scim:schemas:core:2.0:"

// name is how a path is looked up: in lower case, and without a core schema.
func name(p filter.Path) string {
	p.URN = strings.ToLower(p.URN)
	if strings.HasPrefix(p.URN, coreURN) {
		p.URN = ""
	}
	p.Attr, p.Sub = strings.ToLower(p.Attr), strings.ToLower(p.Sub)
	return p.String()
}
