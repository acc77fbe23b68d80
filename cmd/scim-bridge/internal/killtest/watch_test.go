package killtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// watch reads what comes to Adobe, and notes what should not.
type watch struct {
	adobe *emulator.Emulator
	seen  uint64                       // the last entry of the ledger that was read
	calls map[string][]json.RawMessage // commands of the calls that were not taken for lost, by id
	// open are the subjects of commands in lost calls that are not safe to repeat, by
	// each name that they may have: nothing may be sent about one before it was read.
	open map[string]*lost
	// orphans are the groups that a lost call may have made. Such a group counts as
	// somebody else's, and is never removed.
	orphans map[string]bool

	sent, commands, losses int
	wrong                  []string
}

// lost is a command that may have been done, and must not be done again unseen.
type lost struct {
	text  string
	group bool // is its subject, and not a user
	read  bool // its subject was, since
}

func newWatch(adobe *emulator.Emulator) *watch {
	return &watch{adobe: adobe, calls: map[string][]json.RawMessage{}, open: map[string]*lost{}, orphans: map[string]bool{}}
}

func (w *watch) String() string {
	return fmt.Sprintf("%d calls with %d commands reached Adobe, %d calls were lost with their process; wrong: %d",
		w.sent, w.commands, w.losses, len(w.wrong))
}

// command is what is asked of a command here.
type command struct {
	User, UserGroup, RequestID string

	Do []map[string]json.RawMessage
}

// call is the id of the call that a command is part of.
func (c command) call() string { return c.RequestID[:max(0, strings.LastIndexByte(c.RequestID, '-'))] }

// callOf is the id of the call with this body.
func callOf(body []byte) string {
	var all []command
	if err := json.Unmarshal(body, &all); err != nil || len(all) == 0 {
		return "" // which is wrong, and in the ledger
	}
	return all[0].call()
}

// unsafe returns the names that the subject of a command may have after it if the
// command cannot simply be repeated, else none.
func (c command) unsafe() []string {
	for _, step := range c.Do {
		for kind, text := range step {
			var to struct{ Email, Username, Name string }
			_ = json.Unmarshal(text, &to) // of another shape: no such step
			switch {
			case kind == "update" && to.Email+to.Username != "":
				return []string{c.User, to.Email}
			case kind == "createUserGroup", kind == "updateUserGroup", kind == "deleteUserGroup":
				return []string{c.UserGroup, to.Name}
			}
		}
	}
	return nil
}

// read goes on in the ledger, and in what the logs of the processes say that is new.
func (w *watch) read(logs []string) {
	lost := losses(logs)
	for _, e := range w.adobe.Ledger() {
		if e.Seq <= w.seen {
			continue
		}
		w.seen = e.Seq
		for len(lost) > 0 && lost[0].at.Before(e.Time) {
			w.loseCall(lost[0].call)
			lost = lost[1:]
		}
		if e.Unexpected != "" || e.Status == http.StatusTooManyRequests {
			w.wrong = append(w.wrong, fmt.Sprintf("%s %s: %d %s", e.Method, e.Path, e.Status, e.Unexpected))
		}
		switch {
		case isAction(e.Method, e.Path):
			w.call(e)
		case e.Method == http.MethodGet:
			w.looked(e.Path)
		}
	}
	for _, l := range lost {
		w.loseCall(l.call)
	}
}

// loss is a line of a log about a call that was never settled. A process says what
// it takes for lost before it sends anything.
type loss struct {
	at   time.Time
	call string
}

var lostCall = regexp.MustCompile(`"time":"([^"]+)"[^\n]*it is taken for lost"[^\n]*?"call_id":"([^"]+)"`)

// losses finds them in logs, the oldest first.
func losses(logs []string) []loss {
	var all []loss
	for _, log := range logs {
		for _, match := range lostCall.FindAllStringSubmatch(log, -1) {
			at, _ := time.Parse(time.RFC3339Nano, match[1]) // which slog wrote
			all = append(all, loss{at, match[2]})
		}
	}
	slices.SortFunc(all, func(a, b loss) int { return a.at.Compare(b.at) })
	return all
}

// loseCall notes that a call is taken for lost.
func (w *watch) loseCall(id string) {
	w.losses++
	for _, text := range w.calls[id] {
		w.lose(text)
	}
	delete(w.calls, id) // it may be said again by a process that was killed over it
}

// lose notes a command of a lost call.
func (w *watch) lose(text json.RawMessage) {
	var c command
	_ = json.Unmarshal(text, &c)
	l := &lost{text: string(text), group: c.UserGroup != ""}
	for _, name := range c.unsafe() {
		if name != "" {
			w.open[strings.ToLower(name)] = l
		}
	}
	for _, step := range c.Do {
		if _, ok := step["createUserGroup"]; ok {
			w.orphans[c.UserGroup] = true
		}
	}
}

// call notes a call, and whether it touches what must be read first.
func (w *watch) call(e emulator.Entry) {
	w.sent++
	w.commands += len(e.Commands)
	for _, text := range e.Commands {
		var c command
		_ = json.Unmarshal(text, &c)
		w.calls[c.call()] = append(w.calls[c.call()], text)
		lower := strings.ToLower(string(text))
		for name, l := range w.open {
			if quoted, _ := json.Marshal(name); !strings.Contains(lower, string(quoted)) {
				continue
			}
			if !l.read {
				w.wrong = append(w.wrong, fmt.Sprintf("sent before it was read: %s\n  after the lost %s", text, l.text))
			}
			delete(w.open, name)
		}
	}
}

// looked notes a read, of one subject or of all groups.
func (w *watch) looked(path string) {
	path, _ = url.PathUnescape(path)
	path = strings.ToLower(path)
	for name, l := range w.open {
		l.read = l.read || l.group && strings.Contains(path, "/groups/") || strings.HasSuffix(path, "/"+name)
	}
}

// sentAbout returns the commands that name a group, to explain a difference.
func (w *watch) sentAbout(name string) string {
	quoted, _ := json.Marshal(name)
	var all []string
	for _, e := range w.adobe.Ledger() {
		for _, text := range e.Commands {
			if strings.Contains(string(text), string(quoted)) {
				all = append(all, fmt.Sprintf("  %d: %d %s: %s", e.Seq, e.Status, e.Result, text))
			}
		}
	}
	return strings.Join(all, "\n")
}
