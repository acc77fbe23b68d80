package emulator

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Entry is one request that came in. Requests are entered when they have been
// answered, in that order. The bodies of token requests, which hold a secret,
// and their query are left out.
type Entry struct {
	Seq      uint64            // 1 for the first request since New
	Time     time.Time         // when it came in
	Method   string            // as sent
	Path     string            // as sent, escaped
	Query    string            // as sent, empty for the token service
	TestOnly bool              // an action call that was to change nothing
	Commands []json.RawMessage // of an action call, as sent
	Status   int               // of the answer; 0 if there was none
	Result   string            // "result" in the answer, if any
	Errors   []CommandError    // of an action call, as answered
	Fault    *Fault            // that struck the request, or the first that struck a command; nil if none did
	Applied  bool              // it changed, or could have changed, the organisation
	Dropped  bool              // a fault cut the connection
	// Unexpected says what in the request the service does not know: a path, a
	// key, a step, or more commands than allowed. Empty for a request in order.
	Unexpected string
}

// CommandError is one entry of "errors" in the answer to an action call.
type CommandError struct {
	Index int    // of the command
	Step  int    // in its "do"
	Code  string // errorCode
}

// ledger keeps the last limit entries.
type ledger struct {
	limit   int
	seq     uint64
	entries []Entry
}

// note fills in what can be said of q before it is answered.
func (q *request) note(entry *Entry) {
	if len(q.segments) > 0 && q.segments[0] == "ims" {
		return
	}
	entry.Query = q.query.Encode()
	if !strings.HasPrefix(q.path, "/v2/usermanagement/action/") {
		return
	}
	entry.TestOnly = flag(q.query, "testOnly", false)
	if json.Unmarshal(q.body, &entry.Commands) != nil {
		entry.Commands = nil
	}
	for _, raw := range entry.Commands {
		var root struct {
			User      string `json:"user"`
			UserGroup string `json:"usergroup"`
		}
		if json.Unmarshal(raw, &root) != nil {
			continue
		}
		q.subjects = append(q.subjects, fold(root.User+root.UserGroup))
	}
}

// record enters e, finished.
func (e *Emulator) record(entry *Entry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := &e.ledger
	l.seq++
	entry.Seq = l.seq
	if len(l.entries) >= l.limit {
		// A quarter at a time, so that a long run does not copy at each request.
		l.entries = slices.Delete(l.entries, 0, len(l.entries)-l.limit*3/4)
	}
	l.entries = append(l.entries, *entry)
	if entry.Unexpected != "" {
		e.cfg.Log.Warn("unexpected request", "method", entry.Method, "reason", entry.Unexpected)
	}
}

// Ledger returns what came in since New or [Emulator.ClearLedger], oldest first.
// The entries share their commands with the emulator: read them only.
func (e *Emulator) Ledger() []Entry {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.ledger.entries)
}

// ClearLedger forgets what came in. Seq goes on.
func (e *Emulator) ClearLedger() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ledger.entries = nil
}
