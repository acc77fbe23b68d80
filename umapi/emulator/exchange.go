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
	plain    string // unescaped
	segments []string
	query    url.Values // what can be read of it
	badQuery error      // why the rest cannot
	header   http.Header
	body     []byte
	subjects []string // roots of the commands of an action call, folded
}

// readRequest reads r whole. Path segments are unescaped one by one, since a
// group name may hold a slash. Where the body cannot be read, it returns the
// rest with the error.
func readRequest(r *http.Request, maxBody int) (*request, error) {
	q := &request{method: r.Method, path: r.URL.EscapedPath(), header: http.Header{}}
	q.query, q.badQuery = url.ParseQuery(r.URL.RawQuery)
	for name, values := range r.Header { // canonical, as a server has them
		name = http.CanonicalHeaderKey(name)
		q.header[name] = append(q.header[name], values...)
	}
	for _, s := range strings.Split(strings.TrimPrefix(q.path, "/"), "/") {
		plain, err := url.PathUnescape(s)
		if err != nil {
			panic(err) // EscapedPath is well-formed
		}
		q.segments = append(q.segments, plain)
	}
	q.plain = "/" + strings.Join(q.segments, "/")
	if r.Body == nil {
		return q, nil
	}
	var err error
	// One byte more than allowed is kept, so that "too large" can be seen. What
	// is no action call has the room that it has by default.
	q.body, err = io.ReadAll(io.LimitReader(r.Body, int64(max(maxBody, defaultMaxBody))+1))
	if err != nil {
		return q, fmt.Errorf("read request body: %w", err)
	}
	return q, nil
}

// receive is readRequest, and enters a request that cannot be read whole.
// status is what such a one is answered with; 0 is no answer.
func (e *Emulator) receive(r *http.Request, status int) (*request, error) {
	q, err := readRequest(r, e.cfg.MaxBody)
	if err != nil {
		entry := e.enter(q)
		entry.Status, entry.Unexpected = status, err.Error()
		e.record(entry)
	}
	return q, err
}

// enter begins the entry of q.
func (e *Emulator) enter(q *request) *Entry {
	entry := &Entry{Time: e.Now(), Method: q.method, Path: q.path, RequestID: e.requestID(q)}
	q.note(entry)
	return entry
}

// ServeHTTP answers over a real connection. A fault that drops the connection
// aborts the handler, which makes the server close it without an answer.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, err := e.receive(r, http.StatusBadRequest)
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
	q, err := e.receive(r, 0)
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
func (e *Emulator) exchange(ctx context.Context, q *request) (outcome, error) {
	entry := e.enter(q)
	out, err := e.exchangeNoted(ctx, q, entry)
	entry.Status, entry.Result = out.status, out.result
	entry.Dropped = out.cut > 0 || errors.Is(err, errDropped)
	e.record(entry)
	if err != nil {
		return outcome{}, err
	}
	usual := http.Header{"X-Request-Id": {entry.RequestID}, "Server": {"APIP"}, "Vary": {"Accept-Encoding"}}
	if e.Switches().RequestIDTwice {
		usual.Add("X-Request-Id", entry.RequestID)
	}
	for name, values := range usual {
		if out.header.Get(name) == "" { // else a fault set it
			out.header[name] = values
		}
	}
	return out, nil
}

func (e *Emulator) exchangeNoted(ctx context.Context, q *request, entry *Entry) (outcome, error) {
	before := e.takeFault(BeforeApply, q)
	if before != nil {
		entry.Fault = before
		if err := wait(ctx, before.Wait); err != nil {
			return outcome{}, err
		}
		if !before.genuine() {
			return e.strike(before)
		}
	}
	if err := ctx.Err(); err != nil {
		return outcome{}, err
	}
	out := outcome{reply: e.serve(q, entry)}
	refused := out.status >= http.StatusMultipleChoices
	if before != nil {
		out = before.alter(out, e.Now())
	}
	if refused {
		// Nothing was applied, so no fault can strike after it.
		return out, nil
	}
	after := e.takeFault(AfterApply, q)
	if after == nil {
		return out, nil
	}
	entry.Fault = after
	if err := wait(ctx, after.Wait); err != nil {
		return outcome{}, err
	}
	if !after.genuine() {
		return e.strike(after)
	}
	return after.alter(out, e.Now()), nil
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
