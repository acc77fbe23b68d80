package dispatch

import (
	"time"

	"github.com/scim-bridge/scim-bridge/plan"
)

// Backlog is what waits to be sent, in numbers.
type Backlog struct {
	Users, Groups, Memberships int
}

// Clearance is an estimate of when a backlog has been sent.
type Clearance struct {
	// LeastCalls and MostCalls bound how many it takes.
	LeastCalls, MostCalls int
	// Earliest and Latest are when the last of so many is sent.
	Earliest, Latest time.Time
}

// ClearBy estimates when a backlog has been sent, if the first call may be sent at
// from, nothing else comes, and each command succeeds. Each user and each group takes a
// command. Memberships take none as long as the users' commands have room for them,
// and fill commands of their own then; at worst each takes one. A rate of 0 is no limit.
func ClearBy(b Backlog, l plan.Limits, perMinute int, from time.Time) Clearance {
	l = l.OrDefaults()
	perCommand := l.Steps * l.Entries
	subjects := b.Users + b.Groups
	rest := max(0, b.Memberships-b.Users*perCommand)
	c := Clearance{
		LeastCalls: parts(subjects+parts(rest, perCommand), l.Commands),
		MostCalls:  parts(subjects+b.Memberships, l.Commands),
	}
	c.Earliest, c.Latest = lastOf(c.LeastCalls, perMinute, from), lastOf(c.MostCalls, perMinute, from)
	return c
}

// parts is how many parts of a size it takes to hold n.
func parts(n, size int) int { return (n + size - 1) / size }

// lastOf is when the last of so many calls is sent, if they are spread evenly.
func lastOf(calls, perMinute int, from time.Time) time.Time {
	if perMinute == 0 || calls == 0 {
		return from
	}
	return from.Add(time.Duration(calls-1) * perMinuteWindow / time.Duration(perMinute))
}
