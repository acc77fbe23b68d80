package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

var _ = time.Second

func TestZZ_CarryProtected(t *testing.T) {
	l := newLedger()
	l.mirroredGroup("g", "IT-Admins")
	l.rules.Protected = mapping.Protection{Groups: []string{"IT-*"}}
	l.putUser("u", ada)
	l.join("g", "u")
	for _, c := range l.goes(t) {
		require.NotContains(t, c, "IT-Admins")
	}
	for _, r := range l.due {
		t.Logf("%+v", *r)
	}
}

func TestZZ_TwinPingPong(t *testing.T) {
	l := newLedger()
	l.mirrored("old", ada)
	l.putUser("old", ada.with(func(p *who) { p.inactive = true }))
	l.now = l.now.Add(time.Second)
	l.putUser("new", ada)
	l.link([]plan.Link{{Kind: plan.KindUser, Directory: "new", Mirror: "old"}})
	l.editAccount("old", func(a *plan.Account) { a.Twin, a.Type = true, umapi.AdobeID })
	delete(l.due, key{plan.KindUser, "old", ""})
	reads := 0
	for range 20 {
		p := l.build(plan.Limits{}, 2000)
		l.settle(p.Decided)
		for _, r := range p.Reads {
			reads++
			found := umapi.User{Type: umapi.AdobeID, Email: "ada@example.com"}
			l.settle(plan.AccountRead(r, &found, l.facts(plan.Query{Users: r.Linked})))
		}
	}
	t.Log(reads)
	for _, r := range l.due {
		t.Logf("%+v", *r)
	}
	require.LessOrEqual(t, reads, 2)
}

func TestZZ_RemoveMembershipsAfterTheLinkWent(t *testing.T) {
	l := newLedger()
	l.rules.Offboarding.Deleted = mapping.FateRemoveMemberships
	l.mirroredGroup("g", "Team")
	l.mirrored("u", ada)
	l.edges[plan.Edge{Account: "u", Group: "g"}] = plan.Present // no pair
	l.deleteUser("u")
	require.Equal(t, []string{`{"user":"ada@example.com","do":[{"remove":{"group":["Team"]}}]}`}, l.goes(t))
}

func TestZZ_RemoveMembershipsDoubtful(t *testing.T) {
	l := newLedger()
	l.rules.Offboarding.Deactivated = mapping.FateRemoveMemberships
	l.mirroredGroup("g", "Team")
	l.putUser("u", ada)
	l.join("g", "u")
	p := l.build(plan.Limits{}, 2000)
	l.settle(p.Decided)
	l.link(p.Links)
	l.settle(plan.Lost(plan.Call{ID: "c", Commands: p.Commands}, "lost", l.now, l.now))
	l.putUser("u", ada.with(func(p *who) { p.inactive = true }))
	p = l.build(plan.Limits{}, 2000)
	t.Logf("%v %v %+v", sent(p), p.Reads, p.Decided)
	l.settle(p.Decided)
	t.Log(l.goes(t), l.edges, l.due)
}

func TestZZ_UncertainDeletion(t *testing.T) {
	l := newLedger()
	l.rules.Offboarding.Deactivated = mapping.FateDelete
	l.mirrored("u", ada)
	l.putUser("u", ada.with(func(p *who) { p.inactive = true }))
	c := callOf(l)
	s := plan.Settle(c, umapi.Reply{Result: umapi.ResultError, NotCompleted: 1, Errors: []umapi.CommandError{{Code: "error.internal.removefromorg"}}}, l.now)
	t.Logf("%+v", s)
	require.Equal(t, plan.Unknown, s.Accounts[0].Presence)
}

func TestZZ_Slash(t *testing.T) {
	require.True(t, mapping.Protection{Groups: []string{"Sales*"}}.Group("Sales/EMEA"))
}

func TestZZ_AbsentProtectedEmail(t *testing.T) {
	l := newLedger()
	l.mirrored("u", ada)
	l.editAccount("u", func(a *plan.Account) { a.Presence = plan.Absent })
	l.rules.Protected = mapping.Protection{Users: []string{"ada@example.com"}}
	l.putUser("u", ada.with(func(p *who) { p.email = "x@example.com"; p.login = p.email }))
	require.Len(t, l.goes(t), 1)
}

func TestZZ_HeldMirroredComesBack(t *testing.T) {
	l := newLedger()
	l.rules.Offboarding.Deactivated = mapping.FateRemoveMemberships
	l.allowance = &plan.Removals{Departures: plan.Unbraked}
	l.mirroredGroup("g", "Team")
	l.mirrored("u", ada)
	l.mirroredMember("g", "u")
	l.putUser("u", ada.with(func(p *who) { p.inactive = true }))
	require.Empty(t, l.goes(t))
	l.putUser("u", ada)
	require.Empty(t, l.goes(t))
	for _, r := range l.due {
		t.Logf("%+v", *r)
	}
	require.Empty(t, l.due)
}
func TestZZ_AdobeIDMovesWhileBraked(t *testing.T) {
	l := newLedger()
	l.allowance = &plan.Removals{Entitlements: plan.Unbraked}
	aid := ada.with(func(p *who) { p.identity = "adobeID" })
	l.mirrored("u", aid)
	l.putUser("u", aid.with(func(p *who) { p.email = "new@example.com"; p.login = p.email }))
	p := l.build(plan.Limits{}, 2000)
	l.settle(p.Decided) // and it is not the turn of a call
	for _, r := range l.due {
		t.Logf("%+v", *r)
	}
	require.NotEmpty(t, l.goes(t))
}
