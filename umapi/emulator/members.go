package emulator

import (
	"cmp"
	"maps"
	"slices"
)

// seat is a membership, as the account holds it. Numbers follow the order in
// which members joined.
type seat struct {
	group  *group
	number uint64
}

// seatIn finds the seat of a in g, or where it would be.
func (a *account) seatIn(g *group) (int, bool) {
	return slices.BinarySearchFunc(a.groups, g.id, func(s seat, id int64) int { return cmp.Compare(s.group.id, id) })
}

// in reports whether a is directly in g.
func (a *account) in(g *group) bool {
	_, ok := a.seatIn(g)
	return ok
}

// join makes a a member of g. Joining again changes nothing.
func (o *org) join(g *group, a *account) {
	if a.in(g) {
		return
	}
	o.joins++
	number := o.joins
	o.did(func() { sit(g, a, number) }, func() { rise(g, a) })
}

// leave undoes join. Leaving what one is not in changes nothing.
func (o *org) leave(g *group, a *account) {
	i, ok := a.seatIn(g)
	if !ok {
		return
	}
	number := a.groups[i].number
	o.did(func() { rise(g, a) }, func() { sit(g, a, number) })
}

func sit(g *group, a *account, number uint64) {
	i, _ := a.seatIn(g)
	a.groups = slices.Insert(a.groups, i, seat{g, number})
	g.members.put(number, a)
}

func rise(g *group, a *account) {
	i, _ := a.seatIn(g)
	g.members.drop(a.groups[i].number)
	a.groups = slices.Delete(a.groups, i, i+1)
}

// leaveAll takes a out of every group, except those that are spared.
func (o *org) leaveAll(a *account, spared func(*group) bool) {
	for _, s := range slices.Clone(a.groups) {
		if !spared(s.group) {
			o.leave(s.group, a)
		}
	}
}

// grant makes the members of user group g entitled to profile p, or no longer.
func (o *org) grant(g, p *group, granted bool) {
	was := g.profiles[p]
	set := func(granted bool) {
		switch {
		case !granted:
			delete(g.profiles, p)
		case g.profiles == nil:
			g.profiles = map[*group]bool{p: true}
		default:
			g.profiles[p] = true
		}
	}
	o.did(func() { set(granted) }, func() { set(was) })
}

// inOrder returns the members of g in the order in which they joined.
func (g *group) inOrder() []*account { return g.members.list() }

// holders returns the active members of g in the order in which they joined,
// and unless only direct ones are asked for also those who hold a profile
// through a user group.
func (o *org) holders(g *group, directOnly bool) []*account {
	found := make([]*account, 0, g.members.len())
	for a := range g.members.all() {
		if a.listed() {
			found = append(found, a)
		}
	}
	if directOnly || g.groupType != GroupTypeProductProfile {
		return found
	}
	seen := map[*account]bool{}
	for _, a := range found {
		seen[a] = true
	}
	for h := range o.byID.all() {
		if !h.profiles[g] {
			continue
		}
		for a := range h.members.all() {
			if a.listed() && !seen[a] {
				seen[a] = true
				found = append(found, a)
			}
		}
	}
	return found
}

// held returns the groups that a is directly in, in order of their ids, and
// unless only those are asked for also the profiles that they grant.
func (a *account) held(directOnly bool) []*group {
	held := make([]*group, 0, len(a.groups))
	granted := false
	for _, s := range a.groups {
		held = append(held, s.group)
		if !directOnly && len(s.group.profiles) > 0 {
			held = slices.AppendSeq(held, maps.Keys(s.group.profiles))
			granted = true
		}
	}
	if granted {
		slices.SortFunc(held, func(x, y *group) int { return cmp.Compare(x.id, y.id) })
		held = slices.Compact(held)
	}
	return held
}
