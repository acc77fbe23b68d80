package storetest

import (
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

var duePromises = []promise{
	{"Due/IsInOrderOfRankUpToLimit", dueOrder},
	{"Due/AgesSoThatNothingStarves", dueAges},
	{"Due/ChangeMovesGenerationAndKeepsItsPlace", dueAgain},
	{"Due/WhoLeavesIsDueSinceThen", dueSinceLeaving},
	{"Due/ChangeWakesWhatFailedWaitedOrParked", dueWakes},
	{"Due/LeavesOutWhatIsNotYetParkedOrFailed", dueLeavesOut},
	{"Due/GenerationIsNeverUsedAgain", dueGeneration},
	{"NextDue/IsWhenTheEarliestMayBeTaken", nextDue},
	{"Changed/SignalsAfterSomethingBecameDue", changed},
}

func dueOrder(f *fixture) {
	f.user("ada", "bob", "eve")
	f.quiet()
	f.change0("ada", "title", "Dr")
	f.group("eng", "bob")
	f.change0("eve", "active", false)
	require.Equal(f, []string{"user eve", "group eng", "eng bob", "user ada"}, f.order())
	some, err := f.Due(f.ctx(), acme, later, 2)
	require.NoError(f, err)
	require.Equal(f, []string{"user eve", "group eng"}, names(some))
	none, err := f.Due(f.ctx(), acme, later, 0)
	require.NoError(f, err)
	require.Empty(f, none)
}

// change0 changes attributes of a user at(0).
func (f *fixture) change0(id string, pairs ...any) {
	f.Helper()
	_, err := f.UpdateUser(f.ctx(), acme, id, 0, newUser(id, pairs...).Document, origin(0))
	require.NoError(f, err)
}

func dueAges(f *fixture) {
	f.user("ada")
	f.quiet()
	f.change0("ada", "title", "Dr") // an attribute at(0)
	ageing := int(plan.Ageing.Seconds())
	for n, id := range map[int]string{2*ageing - 1: "before", 2*ageing + 1: "after"} {
		_, err := f.CreateUser(f.ctx(), acme, newUser(id), origin(n))
		require.NoError(f, err)
	}
	require.Equal(f, []string{"user before", "user ada", "user after"}, f.order())
}

func dueAgain(f *fixture) {
	f.user("ada")
	_, err := f.CreateUser(f.ctx(), acme, newUser("bob"), origin(1))
	require.NoError(f, err)
	first := f.find("user ada")
	_, err = f.UpdateUser(f.ctx(), acme, "ada", 0, newUser("ada", "title", "Dr").Document, origin(9))
	require.NoError(f, err)
	again := f.find("user ada")
	require.Greater(f, again.Generation, first.Generation)
	require.Equal(f, at(0), again.Since)
	require.Equal(f, []string{"user ada", "user bob"}, f.order(), "one that waits is not put back")
	_, err = f.UpdateUser(f.ctx(), acme, "bob", 0, newUser("bob", "active", false).Document, origin(9))
	require.NoError(f, err)
	require.Equal(f, []string{"user bob", "user ada"}, f.order(), "but it may be put forward")
}

// How long somebody has been away decides when the account leaves.
func dueSinceLeaving(f *fixture) {
	set := func(n int, pairs ...any) {
		_, err := f.UpdateUser(f.ctx(), acme, "ada", 0, newUser("ada", pairs...).Document, origin(n))
		require.NoError(f, err)
	}
	f.user("ada", "bob")
	set(5, "active", false)
	require.Equal(f, at(5), f.find("user ada").Since, "though it was due before")
	set(6)
	set(7, "active", false)
	require.Equal(f, at(7), f.find("user ada").Since, "who came back was not away")
	set(8, "active", false, "title", "Dr")
	f.hold(9, "user ada")
	f.release(10, store.Selection{}, 1)
	f.verdict(11, plan.Failed, f.find("user ada"))
	_, err := f.Retry(f.ctx(), acme, store.Selection{}, origin(12))
	require.NoError(f, err)
	f.hold(13, "user ada")
	set(14, "active", false)
	require.Equal(f, at(7), f.find("user ada").Since, "a person, and what else becomes known, does not change that")
	require.Equal(f, []string{"user ada", "user bob"}, f.order(), "nor the place")
	require.NoError(f, f.DeleteUser(f.ctx(), acme, "ada", 0, origin(15)))
	require.Equal(f, at(15), f.find("user ada").Since, "to be gone is another thing")
}

func dueWakes(f *fixture) {
	problem := plan.Problem{Code: "error.x", Message: "no", Hint: "do"}
	for id, v := range map[string]plan.Verdict{
		"failed":  {Outcome: plan.Failed, Problem: problem, Attempt: true, Refused: 2},
		"waiting": {Outcome: plan.Retry, Problem: problem, NotBefore: later.AddDate(1, 0, 0), Attempt: true, Refused: 2},
	} {
		f.user(id)
		v.Due = f.find("user " + id)
		f.settle(1, plan.Settlement{Verdicts: []plan.Verdict{v}})
		require.Empty(f, f.due(), id)
		_, err := f.UpdateUser(f.ctx(), acme, id, 0, newUser(id, "title", "Dr").Document, origin(2))
		require.NoError(f, err)
		woken := f.find("user " + id)
		require.Zero(f, woken.Attempts, id)
		require.Zero(f, woken.Refused, id)
		u, err := f.User(f.ctx(), acme, id)
		require.NoError(f, err)
		require.Equal(f, directory.Sync{State: directory.SyncPending}, u.Sync, id)
		f.quiet()
	}
	f.user("ada")
	f.group("eng", "ada")
	f.verdict(1, plan.Parked, f.find("eng ada"))
	require.NotContains(f, f.order(), "eng ada")
	f.change(2, "eng", removing("ada"))
	require.Contains(f, f.order(), "eng ada")
}

func dueLeavesOut(f *fixture) {
	f.user("ada", "bob", "eve")
	f.group("eng", "ada")
	f.verdict(1, plan.Parked, f.find("eng ada"))
	f.verdict(1, plan.Failed, f.find("user bob"))
	f.settle(1, plan.Settlement{Verdicts: []plan.Verdict{
		{Due: f.find("user eve"), Outcome: plan.Retry, NotBefore: at(10)},
	}})
	for n, want := range map[int][]string{
		9:  {"user ada", "group eng"},
		10: {"user ada", "user eve", "group eng"},
	} {
		all, err := f.Due(f.ctx(), acme, at(n), 10)
		require.NoError(f, err)
		require.ElementsMatch(f, want, names(all))
	}
}

func dueGeneration(f *fixture) {
	f.user("ada")
	first := f.find("user ada")
	f.verdict(1, plan.Done, first)
	f.change0("ada", "title", "Dr")
	require.Greater(f, f.find("user ada").Generation, first.Generation)
	f.verdict(2, plan.Done, first)
	require.Equal(f, []string{"user ada"}, f.order(), "a late verdict on what was due before is none on what is now")
}

func nextDue(f *fixture) {
	_, ok, err := f.NextDue(f.ctx(), acme)
	require.NoError(f, err)
	require.False(f, ok)
	f.user("ada", "bob")
	f.group("eng", "ada")
	next, ok, err := f.NextDue(f.ctx(), acme)
	require.NoError(f, err)
	require.True(f, ok)
	require.False(f, next.After(at(0)), "at once")
	f.verdict(1, plan.Parked, f.find("eng ada"))
	var s plan.Settlement
	for i, d := range f.due() {
		s.Verdicts = append(s.Verdicts, plan.Verdict{Due: d, Outcome: plan.Retry, NotBefore: at(20 - i)})
	}
	require.Len(f, s.Verdicts, 3)
	f.settle(2, s)
	next, ok, err = f.NextDue(f.ctx(), acme)
	require.NoError(f, err)
	require.True(f, ok)
	require.Equal(f, at(18), next)
	f.verdict(3, plan.Failed, f.due()...)
	_, ok, err = f.NextDue(f.ctx(), acme)
	require.NoError(f, err)
	require.False(f, ok, "what failed or is parked does not wake by itself")
}

func changed(f *fixture) {
	mine, theirs := f.Changed(acme), f.Changed(globex)
	f.user("ada", "bob")
	f.group("eng", "ada")
	<-mine
	for {
		select {
		case <-mine:
			continue
		default:
		}
		break
	}
	f.verdict(1, plan.Retry, f.find("user ada"))
	f.change(1, "eng", adding("ada"))
	_, err := f.CreateUser(f.ctx(), acme, newUser("ada"), origin(1))
	require.ErrorIs(f, err, directory.ErrConflict)
	select {
	case <-mine:
		require.Fail(f, "nothing became due")
	case <-theirs:
		require.Fail(f, "nothing became due in the other org")
	default:
	}
	f.settle(2, plan.Settlement{Touched: []plan.Touch{{Kind: plan.KindUser, User: "ada", Class: plan.ClassAttribute}}})
	<-mine
}
