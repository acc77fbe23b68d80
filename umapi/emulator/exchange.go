package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// errDropped is what a client over RoundTrip sees of a connection that a fault
// cut. Like the real thing it says nothing about what was applied.
var errDropped = fmt.Errorf("emulator: connection dropped: %w", io.ErrUnexpectedEOF)

// request is what came in, taken apart once.
type request struct {
	method   string
	path     string // escaped, as sent
	segments []string
	query    url.Values
	header   http.Header
	body     []byte
	subjects []string // roots of the commands of an action call, folded
}

// readRequest reads r whole. Path segments are unescaped one by one, since a
// group name may hold a slash.
func readRequest(r *http.Request) (*request, error) {
	q := &request{method: r.Method, path: r.URL.EscapedPath(), query: r.URL.Query(), header: r.Header}
	for _, s := range strings.Split(strings.TrimPrefix(q.path, "/"), "/") {
		plain, err := url.PathUnescape(s)
		if err != nil {
			return nil, fmt.Errorf("read path segment %q: %w", s, err)
		}
		q.segments = append(q.segments, plain)
	}
	if r.Body == nil {
		return q, nil
	}
	var err error
	// One byte more than allowed is kept, so that "too large" can be seen.
	q.body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("read request body: %w", err)
	}
	return q, nil
}

// ServeHTTP answers over a real connection. A fault that drops the connection
// aborts the handler, which makes the server close it without an answer.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, err := readRequest(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer, err := e.exchange(r.Context(), q)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if err := answer.writeTo(w); err != nil {
		e.cfg.Log.Debug("client left before the answer", "err", err)
	}
}

// RoundTrip answers r without a connection, whatever its host, so that a client
// can be tested inside a testing/synctest bubble. It returns the error of r's
// context when that ends first, and never applies a request whose context has
// ended already.
func (e *Emulator) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	q, err := readRequest(r)
	if err != nil {
		return nil, err
	}
	answer, err := e.exchange(r.Context(), q)
	if err != nil {
		return nil, err
	}
	return answer.response(r), nil
}

// exchange is one request with everything that may go wrong with it: the faults
// that strike before it is applied, the genuine answer, the faults that strike
// after. It returns errDropped, or the error of ctx.
func (e *Emulator) exchange(ctx context.Context, q *request) (reply, error) {
	entry := &Entry{Time: time.Now(), Method: q.method, Path: q.path}
	q.note(entry)

	answer, err := e.exchangeNoted(ctx, q, entry)
	entry.Status, entry.Result = answer.status, answer.result
	if err != nil {
		entry.Status, entry.Result = 0, ""
		entry.Dropped = errors.Is(err, errDropped)
	}
	e.record(entry)
	if err != nil {
		return reply{}, err
	}
	answer.header.Set("X-Request-Id", e.requestID(q))
	answer.header.Set("Server", "APIP")
	return answer, nil
}

func (e *Emulator) exchangeNoted(ctx context.Context, q *request, entry *Entry) (reply, error) {
	if f := e.takeFault(BeforeApply, q); f != nil {
		entry.Fault = f
		if err := wait(ctx, f.Wait); err != nil {
			return reply{}, err
		}
		if !f.delaysOnly() {
			return f.strike()
		}
	}
	if err := ctx.Err(); err != nil {
		return reply{}, err
	}
	answer := e.serve(q, entry)
	if answer.status >= http.StatusMultipleChoices {
		// Nothing was applied, so no fault can strike after it.
		return answer, nil
	}
	if f := e.takeFault(AfterApply, q); f != nil {
		entry.Fault = f
		if err := wait(ctx, f.Wait); err != nil {
			return reply{}, err
		}
		if !f.delaysOnly() {
			return f.strike()
		}
	}
	return answer, nil
}

// wait pauses for d, or until ctx ends and then returns its error.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// requestID is the X-Request-Id of the answer: the one of the request, else a
// new one of 32 alphanumerics.
func (e *Emulator) requestID(q *request) string {
	if id := q.header.Get("X-Request-Id"); id != "" {
		return id
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	id := make([]byte, 32)
	for i := range id {
		id[i] = alphabet[e.ids.IntN(len(alphabet))]
	}
	return string(id)
}
