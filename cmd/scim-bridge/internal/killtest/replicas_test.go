//go:build unix

package killtest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/internal/crashpoint"
)

const (
	// beyond is longer than a lease lasts.
	beyond = 11 * time.Second
	// takeover is how long it may take until another replica dispatches, with what
	// a busy machine adds.
	takeover = 40 * time.Second
)

// What befalls the leader, which is the replica that dispatches, or another one.
const (
	leaderKilled   = "leader killed"
	followerKilled = "follower killed"
	leaderStopped  = "leader stopped" // by an operator
	leaderCutOff   = "leader cut off" // from the database, beyond its lease
	leaderBlinked  = "leader cut off for a moment"
	leaderPaused   = "leader paused" // beyond its lease
	pausedBefore   = "leader paused before it sends"
	pausedAfter    = "leader paused before it settles"
)

var momentsOfReplicas = []string{
	leaderKilled, leaderCutOff, followerKilled, string(crashpoint.Recorded), leaderStopped, leaderPaused, pausedBefore,
	received, leaderBlinked, string(crashpoint.BeforeCommit), pausedAfter, applied, string(crashpoint.Answered),
	string(crashpoint.AfterCommit),
}

func TestKill_NothingIsLostAndAdobeFollowsWithThreeReplicas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newServer(t), 3)
	live(w, momentsOfReplicas, w.killReplica)
}

// killReplica has something befall a replica, and returns what it was. All
// replicas run when it begins.
func (w *world) killReplica(moment string, chance *rand.Rand) string {
	w.open()
	var r *replica
	byItself := true
	switch moment {
	case string(crashpoint.Recorded), string(crashpoint.Answered):
		r = w.arm(fmt.Sprintf("%s:%d", moment, 1+chance.IntN(3)), chance)
		byItself = r.die(3 * reach)
	case string(crashpoint.BeforeCommit), string(crashpoint.AfterCommit):
		r = w.arm(fmt.Sprintf("%s:%d", moment, 1+chance.IntN(40)), chance)
		byItself = r.die(3 * reach)
	case pausedBefore:
		byItself = w.pause(crashpoint.Recorded, chance)
	case pausedAfter:
		byItself = w.pause(crashpoint.Answered, chance)
	case followerKilled:
		leader := w.leader()
		r = w.replicas[chance.IntN(len(w.replicas))]
		for r == leader {
			r = w.replicas[chance.IntN(len(w.replicas))]
		}
		r.die(time.Duration(chance.IntN(500)) * time.Millisecond)
	default:
		r = w.leader()
		time.Sleep(time.Duration(chance.IntN(500)) * time.Millisecond)
		byItself = w.befall(r, moment, chance)
	}
	w.database.(*server).settle(w.t)
	w.life.Add(1)
	w.look()
	if !byItself {
		return moment + missed
	}
	return moment
}

// befall has something befall the leader, and reports whether it was that.
func (w *world) befall(r *replica, moment string, chance *rand.Rand) bool {
	network := w.networkOf(r)
	switch moment {
	case received:
		r.gate.received.Store(1 + chance.Int64N(3))
		return r.die(3 * reach)
	case applied:
		r.gate.applied.Store(1 + chance.Int64N(3))
		return r.die(3 * reach)
	case leaderKilled:
		r.die(0)
	case leaderStopped:
		r.Stop()
	case leaderCutOff:
		network.Cut()
		w.without(r, beyond)
		network.Mend()
		r.AwaitReady()
	case leaderBlinked:
		network.Cut()
		time.Sleep(time.Duration(chance.IntN(3000)) * time.Millisecond)
		network.Mend()
		r.AwaitReady()
	case leaderPaused:
		r.Signal(syscall.SIGSTOP)
		w.resume(r)
	}
	return true
}

// pause has the leader stand still at a point, beyond its lease, and reports whether
// it came to it; else it is killed.
func (w *world) pause(at crashpoint.Point, chance *rand.Rand) bool {
	r := w.arm(fmt.Sprintf("%s:%d:stop", at, 1+chance.IntN(3)), chance)
	for deadline := time.Now().Add(3 * reach); !strings.Contains(r.Output()[r.began:], crashpoint.Standing); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.die(0)
			return false
		}
	}
	w.resume(r)
	return true
}

// resume has a replica that stands still go on when another dispatches.
func (w *world) resume(r *replica) {
	w.without(r, beyond)
	r.Signal(syscall.SIGCONT)
	r.AwaitReady()
}

// without has nobody sent to a replica for a time, in which another begins to
// dispatch.
func (w *world) without(r *replica, d time.Duration) {
	r.out.Store(true)
	defer r.out.Store(false)
	time.Sleep(d)
	require.Eventually(w.t, func() bool { return w.latest() != r }, takeover, 50*time.Millisecond, "no other replica dispatches")
}

// networkOf is the network between a replica and the database.
func (w *world) networkOf(r *replica) interface {
	Cut()
	Mend()
} {
	for i := range w.replicas {
		if w.replicas[i] == r {
			return w.database.(*server).networks[i]
		}
	}
	panic("no such replica")
}

// arm makes a replica the leader that is to die at a point, or to stand still there. It
// may have done so already.
func (w *world) arm(at string, chance *rand.Rand) *replica {
	r := w.replicas[chance.IntN(len(w.replicas))]
	for _, other := range w.replicas {
		if other != r {
			defer other.start("")
		}
	}
	r.Stop()
	r.start(at)
	for _, other := range w.replicas {
		if other != r {
			other.Stop()
		}
	}
	for deadline := time.Now().Add(takeover); r.Runs() && !w.dispatches(r); time.Sleep(50 * time.Millisecond) {
		require.True(w.t, time.Now().Before(deadline), "it does not dispatch\n%s", r.Log())
	}
	return r
}

// leader waits until a replica dispatches, and returns it.
func (w *world) leader() *replica {
	for deadline := time.Now().Add(takeover); ; time.Sleep(50 * time.Millisecond) {
		if r := w.latest(); r.Runs() && w.dispatches(r) {
			return r
		}
		require.True(w.t, time.Now().Before(deadline), "no replica dispatches")
	}
}

// dispatches reports whether a replica began to dispatch since it was started, and no
// other has since.
func (w *world) dispatches(r *replica) bool {
	all := w.tenures()
	last := all[len(all)-1]
	return last.by == r && last.from >= r.began
}

// latest is the replica that began to dispatch last. It may have been killed since,
// and started again.
func (w *world) latest() *replica {
	all := w.tenures()
	return all[len(all)-1].by
}
