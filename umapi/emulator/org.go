package emulator

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// org is what one organisation holds. Every change goes through its methods,
// which can take it back: see [history].
type org struct {
	history
	realms     []*realm          // in the order in which they were given
	configured int               // how many of them the configuration gave
	domains    map[string]*realm // claimed and trusted domains, folded

	owned  map[string]*account // enterprise and federated accounts by e-mail, folded
	adobe  map[string]*account // Adobe IDs by e-mail, folded
	listed sequence[account]   // those that reads show, by seq
	oldIDs map[string]string   // of deleted accounts by e-mail, folded

	groups map[string][]*group // by name, folded; of one name in order of id
	byID   sequence[group]

	counters
	words  map[string]string // what many accounts have in common is kept once
	chance *rand.Rand        // for ids
}

// counters are the last numbers given.
type counters struct {
	accounts uint64 // ever made
	joins    uint64 // memberships ever made
	groupIDs int64
}

// profile is what can change about an account.
type profile struct {
	id                   string
	email, username      string
	domain               string // of the directory; empty for Adobe IDs
	first, last, country string
	status               string
	member               bool // of the organisation; else only in the directory
}

// account is a user, in the organisation or only in its directory.
type account struct {
	profile
	idType string
	seq    uint64
	home   *realm // nil for Adobe IDs
	groups []seat // in order of the groups' ids
}

// listed reports whether reads show a.
func (a *account) listed() bool { return a.member && a.status == statusActive }

func newOrg(cfg Config, chance *rand.Rand, past history) *org {
	o := &org{
		history:    past,
		configured: len(cfg.Directories),
		domains:    map[string]*realm{},
		owned:      map[string]*account{},
		adobe:      map[string]*account{},
		oldIDs:     map[string]string{},
		groups:     map[string][]*group{},
		counters:   counters{groupIDs: 100_000_000},
		words:      map[string]string{},
		chance:     chance,
	}
	for _, d := range cfg.Directories {
		o.open(newRealm(d))
	}
	for _, g := range []struct{ name, groupType string }{
		{nameOrgAdmin, "SYSADMIN_GROUP"},
		{"_support_admin", "SUPPORT_ADMIN_GROUP"},
		{"_deployment_admin", "DEPLOYMENT_ADMIN_GROUP"},
	} {
		o.indexGroup(o.numbered(&group{name: g.name, groupType: g.groupType, standing: true}))
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
	was := o.counters
	o.try(func() bool {
		f()
		return false
	})
	o.counters = was
}

// seed makes changes that were always there: reads see them at once, and with
// them whatever they did not see yet. If f fails nothing has changed.
func (o *org) seed(f func() error) error {
	o.settle()
	was := o.counters
	var err error
	o.try(func() bool {
		err = f()
		return err == nil
	})
	if err != nil {
		o.counters = was
	}
	return err
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

// findOwned looks in the directories, whether or not the account is in the
// organisation.
func (o *org) findOwned(login, domain string) *account {
	if domain == "" {
		return o.owned[fold(login)]
	}
	home := o.domains[fold(domain)]
	if home == nil {
		return nil
	}
	return o.byUsername(home, login)
}

// byUsername finds an account of a directory.
func (o *org) byUsername(home *realm, username string) *account {
	name := fold(username)
	if a := o.owned[name]; a != nil && a.home == home && fold(a.username) == name {
		return a
	}
	return home.logins[name]
}

// insert adds a, and gives it an id if it has none.
func (o *org) insert(a *account) {
	o.accounts++
	a.seq = o.accounts
	a.domain, a.country, a.status = o.word(a.domain), o.word(a.country), o.word(a.status)
	if a.username == a.email {
		a.username = a.email
	}
	if a.id == "" {
		a.id = o.newID(a)
	}
	o.did(func() { o.index(a) }, func() { o.unindex(a) })
}

// word returns s, and always in the same place.
func (o *org) word(s string) string {
	if w, ok := o.words[s]; ok {
		return w
	}
	o.words[s] = s
	return s
}

func (o *org) newID(a *account) string {
	suffix := a.domain
	if a.idType == TypeAdobeID {
		suffix = "AdobeID"
	}
	return fmt.Sprintf("%016X%08X@%s", o.chance.Uint64(), a.seq, suffix)
}

// delete forgets a, which is in no group, but for its id.
func (o *org) delete(a *account) {
	email := fold(a.email)
	was := o.oldIDs[email]
	o.did(func() {
		o.unindex(a)
		o.oldIDs[email] = a.id
	}, func() {
		o.index(a)
		o.oldIDs[email] = was
	})
}

// takeOldID returns the id of the account with that e-mail that was deleted
// last. It is given once, and empty if there is none.
func (o *org) takeOldID(email string) string {
	email = fold(email)
	id := o.oldIDs[email]
	o.did(func() { delete(o.oldIDs, email) }, func() { o.oldIDs[email] = id })
	return id
}

// change gives a another profile.
func (o *org) change(a *account, to profile) {
	was := a.profile
	set := func(p profile) {
		o.unindex(a)
		a.profile = p
		o.index(a)
	}
	o.did(func() { set(to) }, func() { set(was) })
}

func (o *org) index(a *account) {
	if a.listed() {
		o.listed.put(a.seq, a)
	}
	if a.idType == TypeAdobeID {
		o.adobe[fold(a.email)] = a
		return
	}
	o.owned[fold(a.email)] = a
	if fold(a.username) != fold(a.email) {
		a.home.logins[fold(a.username)] = a
	}
}

func (o *org) unindex(a *account) {
	if a.listed() {
		o.listed.drop(a.seq)
	}
	if a.idType == TypeAdobeID {
		delete(o.adobe, fold(a.email))
		return
	}
	delete(o.owned, fold(a.email))
	if fold(a.username) != fold(a.email) {
		delete(a.home.logins, fold(a.username))
	}
}

// everyone returns the accounts of the organisation and of its directories, in
// order of creation.
func (o *org) everyone() []*account {
	all := make([]*account, 0, len(o.owned)+len(o.adobe))
	for _, a := range o.owned {
		all = append(all, a)
	}
	for _, a := range o.adobe {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b *account) int { return cmp.Compare(a.seq, b.seq) })
	return all
}
