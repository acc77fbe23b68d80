package killtest

import (
	"sync/atomic"
	"time"

	"github.com/scim-bridge/scim-bridge/cmd/scim-bridge/internal/programtest"
	"github.com/scim-bridge/scim-bridge/internal/crashpoint"
)

// replica is a program that lives and dies, with a gate between it and Adobe.
type replica struct {
	*programtest.Program
	gate *gate

	logged int         // bytes of the log that were read
	began  int         // bytes of the log that are of earlier processes
	out    atomic.Bool // nobody is sent there, as a load balancer would have it
}

// start starts a process that is to die at a point, if one is named.
func (r *replica) start(at string) {
	r.began = len(r.Output())
	r.Launch(crashpoint.Variable + "=" + at)
}

// die waits for the process to die, kills it after patience, and reports whether
// that was not needed. Calls that are still with Adobe have come to an end.
func (r *replica) die(patience time.Duration) (byItself bool) {
	byItself = r.Die(patience)
	r.gate.rest()
	return byItself
}

// newLog returns what was said since it was asked last.
func (r *replica) newLog() string {
	text := r.Output()
	news := text[r.logged:]
	r.logged = len(text)
	return news
}
