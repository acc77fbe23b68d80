package dispatch

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/scim-bridge/scim-bridge/plan"
)

// takeOver begins an org's dispatch from what the store holds of whoever dispatched
// it before: a former process, another one, or this one before the store failed. It
// wakes what failed under another configuration, treats calls that were never settled
// as lost, counts as flights all that may still arrive, and the first time restores
// the budget.
func (d *Dispatcher) takeOver(ctx context.Context) error {
	now := clock()
	if err := d.configure(ctx, now); err != nil {
		return err
	}
	open, err := d.store.OpenCalls(ctx, d.cfg.Org)
	if err != nil {
		return err
	}
	for _, c := range open {
		// Before it is: whoever reads the log after a kill must not miss it.
		d.log.Warn("a call was never settled: it is taken for lost", "call_id", c.Call.ID, "commands", len(c.Call.Commands))
		s := plan.Lost(c.Call, now, maxTime(now, d.arrived(c)))
		if err := d.store.Settle(ctx, d.lease, s, now); err != nil {
			return err
		}
	}
	lost, err := d.store.LostCalls(ctx, d.cfg.Org, now.Add(-max(longestTimeout, d.cfg.CallTimeout)))
	if err != nil {
		return err
	}
	d.flights = nil
	timeout := max(d.cfg.CallTimeout, defaultCallTimeout)
	for _, c := range lost {
		timeout = max(timeout, c.Call.Within)
		d.flights = append(d.flights, d.flight(c))
	}
	if d.restored {
		return nil
	}
	if err := d.restore(ctx, now, timeout, lost); err != nil {
		return err
	}
	d.restored = true
	return nil
}

// arrived is when a call that had no answer cannot arrive any more: until then Adobe may
// be working on it. Who sent it may have had another configuration, which former
// releases did not record.
func (d *Dispatcher) arrived(c plan.SentCall) time.Time {
	return c.SentAt.Add(cmp.Or(c.Call.Within, max(d.cfg.CallTimeout, defaultCallTimeout)))
}

func (d *Dispatcher) flight(c plan.SentCall) plan.Flight {
	return plan.Flight{Call: c.Call, Until: d.arrived(c)}
}

// longestTimeout is the most that the configuration lets anybody give a call.
const longestTimeout = time.Hour

// restore has the budget count what a former process may have sent, which gave a call
// no more than timeout. Calls without an answer may still be on their way: they count
// from then on when they can no longer arrive, and there is less of the limit before.
//
// Its reads are not recorded. They follow calls, or look at what creates have
// made. Where no call was sent for a while, and nothing is to be looked at, there
// were none to speak of; else a whole minute's reads count as spent, and the first
// ones wait for it. Adobe's groups were not listed before a listing began.
func (d *Dispatcher) restore(ctx context.Context, now time.Time, timeout time.Duration, lost []plan.SentCall) error {
	paused, err := d.store.Pause(ctx, d.cfg.Org)
	if err != nil {
		return err
	}
	if paused.After(now) {
		d.log.Warn("nothing is sent until then: Adobe asked to wait before this start, or the database was restored", "until", paused)
	}
	calls, err := d.store.SentSince(ctx, d.cfg.Org, now.Add(-readsFollow-timeout))
	if err != nil {
		return err
	}
	looks, err := d.store.ToLookAt(ctx, d.cfg.Org, 1)
	if err != nil {
		return err
	}
	var reads []Endpoint
	if len(calls)+len(looks) > 0 {
		reads = append(reads, ReadUser, ReadMembers)
	}
	began, err := d.store.ListingBegan(ctx, d.cfg.Org)
	if err != nil {
		return err
	}
	if !began.IsZero() {
		reads = append(reads, ReadGroups)
	}
	ended := endedBy(calls, timeout, now)
	var arriving []time.Time
	for _, c := range lost {
		if until := minTime(d.arrived(c), now.Add(timeout)); until.After(now) {
			arriving = append(arriving, until)
			if i := slices.IndexFunc(calls, c.SentAt.Equal); i >= 0 {
				calls, ended = slices.Delete(calls, i, i+1), slices.Delete(ended, i, i+1)
			}
		}
	}
	d.budget.restore(paused, ended, arriving, reads)
	return nil
}

// endedBy returns when calls had ended at the latest that were recorded at those
// times, in ascending order, just before they were sent: one was under way at a
// time, and none is now.
func endedBy(recorded []time.Time, timeout time.Duration, now time.Time) []time.Time {
	ended := make([]time.Time, len(recorded))
	next := now
	for i, at := range slices.Backward(recorded) {
		ended[i] = minTime(next, at.Add(timeout))
		next = at
	}
	return ended
}

// readsFollow is how long after the last call a subject may still be read back
// in numbers.
const readsFollow = time.Hour
