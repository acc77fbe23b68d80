package emulator

import "encoding/json"

// userLists has the names that a list of groups has had in the commands of a
// user. They all mean the same. An empty one once meant the group of everybody
// in the organisation, which is no change.
var userLists = listRules{
	keys: map[string]string{
		"group": "group", "product": "group", "productConfiguration": "group", "usergroup": "group",
	},
	missing:    "error.command.add_remove.missing_list",
	mayBeEmpty: true,
}

// userAdd puts a user into groups.
type userAdd struct{ groups []string }

// userRemove takes a user out of groups, or with all out of every one that the
// organisation may change.
type userRemove struct {
	groups []string
	all    bool
}

func parseUserAdd(r *stepReader, raw json.RawMessage) (step, *problem) {
	lists, p := r.readLists(raw, userLists)
	return userAdd{groups: lists["group"]}, p
}

func parseUserRemove(r *stepReader, raw json.RawMessage) (step, *problem) {
	if isAll(raw) {
		return userRemove{all: true}, nil
	}
	lists, p := r.readLists(raw, userLists)
	return userRemove{groups: lists["group"]}, p
}

// isAll reports whether a remove is of everything.
func isAll(raw json.RawMessage) bool {
	s, ok := readString(raw)
	return ok && s == "all"
}

func (s userAdd) run(x *execution) *problem {
	a, p := x.account()
	if p != nil {
		return p
	}
	return x.eachGroup(s.groups, func(name string) *problem {
		g, p := x.changeable(name, "error.usergroup.readonly.add_user_not_allowed",
			"User cannot be added to group as owned by another org and readonly: %s")
		if p != nil || a == nil {
			return p
		}
		if p := x.refuseMembership(a, true); p != nil || g == nil {
			return p
		}
		if a.in(g) && x.switches.RepeatedMembershipFails {
			return newProblem("error.user.already_exists", "User is already a member of %s: %s", g.name, a.email)
		}
		return x.room(g, []*account{a})
	}, func(name string) {
		if a != nil {
			x.org.join(x.org.holder(name), a)
		}
	})
}

func (s userRemove) run(x *execution) *problem {
	a, p := x.account()
	if p != nil {
		return p
	}
	if s.all {
		if a == nil {
			return nil
		}
		if p := x.refuseMembership(a, false); p != nil {
			return p
		}
		x.org.leaveAll(a, func(g *group) bool {
			return g.readOnly || g.protected() && !x.switches.RemoveAllSparesNobody
		})
		return nil
	}
	return x.eachGroup(s.groups, func(name string) *problem {
		g, p := x.changeable(name, "error.usergroup.readonly.remove_user_not_allowed",
			"User cannot be removed from group as owned by another org and readonly: %s")
		if p != nil || a == nil {
			return p
		}
		if x.switches.RepeatedMembershipFails && (g == nil || !a.in(g)) {
			return newProblem("error.group.remove_failed",
				"remove [%s] to product group %s failed: error.group.remove_failed", a.email, name)
		}
		return x.refuseMembership(a, false)
	}, func(name string) {
		if g := x.org.group(name); g != nil && a != nil {
			x.org.leave(g, a)
		}
	})
}

// eachGroup does something with each group of a list if all of them pass the
// check, or with SkipBadEntries with each that does.
func (x *execution) eachGroup(names []string, check func(name string) *problem, do func(name string)) *problem {
	var good []string
	var bad *problem
	for _, name := range names {
		if p := check(name); p == nil {
			good = append(good, name)
		} else if bad == nil {
			bad = p
		}
	}
	if bad != nil && !x.switches.SkipBadEntries {
		return bad
	}
	for _, name := range good {
		do(name)
	}
	return bad
}

// changeable returns the group that name means, nil if it is only implied, and
// a problem if its members cannot be changed: for one that another organisation
// shares, with the given code and message.
func (x *execution) changeable(name, code, message string) (*group, *problem) {
	g := x.org.group(name)
	if isProtected(name) || g != nil && g.protected() || !x.org.exists(name) {
		return nil, newProblem("error.group.not_found", "Group %s was not found", name)
	}
	if g != nil && g.readOnly {
		return nil, newProblem(code, message, g.name)
	}
	return g, nil
}

// room checks that a user group does not outgrow what it may hold. To one that
// holds more already nothing can be added, not even a profile
// (usergroupActionCommands).
func (x *execution) room(g *group, joining []*account) *problem {
	if g.groupType != GroupTypeUserGroup {
		return nil
	}
	more := 0
	for _, a := range joining {
		if !a.in(g) {
			more++
		}
	}
	if g.members.len()+more > x.maxMembers {
		return newProblem("error.usergroup.exceeds_maximum_member_count",
			"Usergroup exceeds the maximum number of members: %s", g.name)
	}
	return nil
}

// removeFromOrg takes a user out of the organisation.
type removeFromOrg struct{ deleteAccount bool }

func parseRemoveFromOrg(_ *stepReader, raw json.RawMessage) (step, *problem) {
	fields, ok := readObject(raw)
	if !ok {
		return nil, newProblem("error.command.create.object_expected", "Object expected in removeFromOrg")
	}
	var s removeFromOrg
	for _, f := range fields {
		if f.key != "deleteAccount" {
			return nil, foreign("error.command.illegal_entry", "Unknown key in removeFromOrg: %s", f.key)
		}
		if s.deleteAccount, ok = readBool(f.value); !ok {
			return nil, newProblem("error.command.boolean_expected", "Boolean expected in command for field: deleteAccount")
		}
	}
	return s, nil
}

func (s removeFromOrg) run(x *execution) *problem {
	a, p := x.account()
	if a == nil && s.deleteAccount && !x.cmd.useAdobeID {
		// One that had left before can still be deleted from the directory.
		if a = x.org.findOwned(x.cmd.user, x.cmd.domain); a != nil {
			p = nil
		}
	}
	switch {
	case a != nil:
	case p != nil && !s.deleteAccount && x.switches.SoftRemoveOfUnknownSucceeds:
		return nil
	default:
		return p
	}
	if a.home != nil {
		if p := a.home.refuseRemoval(s.deleteAccount); p != nil {
			return p
		}
	}
	x.org.leaveAll(a, func(*group) bool { return false })
	if s.deleteAccount && a.idType != TypeAdobeID {
		x.org.delete(a)
		return nil
	}
	to := a.profile
	to.member = false
	x.org.change(a, to)
	return nil
}
