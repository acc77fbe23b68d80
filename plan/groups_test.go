package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

func TestBuild_Groups(t *testing.T) {
	t.Parallel()
	const create = `{"usergroup":"Team","do":[{"createUserGroup":{}}`
	listed := func(l *ledger, name string, typ umapi.GroupType) {
		l.adobeGroups["adobe:1"] = plan.AdobeGroup{ID: "adobe:1", Name: name, Type: typ, Presence: plan.Present, Adopted: true}
	}
	runBuild(t, map[string]buildCase{
		"a new one is created with the members who are there": {
			world: func(l *ledger) {
				l.mirrored("u", ada)
				l.putUser("v", ada.with(func(p *who) { p.last = "" }))
				l.putGroup("g", "Team")
				l.join("g", "u", "v")
			},
			sent:    []string{create + `,{"add":{"user":["ada@example.com"]}}]}`},
			decided: map[string]string{"user v": "failed bridge.name.missing", "edge gv": "parked bridge.waits"},
		},
		"one is renamed": {
			world: func(l *ledger) { l.mirroredGroup("g", "Team"); l.putGroup("g", "Crew") },
			sent:  []string{`{"usergroup":"Team","do":[{"updateUserGroup":{"name":"Crew"}}]}`},
		},
		"one is deleted": {
			world: func(l *ledger) { l.mirroredGroup("g", "Team"); l.deleteGroup("g") },
			sent:  []string{`{"usergroup":"Team","do":[{"deleteUserGroup":{}}]}`},
		},
		"of two one is deleted": {
			world: func(l *ledger) {
				l.mirroredGroup("g", "Team")
				l.mirroredGroup("h", "Crew")
				l.deleteGroup("g")
				l.deleteGroup("h")
			},
			sent: []string{`{"usergroup":"Team","do":[{"deleteUserGroup":{}}]}`},
		},
		"one that never was is not deleted": {
			world:   func(l *ledger) { l.putGroup("g", "Team"); l.deleteGroup("g") },
			decided: map[string]string{"group g": "done"},
		},
		"one that Adobe has is adopted": {
			world:   func(l *ledger) { listed(l, "team", umapi.UserGroup); l.putGroup("g", "Team") },
			decided: map[string]string{"group g": "done"},
		},
		"an adopted one is never renamed but left": {
			world: func(l *ledger) {
				l.mirroredGroup("g", "Team")
				l.editGroup("g", func(g *plan.AdobeGroup) { g.Adopted = true })
				l.putGroup("g", "Crew")
			},
			sent: []string{`{"usergroup":"Crew","do":[{"createUserGroup":{}}]}`},
		},
		"an adopted one is never deleted": {
			world: func(l *ledger) {
				l.mirroredGroup("g", "Team")
				l.editGroup("g", func(g *plan.AdobeGroup) { g.Adopted = true })
				l.deleteGroup("g")
			},
			decided: map[string]string{"group g": "done"},
		},
		"a product profile is refused": {
			world:   func(l *ledger) { listed(l, "Photoshop", umapi.ProductProfile); l.putGroup("g", "photoshop") },
			decided: map[string]string{"group g": "failed bridge.group.not_a_user_group"},
		},
		"an administrator's group is refused": {
			world:   func(l *ledger) { l.putGroup("g", "_org_admin") },
			decided: map[string]string{"group g": "failed bridge.group.reserved"},
		},
		"nothing is mapped before the listing": {
			world:   func(l *ledger) { l.groupsKnown = false; l.putGroup("g", "Team") },
			listing: true,
		},
		"a name that is about to be given up is waited for": {
			world: func(l *ledger) {
				l.mirroredGroup("g", "Team")
				l.putGroup("g", "Crew")
				l.putGroup("h", "Team")
			},
			sent:    []string{`{"usergroup":"Team","do":[{"updateUserGroup":{"name":"Crew"}}]}`},
			decided: map[string]string{"group h": "retry bridge.group.name_in_use"},
		},
		"an unknown one is read": {
			world: func(l *ledger) {
				l.mirroredGroup("g", "Team")
				l.editGroup("g", func(g *plan.AdobeGroup) { g.Presence = plan.Unknown })
				l.putGroup("g", "Crew")
			},
			reads: 1,
		},
	})
}

func TestBuild_MakesMembersDueOfAGroupThatIsMadeAgain(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.mirroredGroup("g", "Team")
	l.editGroup("g", func(g *plan.AdobeGroup) { g.Presence = plan.Absent })
	l.owe(plan.KindGroup, "", "g", plan.ClassAttribute)
	p := l.build(plan.Limits{}, 2000)
	require.Equal(t, []plan.Touch{{Kind: plan.KindEdge, Group: "g", Class: plan.ClassMembership}}, p.Commands[0].Touched)
}

func TestBuild_Memberships(t *testing.T) {
	t.Parallel()
	two := func(l *ledger, edit func(*who)) {
		l.mirrored("u", ada.with(edit))
		l.mirroredGroup("a", "Ant")
		l.mirroredGroup("b", "Bee")
	}
	plain := func(*who) {}
	edge := func(u, g string) key { return key{plan.KindEdge, u, g} }
	runBuild(t, map[string]buildCase{
		"of one user travel with the user": {
			world: func(l *ledger) {
				two(l, plain)
				l.mirroredMember("b", "u")
				l.join("a", "u")
				l.leave("b", "u")
			},
			sent: []string{`{"user":"ada@example.com","do":[{"remove":{"group":["Bee"]}},{"add":{"group":["Ant"]}}]}`},
		},
		"of one group travel with the group": {
			world: func(l *ledger) {
				two(l, plain)
				l.mirrored("v", ada.with(func(p *who) { p.email, p.login = "v@example.com", "v@example.com" }))
				l.join("a", "u", "v")
			},
			sent: []string{`{"usergroup":"Ant","do":[{"add":{"user":["ada@example.com","v@example.com"]}}]}`},
		},
		"of an Adobe ID never travel with the group": {
			world: func(l *ledger) {
				two(l, func(p *who) { p.identity = "adobeID" })
				l.mirrored("v", ada.with(func(p *who) { p.email, p.login, p.identity = "v@example.com", "v", "adobeID" }))
				l.join("a", "u", "v")
			},
			sent: []string{
				`{"user":"ada@example.com","useAdobeID":true,"do":[{"add":{"group":["Ant"]}}]}`,
				`{"user":"v@example.com","useAdobeID":true,"do":[{"add":{"group":["Ant"]}}]}`,
			},
		},
		"of a bare login never travel with the group": {
			world: func(l *ledger) {
				two(l, func(p *who) { p.login = "abyron" })
				l.join("a", "u")
			},
			sent: []string{`{"user":"abyron","domain":"example.com","do":[{"add":{"group":["Ant"]}}]}`},
		},
		"of a group that was not listed travel with the group only": {
			world: func(l *ledger) {
				two(l, plain)
				l.editGroup("a", func(g *plan.AdobeGroup) { g.Type = "" })
				l.join("a", "u")
				l.join("b", "u")
			},
			sent: []string{
				`{"usergroup":"Ant","do":[{"add":{"user":["ada@example.com"]}}]}`,
				`{"user":"ada@example.com","do":[{"add":{"group":["Bee"]}}]}`,
			},
		},
		"of a bare login in a group that was not listed wait for a listing": {
			world: func(l *ledger) {
				two(l, func(p *who) { p.login = "abyron" })
				l.editGroup("a", func(g *plan.AdobeGroup) { g.Type = "" })
				l.join("a", "u")
			},
			listing: true,
			decided: map[string]string{"edge au": "retry bridge.group.type_unknown"},
		},
		"of a bare login in a group that listings do not type fail in the end": {
			world: func(l *ledger) {
				two(l, func(p *who) { p.login = "abyron" })
				l.editGroup("a", func(g *plan.AdobeGroup) { g.Type = "" })
				l.join("a", "u")
				l.now = l.now.Add(6 * time.Hour)
			},
			listing: true,
			decided: map[string]string{"edge au": "failed bridge.group.type_unknown"},
		},
		"of what turned out to be a profile are refused": {
			world: func(l *ledger) {
				two(l, plain)
				l.editGroup("a", func(g *plan.AdobeGroup) { g.Type = umapi.ProductProfile })
				l.join("a", "u")
			},
			decided: map[string]string{"edge au": "failed bridge.group.not_a_user_group"},
		},
		"that failed once travel each in a step of its own": {
			world: func(l *ledger) {
				two(l, plain)
				l.join("a", "u")
				l.join("b", "u")
				l.due[edge("u", "a")].Attempts, l.due[edge("u", "b")].Attempts = 1, 1
			},
			sent: []string{`{"user":"ada@example.com","do":[{"add":{"group":["Ant"]}},{"add":{"group":["Bee"]}}]}`},
		},
		"that must be alone have a call of their own": {
			world: func(l *ledger) {
				two(l, plain)
				l.join("a", "u")
				l.join("b", "u")
				l.due[edge("u", "a")].Refused = 1
			},
			sent: []string{`{"user":"ada@example.com","do":[{"add":{"group":["Ant"]}}]}`},
		},
		"that are so are done": {
			world: func(l *ledger) {
				two(l, plain)
				l.mirroredMember("a", "u")
				l.owe(plan.KindEdge, "u", "a", plan.ClassMembership)
				l.owe(plan.KindEdge, "u", "b", plan.ClassMembership)
			},
			decided: map[string]string{"edge au": "done", "edge bu": "done"},
		},
		"that may be so are sent again": {
			world: func(l *ledger) {
				two(l, plain)
				l.join("a", "u")
				l.doubtfulMember("a", "u")
			},
			sent: []string{`{"user":"ada@example.com","do":[{"add":{"group":["Ant"]}}]}`},
		},
		"that may be so and should not are removed": {
			world: func(l *ledger) {
				two(l, plain)
				l.doubtfulMember("a", "u")
				l.owe(plan.KindMirrored, "u", "a", plan.ClassMembership)
			},
			sent: []string{`{"user":"ada@example.com","do":[{"remove":{"group":["Ant"]}}]}`},
		},
		"of the mirror that are as they should be are done": {
			world: func(l *ledger) {
				two(l, plain)
				l.join("a", "u")
				l.settled()
				l.mirroredMember("a", "u")
				l.owe(plan.KindMirrored, "u", "a", plan.ClassMembership)
				l.owe(plan.KindMirrored, "gone", "a", plan.ClassMembership)
			},
			decided: map[string]string{"mirrored au": "done", "mirrored agone": "done"},
		},
		"of an unknown account wait until it is read": {
			world: func(l *ledger) {
				two(l, plain)
				l.editAccount("u", func(a *plan.Account) { a.Presence = plan.Unknown })
				l.join("a", "u")
			},
			reads: 1,
		},
		"of a user who failed are parked": {
			world: func(l *ledger) {
				l.mirroredGroup("a", "Ant")
				l.putUser("u", ada.with(func(p *who) { p.last = "" }))
				l.settled()
				l.join("a", "u")
			},
			decided: map[string]string{"edge au": "parked bridge.waits"},
		},
		"do not share a call with a change of the address": {
			world: func(l *ledger) {
				two(l, plain)
				l.putUser("u", ada.with(func(p *who) { p.email, p.login = "ak@example.com", "ak@example.com" }))
				l.now = l.now.Add(2 * plan.Ageing)
				l.join("a", "u")
			},
			sent: []string{`{"user":"ada@example.com","do":[{"update":{"email":"ak@example.com","username":"ak@example.com"}}]}`},
		},
	})
}
