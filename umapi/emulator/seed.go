package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

const statusActive = "active"

// User is a user as tests and people see it. It is not a wire type.
type User struct {
	ID        string   `json:"id,omitempty"` // given by the emulator if empty
	Email     string   `json:"email"`
	Username  string   `json:"username,omitempty"` // default: the e-mail
	Domain    string   `json:"domain,omitempty"`   // of the directory; default: that of the username, else of the e-mail
	FirstName string   `json:"firstName,omitempty"`
	LastName  string   `json:"lastName,omitempty"`
	Country   string   `json:"country,omitempty"`
	Type      string   `json:"type,omitempty"`    // default: the directory's type in its domains, elsewhere TypeAdobeID
	Status    string   `json:"status,omitempty"`  // default "active"; reads show no others
	Groups    []string `json:"groups,omitempty"`  // names of the groups it is directly in, sorted
	Removed   bool     `json:"removed,omitempty"` // left the organisation, but still in its directory
}

// Group is a user group, product profile or administrative group as tests and
// people see it. It is not a wire type.
type Group struct {
	ID          int64    `json:"id,omitempty"` // given by the emulator if 0
	Name        string   `json:"name"`
	Type        string   `json:"type,omitempty"`        // default GroupTypeUserGroup
	Description string   `json:"description,omitempty"` // which no read of the API returns
	Product     string   `json:"product,omitempty"`     // name of the product of a profile or product admin group
	Contract    string   `json:"contract,omitempty"`    // name of the contract of a contract admin group
	Quota       string   `json:"quota,omitempty"`       // licences of a profile: a number, UNLIMITED or empty
	ReadOnly    bool     `json:"readOnly,omitempty"`    // shared by another organisation
	Implied     bool     `json:"implied,omitempty"`     // an administrative group that reads show only while it has members
	Profiles    []string `json:"profiles,omitempty"`    // which a user group grants, sorted
	Members     int      `json:"members,omitempty"`     // how many; not read by AddGroup
}

// AddUser puts u into the organisation, or with Removed only into its
// directory, as if it had been there before: reads see it at once, and with it
// every change that they did not see yet. It does not hold u to the rules of
// the API beyond what keeps the emulator in order.
func (e *Emulator) AddUser(u User) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.org.seed(func() error { return e.org.addUser(u) }); err != nil {
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
			u.Type = home.Type
		}
	}
	a := &account{idType: u.Type, home: home, profile: profile{
		id: u.ID, email: u.Email, username: login, domain: domain,
		first: u.FirstName, last: u.LastName, country: u.Country,
		status: cmp.Or(u.Status, statusActive), member: !u.Removed,
	}}
	switch {
	case u.Removed && len(u.Groups) > 0:
		return errors.New("it is in groups, though not in the organisation")
	case u.Type == TypeAdobeID:
		a.domain, a.home = "", nil
		if o.adobe[fold(u.Email)] != nil {
			return errors.New("there is an Adobe ID with this e-mail")
		}
	case u.Type != TypeEnterpriseID && u.Type != TypeFederatedID:
		return fmt.Errorf("unknown type %q", u.Type)
	case home == nil:
		return fmt.Errorf("domain %q is not claimed", domain)
	case o.owned[fold(u.Email)] != nil || o.byUsername(home, login) != nil:
		return errors.New("e-mail or username is taken")
	}
	o.insert(a)
	a.groups = make([]seat, 0, len(u.Groups))
	for _, name := range u.Groups {
		g := o.holder(name)
		if g == nil {
			return fmt.Errorf("group %q does not exist", name)
		}
		o.join(g, a)
	}
	return nil
}

// AddGroup puts g into the organisation, as AddUser does. Its profiles must
// exist already. Only product admin groups may share a name, as they do in
// practice.
func (e *Emulator) AddGroup(g Group) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.org.seed(func() error { return e.org.addGroup(g) }); err != nil {
		return fmt.Errorf("add group %q: %w", g.Name, err)
	}
	return nil
}

func (o *org) addGroup(g Group) error {
	groupType := cmp.Or(g.Type, GroupTypeUserGroup)
	switch {
	case g.Name == "":
		return errors.New("name is empty")
	case o.group(g.Name) != nil && groupType != GroupTypeProductAdmin:
		return errors.New("name is taken")
	case g.ID < 0 || o.byID.get(uint64(g.ID)) != nil:
		return fmt.Errorf("id %d is taken or negative", g.ID)
	case !isQuota(g.Quota):
		return fmt.Errorf("quota %q is not a number of licences or UNLIMITED", g.Quota)
	}
	made := &group{
		id: g.ID, name: g.Name, groupType: groupType, description: g.Description,
		product: g.Product, contract: g.Contract, quota: g.Quota, readOnly: g.ReadOnly, implied: g.Implied,
	}
	if implied := o.impliedGroup(g.Name); implied != nil {
		made.base = implied.base
	}
	o.insertGroup(made)
	for _, name := range g.Profiles {
		p := o.productProfile(name)
		if p == nil {
			return fmt.Errorf("product profile %q does not exist", name)
		}
		o.grant(made, p, true)
	}
	return nil
}

// RemoveGroup takes a group out of the organisation, whatever it is, as somebody in
// the Admin Console can: reads see it at once.
func (e *Emulator) RemoveGroup(name string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.org.seed(func() error {
		gone := e.org.group(name)
		if gone == nil {
			return fmt.Errorf("remove group %q: there is none", name)
		}
		for _, g := range e.org.allGroups() {
			if g.profiles[gone] {
				e.org.grant(g, gone, false)
			}
		}
		e.org.deleteGroup(gone)
		return nil
	})
}

func isQuota(text string) bool {
	n, err := strconv.Atoi(text)
	return text == "" || text == "UNLIMITED" || err == nil && n >= 0
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
	for _, s := range a.groups {
		u.Groups = append(u.Groups, s.group.name)
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
		if g.shown() && (!g.standing || g.members.len() > 0) {
			groups = append(groups, g.snapshot())
		}
	}
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(fold(a.Name), fold(b.Name)) })
	return groups
}

func (g *group) snapshot() Group {
	s := Group{
		ID: g.id, Name: g.name, Type: g.groupType, Description: g.description,
		Product: g.product, Contract: g.contract, Quota: g.quota, ReadOnly: g.readOnly,
		Implied: g.implied, Members: g.members.len(),
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
	emails := make([]string, 0, g.members.len())
	for a := range g.members.all() {
		emails = append(emails, a.email)
	}
	slices.SortFunc(emails, func(a, b string) int { return cmp.Compare(fold(a), fold(b)) })
	return emails
}
