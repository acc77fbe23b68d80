package umapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// The results of a [Reply].
const (
	ResultSuccess = "success" // each command was done
	ResultPartial = "partial" // some commands were done
	ResultError   = "error"   // no command was done
)

// Reply is the answer to an action call that the service understood. That it
// came says nothing about the commands: all of them may have failed. See
// "Response" in ActionsRef.
type Reply struct {
	Result string
	// Completed and NotCompleted count commands. With CompletedInTestMode they
	// add up to those sent.
	Completed, NotCompleted int
	// CompletedInTestMode counts, in place of Completed, the commands that would
	// have been done. It is 0 in the reply to [Client.Act].
	CompletedInTestMode int
	// TestOnly marks the reply to [Client.Try]: nothing was to be changed.
	TestOnly bool
	Errors   []CommandError
	Warnings []CommandWarning
	// RequestID is the X-Request-Id of the exchange, for Adobe's support.
	RequestID string
}

// CommandError is one thing that went wrong with one command. A command may
// have several. What its other steps did is not known.
type CommandError struct {
	// Index is the position of the command in the call, from 0, and -1 if the
	// reply did not say.
	Index int
	// Step is the position of the step in the command, from 0, and -1 if the
	// reply did not say.
	Step      int
	RequestID string // of the command, if it was sent with one
	User      string // the root, also when it is a user group; may be empty
	Code      string // see Lookup
	Message   string
}

// CommandWarning is a remark on a command, which did not fail for it.
type CommandWarning struct {
	Index, Step int // as in CommandError
	RequestID   string
	User        string
	Code        string
	Message     string
}

// ErrorsOf returns the errors of the command at index, nil if there are none.
func (r Reply) ErrorsOf(index int) []CommandError {
	var of []CommandError
	for _, e := range r.Errors {
		if e.Index == index {
			of = append(of, e)
		}
	}
	return of
}

// Consistent reports whether the reply can be believed as the answer to a call
// of so many commands: the counts add up to it, each error belongs to a command
// that was sent, as many commands have errors as were not completed, and the
// result is success if these are none, and else is not. A command that was done although it should only be tried, or
// only tried although it should be done, belies the reply too. What an
// inconsistent reply says of any single command must be verified by reading.
func (r Reply) Consistent(sent int) bool {
	done, other := r.Completed, r.CompletedInTestMode
	if r.TestOnly {
		done, other = other, done
	}
	if done < 0 || r.NotCompleted < 0 || done+r.NotCompleted != sent || other != 0 {
		return false
	}
	failed := make(map[int]bool)
	for _, e := range r.Errors {
		if e.Index < 0 || e.Index >= sent {
			return false
		}
		failed[e.Index] = true
	}
	return len(failed) == r.NotCompleted && (r.Result == ResultSuccess) == (r.NotCompleted == 0)
}

// replyJSON is a reply as it travels. Fields that are not known are ignored,
// as the documentation demands.
type replyJSON struct {
	Result              looseText    `json:"result"`
	Completed           looseInt     `json:"completed"`
	NotCompleted        looseInt     `json:"notCompleted"`
	CompletedInTestMode looseInt     `json:"completedInTestMode"`
	Errors              []remarkJSON `json:"errors"`
	Warnings            []remarkJSON `json:"warnings"`
}

type remarkJSON struct {
	Index       *looseInt `json:"index"`
	Step        *looseInt `json:"step"`
	RequestID   looseText `json:"requestID"`
	User        looseText `json:"user"`
	ErrorCode   looseText `json:"errorCode"`
	WarningCode looseText `json:"warningCode"`
	Message     looseText `json:"message"`
}

var errUnreadable = errors.New("the answer cannot be read")

// decodeReply reads the body of an answer of 200. It fails unless the body is
// one whole JSON object with one of the known results.
func decodeReply(body []byte) (Reply, error) {
	var wire replyJSON
	if err := json.Unmarshal(body, &wire); err != nil {
		return Reply{}, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	switch wire.Result {
	case ResultSuccess, ResultPartial, ResultError:
	default:
		return Reply{}, fmt.Errorf("%w: its result is not %s, %s or %s", errUnreadable, ResultSuccess, ResultPartial, ResultError)
	}
	r := Reply{
		Result:              string(wire.Result),
		Completed:           position(&wire.Completed),
		NotCompleted:        position(&wire.NotCompleted),
		CompletedInTestMode: position(&wire.CompletedInTestMode),
	}
	for _, e := range wire.Errors {
		r.Errors = append(r.Errors, CommandError{
			Index: position(e.Index), Step: position(e.Step), RequestID: string(e.RequestID),
			User: string(e.User), Code: string(e.ErrorCode), Message: string(e.Message),
		})
	}
	for _, w := range wire.Warnings {
		r.Warnings = append(r.Warnings, CommandWarning{
			Index: position(w.Index), Step: position(w.Step), RequestID: string(w.RequestID),
			User: string(w.User), Code: string(w.WarningCode), Message: string(w.Message),
		})
	}
	return r, nil
}

// position returns a count or position, and -1 for what is missing or cannot be
// one.
func position(n *looseInt) int {
	if n == nil || *n < 0 || *n > math.MaxInt32 {
		return -1
	}
	return int(*n)
}

// looseInt is an integer that may arrive as a number or as a string, since the
// documentation calls step a string and the service sends a number. Anything
// else becomes -1, so that one odd field does not cost the whole answer.
type looseInt int64

// UnmarshalJSON never fails.
func (n *looseInt) UnmarshalJSON(data []byte) error {
	var t looseText
	_ = t.UnmarshalJSON(data)
	i, err := strconv.ParseInt(strings.TrimSpace(string(t)), 10, 64)
	if err != nil {
		i = -1
	}
	*n = looseInt(i)
	return nil
}

// looseText is a string that may arrive as a number. What is neither becomes "".
type looseText string

// UnmarshalJSON never fails.
func (t *looseText) UnmarshalJSON(data []byte) error {
	*t = ""
	var s string
	if json.Unmarshal(data, &s) == nil {
		*t = looseText(s)
		return nil
	}
	var n json.Number
	if json.Unmarshal(data, &n) == nil {
		*t = looseText(n.String())
	}
	return nil
}

// clip shortens a text of the service for an error, and takes line breaks and
// other control characters out of it.
func clip(s string) string {
	const limit = 300
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if runes := []rune(s); len(runes) > limit {
		s = string(runes[:limit]) + "…"
	}
	return s
}
