package mapping

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// What Adobe can hold; see ActionsCmds. Lengths are in characters.
const (
	maxEmail     = 60
	maxName      = 250
	maxGroupName = 255
)

// Rules are what an operator decides about the mapping of one org.
type Rules struct {
	// IdentityType of users for whom the provider sends none.
	IdentityType umapi.IdentityType
	// Country of users who have none: ISO 3166-1 alpha-2, upper case, may be empty.
	Country string
	// Groups say which Adobe groups groups map to, other than the user group of their own
	// name. The first that fits counts.
	Groups []GroupRule
	// Offboarding says what becomes of accounts that nobody maps to any more.
	Offboarding Offboarding
	// Protected is never touched.
	Protected Protection
}

// Validate returns an error that names each rule that cannot be followed.
func (r Rules) Validate() error {
	var errs []error
	if err := r.IdentityType.Validate(); err != nil {
		errs = append(errs, err)
	}
	if r.Country != "" && isoCountry(r.Country) != r.Country {
		errs = append(errs, fmt.Errorf("country %q: want an ISO 3166-1 code such as US", r.Country))
	}
	if err := r.validateGroups(); err != nil {
		errs = append(errs, err)
	}
	if err := r.Offboarding.validate(); err != nil {
		errs = append(errs, fmt.Errorf("offboarding: %w", err))
	}
	if err := r.Protected.validate(); err != nil {
		errs = append(errs, fmt.Errorf("protect: %w", err))
	}
	return errors.Join(errs...)
}

// Account is what an Adobe user should be.
type Account struct {
	Type umapi.IdentityType
	// Email is the address, at most 60 ASCII characters.
	Email string
	// Username is the login name. It is the e-mail address except for federated
	// users whose userName is another.
	Username string
	// Domain goes with a Username that is not an e-mail address, else empty.
	Domain string

	FirstName, LastName string
	// Country is ISO 3166-1 alpha-2. Adobe never changes it later.
	Country string
}

// Error is why a resource has no place in Adobe as it is.
type Error struct {
	// Code begins with "bridge.", to tell it from Adobe's.
	Code    string
	Message string
	// Hint says what to do.
	Hint string
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Account maps a user. The only error is an *Error.
//
// The e-mail address is the primary one, else the one of type work, else the
// userName if it has the shape of one, else the first. The country is the first
// ISO code of the primary, the work or any address, else the rule's.
func (r Rules) Account(u directory.UserAttributes) (Account, error) {
	a := Account{
		Type:      r.IdentityType,
		Email:     email(u),
		FirstName: u.Name.GivenName,
		LastName:  u.Name.FamilyName,
		Country:   r.country(u.Addresses),
	}
	if t := umapi.IdentityType(u.Bridge.IdentityType); t != "" {
		a.Type = t
	}
	if err := a.Type.Validate(); err != nil {
		return Account{}, &Error{"bridge.identity_type.invalid", err.Error(), "correct identityType in the provider's attribute mapping"}
	}
	if err := checkEmail(a.Email); err != nil {
		return Account{}, err
	}
	if r.Protected.User(a.Email) {
		return Account{}, protected("user", a.Email)
	}
	a.Username = a.Email
	if a.Type == umapi.FederatedID && u.UserName != "" {
		a.Username = u.UserName
		if !emailShaped(u.UserName) {
			a.Domain = a.Email[strings.LastIndexByte(a.Email, '@')+1:]
		}
	}
	if err := a.check(); err != nil {
		return Account{}, err
	}
	return a, nil
}

// check holds the account against what the API's create steps require.
func (a Account) check() error {
	if utf8.RuneCountInString(a.Username) > maxName {
		return &Error{"bridge.username.too_long", fmt.Sprintf("the user name has more than %d characters", maxName), "shorten userName in the provider"}
	}
	if utf8.RuneCountInString(a.FirstName) > maxName || utf8.RuneCountInString(a.LastName) > maxName {
		return &Error{"bridge.name.too_long", fmt.Sprintf("a name has more than %d characters", maxName), "shorten the name in the provider"}
	}
	if a.Type == umapi.AdobeID {
		return nil
	}
	if strings.TrimSpace(a.FirstName) == "" || strings.TrimSpace(a.LastName) == "" {
		return &Error{"bridge.name.missing", "Adobe requires a first and a last name", "map name.givenName and name.familyName in the provider, or fill them in for this user"}
	}
	if a.Type == umapi.FederatedID && a.Country == "" {
		return &Error{"bridge.country.missing", "Adobe requires a country for federated users", "map a two-letter country to addresses, or set mapping.country in the configuration"}
	}
	return nil
}

// email picks the address, empty if there is none.
func email(u directory.UserAttributes) string {
	for _, wanted := range []func(directory.Email) bool{
		func(e directory.Email) bool { return e.Primary },
		func(e directory.Email) bool { return strings.EqualFold(e.Type, "work") },
	} {
		for _, e := range u.Emails {
			if e.Value != "" && wanted(e) {
				return e.Value
			}
		}
	}
	if emailShaped(u.UserName) {
		return u.UserName
	}
	for _, e := range u.Emails {
		if e.Value != "" {
			return e.Value
		}
	}
	return ""
}

// emailShaped reports whether s has something on both sides of its last @.
func emailShaped(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1
}

// checkEmail holds an address against what Adobe accepts.
func checkEmail(s string) error {
	if s == "" {
		return &Error{"bridge.email.missing", "the user has no e-mail address", "map an e-mail address in the provider"}
	}
	if !emailShaped(s) || strings.ContainsAny(s, " \t\r\n,;<>\"") {
		return &Error{"bridge.email.invalid", fmt.Sprintf("%q is not an e-mail address", s), "correct the user's e-mail address in the provider"}
	}
	if len(s) > maxEmail {
		return &Error{"bridge.email.too_long", fmt.Sprintf("the e-mail address has more than %d characters", maxEmail), "give the user a shorter e-mail address in the provider"}
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return &Error{"bridge.email.not_ascii", fmt.Sprintf("%q has characters other than ASCII, which Adobe refuses", s), "give the user an e-mail address in ASCII"}
		}
	}
	return nil
}

// country picks the first ISO code of the primary, the work or any address.
func (r Rules) country(addresses []directory.Address) string {
	for _, wanted := range []func(directory.Address) bool{
		func(a directory.Address) bool { return a.Primary },
		func(a directory.Address) bool { return strings.EqualFold(a.Type, "work") },
		func(directory.Address) bool { return true },
	} {
		for _, a := range addresses {
			if c := isoCountry(a.Country); c != "" && wanted(a) {
				return c
			}
		}
	}
	return r.Country
}

// isoCountry returns the ISO 3166-1 alpha-2 code that s is, upper case, or
// nothing: directories often hold the name of a country instead. A code that
// was replaced, or that is used though it never was one, gives the right one.
func isoCountry(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) != 2 {
		return ""
	}
	region, err := language.ParseRegion(s)
	if err != nil || !region.IsCountry() {
		return ""
	}
	return region.Canonicalize().String()
}
