package emulator

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// createUserGroup makes a user group. The root of the command is its name, as
// every client has it, unless the step names it too.
type createUserGroup struct{ name, description, option string }

func parseCreateUserGroup(_ *stepReader, raw json.RawMessage) (step, *problem) {
	values, p := readStrings(raw, []string{"name", "description", "option"}, "error.command.create.key.unknown")
	if p != nil {
		return nil, p
	}
	option, badOption := readOption(values["option"])
	s := createUserGroup{values["name"], values["description"], option}
	return s, firstProblem(checkGroupName(s.name), limit("description", s.description, maxString), badOption)
}

// checkGroupName accepts the empty name, which means that none is given.
func checkGroupName(name string) *problem {
	switch {
	case strings.HasPrefix(name, "_"):
		return newProblem("error.group.invalid_name", "Group name is invalid: %s", name)
	case utf8.RuneCountInString(name) > maxGroupName:
		return newProblem("error.command.string.too_long",
			"String too long in command for field: name, max length %d", maxGroupName)
	}
	return nil
}

func (s createUserGroup) run(x *execution) *problem {
	name := s.name
	if name == "" {
		name = x.cmd.userGroup
	}
	if p := checkGroupName(name); p != nil {
		return p
	}
	taken := x.org.group(name)
	if taken == nil && x.strict() {
		return newProblem("error.usergroup.not_found", "Usergroup not found: %s", name)
	}
	if taken == nil {
		g := &group{name: name, groupType: GroupTypeUserGroup, description: s.description}
		x.org.insertGroup(g)
		x.group = g
		return nil
	}
	if s.option == "" || taken.groupType != GroupTypeUserGroup {
		return newProblem("error.usergroup.already_exists", "Usergroup already exists: %s", taken.name)
	}
	if s.option == optionUpdate && taken.readOnly {
		return readOnlyUpdate(taken)
	}
	if s.option == optionUpdate {
		x.org.describe(taken, s.description)
	}
	x.group = taken
	return nil
}

func readOnlyUpdate(g *group) *problem {
	return newProblem("error.usergroup.readonly.update_not_allowed",
		"Usergroup is owned by another org and readonly: %s", g.name)
}

// updateUserGroup renames a user group, or describes it. Nil stays as it is, and
// Adobe's tools send it with nothing else.
type updateUserGroup struct{ name, description *string }

func parseUpdateUserGroup(_ *stepReader, raw json.RawMessage) (step, *problem) {
	values, p := readStrings(raw, []string{"name", "description"}, "error.command.illegal_entry")
	if p != nil {
		return nil, p
	}
	var s updateUserGroup
	if v, ok := values["name"]; ok {
		s.name = &v
		if v == "" {
			return nil, newProblem("error.group.invalid_name", "Group name is empty")
		}
		if p := checkGroupName(v); p != nil {
			return nil, p
		}
	}
	if v, ok := values["description"]; ok {
		s.description = &v
		return s, limit("description", v, maxString)
	}
	return s, nil
}

func (s updateUserGroup) run(x *execution) *problem {
	g, p := x.userGroup()
	if g == nil {
		return p
	}
	if g.readOnly && s != (updateUserGroup{}) {
		return readOnlyUpdate(g)
	}
	if s.name != nil && *s.name != g.name {
		taken := x.org.group(*s.name)
		if taken != nil && taken != g && x.switches.RenameCollisionUpdateFailed {
			return newProblem("error.usergroup.update.failed", "Usergroup was not updated: %s", g.name)
		}
		if taken != nil && taken != g {
			return newProblem("error.usergroup.already_exists", "Usergroup already exists: %s", taken.name)
		}
		x.org.renameGroup(g, *s.name)
	}
	if s.description != nil {
		x.org.describe(g, *s.description)
	}
	return nil
}

// deleteUserGroup deletes a user group. Nothing after it in its command is done.
type deleteUserGroup struct{}

func parseDeleteUserGroup(_ *stepReader, raw json.RawMessage) (step, *problem) {
	fields, ok := readObject(raw)
	if !ok || len(fields) > 0 {
		return nil, newProblem("error.command.object_not_empty", "Empty object expected in deleteUserGroup")
	}
	return deleteUserGroup{}, nil
}

func (deleteUserGroup) run(x *execution) *problem {
	x.finished = true
	second := x.call.deletes > 0
	x.call.deletes++
	g, p := x.userGroup()
	if g == nil {
		return p
	}
	if g.readOnly {
		return newProblem("error.usergroup.readonly.remove_not_allowed",
			"User group owned by another organization. Remove not allowed: %s", g.name)
	}
	if second && x.switches.SecondDelete != SecondDeleteWorks {
		// A known defect of the service: only the first of a call works.
		x.call.unexpected = "a second deleteUserGroup in one call is not done: " + g.name
		if x.switches.SecondDelete == SecondDeleteFails {
			return newProblem("error.usergroup.update.failed", "Usergroup was not updated: %s", g.name)
		}
		return nil
	}
	x.org.deleteGroup(g)
	return nil
}

// groupChange puts users and product profiles into a user group, or takes them
// out of it: those that are named, or every one.
type groupChange struct {
	users, profiles []string
	add             bool
	all             bool // with add unset
}

var groupLists = listRules{
	keys:    map[string]string{"user": "user", "productConfiguration": "profile", "product": "profile"},
	missing: "error.command.add_remove.user_usergroup.missing",
}

func parseGroupAdd(r *stepReader, raw json.RawMessage) (step, *problem) {
	lists, p := r.readLists(raw, groupLists)
	return groupChange{users: lists["user"], profiles: lists["profile"], add: true}, p
}

func parseGroupRemove(r *stepReader, raw json.RawMessage) (step, *problem) {
	if isAll(raw) {
		return groupChange{all: true}, nil
	}
	lists, p := r.readLists(raw, groupLists)
	return groupChange{users: lists["user"], profiles: lists["profile"]}, p
}

func (s groupChange) run(x *execution) *problem {
	g, p := x.userGroup()
	if p != nil {
		return p
	}
	if (s.all || len(s.users) > 0) && g.readOnly {
		if s.add {
			return newProblem("error.usergroup.readonly.add_user_not_allowed",
				"User cannot be added to group as owned by another org and readonly: %s", g.name)
		}
		return newProblem("error.usergroup.readonly.remove_user_not_allowed",
			"User cannot be removed from group as owned by another org and readonly: %s", g.name)
	}
	profiles, noProfile := s.findProfiles(x, g)
	users, noUser := s.findUsers(x, g)
	bad := firstProblem(noProfile, noUser)
	if bad != nil && !x.switches.SkipBadEntries {
		return bad
	}
	if s.add {
		if p := x.room(g, users); p != nil {
			return p
		}
	}
	changed := s.apply(x, g, users, profiles)
	if !changed && bad == nil && len(s.users) > 0 && x.switches.UnchangedListFails {
		return newProblem("error.usergroup.user_list.invalid", "User list changes nothing: %s", g.name)
	}
	return bad
}

// apply reports whether anything is different now.
func (s groupChange) apply(x *execution, g *group, users []*account, profiles []*group) bool {
	changed := false
	for _, a := range users {
		if a.in(g) == s.add {
			continue
		}
		changed = true
		if s.add {
			x.org.join(g, a)
		} else {
			x.org.leave(g, a)
		}
	}
	for _, p := range profiles {
		changed = changed || g.profiles[p] != s.add
		x.org.grant(g, p, s.add)
	}
	return changed
}

func (s groupChange) findProfiles(x *execution, g *group) ([]*group, *problem) {
	if s.all {
		return slices.Collect(maps.Keys(g.profiles)), nil
	}
	var found []*group
	var bad *problem
	for _, name := range s.profiles {
		if p := x.org.productProfile(name); p != nil {
			found = append(found, p)
		} else if bad == nil {
			bad = newProblem("error.plc.not_found", "Product profile %s was not found", name)
		}
	}
	return found, bad
}

// findUsers finds users by their e-mails; of two accounts with one e-mail the
// organisation's own. There is no way to say otherwise in a list.
func (s groupChange) findUsers(x *execution, g *group) ([]*account, *problem) {
	if s.all {
		return s.changeable(x, g.inOrder())
	}
	var known []*account
	unknown := ""
	for _, email := range s.users {
		if a := x.org.find(email, "", false); a != nil {
			known = append(known, a)
		} else {
			unknown = cmp.Or(unknown, email)
		}
	}
	found, refused := s.changeable(x, known)
	switch {
	case unknown == "" || x.lenient() || len(known) > 0 && x.switches.SkipBadEntries:
		return found, refused
	case len(known) > 0:
		return found, newProblem("error.user.not_found", "User not found: %s", unknown)
	}
	return nil, noValidUsers()
}

// changeable returns those of users whose membership can be changed, and why
// that of the first of the others cannot.
func (s groupChange) changeable(x *execution, users []*account) (found []*account, refused *problem) {
	for _, a := range users {
		if p := x.refuseMembership(a, s.add); p != nil {
			refused = firstProblem(refused, p)
		} else {
			found = append(found, a)
		}
	}
	return found, refused
}

// noValidUsers is about users of whom none is known, in the words seen in
// practice.
func noValidUsers() *problem {
	return newProblem("error.user.not_found", "No valid users were found in the request")
}
