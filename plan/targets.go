package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// What a rule of the configuration maps a group to is not the group's own: it is
// expected to be in Adobe, whatever it is, and only its members change.

// grants reports whether Adobe lists the group as something else than a user group:
// its members are given rights.
func (g *group) grants() bool { return g.Type != umapi.UserGroup && g.Type != "" || g.implied() }

func (g *group) protected() bool { return g.rules.Protected.Group(g.Name) }

// mappable reports whether a group may map to it by its name: it is a user group, or
// may be one, and is not protected.
func (g *group) mappable() bool { return !g.grants() && !g.protected() }

// untyped reports whether members may have been given what the group grants, and Adobe
// has not said whether it is a user group: no group has it by its name until then.
func (g *group) untyped() bool { return g.Ruled && g.Type == "" && g.Presence == Present }

// closed reports whether no membership of it is touched: it is protected, or gives
// rights and never was a rule's target, though a group has its name.
func (g *group) closed() bool { return g.protected() || g.grants() && len(g.teams) > 0 && !g.Ruled }

// given reports whether the group is not ours to make.
func (g *group) given() bool { return (len(g.guests) > 0 || g.grants()) && !g.hasOwner() }

// hasOwner reports whether a group of the directory has it as its own.
func (g *group) hasOwner() bool {
	return slices.ContainsFunc(g.teams, func(t *team) bool { return t.exists && t.problem == nil && !t.byRule })
}

// implied reports whether the group comes with what it administers: Adobe lists it only
// while it has members, so that only trying tells whether it is there.
func (g *group) implied() bool { return strings.HasPrefix(g.Name, "_") }

// unseen reports whether it is not ours to make and not known to be there.
func (g *group) unseen() bool { return g.Presence != Present && g.given() }

// owns reports whether the Adobe group is the team's own.
func (t *team) owns(g *group) bool { return slices.Contains(g.teams, t) }

// own is the Adobe group that follows the team, nil if there is none.
func (t *team) own() *group {
	if i := slices.IndexFunc(t.current, t.owns); i >= 0 {
		return t.current[i]
	}
	return nil
}

// isGuest reports whether a rule maps the team to the Adobe group, and the link says so.
func (t *team) isGuest(g *group) bool { return t.byRule && slices.Contains(g.guests, t) }

// unmapped reports whether a rule says that the team maps to nothing.
func (t *team) unmapped() bool { return t.byRule && len(t.targets) == 0 }

// outdated reports whether the team is linked to what a rule does not map it to, or not
// yet by that rule, or by one that is no more: its row is due then, and its memberships
// wait for that.
func (t *team) outdated() bool {
	return !t.damaged && slices.ContainsFunc(t.current, func(g *group) bool {
		if t.byRule {
			return t.owns(g) || !slices.ContainsFunc(t.targets, func(name string) bool { return sameText(name, g.Name) })
		}
		return !t.owns(g) && !sameText(g.Name, t.name)
	})
}

// wants reports whether members of the team belong into an Adobe group that it is
// linked to, by the configuration of now: the link may be older.
func (t *team) wants(g *group) bool {
	named := func(name string) bool { return sameText(name, g.Name) }
	switch {
	case g.protected():
		return false
	case t.damaged:
		return !g.grants() || !t.owns(g)
	case t.byRule:
		return slices.ContainsFunc(t.targets, named)
	case t.owns(g):
		return !g.grants()
	}
	return !g.grants() && t.problem == nil && named(t.name)
}

// placeByRule finds the Adobe groups that a rule maps a due group to.
func (w *world) placeByRule(d Due, t *team) {
	if !w.in.GroupsKnown && !t.unmapped() {
		w.plan.NeedsGroups = true
		return
	}
	targets := make([]*group, 0, len(t.targets))
	for i, name := range t.targets {
		g := w.byName[directory.Fold(name)]
		switch {
		case g == nil:
			// It is mirrored so that it is known to be wanted when it is there.
			id := fmt.Sprintf("%s/%d/%d", t.id, d.Generation, i)
			g = w.addGroup(id, AdobeGroup{ID: id, Name: name, Presence: Absent, Adopted: true})
			if g.implied() {
				g.Presence = Present
			}
		case !sameText(g.Name, name):
			w.readGroup(g, d) // it may have got that name
			return
		}
		targets = append(targets, g)
	}
	t.placed = true
	for _, g := range slices.Clone(t.current) {
		if !slices.Contains(targets, g) {
			w.leaveGroup(t, g)
		}
	}
	joins := false
	for _, g := range targets {
		if !slices.Contains(g.guests, t) {
			if g.leaving() { // nobody looked at its memberships while it was
				w.plan.Decided.Touched = append(w.plan.Decided.Touched, Touch{Kind: KindMirrored, Group: g.ID, Class: ClassMembership})
			}
			w.linkGroup(t, g, true)
			joins = true
		}
	}
	if joins {
		w.plan.Decided.Touched = append(w.plan.Decided.Touched, Touch{Kind: KindEdge, Group: t.id, Class: ClassMembership})
	}
}

// leaveRules has a team that maps by its name leave what a rule mapped it to, all but
// the Adobe group of its name, which is its own from now on.
func (w *world) leaveRules(t *team) {
	for _, g := range slices.Clone(t.current) {
		switch {
		case t.owns(g):
		case t.problem == nil && sameText(g.Name, t.name) && g.mappable():
			w.linkGroup(t, g, false)
		default:
			w.leaveGroup(t, g)
		}
	}
}

// planTargets decides about a group that a rule maps: what it maps to has to be there.
func (w *world) planTargets(t *team, d Due) {
	done := t.placed
	for _, g := range t.current {
		switch {
		case g.Presence == Present:
			// Until its type is known each member travels alone.
			w.plan.NeedsGroups = w.plan.NeedsGroups || g.Type == "" && !g.implied()
		case g.Presence == Absent && g.hasOwner():
			done = false
			w.wait(d, Problem{
				Code:    "bridge.group.target_missing",
				Message: fmt.Sprintf("%q, which a rule maps the group to, is about to be made", g.Name),
				Hint:    "nothing to do, unless it stays so: then look at the group of that name",
			})
		case g.implied() && g.Presence == Unknown: // Adobe found none
			done = false
			g.Presence, g.MissedAt = Doubtful, w.in.Now
			w.plan.Decided.AdobeGroups = append(w.plan.Decided.AdobeGroups, g.AdobeGroup)
			w.touchGuests(g) // each fails by itself
			p := targetMissing(g.Name)
			w.decide(d, Failed, &p)
		case g.implied() && g.Presence == Doubtful && !d.Since.After(g.MissedAt): // nothing is new since
			done = false
			p := targetMissing(g.Name)
			w.decide(d, Failed, &p)
		case g.implied(): // they are looked at again, so it is tried again
			g.Presence, g.MissedAt = Present, time.Time{}
			w.plan.Decided.AdobeGroups = append(w.plan.Decided.AdobeGroups, g.AdobeGroup)
			w.plan.Decided.Touched = append(w.plan.Decided.Touched, Touch{Kind: KindMirrored, Group: g.ID, Class: ClassMembership})
			w.plan.Decided.Touched = append(w.plan.Decided.Touched, g.guestsEdges()...)
		default:
			done = false
			w.readGroup(g, d)
		}
	}
	if done {
		w.decide(d, Done, nil)
	}
}

// hasGuest reports whether a rule maps a group that is there to it.
func (g *group) hasGuest() bool {
	return slices.ContainsFunc(g.guests, func(t *team) bool { return t.exists })
}

// touchGuests has those looked at whom a rule maps to a group that is not as it was,
// unless they are anyway.
func (w *world) touchGuests(g *group) {
	for _, t := range g.guests {
		d := Touch{Kind: KindGroup, Group: t.id, Class: ClassGroup}
		isDue := slices.ContainsFunc(w.in.Due, func(o Due) bool { return o.row() == row{KindGroup, "", t.id} })
		if t.exists && !isDue && !slices.Contains(w.plan.Decided.Touched, d) {
			w.plan.Decided.Touched = append(w.plan.Decided.Touched, d)
		}
	}
}

// guestsDue has those looked at whom a rule maps to a group that is made or renamed.
func (g *group) guestsDue() []Touch {
	out := g.guestsEdges()
	for _, t := range g.guests {
		out = append(out, Touch{Kind: KindGroup, Group: t.id, Class: ClassGroup})
	}
	return out
}

// guestsEdges are the memberships of those whom a rule maps to the group.
func (g *group) guestsEdges() []Touch {
	var out []Touch
	for _, t := range g.guests {
		out = append(out, Touch{Kind: KindEdge, Group: t.id, Class: ClassMembership})
	}
	return out
}
