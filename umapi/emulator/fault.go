package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Moment is the side of the change on which a fault strikes.
type Moment string

// The moments.
const (
	// BeforeApply is when nothing has happened yet: a retry is harmless. It is
	// the default.
	BeforeApply Moment = "before"
	// AfterApply is when it has happened, but the caller cannot know. Such a
	// fault passes over requests that are refused, since those apply nothing.
	AfterApply Moment = "after"
)

// Fault is one way for requests to go wrong. Of several that match a request
// the one injected first strikes; those that are used up are gone.
//
// It is one of three. With a Code it is an error of single commands. With a
// Status, and for 200 also a Body, it takes the place of the genuine answer; a
// Status of 0 is a connection that is dropped without one. With a Status of
// 200 and no Body, or of 0 and Truncate, the genuine answer is given, and
// altered as the other fields say; the request is applied then, whatever the
// Moment.
//
// In JSON durations are strings such as "90s" or "1h30m".
type Fault struct {
	// Match is a method and the beginning of a path, with a space between, such
	// as "POST /v2/usermanagement/action". The path is compared as sent and
	// unescaped. Empty is every request.
	Match string `json:"match,omitempty"`
	// Subject restricts the fault to action calls with a command on this user
	// or user group, compared without case. Empty is every one.
	Subject string `json:"subject,omitempty"`
	// Moment is when it strikes; empty is BeforeApply.
	Moment Moment `json:"moment,omitempty"`

	// Status is what to answer with, 200 to 599.
	Status int `json:"status,omitempty"`
	// Body is sent with Status. Where it is empty, 401 and 429 look as they
	// always do and other answers have no body.
	Body string `json:"body,omitempty"`
	// ContentType is that of the answer; by default that of JSON with a Body,
	// else what it would be anyway.
	ContentType string `json:"contentType,omitempty"`
	// Header holds further headers of the answer. They win over those that it
	// has.
	Header map[string]string `json:"header,omitempty"`
	// RetryAfter becomes a Retry-After header in whole seconds, rounded up.
	RetryAfter time.Duration `json:"retryAfter,omitempty"`
	// RetryAfterDate makes it a date, by the clock of the emulator, which the
	// header Date shows then.
	RetryAfterDate bool `json:"retryAfterDate,omitempty"`
	// Wait is how long to wait before answering. The request's context can end
	// it: after BeforeApply nothing was applied then.
	Wait time.Duration `json:"wait,omitempty"`
	// Truncate is the number of bytes of the body after which the connection is
	// dropped, although Content-Length promises all of them. A body that is no
	// longer arrives whole, and so does every body if it is 0.
	Truncate int `json:"truncate,omitempty"`

	// Code makes the fault an error entry for each matching command of an
	// action call that is otherwise answered normally, with this errorCode,
	// Message and Step. AfterApply the command is run nevertheless, BeforeApply
	// only its steps before Step are.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	// Step is the position in "do", from 0. One beyond the last is the last.
	Step int `json:"step,omitempty"`

	// Times is how often it strikes before it is used up; 0 is no end.
	Times int `json:"times,omitempty"`
	// Rate is the share of matching requests struck, 0 to 1; 0 means 1.
	Rate float64 `json:"rate,omitempty"`
}

// ArmedFault is a fault with what became of it so far.
type ArmedFault struct {
	Fault  Fault `json:"fault"`
	Struck int   `json:"struck"` // how often
	Left   int   `json:"left"`   // strikes left; -1 is no end
}

// Inject arms faults from now on, after those that are armed already. Its error
// names everything that is wrong with them; then none is armed.
func (e *Emulator) Inject(faults ...Fault) error {
	armed, err := arm(faults)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = append(e.faults, armed...)
	return nil
}

func arm(faults []Fault) ([]*ArmedFault, error) {
	var problems []error
	armed := make([]*ArmedFault, len(faults))
	for i, f := range faults {
		if err := f.check(); err != nil && len(faults) > 1 {
			problems = append(problems, fmt.Errorf("fault %d: %w", i, err))
		} else if err != nil {
			problems = append(problems, fmt.Errorf("fault: %w", err))
		}
		f.Moment = cmp.Or(f.Moment, BeforeApply)
		f.Header = maps.Clone(f.Header)
		armed[i] = &ArmedFault{Fault: f, Left: cmp.Or(f.Times, -1)}
	}
	return armed, errors.Join(problems...)
}

// Faults returns what is armed, in the order in which it strikes. Used up
// faults are not among them.
func (e *Emulator) Faults() []ArmedFault {
	e.mu.Lock()
	defer e.mu.Unlock()
	armed := make([]ArmedFault, len(e.faults))
	for i, f := range e.faults {
		armed[i] = *f
		armed[i].Fault.Header = maps.Clone(f.Fault.Header)
	}
	return armed
}

// ClearFaults disarms every fault.
func (e *Emulator) ClearFaults() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = nil
}

// Seed returns the seed of all chance. Which faults strike follows from it and
// from the order of the requests, and from nothing else.
func (e *Emulator) Seed() uint64 { return e.cfg.Seed }

// takeFault returns the fault that strikes q as a whole at moment, and uses it
// once; nil if none does.
func (e *Emulator) takeFault(moment Moment, q *request) *Fault {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.take(func(f *Fault) bool {
		return f.Code == "" && f.Moment == moment && f.matches(q) &&
			(f.Subject == "" || slices.Contains(q.subjects, fold(f.Subject)))
	})
}

// takeCodeFault returns the fault that strikes the command on subject in q, and
// uses it once; nil if none does. The caller holds e.mu.
func (e *Emulator) takeCodeFault(q *request, subject string) *Fault {
	return e.take(func(f *Fault) bool {
		return f.Code != "" && f.matches(q) && (f.Subject == "" || fold(f.Subject) == fold(subject))
	})
}

func (e *Emulator) take(fits func(*Fault) bool) *Fault {
	for i, f := range e.faults {
		if !fits(&f.Fault) {
			continue
		}
		if f.Fault.Rate > 0 && f.Fault.Rate < 1 && e.weather.Float64() >= f.Fault.Rate {
			continue
		}
		f.Struck++
		if f.Left > 0 {
			f.Left--
		}
		if f.Left == 0 {
			e.faults = slices.Delete(e.faults, i, i+1)
		}
		taken := f.Fault
		return &taken
	}
	return nil
}

func (f *Fault) matches(q *request) bool {
	method, path, _ := strings.Cut(f.Match, " ")
	return f.Match == "" || method == q.method &&
		(strings.HasPrefix(q.path, path) || strings.HasPrefix(q.plain, path))
}

// spared returns the command without the steps that f keeps from being run.
func (f *Fault) spared(cmd *command) *command {
	if f == nil || f.Moment == AfterApply {
		return cmd
	}
	left := *cmd
	left.steps = slices.DeleteFunc(slices.Clone(cmd.steps), func(s placedStep) bool { return s.index >= f.stepOf(cmd) })
	return &left
}

// stepOf is the step of cmd that f is reported for.
func (f *Fault) stepOf(cmd *command) int {
	last := 0
	for _, s := range cmd.steps {
		last = max(last, s.index)
	}
	return min(f.Step, last)
}
