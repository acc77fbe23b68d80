package storetest

import (
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
)

var resendPromises = []promise{
	{"Resend/IsSetByAVerdictAndReadBack", resendSet},
	{"Resend/IsSetWhateverTheGeneration", resendOlder},
	{"Resend/StaysUntilDone", resendStays},
	{"Resend/IsSetByATouchAndKeptByOneWithout", resendTouched},
	{"Resend/OfWhatIsNotDueMakesNothingDue", resendGone},
}

// resend settles a verdict with Resend on a due row.
func (f *fixture) resend(n int, d plan.Due, o plan.Outcome) {
	f.Helper()
	f.settle(n, plan.Settlement{Verdicts: []plan.Verdict{{Due: d, Outcome: o, Resend: true}}})
}

// adaInEng makes due a user, a group, and the membership of both.
func adaInEng(f *fixture) []string {
	f.user("ada", "bob")
	f.group("eng", "ada", "bob")
	return []string{"user ada", "group eng", "eng ada"}
}

func resendSet(f *fixture) {
	for _, name := range adaInEng(f) {
		before := f.find(name)
		require.False(f, before.Resend, name)
		f.resend(1, before, plan.Retry)
		want := before
		want.Resend = true
		require.Equal(f, want, f.find(name), name)
	}
	require.False(f, f.find("eng bob").Resend)
	require.False(f, f.find("user bob").Resend)
	got := facts(f, plan.Query{Users: []string{"ada", "bob"}})
	require.ElementsMatch(f, []plan.Due{f.find("eng ada"), f.find("eng bob")}, got.EdgesDue)
}

func resendOlder(f *fixture) {
	for _, o := range []plan.Outcome{plan.Done, plan.Retry, plan.Parked, plan.Failed} {
		user, group := "u-"+string(o), "g-"+string(o)
		f.user(user)
		f.group(group, user)
		for _, name := range []string{"user " + user, "group " + group, group + " " + user} {
			old := f.find(name)
			f.settle(1, plan.Settlement{Touched: []plan.Touch{{Kind: old.Kind, User: old.User, Group: old.Group, Class: plan.ClassLeave}}})
			want := f.find(name)
			require.Greater(f, want.Generation, old.Generation)
			f.resend(2, old, o)
			want.Resend = true
			assert.Equal(f, want, f.find(name), "%s: nothing else of an old verdict counts", name)
		}
	}
}

func resendStays(f *fixture) {
	for _, name := range adaInEng(f) {
		f.resend(1, f.find(name), plan.Retry)
	}
	f.change0("ada", "title", "Dr")
	f.change(2, "eng", removing("ada"))
	f.verdict(3, plan.Retry, f.find("eng ada"))
	require.True(f, f.find("user ada").Resend, "after a change")
	require.True(f, f.find("eng ada").Resend, "after a change and another try")
	f.verdict(4, plan.Failed, f.find("group eng"), f.find("eng ada"))
	_, err := f.Retry(f.ctx(), acme, at(5))
	require.NoError(f, err)
	require.True(f, f.find("group eng").Resend, "after it failed")
	f.quiet()
	f.change0("ada", "title", "Prof")
	f.change(6, "eng", adding("ada"))
	require.False(f, f.find("user ada").Resend, "what was done is believed")
	require.False(f, f.find("eng ada").Resend, "what was done is believed")
}

func resendTouched(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada", "bob")
	f.verdict(1, plan.Done, f.find("eng bob"))
	var touched []plan.Touch
	for _, d := range []plan.Due{f.find("user ada"), f.find("eng ada"), {Kind: plan.KindEdge, Group: "eng", User: "bob"}} {
		touched = append(touched, plan.Touch{Kind: d.Kind, User: d.User, Group: d.Group, Class: plan.ClassMembership, Resend: true})
	}
	f.settle(2, plan.Settlement{Touched: touched})
	for i := range touched {
		touched[i].Resend = false
	}
	f.settle(3, plan.Settlement{Touched: touched})
	for _, name := range []string{"user ada", "eng ada", "eng bob"} {
		require.True(f, f.find(name).Resend, name)
	}
	require.False(f, f.find("user bob").Resend)
}

func resendGone(f *fixture) {
	f.user("ada")
	gone := f.find("user ada")
	f.quiet()
	f.resend(1, gone, plan.Retry)
	require.Empty(f, f.due())
	f.user("bob")
	f.resend(1, f.find("user bob"), plan.Done)
	require.Empty(f, f.due(), "done is done")
}
