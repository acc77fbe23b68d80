// Package lease is the right of one process to dispatch an org, as the process
// that has it sees it.
//
// The store gives a lease and takes it back; it alone knows who has it. Each time
// that an org changes hands its token grows, and a store refuses what is done
// under an earlier one with [ErrLost]: that is the fence. Adobe knows no tokens.
// So whoever has a lease asks [Lease.Held] right before each request, which goes
// by the clock of the process and is false some time before the store would give
// the org to another.
package lease

import (
	"errors"
	"sync"
	"time"
)

var (
	// ErrLost is the error of what is done under a lease that another has taken or
	// that was given back.
	ErrLost = errors.New("the lease is lost: another process may dispatch the org now")
	// ErrLapsed is the error of a request that is made while a lease could not be
	// renewed in time, and nobody has taken it yet as far as this process knows.
	ErrLapsed = errors.New("the lease could not be renewed in time: nothing is sent until it is")
)

// Lease is the right to dispatch one org. It is safe for concurrent use.
type Lease struct {
	Org string
	// Token is greater than that of every earlier lease of the org.
	Token int64

	lost chan struct{}
	mu   sync.Mutex // guards what is below
	end  time.Time  // zero is never
	gone bool
}

// New makes a lease that holds until it is lost, or until [Lease.Until] says. It
// is for stores.
func New(org string, token int64) *Lease {
	return &Lease{Org: org, Token: token, lost: make(chan struct{})}
}

// Until sets when the lease ends unless it is set again: a time of this process's
// clock. It is for stores.
func (l *Lease) Until(end time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end = end
}

// Lose ends the lease for ever. It is for stores.
func (l *Lease) Lose() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.gone = true
		close(l.lost)
	}
}

// Lost is closed when the lease has ended for ever.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Held returns nil if the lease can be relied on now, else ErrLost or ErrLapsed.
//
// A clock that counts while the process runs may stand still while the machine
// sleeps, and the one on the wall may be set back. So the end has to be ahead by
// both.
func (l *Lease) Held() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch now := time.Now(); {
	case l.gone:
		return ErrLost
	case l.end.IsZero(), now.Before(l.end) && now.Round(0).Before(l.end.Round(0)):
		return nil
	}
	return ErrLapsed
}

// Gate lets requests through while a lease is held. The zero Gate is shut. It is
// safe for concurrent use.
type Gate struct {
	mu    sync.Mutex // guards lease
	lease *Lease
}

// Open has requests depend on a lease, nil for none at all.
func (g *Gate) Open(l *Lease) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lease = l
}

// Pass returns nil if a request may be made now.
func (g *Gate) Pass() error {
	g.mu.Lock()
	l := g.lease
	g.mu.Unlock()
	if l == nil {
		return ErrLost
	}
	return l.Held()
}
