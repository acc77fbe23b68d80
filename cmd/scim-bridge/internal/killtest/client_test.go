package killtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// How much a client has to do with.
const (
	mostUsers  = 25
	mostGroups = 4 // of its own
	shared     = 2 // groups that all clients change
	think      = 8 * time.Millisecond
)

// user is a user as a client believes it to be.
type user struct {
	id, name, email, family string
	active, exists          bool
	in                      map[*group]bool
}

// group is a group as a client believes it to be.
type group struct {
	id, name string
	exists   bool
	common   bool // to all clients, who leave it alone but for their own members
}

// about is what a change touches.
type about struct {
	users  []*user
	groups []*group
}

// change is a request, and what it makes true.
type change struct {
	method, path string
	body         any
	about        about
	apply        func(id string) // of what was made
}

// client says things about users and groups of its own, one after the other.
type client struct {
	*speaker
	number int
	chance *rand.Rand
	made   int // names given
	users  []*user
	groups []*group

	life    int64 // of the world that the following is about
	touched about
	doubt   *change // had no answer

	counts  counts
	end     chan struct{}
	stopped sync.WaitGroup
}

// counts are what clients met.
type counts struct {
	acknowledged, doubts, happened, refused, compared int
	wrong                                             []string
}

func (c *counts) add(other counts) {
	c.acknowledged += other.acknowledged
	c.doubts += other.doubts
	c.happened += other.happened
	c.refused += other.refused
	c.compared += other.compared
	c.wrong = append(c.wrong, other.wrong...)
}

func (c counts) String() string {
	return fmt.Sprintf("%d writes acknowledged, %d refused for now, %d in doubt of which %d had happened; %d comparisons, lost or half done: %d",
		c.acknowledged, c.refused, c.doubts, c.happened, c.compared, len(c.wrong))
}

// newClients returns clients, who have made their groups.
func newClients(w *world) []*client {
	all := make([]*client, clients)
	var common []*group
	for i := range all {
		c := &client{
			speaker: newSpeaker(w), number: i, chance: rand.New(rand.NewPCG(*seed, uint64(1+i))), life: w.life.Load(),
		}
		if i == 0 {
			for n := range shared {
				g := &group{name: fmt.Sprintf("shared %d", n), common: true}
				c.do(c.createGroup(g))
				common = append(common, g)
			}
		}
		c.groups = append(c.groups, common...)
		all[i] = c
	}
	return all
}

// start has the client speak until stop.
func (c *client) start() {
	c.end = make(chan struct{})
	c.stopped.Go(func() {
		for {
			select {
			case <-c.end:
				return
			case <-time.After(time.Duration(c.chance.Int64N(int64(2 * think)))):
			}
			if c.settled() {
				c.do(c.next())
			}
		}
	})
}

// stop ends start, after all is known: a process must answer.
func (c *client) stop() {
	close(c.end)
	c.stopped.Wait()
	for !c.settled() {
		time.Sleep(think)
	}
}

// do sends a change and notes what is known then.
func (c *client) do(ch *change) {
	c.touched.users = append(c.touched.users, ch.about.users...)
	c.touched.groups = append(c.touched.groups, ch.about.groups...)
	status, id, err := c.send(ch.method, ch.path, ch.body)
	if errors.Is(err, errNotWhen) {
		c.wrong("%s %s: %d: %v", ch.method, ch.path, status, err)
	}
	switch {
	case err != nil, status == http.StatusServiceUnavailable && c.world.database.mayBeUnsure():
		c.counts.doubts++
		c.doubt = ch
	case later(status):
		c.counts.refused++
	case status >= 300:
		c.wrong("%s %s: %d", ch.method, ch.path, status)
	default:
		c.counts.acknowledged++
		ch.apply(id)
	}
}

func (c *client) wrong(format string, args ...any) {
	c.counts.wrong = append(c.counts.wrong, fmt.Sprintf(format, args...))
}

// settled compares all that was touched with what is said after the program was
// killed, or was in trouble, and reports whether nothing is in doubt.
func (c *client) settled() bool {
	life := c.world.life.Load()
	if life == c.life {
		return c.doubt == nil // else there is trouble, or a kill, that is about to be over
	}
	if ch := c.doubt; ch != nil {
		before, err := c.differences(ch.about)
		if err != nil {
			return false
		}
		if len(before) > 0 {
			ch.apply("")
			c.counts.happened++
		}
		c.doubt = nil
	}
	found, err := c.differences(c.touched)
	if err != nil {
		return false
	}
	for _, f := range found {
		c.wrong("in life %d: %s", life, f)
	}
	c.counts.compared += len(c.touched.users) + len(c.touched.groups)
	c.touched, c.life = about{}, life
	return true
}
