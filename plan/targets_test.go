package plan_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

func TestBuild_GroupsByRule(t *testing.T) {
	t.Parallel()
	rule := func(l *ledger, to ...string) {
		l.rules.Groups = []mapping.GroupRule{{From: "Team", To: to}}
	}
	listed := func(l *ledger, name string, typ umapi.GroupType) {
		id := "adobe:" + name
		l.adobeGroups[id] = plan.AdobeGroup{ID: id, Name: name, Type: typ, Presence: plan.Present, Adopted: true}
	}
	runBuild(t, map[string]buildCase{
		"one and a product profile travel with the user": {
			world: func(l *ledger) {
				rule(l, "Crew", "Photoshop")
				listed(l, "Crew", umapi.UserGroup)
				listed(l, "Photoshop", umapi.ProductProfile)
				l.mirrored("u", ada)
				l.putGroup("g", "Team")
				l.join("g", "u")
			},
			sent:    []string{`{"user":"ada@example.com","do":[{"add":{"group":["Crew","Photoshop"]}}]}`},
			decided: map[string]string{"group g": "done"},
		},
		"what is not listed is read, and not made": {
			world: func(l *ledger) { rule(l, "Photoshop"); l.putGroup("g", "Team") },
			reads: 1,
		},
		"one that maps to nothing is done with its members": {
			world: func(l *ledger) {
				rule(l)
				l.mirrored("u", ada)
				l.putGroup("g", "Team")
				l.join("g", "u")
			},
			decided: map[string]string{"group g": "done", "edge gu": "done"},
		},
		"what was made for it by its name stays": {
			world: func(l *ledger) {
				l.mirroredGroup("g", "Team")
				rule(l)
				l.owe(plan.KindGroup, "", "g", plan.ClassAttribute)
			},
			decided: map[string]string{"group g": "done"},
		},
		"what a rule names is not deleted with it": {
			world: func(l *ledger) {
				rule(l, "Team")
				l.mirroredGroup("g", "Team")
				l.link([]plan.Link{{Kind: plan.KindGroup, Directory: "g", Mirror: "g", Rule: true}})
				l.deleteGroup("g")
			},
			decided: map[string]string{"group g": "done"},
		},
		"what a rule names is not looked for because of one that is gone": {
			world: func(l *ledger) {
				l.mirroredGroup("h", "Crew")
				l.editGroup("h", func(g *plan.AdobeGroup) { g.Presence = plan.Unknown })
				l.deleteGroup("h")
				rule(l, "Crew")
				l.mirroredGroup("g", "Team")
				delete(l.adobeGroups, "g")
				delete(l.links, plan.Link{Kind: plan.KindGroup, Directory: "g", Mirror: "g"})
				l.link([]plan.Link{{Kind: plan.KindGroup, Directory: "g", Mirror: "h", Rule: true}})
			},
			decided: map[string]string{"group h": "done"},
		},
		"by its name none gets what a rule named before Adobe has said what it is": {
			world: func(l *ledger) {
				l.adobeGroups["p"] = plan.AdobeGroup{ID: "p", Name: "Team", Presence: plan.Present, Adopted: true, Ruled: true}
				l.mirrored("u", ada)
				l.edges[plan.Edge{Account: "u", Group: "p"}] = plan.Present
				l.putGroup("g", "Team")
				l.join("g", "u")
			},
			decided: map[string]string{"group g": "retry bridge.group.type_unknown", "edge gu": "parked bridge.waits"},
			listing: true,
		},
		"nor by a group that took it for its own": {
			world: func(l *ledger) {
				l.mirroredGroup("g", "Team")
				l.editGroup("g", func(g *plan.AdobeGroup) { g.Type, g.Adopted, g.Ruled = "", true, true })
				l.mirrored("u", ada)
				l.mirroredMember("g", "u")
				l.join("g", "u")
			},
			decided: map[string]string{"edge gu": "retry bridge.group.type_unknown"},
			listing: true,
		},
		"nor is one made beside it": {
			world: func(l *ledger) {
				l.adobeGroups["p"] = plan.AdobeGroup{ID: "p", Name: "Team", Presence: plan.Present, Adopted: true, Ruled: true}
				l.mirroredGroup("g", "Team")
				l.editGroup("g", func(g *plan.AdobeGroup) { g.Presence = plan.Absent })
				l.owe(plan.KindGroup, "", "g", plan.ClassGroup)
			},
			decided: map[string]string{"group g": "retry bridge.group.type_unknown"},
			listing: true,
		},
		"without the rule a profile of the group's name is left": {
			world: func(l *ledger) {
				listed(l, "Team", umapi.ProductProfile)
				l.mirrored("u", ada)
				l.putGroup("g", "Team")
				l.join("g", "u")
				l.settled()
				l.link([]plan.Link{{Kind: plan.KindGroup, Directory: "g", Mirror: "adobe:Team", Rule: true}})
				l.edges[plan.Edge{Account: "u", Group: "adobe:Team"}] = plan.Present
				l.owe(plan.KindMirrored, "u", "adobe:Team", plan.ClassMembership)
				l.editGroup("adobe:Team", func(g *plan.AdobeGroup) { g.Ruled = true })
				l.owe(plan.KindGroup, "", "g", plan.ClassAttribute)
			},
			sent:    []string{`{"user":"ada@example.com","do":[{"remove":{"group":["Team"]}}]}`},
			decided: map[string]string{"group g": "failed bridge.group.not_a_user_group"},
		},
		"a member waits until the link of the group's own is by the rule": {
			world: func(l *ledger) {
				l.mirrored("u", ada)
				l.mirroredGroup("g", "Team")
				l.editGroup("g", func(g *plan.AdobeGroup) { g.Adopted, g.Type = true, "" })
				rule(l, "Team")
				l.join("g", "u")
			},
			decided: map[string]string{"edge gu": "parked bridge.waits"},
		},
	})
}

func TestBuild_TellsEachGroupThatAnAdministratorGroupIsNotThere(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.rules.Groups = []mapping.GroupRule{{From: "T*", To: []string{"_admin_T"}}}
	l.putGroup("g", "Team")
	l.putGroup("h", "Two")
	l.run(t)
	require.Empty(t, l.due)
	for id := range l.adobeGroups {
		l.editGroup(id, func(g *plan.AdobeGroup) { g.Presence = plan.Unknown })
	}
	l.owe(plan.KindGroup, "", "g", plan.ClassGroup)
	l.run(t)
	l.run(t)
	require.True(t, l.due[key{plan.KindGroup, "", "g"}].failed)
	require.True(t, l.due[key{plan.KindGroup, "", "h"}].failed)
}

func TestBuild_AGroupThatCannotBeReadFailsThoughMembersKeepComing(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.rules.Groups = []mapping.GroupRule{{From: "Team", To: []string{"Photoshop"}}}
	l.adobeGroups["p"] = plan.AdobeGroup{ID: "p", Name: "Photoshop", Type: umapi.ProductProfile, Presence: plan.Present, Adopted: true}
	l.putGroup("g", "Team")
	l.run(t)
	l.editGroup("p", func(g *plan.AdobeGroup) { g.Presence = plan.Unknown })
	reads := 0
	for i := range 100 {
		u := fmt.Sprintf("u%d", i)
		l.mirrored(u, ada.with(func(p *who) { p.email = u + "@example.com"; p.login = p.email }))
		l.join("g", u)
		for range 3 {
			p := l.build(plan.Limits{}, 2000)
			l.settle(p.Decided)
			for _, r := range p.Reads {
				reads++
				l.settle(plan.ReadFailed(r, plan.Problem{Code: "bridge.read_failed"}, l.now))
			}
		}
		l.now = l.now.Add(plan.Backoff(plan.MaxAttempts))
	}
	require.True(t, l.due[key{plan.KindGroup, "", "g"}].failed)
	require.Equal(t, plan.MaxAttempts, reads)
	require.True(t, l.due[key{plan.KindEdge, "u99", "g"}].parked)
}

func TestBuild_TakesBackWhatARuleGaveThoughNoLinkSaysSo(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.rules.Groups = []mapping.GroupRule{{From: "Team", To: []string{"Photoshop"}}}
	l.adobeGroups["p"] = plan.AdobeGroup{ID: "p", Name: "Photoshop", Presence: plan.Present, Adopted: true}
	l.mirrored("u", ada)
	l.putGroup("g", "Team")
	l.join("g", "u")
	l.run(t)
	require.Equal(t, map[plan.Edge]plan.Presence{{Account: "u", Group: "p"}: plan.Present}, l.edges)

	l.deleteGroup("g")
	l.settled()
	delete(l.links, plan.Link{Kind: plan.KindGroup, Directory: "g", Mirror: "p"})
	l.owe(plan.KindMirrored, "u", "p", plan.ClassMembership)
	p := l.build(plan.Limits{}, 2000)
	require.Equal(t, []string{`{"user":"ada@example.com","do":[{"remove":{"group":["Photoshop"]}}]}`}, sent(p))
}

// deletedTeam is a world with the group g, whose member is u, just deleted by the provider.
func deletedTeam() *ledger {
	l := newLedger()
	l.mirrored("u", ada)
	l.mirroredGroup("g", "Team")
	l.mirroredMember("g", "u")
	l.settled()
	l.deleteGroup("g")
	return l
}

// While a group that a rule took over was about to be deleted, nobody looked at its members.
func TestBuild_ARuleThatKeepsAGroupDoesNotKeepItsMembers(t *testing.T) {
	t.Parallel()
	l := deletedTeam()
	delete(l.due, key{plan.KindEdge, "u", "g"})       // it goes with the group
	l.due[key{plan.KindGroup, "", "g"}].failed = true // Adobe did not let it go
	l.putGroup("other", "Other")
	l.rules.Groups = []mapping.GroupRule{{From: "Other", To: []string{"Team"}}}
	l.run(t)
	require.Empty(t, l.edges)
	require.Equal(t, plan.Present, l.adobeGroups["g"].Presence)
}

// Whom a rule kept a group for may go as well, before the first one's members were looked at.
func TestBuild_AGroupThatARuleKeptHasNoMembersWhenNobodyIsLeft(t *testing.T) {
	t.Parallel()
	l := deletedTeam()
	member := l.due[key{plan.KindEdge, "u", "g"}]
	member.held = true // by a brake
	l.putGroup("other", "Other")
	l.rules.Groups = []mapping.GroupRule{{From: "Other", To: []string{"Team"}}}
	p := l.build(plan.Limits{}, 100)
	l.link(p.Links)
	l.settle(p.Decided)
	l.deleteGroup("other")
	member.held, member.Released = false, true
	l.run(t)
	require.Empty(t, l.edges)
	require.Zero(t, l.pending())
}

// A group whose name a rule gives is made while others look for it: it is that one.
func TestBuild_WhatARuleNamesAndAnotherGroupBecomesIsOneGroup(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.groupsKnown = true
	l.mirrored("u", ada)
	l.mirroredGroup("own", "Before")
	l.settled()
	l.rules.Groups = []mapping.GroupRule{{From: "Guests", To: []string{"Team"}}}
	l.putGroup("guests", "Guests")
	l.join("guests", "u")
	p := l.build(plan.Limits{}, 100)
	l.link(p.Links)
	l.settle(p.Decided)
	require.Len(t, p.Reads, 1)
	l.settle(plan.GroupRead(p.Reads[0], "", l.now)) // there is none

	l.owe(plan.KindGroup, "", "guests", plan.ClassAttribute)
	l.putGroup("own", "Team")
	p = l.build(plan.Limits{}, 100)
	require.NotEmpty(t, p.Commands)
	require.Empty(t, p.Reads, "it would be found as soon as the call was sent")
	call := plan.Call{ID: "c", Commands: p.Commands}
	l.settle(plan.Lost(call, l.now, l.now))
	for _, r := range l.build(plan.Limits{}, 100).Reads {
		require.Equal(t, "own", r.AdobeGroup.ID)
	}
	l.settle(plan.Settle(call, replyOf(len(call.Commands)), l.now))
	l.run(t)
	require.Equal(t, map[plan.Edge]plan.Presence{{Account: "u", Group: "own"}: plan.Present}, l.edges)
}

// A user who comes while a group is still linked as an older configuration says belongs to
// it all the same once it is linked as that of now says.
func TestBuild_WhoComesBeforeARuleIsFollowedHasTheMembershipsThatItGives(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.groupsKnown = true
	l.mirroredGroup("g", "Team")
	l.settled()
	l.putUser("u", ada)
	l.join("g", "u")
	delete(l.due, key{plan.KindEdge, "u", "g"}) // it was seen while the user was not active
	l.rules.Groups = []mapping.GroupRule{{From: "Team", To: nil}}
	p := l.build(plan.Limits{}, 100) // its window ended before the group
	l.link(p.Links)
	l.settle(plan.Settle(plan.Call{ID: "c", Commands: p.Commands}, umapi.Reply{Result: umapi.ResultSuccess, Completed: 1}, l.now))

	l.rules.Groups = nil
	l.owe(plan.KindGroup, "", "g", plan.ClassAttribute)
	l.run(t)
	require.Equal(t, map[plan.Edge]plan.Presence{{Account: "u", Group: "g"}: plan.Present}, l.edges)
}
