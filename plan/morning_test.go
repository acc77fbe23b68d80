package plan_test

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// morning is a directory that changes at random, a bridge that follows, and an
// Adobe that may be rude.
type morning struct {
	*rapid.T
	l      *ledger
	a      *adobe
	limits plan.Limits
	window int
	rude   bool
	serial int
	late   []arrival
	byHand map[string]bool     // folded names of groups that were in Adobe before
	ruled  bool                // there were rules for groups
	away   map[*adobeUser]bool // the members of the profile when it went
	log    []string
}

func newMorning(t *rapid.T) *morning {
	m := &morning{
		T: t, l: newLedger(), a: newAdobe(), byHand: map[string]bool{},
		limits: plan.Limits{
			Commands: rapid.IntRange(1, 4).Draw(t, "commands"),
			Steps:    rapid.IntRange(1, 3).Draw(t, "steps"),
			Entries:  rapid.IntRange(1, 3).Draw(t, "entries"),
		},
		window: rapid.SampledFrom([]int{4, 1000}).Draw(t, "window"),
	}
	m.a.stops = rapid.Bool().Draw(t, "stops")
	if rapid.Bool().Draw(t, "braked") {
		m.l.allowance = &plan.Removals{
			Departures: rapid.IntRange(0, 3).Draw(t, "departures"), Entitlements: rapid.IntRange(0, 6).Draw(t, "entitlements"),
		}
	}
	m.l.rules.Offboarding = mapping.Offboarding{
		Deactivated: rapid.SampledFrom([]mapping.Fate{mapping.FateLeave, mapping.FateDelete}).Draw(t, "deactivated"),
		Deleted:     rapid.SampledFrom([]mapping.Fate{mapping.FateLeave, mapping.FateDelete}).Draw(t, "deleted"),
		Delay:       rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, "delay"),
	}
	m.a.addGroup("Listed", umapi.UserGroup)
	m.a.addGroup("Profile", umapi.ProductProfile)
	m.list()
	m.a.addGroup("Unlisted", umapi.UserGroup)
	m.a.addGroup("Hidden", umapi.ProductProfile)
	if rapid.Bool().Draw(t, "admins") {
		m.a.addGroup("_admin_A", umapi.UserAdminGroup)
	}
	for f := range m.a.groups {
		m.byHand[f] = true
	}
	if rapid.Bool().Draw(t, "rules") {
		m.rule()
	}
	return m
}

func (m *morning) note(format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf(format, args...))
}

func (m *morning) fail(format string, args ...any) {
	m.Fatalf("%s\n%s", fmt.Sprintf(format, args...), strings.Join(m.log, "\n"))
}

// round looks once at what is due. It reports false when nothing is left to do
// but to wait for what failed.
func (m *morning) round() bool {
	m.arrive()
	p := m.l.build(m.limits, m.window)
	checkCall(m, p, m.limits, m.l)
	progress := false
	if !p.Decided.Empty() {
		m.note("decided %+v", p.Decided)
		m.l.settle(p.Decided)
		progress = true
	}
	if len(p.Commands) > 0 {
		m.l.link(p.Links)
		m.send(plan.Call{ID: "c", Commands: p.Commands})
		progress = true
	}
	reads := plan.ListableAt(m.l.flights)
	if p.NeedsGroups && !reads.After(m.l.now) {
		m.list()
		progress = true
	}
	for _, r := range p.Reads {
		s := m.a.read(r, m.l)
		m.note("read %+v", s)
		m.l.settle(s)
		progress = true
	}
	if progress || m.look() {
		return true
	}
	if at, ok := m.l.next(); ok {
		m.l.now = at
		return true
	}
	if len(m.late) > 0 {
		m.l.now = m.late[0].at
		return true
	}
	if p.NeedsGroups && reads.After(m.l.now) {
		m.l.now = reads
		return true
	}
	if at, ok := m.nextLook(); ok {
		m.l.now = at
		return true
	}
	if len(p.Commands) == 0 && len(m.l.dueNow(1)) > 0 {
		m.fail("something is due, but there is neither progress nor a time to wait for: %+v", m.l.dueNow(10))
	}
	return false
}

// retryFailed is what an operator does when Adobe has calmed down.
func (m *morning) retryFailed() {
	for _, r := range m.l.due {
		if r.failed {
			r.failed, r.Attempts, r.Refused, r.notBefore = false, 0, 0, time.Time{}
		}
	}
}

// release lets go what is held, if anything is.
func (m *morning) release() bool {
	found := false
	for _, r := range m.l.due {
		if r.held {
			r.held, r.Released, found = false, true, true
		}
	}
	return found
}

// settleDown runs rounds until nothing is left, and compares.
func (m *morning) settleDown() {
	m.rude = false
	for range 2 {
		m.retryFailed()
		m.note("--- calm")
		for n := 0; m.round() || m.release(); n++ {
			if n%100 == 99 {
				m.release() // some wait for those who are held
			}
			if n > 300 && m.allUnseen() {
				break // they look from time to time whether it is there
			}
			if n > 2000 && m.leftHidden() {
				m.Skip("the removals from a profile that was taken for a user group are still being tried")
			}
			if n > 2000 {
				m.fail("it never comes to rest: %d rows are pending, due %+v", m.l.pending(), m.l.dueNow(10))
			}
		}
	}
	if m.contested() {
		m.Skip("two want one address or name and have an account or group each: a person must decide")
	}
	if m.leftHidden() {
		m.Skip("a profile that nobody listed was taken for a user group and left again: its removals fail until a person looks")
	}
	if m.want() != m.has() {
		m.fail("Adobe does not follow.\nwant:\n%s\nhas:\n%s\n", m.want(), m.has())
	}
	m.checkLeftOver()
}
