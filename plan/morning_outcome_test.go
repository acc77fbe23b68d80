package plan_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// want is what Adobe should hold, straight from the directory: users by address
// with their names, and the members of each group.
func (m *morning) want() string {
	groups, members := map[string]string{}, map[string][]string{}
	targets := map[string][]string{}
	for id, g := range m.l.groups {
		a, _ := g.Attributes()
		switch to, err := m.l.rules.Group(a); {
		case err != nil:
			m.fail("%v", err)
		case to.ByRule:
			targets[id] = to.Names
		default:
			f := directory.Fold(a.DisplayName) // a spelling that was lost may stay
			if f != "profile" && f != "hidden" {
				groups[id], targets[id] = f, to.Names
			}
		}
	}
	type seen struct {
		created  time.Time
		id, text string
	}
	people := map[string]seen{}
	for id, u := range m.l.users {
		a, _ := u.Attributes()
		want, err := m.l.rules.Account(a)
		if err != nil || !a.IsActive() {
			continue
		}
		adobeID := want.Type == umapi.AdobeID
		who := fmt.Sprintf("%v %s", adobeID, directory.Fold(want.Email))
		text := fmt.Sprintf("%s %s %s", directory.Fold(want.Username), want.FirstName, want.LastName)
		if adobeID {
			text = ""
		}
		if old, ok := people[who]; !ok || cmp.Or(u.Created.Compare(old.created), cmp.Compare(id, old.id)) < 0 {
			people[who] = seen{u.Created, id, text}
		}
	}
	for who, s := range people {
		for g, names := range targets {
			for _, name := range names {
				if m.l.members[g][s.id] {
					members[directory.Fold(name)] = append(members[directory.Fold(name)], who)
				}
			}
		}
	}
	var out []string
	for who, s := range people {
		out = append(out, who+": "+s.text)
	}
	for _, g := range m.l.adobeGroups {
		for _, f := range []string{directory.Fold(g.Name), directory.Fold(g.Candidate)} {
			if _, here := m.a.groups[f]; here && g.Adopted && g.Presence != plan.Absent { // the reply to its creation was lost
				m.byHand[f] = true
			} else if here && m.ruled && g.Presence != plan.Absent && !m.owned(g.ID) {
				m.byHand[f] = true // what a rule takes over is nobody's to delete
			}
		}
	}
	for f := range m.byHand {
		if !slices.Contains(slices.Collect(maps.Values(groups)), f) {
			groups["by hand "+f] = f
		}
	}
	for _, name := range groups {
		slices.Sort(members[name])
		out = append(out, name+": "+strings.Join(slices.Compact(members[name]), ", "))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// has is what Adobe does hold, in the same words.
func (m *morning) has() string {
	var out []string
	for _, u := range m.a.users {
		text := fmt.Sprintf("%s %s %s", directory.Fold(u.username), u.first, u.last)
		if u.adobeID {
			text = ""
		}
		out = append(out, fmt.Sprintf("%v %s: %s", u.adobeID, directory.Fold(u.email), text))
	}
	for f, members := range m.a.members {
		var list []string
		for u := range members {
			list = append(list, fmt.Sprintf("%v %s", u.adobeID, directory.Fold(u.email)))
		}
		slices.Sort(list)
		out = append(out, f+": "+strings.Join(list, ", "))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// contested reports whether something waits for an address that two active
// users want, or for a name that a group in Adobe has.
func (m *morning) contested() bool {
	waits := 0
	for _, r := range m.l.due {
		if r.problem.Code == "bridge.email.in_use" {
			waits++
		}
		if r.problem.Code == "bridge.group.name_in_use" {
			return true // its own group waits for the name of one that is not its own
		}
	}
	if waits != 1 {
		return waits > 1 // each waits for an address that another of them has
	}
	seen := map[string]bool{}
	for _, u := range m.l.users {
		a, _ := u.Attributes()
		email := directory.Fold(a.Emails[0].Value)
		if a.IsActive() && seen[email] {
			return true
		}
		seen[email] = seen[email] || a.IsActive()
	}
	return false
}

// checkLeftOver holds what is not done against its reason.
func (m *morning) checkLeftOver() {
	allowed := []string{"bridge.user.duplicate", "bridge.group.not_a_user_group"}
	for _, r := range m.l.sorted() {
		switch {
		case r.failed && slices.Contains(allowed, r.problem.Code):
		case m.unseen(r):
		case r.parked && m.blocked(r):
		case r.Kind == plan.KindEdge && m.mapsTo(r.Group, "Hidden"): // a profile that was never listed
		case r.Kind == plan.KindMirrored && m.l.adobeGroups[r.Group].Name == "Hidden":
		default:
			m.fail("left over: %+v", *r)
		}
	}
}

// unseen reports whether a row waits for what a rule names and Adobe does not have.
func (m *morning) unseen(r *row) bool {
	if r.problem.Code != "bridge.group.target_missing" {
		return false
	}
	if r.Kind != plan.KindGroup {
		return m.a.members[directory.Fold(m.l.adobeGroups[r.Group].Name)] == nil || r.Kind == plan.KindEdge
	}
	g := m.l.groups[r.Group]
	a, _ := g.Attributes()
	to, _ := m.l.rules.Group(a)
	return r.failed && to.ByRule && slices.ContainsFunc(to.Names, func(name string) bool { return m.a.members[directory.Fold(name)] == nil })
}

// allUnseen reports whether all that is pending is so.
func (m *morning) allUnseen() bool {
	for _, r := range m.l.due {
		if !r.failed && !r.held && !r.parked && !m.unseen(r) {
			return false
		}
	}
	return true
}

func (m *morning) blocked(r *row) bool {
	u, g := m.l.due[key{plan.KindUser, r.User, ""}], m.l.due[key{plan.KindGroup, "", r.Group}]
	return u != nil && u.failed || g != nil && g.failed
}

func (m *morning) mapsTo(group, name string) bool {
	for _, k := range m.l.links {
		if k.Kind == plan.KindGroup && k.Directory == group && m.l.adobeGroups[k.Mirror].Name == name {
			return true
		}
	}
	return false
}

// leftHidden reports whether a group mapped to the unlisted profile and no
// longer does.
func (m *morning) leftHidden() bool {
	for _, k := range m.l.links {
		if k.Kind == plan.KindGroup && k.Stale && m.l.adobeGroups[k.Mirror].Name == "Hidden" {
			return true
		}
	}
	return false
}

// owned reports whether a group that maps by its name has an Adobe group as its own.
func (m *morning) owned(id string) bool {
	for _, k := range m.l.links {
		if k.Kind == plan.KindGroup && k.Mirror == id && !k.Stale && !k.Rule {
			return true
		}
	}
	return false
}
