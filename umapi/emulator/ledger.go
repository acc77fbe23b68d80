package emulator

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Entry is one request that came in. Requests are entered when they have been
// answered, in that order. The bodies of token requests, which hold a secret,
// and their query are left out, as are secrets in the query of any other.
type Entry struct {
	Seq       uint64            `json:"seq"`                // 1 for the first request since New
	Time      time.Time         `json:"time"`               // when it came in
	Method    string            `json:"method"`             // as sent
	Path      string            `json:"path"`               // as sent, escaped
	Query     string            `json:"query,omitempty"`    // sorted by name, empty for the token service
	ClientID  string            `json:"clientId,omitempty"` // that the request names, right or wrong
	RequestID string            `json:"requestId"`          // X-Request-Id of the answer, or what it would have been
	TestOnly  bool              `json:"testOnly,omitempty"` // an action call that was to change nothing
	Commands  []json.RawMessage `json:"commands,omitempty"` // of an action call, as sent
	Status    int               `json:"status"`             // of the answer; 0 if there was none
	Result    string            `json:"result,omitempty"`   // "result" in the answer, if any
	Errors    []CommandError    `json:"errors,omitempty"`   // of an action call, as answered
	Fault     *Fault            `json:"fault,omitempty"`    // that struck the request, or the first that struck a command; nil if none did
	Applied   bool              `json:"applied,omitempty"`  // it changed, or could have changed, the organisation
	Dropped   bool              `json:"dropped,omitempty"`  // a fault cut the connection, before or within the answer
	// Unexpected says what in the request the service does not know: a path, a
	// parameter, a key, a step, or more commands than allowed; or why the request
	// could not be read. Empty for a request in order.
	Unexpected string `json:"unexpected,omitempty"`
}

// CommandError is one entry of "errors" in the answer to an action call.
type CommandError struct {
	Index int    `json:"index"` // of the command
	Step  int    `json:"step"`  // in its "do"
	Code  string `json:"code"`  // errorCode
}

// Bounds of the memory of a ledger, beside its number of entries.
const (
	maxLedgerBytes  = 64 << 20
	entryOverhead   = 400 // bytes of an entry without its texts
	elementOverhead = 40  // bytes of a command or an error without its text
)

// size is about how many bytes e takes.
func (e *Entry) size() int {
	n := entryOverhead + len(e.Path) + len(e.Query) + len(e.ClientID) + len(e.RequestID) + len(e.Unexpected)
	for _, c := range e.Commands {
		n += elementOverhead + len(c)
	}
	for _, x := range e.Errors {
		n += elementOverhead + len(x.Code)
	}
	return n
}

// ledger keeps the last entries, at most limit and about maxLedgerBytes.
type ledger struct {
	limit   int
	seq     uint64
	bytes   int
	entries []Entry
}

// add enters entry, and forgets the oldest ones if there are too many.
func (l *ledger) add(entry *Entry) {
	l.seq++
	entry.Seq = l.seq
	if size := entry.size(); len(l.entries) >= l.limit || l.bytes+size > maxLedgerBytes {
		// A quarter at a time, so that a long run does not copy at each request.
		l.forget(l.limit*3/4, maxLedgerBytes*3/4-size)
	}
	l.entries = append(l.entries, *entry)
	l.bytes += entry.size()
}

// forget drops the oldest entries until there are at most as many, and bytes.
func (l *ledger) forget(entries, bytes int) {
	n := 0
	for n < len(l.entries) && (len(l.entries)-n > entries || l.bytes > bytes) {
		l.bytes -= l.entries[n].size()
		n++
	}
	l.entries = slices.Delete(l.entries, 0, n)
}

// note fills in what can be said of q before it is answered.
func (q *request) note(entry *Entry) {
	if q.segments[0] == "ims" {
		form, err := url.ParseQuery(string(q.body))
		if err != nil || !form.Has("client_id") {
			form = q.query
		}
		entry.ClientID = form.Get("client_id")
		return
	}
	entry.ClientID = q.header.Get("X-Api-Key")
	entry.Query = withoutSecrets(q.query).Encode()
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

// withoutSecrets leaves out what is for the token service alone, and comes here
// when a client has its address wrong.
func withoutSecrets(query url.Values) url.Values {
	rest := maps.Clone(query)
	maps.DeleteFunc(rest, func(name string, _ []string) bool {
		return slices.Contains([]string{"client_secret", "jwt_token"}, name)
	})
	return rest
}

// record enters entry, finished.
func (e *Emulator) record(entry *Entry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ledger.add(entry)
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
	e.ledger.entries, e.ledger.bytes = nil, 0
}
