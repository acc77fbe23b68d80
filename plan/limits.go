package plan

import (
	"time"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// Limits are how much one call may hold. Zero values mean those of package umapi.
type Limits struct {
	// Commands of a call, Steps of a command, Entries of a step's list.
	Commands, Steps, Entries int
}

// OrDefaults replaces what is zero.
func (l Limits) OrDefaults() Limits {
	if l.Commands == 0 {
		l.Commands = umapi.MaxCommands
	}
	if l.Steps == 0 {
		l.Steps = umapi.MaxSteps
	}
	if l.Entries == 0 {
		l.Entries = umapi.MaxEntries
	}
	return l
}

const (
	// lookAfter is when what a create has made is looked at: a read may be older
	// than a change, though hardly by as much. maxLooks is how often it is tried.
	lookAfter = 2 * time.Minute
	maxLooks  = 3
	// missedFor is how long a reading has to lack a group of ours before it is gone.
	missedFor = lookAfter
	// MaxAttempts is how often a command is tried before its subject is failed.
	MaxAttempts = 10
	// maxRefusals is how many calls are refused as malformed because of one row
	// before it is failed.
	maxRefusals = 4
	// firstBackoff and lastBackoff bound the wait between two attempts.
	firstBackoff = 5 * time.Second
	lastBackoff  = time.Hour
	// patience is how long something waits for what somebody else has until it
	// fails; listingPatience, for a listing of Adobe's groups: each begins two hours
	// after the one before, which may have broken off.
	patience        = time.Hour
	listingPatience = 6 * time.Hour
)

// Backoff is how long to wait after so many vain attempts, from 5 seconds,
// doubling, to an hour.
func Backoff(attempts int) time.Duration {
	d := firstBackoff
	for range attempts {
		if d *= 2; d >= lastBackoff {
			return lastBackoff
		}
	}
	return d
}
