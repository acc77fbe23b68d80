package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// unit is a candidate for a command: a subject that changes, or an edge.
type unit struct {
	account *account
	group   *group
	edge    *edge
	command Command // of a subject: without memberships
	// first puts a unit before all others: removals, and groups that joiners need.
	first bool
	alone bool
}

// units goes through what is due, in order, decides what can be decided
// without Adobe, and returns the candidates for commands.
func (w *world) units() []unit {
	for _, d := range w.in.Due {
		switch d.Kind {
		case KindUser:
			w.place(d)
		case KindGroup:
			w.placeGroup(d)
		case KindEdge, KindMirrored:
		}
	}
	for _, d := range w.in.Due {
		if d.Kind == KindUser {
			for _, a := range w.person(d.User).stale {
				a.stale = append(a.stale, d)
			}
		}
	}
	var out []unit
	edges := w.compareEdges()
	for _, d := range w.in.Due {
		switch d.Kind {
		case KindUser:
			for _, a := range w.accountsOf(d.User) {
				out = w.planAccount(out, a)
			}
		case KindGroup:
			out = w.planGroup(out, d)
		case KindEdge, KindMirrored:
			for _, e := range edges[d.row()] {
				if !e.ready() || e.queued {
					continue
				}
				if !e.lands.IsZero() {
					w.waitForAnswer([]Due{d}, e.lands)
					continue
				}
				if e.queued = true; w.clear(e) {
					out = append(out, unit{edge: e, alone: e.alone})
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b unit) int { return boolInt(!a.first) - boolInt(!b.first) })
	return out
}

// accountsOf lists the accounts that a user maps to or mapped to.
func (w *world) accountsOf(user string) []*account {
	p := w.person(user)
	return slices.Concat(p.stale, p.current)
}

// place finds the account of a due user, and decides what needs none.
func (w *world) place(d Due) {
	p := w.person(d.User)
	if p.problem != nil && p.active {
		w.decide(d, Failed, p.problem)
		return
	}
	if p.active && len(p.current) == 1 {
		if a := p.current[0]; a.Type == umapi.AdobeID && a.Presence == Present && !sameText(a.Email, p.want.Email) {
			// An Adobe ID belongs to the person: another address is another account.
			w.unlink(p, a)
		}
	}
	if p.active && len(p.current) == 1 {
		if a := p.current[0]; w.belongsToOther(p, a) || a.Presence == Absent && w.holder(a, p.want) != nil {
			w.unlink(p, a)
		}
	}
	if p.active && len(p.current) == 0 && !w.join(d, p) {
		return
	}
	for _, a := range p.current {
		a.due = append(a.due, d)
	}
	unsettled := false
	for _, a := range p.stale {
		switch {
		case a.leaving():
			unsettled = true
		case a.Presence == Absent:
			w.plan.Decided.Unlinked = append(w.plan.Decided.Unlinked, Link{Kind: KindUser, Directory: p.id, Mirror: a.ID, Stale: true})
		}
	}
	if len(p.current) == 0 && !unsettled {
		w.decide(d, Done, nil)
	}
}

// belongsToOther reports whether an older active user, who wants another
// address, has the account: the two shared an address once.
func (w *world) belongsToOther(p *person, a *account) bool {
	owner, _ := a.owner()
	return owner != nil && owner != p && !sameText(owner.want.Email, p.want.Email)
}

// holder is another account that is there with the address. One that was never
// made gives way to it: two users got the address at about the same time.
func (w *world) holder(a *account, want mapping.Account) *account {
	for _, other := range w.byEmail[directory.Fold(want.Email)] {
		if other != a && other.Presence != Absent && sharesDirectory(other.Account, want.Type) {
			return other
		}
	}
	return nil
}

// moving reports whether an active user has no account yet in place of a former one.
func (p *person) moving() bool {
	return p.active && slices.ContainsFunc(p.current, func(a *account) bool { return a.Presence != Present })
}

// unlink has the user map elsewhere. What the account holds because of the user
// becomes due, in case others keep it.
func (w *world) unlink(p *person, a *account) {
	p.current = nil
	p.stale = append(p.stale, a)
	a.former = true
	a.people = slices.DeleteFunc(a.people, func(x *person) bool { return x == p })
	a.desired, a.unmapped = nil, nil
	w.plan.Links = append(w.plan.Links, Link{Kind: KindUser, Directory: p.id, Mirror: a.ID, Stale: true})
	for _, g := range a.mirrored {
		w.plan.Decided.Touched = append(w.plan.Decided.Touched, Due{Kind: KindMirrored, User: a.ID, Group: g.ID}.touch())
	}
}

// join links an active user to the account with its address, or to a new one.
// It reports false if the address is about to be given up by someone else.
func (w *world) join(d Due, p *person) bool {
	var a *account
	for _, other := range w.byEmail[directory.Fold(p.want.Email)] {
		if other.Email == "" || !sharesDirectory(other.Account, p.want.Type) {
			continue
		}
		if owner, active := other.owner(); active && (owner == nil || !sameText(owner.want.Email, p.want.Email)) {
			w.wait(d, Problem{
				Code:    codeEmailInUse,
				Message: fmt.Sprintf("%s still is the address of another account, which is about to change", p.want.Email),
				Hint:    "nothing to do, unless it stays so: then look at the user who has the address now",
			})
			return false
		}
		if a == nil || a.Presence == Absent {
			a = other
		}
	}
	if a == nil {
		id := p.id
		for w.accounts[id] != nil {
			id += "~"
		}
		a = w.addAccount(id, Account{ID: id, Presence: Absent, Type: p.want.Type, Email: p.want.Email})
	}
	for _, other := range a.people {
		if !other.active { // a brake may hold it, though the account does not leave any more
			w.plan.Decided.Touched = append(w.plan.Decided.Touched, Touch{Kind: KindUser, User: other.id, Class: ClassJoin})
		}
	}
	a.people = append(a.people, p)
	a.sortPeople()
	a.desired, a.unmapped = nil, nil
	p.current = []*account{a}
	p.stale = slices.DeleteFunc(p.stale, func(o *account) bool { return o == a })
	w.plan.Links = append(w.plan.Links, Link{Kind: KindUser, Directory: p.id, Mirror: a.ID})
	return true
}

// planAccount decides what becomes of an account, once.
func (w *world) planAccount(out []unit, a *account) []unit {
	if a.planned {
		return out
	}
	a.planned = true
	owner, active := a.owner()
	alone := false
	own := make([]Due, 0, len(a.due))
	if !active {
		a.also = a.stale
		alone = slices.ContainsFunc(a.also, func(d Due) bool { return d.Alone() })
	}
	for _, d := range a.due {
		alone = alone || d.Alone()
		if p := w.person(d.User); p.active && owner != nil && p != owner {
			w.decide(d, Failed, &Problem{
				Code:    "bridge.user.duplicate",
				Message: fmt.Sprintf("another active user maps to the same account, %s", a.Email),
				Hint:    "deactivate one of the two users, or give them different e-mail addresses",
			})
			if a.Presence == Present {
				w.plan.Decided.Touched = append(w.plan.Decided.Touched, w.unsettled(a)...)
			}
			continue
		}
		own = append(own, d)
	}
	if len(own)+len(a.also) == 0 {
		return out // no row could tell what became of it
	}
	// A create that was lost may have made it with what a create does not change.
	lost := a.Presence == Doubtful && owner != nil &&
		!(sameText(a.Email, owner.want.Email) && sameText(a.Username, owner.want.Username))
	if a.Presence == Unknown || lost || a.Twin && active {
		w.read(a, slices.Concat(own, a.also))
		return out
	}
	switch {
	case active && a.Presence != Absent && a.rules.Protected.User(a.Email):
		for _, d := range own {
			w.decide(d, Failed, &Problem{
				Code:    "bridge.protected",
				Message: fmt.Sprintf("the account %s is protected by the configuration: nothing is changed", a.Email),
				Hint:    "unassign the user in the provider, or take the account out of protect in the configuration",
			})
		}
		return out
	case active && owner == nil: // what they should be could not be had: failed in place
		return out
	case owner == nil:
		return w.planRemoval(out, a, own, alone)
	case a.Presence.missing():
		return w.planCreate(out, a, owner, own, alone)
	default:
		return w.planUpdate(out, a, owner, own, alone)
	}
}

// read asks for the account to be read back, once.
func (w *world) read(a *account, due []Due) {
	if at := w.flying.readable(flyingKey{account: a.ID}); at.After(w.in.Now) {
		w.waitForAnswer(due, at)
		return
	}
	for i := range w.plan.Reads {
		if r := &w.plan.Reads[i]; r.Account != nil && r.Account.ID == a.ID {
			r.Due = append(r.Due, due...)
			return
		}
	}
	before := a.Account
	r := Read{Account: &before, Due: due}
	for _, p := range a.people {
		r.Linked = append(r.Linked, p.id)
	}
	w.plan.Reads = append(w.plan.Reads, r)
}

// planCreate makes an account. It may be there already: then it is updated.
func (w *world) planCreate(out []unit, a *account, owner *person, own []Due, alone bool) []unit {
	want := owner.want
	after := Account{
		ID: a.ID, Presence: Present, Type: want.Type, Email: want.Email, Username: want.Username, Domain: want.Domain,
		FirstName: want.FirstName, LastName: want.LastName, Country: want.Country,
	}
	if w.taken(a, after, own) {
		return out
	}
	create := umapi.Create{
		Email: want.Email, FirstName: want.FirstName, LastName: want.LastName, Country: want.Country,
		Option: umapi.OptionUpdateIfAlreadyExists,
	}
	c := w.userCommand(a, &after, own)
	c.UMAPI = umapi.Command{User: want.Username, Domain: want.Domain}
	if want.Type == umapi.AdobeID {
		create.Option = umapi.OptionIgnoreIfAlreadyExists
		c.UMAPI = umapi.Command{User: want.Email, UseAdobeID: true}
	}
	c.UMAPI.Do = []umapi.Step{umapi.CreateStep(want.Type, create)}
	c.Touched = a.wakeOthers(owner, own)
	return append(out, unit{account: a, command: c, alone: alone})
}

// planUpdate changes names, login and address. The country never changes.
func (w *world) planUpdate(out []unit, a *account, owner *person, own []Due, alone bool) []unit {
	want := owner.want
	if a.Type != want.Type || (a.Domain == "") != (want.Domain == "") {
		for _, d := range own {
			w.decide(d, Failed, &Problem{
				Code:    "bridge.identity_type.differs",
				Message: fmt.Sprintf("Adobe has %s as %s, the mapping says %s", a.Email, describeLogin(a.Type, a.Domain), describeLogin(want.Type, want.Domain)),
				Hint:    "Adobe cannot turn one into the other: change the mapping, or remove the account in the Admin Console and send the user again",
			})
		}
		return out
	}
	after, update, address := a.difference(want.FirstName, want.LastName, want.Email, want.Username)
	wake := append(a.wakeOthers(owner, own), w.unsettled(a)...)
	if update == (umapi.Update{}) {
		for _, d := range w.withoutStale(own) {
			w.decide(d, Done, nil)
			w.plan.Decided.Touched = append(w.plan.Decided.Touched, wake...)
			wake = nil
		}
		return out
	}
	if address && w.taken(a, after, own) {
		return out
	}
	c := w.userCommand(a, &after, own)
	c.Touched = wake
	c.UMAPI.Do = []umapi.Step{{Update: &update}}
	return append(out, unit{account: a, command: c, alone: alone})
}

// difference is the update that leads from the account to what it should be,
// and the account as it then is. address says that the key of commands changes.
func (a *account) difference(first, last, email, username string) (after Account, u umapi.Update, address bool) {
	after = a.Account
	if a.Type == umapi.AdobeID {
		return after, u, false // an Adobe ID belongs to the person: nothing can be changed
	}
	if a.FirstName != first {
		u.FirstName, after.FirstName = first, first
	}
	if a.LastName != last {
		u.LastName, after.LastName = last, last
	}
	// Adobe keeps the first spelling of an address for ever: another case is no difference.
	if !sameText(a.Email, email) {
		u.Email, after.Email = email, email
		address = true
	}
	switch {
	case a.Type != umapi.FederatedID:
		after.Username = after.Email
	case !sameText(a.Username, username), address && (sameText(username, email) || sameText(a.Username, a.Email)):
		// Whether the login follows the address is not certain, so both are said,
		// also where the login is to stay what the address was.
		u.Username, after.Username = username, username
		address = true
	}
	return after, u, address
}

// taken reports whether another account holds the address that after needs,
// and then decides about the due rows.
func (w *world) taken(a *account, after Account, own []Due) bool {
	for _, other := range w.byEmail[directory.Fold(after.Email)] {
		if other == a || other.Presence == Absent || !sharesDirectory(other.Account, after.Type) {
			continue
		}
		p := Problem{
			Code:    codeEmailInUse,
			Message: fmt.Sprintf("%s is the address of another account", after.Email),
			Hint:    "give one of the two another address, or remove the other account",
		}
		for _, d := range own {
			w.wait(d, p)
		}
		return true
	}
	return false
}

// wakeOthers lists the other active users of the account, who failed as long as
// they shared it with the users whose rows are given.
func (a *account) wakeOthers(owner *person, own []Due) []Touch {
	if len(own) == 0 {
		return nil
	}
	var out []Touch
	for _, p := range a.people {
		isDue := slices.ContainsFunc(a.due, func(d Due) bool { return d.User == p.id })
		if p.active && !isDue && (p != owner || len(a.people) > 1) {
			out = append(out, Touch{Kind: KindUser, User: p.id, Class: ClassJoin})
		}
	}
	return out
}

// withoutStale leaves out the due rows of users whose former account is still
// there: they stay due until it has gone.
func (w *world) withoutStale(own []Due) []Due {
	return slices.DeleteFunc(slices.Clone(own), w.hasStale)
}

func (w *world) hasStale(d Due) bool {
	return slices.ContainsFunc(w.person(d.User).stale, (*account).leaving)
}

// userCommand is a command for an account, addressed as Adobe has it now.
func (w *world) userCommand(a *account, after *Account, own []Due) Command {
	before := a.Account
	c := Command{Account: after, BeforeAccount: &before, Also: slices.Clone(a.also), Steps: []Step{{Subject: true}}}
	for _, d := range own {
		if w.hasStale(d) {
			c.Also = append(c.Also, d)
		} else {
			c.Own = append(c.Own, d)
		}
	}
	c.UMAPI = a.address()
	return c
}

// address is the root of a command for an account that is there.
func (a *account) address() umapi.Command {
	if a.Domain != "" {
		return umapi.Command{User: a.Username, Domain: a.Domain}
	}
	return umapi.Command{User: a.Email, UseAdobeID: a.Type == umapi.AdobeID}
}

func describeLogin(t umapi.IdentityType, domain string) string {
	if domain != "" {
		return string(t) + " with a bare user name"
	}
	return string(t)
}

// sameText compares as Adobe does: without regard to case.
func sameText(a, b string) bool { return a == b || strings.EqualFold(a, b) }
