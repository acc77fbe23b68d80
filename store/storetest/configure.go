package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
)

var configurePromises = []promise{
	{"Configure/NewConfigurationWakesWhatFailed", configureWakes},
	{"Configure/TheSameConfigurationChangesNothing", configureSame},
	{"Configure/IsKeptForEachOrg", configureOrgs},
	{"Configure/WhoIsAwayWithAnAccountIsLookedAt", configureAway},
	{"Configure/NewRulesMakeAllGroupsDue", configureRules},
}

// configure says at(n) what the org is dispatched by, and returns how many woke.
func (f *fixture) configure(n int, org, fingerprint string) int {
	f.Helper()
	return f.configureGroups(n, org, fingerprint, "")
}

// configureGroups is the same, with rules for groups.
func (f *fixture) configureGroups(n int, org, fingerprint, rules string) int {
	f.Helper()
	woken, err := f.Configure(f.ctx(), f.held(org), fingerprint, rules, at(n))
	require.NoError(f, err)
	return woken
}

// fail settles what is due under that short name as failed, at(n).
func (f *fixture) fail(n int, name string) plan.Due {
	f.Helper()
	d := f.find(name)
	f.settle(n, plan.Settlement{Verdicts: []plan.Verdict{
		{Due: d, Outcome: plan.Failed, Attempt: true, Problem: plan.Problem{Code: "x"}},
	}})
	return d
}

func configureWakes(f *fixture) {
	require.Zero(f, f.configure(0, acme, "a"))
	f.user("ada", "bob", "eve")
	old := f.fail(1, "user ada")
	f.fail(1, "user bob")
	require.Equal(f, []string{"user eve"}, f.order())
	untouched := f.find("user eve")

	require.Equal(f, 2, f.configure(2, acme, "b"))
	woken := f.find("user ada")
	require.Zero(f, woken.Attempts)
	require.Equal(f, at(2), woken.Since)
	require.Equal(f, untouched, f.find("user eve"), "what is pending keeps its place")
	f.verdict(3, plan.Done, old)
	require.ElementsMatch(f, []string{"user ada", "user bob", "user eve"}, f.order(), "a verdict from before does not count")

	f.fail(4, "user bob")
	require.Equal(f, 1, f.configure(5, acme, "a"), "the one before is another one")
}

func configureAway(f *fixture) {
	f.configure(0, acme, "a")
	f.user("ada", "bob", "eve", "joe", "sue")
	var s plan.Settlement
	for _, id := range []string{"ada", "bob", "eve", "sue"} {
		s.Accounts = append(s.Accounts, account(id))
		s.Links = append(s.Links, plan.Link{Kind: plan.KindUser, Directory: id, Mirror: id})
	}
	f.settle(1, s)
	for _, id := range []string{"ada", "bob", "eve", "joe"} {
		f.change0(id, "active", false)
	}
	waits, held := f.find("user bob"), f.find("user eve")
	f.settle(2, plan.Settlement{Verdicts: []plan.Verdict{
		{Due: waits, Outcome: plan.Retry, NotBefore: later.Add(time.Hour)}, {Due: held, Outcome: plan.Held},
	}})
	f.verdict(3, plan.Done, f.due()...)
	require.Empty(f, f.due())

	require.Zero(f, f.configure(4, acme, "b"))
	require.ElementsMatch(f, []string{"user ada", "user bob", "user eve"}, f.order(), "joe has no account, and sue is not away")
	require.Equal(f, at(4), f.find("user ada").Since)
	require.Equal(f, waits, f.find("user bob"), "the delay goes on")
	require.Equal(f, held, f.find("user eve"))
}

func configureSame(f *fixture) {
	f.configure(0, acme, "a")
	f.user("ada", "bob")
	f.fail(1, "user ada")
	before, err := f.Status(f.ctx(), acme)
	require.NoError(f, err)
	require.Zero(f, f.configure(2, acme, "a"))
	after, err := f.Status(f.ctx(), acme)
	require.NoError(f, err)
	require.Equal(f, before, after)
	require.Equal(f, []string{"user bob"}, f.order())
}

func configureOrgs(f *fixture) {
	f.configure(0, acme, "a")
	f.user("ada")
	f.fail(1, "user ada")
	require.Zero(f, f.configure(2, globex, "b"))
	require.Zero(f, f.configure(2, acme, "a"))
	require.NoError(f, f.SetPause(f.ctx(), f.held(acme), at(30)))
	require.Equal(f, 1, f.configure(3, acme, "b"))
	until, err := f.Pause(f.ctx(), acme)
	require.NoError(f, err)
	require.Equal(f, at(30), until)
}

func configureRules(f *fixture) {
	f.user("ada")
	f.group("eng", "ada")
	f.group("ops")
	f.quiet()
	f.configureGroups(1, acme, "a", "")
	require.Empty(f, f.due(), "there were no rules before either")
	require.Zero(f, f.configureGroups(2, acme, "b", "rules"))
	require.ElementsMatch(f, []string{"group eng", "group ops"}, f.order())
	require.Equal(f, at(2), f.find("group eng").Since)

	f.quiet()
	f.configureGroups(3, acme, "c", "rules")
	require.Empty(f, f.due(), "the rules are the same")
	f.configureGroups(4, acme, "d", "")
	require.Len(f, f.due(), 2)
}
