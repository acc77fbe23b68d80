package emulator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// realm is a directory: the domains that it claims hold accounts of one type,
// whose usernames are unique in it.
type realm struct {
	Directory
	logins map[string]*account // by username, folded; of those whose username is not their e-mail
}

func newRealm(d Directory) *realm {
	return &realm{Directory: d, logins: map[string]*account{}}
}

func (o *org) open(r *realm) {
	o.realms = append(o.realms, r)
	for _, domain := range r.Domains {
		o.domains[fold(domain)] = r
	}
}

// close undoes the last open. No account is in the realm.
func (o *org) close(r *realm) {
	o.realms = o.realms[:len(o.realms)-1]
	for _, domain := range r.Domains {
		delete(o.domains, fold(domain))
	}
}

// AddDirectory lets the organisation use a further directory, as if it always
// had. Its error names all that is wrong with d.
func (e *Emulator) AddDirectory(d Directory) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.org.seed(func() error { return e.org.addDirectory(d) }); err != nil {
		return fmt.Errorf("add directory of %q: %w", d.Domains, err)
	}
	return nil
}

func (o *org) addDirectory(d Directory) error {
	if len(d.Domains) == 0 {
		return errors.New("it has no domain")
	}
	d.Domains = slices.Clone(d.Domains)
	claimed := map[string]bool{}
	for domain := range o.domains {
		claimed[domain] = true
	}
	if problems := d.complete(claimed, strings.ToLower); len(problems) > 0 {
		return errors.Join(problems...)
	}
	r := newRealm(d)
	o.did(func() { o.open(r) }, func() { o.close(r) })
	return nil
}

// offers reports whether any directory with a domain is of that type.
func (o *org) offers(idType string) bool {
	return slices.ContainsFunc(o.realms, func(r *realm) bool { return r.Type == idType && len(r.Domains) > 0 })
}

// takenElsewhere reports whether the username belongs to an account of another
// directory than home.
func (o *org) takenElsewhere(username string, home *realm) bool {
	return slices.ContainsFunc(o.realms, func(r *realm) bool { return r != home && o.byUsername(r, username) != nil })
}

// refuseMaking says why the API cannot make an account in r; nil if it can.
func (r *realm) refuseMaking(s *Switches) *problem {
	switch {
	case r.Synced:
		return newProblem("error.internal.create_failed", "Could not create person of type %s", createVerbs[r.Type])
	case r.Trusted && s.TrusteeCannotCreate:
		return unclaimedEmail()
	}
	return nil
}

// refuseRemoval says why the API cannot take an account of r out of the
// organisation, or with deletion out of r; nil if it can. Whoever is only
// trusted with a synced directory can still end what is its own: the
// membership of its organisation.
func (r *realm) refuseRemoval(deletion bool) *problem {
	switch {
	case r.Trusted && deletion:
		return onlyClaimed()
	case r.Synced && !r.Trusted:
		return newProblem("error.internal.removefromorg", "Error removing user from organization: FAILURE")
	}
	return nil
}

// refuseMembership says why a membership of a cannot be changed; nil if it can.
func (x *execution) refuseMembership(a *account, joins bool) *problem {
	switch {
	case a.home == nil || !a.home.Synced || !x.switches.SyncedMembershipsRefused:
		return nil
	case joins:
		return newProblem("error.internal.add", "Failed to add users to user group")
	}
	return newProblem("error.internal.group.remove", "Failed to remove users from user group")
}

// unclaimedEmail is about a create outside the domains of the organisation.
func unclaimedEmail() *problem {
	return newProblem("error.domain.trust.nonexistent", "Domain for email is not claimed")
}

// onlyClaimed is about any other change outside its own domains.
func onlyClaimed() *problem {
	return newProblem("error.domain.trust.nonexistent", "Changes to users are only allowed in claimed domains.")
}
