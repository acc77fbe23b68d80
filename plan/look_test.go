package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

func TestSettle_LooksAtWhatACreateHasMade(t *testing.T) {
	t.Parallel()
	l := newLedger()
	newcomer(l)
	s := plan.Settle(callOf(l), replyOf(1), l.now)
	require.True(t, s.Accounts[0].LookAt.After(l.now))

	l = newLedger()
	renamed(l)
	s = plan.Settle(callOf(l), replyOf(1), l.now)
	require.Zero(t, s.Accounts[0].LookAt, "only at that")
}

// made is an account that was created, to be looked at.
func made() (plan.Account, plan.Read, plan.Facts) {
	a := plan.Account{
		ID: "u", Presence: plan.Present, Type: umapi.FederatedID, Email: "ada@example.com", Username: "ada@example.com",
		FirstName: "Ada", LastName: "Byron", Country: "US", LookAt: epoch,
	}
	r := plan.Read{Account: &a, Linked: []string{"u"}}
	return a, r, plan.Facts{
		AdobeGroups: map[string]plan.AdobeGroup{"g": {ID: "g", Name: "Team", Presence: plan.Present}},
		Edges:       map[plan.Edge]plan.Presence{{Account: "u", Group: "g"}: plan.Present},
	}
}

func TestAccountLooked_TellsWhatIsAsItWasMade(t *testing.T) {
	t.Parallel()
	a, r, f := made()
	found := umapi.User{
		Type: umapi.FederatedID, Email: a.Email, Username: "ADA@EXAMPLE.COM", FirstName: "Ada", LastName: "Byron", Country: "US",
		Groups: []string{"Team"},
	}
	s := plan.AccountLooked(r, &found, f, epoch)
	require.Zero(t, s.Accounts[0].LookAt)
	require.Empty(t, s.Touched)
	require.Empty(t, s.Memberships)
	require.Empty(t, s.Notes)

	found.Groups = nil
	s = plan.AccountLooked(r, &found, f, epoch)
	require.Equal(t, []plan.Membership{{Edge: plan.Edge{Account: "u", Group: "g"}, Presence: plan.Doubtful}}, s.Memberships)
	require.Len(t, s.Touched, 1, "success that changed nothing is noticed, once")

	found.Groups, found.FirstName, found.Country = []string{"team"}, "Adele", "GB"
	s = plan.AccountLooked(r, &found, f, epoch)
	require.Equal(t, []plan.Touch{{Kind: plan.KindUser, User: "u", Class: plan.ClassAttribute}}, s.Touched)
	require.Equal(t, "GB", s.Accounts[0].Country)
	require.Contains(t, s.Notes[0].Text, "a country can never be changed")
}

func TestAccountLooked_LooksAgainAFewTimesForWhatDoesNotShow(t *testing.T) {
	t.Parallel()
	a, r, f := made()
	now := epoch
	for n := 1; ; n++ {
		s := plan.AccountLooked(r, nil, f, now)
		a = s.Accounts[0]
		require.Equal(t, plan.Present, a.Presence, "a disabled account does not show either")
		require.Equal(t, n, a.Looks)
		require.Empty(t, s.Touched)
		if a.LookAt.IsZero() {
			require.Len(t, s.Notes, 1)
			require.Equal(t, 3, n)
			return
		}
		require.True(t, a.LookAt.After(now.Add(time.Minute)))
		now, r.Account = a.LookAt, &a
	}
}

func TestAccountRead_OfATwinFailsWhatWaits(t *testing.T) {
	t.Parallel()
	_, r, f := made()
	r.Due = []plan.Due{{Kind: plan.KindUser, User: "u"}, {Kind: plan.KindUser, User: "away"}}
	f.Users = map[string]directory.User{
		"u": {Document: ada.document()}, "away": {Document: ada.with(func(p *who) { p.inactive = true }).document()},
	}
	found := umapi.User{Type: umapi.AdobeID, Email: "ada@example.com", FirstName: "A", Country: "FR"}
	s := plan.AccountRead(r, &found, f)
	require.True(t, s.Accounts[0].Twin)
	require.Equal(t, umapi.AdobeID, s.Accounts[0].Type)
	require.Len(t, s.Verdicts, 1, "who is away wants nothing of it")
	require.Equal(t, plan.Failed, s.Verdicts[0].Outcome)
	require.Equal(t, "bridge.adobe_id.twin", s.Verdicts[0].Problem.Code)
	require.NotEmpty(t, s.Verdicts[0].Problem.Hint)
	require.Equal(t, plan.Doubtful, s.Memberships[0].Presence, "what it was given by accident is taken back")

	// It is gone, or an account of the organization stands beside it.
	r.Account = &s.Accounts[0]
	gone := plan.AccountRead(r, nil, f)
	require.Equal(t, plan.Absent, gone.Accounts[0].Presence)
	require.False(t, gone.Accounts[0].Twin)
	beside := plan.AccountRead(r, &umapi.User{Type: umapi.FederatedID, Email: "ada@example.com"}, f)
	require.False(t, beside.Accounts[0].Twin)
	require.Equal(t, plan.Present, beside.Accounts[0].Presence)
	require.Empty(t, beside.Verdicts)
}

func TestAccountRead_OfATwinOfSeveralUsersEnds(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.mirrored("old", ada)
	l.settled()
	l.putUser("new", ada)
	l.link([]plan.Link{{Kind: plan.KindUser, Directory: "new", Mirror: "old"}})
	l.editAccount("old", func(a *plan.Account) { a.Twin, a.Type = true, umapi.AdobeID })
	found := umapi.User{Type: umapi.AdobeID, Email: "ada@example.com"}
	for reads := 0; ; reads++ {
		p := l.build(plan.Limits{}, 2000)
		l.settle(p.Decided)
		if len(p.Reads) == 0 {
			break
		}
		require.Less(t, reads, 2)
		l.settle(plan.AccountRead(p.Reads[0], &found, l.facts(plan.Query{Users: p.Reads[0].Linked})))
	}
	require.True(t, l.due[key{plan.KindUser, "new", ""}].failed)
}

func TestBuild_LooksBeforeItRemovesWhatWasMadeJustNow(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.mirrored("u", ada)
	l.editAccount("u", func(a *plan.Account) { a.LookAt = l.now.Add(time.Minute) })
	l.putUser("u", ada.with(func(p *who) { p.inactive = true }))
	p := l.build(plan.Limits{}, 100)
	require.Empty(t, p.Commands)
	require.Len(t, p.Reads, 1)

	// An Adobe ID stands there: it is a person's own.
	twin := plan.AccountRead(p.Reads[0], &umapi.User{Type: umapi.AdobeID, Email: "ada@example.com"}, l.facts(plan.Query{Users: []string{"u"}}))
	require.Empty(t, twin.Verdicts)
	m := newLedger()
	*m = *l
	m.accounts = map[string]plan.Account{"u": twin.Accounts[0]}
	require.Empty(t, m.build(plan.Limits{}, 100).Commands)

	// Nothing shows: a read may be older than a change, so it is removed all the same.
	l.settle(plan.AccountRead(p.Reads[0], nil, plan.Facts{}))
	require.Equal(t, []string{`{"user":"ada@example.com","do":[{"removeFromOrg":{"deleteAccount":false}}]}`}, sent(l.build(plan.Limits{}, 100)))
}
