package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
)

func TestBuild_WhoWaitsForAnAddressFailsAndWakesWhenItIsFree(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.mirrored("has", ada)
	l.mirrored("wants", ada.with(func(p *who) { p.login, p.email = "grace@example.com", "grace@example.com" }))
	l.settled()
	l.putUser("wants", ada.with(func(p *who) { p.login = "grace@example.com" }))
	row := l.due[key{plan.KindUser, "wants", ""}]
	l.settle(l.build(plan.Limits{}, 100).Decided)
	require.Equal(t, "bridge.email.in_use", row.problem.Code)
	require.False(t, row.failed)

	l.now = l.now.Add(time.Hour)
	l.settle(l.build(plan.Limits{}, 100).Decided)
	require.Equal(t, "bridge.email.in_use", row.problem.Code)
	require.True(t, row.failed, "a person is to be told")

	l.putUser("has", ada.with(func(p *who) { p.inactive = true }))
	l.run(t)
	require.False(t, row.failed)
	require.Equal(t, ada.email, l.accounts["wants"].Email)
	require.Zero(t, l.pending())
}

// Nothing can be learned of a group before a call that may still arrive has. Who waits
// for it must not have those whom a rule maps to it look again and again.
func TestBuild_AMembershipOfAGroupThatMayStillBeMadeRestsUntilThen(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.groupsKnown = true
	l.rules.Groups = []mapping.GroupRule{{From: "A", To: []string{"Crew"}}}
	l.mirrored("u", ada)
	l.putGroup("crew", "Crew")
	l.putGroup("a", "A")
	p := l.build(plan.Limits{}, 100)
	require.NotEmpty(t, p.Commands)
	l.settle(p.Decided)
	l.link(p.Links)
	call, gone := plan.Call{ID: "c", Commands: p.Commands}, l.now.Add(2*time.Minute)
	l.flights = []plan.Flight{{Call: call, Until: gone}}
	l.settle(plan.Lost(call, l.now.Add(time.Second), l.now))
	l.join("crew", "u")
	for range 5 {
		p := l.build(plan.Limits{}, 100)
		l.settle(p.Decided)
		l.link(p.Links)
	}
	require.Empty(t, l.dueNow(10))
	at, ok := l.next()
	require.True(t, ok)
	require.Equal(t, gone, at)
}

// A rename had no answer and may still arrive: what Adobe shows before proves nothing.
func TestBuild_ReadsNothingThatACallMayStillChange(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.mirrored("u", ada)
	l.settled()
	l.putUser("u", ada.with(func(p *who) { p.login, p.email = "new@example.com", "new@example.com" }))
	call, gone := callOf(l), l.now.Add(2*time.Minute)
	l.flights = []plan.Flight{{Call: call, Until: gone}}
	l.settle(plan.Lost(call, l.now, l.now))

	p := l.build(plan.Limits{}, 100)
	require.Empty(t, p.Reads)
	l.settle(p.Decided)
	require.Empty(t, l.dueNow(10))
	l.now = gone
	require.Len(t, l.build(plan.Limits{}, 100).Reads, 1)
}

// A listing waits for a call that may still make, rename or delete a group, and for no other:
// where many are lost there is always one that may still arrive.
func TestListableAt_OnlyGroupsThatMayChangeHoldUpAListing(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.groupsKnown = true
	l.mirroredGroup("g", "Team")
	l.putUser("u", ada)
	l.join("g", "u")
	until := l.now.Add(time.Minute)
	require.Zero(t, plan.ListableAt([]plan.Flight{{Call: callOf(l), Until: until}}))

	l.putGroup("other", "Other")
	require.Equal(t, until, plan.ListableAt([]plan.Flight{{Call: callOf(l), Until: until}}))
}
