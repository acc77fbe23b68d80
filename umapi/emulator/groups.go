package emulator

import (
	"cmp"
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
	GroupTypeContractAdmin  = "CONTRACT_ADMIN_GROUP"
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

// group is whatever can hold users: a user group, a product profile or an
// administrative group.
type group struct {
	id          int64
	name        string
	groupType   string
	description string
	product     string // name of the product of a profile or product admin group
	contract    string // name of the contract of a contract admin group
	quota       string // licences of a profile: a number, UNLIMITED or empty
	readOnly    bool   // shared by another organisation
	base        *group // what an admin or developer group is for
	standing    bool   // exists in every organisation
	implied     bool   // exists because base or product does; not shown while empty
	members     sequence[account]
	profiles    map[*group]bool // which a user group grants
}

// isProtected tells the names of groups whose members cannot be changed through
// the API.
func isProtected(name string) bool {
	switch fold(name) {
	case nameOrgAdmin, "_compartment_admin", "_compartment_viewer":
		return true
	}
	return false
}

// protected is isProtected for a group. Those of contracts only show in reads.
func (g *group) protected() bool {
	return g.groupType == GroupTypeContractAdmin || isProtected(g.name)
}

// group returns the group with that name, of several that with the lowest id, or
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
func (g *group) shown() bool { return !g.implied || g.members.len() > 0 }

// impliedGroup returns a group that need not be made to exist, not inserted.
func (o *org) impliedGroup(name string) *group {
	if base, ok := cutPrefixFold(name, prefixProductAdmin); ok {
		for g := range o.byID.all() {
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
func (o *org) allGroups() []*group { return o.byID.list() }

// numbered gives g an id if it has none.
func (o *org) numbered(g *group) *group {
	if g.id == 0 {
		g.id = o.groupIDs + 1
	}
	o.groupIDs = max(o.groupIDs, g.id)
	return g
}

func (o *org) insertGroup(g *group) {
	o.numbered(g)
	o.did(func() { o.indexGroup(g) }, func() { o.unindexGroup(g) })
}

func (o *org) indexGroup(g *group) {
	o.byID.put(uint64(g.id), g)
	o.name(g)
}

func (o *org) unindexGroup(g *group) {
	o.byID.drop(uint64(g.id))
	o.unname(g)
}

// name lets g be found by its name.
func (o *org) name(g *group) {
	same := append(slices.Clone(o.groups[fold(g.name)]), g)
	slices.SortFunc(same, func(a, b *group) int { return cmp.Compare(a.id, b.id) })
	o.groups[fold(g.name)] = same
}

func (o *org) unname(g *group) {
	rest := slices.DeleteFunc(slices.Clone(o.groups[fold(g.name)]), func(h *group) bool { return h == g })
	if len(rest) == 0 {
		delete(o.groups, fold(g.name))
		return
	}
	o.groups[fold(g.name)] = rest
}

// deleteGroup removes g with its memberships and the groups that exist for it.
func (o *org) deleteGroup(g *group) {
	for _, a := range g.inOrder() {
		o.leave(g, a)
	}
	o.did(func() { o.unindexGroup(g) }, func() { o.indexGroup(g) })
	for _, d := range o.derived(g) {
		o.deleteGroup(d)
	}
}

// derived returns the admin and developer groups of g.
func (o *org) derived(g *group) []*group {
	return slices.DeleteFunc(o.allGroups(), func(d *group) bool { return d.base != g })
}

// renameGroup names user group g anew, and moves the name of its admin group
// with it.
func (o *org) renameGroup(g *group, name string) {
	for _, d := range o.derived(g) {
		o.rename(d, prefixAdmin+name)
	}
	o.rename(g, name)
}

func (o *org) rename(g *group, name string) {
	was := g.name
	set := func(name string) {
		o.unname(g)
		g.name = name
		o.name(g)
	}
	o.did(func() { set(name) }, func() { set(was) })
}

func (o *org) describe(g *group, description string) {
	was := g.description
	o.did(func() { g.description = description }, func() { g.description = was })
}
