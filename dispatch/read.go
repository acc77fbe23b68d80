package dispatch

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

const (
	// listEvery is how often Adobe lets a client list all groups; more often
	// locks it out of everything for up to 75 minutes.
	listEvery = 2 * time.Hour
	// listRetry is the first wait after a listing that failed; it doubles up to
	// listEvery.
	listRetry = 5 * time.Minute
	// lockedOut is a Retry-After that cannot come from a limit per minute: it
	// holds for all calls.
	lockedOut = 2 * time.Minute
	// readsAStep bounds the reads between two calls.
	readsAStep = 5
)

// listGroups lists Adobe's groups if the plan needs to know them. It reports
// whether something was learned, and when to try again if not.
func (d *Dispatcher) listGroups(ctx context.Context, p plan.Plan) (bool, time.Time, error) {
	now := clock()
	if !p.NeedsGroups {
		return false, time.Time{}, nil
	}
	last, err := d.store.GroupsListed(ctx, d.cfg.Org)
	if err != nil {
		return false, time.Time{}, err
	}
	next := maxTime(d.listAt, d.readsAt)
	if !last.IsZero() {
		next = maxTime(next, last.Add(listEvery))
	}
	if next.After(now) {
		return false, next, nil
	}
	d.reads.note(now)
	var listed []plan.AdobeGroup
	work, cancel := context.WithTimeout(ctx, d.cfg.CallTimeout)
	defer cancel()
	for g, err := range d.adobe.Groups(work) {
		if err != nil {
			d.listTries++
			d.listAt = now.Add(doubled(listRetry, listEvery, d.listTries))
			return false, d.listAt, d.readFailed(ctx, err, "list groups")
		}
		listed = append(listed, plan.AdobeGroup{ID: "adobe:" + strconv.FormatInt(g.ID, 10), Name: g.Name, Type: g.Type})
	}
	if err := d.store.ListGroups(ctx, d.cfg.Org, listed, clock()); err != nil {
		return false, time.Time{}, err
	}
	d.listTries = 0
	d.log.Info("listed Adobe's groups", "groups", len(listed))
	return true, time.Time{}, nil
}

// readBack reads subjects whose state is not known. It reports whether
// something was learned, and when the next may be read if not.
func (d *Dispatcher) readBack(ctx context.Context, p plan.Plan) (bool, time.Time, error) {
	did := false
	for i, r := range p.Reads {
		now := clock()
		at := maxTime(d.readsAt, d.reads.next(now))
		if i == readsAStep || at.After(now) {
			return did, at, nil
		}
		s, err := d.read(ctx, r)
		if err != nil {
			if err := d.readFailed(ctx, err, "read back"); err != nil {
				return did, time.Time{}, err
			}
			return did, maxTime(d.readsAt, clock().Add(stuckWait)), nil
		}
		if err := d.store.Settle(ctx, d.cfg.Org, s, clock()); err != nil {
			return did, time.Time{}, err
		}
		did = true
	}
	return did, time.Time{}, nil
}

// read reads one subject back, under the name that it may have now first.
func (d *Dispatcher) read(ctx context.Context, r plan.Read) (plan.Settlement, error) {
	work, cancel := context.WithTimeout(ctx, d.cfg.CallTimeout)
	defer cancel()
	if g := r.AdobeGroup; g != nil {
		for _, name := range []string{g.Candidate, g.Name} {
			if name == "" {
				continue
			}
			d.reads.note(clock())
			// The members of a group are read without the risk of a listing.
			_, err := d.adobe.MembersPage(work, name, 0)
			if errors.Is(err, umapi.ErrNotFound) {
				continue
			}
			return plan.GroupRead(r, name), err
		}
		return plan.GroupRead(r, ""), nil
	}
	a := r.Account
	domain := a.Domain
	if a.Type == umapi.AdobeID {
		domain = "AdobeID"
	}
	for _, email := range []string{a.Candidate, a.Email} {
		if email == "" {
			continue
		}
		d.reads.note(clock())
		u, err := d.adobe.User(work, email, domain)
		if errors.Is(err, umapi.ErrNotFound) {
			continue
		}
		if err != nil {
			return plan.Settlement{}, err
		}
		return d.accountRead(ctx, r, &u)
	}
	return plan.AccountRead(r, nil, nil, nil), nil
}

// accountRead compares the memberships that Adobe lists with the mirror's.
func (d *Dispatcher) accountRead(ctx context.Context, r plan.Read, u *umapi.User) (plan.Settlement, error) {
	facts, err := d.store.Facts(ctx, d.cfg.Org, plan.Query{Users: r.Linked})
	if err != nil {
		return plan.Settlement{}, err
	}
	names := make(map[string]string, len(facts.AdobeGroups))
	for id, g := range facts.AdobeGroups {
		names[id] = g.Name
	}
	return plan.AccountRead(r, u, facts.Edges, names), nil
}

// readFailed notes a read that Adobe did not answer. An error is the store's.
func (d *Dispatcher) readFailed(ctx context.Context, err error, what string) error {
	now := clock()
	d.log.Warn("a read of Adobe failed, trying again later", "what", what, "err", err)
	wait := stuckWait
	if umapi.ClassOf(err) == umapi.ClassThrottled {
		wait = retryAfter(err)
	}
	d.readsAt = now.Add(wait)
	if wait < lockedOut {
		return nil
	}
	return d.store.SetPause(ctx, d.cfg.Org, d.readsAt)
}
