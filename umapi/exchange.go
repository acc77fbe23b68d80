package umapi

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// request is one request to the API, before it has a token.
type request struct {
	op     string
	method string
	path   string // escaped, with a query if there is one
	pragma []string
	body   []byte
	limit  int64 // of the answer's body, in bytes
}

// answer is an answer of 200, read to its end.
type answer struct {
	status    int
	header    http.Header
	body      []byte
	requestID string
	token     string // that the request was made with, to keep it out of texts
}

// do makes a request, and once more with a fresh token if the answer is 401:
// then the service did nothing, and a token can be refused because the service
// was restarted or the credential rotated. With [Config].Once it is left to the
// caller to make it again. Every error is an *Error.
func (c *Client) do(ctx context.Context, r request) (answer, error) {
	a, err := c.attempt(ctx, r)
	if e, ok := errors.AsType[*Error](err); !ok || e.Op == opToken || e.Status != http.StatusUnauthorized {
		return a, err
	}
	if dropped := c.tokens.drop(ctx, a.token); dropped != nil {
		return answer{}, dropped
	}
	if c.cfg.Once {
		return a, err
	}
	return c.attempt(ctx, r)
}

func (c *Client) attempt(ctx context.Context, r request) (answer, error) {
	notSent := func(err error) error { return &Error{Op: r.op, Outcome: OutcomeNotSent, Err: err} }
	if err := ctx.Err(); err != nil {
		return answer{}, notSent(err)
	}
	token, err := c.tokens.get(ctx)
	if err != nil {
		return answer{}, err
	}
	if err := cmp.Or(ctx.Err(), c.cfg.Allow()); err != nil {
		return answer{}, notSent(err)
	}
	start := time.Now()
	a, err := c.send(ctx, r, token)
	logRequest(ctx, c.cfg.Log, r.op, a, err, time.Since(start))
	return a, err
}

// logRequest writes the line of one request. What failed knows its own status and id.
func logRequest(ctx context.Context, log *slog.Logger, op string, a answer, err error, took time.Duration) {
	if e, ok := errors.AsType[*Error](err); ok {
		a.status, a.requestID = e.Status, e.RequestID
	}
	attrs := []any{"op", op, "status", a.status, "request_id", a.requestID, "duration", took}
	if err != nil {
		attrs = append(attrs, "outcome", string(OutcomeOf(err)), "class", string(ClassOf(err)))
	}
	log.DebugContext(ctx, "umapi request", attrs...)
}

// send makes one request and reads the answer. The answer is returned with an
// error too, as far as it came.
func (c *Client) send(ctx context.Context, r request, token string) (answer, error) {
	attempt, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	var seen sightings
	a := answer{token: token, requestID: rand.Text()}
	req, err := c.build(httptrace.WithClientTrace(attempt, seen.trace()), r, a)
	if err != nil {
		return a, &Error{Op: r.op, Outcome: OutcomeNotSent, Err: scrubError(withoutURL(err), token)}
	}
	failed := func(err error, outcome Outcome) error {
		err = withoutURL(err)
		if attempt.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("no whole answer within %s: %w", c.cfg.Timeout, err)
		}
		return &Error{Op: r.op, Status: a.status, RequestID: a.requestID, Outcome: outcome, Err: scrubError(err, token)}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return a, failed(err, seen.outcome())
	}
	defer resp.Body.Close()
	a.status, a.header = resp.StatusCode, resp.Header
	if id := requestIDOf(resp.Header, token); id != "" {
		a.requestID = id
	}
	if resp.StatusCode != http.StatusOK {
		return a, refusal(r.op, a, resp.Body)
	}
	a.body, err = readAll(resp.Body, r.limit)
	if err != nil {
		return a, failed(err, OutcomeUnknown)
	}
	return a, nil
}

// build makes the HTTP request. It can be sent only once: without GetBody and
// without an Idempotency-Key net/http has neither the means nor the leave to
// send a POST again by itself, even where it believes that nothing was written.
func (c *Client) build(ctx context.Context, r request, a answer) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		body = &allowed{body: bytes.NewReader(r.body), allow: c.cfg.Allow}
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.cfg.URL+r.path, body)
	if err != nil {
		return nil, err
	}
	req.GetBody, req.ContentLength = nil, int64(len(r.body))
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("X-Api-Key", c.cfg.ClientID)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	req.Header.Set("X-Request-Id", a.requestID)
	for _, p := range r.pragma {
		req.Header.Add("Pragma", p)
	}
	if r.body != nil {
		// Without charset: one published client found that the service minds.
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// allowed is a body that is not sent unless it may be when its turn comes: to connect
// may have taken a while.
type allowed struct {
	body  io.Reader
	allow func() error // nil once it was asked
}

// Read implements io.Reader.
func (a *allowed) Read(p []byte) (int, error) {
	if a.allow != nil {
		if err := a.allow(); err != nil {
			return 0, err
		}
		a.allow = nil
	}
	return a.body.Read(p)
}

// sightings notes how far a request came. Only the whole of it is proof: a
// transport that reported that it looks for a connection, and never that it got
// one, wrote nothing. What is reported later proves nothing, since the request
// is written by another goroutine, and a transport that reports nothing may
// have done anything.
type sightings struct {
	looked, connected atomic.Bool
}

func (s *sightings) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { s.looked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { s.connected.Store(true) },
	}
}

func (s *sightings) outcome() Outcome {
	if s.looked.Load() && !s.connected.Load() {
		return OutcomeNotSent
	}
	return OutcomeUnknown
}

// refusal makes an error of an answer other than 200. Its body is read as far
// as it can be and never relied on: many of these answers have none, and some
// come from a proxy in HTML.
func refusal(op string, a answer, body io.Reader) error {
	const limit = 64 << 10
	data, _ := io.ReadAll(io.LimitReader(body, limit))
	code, message := errorBody(data, a.token)
	if code == "" && message == "" {
		message = clean(a.header.Get("WWW-Authenticate"), a.token)
	}
	if code == "" && message == "" {
		message = strings.ToLower(http.StatusText(a.status))
	}
	return &Error{
		Op:         op,
		Status:     a.status,
		Code:       code,
		Message:    message,
		RequestID:  a.requestID,
		RetryAfter: retryAfter(a.header),
		Outcome:    outcomeOfStatus(a.status),
	}
}

// errorBody takes code and text from the shapes that errors come in: the API's,
// that of its older calls, and the gateway's before it. Both come back without
// the secrets.
func errorBody(data []byte, secrets ...string) (code, message string) {
	var body struct {
		Result       looseText `json:"result"`
		Message      looseText `json:"message"`
		OldCode      looseText `json:"errorCode"`
		OldMessage   looseText `json:"errorMessage"`
		GatewayCode  looseText `json:"error_code"`
		GatewayError looseText `json:"error"`
	}
	if json.Unmarshal(data, &body) != nil {
		return "", ""
	}
	first := func(texts ...looseText) string {
		for _, t := range texts {
			if t != "" && t != ResultSuccess && t != ResultPartial && t != ResultError {
				return clean(string(t), secrets...)
			}
		}
		return ""
	}
	return first(body.Result, body.OldCode, body.GatewayCode, body.GatewayError), first(body.Message, body.OldMessage)
}

// readAll reads all of r, which must not be longer than limit.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%w: it is longer than %d bytes", errUnreadable, limit)
	}
	return data, nil
}

// requestIDOf returns the exchange's id, which the service was seen to send
// twice in one header.
func requestIDOf(h http.Header, secrets ...string) string {
	id, _, _ := strings.Cut(h.Get("X-Request-Id"), ",")
	return clean(strings.TrimSpace(id), secrets...)
}

// maxRetryAfter bounds what is believed of a Retry-After. The longest that Adobe
// was seen to ask for is about 75 minutes.
const maxRetryAfter = 24 * time.Hour

// retryAfter returns the wait that an answer asks for, in either of the forms
// of RFC 9110, section 10.2.3. A date is compared with the answer's own, so that
// clocks need not agree.
func retryAfter(h http.Header) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		seconds = min(max(seconds, 0), int64(maxRetryAfter/time.Second))
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
