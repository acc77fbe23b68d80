package relational

import (
	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
)

// The states of a due row, as stored.
const (
	statePending = string(directory.SyncPending)
	stateHeld    = string(directory.SyncHeld)
	stateFailed  = string(directory.SyncFailed)
)

// standing is what a query of resources reads beside each to say how far Adobe
// has followed: its own due row, the worst of its memberships, and the links.
type standing struct {
	own, edge             dueState
	pending, held, failed int
	synced                int64
}

// dueState is the state of one due row, empty if there is none.
type dueState struct {
	state   string
	problem plan.Problem
}

// sync says it in the words of the directory.
func (s standing) sync() directory.Sync {
	worst := s.own
	edge := s.edge
	switch {
	case s.failed > 0:
		edge.state = stateFailed
	case s.held > 0:
		edge.state = stateHeld
	case s.pending > 0:
		edge.state = statePending
	}
	if severity(edge.state) > severity(worst.state) {
		worst = edge
	}
	out := directory.Sync{
		State:      directory.SyncState(worst.state),
		Detail:     detail(worst.problem),
		LastSynced: date(s.synced),
		Pending:    s.pending,
		Held:       s.held,
		Failed:     s.failed,
	}
	if worst.state == "" {
		out.State = directory.SyncSynced
	}
	return out
}

// severity orders the states: the more it needs a person, the higher.
func severity(state string) int {
	switch state {
	case stateFailed:
		return 3
	case stateHeld:
		return 2
	case statePending:
		return 1
	}
	return 0
}

// detail tells a problem in one line: "code: message; hint".
func detail(p plan.Problem) string {
	s := p.Code
	if p.Message != "" {
		if s != "" {
			s += ": "
		}
		s += p.Message
	}
	if p.Hint != "" {
		if s != "" {
			s += "; "
		}
		s += p.Hint
	}
	return s
}
