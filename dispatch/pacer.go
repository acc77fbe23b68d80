package dispatch

import "time"

// perMinuteWindow is the minute that Adobe counts in, and a second more, since
// its clock sees calls closer together or further apart than ours.
const perMinuteWindow = 61 * time.Second

// pacer keeps a rate per minute as a sliding window, which holds as well where
// the other side counts in fixed minutes. The first half of the window is free,
// so that what is urgent goes at once; what is left is spread evenly over the
// rest of it, so that more can gather for each call. It is not safe for
// concurrent use.
type pacer struct {
	perMinute int // 0 is no limit
	sent      []time.Time
}

// restore sets what was sent before, in ascending order.
func (p *pacer) restore(sent []time.Time) { p.sent = sent }

// note counts what is sent at t.
func (p *pacer) note(t time.Time) {
	if p.perMinute > 0 {
		p.sent = append(p.sent, t)
	}
}

// earliest returns when the window has room, without spreading: now or later.
func (p *pacer) earliest(now time.Time) time.Time {
	for len(p.sent) > 0 && !p.sent[0].Add(perMinuteWindow).After(now) {
		p.sent = p.sent[1:]
	}
	if used := len(p.sent); p.perMinute > 0 && used >= p.perMinute {
		return p.sent[used-p.perMinute].Add(perMinuteWindow)
	}
	return now
}

// next returns when the next may be sent: now or later, in whole microseconds
// as [clock] gives them.
func (p *pacer) next(now time.Time) time.Time {
	at := p.earliest(now)
	used := len(p.sent)
	if at.After(now) || 2*used < p.perMinute || p.perMinute == 0 {
		return at
	}
	end := p.sent[0].Add(perMinuteWindow)
	last := p.sent[used-1]
	share := end.Sub(last) / time.Duration(p.perMinute-used+1)
	return maxTime(last.Add(share.Truncate(time.Microsecond)), now)
}
