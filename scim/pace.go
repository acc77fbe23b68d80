package scim

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// What is sent must move: after patience it is as far as minPace takes it, in
// both directions. The largest body that is accepted by default may so take seven
// minutes, and nobody holds a connection by waiting.
const (
	patience = time.Minute
	minPace  = 64 << 10 // bytes a second
)

// pace moves the deadlines of a connection along with what passes over it. Fixed
// ones would either cut off large groups or let a client wait for as long.
func pace(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		body := &pacedBody{ReadCloser: r.Body, pacer: pacer{deadline: c.SetReadDeadline}}
		r.Body = body
		if r.ContentLength == 0 {
			body.rest()
		}
		next.ServeHTTP(&pacedWriter{ResponseWriter: w, pacer: pacer{deadline: c.SetWriteDeadline}}, r)
	})
}

// pacer is one direction.
type pacer struct {
	// moved is how many bytes passed, waited how long that took. What happens
	// between them takes our time and not the client's.
	moved    int64
	waited   time.Duration
	deadline func(time.Time) error
}

// pass moves the next bytes. A connection without deadlines is a test's.
func (p *pacer) pass(move func([]byte) (int, error), b []byte) (int, error) {
	begun := time.Now()
	_ = p.deadline(begun.Add(patience + time.Duration(p.moved/minPace)*time.Second - p.waited))
	n, err := move(b)
	p.moved += int64(n)
	p.waited += time.Since(begun)
	return n, err
}

// pacedBody is a body that must arrive.
type pacedBody struct {
	io.ReadCloser
	pacer
	err error
}

// Read implements io.Reader. It fails for ever once it was too slow.
func (b *pacedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.pass(b.ReadCloser.Read, p)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.err = tooSlow()
		return n, b.err
	case err != nil:
		b.rest()
	}
	return n, err
}

// rest lets the answer take its time: a deadline for reading that passes
// meanwhile would look as if the client had gone.
func (b *pacedBody) rest() { _ = b.deadline(time.Time{}) }

func tooSlow() error {
	f := refuse(http.StatusRequestTimeout, "the body did not arrive in time; nothing was changed")
	f.header = map[string]string{"Connection": "close"}
	return f
}

// pacedWriter is an answer that must be taken.
type pacedWriter struct {
	http.ResponseWriter
	pacer
}

// Write implements http.ResponseWriter.
func (w *pacedWriter) Write(p []byte) (int, error) { return w.pass(w.ResponseWriter.Write, p) }

// WriteHeader implements http.ResponseWriter. Without a body nothing else would
// renew the deadline before the header is sent.
func (w *pacedWriter) WriteHeader(status int) {
	w.ResponseWriter.WriteHeader(status)
	_, _ = w.pass(func([]byte) (int, error) { return 0, nil }, nil)
}

// Unwrap gives http.ResponseController what it looks for.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
