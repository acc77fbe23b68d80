package killtest

import (
	"context"
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
	adobe         http.Handler
	inside        sync.RWMutex // read by calls under way
	before, after atomic.Int64 // kill at the call that counts one of them down to 0
	kill          func()
}

func (g *gate) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if !isAction(r.Method, r.URL.Path) {
		g.adobe.ServeHTTP(rw, r)
		return
	}
	g.inside.RLock()
	defer g.inside.RUnlock()
	// Adobe goes on with a call whose client is gone.
	r = r.WithContext(context.WithoutCancel(r.Context()))
	if g.before.Add(-1) == 0 {
		g.kill()
		panic(http.ErrAbortHandler)
	}
	answer := httptest.NewRecorder()
	time.Sleep(latency / 2)
	g.adobe.ServeHTTP(answer, r)
	if g.after.Add(-1) == 0 {
		g.kill()
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
	g.before.Store(0)
	g.after.Store(0)
	g.inside.Lock()
	defer g.inside.Unlock()
}

func isAction(method, path string) bool {
	return method == http.MethodPost && strings.HasPrefix(path, "/v2/usermanagement/action/")
}
