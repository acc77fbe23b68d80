package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// goes runs until nothing is to be sent now, and lists the commands.
func (l *ledger) goes(t *testing.T) []string {
	t.Helper()
	var out []string
	for range 20 {
		p := l.build(plan.Limits{}, 2000)
		l.settle(p.Decided)
		if len(p.Commands) == 0 && p.Decided.Empty() {
			return out
		}
		if len(p.Commands) == 0 {
			continue
		}
		out = append(out, sent(p)...)
		l.link(p.Links)
		call := plan.Call{ID: "c", Commands: p.Commands}
		l.settle(plan.Settle(call, umapi.Reply{Result: umapi.ResultSuccess, Completed: len(p.Commands)}, l.now))
	}
	t.Fatal("it does not end")
	return nil
}

func TestBuild_DoesWithWhoIsAwayWhatTheConfigurationSays(t *testing.T) {
	t.Parallel()
	const (
		left    = `{"user":"ada@example.com","do":[{"removeFromOrg":{"deleteAccount":false}}]}`
		deleted = `{"user":"ada@example.com","do":[{"removeFromOrg":{"deleteAccount":true}}]}`
		emptied = `{"user":"ada@example.com","do":[{"remove":{"group":["Team"]}}]}`
	)
	inactive := ada.with(func(p *who) { p.inactive = true })
	for name, tt := range map[string]struct {
		rules mapping.Offboarding
		gone  bool
		sent  []string
	}{
		"who is deactivated leaves":         {sent: []string{left}},
		"who is deleted leaves":             {gone: true, sent: []string{left}},
		"stays":                             {rules: mapping.Offboarding{Deactivated: mapping.FateKeep}},
		"stays, though deleted":             {rules: mapping.Offboarding{Deleted: mapping.FateKeep}, gone: true},
		"loses the memberships":             {rules: mapping.Offboarding{Deactivated: mapping.FateRemoveMemberships}, sent: []string{emptied}},
		"loses the memberships when gone":   {rules: mapping.Offboarding{Deleted: mapping.FateRemoveMemberships}, gone: true, sent: []string{emptied}},
		"is deleted":                        {rules: mapping.Offboarding{Deactivated: mapping.FateDelete}, sent: []string{deleted}},
		"is deleted when gone":              {rules: mapping.Offboarding{Deleted: mapping.FateDelete}, gone: true, sent: []string{deleted}},
		"only who is deleted is deleted":    {rules: mapping.Offboarding{Deleted: mapping.FateDelete}, sent: []string{left}},
		"only who is deactivated is kept":   {rules: mapping.Offboarding{Deactivated: mapping.FateKeep}, gone: true, sent: []string{left}},
		"not before the delay":              {rules: mapping.Offboarding{Delay: time.Hour}},
		"not before the delay when deleted": {rules: mapping.Offboarding{Deleted: mapping.FateDelete, Delay: time.Hour}, gone: true},
		"memberships not before the delay":  {rules: mapping.Offboarding{Deactivated: mapping.FateRemoveMemberships, Delay: time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger()
			l.rules.Offboarding = tt.rules
			l.mirroredGroup("g", "Team")
			l.mirrored("u", ada)
			l.mirroredMember("g", "u")
			if tt.gone {
				l.deleteUser("u")
			} else {
				l.putUser("u", inactive)
			}
			require.Equal(t, tt.sent, l.goes(t))
			if tt.rules.Delay == 0 {
				require.Empty(t, l.due)
				return
			}
			row := l.due[key{plan.KindUser, "u", ""}]
			require.Equal(t, "bridge.leaves_later", row.problem.Code)
			require.Equal(t, l.now.Add(time.Hour), row.notBefore)
			l.now = row.notBefore
			require.NotEmpty(t, l.goes(t))
			require.Empty(t, l.due)
		})
	}
}

func TestBuild_WhoComesBackWithinTheDelayWasNeverAway(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.rules.Offboarding.Delay = time.Hour
	l.mirroredGroup("g", "Team")
	l.mirrored("u", ada)
	l.mirroredMember("g", "u")
	l.putUser("u", ada.with(func(p *who) { p.inactive = true }))
	require.Empty(t, l.goes(t))
	l.now = l.now.Add(59 * time.Minute)
	l.putUser("u", ada)
	require.Empty(t, l.goes(t))
	require.Empty(t, l.due)
}

func TestBuild_WhoLostTheMembershipsGetsThemBack(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.rules.Offboarding.Deactivated = mapping.FateRemoveMemberships
	l.mirroredGroup("g", "Team")
	l.mirrored("u", ada)
	l.mirroredMember("g", "u")
	l.putUser("u", ada.with(func(p *who) { p.inactive = true }))
	l.goes(t)
	l.putUser("u", ada)
	require.Equal(t, []string{`{"user":"ada@example.com","do":[{"add":{"group":["Team"]}}]}`}, l.goes(t))
}

func TestBuild_NeverTouchesWhatIsProtected(t *testing.T) {
	t.Parallel()
	for name, world := range map[string]func(*ledger){
		"a user who leaves":  func(l *ledger) { l.deleteUser("u") },
		"a user who changes": func(l *ledger) { l.putUser("u", ada.with(func(p *who) { p.first = "Adele" })) },
		"a user who moves away": func(l *ledger) {
			l.putUser("u", ada.with(func(p *who) { p.email = "x@example.com"; p.login = p.email }))
		},
		"a new user": func(l *ledger) {
			l.putUser("v", ada.with(func(p *who) { p.email = "root@admins.example.com"; p.login = p.email }))
		},
		"a user's memberships":    func(l *ledger) { l.leave("free", "u") },
		"a group's members":       func(l *ledger) { l.leave("g", "w") },
		"a group that is gone":    func(l *ledger) { l.deleteGroup("g") },
		"a group that is renamed": func(l *ledger) { l.putGroup("g", "Other") },
		"a new group":             func(l *ledger) { l.putGroup("h", "it-more") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger()
			l.mirroredGroup("g", "IT-Admins")
			l.mirroredGroup("free", "Free")
			l.mirrored("u", ada)
			l.mirrored("w", ada.with(func(p *who) { p.email = "w@example.com"; p.login = p.email }))
			l.mirroredMember("free", "u")
			l.mirroredMember("g", "w")
			l.rules.Protected = mapping.Protection{Users: []string{"ADA@example.com", "*@admins.example.com"}, Groups: []string{"IT-*"}}
			world(l)
			require.Empty(t, l.goes(t))
			for _, r := range l.due {
				require.True(t, r.failed || r.parked, "%+v", r)
			}
		})
	}
}

func TestBuild_TakesTheMembershipsThoughTheUserIsForgotten(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.rules.Offboarding.Deleted = mapping.FateRemoveMemberships
	l.mirroredGroup("g", "Team")
	l.mirrored("u", ada)
	l.edges[plan.Edge{Account: "u", Group: "g"}] = plan.Present // and the directory has no such pair
	l.deleteUser("u")
	require.Equal(t, []string{`{"user":"ada@example.com","do":[{"remove":{"group":["Team"]}}]}`}, l.goes(t))
	require.Len(t, l.links, 1, "that of the group")
}

func TestBuild_ReadsWhomItIsToTakeMembershipsFromAndMayNotBeThere(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.rules.Offboarding.Deactivated = mapping.FateRemoveMemberships
	l.mirroredGroup("g", "Team")
	l.putUser("u", ada)
	l.join("g", "u")
	p := l.build(plan.Limits{}, 2000)
	l.settle(p.Decided)
	l.link(p.Links)
	l.settle(plan.Lost(plan.Call{ID: "c", Commands: p.Commands}, l.now, l.now))
	l.putUser("u", ada.with(func(p *who) { p.inactive = true }))
	p = l.build(plan.Limits{}, 2000)
	l.settle(p.Decided)
	require.Len(t, p.Reads, 1)
	found := umapi.User{Type: umapi.FederatedID, Email: "ada@example.com", Groups: []string{"Team"}}
	l.settle(plan.AccountRead(p.Reads[0], &found, l.facts(plan.Query{Users: []string{"u"}})))
	require.Equal(t, []string{`{"user":"ada@example.com","do":[{"remove":{"group":["Team"]}}]}`}, l.goes(t))
	require.Empty(t, l.due)
}

func TestBuild_AJoinerIsNotPutIntoAProtectedGroup(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.mirroredGroup("g", "IT-Admins")
	l.rules.Protected = mapping.Protection{Groups: []string{"IT-*"}}
	l.putUser("u", ada)
	l.join("g", "u")
	commands := l.goes(t)
	require.Len(t, commands, 1)
	require.NotContains(t, commands[0], "IT-Admins")
	require.True(t, l.due[key{plan.KindEdge, "u", "g"}].failed)
}

func TestBuild_AnAddressThatNobodyHasAnyMoreProtectsNobody(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.mirrored("u", ada)
	l.editAccount("u", func(a *plan.Account) { a.Presence = plan.Absent })
	l.rules.Protected = mapping.Protection{Users: []string{"ada@example.com"}}
	l.putUser("u", ada.with(func(p *who) { p.email = "x@example.com"; p.login = p.email }))
	require.Len(t, l.goes(t), 1)
}
