package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

func TestAccountRead_SaysWhichAddressAdobeDoesNotHave(t *testing.T) {
	t.Parallel()
	a := plan.Account{ID: "a", Presence: plan.Unknown, Email: "ada@example.com"}
	s := plan.AccountRead(plan.Read{Account: &a, Linked: []string{"u"}}, nil, plan.Facts{})
	require.Equal(t, []plan.Note{{User: "u", Event: "read", Text: "Adobe has no account ada@example.com"}}, s.Notes)
	require.Equal(t, plan.Absent, s.Accounts[0].Presence)
	require.Empty(t, s.Accounts[0].Email)
}

func TestReadFailed_FailsWhenTheAttemptsRunOut(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := plan.Read{Due: []plan.Due{
		{Kind: plan.KindUser, User: "new"},
		{Kind: plan.KindUser, User: "old", Attempts: plan.MaxAttempts - 1},
	}}
	s := plan.ReadFailed(r, plan.Problem{Code: "bridge.read_failed"}, now)
	require.Len(t, s.Verdicts, 2)
	require.Equal(t, plan.Retry, s.Verdicts[0].Outcome)
	require.Equal(t, now.Add(plan.Backoff(0)), s.Verdicts[0].NotBefore)
	require.Equal(t, plan.Failed, s.Verdicts[1].Outcome)
}

func TestAccountRead_ForgetsNoMembershipWhoseGroupHasAnotherNameByNow(t *testing.T) {
	t.Parallel()
	a := plan.Account{ID: "a", Presence: plan.Unknown, Type: umapi.FederatedID, Email: "ada@example.com"}
	f := plan.Facts{
		AdobeGroups: map[string]plan.AdobeGroup{
			"doubtful": {ID: "doubtful", Name: "Staff", Presence: plan.Present},
			"listed":   {ID: "listed", Name: "Crew", Presence: plan.Present},
			"renamed":  {ID: "renamed", Name: "Team", Candidate: "Team EU", Presence: plan.Unknown},
		},
		Edges: map[plan.Edge]plan.Presence{
			{Account: "a", Group: "doubtful"}: plan.Doubtful, {Account: "a", Group: "listed"}: plan.Present,
			{Account: "a", Group: "renamed"}: plan.Present, {Account: "b", Group: "renamed"}: plan.Present,
		},
	}
	found := umapi.User{Email: "ada@example.com", Type: umapi.FederatedID, Groups: []string{"crew", "Staff", "Team EU"}}
	s := plan.AccountRead(plan.Read{Account: &a, Linked: []string{"u"}}, &found, f)
	require.Equal(t, []plan.Membership{
		{Edge: plan.Edge{Account: "a", Group: "doubtful"}, Presence: plan.Doubtful},
		{Edge: plan.Edge{Account: "a", Group: "renamed"}, Presence: plan.Doubtful},
	}, s.Memberships)
	require.Equal(t, []plan.Touch{
		{Kind: plan.KindMirrored, User: "a", Group: "doubtful", Class: plan.ClassMembership},
		{Kind: plan.KindMirrored, User: "a", Group: "renamed", Class: plan.ClassMembership},
		{Kind: plan.KindUser, User: "u", Class: plan.ClassAttribute},
	}, s.Touched)
}

func TestGroupRead_TakesAGroupOfOursForGoneOnlyAfterAWhile(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	d := plan.Due{Kind: plan.KindEdge, User: "u", Group: "g"}
	read := func(g plan.AdobeGroup, name string, at time.Time) plan.Settlement {
		return plan.GroupRead(plan.Read{AdobeGroup: &g, Due: []plan.Due{d}, Linked: []string{"g"}}, name, at)
	}
	ours := plan.AdobeGroup{ID: "g", Name: "Staff", Presence: plan.Unknown, Candidate: "Crew"}

	missed := read(ours, "", now)
	require.Equal(t, now, missed.AdobeGroups[0].MissedAt)
	require.Equal(t, plan.Unknown, missed.AdobeGroups[0].Presence)
	require.Equal(t, "Crew", missed.AdobeGroups[0].Candidate)
	require.Empty(t, missed.Touched)
	require.Len(t, missed.Verdicts, 1)
	require.Equal(t, plan.Retry, missed.Verdicts[0].Outcome)
	again := missed.Verdicts[0].NotBefore
	require.True(t, again.After(now))

	soon := read(missed.AdobeGroups[0], "", again.Add(-time.Second))
	require.Equal(t, again, soon.Verdicts[0].NotBefore, "the time runs from the first reading that lacked it")

	late := read(missed.AdobeGroups[0], "Staff", again)
	require.Equal(t, []plan.AdobeGroup{{ID: "g", Name: "Staff", Presence: plan.Present}}, late.AdobeGroups)

	gone := read(missed.AdobeGroups[0], "", again)
	require.Equal(t, []plan.AdobeGroup{{ID: "g", Name: "Staff", Presence: plan.Absent}}, gone.AdobeGroups)
	require.Len(t, gone.Touched, 1)

	ours.Presence = plan.Absent
	require.True(t, read(ours, "Staff", now).AdobeGroups[0].Adopted, "somebody else made it")

	adopted := ours
	adopted.Adopted = true
	require.Equal(t, plan.Absent, read(adopted, "", now).AdobeGroups[0].Presence, "it was there long before")
}
