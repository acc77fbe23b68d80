package dispatch

import (
	"context"
	"time"

	"github.com/scim-bridge/scim-bridge/plan"
)

// Brake bounds what is removed within a window without a person: the larger of
// a count and a share of what there was before.
type Brake struct {
	Count   int
	Percent int // 0 to 100
	Window  time.Duration
}

// Brakes bound what is removed. One that is nil is off.
type Brakes struct {
	Departures   *Brake // users who leave the organization
	Entitlements *Brake // memberships that users lose while they stay
}

// countedFor is how long a count of the mirror is used: it moves slowly, and
// counting costs as much as is mirrored.
const countedFor = time.Minute

// counted is how much there was before what was removed within the windows.
type counted struct {
	before plan.Removals
	at     time.Time
}

// withBrakes has package plan decide, which says besides whether a brake holds
// something. The mirror is counted only where one would by its count alone: then its
// share decides.
func withBrakes[T any](ctx context.Context, d *Dispatcher, c *counted, in plan.Input, decide func(plan.Input) (T, bool)) (T, error) {
	b := d.cfg.Brakes
	if b.Departures == nil && b.Entitlements == nil {
		out, _ := decide(in)
		return out, nil
	}
	var none T
	removed, err := d.removed(ctx, in.Now)
	if err != nil {
		return none, err
	}
	fresh := in.Now.Sub(c.at) < countedFor
	if !fresh {
		*c = counted{}
	}
	in.Allowance = b.allowance(c.before, removed)
	out, braked := decide(in)
	if fresh || !braked {
		return out, nil
	}
	there, err := d.store.Population(ctx, d.cfg.Org)
	if err != nil {
		return none, err
	}
	*c = counted{at: in.Now, before: plan.Removals{
		Departures: there.Departures + removed.Departures, Entitlements: there.Entitlements + removed.Entitlements,
	}}
	in.Allowance = b.allowance(c.before, removed)
	out, _ = decide(in)
	return out, nil
}

// removed is what was removed within the window of each brake.
func (d *Dispatcher) removed(ctx context.Context, now time.Time) (plan.Removals, error) {
	var removed plan.Removals
	for _, brake := range []struct {
		*Brake
		pick func(*plan.Removals) *int
	}{
		{d.cfg.Brakes.Departures, func(r *plan.Removals) *int { return &r.Departures }},
		{d.cfg.Brakes.Entitlements, func(r *plan.Removals) *int { return &r.Entitlements }},
	} {
		if brake.Brake == nil {
			continue
		}
		since, err := d.store.RemovedSince(ctx, d.cfg.Org, now.Add(-brake.Window))
		if err != nil {
			return plan.Removals{}, err
		}
		*brake.pick(&removed) = *brake.pick(&since)
	}
	return removed, nil
}

// allowance is what may still be removed of what was there before.
func (b Brakes) allowance(before, removed plan.Removals) *plan.Removals {
	return &plan.Removals{
		Departures:   b.Departures.left(before.Departures, removed.Departures),
		Entitlements: b.Entitlements.left(before.Entitlements, removed.Entitlements),
	}
}

// left is how many of those that were there before may go after so many did.
func (b *Brake) left(before, removed int) int {
	if b == nil {
		return plan.Unbraked
	}
	return max(0, max(b.Count, before*b.Percent/100)-removed)
}

// tellHeld says how much a brake holds now that it did not hold before.
func (d *Dispatcher) tellHeld(s plan.Settlement) {
	held := map[string]int{}
	for _, v := range s.Verdicts {
		if v.Outcome == plan.Held {
			held[v.Problem.Code]++
		}
	}
	for code, n := range held {
		d.log.Warn("a brake holds removals until a person lets them go", "error_code", code, "count", n,
			"hint", "look at them with scim-bridge status, then scim-bridge release")
	}
}
