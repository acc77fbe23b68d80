package umapi

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The lengths that the service accepts, in characters; see ActionsCmds. The
// length of a group name is what published clients keep to.
const (
	MaxEmailLength     = 60
	MaxTextLength      = 250
	MaxGroupNameLength = 255
)

// Validate checks c against the rules of ActionsCmds and
// usergroupActionCommands, as far as the service would refuse the command
// whatever the organization holds. All that is wrong is reported together;
// values are not repeated in the errors.
func (c Command) Validate() error {
	var errs []error
	switch {
	case c.User != "" && c.UserGroup != "":
		errs = append(errs, errors.New("both user and usergroup are set: want exactly one"))
	case c.User != "":
		errs = append(errs, c.validateUserRoot()...)
	case c.UserGroup != "":
		errs = append(errs, c.validateUserGroupRoot()...)
	default:
		errs = append(errs, errors.New("neither user nor usergroup is set: want exactly one"))
	}
	if n := len(c.Do); n < 1 || n > MaxSteps {
		errs = append(errs, fmt.Errorf("%d steps: want 1 to %d", n, MaxSteps))
	}
	for i, s := range c.Do {
		for _, err := range c.validateStep(i, s) {
			errs = append(errs, fmt.Errorf("step %d: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

// subject identifies a root as the service tells roots apart.
type subject struct {
	user, domain, userGroup string
	useAdobeID              bool
}

func (c Command) subject() subject {
	return subject{strings.ToLower(c.User), strings.ToLower(c.Domain), strings.ToLower(c.UserGroup), c.UseAdobeID}
}

func (c Command) validateUserRoot() []error {
	errs := entry("user", c.User, MaxTextLength)
	errs = append(errs, optional("domain", c.Domain)...)
	isEmail := strings.Contains(c.User, "@")
	switch {
	case isEmail && c.Domain != "":
		errs = append(errs, errors.New("domain is set although user is an e-mail"))
	case !isEmail && c.Domain == "":
		errs = append(errs, errors.New("domain is missing although user is not an e-mail"))
	case strings.Contains(c.Domain, "@"):
		errs = append(errs, errors.New("domain contains @"))
	}
	return errs
}

func (c Command) validateUserGroupRoot() []error {
	errs := groupName("usergroup", c.UserGroup)
	if c.Domain != "" || c.UseAdobeID {
		errs = append(errs, errors.New("domain and useAdobeID are for users, not for user groups"))
	}
	return errs
}

func (c Command) validateStep(i int, s Step) []error {
	set := s.set()
	if len(set) != 1 {
		return []error{errNotOneVerb(len(set))}
	}
	verb := set[0].verb
	var errs []error
	if userVerb, groupVerb := verbRoots(verb); !userVerb && c.User != "" || !groupVerb && c.UserGroup != "" {
		errs = append(errs, fmt.Errorf("%s does not fit the root of the command", verb))
	}
	if s.RemoveAll && c.UserGroup != "" {
		errs = append(errs, errors.New("remove: all is for users, not for user groups"))
	}
	// More than one create cannot both be first, so this finds those too.
	if (s.CreatesUser() != nil || s.CreateUserGroup != nil) && i != 0 {
		errs = append(errs, fmt.Errorf("%s must be the first step and the only create", verb))
	}
	if (s.RemoveFromOrg != nil || s.DeleteUserGroup != nil) && i != len(c.Do)-1 {
		errs = append(errs, fmt.Errorf("%s must be the last step", verb))
	}
	for _, err := range c.validatePayload(s) {
		errs = append(errs, fmt.Errorf("%s: %w", verb, err))
	}
	return errs
}

// verbRoots says under which roots a verb may stand.
func verbRoots(verb string) (user, userGroup bool) {
	switch verb {
	case VerbAdd, VerbRemove:
		return true, true
	case VerbCreateUserGroup, VerbUpdateUserGroup, VerbDeleteUserGroup:
		return false, true
	}
	return true, false
}

func (c Command) validatePayload(s Step) []error {
	switch {
	case s.CreatesUser() != nil:
		errs := s.CreatesUser().validate()
		// The username of an Enterprise ID or Adobe ID is the e-mail.
		if s.CreateFederatedID == nil && !strings.EqualFold(c.User, s.CreatesUser().Email) {
			errs = append(errs, errors.New("email: want that of the root of the command"))
		}
		return errs
	case s.Update != nil:
		return s.Update.validate()
	case s.Add != nil:
		return s.Add.validate(c.UserGroup != "")
	case s.Remove != nil:
		return s.Remove.validate(c.UserGroup != "")
	case s.CreateUserGroup != nil:
		errs := text("description", s.CreateUserGroup.Description, MaxTextLength)
		return appendError(errs, s.CreateUserGroup.Option.Validate())
	case s.UpdateUserGroup != nil:
		return s.UpdateUserGroup.validate()
	}
	return nil
}

func (c Create) validate() []error {
	errs := email("email", c.Email)
	errs = append(errs, optional("firstname", c.FirstName)...)
	errs = append(errs, optional("lastname", c.LastName)...)
	if c.Country != "" && !isCountry(c.Country) {
		errs = append(errs, errors.New("country: want two upper-case letters of ISO 3166-1"))
	}
	return appendError(errs, c.Option.Validate())
}

func (u Update) validate() []error {
	if u == (Update{}) {
		return []error{errors.New("changes nothing")}
	}
	var errs []error
	if u.Email != "" {
		errs = append(errs, email("email", u.Email)...)
	}
	errs = append(errs, optional("username", u.Username)...)
	errs = append(errs, optional("firstname", u.FirstName)...)
	return append(errs, optional("lastname", u.LastName)...)
}

func (u UpdateUserGroup) validate() []error {
	if u == (UpdateUserGroup{}) {
		return []error{errors.New("changes nothing")}
	}
	errs := text("description", u.Description, MaxTextLength)
	if u.Name != "" {
		errs = append(errs, groupName("name", u.Name)...)
	}
	return errs
}

func (m Memberships) validate(ofUserGroup bool) []error {
	var errs []error
	if ofUserGroup && len(m.Groups) > 0 {
		errs = append(errs, errors.New("group: a user group cannot contain groups"))
	}
	if !ofUserGroup && len(m.Users)+len(m.ProductConfigurations) > 0 {
		errs = append(errs, errors.New("user and productConfiguration are for user groups"))
	}
	if n := len(m.Groups) + len(m.Users) + len(m.ProductConfigurations); n < 1 || n > MaxEntries {
		errs = append(errs, fmt.Errorf("%d entries: want 1 to %d", n, MaxEntries))
	}
	for i, g := range m.Groups {
		errs = append(errs, entry(fmt.Sprintf("group %d", i), g, MaxGroupNameLength)...)
	}
	for i, p := range m.ProductConfigurations {
		errs = append(errs, entry(fmt.Sprintf("productConfiguration %d", i), p, MaxGroupNameLength)...)
	}
	for i, u := range m.Users {
		what := fmt.Sprintf("user %d", i)
		errs = append(errs, entry(what, u, MaxTextLength)...)
		if !strings.Contains(u, "@") {
			errs = append(errs, fmt.Errorf("%s: want an e-mail", what))
		}
	}
	return errs
}

func appendError(errs []error, err error) []error {
	if err != nil {
		errs = append(errs, err)
	}
	return errs
}

// text checks a string that may be empty.
func text(what, s string, limit int) []error {
	if !utf8.ValidString(s) {
		return []error{fmt.Errorf("%s: not valid UTF-8", what)}
	}
	if n := utf8.RuneCountInString(s); n > limit {
		return []error{fmt.Errorf("%s: %d characters: want at most %d", what, n, limit)}
	}
	return nil
}

// optional checks a string that may be missing, and not blank.
func optional(what, s string) []error {
	if s == "" {
		return nil
	}
	return entry(what, s, MaxTextLength)
}

// entry checks a string that must not be blank.
func entry(what, s string, limit int) []error {
	if strings.TrimSpace(s) == "" {
		return []error{fmt.Errorf("%s: empty", what)}
	}
	return text(what, s, limit)
}

func groupName(what, s string) []error {
	errs := entry(what, s, MaxGroupNameLength)
	if strings.HasPrefix(s, "_") {
		errs = append(errs, fmt.Errorf("%s: begins with _, as only admin groups do", what))
	}
	return errs
}

func email(what, s string) []error {
	errs := entry(what, s, MaxEmailLength)
	if at := strings.LastIndex(s, "@"); at < 0 {
		errs = append(errs, fmt.Errorf("%s: no @", what))
	} else if at == 0 || at == len(s)-1 {
		errs = append(errs, fmt.Errorf("%s: nothing before or after @", what))
	}
	for _, r := range s {
		if r <= ' ' || r >= utf8.RuneSelf || r == 0x7f {
			return append(errs, fmt.Errorf("%s: want printable ASCII without spaces", what))
		}
	}
	return errs
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}
