package directory

import (
	"encoding/json"
	"fmt"
)

// Schema URNs of the resources and their extensions (RFC 7643 section 8.7,
// Adobe's SCIM connector, and the bridge's own).
const (
	UserSchema        = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupSchema       = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseSchema  = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	AdobeUserSchema   = "urn:ietf:params:scim:schemas:extension:Adobe:2.0:User"
	BridgeUserSchema  = "urn:ietf:params:scim:schemas:extension:scimbridge:2.0:User"
	BridgeGroupSchema = "urn:ietf:params:scim:schemas:extension:scimbridge:2.0:Group"
)

// UserAttributes is a typed view of those attributes of a user's document that
// the store indexes and the mapping reads (RFC 7643 sections 4.1 and 4.3).
type UserAttributes struct {
	UserName    string    `json:"userName"`
	ExternalID  string    `json:"externalId"`
	DisplayName string    `json:"displayName"`
	Active      *bool     `json:"active"` // absent means true
	Name        Name      `json:"name"`
	Emails      []Email   `json:"emails"`
	Addresses   []Address `json:"addresses"`
	Bridge      struct {
		IdentityType string `json:"identityType"`
	} `json:"urn:ietf:params:scim:schemas:extension:scimbridge:2.0:User"`
}

// Name is the part of SCIM's name that Adobe can hold.
type Name struct {
	GivenName  string `json:"givenName"`
	FamilyName string `json:"familyName"`
}

// Email is one e-mail address of a user.
type Email struct {
	Value   string `json:"value"`
	Type    string `json:"type"`
	Primary bool   `json:"primary"`
}

// Address is the part of a SCIM address that Adobe can hold.
type Address struct {
	Country string `json:"country"`
	Type    string `json:"type"`
	Primary bool   `json:"primary"`
}

// IsActive reports whether the user should have access; a user whose provider
// never said is active.
func (a UserAttributes) IsActive() bool { return a.Active == nil || *a.Active }

// Attributes decodes the user's document. An error means that the stored
// document is damaged, since only validated documents are stored.
func (u User) Attributes() (UserAttributes, error) {
	var a UserAttributes
	if err := json.Unmarshal(u.Document, &a); err != nil {
		return UserAttributes{}, fmt.Errorf("read document: user %s: %w", u.ID, err)
	}
	return a, nil
}

// GroupAttributes is a typed view of a group's document (RFC 7643 section 4.2).
type GroupAttributes struct {
	DisplayName string `json:"displayName"`
	ExternalID  string `json:"externalId"`
}

// Attributes decodes the group's document. An error means that the stored
// document is damaged, since only validated documents are stored.
func (g Group) Attributes() (GroupAttributes, error) {
	var a GroupAttributes
	if err := json.Unmarshal(g.Document, &a); err != nil {
		return GroupAttributes{}, fmt.Errorf("read document: group %s: %w", g.ID, err)
	}
	return a, nil
}
