package umapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// The verbs of steps, as [Step.Verb] gives them and as they stand in a call;
// see ActionsCmds and usergroupActionCommands.
const (
	VerbAddAdobeID         = "addAdobeID"
	VerbCreateEnterpriseID = "createEnterpriseID"
	VerbCreateFederatedID  = "createFederatedID"
	VerbUpdate             = "update"
	VerbAdd                = "add"
	VerbRemove             = "remove"
	VerbRemoveFromOrg      = "removeFromOrg"
	VerbCreateUserGroup    = "createUserGroup"
	VerbUpdateUserGroup    = "updateUserGroup"
	VerbDeleteUserGroup    = "deleteUserGroup"
)

// Step is one thing to do within a [Command]. Exactly one field is set; its
// name is the verb, but for RemoveAll. As JSON it is an object with the verb as
// its only key.
//
// Steps that were removed from the API, and the older names for the lists of
// add and remove, cannot be expressed.
type Step struct {
	AddAdobeID         *Create
	CreateEnterpriseID *Create
	CreateFederatedID  *Create
	Update             *Update
	Add                *Memberships
	Remove             *Memberships
	// RemoveAll, the remove step with "all", takes a user out of every group,
	// product profile and admin group. Whether it ends the role of system
	// administrator is told in two ways.
	RemoveAll     bool
	RemoveFromOrg *RemoveFromOrg

	CreateUserGroup *CreateUserGroup
	UpdateUserGroup *UpdateUserGroup
	DeleteUserGroup *DeleteUserGroup
}

// Create makes a user. Which identity type it makes is decided by the verb.
// An organization's directory may require names and a country; whether they
// are there is left to the service, which answers for the one command.
type Create struct {
	Email     string `json:"email"`
	Country   string `json:"country,omitempty"` // ISO 3166-1 alpha-2, upper case; cannot be changed later
	FirstName string `json:"firstname,omitempty"`
	LastName  string `json:"lastname,omitempty"`
	Option    Option `json:"option,omitempty"`
}

// Update changes a user; what is empty stays as it is. Adobe IDs cannot be
// updated, nor can anybody's country.
type Update struct {
	Email     string `json:"email,omitempty"`
	Username  string `json:"username,omitempty"`
	FirstName string `json:"firstname,omitempty"`
	LastName  string `json:"lastname,omitempty"`
}

// Memberships is what an add or a remove step lists. Under a user it holds
// Groups, under a user group Users and ProductConfigurations.
type Memberships struct {
	// Groups are names of user groups, product profiles and admin groups.
	Groups []string `json:"group,omitempty"`
	// Users are e-mails.
	Users []string `json:"user,omitempty"`
	// ProductConfigurations are names of product profiles.
	ProductConfigurations []string `json:"productConfiguration,omitempty"`
}

// RemoveFromOrg takes the user off the organization's list of users and out of
// all groups. With DeleteAccount an account that the organization owns is
// deleted with its files, for good; it is always part of the JSON, so that a
// call never leaves it to a default.
type RemoveFromOrg struct {
	DeleteAccount bool `json:"deleteAccount"`
}

// CreateUserGroup makes the user group that is the root of the command.
type CreateUserGroup struct {
	Description string `json:"description,omitempty"` // can be written, but no call returns it
	Option      Option `json:"option,omitempty"`
}

// UpdateUserGroup renames or describes a user group; what is empty stays as it
// is.
type UpdateUserGroup struct {
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
}

// DeleteUserGroup deletes the user group that is the root of the command.
type DeleteUserGroup struct{}

// CreateStep returns the step that creates a user of type t, or an empty step,
// which [Command.Validate] refuses, when t is not a type that can be created.
func CreateStep(t IdentityType, c Create) Step {
	switch t {
	case FederatedID:
		return Step{CreateFederatedID: &c}
	case EnterpriseID:
		return Step{CreateEnterpriseID: &c}
	case AdobeID:
		return Step{AddAdobeID: &c}
	}
	return Step{}
}

// CreatesUser returns the create of a user that s holds, nil if it holds none.
func (s Step) CreatesUser() *Create {
	switch {
	case s.CreateFederatedID != nil:
		return s.CreateFederatedID
	case s.CreateEnterpriseID != nil:
		return s.CreateEnterpriseID
	}
	return s.AddAdobeID
}

// Verb returns the verb of the one field that is set, and "" if none or
// several are.
func (s Step) Verb() string {
	set := s.set()
	if len(set) != 1 {
		return ""
	}
	return set[0].verb
}

// removeAll is the payload of a remove step that lists nothing.
const removeAll = "all"

// RepeatSafe reports whether the step can be sent again when it is not known
// if it was applied: Adobe holds the same after two times as after one. That
// is not so for a change of e-mail or username, since it changes the key; for
// the rename of a user group, likewise; for the deletion of a user group or an
// account, since it may have been made anew in between. A create without
// option is safe: the second one is refused and changes nothing, though its
// refusal then does not show who created the thing.
func (s Step) RepeatSafe() bool {
	switch {
	case s.Update != nil:
		return s.Update.Email == "" && s.Update.Username == ""
	case s.UpdateUserGroup != nil:
		return s.UpdateUserGroup.Name == ""
	case s.RemoveFromOrg != nil:
		return !s.RemoveFromOrg.DeleteAccount
	case s.DeleteUserGroup != nil:
		return false
	}
	return true
}

// MarshalJSON writes the step as an object with one key. It is an error if not
// exactly one field is set.
func (s Step) MarshalJSON() ([]byte, error) {
	set := s.set()
	if len(set) != 1 {
		return nil, errNotOneVerb(len(set))
	}
	return json.Marshal(map[string]any{set[0].verb: set[0].payload})
}

// UnmarshalJSON reads what MarshalJSON wrote. Verbs and fields that are not
// known are errors, so that a stored command is never read back as less than
// it was.
func (s *Step) UnmarshalJSON(data []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return fmt.Errorf("read step: %w", err)
	}
	if len(object) != 1 {
		return errNotOneVerb(len(object))
	}
	*s = Step{}
	for verb, payload := range object {
		if verb == VerbRemove && string(bytes.TrimSpace(payload)) == `"`+removeAll+`"` {
			s.RemoveAll = true
			return nil
		}
		target, err := s.field(verb)
		if err != nil {
			return err
		}
		if bytes.Equal(bytes.TrimSpace(payload), []byte("null")) {
			return fmt.Errorf("read step %s: want an object, not null", verb)
		}
		d := json.NewDecoder(bytes.NewReader(payload))
		d.DisallowUnknownFields()
		if err := d.Decode(target); err != nil {
			return fmt.Errorf("read step %s: %w", verb, err)
		}
	}
	return nil
}

func errNotOneVerb(n int) error {
	return errors.New("step with " + fmt.Sprint(n) + " verbs: want exactly one")
}

// setField is a field of a step that is set.
type setField struct {
	verb    string
	payload any
}

func (s Step) set() []setField {
	var set []setField
	note := func(isSet bool, verb string, payload any) {
		if isSet {
			set = append(set, setField{verb, payload})
		}
	}
	note(s.AddAdobeID != nil, VerbAddAdobeID, s.AddAdobeID)
	note(s.CreateEnterpriseID != nil, VerbCreateEnterpriseID, s.CreateEnterpriseID)
	note(s.CreateFederatedID != nil, VerbCreateFederatedID, s.CreateFederatedID)
	note(s.Update != nil, VerbUpdate, s.Update)
	note(s.Add != nil, VerbAdd, s.Add)
	note(s.Remove != nil, VerbRemove, s.Remove)
	note(s.RemoveAll, VerbRemove, removeAll)
	note(s.RemoveFromOrg != nil, VerbRemoveFromOrg, s.RemoveFromOrg)
	note(s.CreateUserGroup != nil, VerbCreateUserGroup, s.CreateUserGroup)
	note(s.UpdateUserGroup != nil, VerbUpdateUserGroup, s.UpdateUserGroup)
	note(s.DeleteUserGroup != nil, VerbDeleteUserGroup, s.DeleteUserGroup)
	return set
}

// field sets the field of verb to an empty value and returns a pointer to it.
func (s *Step) field(verb string) (any, error) {
	switch verb {
	case VerbAddAdobeID:
		s.AddAdobeID = new(Create)
		return s.AddAdobeID, nil
	case VerbCreateEnterpriseID:
		s.CreateEnterpriseID = new(Create)
		return s.CreateEnterpriseID, nil
	case VerbCreateFederatedID:
		s.CreateFederatedID = new(Create)
		return s.CreateFederatedID, nil
	case VerbUpdate:
		s.Update = new(Update)
		return s.Update, nil
	case VerbAdd:
		s.Add = new(Memberships)
		return s.Add, nil
	case VerbRemove:
		s.Remove = new(Memberships)
		return s.Remove, nil
	case VerbRemoveFromOrg:
		s.RemoveFromOrg = new(RemoveFromOrg)
		return s.RemoveFromOrg, nil
	case VerbCreateUserGroup:
		s.CreateUserGroup = new(CreateUserGroup)
		return s.CreateUserGroup, nil
	case VerbUpdateUserGroup:
		s.UpdateUserGroup = new(UpdateUserGroup)
		return s.UpdateUserGroup, nil
	case VerbDeleteUserGroup:
		s.DeleteUserGroup = new(DeleteUserGroup)
		return s.DeleteUserGroup, nil
	}
	return nil, fmt.Errorf("read step: unknown verb %q", verb)
}
