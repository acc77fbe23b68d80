package killtest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// latency is how long Adobe takes for a call, so that a kill meets one often.
const latency = 30 * time.Millisecond

// gate stands before Adobe, for one process.
type gate struct {
	adobe             http.Handler
	inside            sync.RWMutex // read by calls under way
	received, applied atomic.Int64 // kill at the call that counts one of them down to 0
	kill              func()
	all               *calling
}

// calling is what gates see of the calls of all processes.
type calling struct {
	now  atomic.Int64 // with Adobe
	most atomic.Int64

	mu      sync.Mutex
	arrived []arrival
}

// arrival is a call that came to Adobe, or almost.
type arrival struct {
	at   time.Time
	by   *gate
	call string // its id
	cut  bool   // its process was killed before it had the answer
}

// begin notes a call, and returns its place.
func (c *calling) begin(a arrival) int {
	for now := c.now.Add(1); ; {
		most := c.most.Load()
		if now <= most || c.most.CompareAndSwap(most, now) {
			break
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.arrived = append(c.arrived, a)
	return len(c.arrived) - 1
}

func (c *calling) end() { c.now.Add(-1) }

// cut notes that a process was killed over a call.
func (c *calling) cut(place int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.arrived[place].cut = true
}

// before puts the gate before Adobe.
func (g *gate) before(adobe http.Handler) http.Handler {
	g.adobe = adobe
	return g
}

func (g *gate) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // who sent it was killed over it
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !isAction(r.Method, r.URL.Path) {
		g.adobe.ServeHTTP(rw, r)
		return
	}
	g.inside.RLock()
	defer g.inside.RUnlock()
	place := g.all.begin(arrival{at: time.Now(), by: g, call: callOf(body)})
	defer g.all.end()
	// Adobe goes on with a call whose client is gone.
	r = r.WithContext(context.WithoutCancel(r.Context()))
	if g.received.Add(-1) == 0 {
		g.kill()
		g.all.cut(place)
		panic(http.ErrAbortHandler)
	}
	answer := httptest.NewRecorder()
	time.Sleep(latency / 2)
	g.adobe.ServeHTTP(answer, r)
	if g.applied.Add(-1) == 0 {
		g.kill()
		g.all.cut(place)
		panic(http.ErrAbortHandler)
	}
	time.Sleep(latency / 2)
	for name, values := range answer.Header() {
		rw.Header()[name] = values
	}
	rw.WriteHeader(answer.Code)
	_, _ = rw.Write(answer.Body.Bytes())
}

// rest waits until no call is with Adobe any more, and kills nobody.
func (g *gate) rest() {
	g.received.Store(0)
	g.applied.Store(0)
	g.inside.Lock()
	defer g.inside.Unlock()
}

func isAction(method, path string) bool {
	return method == http.MethodPost && strings.HasPrefix(path, "/v2/usermanagement/action/")
}
