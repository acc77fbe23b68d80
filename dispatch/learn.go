package dispatch

import "time"

// raiseMost bounds how long a learned limit is kept before more is tried.
const raiseMost = 32 * perMinuteWindow

// learned is the limit that is kept: the configured one, or less where Adobe
// turned a request away though fewer had been sent. Then its limit is lower, or
// somebody else uses the same client.
//
// After each window without a refusal one more is tried, up to what was refused
// the last time. Before that is tried again it waits longer, and each time that it
// is refused twice as long as the last time, up to raiseMost. Once it holds it
// goes on with each window. So a limit that stays low is hit some times in the
// first hour and twice an hour after that, and one that was low for a while is back
// at the latest about raiseMost after that.
type learned struct {
	limit     int
	lower     bool          // the configured limit is in doubt
	reached   int           // windows in which the limit was let through since it changed or was refused
	reachedAt time.Time     // the last of them
	refused   int           // requests in the window of the last refusal
	raise     time.Time     // when the next step up is due
	wait      time.Duration // before a step to what was refused
	tried     bool          // there was a step up since the last refusal
}

// enough is in how many windows a limit must have been let through before a
// refusal is taken for chance: what holds once may have fallen into two of
// Adobe's minutes.
const enough = 2

// pass notes that a request was let through that ended at now.
func (p *pacer) pass(now time.Time) {
	const within = time.Minute - time.Second // in any minute, by Adobe's clock
	if p.configured == 0 || p.passed(now.Add(-within)) < max(1, p.limit-p.spare) {
		return
	}
	if now.Sub(p.reachedAt) >= perMinuteWindow {
		p.reached++
		p.reachedAt = now
	}
}

// refuse notes that Adobe turned a request away at now, and let so many through
// in the minute that it counted. Steps up begin after until. It reports whether
// the configured limit was not in doubt before and is from here on.
//
// Where the limit held for a while since the last refusal this one is taken for
// chance; it counts if another follows before that is so again. The limit loses at
// most half, since those who use the same client besides may have come and gone.
func (p *pacer) refuse(passed int, now, until time.Time) bool {
	chance := p.reached >= enough
	p.reached = 0
	if p.configured <= 1 || chance {
		return false
	}
	fresh := !p.lower
	switch {
	case fresh:
		p.wait = perMinuteWindow
	case p.tried && p.limit >= p.refused:
		p.wait = min(2*p.wait, raiseMost)
	}
	p.refused = min(p.limit, p.spent(now))
	p.limit = max(1, min(p.limit-1, max(p.limit/2, passed)))
	p.lower, p.tried = true, false
	p.later(until)
	return fresh
}

// later puts the next step up after a time.
func (p *pacer) later(t time.Time) {
	wait := p.wait
	if p.limit+1 < p.refused {
		wait = perMinuteWindow
	}
	p.raise = t.Add(wait)
}

// stepUp tries more where that is due, and reports whether the configured limit
// was in doubt and is not any more.
func (p *pacer) stepUp(now time.Time) bool {
	for p.lower && !now.Before(p.raise) {
		if p.tried && p.limit >= p.refused {
			p.wait = perMinuteWindow
		}
		if p.limit == p.configured {
			p.lower, p.tried, p.refused = false, false, 0
			return true
		}
		p.limit++
		p.tried, p.reached = true, 0
		p.later(p.raise)
	}
	return false
}
