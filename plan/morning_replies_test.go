package plan_test

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// send has Adobe answer a call, in any order of its commands.
func (m *morning) send(call plan.Call) {
	m.l.now = m.l.now.Add(time.Second)
	if a := m.l.allowance; a != nil {
		r := call.Removals()
		if a.Departures -= r.Departures; a.Departures < 0 {
			m.fail("more leave than the brake allows: %+v", r)
		}
		if a.Entitlements -= r.Entitlements; a.Entitlements < 0 {
			m.fail("more is taken away than the brake allows: %+v", r)
		}
	}
	order := make([]int, len(call.Commands))
	for i := range order {
		order[i] = i
	}
	if len(order) > 1 {
		order = rapid.Permutation(order).Draw(m.T, "order")
	}
	lost := m.rude && rapid.IntRange(0, 3).Draw(m.T, "lost") == 0
	late := lost && rapid.Bool().Draw(m.T, "late")
	if late {
		gone := m.l.now.Add(2 * time.Minute)
		m.l.flights = append(m.l.flights, plan.Flight{Call: call, Until: gone})
	}
	reply := umapi.Reply{Result: umapi.ResultSuccess}
	for _, i := range order {
		c := call.Commands[i]
		m.note("send %d %s", i, asJSON(c.UMAPI))
		until := len(c.UMAPI.Do)
		if lost {
			until = rapid.IntRange(0, until).Draw(m.T, "until")
			m.note("  applies %d and is silent", until)
			if late {
				after := time.Duration(rapid.IntRange(1, 119).Draw(m.T, "after"))
				m.late = append(m.late, arrival{m.l.now.Add(after * time.Second), c.UMAPI, until})
			}
		}
		errs := m.answer(i, c.UMAPI, until, m.rude && !lost)
		for _, e := range errs {
			m.note("  error at %d: %s", e.Step, e.Code)
		}
		if len(errs) > 0 {
			reply.NotCompleted++
		}
		reply.Errors = append(reply.Errors, errs...)
	}
	reply.Completed = len(order) - reply.NotCompleted
	if reply.NotCompleted > 0 {
		reply.Result = umapi.ResultPartial
	}
	s := plan.Settle(call, reply, m.l.now)
	if lost {
		s = plan.Lost(call, m.l.now, m.l.now) // which Flights make wait where it must
	}
	m.note("settled %+v", s)
	if a, r := m.l.allowance, call.Removals(); a != nil {
		if s.Spared.Departures > r.Departures || s.Spared.Entitlements > r.Entitlements {
			m.fail("more was spared than was to be removed: %+v of %+v", s.Spared, r)
		}
		a.Departures += s.Spared.Departures
		a.Entitlements += s.Spared.Entitlements
	}
	m.l.settle(s)
}

// answer runs a command, with an error of Adobe's own making now and then.
func (m *morning) answer(i int, c umapi.Command, until int, rude bool) []umapi.CommandError {
	if !rude || rapid.IntRange(0, 3).Draw(m.T, "spoil") != 0 {
		return m.a.do(i, c, until)
	}
	k := rapid.IntRange(0, len(c.Do)-1).Draw(m.T, "step")
	codes := []string{"error.internal.update_failed", "error.user.name.invalid"}
	if s := c.Do[k]; s.RemoveFromOrg == nil && s.DeleteUserGroup == nil {
		codes = append(codes, map[bool]string{true: "error.user.nonexistent", false: "error.usergroup.not_found"}[c.User != ""])
	}
	if errs := m.a.do(i, c, k); len(errs) > 0 {
		return errs
	}
	errs := []umapi.CommandError{{Index: i, Step: k, Code: rapid.SampledFrom(codes).Draw(m.T, "code"), Message: "rude"}}
	if !m.a.stops && c.Do[k].CreatesUser() == nil && c.Do[k].CreateUserGroup == nil {
		for j := k + 1; j < len(c.Do); j++ {
			if code := m.a.step(c, c.Do[j]); code != "" {
				errs = append(errs, umapi.CommandError{Index: i, Step: j, Code: code, Message: "no"})
			}
		}
	}
	return errs
}

// arrival is the rest of a command that had no answer, and that Adobe does later.
type arrival struct {
	at      time.Time
	command umapi.Command
	from    int // its first step
}

// arrive does what has arrived by now.
func (m *morning) arrive() {
	m.late = slices.DeleteFunc(m.late, func(l arrival) bool {
		if l.at.After(m.l.now) {
			return false
		}
		m.note("arrives late, from step %d: %s", l.from, asJSON(l.command))
		for _, s := range l.command.Do[l.from:] {
			if m.a.step(l.command, s) != "" && m.a.stops {
				break
			}
		}
		return true
	})
}

// look reads what a create has made, where it is time. It reports whether it was.
func (m *morning) look() bool {
	for _, id := range slices.Sorted(maps.Keys(m.l.accounts)) {
		a := m.l.accounts[id]
		if a.Presence != plan.Present || a.LookAt.IsZero() || a.LookAt.After(m.l.now) || plan.ReadableAt(m.l.flights, id, m.l.now).After(m.l.now) {
			continue
		}
		facts := m.l.facts(plan.Query{Accounts: []string{id}})
		r := plan.Read{Account: &a}
		for _, k := range facts.Links {
			if k.Kind == plan.KindUser && k.Mirror == id && !k.Stale {
				r.Linked = append(r.Linked, k.Directory)
			}
		}
		s := plan.AccountLooked(r, m.a.find(a), facts, m.l.now)
		m.note("look %+v", s)
		m.l.settle(s)
		return true
	}
	return false
}

// nextLook is when the next look is due, if one is.
func (m *morning) nextLook() (time.Time, bool) {
	var next time.Time
	for id, a := range m.l.accounts {
		at := a.LookAt
		if a.Presence != plan.Present || at.IsZero() {
			continue
		}
		if readable := plan.ReadableAt(m.l.flights, id, m.l.now); readable.After(at) {
			at = readable
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, next.After(m.l.now)
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
				g.Candidate, g.MissedAt, g.Adopted = "", time.Time{}, g.Adopted || g.Presence == plan.Absent
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
