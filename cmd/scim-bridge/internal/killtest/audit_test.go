package killtest

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// tenure is a time in which a replica dispatches, from a moment until the next one.
type tenure struct {
	token int
	at    time.Time
	by    *replica
	from  int // byte of the log that says so
}

var dispatches = regexp.MustCompile(`"time":"([^"]+)"[^\n]*"msg":"this process dispatches the org"[^\n]*?"token":(\d+)`)

// tenures are all that the logs tell of, the oldest first.
func (w *world) tenures() []tenure {
	var all []tenure
	for _, r := range w.replicas {
		log := r.Output()
		for _, m := range dispatches.FindAllStringSubmatchIndex(log, -1) {
			at, _ := time.Parse(time.RFC3339Nano, log[m[2]:m[3]]) // which slog wrote
			token, _ := strconv.Atoi(log[m[4]:m[5]])              // digits, as matched
			all = append(all, tenure{token, at, r, m[0]})
		}
	}
	slices.SortFunc(all, func(a, b tenure) int { return cmp.Compare(a.token, b.token) })
	return all
}

// audit returns the calls that were sent by a replica while another one dispatched,
// and those that were cut off by a kill and never taken for lost.
func (w *world) audit() (wrong []string) {
	tenures, lost := w.tenures(), map[string]bool{}
	for _, r := range w.replicas {
		for _, l := range losses([]string{r.Output()}) {
			lost[l.call] = true
		}
	}
	for _, a := range w.calling.arrived {
		var by *gate
		for _, t := range tenures {
			if t.at.Before(a.at) {
				by = t.by.gate
			}
		}
		if by != a.by {
			wrong = append(wrong, fmt.Sprintf("call %s came at %s from a replica that did not dispatch", a.call, a.at))
		}
		if a.cut && !lost[a.call] {
			wrong = append(wrong, fmt.Sprintf("call %s was cut off at %s and not taken for lost", a.call, a.at))
		}
	}
	return wrong
}
