package emulator

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

// outcome is what leaves the emulator: an answer, or the beginning of one.
type outcome struct {
	reply
	cut int // bytes of the body that are sent; 0 is all
}

// genuine reports whether f only alters the answer that the request has anyway.
func (f *Fault) genuine() bool {
	return f.Body == "" && (f.Status == http.StatusOK || f.Status == 0 && f.Truncate > 0)
}

// strike is the answer of a fault that takes the place of the genuine one.
func (e *Emulator) strike(f *Fault) (outcome, error) {
	if f.Status == 0 {
		return outcome{}, errDropped
	}
	var r reply
	switch {
	case f.Body != "":
		r = reply{status: f.Status, header: http.Header{}, body: []byte(f.Body)}
		r.header.Set("Content-Type", "application/json")
	case f.Status == http.StatusUnauthorized:
		e.mu.Lock()
		r = *e.badToken()
		e.mu.Unlock()
	case f.Status == http.StatusTooManyRequests:
		r = throttled(f.RetryAfter)
		r.header.Del("Retry-After")
	default:
		r = emptyReply(f.Status)
	}
	return f.alter(outcome{reply: r}, e.Now()), nil
}

// alter does to an answer what f asks for beside its status and body.
func (f *Fault) alter(out outcome, now time.Time) outcome {
	if f.ContentType != "" {
		out.header.Set("Content-Type", f.ContentType)
	}
	switch {
	case f.RetryAfter > 0 && f.RetryAfterDate:
		out.dateRetry(now, f.RetryAfter)
	case f.RetryAfter > 0:
		out.header.Set("Retry-After", wholeSeconds(f.RetryAfter))
	}
	for name, value := range f.Header {
		out.header.Set(name, value)
	}
	if f.Truncate > 0 && f.Truncate < len(out.body) {
		out.cut = f.Truncate
	}
	return out
}

// writeTo sends what there is of o over a real connection, and aborts the
// handler where the answer ends early: the server closes the connection then.
func (o outcome) writeTo(w http.ResponseWriter) error {
	if o.cut == 0 {
		return o.reply.writeTo(w)
	}
	err := o.reply.writeTo(truncating{w, o.cut})
	err = errors.Join(err, http.NewResponseController(w).Flush())
	if err != nil {
		return err
	}
	panic(http.ErrAbortHandler)
}

// truncating passes on only the first bytes of the first write, and says that
// it was all.
type truncating struct {
	http.ResponseWriter
	limit int
}

func (t truncating) Write(b []byte) (int, error) {
	if _, err := t.ResponseWriter.Write(b[:t.limit]); err != nil {
		return 0, err
	}
	return len(b), nil
}

// response is what there is of o as a client without a connection sees it.
func (o outcome) response(req *http.Request) *http.Response {
	resp := o.reply.response(req)
	if o.cut > 0 {
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(o.body[:o.cut]), broken{}))
	}
	return resp
}

// broken is the end of a connection that broke.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
