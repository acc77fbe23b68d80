package dispatch

import (
	"context"
	"time"

	"github.com/scim-bridge/scim-bridge/plan"
)

const (
	// looksAStep bounds the looks between two calls: nobody waits for them.
	looksAStep = 2
	// lookTimeout is how long a look may take: the next call waits for it.
	lookTimeout = 10 * time.Second
)

// look reads what creates have made, some time after: whether Adobe made it at
// all, and with which spelling and country if it was there before. It takes
// what the rate of reads leaves. It reports whether it learned something, and when
// the next look is due.
func (d *Dispatcher) look(ctx context.Context) (bool, time.Time, error) {
	accounts, err := d.store.ToLookAt(ctx, d.cfg.Org, looksAStep+1)
	if err != nil {
		return false, time.Time{}, err
	}
	did := false
	for i, a := range accounts {
		now := clock()
		if i == looksAStep || a.LookAt.After(now) {
			return did, a.LookAt, nil
		}
		if at := plan.ReadableAt(d.flights, a.ID, now); at.After(now) {
			return did, at, nil // the others wait too: nobody waits for them
		}
		facts, err := d.store.Facts(ctx, d.cfg.Org, plan.Query{Accounts: []string{a.ID}})
		if err != nil {
			return did, time.Time{}, err
		}
		r := plan.Read{Account: &a}
		for _, l := range facts.Links {
			if l.Kind == plan.KindUser && l.Mirror == a.ID && !l.Stale {
				r.Linked = append(r.Linked, l.Directory)
			}
		}
		if at, ok := d.budget.begin(ReadUser); !ok {
			return did, at, nil
		}
		work, cancel := context.WithTimeout(ctx, lookTimeout)
		found, err := d.readAccount(work, a)
		cancel()
		var s plan.Settlement
		switch {
		case err == nil:
			d.readOver()
			s = plan.AccountLooked(r, found, facts, now)
		case blames(err):
			d.readFailed(err, "look at a new account")
			s = plan.LookFailed(r, now)
		default:
			d.readFailed(err, "look at a new account")
			return did, d.budget.turn(ReadUser), nil
		}
		if err := d.store.Settle(ctx, d.lease, s, clock()); err != nil {
			return did, time.Time{}, err
		}
		did = true
	}
	return did, time.Time{}, nil
}
