package plan_test

import (
	"cmp"
	"slices"

	"github.com/scim-bridge/scim-bridge/plan"
)

// load is what the commands of one root may carry.
type load struct {
	adds, removes []int // places of changes
	steps         int   // of a command without a job
	beside        int   // of one with the root's job, beside it
	entries       int   // of a step
}

// roots are the loads of all users, then of all groups.
func (n need) roots(limits plan.Limits) []load {
	out := make([]load, len(n.users)+len(n.groups))
	for i, s := range slices.Concat(n.users, n.groups) {
		out[i].steps, out[i].entries = limits.Steps, limits.Entries
		if s.job == jobCreate || s.job == jobNames {
			out[i].beside = limits.Steps - 1
		}
	}
	for i, c := range n.changes {
		for _, r := range n.rootsOf(c) {
			if c.add {
				out[r].adds = append(out[r].adds, i)
			} else {
				out[r].removes = append(out[r].removes, i)
			}
		}
	}
	return out
}

// rootsOf lists the places of the roots that a change can travel with.
func (n need) rootsOf(c change) []int {
	var out []int
	if !n.groups[c.group].rootOnly {
		out = append(out, c.user)
	}
	if !n.users[c.user].rootOnly {
		out = append(out, len(n.users)+c.group)
	}
	return out
}

// dearest is what one command with so many steps can carry at most. A step adds
// or removes.
func (l load) dearest(prices []float64, steps int) float64 {
	adds, removes := sums(prices, l.adds, l.entries), sums(prices, l.removes, l.entries)
	most := 0.0
	for s := range steps + 1 {
		most = max(most, adds[min(s, len(adds)-1)]+removes[min(steps-s, len(removes)-1)])
	}
	return most
}

// sums is what 0, 1, 2 and so on steps with the dearest of some changes carry.
func sums(prices []float64, changes []int, entries int) []float64 {
	sorted := make([]float64, len(changes))
	for i, c := range changes {
		sorted[i] = prices[c]
	}
	slices.SortFunc(sorted, func(a, b float64) int { return cmp.Compare(b, a) })
	out := []float64{0}
	for step := range slices.Chunk(sorted, entries) {
		sum := out[len(out)-1]
		for _, p := range step {
			sum += p
		}
		out = append(out, sum)
	}
	return out
}

// worth is what all changes pay by these prices, less what commands with a job
// take. Prices by which some command carries more than 1 are all lowered until
// none does.
func (n need) worth(roots []load, prices []float64) float64 {
	sum, most := 0.0, 1.0
	for _, p := range prices {
		sum += p
	}
	for _, r := range roots {
		most = max(most, r.dearest(prices, r.steps))
		sum -= r.dearest(prices, r.beside)
	}
	return sum / most
}

// prices proposes some. Two ways are good in different worlds: many into one
// group, and few of each.
func (n need) prices(roots []load) [][]float64 {
	out := [][]float64{n.shared(roots), n.matched(roots)}
	for _, prices := range out {
		n.raise(roots, prices)
	}
	return out
}

// free reports whether a command with a job has room for all changes of a root
// of this one.
func (n need) free(roots []load, c change) bool {
	return slices.ContainsFunc(n.rootsOf(c), func(i int) bool {
		r := roots[i]
		return ceilDiv(len(r.adds), r.entries)+ceilDiv(len(r.removes), r.entries) <= r.beside
	})
}

// shared has each change pay its part of a command that is as full as one with a
// root of its can be.
func (n need) shared(roots []load) []float64 {
	pays := make([]float64, len(n.changes))
	for i, c := range n.changes {
		pays[i] = float64(oneIf(!n.free(roots, c)))
	}
	prices := slices.Clone(pays)
	full := make([]float64, len(roots))
	for i, r := range roots {
		full[i] = r.dearest(pays, r.steps)
	}
	for i, c := range n.changes {
		for _, r := range n.rootsOf(c) {
			if pays[i] > 0 {
				prices[i] = min(prices[i], 1/full[r])
			}
		}
	}
	return prices
}

// matched has as many changes as possible pay 1 of which no two share a root,
// and all others nothing.
func (n need) matched(roots []load) []float64 {
	byUser := make([][]int, len(n.users))
	for i, c := range n.changes {
		if !n.free(roots, c) {
			byUser[c.user] = append(byUser[c.user], i)
		}
	}
	taken := make([]int, len(n.groups)) // by group, 1 and the place of the change that has it
	for u := range n.users {
		n.match(u, byUser, taken, make([]bool, len(n.groups)))
	}
	prices := make([]float64, len(n.changes))
	for _, i := range taken {
		if i > 0 {
			prices[i-1] = 1
		}
	}
	return prices
}

// match finds a group for a user, if need be by moving others to other groups.
func (n need) match(user int, byUser [][]int, taken []int, seen []bool) bool {
	for _, i := range byUser[user] {
		g := n.changes[i].group
		if seen[g] {
			continue
		}
		seen[g] = true
		if taken[g] == 0 || n.match(n.changes[taken[g]-1].user, byUser, taken, seen) {
			taken[g] = i + 1
			return true
		}
	}
	return false
}

// raise raises one price after the other until some command would carry more
// than 1.
func (n need) raise(roots []load, prices []float64) {
	slack := make([]float64, len(roots))
	for i, r := range roots {
		slack[i] = 1 - r.dearest(prices, r.steps)
	}
	for i, c := range n.changes {
		if n.free(roots, c) {
			continue
		}
		by := 1.0
		for _, r := range n.rootsOf(c) {
			by = min(by, max(0, slack[r]))
		}
		prices[i] += by
		for _, r := range n.rootsOf(c) {
			slack[r] -= by
		}
	}
}
