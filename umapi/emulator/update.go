package emulator

import (
	"encoding/json"
	"strings"
)

// update changes a user. A nil field stays as it is. Adobe's tools send an
// update of nothing, which is none whoever the user is.
type update struct {
	email, username, first, last *string
}

func parseUpdate(r *stepReader, raw json.RawMessage) (step, *problem) {
	fields, ok := readObject(raw)
	if !ok {
		return nil, newProblem("error.command.create.object_expected", "Object expected in create or update")
	}
	var u update
	targets := map[string]**string{
		"email": &u.email, "username": &u.username, "firstname": &u.first, "lastname": &u.last,
	}
	for _, f := range fields {
		switch {
		case f.key == "country":
			return nil, newProblem("error.update.country.no_update", "Country cannot be updated")
		case f.key == "option" && r.cfg.Switches.UpdateOptionIgnored:
			continue
		case f.key == "option":
			return nil, newProblem("error.command.update.option.no", "Option is not allowed in update")
		}
		target := targets[f.key]
		if target == nil {
			return nil, foreign("error.command.illegal_entry", "Unknown key in update: %s", f.key)
		}
		value, ok := readString(f.value)
		if !ok {
			return nil, newProblem("error.command.create.string_expected", "String expected in command for field: %s", f.key)
		}
		*target = &value
	}
	return u, u.check()
}

func (u update) check() *problem {
	if u.email != nil {
		if p := checkEmail(*u.email); p != nil {
			return p
		}
	}
	for _, f := range []struct {
		name  string
		value *string
	}{{"username", u.username}, {"firstname", u.first}, {"lastname", u.last}} {
		if f.value == nil {
			continue
		}
		if p := limit(f.name, *f.value, maxString); p != nil {
			return p
		}
		if strings.TrimSpace(*f.value) == "" {
			return newProblem("error.internal.update_failed", "Field cannot be empty: %s", f.name)
		}
	}
	return nil
}

func (u update) run(x *execution) *problem {
	a, p := x.account()
	if a == nil || u == (update{}) {
		return p
	}
	if a.idType == TypeAdobeID {
		return newProblem("error.update.adobeid.no", "Adobe ID cannot be updated: %s", a.email)
	}
	if a.home.Trusted {
		return newProblem("error.api.user.not.parent.org", "User is owned by another organization: %s", a.email)
	}
	to := a.profile
	if u.first != nil {
		to.first = *u.first
	}
	if u.last != nil {
		to.last = *u.last
	}
	if p := u.moveEmail(x, a, &to); p != nil {
		return p
	}
	if p := u.moveUsername(x, a, &to); p != nil {
		return p
	}
	if to != a.profile {
		x.org.change(a, to)
	}
	return nil
}

// moveEmail sets the new e-mail, and the username that follows it.
func (u update) moveEmail(x *execution, a *account, to *profile) *problem {
	if u.email == nil || *u.email == a.email {
		return nil
	}
	if fold(*u.email) == fold(a.email) {
		if x.switches.CaseChangeRefused {
			return newProblem("error.update.no", "Email cannot be used: %s", *u.email)
		}
		return nil
	}
	switch home := x.org.domains[domainOf(*u.email)]; {
	case home == nil:
		return onlyClaimed()
	case home != a.home && x.switches.OtherDomainOldCode:
		return newProblem("error.user.change_domain_update.no", "Email cannot be moved to another domain: %s", *u.email)
	case home != a.home:
		return newProblem("error.update.domain.mismatch", "Domain of email does not match the domain of the user: %s", *u.email)
	}
	if x.org.owned[fold(*u.email)] != nil {
		return newProblem("error.user.email.name_in_use", "Email is in use: %s", *u.email)
	}
	to.email = *u.email
	if x.switches.RenameChangesID {
		to.id = x.org.newID(a)
	}
	followed := fold(a.username) == fold(a.email)
	stays := x.switches.UsernameKeepsOnEmailChange && a.idType == TypeFederatedID
	if u.username != nil || !followed || stays {
		return nil
	}
	return setUsername(x, a, to, *u.email)
}

func (u update) moveUsername(x *execution, a *account, to *profile) *problem {
	if u.username == nil {
		return nil
	}
	if a.idType == TypeEnterpriseID {
		return newProblem("error.update.username.no", "Username cannot be updated, update the email instead: %s", a.email)
	}
	if fold(*u.username) == fold(a.username) {
		return nil
	}
	return setUsername(x, a, to, *u.username)
}

func setUsername(x *execution, a *account, to *profile, username string) *problem {
	email := strings.Contains(username, "@")
	switch {
	case a.home.Login == LoginEmail && !email:
		return newProblem("error.user.must_match_email", "Username must match email: %s", username)
	case a.home.Login == LoginUsername && email:
		return newProblem("error.user.name.contains.email", "Username is invalid: %s", username)
	}
	if p := checkUsername(username); p != nil {
		return p
	}
	if email {
		if x.org.domains[domainOf(username)] != a.home {
			return onlyClaimed()
		}
		to.domain = domainOf(username)
	}
	other := x.org.byUsername(a.home, username)
	if other != nil && other != a || x.switches.UsernamesUniqueInOrg && x.org.takenElsewhere(username, a.home) {
		return newProblem("error.user.name_in_use", "Username is in use: %s", username)
	}
	to.username = username
	return nil
}
