package dispatch

import (
	"context"
	"errors"
	"time"

	"github.com/scim-bridge/scim-bridge/store/lease"
)

// Endpoint is what Adobe limits by itself; see the throttling section of each
// call's documentation.
type Endpoint string

// The endpoints.
const (
	Actions     Endpoint = "actions"
	ReadUser    Endpoint = "user"    // one user
	ReadMembers Endpoint = "members" // a page of the members of a group
	ReadUsers   Endpoint = "users"   // a page of all users
	ReadGroups  Endpoint = "groups"  // a page of all groups
)

// Those that only read, and all.
var (
	reading   = []Endpoint{ReadUser, ReadMembers, ReadUsers, ReadGroups}
	endpoints = append([]Endpoint{Actions}, reading...)
)

// Allowance is what may be sent to one endpoint of Adobe's, which counts each by
// itself, and what was.
type Allowance struct {
	Endpoint Endpoint
	// Limit is what may be sent in a minute as configured, Learned what is sent at
	// most: less than Limit after Adobe turned requests away although fewer were
	// sent. Both are 0 where there is no limit.
	Limit, Learned int
	// Spent is what counts against the limit. After a start it may be more than
	// was sent: what a former process read is not known.
	Spent int
	// Next is when the next request may be sent: at once, if it has passed.
	Next time.Time
	// PausedUntil is set while nothing may be sent at all, and Why says why.
	PausedUntil time.Time
	Why         Pause
}

// Pause is why nothing is sent.
type Pause string

// The pauses.
const (
	PauseAsked       Pause = "asked"       // Adobe asked to wait: Retry-After
	PauseDenied      Pause = "denied"      // Adobe refused the credentials, or rights are missing
	PauseUnreachable Pause = "unreachable" // nothing reaches Adobe
	PauseBroken      Pause = "broken"      // requests fail
)

// Budget returns what may be sent to each endpoint, actions first. Where another process
// dispatches the org it is what the store knows of that one's: its calls, and until
// when Adobe asked to wait. It may be called at any time, from any goroutine.
func (d *Dispatcher) Budget(ctx context.Context) ([]Allowance, error) {
	b, err := d.spent(ctx)
	if err != nil {
		return nil, err
	}
	return b.look(), nil
}

// spent is the budget of whoever dispatches the org.
func (d *Dispatcher) spent(ctx context.Context) (*budget, error) {
	if !errors.Is(d.gate.Pass(), lease.ErrLost) {
		return d.budget, nil
	}
	now := clock()
	paused, err := d.store.Pause(ctx, d.cfg.Org)
	if err != nil {
		return nil, err
	}
	timeout := max(d.cfg.CallTimeout, defaultCallTimeout) // who sends may have another
	calls, err := d.store.SentSince(ctx, d.cfg.Org, now.Add(-perMinuteWindow-timeout))
	if err != nil {
		return nil, err
	}
	b := newBudget(d.cfg.ActionsPerMinute, d.cfg.ReadsPerMinute, d.log)
	b.restore(paused, endedBy(calls, timeout, now), nil, nil)
	return b, nil
}

func (b *budget) look() []Allowance {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := clock()
	var all []Allowance
	for _, e := range endpoints {
		m := b.meters[e]
		b.stepUp(e, m, now)
		a := Allowance{
			Endpoint: e, Limit: m.configured, Learned: m.limit,
			Spent: m.spent(now), Next: maxTime(m.next(now), m.paused),
		}
		if m.paused.After(now) {
			a.PausedUntil, a.Why = m.paused, m.why
		}
		all = append(all, a)
	}
	return all
}
