package scim

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/scim-bridge/scim-bridge/directory"
)

// requestKey is the context's key of the request's id.
type requestKey struct{}

// identify gives each request an id of ours; what a client sends as one is not
// believed, since the log and the journal join lines by it.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := newID()
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, id)))
	})
}

// requestID returns the id that identify gave.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// newID mints an id: URL-safe, unique over all orgs, never reused, and ordered
// by time (RFC 9562 section 5.7), so that an index of them grows at its end.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// origin says who asks for a change, for the journal.
func origin(r *http.Request) directory.Origin {
	return directory.Origin{
		Actor:     actor(r.Context()),
		RequestID: requestID(r.Context()),
		At:        time.Now().UTC().Truncate(time.Microsecond),
	}
}

// guard turns a panic into a 500 that says nothing of the inside.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := &tracker{ResponseWriter: w}
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			id := requestID(r.Context())
			s.log.ErrorContext(r.Context(), "request panicked", "request_id", id,
				"method", r.Method, "path", r.URL.Path, "panic", cause, "stack", string(debug.Stack()))
			if t.started {
				panic(http.ErrAbortHandler)
			}
			s.writeFailure(w, r, refuse(http.StatusInternalServerError, ""), "an internal error (request "+id+")")
		}()
		next.ServeHTTP(t, r)
	})
}

// tracker notes whether an answer has begun.
type tracker struct {
	http.ResponseWriter
	started bool
}

// WriteHeader implements http.ResponseWriter.
func (t *tracker) WriteHeader(status int) {
	t.started = true
	t.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (t *tracker) Write(p []byte) (int, error) {
	t.started = true
	return t.ResponseWriter.Write(p)
}

// Unwrap gives http.ResponseController what it looks for.
func (t *tracker) Unwrap() http.ResponseWriter { return t.ResponseWriter }
