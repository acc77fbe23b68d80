package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// edge is a membership whose mirror differs from the directory.
type edge struct {
	Edge
	account *account
	group   *group
	add     bool
	due     []Due // rows that it pays off
	also    []Due // rows that wait for others too
	// otherwise is what becomes due if it fails, where no row is due for it.
	otherwise []Touch
	byRule    bool // a rule maps who is to be added to the group
	solo      bool // in a step of its own, so that an error names it
	apart     bool // in a command of its own
	alone     bool // in a call of its own
	queued    bool
	cleared   bool      // by the brake
	counts    bool      // against the brake
	taken     bool      // by a command of this call
	lands     time.Time // of a call that may still arrive and does the opposite
}

// ready reports whether both ends are in Adobe.
func (e *edge) ready() bool {
	return e.account.Presence == Present && e.group.Presence == Present
}

// verified reports whether a user's command may name the group: it is known not to be
// something that gives rights, or a rule gives them.
func (e *edge) verified() bool {
	g := e.group
	return g.Type == umapi.UserGroup || g.grants() || e.byRule || !e.add && g.Ruled
}

// rootable reports whether the membership may travel in a command of the group's.
func (e *edge) rootable() bool {
	return e.listable() && (e.group.Type == umapi.UserGroup || !e.verified())
}

// listable reports whether a group's command may name the account: by the
// address alone it must not reach another one.
func (e *edge) listable() bool {
	return e.account.Type != umapi.AdobeID && e.account.Domain == ""
}

// row names a due row.
type row struct {
	kind        Kind
	user, group string
}

func (d Due) row() row { return row{d.Kind, d.User, d.Group} }

// compareEdges finds, for each due membership, how mirror and directory differ.
// It decides about those that do not, and returns for each of the others the
// differences that its row waits for.
func (w *world) compareEdges() map[row][]*edge {
	out, seen := map[row][]*edge{}, map[row]bool{}
	for _, d := range w.in.Due {
		if d.Kind != KindEdge && d.Kind != KindMirrored {
			continue
		}
		seen[d.row()] = true
		if found := w.compareEdge(d, true); len(found) > 0 {
			out[d.row()] = found
		}
	}
	for _, d := range w.in.Facts.EdgesDue {
		if !seen[d.row()] {
			w.compareEdge(d, false) // so that a user's command pays it off too
		}
	}
	return out
}

// compareEdge compares one due membership; decide says that its row may be
// decided about.
func (w *world) compareEdge(d Due, decide bool) []*edge {
	var found []*edge
	var refused *Problem
	if d.Kind == KindMirrored {
		found = w.mirroredDifference(w.accounts[d.User], w.groups[d.Group])
	} else {
		p, t := w.person(d.User), w.team(d.Group)
		if w.waitsForEnds(d, p, t, decide) {
			return nil
		}
		found, refused = w.differences(p, t)
	}
	switch {
	case len(found) > 0 || !decide:
	case refused != nil:
		w.decide(d, Failed, refused)
	default:
		w.decide(d, Done, nil)
	}
	for _, e := range found {
		if len(found) == 1 {
			e.due = append(e.due, d)
		} else {
			e.also = append(e.also, d) // the row stays due until no difference is left
		}
		e.alone = e.alone || d.Alone()
		e.solo = e.solo || d.Attempts > 0 || d.Alone()
		if decide {
			w.readEnds(e, d)
		}
	}
	if decide && d.Attempts > 0 {
		return inTurn(found, d.Attempts)
	}
	return found
}

// inTurn has what one row waits for travel apart, another first at each try: what Adobe
// refuses for good is not to keep the rest from being done.
func inTurn(found []*edge, try int) []*edge {
	if len(found) < 2 {
		return found
	}
	for _, e := range found {
		e.apart = true
	}
	at := try % len(found)
	return slices.Concat(found[at:], found[:at])
}

// differences lists how the memberships of what the user and the group map to
// differ, and why one cannot be had. What they mapped to before has rows of its
// own. What is about to go takes its memberships along, and is looked at whole if
// it stays.
func (w *world) differences(p *person, t *team) (found []*edge, refused *Problem) {
	for _, a := range p.current {
		if a.leaving() || a.kept() {
			continue
		}
		for _, g := range t.current {
			if g.leaving() {
				continue
			}
			if g.closed() {
				if p.active && slices.Contains(p.teams, t.id) {
					refused = g.notMappable()
				}
				continue
			}
			if e := w.difference(a, g); e != nil {
				found = append(found, e)
			}
		}
	}
	return found, refused
}

// mirroredDifference is the difference that a row of the mirror is about. Who
// makes an account, or keeps it, looks at all its memberships, so there is nothing
// to do about those of one that may not be there or is about to leave; nor where a
// pair that wants it is due itself.
func (w *world) mirroredDifference(a *account, g *group) []*edge {
	if a == nil || g == nil || a.Presence.missing() || g.Presence == Absent || a.leaving() || a.kept() || g.leaving() || g.closed() {
		return nil
	}
	e := w.difference(a, g)
	if e == nil || e.add && w.pairIsDue(w.wants(a)[g]) {
		return nil
	}
	return []*edge{e}
}

func (w *world) pairIsDue(pairs []Due) bool {
	return slices.ContainsFunc(pairs, func(d Due) bool { return w.edgeDue[d.row()] })
}

// waitsForEnds parks a membership that the directory has, but whose user or
// group has no counterpart yet.
func (w *world) waitsForEnds(d Due, p *person, t *team, decide bool) bool {
	if !t.exists || !slices.Contains(p.teams, t.id) {
		return false
	}
	if i := slices.IndexFunc(t.current, func(g *group) bool { return t.owns(g) && g.untyped() }); i >= 0 {
		if decide {
			w.plan.NeedsGroups = true
			w.waitFor(d, listingPatience, typeUnknown(fmt.Sprintf("whether %q is a user group", t.current[i].Name)))
		}
		return true
	}
	if !t.outdated() && (!p.active || t.unmapped() || len(p.current) > 0 && len(t.current) > 0) {
		return false
	}
	if decide {
		w.park(d, p, t)
	}
	return true
}

// park lets a membership wait until its user or group is done.
func (w *world) park(d Due, p *person, t *team) {
	problem := Problem{Code: "bridge.waits", Message: "waits until the user and the group are in Adobe"}
	switch {
	case t.problem != nil:
		problem.Message = fmt.Sprintf("waits for the group, which failed: %s", t.problem.Message)
		problem.Hint = t.problem.Hint
	case p.problem != nil:
		problem.Message = fmt.Sprintf("waits for the user, who failed: %s", p.problem.Message)
		problem.Hint = p.problem.Hint
	}
	w.decide(d, Parked, &problem)
}

// difference returns how the membership of a in g differs, or nil.
func (w *world) difference(a *account, g *group) *edge {
	key := Edge{Account: a.ID, Group: g.ID}
	if e := w.items[key]; e != nil {
		return e
	}
	pairs, wanted := w.wants(a)[g]
	if !w.differs(key, wanted) {
		return nil
	}
	e := &edge{Edge: key, account: a, group: g, add: wanted}
	e.byRule = slices.ContainsFunc(pairs, func(d Due) bool { return w.team(d.Group).isGuest(g) })
	e.lands = w.flying.against(e)
	w.items[key] = e
	a.items = append(a.items, e)
	g.items = append(g.items, e)
	return e
}

// differs reports whether the mirror holds another thing than what is wanted.
func (w *world) differs(key Edge, wanted bool) bool {
	switch w.edges[key] {
	case Present:
		return !wanted
	case Doubtful:
		return true
	}
	return wanted
}

// unsettled lists memberships of an account that differ and that no row is due
// for: they changed with the account, and not in the directory. What is wanted
// is looked at for each pair that wants it, since one of several users may be
// about to have another account; what is not wanted, by itself.
func (w *world) unsettled(a *account) []Touch {
	var out []Touch
	wants := w.wants(a)
	for _, g := range sortedGroups(wants) {
		key := Edge{Account: a.ID, Group: g.ID}
		if w.differs(key, true) && !w.takes(key) {
			out = w.touchUnlessDue(out, a, wants[g])
		}
	}
	out = w.touchUnlessDue(out, a, a.unmapped)
	for _, g := range a.mirrored {
		d := Due{Kind: KindMirrored, User: a.ID, Group: g.ID}
		// Pairs of who no longer has the account are parked while it is not there, and may stay so.
		itself := !a.Presence.missing() && w.items[Edge{Account: a.ID, Group: g.ID}] != nil
		if _, wanted := wants[g]; !wanted && !itself && !w.looksAt(a, d) {
			out = append(out, d.touch())
		}
	}
	return out
}

// looksAt reports whether one of these rows looks at the account. None does while
// it is not there: pairs are parked then, maybe for another user of the account
// than comes, and the mirror's have nothing to do.
func (w *world) looksAt(a *account, d Due) bool {
	return !a.Presence.missing() && w.edgeDue[d.row()]
}

func (w *world) touchUnlessDue(out []Touch, a *account, pairs []Due) []Touch {
	for _, d := range pairs {
		if !w.looksAt(a, d) {
			out = append(out, d.touch())
		}
	}
	return out
}

func (d Due) touch() Touch {
	return Touch{Kind: d.Kind, User: d.User, Group: d.Group, Class: ClassMembership}
}

// takes reports whether a command of this call carries the membership.
func (w *world) takes(key Edge) bool {
	e := w.items[key]
	return e != nil && e.taken
}

func sortedGroups[T any](groups map[*group]T) []*group {
	return slices.SortedFunc(maps.Keys(groups), func(x, y *group) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
	})
}

// readEnds asks for ends that are not known.
func (w *world) readEnds(e *edge, d Due) {
	if e.account.Presence == Unknown {
		w.read(e.account, []Due{d})
	}
	switch g := e.group; {
	case g.Presence != Unknown && g.Presence != Doubtful:
	case g.implied() && !g.hasGuest():
		g.Presence = Present // nothing else tells whether there is something to take away
	case g.implied() && g.Presence == Doubtful: // it was tried, and is when its guests are looked at again
	case g.hasGuest() && g.Presence == Unknown && g.given():
		if at := w.flying.readable(flyingKey{group: g.ID}); at.After(w.in.Now) {
			w.waitForAnswer([]Due{d}, at) // as they do
			return
		}
		if g.MissedAt.IsZero() { // else they were told, and read it as often as is due
			g.MissedAt = w.in.Now
			w.plan.Decided.AdobeGroups = append(w.plan.Decided.AdobeGroups, g.AdobeGroup)
			w.touchGuests(g) // what is wrong with it is theirs
		}
	default:
		w.readGroup(g, d)
	}
}

// parkBlocked parks what waits for an end that this call does not bring. What has
// nobody to wait for looks again by itself.
func (w *world) parkBlocked() {
	blocked, free := map[row]bool{}, map[row]bool{}
	unseen := map[row]*group{}
	for _, e := range w.items {
		waits := !e.taken && (e.account.Presence.missing() || e.group.Presence == Absent && !e.group.coming || e.group.unseen())
		for _, d := range slices.Concat(e.due, e.also) {
			if waits {
				blocked[d.row()] = true
				if e.group.unseen() {
					unseen[d.row()] = e.group
				}
			} else {
				free[d.row()] = true
			}
		}
	}
	for _, d := range w.in.Due {
		g := unseen[d.row()]
		switch {
		case !blocked[d.row()] || free[d.row()]:
		case d.Kind == KindEdge && (g == nil || w.team(d.Group).exists):
			w.park(d, w.person(d.User), w.team(d.Group))
		case g != nil:
			w.wait(d, targetMissing(g.Name))
		}
	}
}
