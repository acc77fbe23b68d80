package emulator

import (
	"math/rand/v2"
	"strings"
	"time"
)

const (
	window = time.Minute
	// listingInterval is how often one may begin to list all users, or all
	// groups. Adobe recommends to start a sync at most this often.
	listingInterval = 2 * time.Hour
	// A lock-out lasts this long. Reported were 30 to 75 minutes, and that
	// Retry-After is above 2000 seconds.
	minLockOut = 2001 * time.Second
	maxLockOut = 4500 * time.Second
)

// throttle keeps the limits of one client: a sliding minute for each kind of
// endpoint, and a lock-out from all of them for listing everything too often.
type throttle struct {
	limits      map[kind]int
	calls       map[kind][]time.Time // admitted within the last minute
	frequency   bool
	begun       map[kind]time.Time // when everything was last listed from the start
	lockedUntil time.Time
	chance      *rand.Rand
}

func newThrottle(cfg Config, chance *rand.Rand) *throttle {
	t := &throttle{
		limits:    map[kind]int{},
		calls:     map[kind][]time.Time{},
		begun:     map[kind]time.Time{},
		frequency: cfg.ReadsPerMinute > 0,
		chance:    chance,
	}
	if cfg.ActionsPerMinute > 0 {
		t.limits[kindAction] = cfg.ActionsPerMinute
	}
	if cfg.ReadsPerMinute > 0 {
		t.limits[kindUsers] = cfg.ReadsPerMinute
		t.limits[kindMembers] = cfg.ReadsPerMinute
		t.limits[kindUser] = cfg.ReadsPerMinute
		t.limits[kindGroups] = max(1, cfg.ReadsPerMinute/5)
	}
	return t
}

// admit returns 0 and counts the call, or how long the client has to wait. A
// call that is refused is not counted. args are those of the endpoint.
func (t *throttle) admit(ep endpoint, q *request, args []string, now time.Time) time.Duration {
	if wait := t.lockedUntil.Sub(now); wait > 0 {
		return wait
	}
	limit := t.limits[ep.kind]
	if limit > 0 {
		calls := t.calls[ep.kind]
		for len(calls) > 0 && now.Sub(calls[0]) >= window {
			calls = calls[1:]
		}
		t.calls[ep.kind] = calls
		if len(calls) >= limit {
			return calls[0].Add(window).Sub(now)
		}
	}
	if wait := t.tooFrequent(ep, q, args, now); wait > 0 {
		return wait
	}
	if limit > 0 {
		t.calls[ep.kind] = append(t.calls[ep.kind], now)
	}
	return 0
}

// tooFrequent locks the client out when it begins to list all users, or all
// groups, for the second time in listingInterval. A request that says it is the
// start of a sync is exempt.
func (t *throttle) tooFrequent(ep endpoint, q *request, args []string, now time.Time) time.Duration {
	begins := (ep.kind == kindUsers || ep.kind == kindGroups) && args[1] == "0"
	if !t.frequency || !begins || startsSync(q) {
		return 0
	}
	last, seen := t.begun[ep.kind]
	if seen && now.Sub(last) < listingInterval {
		lockOut := minLockOut + time.Duration(t.chance.Int64N(int64(maxLockOut-minLockOut)))
		lockOut = lockOut.Round(time.Second)
		t.lockedUntil = now.Add(lockOut)
		return lockOut
	}
	t.begun[ep.kind] = now
	return 0
}

func startsSync(q *request) bool {
	for _, v := range q.header.Values("Pragma") {
		if strings.Contains(strings.ToLower(v), "umapi-sync-start") {
			return true
		}
	}
	return false
}
