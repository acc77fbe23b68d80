package plan

import (
	"fmt"
	"math"
	"slices"
)

// Unbraked is the allowance of what no brake holds.
const Unbraked = math.MaxInt

// Removals counts what is taken away: users who leave the organization, and
// memberships that users lose while they stay.
type Removals struct {
	Departures   int `json:"departures,omitempty"`
	Entitlements int `json:"entitlements,omitempty"`
}

func (r Removals) plus(o Removals) Removals {
	return Removals{r.Departures + o.Departures, r.Entitlements + o.Entitlements}
}

// less is what is left of an allowance; nil is no brake.
func (r *Removals) less(o Removals) *Removals {
	if r == nil {
		return nil
	}
	left := *r
	if r.Departures != Unbraked {
		left.Departures -= o.Departures
	}
	if r.Entitlements != Unbraked {
		left.Entitlements -= o.Entitlements
	}
	return &left
}

// Removals are what a call takes away, apart from what was released by a person
// and what an earlier call may have taken away already.
func (c Call) Removals() Removals {
	var sum Removals
	for _, command := range c.Commands {
		for _, step := range command.Steps {
			sum = sum.plus(step.Removes)
		}
	}
	return sum
}

// allows takes n from what a brake leaves, or reports that it does not leave as much.
func (w *world) allows(left *int, n int) bool {
	if *left == Unbraked {
		return true
	}
	if n > *left {
		w.plan.Braked = true
		return false
	}
	*left -= n
	return true
}

// holdDeparture reports whether the brake stops an account from leaving, and
// then holds the rows of those who want it to.
func (w *world) holdDeparture(a *account, rows []Due) bool {
	if a.Presence == Doubtful || released(rows) || w.allows(&w.left.Departures, 1) {
		return false
	}
	for _, d := range rows {
		if w.person(d.User).moving() {
			continue // the account that takes its place comes first
		}
		w.hold(d, Problem{
			Code:    "bridge.brake.departures",
			Message: fmt.Sprintf("%s would leave Adobe, and more have left lately than the brake lets through", a.Email),
			Hint:    hintBrake,
		})
	}
	return true
}

// holdDeletion does the same for a group of so many members that is deleted.
func (w *world) holdDeletion(g *group, d Due) bool {
	n := w.in.Facts.Sizes[g.ID]
	if d.Released || w.allows(&w.left.Entitlements, n) {
		return false
	}
	w.hold(d, Problem{
		Code:    "bridge.brake.entitlements",
		Message: fmt.Sprintf("the group %q with its %d members would be deleted in Adobe, which the brake does not let through", g.Name, n),
		Hint:    hintBrake,
	})
	return true
}

// clear reports whether a membership may be carried: what is to be removed is
// held if the brake does not let it through.
func (w *world) clear(e *edge) bool {
	if e.cleared {
		return true
	}
	rows := slices.Concat(e.due, e.also)
	if e.cleared = e.add || w.edges[e.Edge] == Doubtful || released(rows); e.cleared {
		return true
	}
	if e.cleared = w.allows(&w.left.Entitlements, 1); e.cleared {
		e.counts = true
		return true
	}
	for _, d := range rows {
		w.hold(d, Problem{
			Code:    "bridge.brake.entitlements",
			Message: fmt.Sprintf("%s would lose the group %q, and more memberships were removed lately than the brake lets through", e.account.Email, e.group.Name),
			Hint:    hintBrake,
		})
	}
	return false
}

// packable reports whether a command may carry the membership: a removal that was
// not looked at comes in its turn.
func (e *edge) packable() bool { return (e.add || e.cleared) && e.lands.IsZero() }

const hintBrake = "look at what is held with scim-bridge status; if it is meant, let it go with scim-bridge release, " +
	"else put it right in the provider, which takes it back"

// hold has a row wait for a person.
func (w *world) hold(d Due, p Problem) {
	w.later = append(w.later, Verdict{Due: d, Outcome: Held, Problem: p})
}

func released(rows []Due) bool {
	return slices.ContainsFunc(rows, func(d Due) bool { return d.Released })
}
