package plan

import (
	"maps"
	"math"
	"slices"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// Forecast is what the calls to come would hold if Adobe did all that they say and
// nothing else became due.
type Forecast struct {
	// Calls is how many there would be.
	Calls int
	// Done counts the due rows that they pay off, that need none, or that will wait for a
	// person.
	Done map[Kind]int
	// Braked says that Allowance was not enough: a larger one would let more through.
	Braked bool

	last map[row]int // in which call, or the first
	due  map[row]bool
}

// Of returns the last call, from 0, with something of a user or a group, or with one
// membership if both are named, by SCIM ids. It is false if nothing of it is foreseen.
func (f Forecast) Of(user, group string) (call int, ok bool) {
	for r, n := range f.last {
		if r.kind != KindMirrored && (user == "" || r.user == user) && (group == "" || r.group == group) {
			call, ok = max(call, n), true
		}
	}
	return call, ok
}

// waves bounds how often what is due can depend on what goes before it: members of
// a group wait until it is made, and it may wait for its name.
const waves = 8

// Foresee packs all that is due as [Build] does, and not only the next call: as if
// a call held any number of commands, which are then shared out in their order. What
// could not be in one call with them is packed once they are done.
func Foresee(in Input) Forecast {
	f := Forecast{Done: map[Kind]int{}, last: map[row]int{}, due: map[row]bool{}}
	for _, d := range slices.Concat(in.Due, in.Facts.EdgesDue) {
		f.due[d.row()] = true
	}
	limits := in.Limits.OrDefaults()
	in.Limits = limits
	in.Limits.Commands, in.endless = math.MaxInt, true
	in.GroupsKnown = true // they are listed first
	in.Facts = in.Facts.clone()
	in.Due = slices.Clone(in.Due)
	for i := range in.Due {
		in.Due[i].Refused = 0 // it may need a call for itself: that is one more
	}
	// Groups go before those who join, so that these can carry them.
	first := in.upToNewGroups()
	later := in.Due[first:]
	in.Due = in.Due[:first:first]
	commands := 0
	for range waves {
		p := Build(in)
		f.Braked = f.Braked || p.Braked
		in.Allowance = in.Allowance.less(Call{Commands: p.Commands}.Removals())
		for i := range p.Commands {
			for _, d := range p.Commands[i].allDue() {
				f.last[d.row()] = commands / limits.Commands
			}
			commands++
		}
		done := Settle(Call{Commands: p.Commands}, umapi.Reply{Result: umapi.ResultSuccess, Completed: len(p.Commands)}, in.Now)
		done.Links = p.Links
		paid := map[row]bool{}
		for _, s := range []Settlement{p.Decided, done} {
			in.Facts.apply(s)
			for _, v := range s.Verdicts {
				// What is parked waits for this wave, and may go with the next.
				if r := v.Due.row(); v.Outcome != Parked && !paid[r] {
					paid[r] = true
					f.pay(v)
				}
			}
		}
		in.Due = append(in.Due, later...)
		in.next(paid, p.Decided.Touched, done.Touched)
		if len(p.Commands)+len(later) == 0 {
			break
		}
		later = nil
	}
	f.Calls = (commands + limits.Commands - 1) / limits.Commands
	return f
}

// upToNewGroups is how many rows there are up to the last group that Adobe does not
// have, or all if there is none.
func (in Input) upToNewGroups() int {
	there := map[string]bool{}
	for _, l := range in.Facts.Links {
		if l.Kind == KindGroup && !l.Stale && in.Facts.AdobeGroups[l.Mirror].Presence == Present {
			there[l.Directory] = true
		}
	}
	for i, d := range slices.Backward(in.Due) {
		if d.Kind == KindGroup && !there[d.Group] {
			return i + 1
		}
	}
	return len(in.Due)
}

// pay counts a row that is done with.
func (f *Forecast) pay(v Verdict) {
	r := v.Due.row()
	if f.due[r] && v.Outcome != Retry { // else a call made it due, or it is not over
		f.Done[r.kind]++
	}
	if _, ok := f.last[r]; v.Outcome != Done {
		delete(f.last, r)
	} else if !ok {
		f.last[r] = 0
	}
}

// next leaves what a wave did not pay off, and what it made due.
func (in *Input) next(paid map[row]bool, touched ...[]Touch) {
	unpaid := func(due []Due) []Due {
		return slices.DeleteFunc(slices.Clone(due), func(d Due) bool { return paid[d.row()] })
	}
	in.Due, in.Facts.EdgesDue = unpaid(in.Due), unpaid(in.Facts.EdgesDue)
	have := map[row]bool{}
	for _, d := range in.Due {
		have[d.row()] = true
	}
	add := func(d Due) {
		if d.Parked = false; !have[d.row()] {
			have[d.row()] = true
			in.Due = append(in.Due, d)
		}
	}
	for _, d := range in.Facts.EdgesDue { // they come after those that are looked at, or waited for them
		add(d)
	}
	for _, t := range slices.Concat(touched...) {
		if t.Kind == KindUser || t.Kind == KindGroup || t.User != "" {
			add(Due{Kind: t.Kind, User: t.User, Group: t.Group})
		}
	}
}

func (f Facts) clone() Facts {
	f.Accounts, f.AdobeGroups, f.Edges = cloned(f.Accounts), cloned(f.AdobeGroups), cloned(f.Edges)
	f.Links, f.EdgesDue = slices.Clone(f.Links), slices.Clone(f.EdgesDue)
	return f
}

func cloned[K comparable, V any](m map[K]V) map[K]V {
	out := make(map[K]V, len(m))
	maps.Copy(out, m)
	return out
}

// apply changes the mirror as the store would.
func (f *Facts) apply(s Settlement) {
	goneAccounts, goneGroups := map[string]bool{}, map[string]bool{}
	for _, a := range s.Accounts {
		f.Accounts[a.ID] = a
		goneAccounts[a.ID] = a.Presence == Absent
	}
	for _, g := range s.AdobeGroups {
		f.AdobeGroups[g.ID] = g
		goneGroups[g.ID] = g.Presence == Absent
	}
	maps.DeleteFunc(f.Edges, func(e Edge, _ Presence) bool { return goneAccounts[e.Account] || goneGroups[e.Group] })
	for _, m := range s.Memberships {
		f.Edges[m.Edge] = m.Presence
		if m.Presence == Absent {
			delete(f.Edges, m.Edge)
		}
	}
	changed := map[Link]bool{}
	ends := func(l Link) Link { l.Stale = false; return l }
	for _, l := range slices.Concat(s.Links, s.Unlinked) {
		changed[ends(l)] = true
	}
	f.Links = slices.DeleteFunc(f.Links, func(l Link) bool { return changed[ends(l)] })
	f.Links = append(f.Links, s.Links...)
}
