package plan

import (
	"fmt"
	"slices"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// placeGroup finds the Adobe group of a due group.
func (w *world) placeGroup(d Due) {
	t := w.team(d.Group)
	switch {
	case !t.exists || t.damaged:
		return
	case t.byRule:
		w.placeByRule(d, t)
		return
	}
	if g := w.byName[directory.Fold(t.name)]; g != nil && g.untyped() {
		w.plan.NeedsGroups = true
		w.waitFor(d, listingPatience, typeUnknown(fmt.Sprintf("whether %q is a user group", g.Name)))
		return
	}
	if w.leaveRules(t); t.problem != nil {
		return
	}
	if len(t.current) == 1 {
		if g := t.current[0]; g.Presence == Present && g.Adopted && !sameText(g.Name, t.name) {
			// It is not ours to rename: the group maps to another one from now on.
			w.leaveGroup(t, g)
		} else if other := w.byName[directory.Fold(t.name)]; g.Presence == Absent && other != nil && other != g && other.Presence != Absent {
			// One that was never made gives way to one that has the name.
			w.leaveGroup(t, g)
		}
	}
	if len(t.current) > 0 {
		return
	}
	if !w.in.GroupsKnown {
		w.plan.NeedsGroups = true
		return
	}
	g := w.byName[directory.Fold(t.name)]
	if g != nil && slices.ContainsFunc(g.teams, func(o *team) bool { return o.exists && !sameText(o.name, t.name) }) {
		w.wait(d, Problem{
			Code:    codeNameInUse,
			Message: fmt.Sprintf("%q still is the name of another group, which is about to change", t.name),
			Hint:    "nothing to do, unless it stays so: then look at the group that has the name now",
		})
		return
	}
	if g == nil {
		id := t.id
		for w.groups[id] != nil {
			id += "~"
		}
		g = w.addGroup(id, AdobeGroup{ID: id, Name: t.name, Type: umapi.UserGroup, Presence: Absent})
	}
	if g.mappable() {
		if g.Presence != Absent { // it may hold what a group that is gone has left behind
			w.plan.Decided.Touched = append(w.plan.Decided.Touched, Touch{Kind: KindMirrored, Group: g.ID, Class: ClassMembership})
		}
		w.linkGroup(t, g, false)
		if len(w.in.Rules.Groups) > 0 || d.Since.After(w.in.Facts.Groups[t.id].Created) {
			// Its members are not due any more if a rule had it map to nothing.
			w.plan.Decided.Touched = append(w.plan.Decided.Touched, Touch{Kind: KindEdge, Group: t.id, Class: ClassMembership})
		}
		return
	}
	t.problem = g.notMappable()
}

// linkGroup has the team map to the group, as its own or by a rule.
func (w *world) linkGroup(t *team, g *group, rule bool) {
	w.unlinkGroup(t, g)
	t.current = append(t.current, g)
	if rule {
		g.guests = append(g.guests, t)
		if !g.Ruled {
			g.Ruled = true
			w.plan.Decided.AdobeGroups = append(w.plan.Decided.AdobeGroups, g.AdobeGroup)
		}
	} else {
		g.teams = append(g.teams, t)
	}
	w.plan.Links = append(w.plan.Links, Link{Kind: KindGroup, Directory: t.id, Mirror: g.ID, Rule: rule})
}

func (w *world) unlinkGroup(t *team, g *group) {
	isTeam := func(x *team) bool { return x == t }
	t.current = slices.DeleteFunc(t.current, func(x *group) bool { return x == g })
	g.teams, g.guests = slices.DeleteFunc(g.teams, isTeam), slices.DeleteFunc(g.guests, isTeam)
}

func (w *world) leaveGroup(t *team, g *group) {
	rule := !t.owns(g)
	w.unlinkGroup(t, g)
	w.forgetGone(g)
	t.stale = append(t.stale, g)
	w.plan.Links = append(w.plan.Links, Link{Kind: KindGroup, Directory: t.id, Mirror: g.ID, Stale: true, Rule: rule})
	w.plan.Decided.Touched = append(w.plan.Decided.Touched,
		Touch{Kind: KindMirrored, Group: g.ID, Class: ClassMembership}, Touch{Kind: KindEdge, Group: t.id, Class: ClassMembership})
}

// forgetGone has groups of the directory that are gone map no longer to one that
// outlived them because others mapped to it, so that nobody takes it for about to go.
func (w *world) forgetGone(g *group) {
	for _, o := range slices.Clone(g.teams) {
		isDue := slices.ContainsFunc(w.in.Due, func(d Due) bool { return d.row() == row{KindGroup, "", o.id} })
		if !o.exists && !isDue {
			w.unlinkGroup(o, g)
			w.plan.Decided.Unlinked = append(w.plan.Decided.Unlinked, Link{Kind: KindGroup, Directory: o.id, Mirror: g.ID})
		}
	}
}

// keepForGuests has a group of the directory that is gone map no longer to one which a
// rule maps others to: else it would count as about to be deleted for ever once they
// go, and keep its members. What it gave is looked at for itself.
func (w *world) keepForGuests(t *team, g *group) {
	w.unlinkGroup(t, g)
	w.plan.Decided.Unlinked = append(w.plan.Decided.Unlinked, Link{Kind: KindGroup, Directory: t.id, Mirror: g.ID})
	w.plan.Decided.Touched = append(w.plan.Decided.Touched, Touch{Kind: KindMirrored, Group: g.ID, Class: ClassMembership})
}

// leaving reports whether the group is ours and is about to be deleted: none of the
// directory maps to it any more.
func (g *group) leaving() bool {
	return g.Presence != Absent && !g.Adopted && g.mappable() && len(g.teams) > 0 &&
		!slices.ContainsFunc(slices.Concat(g.teams, g.guests), func(t *team) bool { return t.exists })
}

func (g *group) notMappable() *Problem {
	if g.protected() {
		return &Problem{
			Code:    "bridge.protected",
			Message: fmt.Sprintf("the group %q is protected by the configuration: nothing is changed", g.Name),
			Hint:    "unassign it in the provider, or take it out of protect in the configuration",
		}
	}
	return &Problem{
		Code:    "bridge.group.not_a_user_group",
		Message: fmt.Sprintf("%q is a %s in Adobe: its members would be given what it grants", g.Name, g.Type),
		Hint:    "rename the group in the provider, or assign the product profile to a user group in the Admin Console",
	}
}

// planGroup decides what becomes of the Adobe group of a due group.
func (w *world) planGroup(out []unit, d Due) []unit {
	if w.judged[d.row()] {
		return out // it has no place yet
	}
	t := w.team(d.Group)
	if t.exists && t.problem != nil {
		w.decide(d, Failed, t.problem)
		return out
	}
	if t.exists && t.byRule {
		w.planTargets(t, d)
		return out
	}
	g := t.own()
	if !t.exists && (g == nil || !g.leaving()) {
		if g != nil && g.hasGuest() {
			w.keepForGuests(t, g)
		}
		w.decide(d, Done, nil) // what others map to, or was there before, is not ours to delete
		return out
	}
	if g == nil {
		return out // it waits for the listing or for a name
	}
	if g.Presence == Unknown || g.Presence == Doubtful {
		w.readGroup(g, d)
		return out
	}
	if g.planned {
		return out // another group that maps to it decided already: next time
	}
	g.planned = true
	if !g.mappable() {
		w.decide(d, Failed, g.notMappable())
		return out
	}
	if !t.exists {
		return w.planGroupRemoval(out, g, d)
	}
	switch {
	case g.Presence == Absent:
		after := g.AdobeGroup
		after.Name, after.Type, after.Presence, after.Adopted = t.name, umapi.UserGroup, Present, false
		c := groupCommand(g, after, d, umapi.Step{CreateUserGroup: &umapi.CreateUserGroup{}})
		c.UMAPI.UserGroup = t.name
		if g.known {
			// It was there before: its members are not due because of it.
			c.Touched = []Touch{{Kind: KindEdge, Group: t.id, Class: ClassMembership}}
		}
		c.Touched = append(c.Touched, g.guestsDue()...)
		g.coming = true
		return append(out, unit{group: g, command: c, first: true, alone: d.Alone()})
	case g.Name == t.name, g.Adopted:
		w.decide(d, Done, nil)
		return out
	default:
		return w.planRename(out, t, g, d)
	}
}

func (w *world) planRename(out []unit, t *team, g *group, d Due) []unit {
	if other := w.byName[directory.Fold(t.name)]; other != nil && other != g && other.Presence != Absent {
		if !other.mappable() {
			w.decide(d, Failed, other.notMappable()) // no time will free the name
			return out
		}
		if other.Adopted { // a person may have freed the name since it was listed
			w.readGroup(other, d)
		}
		w.wait(d, Problem{
			Code:    codeNameInUse,
			Message: fmt.Sprintf("%q is the name of another group in Adobe", t.name),
			Hint:    "rename one of the two, or delete the other group in the Admin Console",
		})
		return out
	}
	if g.Name == t.name {
		w.decide(d, Done, nil)
		return out
	}
	after := g.AdobeGroup
	after.Name = t.name
	c := groupCommand(g, after, d, umapi.Step{UpdateUserGroup: &umapi.UpdateUserGroup{Name: t.name}})
	c.Touched = g.guestsDue()
	return append(out, unit{group: g, command: c, alone: d.Alone()})
}

// planGroupRemoval deletes a group that is ours and that nothing maps to any longer.
func (w *world) planGroupRemoval(out []unit, g *group, d Due) []unit {
	if w.holdDeletion(g, d) {
		return out
	}
	after := g.AdobeGroup
	after.Presence = Absent
	c := groupCommand(g, after, d, umapi.Step{DeleteUserGroup: &umapi.DeleteUserGroup{}})
	if !d.Released {
		c.Steps[0].Removes.Entitlements = w.in.Facts.Sizes[g.ID]
	}
	return append(out, unit{group: g, command: c, alone: d.Alone()})
}

func groupCommand(g *group, after AdobeGroup, d Due, s umapi.Step) Command {
	before := g.AdobeGroup
	return Command{
		UMAPI:      umapi.Command{UserGroup: g.Name, Do: []umapi.Step{s}},
		AdobeGroup: &after, BeforeAdobeGroup: &before,
		Own: []Due{d}, Steps: []Step{{Subject: true}},
	}
}

// readGroup asks for the group to be read back, once.
func (w *world) readGroup(g *group, d Due) {
	if other := w.byName[directory.Fold(g.Name)]; g.Presence == Absent && other != nil && other.Presence != Absent {
		g = other // what would be found is, or may be, that one
	}
	if at := w.flying.readable(flyingKey{group: g.ID}); at.After(w.in.Now) {
		w.waitForAnswer([]Due{d}, at)
		return
	}
	for i := range w.plan.Reads {
		if r := &w.plan.Reads[i]; r.AdobeGroup != nil && r.AdobeGroup.ID == g.ID {
			r.Due = append(r.Due, d)
			return
		}
	}
	before := g.AdobeGroup
	r := Read{AdobeGroup: &before, Due: []Due{d}, Given: g.given()}
	for _, t := range slices.Concat(g.teams, g.guests) {
		r.Linked = append(r.Linked, t.id)
	}
	w.plan.Reads = append(w.plan.Reads, r)
}

// dropOvertakenReads leaves out the reads of groups that were not there under names which
// the call gives to others: they would be found, and taken for what they are not.
func (w *world) dropOvertakenReads() {
	given := map[flyingKey]bool{}
	for i := range w.plan.Commands {
		if c := &w.plan.Commands[i]; c.AdobeGroup != nil && c.changesSubject() {
			given[c.gives()] = true
		}
	}
	w.plan.Reads = slices.DeleteFunc(w.plan.Reads, func(r Read) bool {
		g := r.AdobeGroup
		return g != nil && g.Presence == Absent && given[flyingKey{true, "", directory.Fold(g.Name)}]
	})
}
