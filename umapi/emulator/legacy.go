package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// The deprecated endpoints have the organisation first in their path. They
// answer bare arrays, with all that is to be said about pages in the headers,
// and name the fields of users in another way than the current reads do.

// oldPerPage is the most that one page of them holds (getUsersREST).
const oldPerPage = 400

// oldFirstGroupPage is the number of the first page of user groups, as Adobe's
// client counts. Page 0 is the first one too. All other lists begin with 0.
const oldFirstGroupPage = 1

// The codes that are documented. Each is its own message.
const (
	oldGroupNotFound      = "GROUP_NOT_FOUND"
	oldProfileNotFound    = "PLC_NOT_FOUND"
	oldDuplicateGroupName = "DUPLICATE_GROUP_NAME"
)

// oldProblem is the body of an error. It has no code where none is documented.
type oldProblem struct {
	Message string `json:"errorMessage"`
	Code    string `json:"errorCode,omitempty"`
}

// oldRefusal is the answer for one of the documented codes.
func oldRefusal(status int, code string) reply {
	return oldError(status, oldProblem{Message: code, Code: code})
}

// oldMistake is the answer to a request that is wrong in a way without a
// documented code.
func oldMistake(status int, format string, args ...any) reply {
	return oldError(status, oldProblem{Message: fmt.Sprintf(format, args...)})
}

func oldError(status int, body oldProblem) reply {
	r := jsonReply(status, body)
	r.result = body.Code
	return r
}

// oldPage finds the page of a list of total entries that q asks for, of which
// the first has the number first. Without a number it is the first, and after
// the last one the last again, unless the switch has it empty or not found.
// Where there is no page it returns the answer to give.
func (e *Emulator) oldPage(q *request, first, total, size int) (page, *reply) {
	asked := first
	if text := q.query.Get("page"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			r := badPage(text)
			return page{}, &r
		}
		asked = n
	}
	index := max(0, asked-first)
	p, _ := cut(strconv.Itoa(index), total, min(size, oldPerPage))
	if !p.beyond {
		return p, nil
	}
	switch e.cfg.Switches.PageBeyondEnd {
	case BeyondEndEmptyBody:
		p.number, p.from, p.to = index, total, total
	case BeyondEndNotFound:
		r := oldMistake(http.StatusNotFound, "Page not found: %d", asked)
		return page{}, &r
	}
	return p, nil
}

// describeOld adds the paging headers of p.
func (p page) describeOld(r *reply, first int) {
	p.number += first
	p.describe(r)
}

// oldList is a list before a page is cut out of it.
type oldList[T, B any] struct {
	name    string // of the list, whose order hangs on it
	first   int    // number of the first page
	size    int    // of a page, if it is not too large
	entries roll[T]
	hidden  int // entries that are counted and not listed
	number  func(*T) uint64
	show    func(*T) B
}

// serve answers the page that q asks for.
func (l oldList[T, B]) serve(e *Emulator, q *request) reply {
	p, refusal := e.oldPage(q, l.first, l.entries.len(), l.size)
	if refusal != nil {
		return *refusal
	}
	body := make([]B, 0, p.to-p.from)
	for _, entry := range pageOf(e, l.name, p, l.entries, l.number) {
		body = append(body, l.show(entry))
	}
	r := jsonReply(http.StatusOK, body)
	p.total += l.hidden
	p.describeOld(&r, l.first)
	return r
}

// checkOldBody makes sure that the body of q is JSON and not too large.
// Otherwise it returns the answer to give.
func (e *Emulator) checkOldBody(q *request) *reply {
	var r reply
	switch tooLarge := len(q.body) > e.cfg.MaxBody; {
	case tooLarge && e.cfg.Switches.LargeBody413:
		r = oldMistake(http.StatusRequestEntityTooLarge, "Body is too large")
	case tooLarge, !json.Valid(q.body):
		r = oldMistake(http.StatusBadRequest, "Expected a valid JSON payload")
	default:
		return nil
	}
	return &r
}
