package dispatch

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

const (
	// listEvery is how often Adobe lets a client begin to list all groups; more
	// often locks it out of everything for up to 75 minutes.
	listEvery = 2 * time.Hour
	// listRetry is the first wait after a page that could not be read; it
	// doubles up to listEvery.
	listRetry = 5 * time.Minute
	// readsAStep bounds the reads between two calls.
	readsAStep = 5
)

// listing is how far a listing of Adobe's groups has come.
type listing struct {
	pages umapi.GroupListing
	at    time.Time // before then no further page is read
	tries int
	told  bool // that it has to wait until it may begin
}

// listGroups lists Adobe's groups if the plan needs to know them. It reports
// whether something was learned, and when to try again if not.
//
// While the first listing ever waits for the turn of a further page, calls are
// sent, since they touch no group until it has ended. While a later one waits
// none is: what it changed might stand on a page that was read already. Nor does one
// begin while a call without an answer may still change a group.
func (d *Dispatcher) listGroups(ctx context.Context, p plan.Plan) (bool, time.Time, error) {
	if !p.NeedsGroups {
		return false, time.Time{}, nil
	}
	last, err := d.store.GroupsListed(ctx, d.cfg.Org)
	if err != nil {
		return false, time.Time{}, err
	}
	next := d.listing.at
	began, err := d.store.ListingBegan(ctx, d.cfg.Org)
	if err != nil {
		return false, time.Time{}, err
	}
	if d.listing.pages.Next() == 0 {
		next = maxTime(next, maxTime(d.mayBegin(began), plan.ListableAt(d.flights)))
	}
	if next.After(clock()) {
		return false, next, nil
	}
	for more := true; more; {
		if last.IsZero() || d.listing.pages.Next() == 0 {
			if at, ok := d.budget.begin(ReadGroups); !ok {
				return false, at, nil
			}
		} else if d.budget.follow(ctx, ReadGroups) != nil {
			return false, time.Time{}, nil
		}
		if d.listing.pages.Next() == 0 {
			if err := d.store.SetListingBegan(ctx, d.lease, clock()); err != nil {
				d.budget.cancel(ReadGroups)
				return false, time.Time{}, err
			}
		}
		if more, err = d.listPage(ctx); err != nil {
			if failed := d.listingFailed(ctx, err, began, last.IsZero()); failed != nil {
				return false, time.Time{}, failed
			}
			d.readFailed(err, "list groups")
			return false, maxTime(d.listing.at, d.budget.turn(ReadGroups)), nil
		}
	}
	groups := listed(d.listing.pages.Groups)
	if err := d.store.ListGroups(ctx, d.lease, groups, clock()); err != nil {
		return false, time.Time{}, err
	}
	d.log.Info("listed Adobe's groups", "groups", len(groups))
	d.listing = listing{}
	return true, time.Time{}, nil
}

// listPage reads the next page, whose turn has come, and reports whether there
// are more.
func (d *Dispatcher) listPage(ctx context.Context) (bool, error) {
	work, cancel := context.WithTimeout(ctx, d.cfg.CallTimeout)
	defer cancel()
	page, err := d.adobe.GroupsPage(work, d.listing.pages.Next())
	d.budget.end(ReadGroups, err)
	more, err := d.listing.pages.Add(page, err)
	if err == nil {
		d.readOver()
	}
	return more, err
}

// listed are the groups that a listing found, as the mirror has them.
func listed(groups []umapi.Group) []plan.AdobeGroup {
	all := make([]plan.AdobeGroup, len(groups))
	for i, g := range groups {
		all[i] = plan.AdobeGroup{ID: "adobe:" + strconv.FormatInt(g.ID, 10), Name: g.Name, Type: g.Type}
	}
	return all
}

// mayBegin returns when Adobe may be asked for the first page again. The process
// that asked may have died, and the pages that it had read with it.
func (d *Dispatcher) mayBegin(began time.Time) time.Time {
	if began.IsZero() {
		return began
	}
	// It reached Adobe at the latest when it was given up.
	at := began.Add(d.cfg.CallTimeout + listEvery)
	if at.After(clock()) && !d.listing.told {
		d.listing.told = true
		d.log.Info("Adobe's groups may not be listed again yet, what needs it waits", "until", at)
	}
	return at
}

// listingFailed says when the listing goes on. The first one ever goes on with
// the page that failed. A later one begins anew, and so does one that has no end
// or failed at its first page: not before that is allowed. before is when the
// listing before this one began. An error is the store's.
func (d *Dispatcher) listingFailed(ctx context.Context, err error, before time.Time, first bool) error {
	switch {
	case d.listing.pages.Next() > 0 && !first, errors.Is(err, umapi.ErrIncomplete):
		d.listing = listing{}
	case d.listing.pages.Next() > 0 && umapi.ClassOf(err) == umapi.ClassThrottled:
		// It goes on when the budget allows it.
	case umapi.OutcomeOf(err) == umapi.OutcomeNotSent, umapi.ClassOf(err) == umapi.ClassDenied:
		// It goes on as soon as anything can be read, or the rights are there. Even
		// if the program is stopping: the next start need not wait for what Adobe
		// never saw, or turned away at the door.
		if d.listing.pages.Next() > 0 {
			return nil
		}
		work, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
		defer cancel()
		return d.store.SetListingBegan(work, d.lease, before)
	case d.listing.pages.Next() == 0:
		d.listing = listing{}
	default:
		d.listing.tries++
		d.listing.at = clock().Add(doubled(listRetry, listEvery, d.listing.tries))
	}
	return nil
}

// readBack reads subjects whose state is not known. It reports whether
// something was learned, and when the next may be read if not.
func (d *Dispatcher) readBack(ctx context.Context, p plan.Plan) (bool, time.Time, error) {
	did, reads := false, 0
	var next time.Time
	for _, r := range p.Reads {
		at, ok := d.budget.begin(readsFrom(r))
		if !ok {
			if next.IsZero() || at.Before(next) {
				next = at
			}
			continue
		}
		s, err := d.read(ctx, r)
		if err != nil {
			d.readFailed(err, "read back")
			if !blames(err) {
				continue
			}
			s = plan.ReadFailed(r, problemOfRead(err), clock())
		} else {
			d.readOver()
		}
		if err := d.store.Settle(ctx, d.lease, s, clock()); err != nil {
			return did, time.Time{}, err
		}
		did = true
		if reads++; reads == readsAStep {
			break
		}
	}
	return did, next, nil
}

// readsFrom is where a subject is read: the members of a group are read without
// the risk of a listing.
func readsFrom(r plan.Read) Endpoint {
	if r.AdobeGroup != nil {
		return ReadMembers
	}
	return ReadUser
}

// read reads one subject back, under its old name first: as long as that is
// there it was not renamed, and what has the new name is another's. Its turn has
// come.
func (d *Dispatcher) read(ctx context.Context, r plan.Read) (plan.Settlement, error) {
	if g := r.AdobeGroup; g != nil {
		found := ""
		err := d.byName(ctx, ReadMembers, func(ctx context.Context, name string) (bool, error) {
			_, err := d.adobe.MembersPage(ctx, name, 0, umapi.ExcludeGroups())
			if err == nil {
				found = name
			}
			return err == nil, err
		}, g.Name, g.Candidate)
		return plan.GroupRead(r, found, clock()), err
	}
	found, err := d.readAccount(ctx, *r.Account)
	if err != nil {
		return plan.Settlement{}, err
	}
	facts, err := d.store.Facts(ctx, d.cfg.Org, plan.Query{Users: r.Linked})
	if err != nil {
		return plan.Settlement{}, err
	}
	return plan.AccountRead(r, found, facts), nil
}

// readAccount reads an account, under its old address first as [Dispatcher.read]
// does, and returns nil if Adobe has none. An Adobe ID that is not what was asked for is
// returned only if there is nothing else. Its turn has come.
func (d *Dispatcher) readAccount(ctx context.Context, a plan.Account) (*umapi.User, error) {
	domain := a.Domain
	if a.Type == umapi.AdobeID && !a.Twin {
		domain = "AdobeID"
	}
	names := []string{a.Email, a.Candidate}
	switch {
	case a.Domain != "":
		names = append([]string{a.Username}, names...) // the login stays what it was when the address does not
	case a.Type == umapi.FederatedID && !strings.EqualFold(a.Username, a.Email):
		names = append(names, a.Username) // one that was there before a create keeps its address
	}
	var found, other *umapi.User
	err := d.byName(ctx, ReadUser, func(ctx context.Context, name string) (bool, error) {
		u, err := d.adobe.User(ctx, name, domain)
		switch {
		case err != nil:
			return false, err
		case u.Type == umapi.AdobeID && domain != "AdobeID":
			other = &u
			return false, nil
		case name != a.Email && name != a.Candidate && !strings.EqualFold(u.Username, a.Username):
			return false, nil // whose address is what was the login here
		}
		found = &u
		return true, nil
	}, names...)
	if err != nil {
		return nil, err
	}
	if found == nil {
		found = other
	}
	return found, nil
}

// byName reads a subject under several names, of which any may be empty, until
// one is right or a read fails. That Adobe has none of a name is no failure. The
// turn of the first read has come.
func (d *Dispatcher) byName(ctx context.Context, e Endpoint, read func(ctx context.Context, name string) (right bool, err error), names ...string) error {
	begun := true
	for _, name := range names {
		if name == "" {
			continue
		}
		if !begun {
			if err := d.budget.follow(ctx, e); err != nil {
				return err
			}
		}
		work, cancel := context.WithTimeout(ctx, d.cfg.CallTimeout)
		right, err := read(work, name)
		cancel()
		d.budget.end(e, err)
		begun = false
		if right || err != nil && !errors.Is(err, umapi.ErrNotFound) {
			return err
		}
	}
	if begun {
		d.budget.cancel(e)
	}
	return nil
}

// blames reports whether a read may have failed because of what was read, and
// not because of something that all reads have in common.
func blames(err error) bool {
	class := umapi.ClassOf(err)
	return class == umapi.ClassRejected ||
		class == umapi.ClassTransient && umapi.OutcomeOf(err) != umapi.OutcomeNotSent
}

func problemOfRead(err error) plan.Problem {
	return plan.Problem{
		Code: "bridge.read_failed", Message: err.Error(),
		Hint: "nothing to do, unless it stays so: then ask Adobe's support with the request id",
	}
}

// readFailed notes a read that Adobe did not answer.
func (d *Dispatcher) readFailed(err error, what string) {
	if umapi.ClassOf(err) == umapi.ClassThrottled {
		return // the budget knows
	}
	if d.readTrouble.call(err) {
		d.log.Warn("a read of Adobe failed, trying again later", "what", what, "class", string(umapi.ClassOf(err)), "err", err)
	}
	d.budget.hold(clock().Add(d.readTrouble.wait), d.readTrouble.why, reading...)
}

// readOver notes a read that was answered.
func (d *Dispatcher) readOver() {
	if d.readTrouble.over() {
		d.log.Info("Adobe answers reads again")
	}
}
