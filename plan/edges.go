package plan

import (
	"fmt"
	"slices"

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
	// otherwise is what becomes due if it fails, where no row stands for it.
	otherwise []Touch
	solo      bool // in a step of its own, so that an error names it
	alone     bool // in a call of its own
	queued    bool
	taken     bool // by a command of this call
}

// ready reports whether both ends are in Adobe.
func (e *edge) ready() bool {
	return e.account.Presence == Present && e.group.Presence == Present
}

// verified reports whether the group is known not to be something that gives
// rights, so that a user's command may name it.
func (e *edge) verified() bool { return e.group.Type == umapi.UserGroup }

// listable reports whether a group's command may name the account: by the
// address alone it must not reach another one.
func (e *edge) listable() bool {
	return e.account.Type != umapi.AdobeID && e.account.Domain == ""
}

type pair struct{ user, group string }

func (d Due) pair() pair { return pair{d.User, d.Group} }

// compareEdges finds, for each due membership, how mirror and directory differ.
// It decides about those that do not, and returns for each of the others the
// differences that its row waits for.
func (w *world) compareEdges() map[pair][]*edge {
	out := map[pair][]*edge{}
	seen := map[pair]bool{}
	for _, d := range w.in.Due {
		if d.Kind == KindEdge {
			seen[d.pair()] = true
			if found := w.compareEdge(d, true); len(found) > 0 {
				out[d.pair()] = found
			}
		}
	}
	for _, d := range w.in.Facts.EdgesDue {
		if !seen[d.pair()] {
			w.compareEdge(d, false) // so that a user's command pays it off too
		}
	}
	return out
}

// compareEdge compares one due membership; decide says that its row may be
// decided about.
func (w *world) compareEdge(d Due, decide bool) []*edge {
	p, t := w.person(d.User), w.team(d.Group)
	if w.waitsForEnds(d, p, t, decide) {
		return nil
	}
	found, refused := w.differences(p, t, false)
	last := len(found) == 1
	if d.Resend {
		// What is only sent again comes last: as long as the row is due it would
		// be sent over and over.
		again := w.resends(p, t)
		if len(found) == 0 && again {
			found, refused = w.differences(p, t, true)
		}
		last = len(found) == 1 && (!again || found[0].isOf(p, t))
	}
	switch {
	case len(found) > 0 || !decide:
	case refused != nil:
		w.decide(d, Failed, refused)
	default:
		w.decide(d, Done, nil)
	}
	for _, e := range found {
		if last {
			e.due = append(e.due, d)
		} else {
			e.also = append(e.also, d) // the row stays due until no difference is left
		}
		e.alone = e.alone || d.Alone
		e.solo = e.solo || d.Attempts > 0 || d.Alone
		if decide {
			w.readEnds(e, d)
		}
	}
	return found
}

// isOf reports whether e is what the pair maps to now.
func (e *edge) isOf(p *person, t *team) bool {
	return slices.Contains(p.current, e.account) && slices.Contains(t.current, e.group)
}

// resends reports whether the membership of the pair itself is there, by the
// mirror. What the pair mapped to before is another row's to send again.
func (w *world) resends(p *person, t *team) bool {
	for _, a := range p.current {
		for _, g := range t.current {
			if _, wanted := w.wants(a)[g]; wanted && g.mappable() && w.edges[Edge{Account: a.ID, Group: g.ID}] {
				return true
			}
		}
	}
	return false
}

// differences lists how the memberships of all that the user maps or mapped to
// differ, and why one cannot be had.
func (w *world) differences(p *person, t *team, resend bool) (found []*edge, refused *Problem) {
	for _, a := range slices.Concat(p.current, p.stale) {
		for _, g := range slices.Concat(t.current, t.stale) {
			if !g.mappable() {
				if _, wanted := w.wants(a)[g]; wanted {
					refused = g.notMappable()
				}
				continue
			}
			own := slices.Contains(p.current, a) && slices.Contains(t.current, g)
			if e := w.difference(a, g, resend && own); e != nil && !slices.Contains(found, e) {
				found = append(found, e)
			}
		}
	}
	return found, refused
}

// waitsForEnds parks a membership that the directory has, but whose user or
// group has no counterpart yet.
func (w *world) waitsForEnds(d Due, p *person, t *team, decide bool) bool {
	if !t.exists || !slices.Contains(p.teams, t.id) {
		return false
	}
	if p.active && len(p.current) > 0 && len(t.current) > 0 {
		return false
	}
	// Who is about to leave may be active again before that: then it is wanted.
	if !p.active && !slices.ContainsFunc(p.current, (*account).leaving) {
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
func (w *world) difference(a *account, g *group, resend bool) *edge {
	key := Edge{Account: a.ID, Group: g.ID}
	if e := w.items[key]; e != nil {
		return e
	}
	_, wanted := w.wants(a)[g]
	mirrored := w.edges[key]
	// What is not wanted and may be there is mirrored, see Lost: Resend matters
	// only to what is.
	if wanted == mirrored && !(wanted && resend) {
		return nil
	}
	e := &edge{Edge: key, account: a, group: g, add: wanted}
	w.items[key] = e
	a.items = append(a.items, e)
	g.items = append(g.items, e)
	return e
}

// readEnds asks for ends that are not known.
func (w *world) readEnds(e *edge, d Due) {
	if e.account.Presence == Unknown {
		w.read(e.account, []Due{d})
	}
	if e.group.Presence == Unknown {
		w.readGroup(e.group, d)
	}
}

// parkBlocked parks what waits for an end that this call does not bring.
func (w *world) parkBlocked() {
	blocked, free := map[pair]bool{}, map[pair]bool{}
	for _, e := range w.items {
		waits := !e.taken && (e.account.Presence.missing() || e.group.Presence == Absent)
		for _, d := range slices.Concat(e.due, e.also) {
			if waits {
				blocked[d.pair()] = true
			} else {
				free[d.pair()] = true
			}
		}
	}
	for _, d := range w.in.Due {
		if d.Kind == KindEdge && blocked[d.pair()] && !free[d.pair()] {
			w.park(d, w.person(d.User), w.team(d.Group))
		}
	}
}
