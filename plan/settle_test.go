package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// callOf makes the call that a world asks for.
func callOf(l *ledger) plan.Call {
	return plan.Call{ID: "c", Commands: l.build(plan.Limits{}, 2000).Commands}
}

func replyOf(n int, errs ...umapi.CommandError) umapi.Reply {
	failed := map[int]bool{}
	for _, e := range errs {
		failed[e.Index] = true
	}
	r := umapi.Reply{Result: umapi.ResultPartial, Completed: n - len(failed), NotCompleted: len(failed), Errors: errs}
	if len(errs) == 0 {
		r.Result = umapi.ResultSuccess
	}
	return r
}

// outcomes lists verdicts as "outcome" with flags, by what they are about.
func outcomes(s plan.Settlement) map[string]string {
	out := map[string]string{}
	for _, v := range s.Verdicts {
		text := string(v.Outcome)
		if v.Refused > 0 {
			text += " alone"
		}
		if v.Attempt {
			text += " attempt"
		}
		out[string(v.Due.Kind)+" "+v.Due.Group+v.Due.User] = text
	}
	return out
}

// leaver, joiner and so on make worlds of one command each.
func leaver(l *ledger) { l.mirrored("u", ada); l.deleteUser("u") }

func newcomer(l *ledger) {
	l.mirroredGroup("g", "Team")
	l.putUser("u", ada)
	l.join("g", "u")
}

func renamed(l *ledger) {
	l.mirrored("u", ada)
	l.putUser("u", ada.with(func(p *who) { p.email, p.login = "ak@example.com", "ak@example.com" }))
}

func newGroup(l *ledger) { l.putGroup("g", "Team") }

func oldGroup(l *ledger) { l.mirroredGroup("g", "Team"); l.deleteGroup("g") }

func member(l *ledger) {
	l.mirrored("u", ada)
	l.mirroredGroup("g", "Team")
	l.join("g", "u")
}

func twoGroups(l *ledger) {
	member(l)
	l.mirroredGroup("h", "Crew")
	l.join("h", "u")
}

func TestSettle_JudgesByTheCode(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		world    func(*ledger)
		step     int
		code     string
		outcomes map[string]string
		presence plan.Presence // of the subject, if the mirror changes
	}{
		"a leaver who is gone is done":          {leaver, 0, "error.user.nonexistent", map[string]string{"user u": "done"}, plan.Absent},
		"a group that is gone is done":          {oldGroup, 0, "error.usergroup.not_found", map[string]string{"group g": "done"}, plan.Absent},
		"a group that exists is adopted":        {newGroup, 0, "error.usergroup.already_exists", map[string]string{"group g": "done"}, plan.Present},
		"what may pass is tried again":          {leaver, 0, "error.internal.removefromorg", map[string]string{"user u": "retry attempt"}, plan.Doubtful},
		"a code that nobody knows too":          {leaver, 0, "error.of.tomorrow", map[string]string{"user u": "retry attempt"}, plan.Doubtful},
		"what can never succeed fails":          {renamed, 0, "error.user.email.invalid", map[string]string{"user u": "failed attempt"}, ""},
		"what needs a person fails":             {leaver, 0, "error.user.not_in_org", map[string]string{"user u": "failed attempt"}, ""},
		"an address that may have changed":      {renamed, 0, "error.internal.update_failed", map[string]string{"user u": "retry attempt"}, plan.Unknown},
		"a group that may be gone":              {oldGroup, 0, "error.usergroup.update.failed", map[string]string{"group g": "retry attempt"}, plan.Unknown},
		"a user who is elsewhere is read back":  {renamed, 0, "error.user.nonexistent", map[string]string{"user u": "retry attempt"}, plan.Unknown},
		"a create that may pass is remembered":  {newcomer, 0, "error.internal.create_failed", map[string]string{"user u": "retry attempt", "edge gu": "retry"}, plan.Doubtful},
		"a create that cannot pass leaves none": {newcomer, 0, "error.country.invalid", map[string]string{"user u": "failed attempt", "edge gu": "retry"}, ""},
		"a newcomer who is there is read back":  {newcomer, 0, "error.user.already_in_org", map[string]string{"user u": "retry attempt", "edge gu": "retry"}, plan.Unknown},
		"a member whose user is gone":           {member, 0, "error.user.nonexistent", map[string]string{"edge gu": "retry attempt"}, plan.Unknown},
		"one of several members spoils a step":  {twoGroups, 0, "error.group.not_found", map[string]string{"edge gu": "retry attempt", "edge hu": "retry attempt"}, ""},
		"a user with several who is gone":       {twoGroups, 0, "error.user.nonexistent", map[string]string{"edge gu": "retry attempt", "edge hu": "retry attempt"}, plan.Unknown},
		"a member who is one already is done":   {member, 0, "error.user.already_exists", map[string]string{"edge gu": "done"}, ""},
		"a member whom a list does not change":  {member, 0, "error.usergroup.user_list.invalid", map[string]string{"edge gu": "done"}, ""},
		"several whom a list does not change":   {twoGroups, 0, "error.usergroup.user_list.invalid", map[string]string{"edge gu": "retry attempt", "edge hu": "retry attempt"}, ""},
		"one of several who is a member":        {twoGroups, 0, "error.user.already_exists", map[string]string{"edge gu": "retry attempt", "edge hu": "retry attempt"}, ""},
		"a change that may have been made":      {member, 0, "error.internal.add", map[string]string{"edge gu": "retry attempt"}, ""},
		"a change that was not made for now":    {twoGroups, 0, "error.organization.migrating", map[string]string{"edge gu": "retry attempt", "edge hu": "retry attempt"}, ""},
		"a leaver who stays for now":            {leaver, 0, "error.organization.migrating", map[string]string{"user u": "retry attempt"}, ""},
		"a list of one that is too long is":     {member, 0, "error.command.add_remove.list_too_long", map[string]string{"edge gu": "retry attempt"}, ""},
		"a list that is too long is no attempt": {twoGroups, 0, "error.command.add_remove.list_too_long", map[string]string{"edge gu": "retry", "edge hu": "retry"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger()
			tt.world(l)
			c := callOf(l)
			require.Len(t, c.Commands, 1)
			s := plan.Settle(c, replyOf(1, umapi.CommandError{Step: tt.step, Code: tt.code, Message: "no"}), l.now)
			require.Equal(t, tt.outcomes, outcomes(s))
			var presence plan.Presence
			for _, a := range s.Accounts {
				presence = a.Presence
			}
			for _, g := range s.AdobeGroups {
				presence = g.Presence
			}
			require.Equal(t, tt.presence, presence)
			require.Len(t, s.Notes, 1)
		})
	}
}

func TestSettle_CountsMembershipsInWords(t *testing.T) {
	t.Parallel()
	for want, world := range map[string]func(*ledger){"add 1 membership for ": member, "add 2 memberships for ": twoGroups} {
		l := newLedger()
		world(l)
		s := plan.Settle(callOf(l), replyOf(1), l.now)
		require.NotEmpty(t, s.Notes)
		require.Contains(t, s.Notes[0].Text, want)
	}
}

func TestSettle_DoesNotTrustAGroupThatWasThere(t *testing.T) {
	t.Parallel()
	l := newLedger()
	newGroup(l)
	c := callOf(l)
	s := plan.Settle(c, replyOf(1, umapi.CommandError{Code: "error.usergroup.already_exists"}), l.now)
	require.True(t, s.AdobeGroups[0].Adopted)
	require.Empty(t, s.AdobeGroups[0].Type)

	s = plan.Lost(c, l.now, l.now)
	require.True(t, s.AdobeGroups[0].Adopted, "who made it is not known either")
	require.Empty(t, s.AdobeGroups[0].Type)
}

func TestSettle_WhatFollowedAFailedCreateMayBeThereIfTheUserIs(t *testing.T) {
	t.Parallel()
	for code, added := range map[string]int{
		"error.user.already_in_org":    1,
		"error.internal.create_failed": 1,
		"error.country.invalid":        0,
		"error.organization.migrating": 0,
	} {
		l := newLedger()
		newcomer(l)
		s := plan.Settle(callOf(l), replyOf(1, umapi.CommandError{Code: code}), l.now)
		require.Len(t, s.Memberships, added, code)
	}
}

func TestSettle_BelievesTheStepsBeforeTheFirstError(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.mirrored("u", ada)
	for _, g := range []string{"a", "b", "c"} {
		l.mirroredGroup(g, g)
		l.join(g, "u")
		l.due[key{plan.KindEdge, "u", g}].Attempts = 1 // each in a step of its own
	}
	c := callOf(l)
	require.Len(t, c.Commands[0].Steps, 3)
	// Whether the third step ran is not known: Adobe has done either.
	s := plan.Settle(c, replyOf(1, umapi.CommandError{Step: 1, Code: "error.group.not_found"}), l.now)
	require.Equal(t, map[string]string{"edge au": "done", "edge bu": "retry attempt", "edge cu": "retry"}, outcomes(s))
	require.Equal(t, []plan.Membership{
		{Edge: plan.Edge{Account: "u", Group: "a"}, Presence: plan.Present},
		{Edge: plan.Edge{Account: "u", Group: "c"}, Presence: plan.Doubtful},
	}, s.Memberships)

	s = plan.Settle(c, replyOf(1, umapi.CommandError{Step: -1, Code: "error.group.not_found"}), l.now)
	require.Equal(t, map[string]string{"edge au": "retry attempt", "edge bu": "retry", "edge cu": "retry"}, outcomes(s),
		"an error that names no step may be of the first")
}

func TestSettle_MakesDueWhatACreateCarriedInVain(t *testing.T) {
	t.Parallel()
	l := newLedger()
	newcomer(l)
	delete(l.due, key{plan.KindEdge, "u", "g"})
	c := callOf(l)
	s := plan.Settle(c, replyOf(1, umapi.CommandError{Step: 1, Code: "error.group.not_found"}), l.now)
	require.Equal(t, map[string]string{"user u": "done"}, outcomes(s))
	require.Equal(t, []plan.Touch{{Kind: plan.KindEdge, User: "u", Group: "g", Class: plan.ClassMembership}}, s.Touched)
}

func TestSettle_TheLastAttemptFails(t *testing.T) {
	t.Parallel()
	l := newLedger()
	leaver(l)
	l.due[key{plan.KindUser, "u", ""}].Attempts = plan.MaxAttempts - 1
	s := plan.Settle(callOf(l), replyOf(1, umapi.CommandError{Code: "error.internal.removefromorg"}), l.now)
	require.Equal(t, map[string]string{"user u": "failed attempt"}, outcomes(s))
}

func TestSettle_AReplyThatDoesNotAddUpProvesNothing(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]umapi.Reply{
		"too few":                       {Result: umapi.ResultSuccess, Completed: 0},
		"an error of no command":        {Result: umapi.ResultError, NotCompleted: 1, Errors: []umapi.CommandError{{Index: 7, Code: "error.user.not_found"}}},
		"success beside a failure":      {Result: umapi.ResultSuccess, NotCompleted: 1},
		"as if it had been a rehearsal": {Result: umapi.ResultSuccess, Completed: 1, CompletedInTestMode: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger()
			newcomer(l)
			s := plan.Settle(callOf(l), reply, l.now)
			require.Equal(t, map[string]string{"user u": "retry", "edge gu": "retry"}, outcomes(s))
			require.Equal(t, plan.Doubtful, s.Accounts[0].Presence)
			require.Equal(t, "ada@example.com", s.Accounts[0].Email)
		})
	}
}

func TestLost_ReadsBackWhatIsNotRepeatSafe(t *testing.T) {
	t.Parallel()
	soon, later := epoch.Add(time.Minute), epoch.Add(time.Hour)
	for name, tt := range map[string]struct {
		world     func(*ledger)
		notBefore time.Time
		presence  plan.Presence
		candidate string
		doubtful  int
	}{
		"a change of the address": {renamed, later, plan.Unknown, "ak@example.com", 0},
		"a group's creation":      {newGroup, later, plan.Unknown, "", 0},
		"a group's rename":        {func(l *ledger) { l.mirroredGroup("g", "Team"); l.putGroup("g", "Crew") }, later, plan.Unknown, "Crew", 0},
		"a group's deletion":      {oldGroup, later, plan.Unknown, "", 0},
		"not a user's creation":   {newcomer, soon, plan.Doubtful, "", 1},
		"not a leaver":            {leaver, soon, plan.Doubtful, "", 0},
		"not a membership":        {member, soon, "", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger()
			tt.world(l)
			s := plan.Lost(callOf(l), soon, later)
			require.Equal(t, plan.OutcomeLost, s.Outcome)
			var presence plan.Presence
			var candidate string
			for _, a := range s.Accounts {
				presence, candidate = a.Presence, a.Candidate
			}
			for _, g := range s.AdobeGroups {
				presence, candidate = g.Presence, g.Candidate
			}
			require.Equal(t, tt.presence, presence)
			require.Equal(t, tt.candidate, candidate)
			require.Len(t, s.Memberships, tt.doubtful)
			require.NotEmpty(t, s.Verdicts)
			for _, v := range s.Verdicts {
				require.Equal(t, plan.Retry, v.Outcome)
				require.False(t, v.Attempt)
				require.Equal(t, tt.notBefore, v.NotBefore)
			}
		})
	}
}

func TestRefused_SplitsUntilTheOffenderStandsAlone(t *testing.T) {
	t.Parallel()
	l := newLedger()
	twoGroups(l)
	l.putGroup("i", "New")
	p := plan.Problem{Code: "error.command.malformed"}
	c := callOf(l)
	require.Len(t, c.Commands, 2)
	require.Equal(t, plan.NotSent(c, "refused"), plan.Refused(c, p, l.now), "smaller calls follow")

	delete(l.due, key{plan.KindGroup, "", "i"})
	s := plan.Refused(callOf(l), p, l.now)
	require.Equal(t, map[string]string{"edge gu": "retry alone", "edge hu": "retry alone"}, outcomes(s))
	l.settle(s)
	for _, wait := range []time.Duration{20 * time.Second, 80 * time.Second} {
		c = callOf(l)
		require.Len(t, c.Commands, 1)
		s = plan.Refused(c, p, l.now)
		require.Len(t, s.Verdicts, 1)
		require.Equal(t, plan.Retry, s.Verdicts[0].Outcome, "the next try may pass")
		require.False(t, s.Verdicts[0].Attempt, "that is counted by itself")
		require.Equal(t, wait, s.Verdicts[0].NotBefore.Sub(l.now))
		l.settle(s)
		l.now = s.Verdicts[0].NotBefore
		delete(l.due, key{plan.KindEdge, "h", "u"})
	}
	s = plan.Refused(callOf(l), p, l.now)
	require.Equal(t, map[string]string{"edge gu": "failed attempt"}, outcomes(s))
}

func TestNotSent_ChangesNothing(t *testing.T) {
	t.Parallel()
	l := newLedger()
	newcomer(l)
	require.Equal(t, plan.Settlement{Call: "c", Outcome: "not sent"}, plan.NotSent(callOf(l), "not sent"))
}

func TestSettle_NamesThatMayHaveChangedAreSentAgain(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.mirrored("u", ada)
	l.putUser("u", ada.with(func(p *who) { p.first = "Adele" }))
	l.settle(plan.Settle(callOf(l), replyOf(1, umapi.CommandError{Code: "error.internal.update_failed"}), l.now))
	l.settled()
	l.putUser("u", ada)
	require.JSONEq(t, `[{"user":"ada@example.com","do":[{"update":{"firstname":"Ada"}}]}]`, asJSON(callCommands(l)))
}

func TestLost_NamesThatMayHaveChangedAreSentAgain(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.mirrored("u", ada)
	l.putUser("u", ada.with(func(p *who) { p.first = "Adele" }))
	l.settle(plan.Lost(callOf(l), l.now, l.now))

	// Whoever the account is for next, and with whichever row: here the names
	// that the mirror held before.
	l.settled()
	l.putUser("u", ada)
	require.JSONEq(t, `[{"user":"ada@example.com","do":[{"update":{"firstname":"Ada"}}]}]`, asJSON(callCommands(l)))
}

func callCommands(l *ledger) []umapi.Command {
	var out []umapi.Command
	for _, c := range callOf(l).Commands {
		out = append(out, c.UMAPI)
	}
	return out
}

func TestSettle_AnAccountThatMayBeDeletedIsReadBack(t *testing.T) {
	t.Parallel()
	for fate, want := range map[mapping.Fate]plan.Presence{mapping.FateDelete: plan.Unknown, mapping.FateLeave: plan.Doubtful} {
		l := newLedger()
		l.rules.Offboarding.Deactivated = fate
		l.mirrored("u", ada)
		l.putUser("u", ada.with(func(p *who) { p.inactive = true }))
		s := plan.Settle(callOf(l), replyOf(1, umapi.CommandError{Code: "error.internal.removefromorg"}), l.now)
		require.Equal(t, want, s.Accounts[0].Presence, fate)
		require.Equal(t, plan.Retry, s.Verdicts[0].Outcome, fate)
	}
}
