package plan_test

import (
	"cmp"
	"slices"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// adobeUser is one account of the model.
type adobeUser struct {
	adobeID                                       bool
	email, username, domain, first, last, country string
}

// adobe is the other side in memory: it does what a command says and knows
// nothing of package plan's types but those that read it back.
type adobe struct {
	users   []*adobeUser
	groups  map[string]string              // the spelling, by folded name
	types   map[string]umapi.GroupType     // by folded name
	members map[string]map[*adobeUser]bool // by folded name
	stops   bool                           // a failed step ends its command
}

func newAdobe() *adobe {
	return &adobe{groups: map[string]string{}, types: map[string]umapi.GroupType{}, members: map[string]map[*adobeUser]bool{}}
}

func (a *adobe) addGroup(name string, t umapi.GroupType) {
	f := directory.Fold(name)
	a.groups[f], a.types[f], a.members[f] = name, t, map[*adobeUser]bool{}
}

func (a *adobe) byEmail(email string, adobeID bool) *adobeUser {
	for _, u := range a.users {
		if u.adobeID == adobeID && directory.Fold(u.email) == directory.Fold(email) {
			return u
		}
	}
	return nil
}

// root finds the user that a command is for: the one that it creates, if any.
func (a *adobe) root(c umapi.Command) *adobeUser {
	if len(c.Do) > 0 && c.Do[0].CreatesUser() != nil {
		return a.byEmail(c.Do[0].CreatesUser().Email, c.UseAdobeID)
	}
	if c.Domain != "" {
		for _, u := range a.users {
			if !u.adobeID && u.domain == c.Domain && directory.Fold(u.username) == directory.Fold(c.User) {
				return u
			}
		}
		return nil
	}
	return a.prefer(c.User, c.UseAdobeID)
}

// prefer takes the organization's account where both have the address.
func (a *adobe) prefer(email string, useAdobeID bool) *adobeUser {
	first, second := a.byEmail(email, useAdobeID), a.byEmail(email, !useAdobeID)
	return cmp.Or(first, second)
}

// do runs a command and returns its errors. until bounds the steps that run.
func (a *adobe) do(index int, c umapi.Command, until int) []umapi.CommandError {
	var errs []umapi.CommandError
	for i, s := range c.Do {
		if i >= until {
			break
		}
		code := a.step(c, s)
		if code == "" {
			continue
		}
		errs = append(errs, umapi.CommandError{Index: index, Step: i, Code: code, Message: "no"})
		if a.stops || s.CreatesUser() != nil || s.CreateUserGroup != nil {
			break
		}
	}
	return errs
}

func (a *adobe) step(c umapi.Command, s umapi.Step) string {
	if c.UserGroup != "" {
		return a.groupStep(c, s)
	}
	if create := s.CreatesUser(); create != nil {
		return a.create(c, s, *create)
	}
	u := a.root(c)
	if u == nil {
		return "error.user.nonexistent"
	}
	switch {
	case s.RemoveFromOrg != nil:
		a.users = slices.DeleteFunc(a.users, func(o *adobeUser) bool { return o == u })
		for _, m := range a.members {
			delete(m, u)
		}
	case s.Update != nil:
		return a.update(u, *s.Update)
	case s.Add != nil, s.Remove != nil:
		return a.memberships(u, s)
	}
	return ""
}

func (a *adobe) memberships(u *adobeUser, s umapi.Step) string {
	code := ""
	list := cmp.Or(s.Add, s.Remove)
	for _, name := range list.Groups {
		m := a.members[directory.Fold(name)]
		switch {
		case m == nil:
			code = "error.group.not_found"
		case s.Add != nil:
			m[u] = true
		default:
			delete(m, u)
		}
	}
	return code
}

func (a *adobe) create(c umapi.Command, s umapi.Step, create umapi.Create) string {
	adobeID := s.AddAdobeID != nil
	u := a.byEmail(create.Email, adobeID)
	switch {
	case u == nil:
		u = &adobeUser{
			adobeID: adobeID, email: create.Email, username: c.User, domain: c.Domain,
			first: create.FirstName, last: create.LastName, country: create.Country,
		}
		a.users = append(a.users, u)
	case create.Option == umapi.OptionUpdateIfAlreadyExists:
		u.first, u.last = create.FirstName, create.LastName
	case create.Option == "":
		return "error.user.already_in_org"
	}
	return ""
}

func (a *adobe) update(u *adobeUser, s umapi.Update) string {
	if u.adobeID {
		return "error.update.adobeid.no"
	}
	if s.Email != "" {
		if o := a.byEmail(s.Email, false); o != nil && o != u {
			return "error.user.email.name_in_use"
		}
		if directory.Fold(u.username) == directory.Fold(u.email) {
			u.username = s.Email
		}
		u.email = s.Email
	}
	u.username, u.first, u.last = cmp.Or(s.Username, u.username), cmp.Or(s.FirstName, u.first), cmp.Or(s.LastName, u.last)
	return ""
}

func (a *adobe) groupStep(c umapi.Command, s umapi.Step) string {
	f := directory.Fold(c.UserGroup)
	_, exists := a.groups[f]
	if s.CreateUserGroup != nil {
		if exists {
			return "error.usergroup.already_exists"
		}
		a.addGroup(c.UserGroup, umapi.UserGroup)
		return ""
	}
	if !exists || a.types[f] != umapi.UserGroup {
		return "error.usergroup.not_found"
	}
	switch {
	case s.DeleteUserGroup != nil:
		delete(a.groups, f)
		delete(a.types, f)
		delete(a.members, f)
	case s.UpdateUserGroup != nil:
		n := directory.Fold(s.UpdateUserGroup.Name)
		if _, taken := a.groups[n]; taken && n != f {
			return "error.usergroup.update.failed"
		}
		m, t := a.members[f], a.types[f]
		delete(a.groups, f)
		delete(a.types, f)
		delete(a.members, f)
		a.groups[n], a.types[n], a.members[n] = s.UpdateUserGroup.Name, t, m
	default:
		return a.listed(f, s)
	}
	return ""
}

func (a *adobe) listed(group string, s umapi.Step) string {
	code := ""
	for _, email := range cmp.Or(s.Add, s.Remove).Users {
		u := a.prefer(email, false)
		switch {
		case u == nil:
			code = "error.user.not_found"
		case s.Add != nil:
			a.members[group][u] = true
		default:
			delete(a.members[group], u)
		}
	}
	return code
}

// read reads a subject back as a dispatcher does.
func (a *adobe) read(r plan.Read, l *ledger) plan.Settlement {
	if g := r.AdobeGroup; g != nil {
		for _, name := range []string{g.Name, g.Candidate} {
			if _, ok := a.groups[directory.Fold(name)]; ok && name != "" {
				return plan.GroupRead(r, name, l.now)
			}
		}
		return plan.GroupRead(r, "", l.now)
	}
	found := a.find(*r.Account)
	if found == nil {
		return plan.AccountRead(r, nil, plan.Facts{})
	}
	return plan.AccountRead(r, found, l.facts(plan.Query{Users: r.Linked}))
}

// find returns an account as Adobe shows it, by either address, or nil.
func (a *adobe) find(account plan.Account) *umapi.User {
	for _, email := range []string{account.Email, account.Candidate} {
		u := a.byEmail(email, account.Type == umapi.AdobeID)
		if email == "" || u == nil {
			continue
		}
		found := umapi.User{
			Email: u.email, Username: u.username, FirstName: u.first, LastName: u.last, Country: u.country, Type: account.Type,
		}
		for f, m := range a.members {
			if m[u] {
				found.Groups = append(found.Groups, a.groups[f])
			}
		}
		return &found
	}
	return nil
}
