package emulator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// org is what one organisation holds. Every change goes through its methods,
// which can take it back: that is how testOnly changes nothing.
type org struct {
	domains map[string]*realm   // claimed domains, folded
	owned   map[string]*account // enterprise and federated accounts by e-mail, folded
	adobe   map[string]*account // Adobe IDs by e-mail, folded
	groups  map[string][]*group // by name, folded

	listed    []*account // of the organisation and active, in order of creation; nil when stale
	accounts  uint64     // ever made
	joins     uint64     // memberships ever made
	groupIDs  int64      // the last one given
	chance    *rand.Rand // for ids
	recording bool
	undo      []func()
}

// realm is a directory: the domains that it claims hold accounts of one type,
// whose usernames are unique in it.
type realm struct {
	idType string
	login  Login
	logins map[string]*account // by username, folded
}

// profile is what can change about an account.
type profile struct {
	email, username      string
	domain               string // of the directory; empty for Adobe IDs
	first, last, country string
	status               string
	member               bool // of the organisation; else only in the directory
}

// account is a user, in the organisation or only in its directory.
type account struct {
	profile
	id     string
	idType string
	seq    uint64
	home   *realm // nil for Adobe IDs
	groups map[*group]bool
}

// group is whatever can hold users: a user group, a product profile or an
// administrative group.
type group struct {
	id          int64
	name        string
	groupType   string
	description string
	product     string // name of the product of a profile or product admin group
	quota       string // licences of a profile: a number, UNLIMITED or empty
	readOnly    bool   // shared by another organisation
	base        *group // what an admin or developer group is for
	standing    bool   // exists in every organisation
	implied     bool   // exists because base or product does; not shown while empty
	members     map[*account]uint64
	profiles    map[*group]bool // which a user group grants
	ordered     []*account      // members in order of joining; nil when stale
}

func newOrg(cfg Config, chance *rand.Rand) *org {
	o := &org{
		domains:  map[string]*realm{},
		owned:    map[string]*account{},
		adobe:    map[string]*account{},
		groups:   map[string][]*group{},
		groupIDs: 100_000_000,
		chance:   chance,
	}
	home := &realm{idType: cfg.DirectoryType, login: cfg.Switches.Login, logins: map[string]*account{}}
	for _, d := range cfg.Domains {
		o.domains[fold(d)] = home
	}
	for _, g := range []struct{ name, groupType string }{
		{nameOrgAdmin, "SYSADMIN_GROUP"},
		{"_support_admin", "SUPPORT_ADMIN_GROUP"},
		{"_deployment_admin", "DEPLOYMENT_ADMIN_GROUP"},
	} {
		o.insertGroup(&group{name: g.name, groupType: g.groupType, standing: true})
	}
	return o
}

// fold makes names comparable: UMAPI compares without case.
func fold(s string) string { return strings.ToLower(s) }

// domainOf is what follows the at sign, folded.
func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return fold(domain)
}

// rehearse runs f and takes everything back that it changed.
func (o *org) rehearse(f func()) {
	o.recording = true
	f()
	for _, back := range slices.Backward(o.undo) {
		back()
	}
	o.recording, o.undo = false, nil
}

// canUndo notes how to take the last change back.
func (o *org) canUndo(back func()) {
	if o.recording {
		o.undo = append(o.undo, back)
	}
}

// find returns the member of the organisation that a command addresses: by
// e-mail, or by username if domain is given. Of two accounts with one e-mail
// the organisation's own wins, unless the Adobe ID is asked for.
func (o *org) find(login, domain string, adobeID bool) *account {
	if !adobeID {
		if a := o.findOwned(login, domain); a != nil && a.member {
			return a
		}
	}
	if a := o.adobe[fold(login)]; a != nil && a.member {
		return a
	}
	return nil
}

// findOwned looks in the directory, whether or not the account is in the
// organisation.
func (o *org) findOwned(login, domain string) *account {
	if domain == "" {
		return o.owned[fold(login)]
	}
	home := o.domains[fold(domain)]
	if home == nil {
		return nil
	}
	return home.logins[fold(login)]
}

func (o *org) insert(a *account) {
	if a.id == "" {
		suffix := a.domain
		if a.idType == TypeAdobeID {
			suffix = "AdobeID"
		}
		a.id = fmt.Sprintf("%016X%08X@%s", o.chance.Uint64(), o.accounts, suffix)
	}
	o.accounts++
	a.seq = o.accounts
	a.groups = map[*group]bool{}
	o.index(a)
	o.canUndo(func() { o.unindex(a) })
}

// delete forgets a, which is in no group.
func (o *org) delete(a *account) {
	o.unindex(a)
	o.canUndo(func() { o.index(a) })
}

// change gives a another profile.
func (o *org) change(a *account, to profile) {
	was := a.profile
	o.unindex(a)
	a.profile = to
	o.index(a)
	o.canUndo(func() {
		o.unindex(a)
		a.profile = was
		o.index(a)
	})
}

func (o *org) index(a *account) {
	o.listed = nil
	if a.idType == TypeAdobeID {
		o.adobe[fold(a.email)] = a
		return
	}
	o.owned[fold(a.email)] = a
	a.home.logins[fold(a.username)] = a
}

func (o *org) unindex(a *account) {
	o.listed = nil
	if a.idType == TypeAdobeID {
		delete(o.adobe, fold(a.email))
		return
	}
	delete(o.owned, fold(a.email))
	delete(a.home.logins, fold(a.username))
}

// everyone returns the accounts of the organisation and of its directory, in
// no order.
func (o *org) everyone() []*account {
	all := make([]*account, 0, len(o.owned)+len(o.adobe))
	for _, a := range o.owned {
		all = append(all, a)
	}
	for _, a := range o.adobe {
		all = append(all, a)
	}
	return all
}

// active returns the users that reads show, in order of creation.
func (o *org) active() []*account {
	if o.listed == nil {
		o.listed = []*account{}
		for _, a := range o.everyone() {
			if a.member && a.status == statusActive {
				o.listed = append(o.listed, a)
			}
		}
		slices.SortFunc(o.listed, bySeq)
	}
	return o.listed
}

func bySeq(a, b *account) int {
	if a.seq < b.seq {
		return -1
	}
	return 1
}
