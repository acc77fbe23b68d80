package plan_test

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// rule changes the rules for groups, and starts the bridge anew.
func (m *morning) rule() {
	m.ruled, m.l.rules.Groups = true, nil
	targets := []string{"Listed", "Unlisted", "Profile", "profile", "Hidden", "A", "Nowhere", "_admin_A"}
	for _, from := range []string{"A", "B", "C", "Listed", "Profile", "N*"} {
		if rapid.Bool().Draw(m.T, "rule "+from) {
			to := rapid.SliceOfNDistinct(rapid.SampledFrom(targets), 0, 3, directory.Fold).Draw(m.T, "to")
			m.l.rules.Groups = append(m.l.rules.Groups, mapping.GroupRule{From: from, To: to})
		}
	}
	m.note("rules %+v", m.l.rules.Groups)
	m.retryFailed()
	for _, id := range slices.Sorted(maps.Keys(m.l.groups)) {
		m.l.owe(plan.KindGroup, "", id, plan.ClassAttribute)
	}
}

// list merges a listing of Adobe's groups, as the store promises.
func (m *morning) list() {
	m.l.groupsKnown = true
	ids := slices.Sorted(maps.Keys(m.l.adobeGroups))
	found := map[string]bool{}
	for _, absent := range []bool{false, true} {
		for _, id := range ids {
			g := m.l.adobeGroups[id]
			if (g.Presence == plan.Absent) != absent {
				continue
			}
			f := directory.Fold(g.Name)
			if _, ok := m.a.groups[f]; !ok && g.Presence == plan.Unknown {
				f = directory.Fold(g.Candidate)
			}
			_, here := m.a.groups[f]
			was := g.Presence
			switch {
			case here && !found[f]:
				found[f] = true
				g.Candidate, g.MissedAt = "", time.Time{}
				g.Presence, g.Name, g.Type = plan.Present, m.a.groups[f], m.a.types[f]
				m.listed(g, was)
			case g.Presence == plan.Present:
				g.Presence = plan.Unknown
				m.listed(g, was)
			}
		}
	}
	for _, f := range slices.Sorted(maps.Keys(m.a.groups)) {
		if id := "adobe:" + f; !found[f] {
			if _, ok := m.l.adobeGroups[id]; ok {
				id += "/2"
			}
			m.l.adobeGroups[id] = plan.AdobeGroup{ID: id, Name: m.a.groups[f], Type: m.a.types[f], Presence: plan.Present, Adopted: true}
		}
	}
}

// listed mirrors what a listing says of a group, and has those looked at whom it concerns.
func (m *morning) listed(g plan.AdobeGroup, was plan.Presence) {
	m.l.adobeGroups[g.ID] = g
	var s plan.Settlement
	for _, k := range m.l.links {
		switch {
		case k.Kind != plan.KindGroup || k.Mirror != g.ID || g.Presence == was:
		case g.Presence == plan.Unknown:
			s.Touched = append(s.Touched, plan.Touch{Kind: plan.KindGroup, Group: k.Directory, Class: plan.ClassGroup})
		case k.Rule:
			s.Touched = append(s.Touched, plan.Touch{Kind: plan.KindGroup, Group: k.Directory, Class: plan.ClassGroup},
				plan.Touch{Kind: plan.KindEdge, Group: k.Directory, Class: plan.ClassMembership},
				plan.Touch{Kind: plan.KindMirrored, Group: g.ID, Class: plan.ClassMembership})
		}
	}
	slices.SortFunc(s.Touched, func(x, y plan.Touch) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Group, y.Group))
	})
	m.l.settle(s)
}

// profile deletes the product profile by hand, or makes it again: with the members that
// it had, as one that got another name for a while, unless the bridge noticed.
func (m *morning) profile() {
	if _, there := m.a.groups["profile"]; there {
		m.note("somebody deletes the profile")
		m.away = m.a.members["profile"]
		delete(m.a.groups, "profile")
		delete(m.a.types, "profile")
		delete(m.a.members, "profile")
		delete(m.byHand, "profile")
		return
	}
	m.note("somebody makes the profile")
	m.a.addGroup("Profile", umapi.ProductProfile)
	m.byHand["profile"] = true
	noticed := true
	for _, g := range m.l.adobeGroups {
		noticed = noticed && (directory.Fold(g.Name) != "profile" || g.Presence == plan.Doubtful)
	}
	if !noticed || rapid.Bool().Draw(m.T, "as it was") {
		m.a.members["profile"] = m.away
	}
	maps.DeleteFunc(m.a.members["profile"], func(u *adobeUser, _ bool) bool { return !slices.Contains(m.a.users, u) })
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

// owned reports whether a group that maps by its name has an Adobe group as its own.
func (m *morning) owned(id string) bool {
	for _, k := range m.l.links {
		if k.Kind == plan.KindGroup && k.Mirror == id && !k.Stale && !k.Rule {
			return true
		}
	}
	return false
}
