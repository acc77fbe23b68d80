package umapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

var (
	// ErrNotFound is wrapped by the error of a read of a user or user group
	// that is not there. A user who was disabled or locked is "not there" too;
	// see getUser.
	ErrNotFound = errors.New("not found")
	// ErrIncomplete is wrapped by the error of a listing that did not reach its
	// end. Nothing may be concluded from what is missing in it.
	ErrIncomplete = errors.New("incomplete listing")
	// ErrInvalid is wrapped by the error of a call that was not made because
	// its arguments are wrong.
	ErrInvalid = errors.New("invalid")
	// ErrDenied is wrapped by the error of a call that was not made because no
	// access token could be had, and none will be before a person acts.
	ErrDenied = errors.New("credentials refused")
)

// Error is the failure of one call.
type Error struct {
	// Op is what was done, "action" or "read user" for instance.
	Op string
	// Status is the HTTP status, 0 if there was no answer. In an error that
	// wraps ErrDenied or another failure to obtain a token it is the status of
	// the token endpoint.
	Status int
	// Code is the service's code for the error, if it gave one.
	Code string
	// Message is the service's text for people, if it gave one, shortened.
	Message string
	// RequestID is the X-Request-Id of the exchange, for Adobe's support.
	RequestID string
	// RetryAfter is the wait that the service asked for, 0 if it did not.
	RetryAfter time.Duration
	// Outcome is what became of the call at the service.
	Outcome Outcome
	// Err is the cause, if there is more to say than the status.
	Err error
}

// Error says what was done and what came back. It holds no secret.
func (e *Error) Error() string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, fmt.Sprintf("status %d", e.Status))
	}
	if e.Code != "" {
		parts = append(parts, e.Code)
	}
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	s := "umapi: " + e.Op + ": " + strings.Join(parts, ": ")
	if e.RetryAfter > 0 {
		s += fmt.Sprintf(" (retry after %s)", e.RetryAfter)
	}
	if e.RequestID != "" {
		s += fmt.Sprintf(" (X-Request-Id %s)", e.RequestID)
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Outcome is what a failed call did at the service.
type Outcome string

// The outcomes. Only what is certain is anything but unknown.
const (
	// OutcomeNotSent: nothing reached the service. The call was invalid, no
	// token could be had, or no connection was made.
	OutcomeNotSent Outcome = "not-sent"
	// OutcomeRefused: the service answered that it did nothing.
	OutcomeRefused Outcome = "refused"
	// OutcomeUnknown: the call may have been applied, wholly or partly. It
	// timed out, the connection broke, the answer was a 5xx or unreadable.
	OutcomeUnknown Outcome = "unknown"
)

// OutcomeOf returns the outcome of the call that failed with err, "" if err is
// nil. An error that is not a client's has an unknown one.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Outcome != "" {
		return e.Outcome
	}
	return OutcomeUnknown
}

// Class is what a failed call means for whoever made it. It is about the call
// as a whole; what an error of a single command means is told by [Lookup].
type Class string

// The classes.
const (
	// ClassTransient: try again later.
	ClassTransient Class = "transient"
	// ClassThrottled: try again, but not before Error.RetryAfter has passed.
	ClassThrottled Class = "throttled"
	// ClassDenied: stop calling until a person acts. Credentials, rights, the
	// organization's id or a URL are wrong, whatever the call asks for.
	ClassDenied Class = "denied"
	// ClassRejected: this call can never succeed as it is.
	ClassRejected Class = "rejected"
	// ClassReread: what was read is not there, or only part of it came. What
	// the caller believed is out of date.
	ClassReread Class = "reread"
)

// ClassOf sorts any error of a client, "" for nil. What it does not know is
// transient.
func ClassOf(err error) Class {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrInvalid):
		return ClassRejected
	case errors.Is(err, ErrDenied):
		return ClassDenied
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrIncomplete):
		return ClassReread
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return ClassTransient
	}
	switch {
	case e.Code == "error.organization.migrating":
		return ClassTransient
	case isDeniedCode(e.Code):
		return ClassDenied
	case e.Code == "error.command.malformed":
		return ClassRejected
	}
	class := classOfStatus(e.Status, e.RetryAfter)
	// Whatever the status: what is about one user or group must not stop all.
	if info, known := Lookup(e.Code); class == ClassDenied && known && info.Topic != TopicService {
		return ClassRejected
	}
	return class
}

// isDeniedCode reports whether the code blames what every call has in common.
func isDeniedCode(code string) bool {
	return code == "error.apikey.invalid" || strings.HasPrefix(code, "error.organization.invalid")
}

func classOfStatus(status int, retryAfter time.Duration) Class {
	switch status {
	case http.StatusTooManyRequests:
		return ClassThrottled
	case http.StatusServiceUnavailable:
		// The limit over all clients used to answer 503 where it says 429 now.
		if retryAfter > 0 {
			return ClassThrottled
		}
		return ClassTransient
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return ClassTransient
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return ClassRejected
	}
	// What remains below 500 is not about the commands: a redirect, a wrong
	// path, a proxy that wants a log-in.
	if status >= 300 && status < 500 {
		return ClassDenied
	}
	return ClassTransient
}

// outcomeOfStatus says what an answer other than 200 proves. A 408 can come
// from something between us and the service that gave up waiting for it.
func outcomeOfStatus(status int) Outcome {
	if status >= 300 && status < 500 && status != http.StatusRequestTimeout {
		return OutcomeRefused
	}
	return OutcomeUnknown
}
