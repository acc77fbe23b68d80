package emulator

import (
	"encoding/json"
	"strings"
	"unicode"
)

// The values of "option". The third is not documented for the API, but by and
// in Adobe's Python client, and means what no option does.
const (
	optionIgnore = "ignoreIfAlreadyExists"
	optionUpdate = "updateIfAlreadyExists"
	optionError  = "errorIfAlreadyExists"
)

// createVerbs are the steps that make accounts in a directory, by its type.
var createVerbs = map[string]string{
	TypeEnterpriseID: "createEnterpriseID",
	TypeFederatedID:  "createFederatedID",
}

// maxEmail is the length in characters of an e-mail (ActionsCmds).
const maxEmail = 60

// create is addAdobeID, createEnterpriseID or createFederatedID.
type create struct {
	idType         string
	email          string
	first, last    string
	country        string
	option         string
	username       string // set when it runs
	usernameDomain string // likewise
}

func parseCreate(idType string) parser {
	return func(r *stepReader, raw json.RawMessage) (step, *problem) {
		values, p := readStrings(raw, []string{"email", "firstname", "lastname", "country", "option"},
			"error.command.create.key.unknown")
		if p != nil {
			return nil, p
		}
		option, badOption := readOption(values["option"])
		c := create{
			idType: idType, email: values["email"], first: values["firstname"], last: values["lastname"],
			country: values["country"], option: option,
		}
		return c, firstProblem(c.check(r.cfg.Switches.LenientCreate), badOption)
	}
}

// check holds the step to the rules that do not depend on the organisation.
func (c create) check(lenient bool) *problem {
	if _, has := countries[c.country]; c.country != "" && !has {
		if p := limit("country", c.country, 2); p != nil {
			return p
		}
		return newProblem("error.country.invalid", "Country is invalid: %s", c.country)
	}
	if p := firstProblem(
		checkEmail(c.email),
		limit("firstname", c.first, maxString),
		limit("lastname", c.last, maxString),
	); p != nil || c.idType == TypeAdobeID {
		return p
	}
	if c.last != "" && strings.TrimSpace(c.last) == "" {
		return newProblem("error.internal.create_failed", "Could not create person for type 2 or 3. "+
			"Renga result is FIELD_MIN_LENGTH, Field: lastName validation failure.")
	}
	switch {
	case lenient:
	case strings.TrimSpace(c.first) == "":
		return newProblem("error.user.firstname_missing", "First name is missing")
	case c.last == "":
		return newProblem("error.user.lastname_missing", "Last name is missing")
	case c.country == "" && c.idType == TypeFederatedID:
		return newProblem("error.country.invalid", "Country is missing")
	}
	return nil
}

func firstProblem(problems ...*problem) *problem {
	for _, p := range problems {
		if p != nil {
			return p
		}
	}
	return nil
}

// readOption returns one of the two options that change something, or none.
func readOption(option string) (string, *problem) {
	switch option {
	case "", optionError:
		return "", nil
	case optionIgnore, optionUpdate:
		return option, nil
	}
	return "", newProblem("error.option.illegal", "Illegal option: %s", option)
}

// checkEmail accepts one at sign with something on both sides, in printable
// ASCII without the characters that need quoting.
func checkEmail(email string) *problem {
	local, domain, _ := strings.Cut(email, "@")
	ok := len(email) <= maxEmail && local != "" && domain != "" && !strings.Contains(domain, "@")
	for _, r := range email {
		ok = ok && r > ' ' && r < 0x7f && !strings.ContainsRune(`()<>[]\,;:"`, r)
	}
	if !ok {
		return newProblem("error.user.email.invalid", "Email is invalid: %s", email)
	}
	return nil
}

func (c create) run(x *execution) *problem {
	c.username, c.usernameDomain = x.cmd.user, x.cmd.domain
	if c.idType == TypeAdobeID {
		return c.addAdobeID(x)
	}
	home, p := c.directory(x)
	if p != nil {
		return p
	}
	existing, p := c.existing(x, home)
	if p != nil {
		return p
	}
	if existing != nil {
		return c.again(x, existing)
	}
	if twin := x.org.adobe[fold(c.email)]; twin != nil && twin.member && !x.switches.CreateBesideAdobeID {
		// The service reports success here and makes nothing; what follows in
		// the command hits the Adobe ID.
		x.bind(twin)
		return nil
	}
	if p := home.refuseMaking(x.switches); p != nil || x.strict() {
		return p
	}
	a := &account{idType: c.idType, home: home, profile: profile{
		email: c.email, username: c.username, domain: c.usernameDomain,
		first: c.first, last: c.last, country: c.country, status: statusActive, member: true,
	}}
	if x.switches.RecreationKeepsID {
		a.id = x.org.takeOldID(c.email)
	}
	x.org.insert(a)
	x.bind(a)
	return nil
}

// directory is where the account is to be, if it may be there.
func (c *create) directory(x *execution) (*realm, *problem) {
	if c.usernameDomain == "" {
		c.usernameDomain = domainOf(c.username)
	}
	home := x.org.domains[fold(c.usernameDomain)]
	plain := !strings.Contains(c.username, "@")
	switch {
	case home == nil && !x.org.offers(c.idType):
		return nil, newProblem("error.user.type_not_available", "User type is not available for the organization: %s", c.idType)
	case home == nil || x.org.domains[domainOf(c.email)] == nil:
		if x.switches.UnclaimedBelongsToAnother {
			return nil, newProblem("error.user.belongs_to_another_org",
				"Illegal to invite user from another organization's owned auth src")
		}
		return nil, unclaimedEmail()
	case home.Type != c.idType:
		return nil, newProblem("error.user.type_mismatch",
			"The user type requested for the invite does not match the claimed domain type")
	case c.idType == TypeEnterpriseID && fold(c.username) != fold(c.email), home.Login == LoginEmail && plain:
		return nil, newProblem("error.user.must_match_email", "Username must match email: %s", c.username)
	case home.Login == LoginUsername && !plain:
		return nil, newProblem("error.user.name.contains.email", "Username is invalid: %s", c.username)
	}
	c.usernameDomain = fold(c.usernameDomain)
	return home, checkUsername(c.username)
}

// checkUsername accepts what has no spaces and no control characters and, if it
// has an at sign, only one, with something on both sides.
func checkUsername(username string) *problem {
	local, domain, email := strings.Cut(username, "@")
	bad := username == "" || email && (local == "" || domain == "" || strings.Contains(domain, "@"))
	for _, r := range username {
		bad = bad || unicode.IsSpace(r) || unicode.IsControl(r)
	}
	if bad {
		return newProblem("error.user.name.invalid", "Username is invalid: %s", username)
	}
	return nil
}

// existing is the account that the create would make again, whichever of
// e-mail and username names it.
func (c *create) existing(x *execution, home *realm) (*account, *problem) {
	byEmail, byName := x.org.owned[fold(c.email)], x.org.byUsername(home, c.username)
	taken := x.switches.UsernamesUniqueInOrg && x.org.takenElsewhere(c.username, home)
	switch {
	case byEmail == nil && !taken:
		return byName, nil
	case taken, byEmail.home != home, byName != nil && byName != byEmail:
		return nil, newProblem("error.user.nonexistent_or_has_conflicting_parameters",
			"Email or username belongs to a different user: %s", c.email)
	}
	return byEmail, nil
}

// again is a create of an account that is there already. One that had left the
// organisation returns as it was, with its old spelling and country. What
// another organisation owns is never updated.
func (c *create) again(x *execution, a *account) *problem {
	to := a.profile
	switch {
	case a.member && c.option == "":
		return newProblem("error.user.already_in_org", "User is already in the organization: %s", c.email)
	case c.option == optionUpdate && !a.home.Trusted:
		if c.first != "" {
			to.first = c.first
		}
		if c.last != "" {
			to.last = c.last
		}
	}
	to.member = true
	if to != a.profile {
		x.org.change(a, to)
	}
	x.bind(a)
	return nil
}

func (c *create) addAdobeID(x *execution) *problem {
	if fold(c.username) != fold(c.email) {
		return newProblem("error.user.must_match_email", "Username must match email: %s", c.username)
	}
	a := x.org.adobe[fold(c.email)]
	switch {
	case a == nil && x.strict():
	case a == nil:
		x.org.insert(&account{idType: TypeAdobeID, profile: profile{
			email: c.email, username: c.email, first: c.first, last: c.last, country: c.country,
			status: statusActive, member: true,
		}})
	case a.member && c.option == "":
		return newProblem("error.user.already_in_org", "User is already in the organization: %s", c.email)
	case !a.member:
		to := a.profile
		to.member = true
		x.org.change(a, to)
	}
	// Not bound: without useAdobeID what follows hits the organisation's own
	// account with this e-mail, if there is one.
	return nil
}
