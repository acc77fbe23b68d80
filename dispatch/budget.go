package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/scim-bridge/scim-bridge/umapi"
)

const (
	// throttledWait is how long a refusal without Retry-After is obeyed.
	throttledWait = time.Minute
	// lockedOut is a Retry-After that cannot come from a limit per minute: Adobe
	// refuses everything until then, see the throttling section of its overview.
	lockedOut = 2 * time.Minute
	// groupReadsShare is by what the rate of reads is divided for pages of groups.
	groupReadsShare = 5
	// marginFirst is added to Retry-After when the request after it was refused
	// again, as happens where several share a client; it doubles up to marginMost.
	marginFirst, marginMost = time.Second, time.Minute
)

// budget is what an org may send to Adobe. Whoever sends a request takes it from
// here: begin or follow before it, end after it. Safe for concurrent use.
type budget struct {
	log            *slog.Logger
	actions, reads int // a minute, as configured

	mu     sync.Mutex // guards everything below
	meters map[Endpoint]*meter
	asked  time.Time // until when Adobe asked to wait, for whichever endpoint
	kept   time.Time // what of that is in the store
}

// meter is the budget of one endpoint.
type meter struct {
	pacer
	paused time.Time
	why    Pause
	vain   int // refusals since the last request that was let through
}

func newBudget(actions, reads int, log *slog.Logger) *budget {
	b := &budget{log: log, actions: actions, reads: reads}
	b.reset()
	return b
}

// reset begins anew: nothing was sent, and nothing is known of Adobe's limits.
func (b *budget) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.meters, b.asked, b.kept = map[Endpoint]*meter{}, time.Time{}, time.Time{}
	for _, e := range endpoints {
		b.meters[e] = &meter{pacer: newPacer(b.reads)}
	}
	b.meters[Actions] = &meter{pacer: newPacer(b.actions)}
	if b.reads > 0 {
		b.meters[ReadGroups] = &meter{pacer: newPacer(max(1, b.reads/groupReadsShare))}
	}
	b.meters[Actions].spread = true
	for _, e := range []Endpoint{ReadUser, ReadMembers} {
		m := b.meters[e]
		m.spread = true
		m.spare = 1 // what has two names takes two reads
	}
}

// begin counts a request as under way if it is its turn, else it says when that
// may be.
func (b *budget) begin(e Endpoint) (time.Time, bool) {
	return b.take(e, (*pacer).next)
}

// turn returns when the next request may be sent: now or later.
func (b *budget) turn(e Endpoint) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.meters[e]
	return maxTime(m.next(clock()), m.paused)
}

// turns are those of action calls from now on.
func (b *budget) turns() *Turns {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.meters[Actions]
	p := m.pacer
	p.ended, p.arriving = slices.Clone(p.ended), slices.Clone(p.arriving)
	for p.underway > 0 {
		p.end(clock(), false)
	}
	return &Turns{pacer: p, paused: m.paused}
}

// follow waits for the turn of a request that belongs to one before it, such as
// the next page, and counts it as under way. It returns the error of ctx if that
// ends first.
func (b *budget) follow(ctx context.Context, e Endpoint) error {
	for {
		at, ok := b.take(e, (*pacer).again)
		if ok {
			return nil
		}
		turn := time.NewTimer(time.Until(at))
		select {
		case <-turn.C:
		case <-ctx.Done():
			turn.Stop()
			return ctx.Err()
		}
	}
}

func (b *budget) take(e Endpoint, turn func(*pacer, time.Time) time.Time) (time.Time, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, m := clock(), b.meters[e]
	b.stepUp(e, m, now)
	if at := maxTime(turn(&m.pacer, now), m.paused); at.After(now) {
		return at, false
	}
	m.begin()
	return now, true
}

// cancel takes back a request that was not sent.
func (b *budget) cancel(e Endpoint) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.meters[e].cancel()
}

// end notes how a request ended that was begun. If Adobe asked to wait it
// pauses, and returns until when, else zero.
func (b *budget) end(e Endpoint, err error) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, m := clock(), b.meters[e]
	outcome, throttled := umapi.OutcomeOf(err), umapi.ClassOf(err) == umapi.ClassThrottled
	refused := throttled && outcome == umapi.OutcomeRefused
	if outcome == umapi.OutcomeNotSent {
		m.cancel()
	} else {
		m.end(now, refused) // Adobe counted it some time before, at the latest now
	}
	asked := retryAfter(err)
	if !throttled {
		if err == nil || outcome == umapi.OutcomeRefused {
			m.vain = 0
			m.pass(now)
		}
		if asked == 0 {
			return time.Time{}
		}
	}
	wait := asked
	if wait == 0 {
		wait = throttledWait
	}
	if m.vain > 0 {
		wait += doubled(marginFirst, marginMost, m.vain)
	}
	m.vain++
	until := clockAfter(wait)
	b.asked = maxTime(b.asked, until)
	// Without a token nothing can be sent.
	all := asked >= lockedOut || outcome == umapi.OutcomeNotSent
	if all || e == Actions { // it may be the end of a lock-out, and no read is worth another
		b.pause(until, PauseAsked, endpoints...)
	} else {
		b.pause(until, PauseAsked, e)
	}
	learned := false
	switch {
	case !refused || all: // that says nothing of a limit per minute
	case m.vain > 1: // nor does this: nothing was let through since the last time
		m.later(until)
	default:
		learned = m.refuse(m.passed(countedFrom(now, asked)), now, until)
	}
	b.say(e, m, all, learned, until, err)
	return until
}

// linger has the call that ended last, without an answer, keep its place until a time:
// it may arrive until then.
func (b *budget) linger(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.meters[Actions].linger(until)
}

// countedFrom returns the beginning of the minute that Adobe counted when it
// refused a request at now: it ends when a further one is let through. Answers
// took a while to arrive, and the wait is in whole seconds, so it is a second
// earlier than that.
func countedFrom(now time.Time, asked time.Duration) time.Time {
	if asked == 0 || asked > time.Minute {
		return now.Add(-perMinuteWindow)
	}
	return now.Add(asked - perMinuteWindow - time.Second)
}

// say tells that Adobe asked to wait: what a person would want to know once.
func (b *budget) say(e Endpoint, m *meter, all, learned bool, until time.Time, err error) {
	switch {
	case learned:
		b.log.Warn("Adobe lets through less than the configured limit, fewer requests are sent",
			"endpoint", string(e), "limit", m.configured, "learned", m.limit, "until", until, "err", err)
	case all && m.vain == 1:
		b.log.Warn("Adobe asked to wait, nothing is sent until then", "endpoint", string(e), "until", until, "err", err)
	case m.vain == 1 && !m.lower:
		b.log.Warn("Adobe asked to wait", "endpoint", string(e), "until", until, "err", err)
	default:
		b.log.Debug("Adobe asked to wait", "endpoint", string(e), "until", until, "learned", m.limit, "err", err)
	}
}

// hold pauses some endpoints, or all where none is named.
func (b *budget) hold(until time.Time, why Pause, some ...Endpoint) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(some) == 0 {
		some = endpoints
	}
	b.pause(until, why, some...)
}

func (b *budget) pause(until time.Time, why Pause, some ...Endpoint) {
	for _, e := range some {
		if m := b.meters[e]; until.After(m.paused) {
			m.paused, m.why = until, why
		}
	}
}

// opens returns when the first endpoint is not paused: now or earlier if one is
// not.
func (b *budget) opens() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := b.meters[endpoints[0]].paused
	for _, e := range endpoints[1:] {
		first = minTime(first, b.meters[e].paused)
	}
	return first
}

// restore takes over what a former process left: until when Adobe asked to
// wait, when the calls of the last window ended at the latest, and until when those may
// arrive that nobody heard of. Its reads are not known: the whole limit of those that
// it may have made counts as spent.
func (b *budget) restore(paused time.Time, calls, arriving []time.Time, reads []Endpoint) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked, b.kept = paused, paused
	b.pause(paused, PauseAsked, endpoints...)
	b.meters[Actions].restore(calls, arriving)
	for _, e := range reads {
		b.meters[e].fill(clock())
	}
}

// toKeep returns until when Adobe asked to wait, and whether the store does not
// know it yet.
func (b *budget) toKeep() (time.Time, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked, b.asked.After(b.kept)
}

// keep notes that the store knows it.
func (b *budget) keep(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = maxTime(b.kept, until)
}

// stepUp tries more of a learned limit where that is due.
func (b *budget) stepUp(e Endpoint, m *meter, now time.Time) {
	if m.stepUp(now) {
		b.log.Info("the configured limit holds again", "endpoint", string(e), "limit", m.configured)
	}
}

// retryAfter is how long Adobe asked to wait, 0 if it did not.
func retryAfter(err error) time.Duration {
	var e *umapi.Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}
