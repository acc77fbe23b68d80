package emulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Moment is the side of the change on which a fault strikes.
type Moment string

const (
	// BeforeApply is when nothing has happened yet: a retry is harmless. It is
	// the default.
	BeforeApply Moment = "before"
	// AfterApply is when it has happened, but the caller cannot know. Such a
	// fault passes over requests that are refused, since those apply nothing.
	AfterApply Moment = "after"
)

// Fault is one way for requests to go wrong. Of several that match a request
// the one injected first strikes; those that are used up are passed over.
type Fault struct {
	// Match is a method and the beginning of a path, with a space between, such
	// as "POST /v2/usermanagement/action". Empty is every request.
	Match string
	// Subject restricts the fault to action calls with a command on this user
	// or user group, compared without case. Empty is every one.
	Subject string
	// Moment is when it strikes; empty is BeforeApply.
	Moment Moment

	// Status is what to answer with. 0 drops the connection. 200 without a Body
	// is the genuine answer, only delayed by Wait.
	Status int
	// Body is sent with Status. Where it is empty, 401 and 429 look as they
	// always do and other answers have no body.
	Body string
	// RetryAfter becomes a Retry-After header in whole seconds, rounded up.
	RetryAfter time.Duration
	// Wait is how long to wait before answering. The request's context can end
	// it: after BeforeApply nothing was applied then.
	Wait time.Duration

	// Code makes the fault an error entry for each matching command of an
	// action call that is otherwise answered normally, with this errorCode and
	// Message. BeforeApply the command is not run, AfterApply it is. Status,
	// Body, RetryAfter and Wait have no effect then.
	Code    string
	Message string

	// Times is how often it strikes before it is used up; 0 is no end.
	Times int
	// Rate is the share of matching requests struck, 0 to 1; 0 means 1.
	Rate float64
}

// armedFault is a fault with what is left of it.
type armedFault struct {
	Fault
	left int // strikes left; negative is no end
}

// Inject arms f from now on.
func (e *Emulator) Inject(f Fault) {
	if f.Moment == "" {
		f.Moment = BeforeApply
	}
	left := f.Times
	if left == 0 {
		left = -1
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = append(e.faults, &armedFault{Fault: f, left: left})
}

// ClearFaults disarms every fault.
func (e *Emulator) ClearFaults() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = nil
}

// takeFault returns the fault that strikes q as a whole at moment, and uses it
// once; nil if none does.
func (e *Emulator) takeFault(moment Moment, q *request) *Fault {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.take(func(f *armedFault) bool {
		return f.Code == "" && f.Moment == moment && f.matches(q) &&
			(f.Subject == "" || slices.Contains(q.subjects, fold(f.Subject)))
	})
}

// takeCodeFault returns the fault that strikes the command on subject in q, and
// uses it once; nil if none does. The caller holds e.mu.
func (e *Emulator) takeCodeFault(q *request, subject string) *Fault {
	return e.take(func(f *armedFault) bool {
		return f.Code != "" && f.matches(q) && (f.Subject == "" || fold(f.Subject) == fold(subject))
	})
}

func (e *Emulator) take(fits func(*armedFault) bool) *Fault {
	for _, f := range e.faults {
		if f.left == 0 || !fits(f) {
			continue
		}
		if f.Rate > 0 && f.Rate < 1 && e.weather.Float64() >= f.Rate {
			continue
		}
		if f.left > 0 {
			f.left--
		}
		taken := f.Fault
		return &taken
	}
	return nil
}

func (f *armedFault) matches(q *request) bool {
	method, path, ok := strings.Cut(f.Match, " ")
	if !ok {
		return f.Match == ""
	}
	return method == q.method && strings.HasPrefix(q.path, path)
}

func (f *Fault) delaysOnly() bool {
	return f.Status == http.StatusOK && f.Body == ""
}

// strike is the answer of a fault that replaces the genuine one.
func (f *Fault) strike() (reply, error) {
	if f.Status == 0 {
		return reply{}, errDropped
	}
	var r reply
	switch {
	case f.Body != "":
		r = reply{status: f.Status, header: http.Header{}, body: []byte(f.Body)}
		r.header.Set("Content-Type", "application/json")
	case f.Status == http.StatusUnauthorized:
		r = unauthorized()
	case f.Status == http.StatusTooManyRequests:
		r = throttled(f.RetryAfter)
		r.header.Del("Retry-After")
	default:
		r = emptyReply(f.Status)
	}
	if f.RetryAfter > 0 {
		r.header.Set("Retry-After", wholeSeconds(f.RetryAfter))
	}
	return r, nil
}
