package emulator

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	window = time.Minute
	// globalPerMinute is how often all clients together may call an endpoint.
	globalPerMinute = 100
	// A lock-out lasts this long. That Retry-After is always above 2000 seconds,
	// as was reported as well, is not so: 1938 were seen.
	minLockOut = 30 * time.Minute
	maxLockOut = 75 * time.Minute
)

// limit is how often a minute a client may call an endpoint (throttling). 0 is
// no limit, as for all that is not part of the API proper.
func (c *Config) limit(k kind) int {
	switch k {
	case kindAction:
		return c.ActionsPerMinute
	case kindOldGroupChange, kindOldProfileChange:
		return share(c.ActionsPerMinute, 2)
	case kindUsers, kindMembers, kindUser, kindOldUsers, kindOldGroupUsers, kindOldProfileUsers:
		return c.ReadsPerMinute
	case kindGroups, kindOldGroups, kindOldGroup, kindOldProducts, kindOldProfiles, kindOldProfile:
		return share(c.ReadsPerMinute, 5)
	default:
		return 0
	}
}

// together is how often a minute all clients together may call an endpoint;
// below 1 is no limit. The pages of some deprecated endpoints name half of what
// the others do.
func (c *Config) together(k kind) int {
	limit := cmp.Or(c.GlobalPerMinute, globalPerMinute)
	switch k {
	case kindOldGroups, kindOldGroup, kindOldGroupChange, kindOldProfileChange:
		limit = share(limit, 2)
	}
	if c.GlobalPerMinute == 0 {
		// Who gives one client more than all have by default means it.
		limit = max(limit, c.limit(k))
	}
	return limit
}

// share is one of several equal parts of a limit, at least 1; of no limit it is
// none.
func share(limit, parts int) int {
	if limit < 1 {
		return limit
	}
	return max(1, limit/parts)
}

// usage is what counts against limits: of one client, or of all together.
type usage struct {
	calls       map[kind][]time.Time // within the last minute, to endpoints that have a limit
	begun       map[kind]time.Time   // when everything was last listed from the start
	lockedUntil time.Time
}

func newUsage() *usage {
	return &usage{calls: map[kind][]time.Time{}, begun: map[kind]time.Time{}}
}

// throttle keeps what all clients used together, and the chance that decides
// how long a lock-out lasts.
type throttle struct {
	all    *usage
	chance *rand.Rand
}

// admit returns nil and counts the call, or the answer to c that it comes too
// early. It looks at nothing but what is called, and never at whether the rest
// of q is in order. args are those of the endpoint.
func (e *Emulator) admit(c *client, ep endpoint, q *request, args []string) *reply {
	s, now := e.cfg.Switches, e.now()
	own := c.usage
	if s.LimitsPerOrg {
		own = e.throttle.all
	}
	listing := e.beginsListing(ep, q, args)
	wait, together := e.tooEarly(own, ep, listing, now)
	switch {
	case wait == 0:
		e.count(c, ep, now)
		if listing {
			c.usage.begun[ep.kind], e.throttle.all.begun[ep.kind] = now, now
		}
		return nil
	case s.RefusedCallsCount:
		// This call puts the next one off, too.
		e.count(c, ep, now)
		wait, together = e.tooEarly(own, ep, listing, now)
	}
	r := throttled(wait)
	if together && s.GlobalLimit503 {
		r = emptyReply(http.StatusServiceUnavailable)
		r.header.Set("Retry-After", wholeSeconds(wait))
	}
	if s.RetryAfterDate {
		r.dateRetry(now, wait)
	}
	return &r
}

// tooEarly says how long to wait with a call that counts against own; 0 is not
// at all. together says that the limit of all clients is the cause. A second
// listing within the interval locks own out.
func (e *Emulator) tooEarly(own *usage, ep endpoint, listing bool, now time.Time) (wait time.Duration, together bool) {
	if wait := own.lockedUntil.Sub(now); wait > 0 {
		return wait, false
	}
	fixed := e.cfg.Switches.FixedWindow
	if limit := e.cfg.limit(ep.kind); limit > 0 {
		if wait := own.wait(ep.kind, limit, now, fixed); wait > 0 {
			return wait, false
		}
		if wait := e.throttle.all.wait(ep.kind, e.cfg.together(ep.kind), now, fixed); wait > 0 {
			return wait, true
		}
	}
	last, seen := own.begun[ep.kind]
	if !listing || !seen || now.Sub(last) >= e.cfg.ListingInterval {
		return 0, false
	}
	lockOut := minLockOut + time.Duration(e.throttle.chance.Int64N(int64((maxLockOut-minLockOut)/time.Second)+1))*time.Second
	own.lockedUntil = now.Add(lockOut)
	// The lock-out is the price: who waited for its end may list again. Adobe
	// says of its own client, which does just that, that it is only delayed.
	clear(own.begun)
	return lockOut, false
}

// wait is how long a further call of k has to wait for a place among limit;
// below 1 is no limit. A fixed window is the minute of the clock.
func (u *usage) wait(k kind, limit int, now time.Time, fixed bool) time.Duration {
	begin := now.Add(-window)
	if fixed {
		begin = now.Truncate(window)
	}
	calls := u.calls[k]
	// What came at the very begin of a sliding minute has left it, and what came
	// with the stroke of the clock is in the minute that it begins.
	first := sort.Search(len(calls), func(i int) bool {
		return calls[i].After(begin) || fixed && calls[i].Equal(begin)
	})
	calls = calls[first:]
	if limit < 1 || len(calls) < limit {
		return 0
	}
	if fixed {
		return begin.Add(window).Sub(now)
	}
	return calls[len(calls)-limit].Add(window).Sub(now)
}

// count notes a call of c, and forgets those that no window holds any more.
func (e *Emulator) count(c *client, ep endpoint, now time.Time) {
	if e.cfg.limit(ep.kind) == 0 {
		return
	}
	for _, u := range []*usage{c.usage, e.throttle.all} {
		calls := u.calls[ep.kind]
		for len(calls) > 0 && now.Sub(calls[0]) >= window {
			calls = calls[1:]
		}
		u.calls[ep.kind] = append(calls, now)
	}
}

// beginsListing says whether a call counts against how often one may begin to
// list all users, or all groups. Where reads have no limit none does, and a
// call that says it is the start of a sync is exempt unless a switch says not.
func (e *Emulator) beginsListing(ep endpoint, q *request, args []string) bool {
	if e.cfg.ReadsPerMinute == 0 || ep.kind != kindUsers && ep.kind != kindGroups {
		return false
	}
	if page, err := strconv.Atoi(args[1]); err != nil || page != 0 {
		return false
	}
	return e.cfg.Switches.PragmaIgnored || !startsSync(q)
}

func startsSync(q *request) bool {
	for _, v := range q.header.Values("Pragma") {
		if strings.Contains(strings.ToLower(v), "umapi-sync-start") {
			return true
		}
	}
	return false
}
