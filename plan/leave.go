package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// leaving reports whether the account is there, nobody maps to it any more, and
// so it is to leave.
func (a *account) leaving() bool {
	fate, ok := a.fate()
	return ok && (fate == mapping.FateLeave || fate == mapping.FateDelete)
}

// kept reports whether nothing of the account is to change.
func (a *account) kept() bool {
	fate, ok := a.fate()
	return a.rules.Protected.User(a.Email) || ok && fate == mapping.FateKeep
}

// fate is what becomes of an account that is there and that nobody maps to any
// more, and false for any other.
func (a *account) fate() (mapping.Fate, bool) {
	if _, active := a.owner(); a.Presence == Absent || active || a.Twin {
		return "", false
	}
	if len(a.people) == 0 && a.former {
		return mapping.FateLeave, true // its user is not away, and has another
	}
	deleted := true // also where the link went with the last of them
	for _, p := range a.people {
		deleted = deleted && p.user == nil
	}
	return a.rules.Offboarding.Of(deleted), true
}

// planRemoval does with an account that nobody maps to any more what the
// configuration says: as a rule it leaves the organization, and it and its files
// stay with the directory that owns it.
func (w *world) planRemoval(out []unit, a *account, own []Due, alone bool) []unit {
	if a.Presence == Doubtful && w.isAnothers(a) {
		a.Presence = Absent
		w.plan.Decided.Accounts = append(w.plan.Decided.Accounts, a.Account)
	}
	rows := slices.Concat(own, a.also)
	fate, there := a.fate()
	if there && !a.kept() && len(a.people) > 0 && w.leavesLater(a, rows) {
		return out
	}
	if a.Presence == Doubtful && there && fate == mapping.FateRemoveMemberships && !a.kept() {
		w.read(a, rows) // nothing can be taken from what may not be there
		return out
	}
	if !a.leaving() || a.kept() {
		if there && fate == mapping.FateRemoveMemberships && !a.kept() {
			w.plan.Decided.Touched = append(w.plan.Decided.Touched, w.unsettled(a)...)
		}
		for _, d := range w.withoutStale(own) {
			w.decide(d, Done, nil)
		}
		return out
	}
	if a.Presence == Present && !a.LookAt.IsZero() && a.Type != umapi.AdobeID {
		w.read(a, rows) // an Adobe ID may stand there instead, which is not ours to remove
		return out
	}
	if w.holdDeparture(a, rows) {
		return out
	}
	after := a.Account
	after.Presence = Absent
	c := w.userCommand(a, &after, own)
	c.UMAPI.Do = []umapi.Step{{RemoveFromOrg: &umapi.RemoveFromOrg{DeleteAccount: fate == mapping.FateDelete}}}
	if a.Presence != Doubtful && !released(rows) {
		c.Steps[0].Removes.Departures = 1
	}
	return append(out, unit{account: a, command: c, first: true, alone: alone})
}

// leavesLater has the rows of an account wait until the delay of the configuration
// has passed, and reports whether they do.
func (w *world) leavesLater(a *account, rows []Due) bool {
	var since time.Time
	for _, d := range rows {
		if d.Since.After(since) {
			since = d.Since
		}
	}
	at := since.Add(w.in.Rules.Offboarding.Delay)
	if !at.After(w.in.Now) || w.in.Rules.Offboarding.Delay == 0 {
		return false
	}
	for _, d := range rows {
		if w.person(d.User).moving() {
			continue // the account that takes its place does not wait
		}
		w.later = append(w.later, Verdict{Due: d, Outcome: Retry, NotBefore: at, Problem: Problem{
			Code:    "bridge.leaves_later",
			Message: fmt.Sprintf("%s leaves Adobe at %s", a.Email, at.UTC().Format(time.RFC3339)),
			Hint:    "nothing to do: who is active again before that stays as they were",
		}})
	}
	return true
}

// isAnothers reports whether the address of an account that may or may not have
// been made is that of another that is there, or is wanted: then it is the same
// in Adobe, and must not be removed.
func (w *world) isAnothers(a *account) bool {
	return slices.ContainsFunc(w.byEmail[directory.Fold(a.Email)], func(other *account) bool {
		owner, active := other.owner()
		wanted := active && (owner == nil || sameText(owner.want.Email, a.Email))
		return other != a && sharesDirectory(other.Account, a.Type) && (wanted || other.Presence != Absent)
	})
}
