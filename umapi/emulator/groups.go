package emulator

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// The types of group that have a meaning here, as UMAPI spells them. Others are
// kept as given.
const (
	GroupTypeUserGroup      = "USER_GROUP"
	GroupTypeProductProfile = "PRODUCT_PROFILE"
	GroupTypeProductAdmin   = "PRODUCT_ADMIN_GROUP"
	GroupTypeProfileAdmin   = "PROFILE_ADMIN_GROUP"
	GroupTypeUserGroupAdmin = "USER_ADMIN_GROUP"
	GroupTypeDeveloper      = "DEVELOPER_GROUP"
)

// Prefixes of groups that exist because something else does (ActionsCmds).
const (
	prefixAdmin        = "_admin_"
	prefixDeveloper    = "_developer_"
	prefixProductAdmin = "_product_admin_"
)

// The system administrators have another name in the list of groups than in
// commands.
const (
	nameOrgAdmin   = "_org_admin"
	listedOrgAdmin = "Administrators"
)

// isProtected tells the groups whose members cannot be changed through the API.
func isProtected(name string) bool {
	switch fold(name) {
	case nameOrgAdmin, "_compartment_admin", "_compartment_viewer":
		return true
	}
	return false
}

// group returns the group with that name, the oldest if there are several, or
// nil.
func (o *org) group(name string) *group {
	if found := o.groups[fold(name)]; len(found) > 0 {
		return found[0]
	}
	return nil
}

// userGroup is group for the kind that can be the root of a command.
func (o *org) userGroup(name string) *group {
	for _, g := range o.groups[fold(name)] {
		if g.groupType == GroupTypeUserGroup {
			return g
		}
	}
	return nil
}

// productProfile is group for product profiles.
func (o *org) productProfile(name string) *group {
	for _, g := range o.groups[fold(name)] {
		if g.groupType == GroupTypeProductProfile {
			return g
		}
	}
	return nil
}

// holder is what name means in an add or remove of groups: a group, or an
// administrative group that nobody has joined yet. Nil if it means nothing.
func (o *org) holder(name string) *group {
	if g := o.group(name); g != nil {
		return g
	}
	g := o.impliedGroup(name)
	if g != nil {
		g.implied = true
		o.insertGroup(g)
	}
	return g
}

// exists reports whether holder would find something.
func (o *org) exists(name string) bool {
	return o.group(name) != nil || o.impliedGroup(name) != nil
}

// shown reports whether reads show g.
func (g *group) shown() bool { return !g.implied || len(g.members) > 0 }

// impliedGroup returns a group that need not be made to exist, not inserted.
func (o *org) impliedGroup(name string) *group {
	if base, ok := cutPrefixFold(name, prefixProductAdmin); ok {
		for _, g := range o.allGroups() {
			if g.product != "" && fold(g.product) == fold(base) {
				return &group{name: prefixProductAdmin + g.product, groupType: GroupTypeProductAdmin, product: g.product}
			}
		}
	}
	if base, ok := cutPrefixFold(name, prefixAdmin); ok {
		if g := o.group(base); g != nil && g.groupType == GroupTypeUserGroup {
			return &group{name: prefixAdmin + g.name, groupType: GroupTypeUserGroupAdmin, base: g}
		} else if g != nil && g.groupType == GroupTypeProductProfile {
			return &group{name: prefixAdmin + g.name, groupType: GroupTypeProfileAdmin, base: g}
		}
	}
	if base, ok := cutPrefixFold(name, prefixDeveloper); ok {
		if g := o.productProfile(base); g != nil {
			return &group{name: prefixDeveloper + g.name, groupType: GroupTypeDeveloper, base: g}
		}
	}
	return nil
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) <= len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

// allGroups returns every group in order of its id.
func (o *org) allGroups() []*group {
	all := slices.Concat(slices.Collect(maps.Values(o.groups))...)
	slices.SortFunc(all, func(a, b *group) int { return cmp.Compare(a.id, b.id) })
	return all
}

func (o *org) insertGroup(g *group) {
	o.groupIDs++
	g.id = o.groupIDs
	g.members = map[*account]uint64{}
	g.profiles = map[*group]bool{}
	o.indexGroup(g)
	o.canUndo(func() { o.unindexGroup(g) })
}

func (o *org) indexGroup(g *group) {
	o.groups[fold(g.name)] = append(o.groups[fold(g.name)], g)
}

func (o *org) unindexGroup(g *group) {
	rest := slices.DeleteFunc(slices.Clone(o.groups[fold(g.name)]), func(h *group) bool { return h == g })
	if len(rest) == 0 {
		delete(o.groups, fold(g.name))
		return
	}
	o.groups[fold(g.name)] = rest
}

// deleteGroup removes g with its memberships and the groups that exist for it.
func (o *org) deleteGroup(g *group) {
	for a := range maps.Clone(g.members) {
		o.leave(g, a)
	}
	o.unindexGroup(g)
	o.canUndo(func() { o.indexGroup(g) })
	for _, d := range o.derived(g) {
		o.deleteGroup(d)
	}
}

// derived returns the admin and developer groups of g.
func (o *org) derived(g *group) []*group {
	return slices.DeleteFunc(o.allGroups(), func(d *group) bool { return d.base != g })
}

// renameGroup moves the names of the groups that exist for g with it.
func (o *org) renameGroup(g *group, name string) {
	for _, d := range o.derived(g) {
		o.rename(d, strings.TrimSuffix(d.name, g.name)+name)
	}
	o.rename(g, name)
}

func (o *org) rename(g *group, name string) {
	was := g.name
	set := func(name string) {
		o.unindexGroup(g)
		g.name = name
		o.indexGroup(g)
	}
	set(name)
	o.canUndo(func() { set(was) })
}

func (o *org) describe(g *group, description string) {
	was := g.description
	g.description = description
	o.canUndo(func() { g.description = was })
}

// join makes a a member of g. Joining again changes nothing.
func (o *org) join(g *group, a *account) {
	if _, ok := g.members[a]; ok {
		return
	}
	o.joins++
	o.setMember(g, a, o.joins)
	o.canUndo(func() { o.setMember(g, a, 0) })
}

// leave undoes join. Leaving what one is not in changes nothing.
func (o *org) leave(g *group, a *account) {
	seq, ok := g.members[a]
	if !ok {
		return
	}
	o.setMember(g, a, 0)
	o.canUndo(func() { o.setMember(g, a, seq) })
}

func (o *org) setMember(g *group, a *account, seq uint64) {
	g.ordered = nil
	if seq == 0 {
		delete(g.members, a)
		delete(a.groups, g)
		return
	}
	g.members[a] = seq
	a.groups[g] = true
}

// leaveAll takes a out of every group, or of those that the API may change.
func (o *org) leaveAll(a *account, protectedToo bool) {
	for g := range maps.Clone(a.groups) {
		if protectedToo || !isProtected(g.name) {
			o.leave(g, a)
		}
	}
}

// grant makes the members of user group g entitled to profile p, or no longer.
func (o *org) grant(g, p *group, granted bool) {
	was := g.profiles[p]
	set := func(granted bool) {
		if granted {
			g.profiles[p] = true
		} else {
			delete(g.profiles, p)
		}
	}
	set(granted)
	o.canUndo(func() { set(was) })
}

// inOrder returns the members of g in the order in which they joined.
func (g *group) inOrder() []*account {
	if g.ordered == nil {
		g.ordered = slices.SortedFunc(maps.Keys(g.members), func(a, b *account) int {
			return cmp.Compare(g.members[a], g.members[b])
		})
	}
	return g.ordered
}
