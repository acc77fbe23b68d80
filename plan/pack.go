package plan

import (
	"fmt"
	"slices"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// pack fills the next call with units, in their order, by the rules of the
// package comment. What does not fit stays due.
func (w *world) pack(units []unit) {
	for i, u := range units {
		if u.account != nil && !u.alone && u.namesOnly() {
			u.account.update = &units[i]
		}
	}
	// First each membership takes the root that it had best travel with, or
	// waits for it. Then what room there is left is used: a call costs the same.
	best := w.cover(units)
	if w.fill(units, &best) && (len(w.plan.Commands) == 0 || !w.in.endless) {
		w.fill(slices.DeleteFunc(slices.Clone(units), func(u unit) bool { return u.edge == nil }), nil)
	}
	w.parkBlocked()
}

// fill adds units to the call. It reports false if one has the call for itself.
func (w *world) fill(units []unit, best *cover) bool {
	for _, u := range units {
		if len(w.plan.Commands) == w.in.Limits.Commands {
			break
		}
		if u.alone && len(w.plan.Commands) > 0 {
			continue
		}
		switch {
		case u.account != nil:
			w.packAccount(u)
		case u.group != nil:
			w.packGroup(u)
		default:
			w.packEdge(u.edge, u.alone, best)
		}
		if u.alone && len(w.plan.Commands) > 0 {
			return false
		}
	}
	return true
}

// isFull reports whether the call would be the same if more were due: commands of
// other kinds carry memberships that are due, and so have a choice.
func (w *world) isFull() bool {
	for _, c := range w.plan.Commands {
		if step := c.UMAPI.Do[0]; step.CreatesUser() == nil && step.RemoveFromOrg == nil {
			return false
		}
	}
	return len(w.plan.Commands) == w.in.Limits.Commands
}

// claim is a root of accounts' commands, or an address that they give or take.
type claim struct {
	user, domain string // folded; the domain of a root begins with @
	adobeID      bool
}

// claims are what no other account's command of the call may have as well.
func (c Command) claims() []claim {
	return []claim{
		{directory.Fold(c.UMAPI.User), "@" + directory.Fold(c.UMAPI.Domain), c.UMAPI.UseAdobeID},
		{directory.Fold(c.Account.Email), "", c.Account.Type == umapi.AdobeID},
	}
}

// clashes reports whether another account's command has the same root, since a
// former account may hold the login of a new one, or gives or takes the same
// address: which of the two would come first is not known.
func (w *world) clashes(c Command) bool {
	return slices.ContainsFunc(c.claims(), func(x claim) bool { return w.claimed[x] })
}

// emit adds a command to the call, unless the client would refuse to send it.
func (w *world) emit(c Command) {
	if err := c.UMAPI.Validate(); err != nil {
		for _, d := range c.allDue() {
			w.decide(d, Failed, &Problem{
				Code: "bridge.command.invalid", Message: err.Error(),
				Hint: "correct the attribute that it names in the provider",
			})
		}
		return
	}
	if c.Account != nil {
		for _, x := range c.claims() {
			w.claimed[x] = true
		}
	}
	w.plan.Commands = append(w.plan.Commands, c)
}

// namesOnly reports whether the unit is an update that leaves the account where
// commands find it.
func (u unit) namesOnly() bool {
	update := u.command.UMAPI.Do[0].Update
	return update != nil && update.Email == "" && update.Username == ""
}

// packAccount takes a command whose subject is an account, with the
// memberships that may travel in it.
func (w *world) packAccount(u unit) {
	a, c := u.account, u.command
	step := c.UMAPI.Do[0]
	creates, removes := step.CreatesUser() != nil, step.RemoveFromOrg != nil
	moves := step.Update != nil && (step.Update.Email != "" || step.Update.Username != "")
	if a.root || w.clashes(c) || a.listed && (creates || removes || moves) {
		return
	}
	a.root = true
	a.changed = creates || removes || moves
	switch {
	case u.alone && creates:
		c.Touched = append(c.Touched, w.unsettled(a)...)
	case u.alone, removes, moves:
	case creates:
		w.carry(&c, a)
	default:
		w.attach(&c, w.userSteps(a, nil, w.in.Limits.Steps-1), false)
	}
	w.emit(c)
}

// carry adds the memberships of an account to the command that creates it; those that
// do not fit become due when it is there.
func (w *world) carry(c *Command, a *account) {
	wants := w.wants(a)
	var edges []*edge
	room := (w.in.Limits.Steps - 1) * w.in.Limits.Entries
	for _, g := range sortedGroups(wants) {
		e := w.difference(a, g)
		if len(edges) == room || g.Presence != Present || !e.verified() || g.changed || e.solo || !e.packable() {
			continue
		}
		if len(e.due)+len(e.also) == 0 {
			e.otherwise = []Touch{wants[g][0].touch()}
		}
		edges = append(edges, e)
	}
	var steps [][]*edge
	for chunk := range slices.Chunk(edges, w.in.Limits.Entries) {
		steps = append(steps, chunk)
	}
	w.attach(c, steps, false)
	c.Touched = append(c.Touched, w.unsettled(a)...)
}

// packGroup takes a command whose subject is a group. One that creates the group
// carries members who are there.
func (w *world) packGroup(u unit) {
	g, c := u.group, u.command
	if g.listed || g.direction != noDirection {
		return
	}
	if c.UMAPI.Do[0].DeleteUserGroup != nil && w.deletesGroup() {
		return
	}
	g.changed = true
	if c.UMAPI.Do[0].CreateUserGroup != nil && !u.alone {
		var edges []*edge
		for _, e := range g.items {
			if e.add && e.packable() && !e.taken && !e.solo && e.listable() && e.account.Presence == Present && !e.account.changed {
				edges = append(edges, e)
			}
		}
		steps, _ := split(edges, w.in.Limits.Steps-1, w.in.Limits.Entries)
		w.attach(&c, steps, true)
	}
	w.emit(c)
}

func (w *world) deletesGroup() bool {
	return slices.ContainsFunc(w.plan.Commands, func(c Command) bool { return c.UMAPI.Do[0].DeleteUserGroup != nil })
}

// packEdge takes the membership with the root that takes the most others along.
func (w *world) packEdge(e *edge, alone bool, best *cover) {
	if e.taken || e.account.changed || e.group.changed {
		return
	}
	if !e.verified() && !e.listable() {
		w.waitForType(e)
		return
	}
	var byUser, byGroup [][]*edge
	var d direction
	if !e.account.root && e.verified() && !w.clashes(Command{UMAPI: e.account.address(), Account: &e.account.Account}) {
		byUser = w.userSteps(e.account, e, w.in.Limits.Steps)
		if alone {
			byUser = [][]*edge{{e}}
		}
	}
	if !alone && !e.solo && e.rootable() || !e.verified() {
		byGroup, d = w.groupSteps(e.group, e, best != nil)
	}
	toGroup := count(byGroup) > count(byUser)
	if best != nil && !alone && !e.solo {
		switch account, group := best.roots(e); {
		case group && !account && byGroup == nil, account && !group && byUser == nil:
			return
		case group != account:
			toGroup = group
		}
	}
	switch {
	case toGroup:
		e.group.direction = d
		c := Command{
			UMAPI:      umapi.Command{UserGroup: e.group.Name},
			AdobeGroup: &e.group.AdobeGroup, BeforeAdobeGroup: &e.group.AdobeGroup,
		}
		w.attach(&c, byGroup, true)
		w.emit(c)
	case count(byUser) > 0 && e.account.update != nil && !alone:
		w.packAccount(*e.account.update) // with the memberships that it has room for
	case count(byUser) > 0:
		e.account.root = true
		c := Command{UMAPI: e.account.address(), Account: &e.account.Account, BeforeAccount: &e.account.Account}
		w.attach(&c, byUser, false)
		w.emit(c)
	}
}

// waitForType has a membership wait of which neither end may be named by the other
// until Adobe lists the group with its type.
func (w *world) waitForType(e *edge) {
	w.plan.NeedsGroups = true
	for _, d := range slices.Concat(e.due, e.also) {
		w.waitFor(d, listingPatience, typeUnknown(
			fmt.Sprintf("whether %q is a user group, and %s has no address of its own to be added by", e.group.Name, e.account.Email)))
	}
}

func typeUnknown(what string) Problem {
	return Problem{
		Code:    codeTypeUnknown,
		Message: "Adobe does not say " + what,
		Hint:    "nothing to do: its groups are listed again; if it stays, look for the name under Products and User Groups in the Admin Console",
	}
}

// userSteps are the memberships that a command of the account can carry, with
// first, unless it is nil, among them.
func (w *world) userSteps(a *account, first *edge, room int) [][]*edge {
	if first != nil && first.apart {
		return [][]*edge{{first}}
	}
	var edges []*edge
	for _, e := range a.items {
		if !e.taken && e.ready() && e.verified() && e.packable() && !e.group.changed && (!e.alone && !e.apart || e == first) {
			edges = append(edges, e)
		}
	}
	steps, _ := split(lead(edges, first), room, w.in.Limits.Entries)
	return steps
}

// groupSteps are the memberships that one more command of the group can carry,
// first among them, and the direction that the group then has in this call.
func (w *world) groupSteps(g *group, first *edge, thrifty bool) ([][]*edge, direction) {
	if g.direction == bothDirection || g.direction == onlyAdds && !first.add || g.direction == onlyRemoves && first.add {
		return nil, g.direction
	}
	var all, same []*edge
	for _, e := range g.items {
		if e.taken || e.solo && e != first || !e.ready() || !e.rootable() || !e.packable() || e.account.changed {
			continue
		}
		all = append(all, e)
		if e.add == first.add {
			same = append(same, e)
		}
	}
	d := onlyRemoves
	if first.add {
		d = onlyAdds
	}
	if g.direction == noDirection && len(all) > len(same) {
		if steps, rest := split(all, w.in.Limits.Steps, w.in.Limits.Entries); rest == 0 {
			return steps, bothDirection
		}
	}
	if thrifty && g.direction != noDirection && len(all) > len(same) && len(same) < w.in.Limits.Steps*w.in.Limits.Entries {
		return nil, d // what is left travels with the other direction, in a later call
	}
	steps, _ := split(lead(same, first), w.in.Limits.Steps, w.in.Limits.Entries)
	return steps, d
}

// lead puts first, if it is there, before the others.
func lead(edges []*edge, first *edge) []*edge {
	if i := slices.Index(edges, first); i > 0 {
		edges = slices.Insert(slices.Delete(edges, i, i+1), 0, first)
	}
	return edges
}

// split puts edges into at most room steps of at most entries, removals before
// adds, and counts those left over. A solo edge has a step of its own.
func split(edges []*edge, room, entries int) (steps [][]*edge, rest int) {
	open := map[bool]int{} // by direction, the step that still has room
	for _, e := range edges {
		i, ok := open[e.add]
		if !e.solo && ok && len(steps[i]) < entries {
			steps[i] = append(steps[i], e)
			continue
		}
		if len(steps) == room {
			rest++
			continue
		}
		steps = append(steps, []*edge{e})
		if !e.solo {
			open[e.add] = len(steps) - 1
		}
	}
	slices.SortStableFunc(steps, func(a, b []*edge) int { return boolInt(a[0].add) - boolInt(b[0].add) })
	return steps, rest
}

func count(steps [][]*edge) int {
	n := 0
	for _, s := range steps {
		n += len(s)
	}
	return n
}

// attach adds membership steps to a command, which names users if its root is a
// group and else groups, and marks what they take.
func (w *world) attach(c *Command, steps [][]*edge, groupRoot bool) {
	for _, edges := range steps {
		var names umapi.Memberships
		var s Step
		for _, e := range edges {
			e.taken = true
			if groupRoot {
				names.Users = append(names.Users, e.account.Email)
				e.account.listed = true
			} else {
				names.Groups = append(names.Groups, e.group.Name)
				e.group.listed = true
			}
			if e.add {
				s.Added = append(s.Added, e.Edge)
			} else {
				s.Removed = append(s.Removed, e.Edge)
			}
			if e.counts {
				s.Removes.Entitlements++
			}
			s.Due = append(s.Due, e.due...)
			s.Also = append(s.Also, e.also...)
			s.Otherwise = append(s.Otherwise, e.otherwise...)
		}
		step := umapi.Step{Remove: &names}
		if edges[0].add {
			step = umapi.Step{Add: &names}
		}
		c.UMAPI.Do = append(c.UMAPI.Do, step)
		c.Steps = append(c.Steps, s)
	}
}
