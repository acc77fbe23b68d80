package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

const statusActive = "active"

// User is a user as tests and people see it. It is not a wire type.
type User struct {
	ID        string // given by the emulator if empty
	Email     string
	Username  string // default: the e-mail
	Domain    string // of the directory; default: that of the username, else of the e-mail
	FirstName string
	LastName  string
	Country   string
	Type      string   // default: the directory's type in its domains, elsewhere TypeAdobeID
	Status    string   // default "active"; reads show no others
	Groups    []string // names of the groups it is directly in, sorted
	Removed   bool     // left the organisation, but still in its directory
}

// Group is a user group, product profile or administrative group as tests and
// people see it. It is not a wire type.
type Group struct {
	ID          int64 // given by the emulator
	Name        string
	Type        string   // default GroupTypeUserGroup
	Description string   // which no read of the API returns
	Product     string   // name of the product of a profile
	Quota       string   // licences of a profile: a number, UNLIMITED or empty
	ReadOnly    bool     // shared by another organisation
	Profiles    []string // which a user group grants, sorted
	Members     int      // how many; not read by AddGroup
}

// AddUser puts u into the organisation, or with Removed only into its
// directory, as if it had been there before. It does not hold u to the rules of
// the API beyond what keeps the emulator in order.
func (e *Emulator) AddUser(u User) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.org.addUser(u); err != nil {
		return fmt.Errorf("add user %q: %w", u.Email, err)
	}
	return nil
}

func (o *org) addUser(u User) error {
	if u.Email == "" {
		return errors.New("e-mail is empty")
	}
	login := cmp.Or(u.Username, u.Email)
	domain := cmp.Or(fold(u.Domain), domainOf(login), domainOf(u.Email))
	home := o.domains[domain]
	if u.Type == "" {
		u.Type = TypeAdobeID
		if home != nil {
			u.Type = home.idType
		}
	}
	a := &account{id: u.ID, idType: u.Type, home: home, profile: profile{
		email: u.Email, username: login, domain: domain,
		first: u.FirstName, last: u.LastName, country: u.Country,
		status: cmp.Or(u.Status, statusActive), member: !u.Removed,
	}}
	switch {
	case u.Type == TypeAdobeID:
		a.domain, a.home = "", nil
		if o.adobe[fold(u.Email)] != nil {
			return errors.New("there is an Adobe ID with this e-mail")
		}
	case u.Type != TypeEnterpriseID && u.Type != TypeFederatedID:
		return fmt.Errorf("unknown type %q", u.Type)
	case home == nil:
		return fmt.Errorf("domain %q is not claimed", domain)
	case o.owned[fold(u.Email)] != nil || home.logins[fold(login)] != nil:
		return errors.New("e-mail or username is taken")
	}
	var groups []*group
	for _, name := range u.Groups {
		g := o.holder(name)
		if g == nil {
			return fmt.Errorf("group %q does not exist", name)
		}
		groups = append(groups, g)
	}
	o.insert(a)
	for _, g := range groups {
		o.join(g, a)
	}
	return nil
}

// AddGroup puts g into the organisation. Profiles must exist already. Only
// product admin groups may share a name, as they do in practice.
func (e *Emulator) AddGroup(g Group) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.org.addGroup(g); err != nil {
		return fmt.Errorf("add group %q: %w", g.Name, err)
	}
	return nil
}

func (o *org) addGroup(g Group) error {
	if g.Name == "" {
		return errors.New("name is empty")
	}
	groupType := cmp.Or(g.Type, GroupTypeUserGroup)
	if o.group(g.Name) != nil && groupType != GroupTypeProductAdmin {
		return errors.New("name is taken")
	}
	made := &group{
		name: g.Name, groupType: groupType, description: g.Description,
		product: g.Product, quota: g.Quota, readOnly: g.ReadOnly,
	}
	if implied := o.impliedGroup(g.Name); implied != nil {
		made.base = implied.base
	}
	var profiles []*group
	for _, name := range g.Profiles {
		p := o.productProfile(name)
		if p == nil {
			return fmt.Errorf("product profile %q does not exist", name)
		}
		profiles = append(profiles, p)
	}
	o.insertGroup(made)
	for _, p := range profiles {
		o.grant(made, p, true)
	}
	return nil
}

// Users returns the users of the organisation, whatever their status, sorted by
// e-mail and type. Those that are only in its directory are in
// [Emulator.DirectoryOnly].
func (e *Emulator) Users() []User { return e.users(true) }

// DirectoryOnly returns the users that left the organisation without their
// account being deleted, sorted as Users are.
func (e *Emulator) DirectoryOnly() []User { return e.users(false) }

func (e *Emulator) users(member bool) []User {
	e.mu.Lock()
	defer e.mu.Unlock()
	users := []User{}
	for _, a := range e.org.everyone() {
		if a.member == member {
			users = append(users, a.snapshot())
		}
	}
	slices.SortFunc(users, func(a, b User) int {
		return cmp.Or(cmp.Compare(fold(a.Email), fold(b.Email)), cmp.Compare(a.Type, b.Type))
	})
	return users
}

func (a *account) snapshot() User {
	u := User{
		ID: a.id, Email: a.email, Username: a.username, Domain: a.domain,
		FirstName: a.first, LastName: a.last, Country: a.country,
		Type: a.idType, Status: a.status, Removed: !a.member,
	}
	for g := range a.groups {
		u.Groups = append(u.Groups, g.name)
	}
	slices.Sort(u.Groups)
	return u
}

// Groups returns the groups of every type, sorted by name and id. Groups that
// every organisation has, such as that of its administrators, are left out
// while they have no members.
func (e *Emulator) Groups() []Group {
	e.mu.Lock()
	defer e.mu.Unlock()
	groups := []Group{}
	for _, g := range e.org.allGroups() {
		if g.shown() && (!g.standing || len(g.members) > 0) {
			groups = append(groups, g.snapshot())
		}
	}
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(fold(a.Name), fold(b.Name)) })
	return groups
}

func (g *group) snapshot() Group {
	s := Group{
		ID: g.id, Name: g.name, Type: g.groupType, Description: g.description,
		Product: g.product, Quota: g.quota, ReadOnly: g.readOnly, Members: len(g.members),
	}
	for p := range g.profiles {
		s.Profiles = append(s.Profiles, p.name)
	}
	slices.Sort(s.Profiles)
	return s
}

// Members returns the e-mails of the direct members of a group, sorted without
// regard to case; nil if there is no such group.
func (e *Emulator) Members(name string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	g := e.org.group(name)
	if g == nil {
		return nil
	}
	emails := make([]string, 0, len(g.members))
	for a := range g.members {
		emails = append(emails, a.email)
	}
	slices.SortFunc(emails, func(a, b string) int { return cmp.Compare(fold(a), fold(b)) })
	return emails
}
