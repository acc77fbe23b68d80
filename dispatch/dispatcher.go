package dispatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// Store is what a dispatcher needs of the database. Its promises are those of
// package store.
type Store interface {
	Lease(ctx context.Context, org string) (*lease.Lease, error)
	EndLease(ctx context.Context, l *lease.Lease) error
	Due(ctx context.Context, org string, now time.Time, limit int) ([]plan.Due, error)
	NextDue(ctx context.Context, org string) (time.Time, bool, error)
	Facts(ctx context.Context, org string, q plan.Query) (plan.Facts, error)
	RecordCall(ctx context.Context, l *lease.Lease, c plan.Call, links []plan.Link, now time.Time) error
	Settle(ctx context.Context, l *lease.Lease, s plan.Settlement, now time.Time) error
	OpenCalls(ctx context.Context, org string) ([]plan.SentCall, error)
	LostCalls(ctx context.Context, org string, t time.Time) ([]plan.SentCall, error)
	ToLookAt(ctx context.Context, org string, limit int) ([]plan.Account, error)
	RemovedSince(ctx context.Context, org string, t time.Time) (plan.Removals, error)
	Population(ctx context.Context, org string) (plan.Removals, error)
	SentSince(ctx context.Context, org string, t time.Time) ([]time.Time, error)
	Pause(ctx context.Context, org string) (time.Time, error)
	SetPause(ctx context.Context, l *lease.Lease, until time.Time) error
	GroupsListed(ctx context.Context, org string) (time.Time, error)
	ListGroups(ctx context.Context, l *lease.Lease, listed []plan.AdobeGroup, now time.Time) error
	ListingBegan(ctx context.Context, org string) (time.Time, error)
	SetListingBegan(ctx context.Context, l *lease.Lease, at time.Time) error
	Configure(ctx context.Context, l *lease.Lease, fingerprint, groupRules string, now time.Time) (int, error)
	Changed(org string) <-chan struct{}
}

// Adobe is what a dispatcher needs of the User Management API.
type Adobe interface {
	Act(ctx context.Context, commands []umapi.Command) (umapi.Reply, error)
	User(ctx context.Context, email, domain string) (umapi.User, error)
	MembersPage(ctx context.Context, group string, page int, options ...umapi.ReadOption) (umapi.UsersPage, error)
	GroupsPage(ctx context.Context, page int, options ...umapi.ReadOption) (umapi.GroupsPage, error)
}

const (
	// glance is how many due rows a look begins with: where users who come or leave
	// fill the call, those behind the first few would not change it.
	glance = 50
	// window is how many due rows a look takes otherwise: enough to fill a call with
	// 10 commands of 100 memberships even where they are scattered. See BenchmarkPacking
	// of package plan: with half of it calls are a little less full.
	window = 4000
	// widest bounds how often the window is doubled while all that is in it can
	// neither be sent nor decided.
	widest = 3
	// gather is how long it must be quiet before the first call after an idle
	// time, so that what arrives together travels together; gatherMost bounds it.
	gather     = 50 * time.Millisecond
	gatherMost = 500 * time.Millisecond
	// stopGrace is how long a call under way may take to end after a stop.
	stopGrace = 20 * time.Second
	// defaultCallTimeout is what Adobe's own clients allow a call.
	defaultCallTimeout = 120 * time.Second
)

// Config is what a dispatcher works by.
type Config struct {
	// Org is the name of the org in the store.
	Org string
	// Rules say what a user or group means in Adobe's terms.
	Rules mapping.Rules
	// Target tells one organization at Adobe, and one client of its, from another.
	// What failed is tried again when it, Rules or Limits change. It is no secret.
	Target string
	// Limits of one call; zero values are those of package umapi.
	Limits plan.Limits
	// ActionsPerMinute and ReadsPerMinute are the rates to keep; 0 is no limit.
	// Each kind of read has its own, and pages of the listing of groups get a
	// fifth of it, as at Adobe.
	ActionsPerMinute, ReadsPerMinute int
	// Brakes hold removals beyond a bound until a person releases them.
	Brakes Brakes
	// CallTimeout is how long one call may take; 0 is two minutes.
	CallTimeout time.Duration
	// Gate lets requests to Adobe through while this process dispatches the org. A
	// client that asks it as well, see umapi.Config.Allow, asks as late as can be. Nil
	// makes one.
	Gate *lease.Gate
	// Log is nil for none.
	Log *slog.Logger
}

// Dispatcher makes one Adobe organization follow one org of the directory.
type Dispatcher struct {
	cfg    Config
	store  Store
	adobe  Adobe // through gate
	gate   *lease.Gate
	log    *slog.Logger
	budget *budget

	// What follows is of one lease, see begin.
	lease    *lease.Lease
	limits   plan.Limits
	most     int  // commands of a call while one is split; 0 is what limits say
	wider    int  // how often the window is doubled
	restored bool // the budget, from what a former process left

	trouble      trouble // of calls that failed as a whole
	readTrouble  trouble // of reads
	storeTrouble trouble
	listing      listing
	flights      []plan.Flight  // calls that had no answer and may still arrive
	unknownCodes map[string]int // error codes that are not known, and how often they came
	counted      counted        // for the brakes
}

// New checks the configuration. It starts nothing.
func New(cfg Config, s Store, a Adobe) (*Dispatcher, error) {
	var errs []error
	if cfg.Org == "" {
		errs = append(errs, errors.New("org has no name"))
	}
	if err := cfg.Rules.Validate(); err != nil {
		errs = append(errs, err)
	}
	if cfg.ActionsPerMinute < 0 || cfg.ReadsPerMinute < 0 {
		errs = append(errs, errors.New("a rate is negative"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("configure dispatcher: %s: %w", cfg.Org, err)
	}
	if cfg.CallTimeout == 0 {
		cfg.CallTimeout = defaultCallTimeout
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	log := cfg.Log.With("component", "dispatch", "org", cfg.Org)
	gate := cmp.Or(cfg.Gate, &lease.Gate{})
	return &Dispatcher{
		cfg: cfg, store: s, adobe: gated{a, gate}, gate: gate, log: log,
		budget: newBudget(cfg.ActionsPerMinute, cfg.ReadsPerMinute, log),
	}, nil
}

// pauseUntil says when to look again.
type pauseUntil struct {
	at    time.Time // zero is at once, unless idle
	woken bool      // by whatever becomes due, too
	idle  bool      // nothing is due at all
}

func (d *Dispatcher) sleep(ctx context.Context, p pauseUntil) {
	var timer <-chan time.Time
	if !p.at.IsZero() {
		t := time.NewTimer(time.Until(p.at))
		defer t.Stop()
		timer = t.C
	} else if !p.idle {
		return
	}
	var changed <-chan struct{}
	if p.woken || p.idle {
		changed = d.store.Changed(d.cfg.Org)
	}
	select {
	case <-ctx.Done():
	case <-timer:
	case <-changed:
		d.gather(ctx, changed)
	}
}

// gather waits until nothing new has become due for a moment.
func (d *Dispatcher) gather(ctx context.Context, changed <-chan struct{}) {
	most := time.NewTimer(gatherMost)
	defer most.Stop()
	for {
		quiet := time.NewTimer(gather)
		select {
		case <-changed:
			quiet.Stop()
		case <-quiet.C:
			return
		case <-most.C:
			quiet.Stop()
			return
		case <-ctx.Done():
			quiet.Stop()
			return
		}
	}
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// clock is the time as the store keeps it.
func clock() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// clockAfter is the first time of the clock at which a wait is over.
func clockAfter(wait time.Duration) time.Time {
	return time.Now().UTC().Add(wait + time.Microsecond - 1).Truncate(time.Microsecond)
}

// step looks once at what is due and does what can be done now.
func (d *Dispatcher) step(ctx context.Context) (pauseUntil, error) {
	now := clock()
	if at := d.budget.opens(); at.After(now) {
		return pauseUntil{at: at}, nil
	}
	limit := window << d.wider
	p, due, err := d.lookAt(ctx, glance, now)
	if err == nil && due == glance && !p.Full {
		p, due, err = d.lookAt(ctx, limit, now)
	}
	if err != nil {
		return pauseUntil{}, err
	}
	if due <= window {
		d.wider = 0
	}
	if due == 0 {
		return d.idle(ctx)
	}
	next, err := d.act(ctx, p, now)
	if err == nil && len(p.Commands) == 0 && !next.at.IsZero() && due == limit && d.wider < widest {
		d.wider++ // all of this waits for something: what is behind it need not
		return pauseUntil{}, nil
	}
	return next, err
}

// lookAt plans for the first so many due rows, and says how many there are.
func (d *Dispatcher) lookAt(ctx context.Context, limit int, now time.Time) (plan.Plan, int, error) {
	due, err := d.store.Due(ctx, d.cfg.Org, now, limit)
	if err != nil || len(due) == 0 {
		return plan.Plan{}, 0, err
	}
	p, err := d.plan(ctx, due, now)
	return p, len(due), err
}

// plan has package plan decide what to do about what is due.
func (d *Dispatcher) plan(ctx context.Context, due []plan.Due, now time.Time) (plan.Plan, error) {
	in, err := d.input(ctx, due, now)
	if err != nil {
		return plan.Plan{}, err
	}
	if in.Limits = d.limits; d.most > 0 {
		in.Limits.Commands = d.most
	}
	d.flights = slices.DeleteFunc(d.flights, func(f plan.Flight) bool { return !f.Until.After(now) })
	in.Flights = d.flights
	return withBrakes(ctx, d, &d.counted, in, func(in plan.Input) (plan.Plan, bool) {
		p := plan.Build(in)
		return p, p.Braked
	})
}

// input asks the store for what package plan needs. It may be called from any goroutine.
func (d *Dispatcher) input(ctx context.Context, due []plan.Due, now time.Time) (plan.Input, error) {
	facts, err := d.store.Facts(ctx, d.cfg.Org, plan.First(due))
	if err != nil {
		return plan.Input{}, err
	}
	if q := plan.Second(due, facts, d.cfg.Rules); len(q.Emails)+len(q.Names) > 0 {
		more, err := d.store.Facts(ctx, d.cfg.Org, q)
		if err != nil {
			return plan.Input{}, err
		}
		facts.Merge(more)
	}
	listed, err := d.store.GroupsListed(ctx, d.cfg.Org)
	if err != nil {
		return plan.Input{}, err
	}
	return plan.Input{Due: due, Facts: facts, Rules: d.cfg.Rules, Now: now, GroupsKnown: !listed.IsZero()}, nil
}

// act does what a plan says: what it decided is written, one call is sent if it
// is its turn, and what must be is read.
func (d *Dispatcher) act(ctx context.Context, p plan.Plan, now time.Time) (pauseUntil, error) {
	progress := false
	if !p.Decided.Empty() {
		if err := d.store.Settle(ctx, d.lease, p.Decided, now); err != nil {
			return pauseUntil{}, err
		}
		d.tellHeld(p.Decided)
		progress = true
	}
	// What is due may wait for something else that is due, or for a read that is
	// not to be made for hours: look again when anything changes, or after a while.
	next := pauseUntil{at: now.Add(stuckWait), woken: true}
	if len(p.Commands) > 0 {
		if at, ok := d.budget.begin(Actions); !ok {
			next = pauseUntil{at: minTime(at, now.Add(turnWait))}
		} else {
			if err := d.send(ctx, p); err != nil {
				return pauseUntil{}, err
			}
			progress = true
		}
	}
	for _, read := range []func(context.Context, plan.Plan) (bool, time.Time, error){d.listGroups, d.readBack} {
		did, at, err := read(ctx, p)
		if err != nil {
			return pauseUntil{}, err
		}
		progress = progress || did
		if !at.IsZero() && at.Before(next.at) {
			next.at = at
		}
	}
	if progress {
		return pauseUntil{}, nil // there may be more to send at once: looks can wait
	}
	did, at, err := d.look(ctx)
	switch {
	case err != nil:
		return pauseUntil{}, err
	case did:
		return pauseUntil{}, nil
	case !at.IsZero() && at.Before(next.at):
		next.at = at
	}
	return next, nil
}

// idle looks at what creates have made while nothing is due, and says when
// something will be.
func (d *Dispatcher) idle(ctx context.Context) (pauseUntil, error) {
	did, look, err := d.look(ctx)
	if err != nil || did {
		return pauseUntil{}, err
	}
	at, ok, err := d.store.NextDue(ctx, d.cfg.Org)
	if err != nil {
		return pauseUntil{}, err
	}
	if !look.IsZero() && (!ok || look.Before(at)) {
		at = look
	}
	return pauseUntil{at: at, idle: true}, nil
}

const (
	// stuckWait is how long what can neither be sent nor decided waits.
	stuckWait = 5 * time.Second
	// turnWait is how long calls that wait for their turn are left alone: then
	// something may have to be read.
	turnWait = 10 * time.Second
)
