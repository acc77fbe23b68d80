package plan_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// quit deactivates users of a crowd.
func (l *ledger) quit(from, to int) {
	for i := from; i < to; i++ {
		p := numbered(i)
		p.inactive = true
		l.putUser(fmt.Sprintf("u%04d", i), p)
	}
}

// held counts rows that a brake holds, and pending those that may still be sent.
func (l *ledger) heldRows() (held, pending int) {
	for _, r := range l.due {
		if r.held {
			held++
		} else {
			pending++
		}
	}
	return held, pending
}

// run plans and sends until there is nothing to send, counting what brakes
// count against the allowance.
func (l *ledger) run(t *testing.T) plan.Removals {
	t.Helper()
	var sum plan.Removals
	for range 100 {
		p := l.build(plan.Limits{}, 2000)
		l.settle(p.Decided)
		if len(p.Commands) == 0 && p.Decided.Empty() {
			return sum
		}
		l.link(p.Links)
		call := plan.Call{ID: "c", Commands: p.Commands}
		removed := call.Removals()
		sum.Departures += removed.Departures
		sum.Entitlements += removed.Entitlements
		if l.allowance != nil && l.allowance.Departures != plan.Unbraked {
			l.allowance.Departures -= removed.Departures
		}
		if l.allowance != nil && l.allowance.Entitlements != plan.Unbraked {
			l.allowance.Entitlements -= removed.Entitlements
		}
		l.settle(plan.Settle(call, umapi.Reply{Result: umapi.ResultSuccess, Completed: len(p.Commands)}, l.now))
	}
	t.Fatal("it does not end")
	return sum
}

func TestBrake_SaysWhetherMoreWouldGoThrough(t *testing.T) {
	t.Parallel()
	l := crowd(5)
	l.quit(0, 3)
	for allowed, braked := range map[int]bool{2: true, 3: false, plan.Unbraked: false} {
		l.allowance = &plan.Removals{Departures: allowed, Entitlements: plan.Unbraked}
		require.Equal(t, braked, l.build(plan.Limits{}, 2000).Braked, allowed)
	}
}

func TestBrake_LetsAsManyLeaveAsItAllowsAndHoldsTheRest(t *testing.T) {
	t.Parallel()
	l := crowd(60)
	l.allowance = &plan.Removals{Departures: 25, Entitlements: plan.Unbraked}
	l.quit(0, 40)
	l.putUser("joiner", ada)
	require.Equal(t, plan.Removals{Departures: 25}, l.run(t))
	held, pending := l.heldRows()
	require.Equal(t, 15, held)
	require.Zero(t, pending, "what is held holds nobody up")
	for _, r := range l.due {
		require.Equal(t, "bridge.brake.departures", r.problem.Code)
		require.Contains(t, r.problem.Hint, "scim-bridge release")
	}
}

func TestBrake_LetsGoWhatAPersonReleased(t *testing.T) {
	t.Parallel()
	l := crowd(10)
	l.allowance = &plan.Removals{Entitlements: plan.Unbraked}
	l.quit(0, 5)
	require.Zero(t, l.run(t))
	for _, r := range l.due {
		r.held, r.Released = false, true
	}
	require.Zero(t, l.run(t), "what a person let go does not count")
	require.Empty(t, l.due)
}

func TestBrake_TakesBackWhatIsPutRight(t *testing.T) {
	t.Parallel()
	l := crowd(10)
	l.allowance = &plan.Removals{Entitlements: plan.Unbraked}
	l.quit(0, 5)
	l.run(t)
	for i := range 5 {
		l.putUser(fmt.Sprintf("u%04d", i), numbered(i))
	}
	require.Zero(t, l.run(t))
	require.Empty(t, l.due)
}

func TestBrake_HoldsMembershipsOfAnEmptiedGroup(t *testing.T) {
	t.Parallel()
	l := crowd(50)
	l.mirroredGroup("g", "Team")
	for i := range 50 {
		l.mirroredMember("g", fmt.Sprintf("u%04d", i))
	}
	l.allowance = &plan.Removals{Departures: plan.Unbraked, Entitlements: 20}
	for i := range 50 {
		l.leave("g", fmt.Sprintf("u%04d", i))
	}
	require.Equal(t, plan.Removals{Entitlements: 20}, l.run(t))
	held, pending := l.heldRows()
	require.Equal(t, 30, held)
	require.Zero(t, pending)
	require.Equal(t, 30, l.size("g"))
}

func TestBrake_HoldsTheDeletionOfALargeGroup(t *testing.T) {
	t.Parallel()
	for allowed, deleted := range map[int]bool{49: false, 50: true} {
		l := crowd(50)
		l.mirroredGroup("g", "Team")
		l.editGroup("g", func(g *plan.AdobeGroup) { g.Adopted = false })
		for i := range 50 {
			l.mirroredMember("g", fmt.Sprintf("u%04d", i))
		}
		l.allowance = &plan.Removals{Departures: plan.Unbraked, Entitlements: allowed}
		l.deleteGroup("g")
		l.run(t)
		require.Equal(t, deleted, l.adobeGroups["g"].Presence == plan.Absent, allowed)
		row := l.due[key{plan.KindGroup, "", "g"}]
		require.Equal(t, !deleted, row != nil && row.held, allowed)
	}
}

func TestBrake_MembershipsOfALeaverGoWithTheAccount(t *testing.T) {
	t.Parallel()
	l := crowd(2)
	l.allowance = &plan.Removals{Departures: 1}
	for g := range 30 {
		id := fmt.Sprintf("g%02d", g)
		l.mirroredGroup(id, id)
		l.mirroredMember(id, "u0000")
		l.mirroredMember(id, "u0001")
	}
	l.deleteUser("u0000")
	l.deleteUser("u0001")
	require.Equal(t, plan.Removals{Departures: 1}, l.run(t))
	require.Equal(t, 1, l.size("g00"), "the one who is held keeps the memberships")
	held, waiting := l.heldRows()
	require.Equal(t, 1, held)
	require.Zero(t, waiting)
}

func TestBrake_ALostRemovalIsNotCountedTwice(t *testing.T) {
	t.Parallel()
	l := crowd(3)
	l.allowance = &plan.Removals{Departures: 1, Entitlements: plan.Unbraked}
	l.quit(0, 1)
	c := callOf(l)
	require.Equal(t, plan.Removals{Departures: 1}, c.Removals())
	l.allowance.Departures = 0
	l.settle(plan.Lost(c, l.now, l.now))
	again := callOf(l)
	require.Len(t, again.Commands, 1, "it may have left already")
	require.Zero(t, again.Removals())
}

func TestBrake_AMembershipOfTheMirrorIsTakenBackWithItsUser(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.rules.Offboarding.Deactivated = mapping.FateRemoveMemberships
	l.allowance = &plan.Removals{Departures: plan.Unbraked}
	l.mirroredGroup("g", "Team")
	l.mirrored("u", ada)
	l.mirroredMember("g", "u")
	l.putUser("u", ada.with(func(p *who) { p.inactive = true }))
	require.Empty(t, l.goes(t))
	require.True(t, l.due[key{plan.KindMirrored, "u", "g"}].held)
	l.putUser("u", ada)
	require.Empty(t, l.goes(t))
	require.Empty(t, l.due)
}

func TestBrake_HoldsNobodyUpWhoMoves(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.allowance = &plan.Removals{Entitlements: plan.Unbraked}
	own := ada.with(func(p *who) { p.identity = "adobeID" })
	l.mirrored("u", own)
	l.putUser("u", own.with(func(p *who) { p.email = "new@example.com"; p.login = p.email }))
	p := l.build(plan.Limits{}, 2000)
	l.settle(p.Decided) // and it is not yet the turn of a call
	require.Len(t, l.goes(t), 1)
	require.Equal(t, plan.Present, l.accounts["u~"].Presence)
	require.True(t, l.due[key{plan.KindUser, "u", ""}].held, "what is left is to leave the former account")
}

func TestBrake_DoesNotCountWhatWasNotRemoved(t *testing.T) {
	t.Parallel()
	member := func(l *ledger) {
		l.mirrored("u", ada)
		l.mirroredGroup("g", "Team")
		l.mirroredMember("g", "u")
		l.settled()
		l.leave("g", "u")
	}
	for name, tt := range map[string]struct {
		world  func(*ledger)
		code   string
		spared plan.Removals
	}{
		"a leaver who stays":                 {leaver, "error.user.not_in_org", plan.Removals{Departures: 1}},
		"a leaver who stays for now":         {leaver, "error.organization.migrating", plan.Removals{Departures: 1}},
		"a leaver who may have left":         {leaver, "error.internal.removefromorg", plan.Removals{}},
		"a leaver who is gone":               {leaver, "error.user.nonexistent", plan.Removals{}},
		"a membership that stays":            {member, "error.usergroup.readonly.remove_user_not_allowed", plan.Removals{Entitlements: 1}},
		"a membership that may have gone":    {member, "error.internal.group.remove", plan.Removals{}},
		"a membership in a group not found":  {member, "error.group.not_found", plan.Removals{Entitlements: 1}},
		"a membership that stays for a time": {member, "error.organization.migrating", plan.Removals{Entitlements: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger()
			l.allowance = &plan.Removals{Departures: 5, Entitlements: 5}
			tt.world(l)
			c := callOf(l)
			s := plan.Settle(c, replyOf(1, umapi.CommandError{Code: tt.code}), l.now)
			require.Equal(t, tt.spared, s.Spared)
		})
	}
}
