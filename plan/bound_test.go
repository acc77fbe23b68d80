package plan_test

import (
	"slices"

	"github.com/scim-bridge/scim-bridge/plan"
)

// job is what a subject needs a command of its own for.
type job string

const (
	jobNone   job = ""
	jobCreate job = "create"
	jobRemove job = "remove"
	jobRekey  job = "rekey" // another address or login of a user, another name of a group
	jobNames  job = "names" // of a user whom commands find as before
)

// subject is a user or a group of a need.
type subject struct {
	job job
	// rootOnly says that no other's command may name it: an Adobe ID, a bare
	// login, a group that may be no user group.
	rootOnly bool
}

// change is a membership to add or to remove, by the places of its user and its
// group in a need.
type change struct {
	user, group int
	add         bool
}

// need is a difference between directory and mirror: what has to be done,
// whatever the plan. Memberships of what is removed are no part of it, since
// they go with it.
type need struct {
	users, groups []subject
	changes       []change
}

// bound is what no plan can stay below.
type bound struct{ commands, calls int }

// lowerBound proves how many commands and calls a need takes at least, by the
// rules of package plan alone: no class, rank or window makes it larger.
//
// Commands. A command has one root and at most one step that creates, removes
// or changes it, so each subject with a job has a command of its own. Some of
// those can carry memberships as well, in the steps that are left: creates, and
// changes of names. Now give each membership a price, such that no other command
// can carry memberships for more than 1, whichever it lists. Then the prices
// of all, less the most that commands with a job can take, are at most the
// number of further commands. That is so for any prices, so the best found are as
// good a proof as any. It is duality of linear programs: commands cover memberships,
// and prices are what a cover must pay. See [need.prices].
//
// Calls. They must hold the commands. Only one of a call may delete a group. A
// user is the root of one command of a call at most, see [need.turns]. And a
// membership may have to wait for its user or its group, see [need.waves].
func lowerBound(n need, limits plan.Limits) bound {
	b, deletes := bound{}, 0
	for _, s := range slices.Concat(n.users, n.groups) {
		b.commands += oneIf(s.job != jobNone)
	}
	for _, g := range n.groups {
		deletes += oneIf(g.job == jobRemove)
	}
	roots := n.roots(limits)
	further := 0.0
	for _, prices := range n.prices(roots) {
		further = max(further, n.worth(roots, prices))
	}
	b.commands += ceil(further)
	b.calls = max(ceilDiv(b.commands, limits.Commands), deletes, n.turns(limits), n.waves(limits))
	return b
}

// turns is in how many calls the busiest user has to be the root of a command:
// for its job, and for memberships that no group's command can carry.
func (n need) turns(limits plan.Limits) int {
	own := make([]int, len(n.users))
	for _, c := range n.changes {
		own[c.user] += oneIf(n.users[c.user].rootOnly)
	}
	most := 0
	for i, u := range n.users {
		rest := own[i]
		if u.job == jobCreate || u.job == jobNames {
			rest = max(0, rest-(limits.Steps-1)*limits.Entries)
		}
		most = max(most, oneIf(u.job != jobNone)+ceilDiv(rest, limits.Steps*limits.Entries))
	}
	return most
}

// waves is 2 if some membership cannot be in one call with what happens to its
// user or its group: no command lists what another one of the call creates or
// renames, and of those that do it only a create has room for memberships.
func (n need) waves(limits plan.Limits) int {
	most := 0
	for _, c := range n.changes {
		u, g := n.users[c.user], n.groups[c.group]
		apart := u.job == jobRekey || g.job == jobRekey || u.job == jobCreate && g.job == jobCreate ||
			u.job == jobCreate && (g.rootOnly || limits.Steps == 1) ||
			g.job == jobCreate && (u.rootOnly || limits.Steps == 1)
		most = max(most, 1+oneIf(apart))
	}
	return most
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// ceil rounds a sum of prices up, unless it is over by an error of rounding.
func ceil(sum float64) int {
	const rounding = 1e-6
	n := int(sum)
	return n + oneIf(sum-float64(n) > rounding)
}
