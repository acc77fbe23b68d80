package scim

import (
	"io"
	"net/http"
	"sync"
)

const (
	// maxRequests is how many requests of authenticated clients are served at a
	// time. It is many times what a machine works on at once: what comes above it
	// would wait, and hold memory meanwhile.
	maxRequests = 512
	// bodyMemory is how many bytes of bodies are held at a time, over all orgs.
	// While one is taken apart it takes several times its size.
	bodyMemory = 64 << 20
	// smallBody is the size up to which a body finds room though large ones take
	// all they may: users go on being changed while groups are being replaced.
	smallBody = 64 << 10
	// bodyStep is what a body of unknown length takes at a time.
	bodyStep = 256 << 10
)

// load bounds what requests take of the machine together. Over a bound a request
// is refused before it takes anything.
type load struct {
	mu sync.Mutex
	// requests and bytes are what is taken, largest the most bytes that ever were.
	requests       int
	bytes, largest int64
	// most is how many bytes may be.
	most int64
}

// newLoad makes room for several bodies of any size that an org accepts.
func newLoad(orgs []Org) *load {
	l := &load{most: bodyMemory}
	for _, o := range orgs {
		l.most = max(l.most, 2*o.Limits.GroupBody, 2*o.Limits.UserBody)
	}
	return l
}

// enter counts a request, and reports whether it may be served.
func (l *load) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.requests == maxRequests {
		return false
	}
	l.requests++
	return true
}

func (l *load) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests--
}

// take makes room for n more bytes of a body, of which so many have been taken.
// A quarter of the room is for small ones.
func (l *load) take(taken, n int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	room := l.most
	if taken+n > smallBody {
		room -= room / 4
	}
	if l.bytes+n > room {
		return false
	}
	l.bytes += n
	l.largest = max(l.largest, l.bytes)
	return true
}

func (l *load) give(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes -= n
}

// admit serves no more requests at a time than there is room for.
func (s *service) admit(next http.Handler) http.Handler {
	return s.endpoint(func(w http.ResponseWriter, r *http.Request) error {
		if !s.load.enter() {
			return later(http.StatusTooManyRequests, retryOverloaded, "too many requests are being served")
		}
		defer s.load.leave()
		next.ServeHTTP(w, r)
		return nil
	})
}

// held accounts for the body of a request from its first byte to the answer.
func (s *service) held(next endpoint) endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		b := &heldBody{ReadCloser: r.Body, load: s.load, announced: r.ContentLength >= 0}
		defer b.release()
		if b.announced && !b.grow(r.ContentLength) {
			return noRoom()
		}
		r.Body = b
		return next(w, r)
	}
}

func noRoom() error {
	return later(http.StatusTooManyRequests, retryOverloaded, "other large requests are being worked on; nothing was changed")
}

// heldBody takes room as it is read, unless its length was announced and taken at
// once: those who come later are then refused before they sent anything.
type heldBody struct {
	io.ReadCloser
	load        *load
	announced   bool
	taken, read int64
}

// Read implements io.Reader.
func (b *heldBody) Read(p []byte) (int, error) {
	if b.announced {
		return b.ReadCloser.Read(p)
	}
	if b.read == b.taken && !b.grow(min(bodyStep, max(b.taken, smallBody/16))) {
		return 0, noRoom()
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.taken-b.read)])
	b.read += int64(n)
	return n, err
}

func (b *heldBody) grow(n int64) bool {
	if !b.load.take(b.taken, n) {
		return false
	}
	b.taken += n
	return true
}

func (b *heldBody) release() {
	b.load.give(b.taken)
	b.taken = 0
}
