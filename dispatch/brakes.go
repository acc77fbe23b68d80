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

// allowance is what may still be removed now, nil if there is no brake.
func (d *Dispatcher) allowance(ctx context.Context, now time.Time) (*plan.Removals, error) {
	b := d.cfg.Brakes
	if b.Departures == nil && b.Entitlements == nil {
		return nil, nil
	}
	var removed plan.Removals
	for _, brake := range []struct {
		*Brake
		pick func(*plan.Removals) *int
	}{
		{b.Departures, func(r *plan.Removals) *int { return &r.Departures }},
		{b.Entitlements, func(r *plan.Removals) *int { return &r.Entitlements }},
	} {
		if brake.Brake == nil {
			continue
		}
		since, err := d.store.RemovedSince(ctx, d.cfg.Org, now.Add(-brake.Window))
		if err != nil {
			return nil, err
		}
		*brake.pick(&removed) = *brake.pick(&since)
	}
	if now.Sub(d.counted.at) >= countedFor {
		there, err := d.store.Population(ctx, d.cfg.Org)
		if err != nil {
			return nil, err
		}
		d.counted = counted{at: now, before: plan.Removals{
			Departures: there.Departures + removed.Departures, Entitlements: there.Entitlements + removed.Entitlements,
		}}
	}
	return &plan.Removals{
		Departures:   b.Departures.left(d.counted.before.Departures, removed.Departures),
		Entitlements: b.Entitlements.left(d.counted.before.Entitlements, removed.Entitlements),
	}, nil
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
