package dispatch

import (
	"slices"
	"time"
)

// perMinuteWindow is the minute that Adobe counts in, and a second more, since
// its clock sees requests closer together or further apart than ours.
const perMinuteWindow = 61 * time.Second

// pacer keeps a limit a minute as a sliding window. Nobody says when Adobe
// counts a request, whether in fixed minutes or in the last sixty seconds, and
// whether it counts those that it refuses. So a request counts from when it
// begins until a window after it ended, whatever came of it, or after it can no
// longer arrive, if it had no answer: then no minute holds more than the limit
// under any reading.
//
// With spread the first half of the limit is free, so that what is urgent goes
// at once; what is left is spread evenly over the rest of the window, so that
// more can gather for each request.
//
// It knows no clock, and is not safe for concurrent use.
type pacer struct {
	configured int // requests a minute, 0 is no limit
	spread     bool
	spare      int // kept for a request that another needs at once, see again

	underway int
	ended    []ended // within the last window, ascending
	// arriving is until when requests may arrive that had no answer, ascending. Until
	// then there is so much less of the limit.
	arriving []time.Time

	learned
}

// ended is a request that is over.
type ended struct {
	at      time.Time
	refused bool // because of a limit; or it is not known that it was not
}

func newPacer(configured int) pacer {
	return pacer{configured: configured, learned: learned{limit: configured}}
}

// begin counts a request that is sent.
func (p *pacer) begin() { p.underway++ }

// cancel takes back a request that was not sent.
func (p *pacer) cancel() { p.underway-- }

// end notes that a request was answered, or given up, at now.
func (p *pacer) end(now time.Time, refused bool) {
	p.underway--
	if p.configured > 0 {
		p.ended = append(p.ended, ended{now, refused})
	}
}

// linger takes the request that ended last for one that may arrive until a time.
func (p *pacer) linger(until time.Time) {
	last := len(p.ended) - 1
	if last < 0 || !until.After(p.ended[last].at) {
		return
	}
	p.ended = p.ended[:last]
	p.arriving = append(p.arriving, until)
	slices.SortFunc(p.arriving, time.Time.Compare)
}

// restore counts requests of which nothing is known but when they ended at the
// latest, in ascending order, and those that may arrive until some time.
func (p *pacer) restore(at, arriving []time.Time) {
	p.ended, p.arriving = nil, nil
	if p.configured > 0 {
		p.arriving = slices.SortedFunc(slices.Values(arriving), time.Time.Compare)
	}
	for _, t := range at {
		p.underway++
		p.end(t, true)
	}
}

// arrived takes requests that can no longer arrive for ended.
func (p *pacer) arrived(now time.Time) {
	for len(p.arriving) > 0 && !p.arriving[0].After(now) {
		p.ended = append(p.ended, ended{p.arriving[0], true})
		p.arriving = p.arriving[1:]
		slices.SortStableFunc(p.ended, func(a, b ended) int { return a.at.Compare(b.at) })
	}
}

// fill spends the whole limit at now.
func (p *pacer) fill(now time.Time) {
	p.ended = nil
	for range p.configured {
		p.underway++
		p.end(now, true)
	}
}

// spent returns how many requests count at now.
func (p *pacer) spent(now time.Time) int {
	known := p.known(now)
	return known + len(p.arriving)
}

// known is spent without those that may still arrive.
func (p *pacer) known(now time.Time) int {
	p.arrived(now)
	for len(p.ended) > 0 && !p.ended[0].at.Add(perMinuteWindow).After(now) {
		p.ended = p.ended[1:]
	}
	for i := len(p.ended) - 1; i >= 0 && p.ended[i].at.After(now); i-- {
		p.ended[i].at = now // the clock was set back: wait no more than a window for it
	}
	return len(p.ended) + p.underway
}

// next returns when the next request may be sent: now or later, in whole
// microseconds as [clock] gives them.
func (p *pacer) next(now time.Time) time.Time {
	if p.configured == 0 {
		return now
	}
	p.arrived(now)
	whole := max(1, p.limit-p.spare)
	limit := whole - len(p.arriving)
	if limit < 1 {
		return p.arriving[0]
	}
	at, used := p.room(now, limit), p.known(now)
	if !p.spread || at.After(now) || used == 0 || 2*p.spent(now) < whole {
		return at
	}
	first, last := p.countedTo(0, now), p.countedTo(used-1, now)
	share := first.Add(perMinuteWindow).Sub(last) / time.Duration(limit-used+1)
	return maxTime(last.Add(share.Truncate(time.Microsecond)), now)
}

// Turns are the times at which calls are sent that are there before their turn comes,
// each answered at once. Not safe for concurrent use.
type Turns struct {
	pacer  pacer
	paused time.Time // until when none is sent
}

// NewTurns begins with nothing spent of a limit a minute; 0 is no limit.
func NewTurns(perMinute int) *Turns {
	p := newPacer(perMinute)
	p.spread = true
	return &Turns{pacer: p}
}

// Next returns the turn of the next call, at from or later.
func (t *Turns) Next(from time.Time) time.Time {
	for at := maxTime(from, t.paused); ; {
		later := t.pacer.next(at)
		if !later.After(at) {
			return at
		}
		at = later
	}
}

// Take counts a call as sent at its turn, and returns that. From must not be before
// the last one.
func (t *Turns) Take(from time.Time) time.Time {
	at := t.Next(from)
	t.pacer.begin()
	t.pacer.end(at, false)
	return at
}

// again returns when a request may be sent that belongs to one which was sent
// just before: it uses what is spare, and is not spread.
func (p *pacer) again(now time.Time) time.Time { return p.room(now, p.limit) }

// room returns when fewer than limit requests count: now or later.
func (p *pacer) room(now time.Time, limit int) time.Time {
	if used := p.known(now); p.configured > 0 && used >= limit {
		return p.countedTo(used-limit, now).Add(perMinuteWindow)
	}
	return now
}

// countedTo returns when the i-th of those that count ended. One that is under
// way cannot end before now.
func (p *pacer) countedTo(i int, now time.Time) time.Time {
	if i < len(p.ended) {
		return p.ended[i].at
	}
	return now
}

// passed counts those of the last window that ended at from or later and were not refused.
func (p *pacer) passed(from time.Time) int {
	n := 0
	for _, e := range p.ended {
		if !e.refused && !e.at.Before(from) {
			n++
		}
	}
	return n
}
