package plan_test

import (
	"math/bits"

	"github.com/scim-bridge/scim-bridge/plan"
)

// todo is what of a need is still to be done: a bit for each subject with a
// job, users first, then one for each change.
type todo uint32

// solver finds the least number of calls for a need by trying all that may be
// in them, by the rules of package plan, but without classes, ranks and windows.
// It is for a handful of subjects and changes.
type solver struct {
	need
	limits plan.Limits
}

func (s solver) subjectBit(i int) todo { return 1 << i }
func (s solver) changeBit(i int) todo  { return 1 << (len(s.users) + len(s.groups) + i) }

// subject is a user or, after all users, a group.
func (s solver) subject(i int) subject {
	if i < len(s.users) {
		return s.users[i]
	}
	return s.groups[i-len(s.users)]
}

func (s solver) isGroup(i int) bool { return i >= len(s.users) }

// calls is the least number of calls. To have done more is never worse, so of
// what can be left after so many calls only the smallest sets matter.
func (s solver) calls() int {
	all := todo(0)
	for i := range len(s.users) + len(s.groups) {
		if s.subject(i).job != jobNone {
			all |= s.subjectBit(i)
		}
	}
	for i := range s.changes {
		all |= s.changeBit(i)
	}
	frontier := []todo{all}
	for calls := 0; ; calls++ {
		next := map[todo]bool{}
		for _, left := range frontier {
			if left == 0 {
				return calls
			}
			t := newTrial(left, len(s.users)+len(s.groups))
			s.choose(t, 0, s.limits.Commands, next)
		}
		frontier = smallest(next)
	}
}

// smallest keeps the sets that hold no other.
func smallest(sets map[todo]bool) []todo {
	var out []todo
	for a := range sets {
		least := true
		for b := range sets {
			if b != a && a&b == b {
				least = false
				break
			}
		}
		if least {
			out = append(out, a)
		}
	}
	return out
}

// role is what the commands of a call that have a subject as root are.
type role int

const (
	idle     role = iota // there are none
	ownJob               // the one with its job
	mixed                // one that adds and removes
	adding               // several that add
	removing             // several that remove
)

// trial is a call under construction.
type trial struct {
	left     todo // before the call
	roles    []role
	commands []int
	carried  []todo // by root, the changes
	deletes  int    // of groups
}

func newTrial(left todo, roots int) *trial {
	return &trial{left: left, roles: make([]role, roots), commands: make([]int, roots), carried: make([]todo, roots)}
}

// choose gives each root from i on its commands, and adds to next what is left
// after each call that comes of it.
func (s solver) choose(t *trial, i, room int, next map[todo]bool) {
	if i == len(t.roles) {
		s.carry(t, 0, next)
		return
	}
	try := func(r role, n int) {
		t.roles[i], t.commands[i] = r, n
		s.choose(t, i+1, room-n, next)
		t.roles[i], t.commands[i] = idle, 0
	}
	try(idle, 0)
	if room == 0 {
		return
	}
	j := s.subject(i).job
	pending := t.left&s.subjectBit(i) != 0
	deletes := oneIf(pending && j == jobRemove && s.isGroup(i))
	if pending && t.deletes+deletes <= 1 {
		t.deletes += deletes
		try(ownJob, 1)
		t.deletes -= deletes
	}
	if pending && (j == jobCreate || j == jobRemove) {
		return // it is not there yet, or has no memberships to change
	}
	try(mixed, 1)
	for n := 2; n <= room && s.isGroup(i); n++ {
		try(adding, n)
		try(removing, n)
	}
}

// carry gives each change from i on to a root, or to none.
func (s solver) carry(t *trial, i int, next map[todo]bool) {
	if i == len(s.changes) {
		left := t.left
		for r, is := range t.roles {
			left &^= t.carried[r]
			if is == ownJob {
				left &^= s.subjectBit(r)
			}
		}
		next[left] = true
		return
	}
	if t.left&s.changeBit(i) != 0 {
		for _, r := range s.rootsOf(s.changes[i]) {
			if !s.mayCarry(t, r, i) {
				continue
			}
			t.carried[r] |= s.changeBit(i)
			if s.fits(t, r) {
				s.carry(t, i+1, next)
			}
			t.carried[r] &^= s.changeBit(i)
		}
	}
	s.carry(t, i+1, next)
}

// mayCarry reports whether a command of root r may list the other end of a
// change: it is there, and no command of the call changes it.
func (s solver) mayCarry(t *trial, r, i int) bool {
	c := s.changes[i]
	other := len(s.users) + c.group
	if s.isGroup(r) {
		other = c.user
	}
	job := s.subject(other).job
	absent := job == jobCreate && t.left&s.subjectBit(other) != 0
	changed := t.roles[other] == ownJob && job != jobNames
	if absent || changed {
		return false
	}
	switch t.roles[r] {
	case ownJob:
		own := s.subject(r).job
		return own == jobNames || own == jobCreate && c.add
	case mixed:
		return true
	case adding:
		return c.add
	case removing:
		return !c.add
	}
	return false
}

// fits reports whether the commands of a root have room for what they carry.
func (s solver) fits(t *trial, r int) bool {
	adds := todo(0)
	for i, c := range s.changes {
		if c.add {
			adds |= s.changeBit(i)
		}
	}
	steps := func(carried todo) int { return ceilDiv(bits.OnesCount32(uint32(carried)), s.limits.Entries) }
	room := s.limits.Steps * t.commands[r]
	if t.roles[r] == ownJob {
		room = s.limits.Steps - 1
	}
	return steps(t.carried[r]&adds)+steps(t.carried[r]&^adds) <= room
}
