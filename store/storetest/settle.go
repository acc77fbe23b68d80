package storetest

import (
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

var settlePromises = []promise{
	{"Settle/DoneGoesIfGenerationIsUnchanged", settleDone},
	{"Settle/VerdictOnOlderGenerationChangesNothing", settleOlder},
	{"Settle/RetryCountsAttempts", settleRetry},
	{"Settle/FailedWaitsForInput", settleFailed},
	{"Settle/FreedWakesWhatWaitsForIt", settleFreed},
	{"Settle/ParkedWakesWithUserOrGroup", settleParked},
	{"Settle/ParkedWaitsOnlyForWhatIsDue", settleParkedForNothing},
	{"Settle/ParkedWaitsForWhatFailed", settleParkedForFailed},
	{"Settle/ParkedWithWhatItWaitsForWakes", settleParkedTogether},
	{"Settle/DoneNotesTimeOfLinks", settleLinks},
	{"Settle/DoneAndGoneRemovesLinks", settleGone},
	{"Settle/DoneOfOlderGenerationKeepsLinks", settleGoneOlder},
	{"Settle/KeepsMirror", settleMirror},
	{"Settle/AbsentLosesMemberships", settleAbsent},
	{"Settle/DoubtfulAdobeGroupDoubtsItsMemberships", settleDoubtfulGroup},
	{"Settle/LinksReplaceThoseOfSameEnds", settleRelink},
	{"Settle/TouchedAreDueAgain", settleTouched},
	{"Settle/TouchesAfterVerdicts", settleTouchedDone},
	{"Settle/RefusedChangesNothing", settleRefused},
	{"Settle/TwiceIsRefused", settleTwice},
	{"Settle/UnknownCallIsNotFound", settleUnknown},
	{"Settle/NotesGoToJournal", settleNotes},
	{"Settle/OfOneOrgTouchesNoOther", settleOrg},
}

// an account and an Adobe group as the mirror may hold them.
var (
	adaAccount = plan.Account{
		ID: "ada", Presence: plan.Present, Type: umapi.FederatedID, Email: "Ada@example.com", Username: "ada@corp.example.com",
		Domain: "example.com", FirstName: "Ada", LastName: "Lovelace", Country: "GB", Candidate: "lovelace@example.com",
	}
	engAdobe = plan.AdobeGroup{
		ID: "eng", Name: "Engineering", Type: umapi.UserGroup, Presence: plan.Present, Adopted: true, Candidate: "Builders",
		Ruled: true, MissedAt: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC),
	}
	adaLink = plan.Link{Kind: plan.KindUser, Directory: "ada", Mirror: "ada"}
	engLink = plan.Link{Kind: plan.KindGroup, Directory: "eng", Mirror: "eng"}
	adaEdge = plan.Edge{Account: "ada", Group: "eng"}
)

func settleDone(f *fixture) {
	f.user("ada", "bob")
	f.verdict(1, plan.Done, f.find("user ada"))
	require.Equal(f, []string{"user bob"}, f.order())
	u, err := f.User(f.ctx(), acme, "ada")
	require.NoError(f, err)
	require.Equal(f, directory.SyncSynced, u.Sync.State)
}

func settleOlder(f *fixture) {
	for _, o := range []plan.Outcome{plan.Done, plan.Retry, plan.Parked, plan.Failed} {
		id := string(o)
		f.user(id)
		f.group("g-"+id, id)
		for _, name := range []string{"user " + id, "g-" + id + " " + id} {
			old := f.find(name)
			f.settle(1, plan.Settlement{Touched: []plan.Touch{{Kind: old.Kind, User: old.User, Group: old.Group, Class: plan.ClassLeave}}})
			now := f.find(name)
			f.settle(2, plan.Settlement{Verdicts: []plan.Verdict{{
				Due: old, Outcome: o, NotBefore: later.AddDate(1, 0, 0), Attempt: true, Refused: 2, Problem: plan.Problem{Code: "x"},
			}}})
			assert.Equal(f, now, f.find(name), name)
		}
	}
}

func settleRetry(f *fixture) {
	f.user("ada")
	first := f.find("user ada")
	retry := plan.Verdict{Due: first, Outcome: plan.Retry, NotBefore: at(30), Attempt: true, Refused: 2,
		Problem: plan.Problem{Code: "error.x", Message: "busy", Hint: "wait"}}
	f.settle(1, plan.Settlement{Verdicts: []plan.Verdict{retry}})
	want := first
	want.Attempts, want.Refused = 1, 2
	require.Equal(f, want, f.find("user ada"), "the same generation, one attempt more")
	retry.Attempt, retry.Refused = false, 0
	f.settle(2, plan.Settlement{Verdicts: []plan.Verdict{retry}})
	want.Refused = 0
	require.Equal(f, want, f.find("user ada"), "an attempt that does not count")
	u, err := f.User(f.ctx(), acme, "ada")
	require.NoError(f, err)
	require.Equal(f, directory.Sync{State: directory.SyncPending, Detail: "error.x: busy; wait"}, u.Sync)
}

func settleFreed(f *fixture) {
	for _, id := range []string{"waits", "failed", "other", "held"} {
		f.user(id)
	}
	verdict := func(id string, o plan.Outcome, code string) plan.Verdict {
		return plan.Verdict{Due: f.find("user " + id), Outcome: o, NotBefore: later.Add(time.Hour), Problem: plan.Problem{Code: code}}
	}
	f.settle(1, plan.Settlement{Verdicts: []plan.Verdict{
		verdict("waits", plan.Retry, "x"), verdict("failed", plan.Failed, "x"), verdict("other", plan.Failed, "y"), verdict("held", plan.Held, "x"),
	}})
	require.Empty(f, f.due())
	f.settle(2, plan.Settlement{Freed: []string{"x", "z", "x"}})
	require.ElementsMatch(f, []string{"user waits", "user failed"}, names(f.due()))
}

func settleFailed(f *fixture) {
	f.user("ada")
	f.settle(1, plan.Settlement{Verdicts: []plan.Verdict{{Due: f.find("user ada"), Outcome: plan.Failed, Attempt: true,
		Problem: plan.Problem{Code: "error.x", Message: "no", Hint: "ask"}}}})
	require.Empty(f, f.due())
	u, err := f.User(f.ctx(), acme, "ada")
	require.NoError(f, err)
	require.Equal(f, directory.Sync{State: directory.SyncFailed, Detail: "error.x: no; ask"}, u.Sync)
}

func settleParked(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada", "bob")
	f.verdict(1, plan.Parked, f.find("eng ada"), f.find("eng bob"))
	require.ElementsMatch(f, []string{"user ada", "user bob", "group eng"}, f.order())
	f.verdict(2, plan.Done, f.find("user ada"))
	require.ElementsMatch(f, []string{"eng ada", "user bob", "group eng"}, f.order(), "with its user")
	f.verdict(3, plan.Done, f.find("group eng"))
	require.ElementsMatch(f, []string{"eng ada", "eng bob", "user bob"}, f.order(), "with its group")
}

func settleParkedForNothing(f *fixture) {
	f.user("ada")
	f.group("eng", "ada")
	edge := f.find("eng ada")
	f.verdict(1, plan.Done, f.find("user ada"), f.find("group eng"))
	f.verdict(2, plan.Parked, edge)
	require.Equal(f, []string{"eng ada"}, f.order(), "or it would wait for ever")
	next, ok, err := f.NextDue(f.ctx(), acme)
	require.NoError(f, err)
	require.True(f, ok)
	require.Equal(f, at(7), next, "not at once, or it would be looked at in a circle")
	now, err := f.Due(f.ctx(), acme, at(6), 10)
	require.NoError(f, err)
	require.Empty(f, now)
	f.change0("ada", "title", "Dr")
	f.verdict(7, plan.Parked, edge)
	require.Equal(f, []string{"user ada"}, f.order(), "its user is due again")
	f.verdict(8, plan.Done, f.find("user ada"))
	now, err = f.Due(f.ctx(), acme, at(8), 10)
	require.NoError(f, err)
	require.Equal(f, []plan.Due{edge}, now, "what wakes is taken at once")
}

func settleParkedForFailed(f *fixture) {
	f.user("ada")
	f.group("eng", "ada")
	f.verdict(1, plan.Done, f.find("group eng"))
	f.verdict(1, plan.Failed, f.find("user ada"))
	f.verdict(2, plan.Parked, f.find("eng ada"))
	require.Empty(f, f.due())
	_, ok, err := f.NextDue(f.ctx(), acme)
	require.NoError(f, err)
	require.False(f, ok)
	f.change0("ada", "title", "Dr")
	f.verdict(3, plan.Done, f.find("user ada"))
	require.Equal(f, []string{"eng ada"}, f.order())
}

func settleParkedTogether(f *fixture) {
	for _, id := range []string{"before", "after"} {
		f.user(id)
		f.group("g-"+id, id)
		f.verdict(1, plan.Done, f.find("group g-"+id))
		verdicts := []plan.Verdict{
			{Due: f.find("g-" + id + " " + id), Outcome: plan.Parked}, {Due: f.find("user " + id), Outcome: plan.Done},
		}
		if id == "after" {
			slices.Reverse(verdicts)
		}
		f.settle(2, plan.Settlement{Verdicts: verdicts})
	}
	require.ElementsMatch(f, []string{"g-before before", "g-after after"}, f.order())
}

func settleLinks(f *fixture) {
	f.user("ada")
	f.group("eng")
	f.settle(1, plan.Settlement{Links: []plan.Link{adaLink, engLink}})
	u, err := f.User(f.ctx(), acme, "ada")
	require.NoError(f, err)
	require.Zero(f, u.Sync.LastSynced)
	f.verdict(8, plan.Done, f.find("user ada"))
	f.verdict(9, plan.Done, f.find("group eng"))
	u, err = f.User(f.ctx(), acme, "ada")
	require.NoError(f, err)
	require.Equal(f, directory.Sync{State: directory.SyncSynced, LastSynced: at(8)}, u.Sync)
	g, err := f.Group(f.ctx(), acme, "eng")
	require.NoError(f, err)
	require.Equal(f, directory.Sync{State: directory.SyncSynced, LastSynced: at(9)}, g.Sync)
	f.settle(10, plan.Settlement{Links: []plan.Link{adaLink}})
	u, err = f.User(f.ctx(), acme, "ada")
	require.NoError(f, err)
	require.Equal(f, at(8), u.Sync.LastSynced, "keeping a link again does not forget it")
}

// links reads the links of ada and eng.
func (f *fixture) links() []plan.Link {
	f.Helper()
	facts, err := f.Facts(f.ctx(), acme, plan.Query{Users: []string{"ada"}, Groups: []string{"eng"}})
	require.NoError(f, err)
	return facts.Links
}

func settleGone(f *fixture) {
	f.user("ada")
	f.group("eng")
	f.settle(1, plan.Settlement{Links: []plan.Link{adaLink, engLink}})
	f.quiet()
	require.Equal(f, []plan.Link{adaLink, engLink}, f.links())
	require.NoError(f, f.DeleteUser(f.ctx(), acme, "ada", 0, origin(2)))
	require.NoError(f, f.DeleteGroup(f.ctx(), acme, "eng", 0, origin(2)))
	require.Equal(f, []plan.Link{adaLink, engLink}, f.links(), "they outlive the resources")
	f.verdict(3, plan.Done, f.find("user ada"))
	require.Equal(f, []plan.Link{engLink}, f.links())
	f.verdict(3, plan.Done, f.find("group eng"))
	require.Empty(f, f.links())
}

func settleGoneOlder(f *fixture) {
	f.user("ada")
	f.settle(1, plan.Settlement{Links: []plan.Link{adaLink}})
	old := f.find("user ada")
	require.NoError(f, f.DeleteUser(f.ctx(), acme, "ada", 0, origin(2)))
	f.verdict(3, plan.Done, old)
	require.Equal(f, []plan.Link{adaLink}, f.links())
	require.Equal(f, []string{"user ada"}, f.order())
}

// held are memberships of that presence.
func held(p plan.Presence, edges ...plan.Edge) []plan.Membership {
	var out []plan.Membership
	for _, e := range edges {
		out = append(out, plan.Membership{Edge: e, Presence: p})
	}
	return out
}

func settleMirror(f *fixture) {
	f.settle(1, plan.Settlement{
		Accounts: []plan.Account{adaAccount}, AdobeGroups: []plan.AdobeGroup{engAdobe},
		Memberships: held(plan.Present, adaEdge, adaEdge), Links: []plan.Link{adaLink, engLink},
	})
	query := plan.Query{Users: []string{"ada"}, Groups: []string{"eng"}}
	facts, err := f.Facts(f.ctx(), acme, query)
	require.NoError(f, err)
	require.Equal(f, map[string]plan.Account{"ada": adaAccount}, facts.Accounts)
	require.Equal(f, map[string]plan.AdobeGroup{"eng": engAdobe}, facts.AdobeGroups)
	require.Equal(f, map[plan.Edge]plan.Presence{adaEdge: plan.Present}, facts.Edges)

	account, group := adaAccount, engAdobe
	account.Email, account.Candidate, account.Country = "lovelace@example.com", "", "FR"
	group.Name, group.Candidate, group.Adopted = "Builders", "", false
	f.settle(2, plan.Settlement{
		Accounts: []plan.Account{account}, AdobeGroups: []plan.AdobeGroup{group},
		Memberships: held(plan.Absent, adaEdge, plan.Edge{Account: "nobody", Group: "eng"}), Unlinked: []plan.Link{engLink},
	})
	facts, err = f.Facts(f.ctx(), acme, query)
	require.NoError(f, err)
	require.Equal(f, map[string]plan.Account{"ada": account}, facts.Accounts)
	require.Empty(f, facts.AdobeGroups)
	require.Empty(f, facts.Edges)
	require.Equal(f, []plan.Link{adaLink}, facts.Links)
	facts, err = f.Facts(f.ctx(), acme, plan.Query{Names: []string{"builders"}})
	require.NoError(f, err)
	require.Equal(f, map[string]plan.AdobeGroup{"eng": group}, facts.AdobeGroups)
}

func settleAbsent(f *fixture) {
	bob := plan.Account{ID: "bob", Presence: plan.Present, Email: "bob@example.com"}
	ops := plan.AdobeGroup{ID: "ops", Presence: plan.Present, Name: "Ops"}
	edges := []plan.Edge{{Account: "ada", Group: "eng"}, {Account: "ada", Group: "ops"}, {Account: "bob", Group: "eng"}, {Account: "bob", Group: "ops"}}
	f.settle(1, plan.Settlement{Accounts: []plan.Account{adaAccount, bob}, AdobeGroups: []plan.AdobeGroup{engAdobe, ops}, Memberships: held(plan.Present, edges...)})
	gone, lost := adaAccount, engAdobe
	gone.Presence, lost.Presence = plan.Absent, plan.Absent
	f.settle(2, plan.Settlement{Accounts: []plan.Account{gone}, AdobeGroups: []plan.AdobeGroup{lost}})
	facts, err := f.Facts(f.ctx(), acme, plan.Query{Emails: []string{"ada@example.com", "bob@example.com"}})
	require.NoError(f, err)
	require.Len(f, facts.Accounts, 2, "the row stays")
	require.Equal(f, map[plan.Edge]plan.Presence{{Account: "bob", Group: "ops"}: plan.Present}, facts.Edges)
}

func settleDoubtfulGroup(f *fixture) {
	other := plan.Edge{Account: "ada", Group: "ops"}
	f.settle(1, plan.Settlement{
		Accounts: []plan.Account{adaAccount}, AdobeGroups: []plan.AdobeGroup{engAdobe, adobeGroup("ops")},
		Memberships: held(plan.Present, adaEdge, other),
	})
	unseen := engAdobe
	unseen.Presence = plan.Doubtful
	f.settle(2, plan.Settlement{AdobeGroups: []plan.AdobeGroup{unseen}})
	got := facts(f, plan.Query{Emails: []string{"ada@example.com"}})
	require.Equal(f, map[plan.Edge]plan.Presence{adaEdge: plan.Doubtful, other: plan.Present}, got.Edges)
	require.Equal(f, unseen, got.AdobeGroups["eng"])
}

func settleRelink(f *fixture) {
	f.settle(1, plan.Settlement{Links: []plan.Link{adaLink}})
	stale := adaLink
	stale.Stale = true
	second := plan.Link{Kind: plan.KindUser, Directory: "ada", Mirror: "ada-2"}
	f.settle(2, plan.Settlement{Links: []plan.Link{stale, second}})
	require.Equal(f, []plan.Link{stale, second}, f.links())
}

func settleTouched(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada")
	f.verdict(1, plan.Failed, f.find("user bob"))
	before := f.find("user ada")
	f.verdict(1, plan.Done, f.find("eng ada"))
	f.settle(2, plan.Settlement{Touched: []plan.Touch{
		{Kind: plan.KindUser, User: "ada", Class: plan.ClassAttribute},
		{Kind: plan.KindUser, User: "bob", Class: plan.ClassLeave},
		{Kind: plan.KindGroup, Group: "gone", Class: plan.ClassJoin},
		{Kind: plan.KindEdge, Group: "eng", User: "ada", Class: plan.ClassMembership},
	}})
	require.Equal(f, []string{"user bob", "user ada", "group eng", "group gone", "eng ada"}, sortedAfter(f.order()))
	require.Greater(f, f.find("user ada").Generation, before.Generation)
	require.Equal(f, before.Since, f.find("user ada").Since)
	require.Equal(f, at(2), f.find("user bob").Since)
}

// sortedAfter puts those of one rank in an order of their own: databases may
// differ in it.
func sortedAfter(order []string) []string {
	for i := 1; i+1 < len(order); i++ {
		if order[i] == "group eng" && order[i+1] == "user ada" {
			order[i], order[i+1] = order[i+1], order[i]
		}
	}
	return order
}

func settleTouchedDone(f *fixture) {
	f.user("ada")
	f.settle(1, plan.Settlement{
		Verdicts: []plan.Verdict{{Due: f.find("user ada"), Outcome: plan.Done}},
		Touched:  []plan.Touch{{Kind: plan.KindUser, User: "ada", Class: plan.ClassAttribute}},
	})
	require.Equal(f, []string{"user ada"}, f.order())
}

func settleRefused(f *fixture) {
	f.user("ada")
	for name, s := range map[string]plan.Settlement{
		"unknown outcome": {Verdicts: []plan.Verdict{{Due: f.find("user ada"), Outcome: "maybe"}}},
		"touch of a user without its id": {Touched: []plan.Touch{
			{Kind: plan.KindUser, User: "bob", Class: plan.ClassJoin}, {Kind: plan.KindUser, Class: plan.ClassJoin}}},
	} {
		s.Accounts = []plan.Account{adaAccount}
		s.Links = []plan.Link{adaLink}
		require.Error(f, f.Settle(f.ctx(), f.held(acme), s, at(1)), name)
	}
	facts, err := f.Facts(f.ctx(), acme, plan.Query{Users: []string{"ada"}})
	require.NoError(f, err)
	require.Empty(f, facts.Accounts)
	require.Empty(f, facts.Links)
	require.Equal(f, []string{"user ada"}, f.order())
}

func settleTwice(f *fixture) {
	f.user("ada")
	require.NoError(f, f.RecordCall(f.ctx(), f.held(acme), plan.Call{ID: "c1"}, nil, at(1)))
	f.settle(2, plan.Settlement{Call: "c1", Outcome: "success"})
	err := f.Settle(f.ctx(), f.held(acme), plan.Settlement{
		Call: "c1", Accounts: []plan.Account{adaAccount}, Verdicts: []plan.Verdict{{Due: f.find("user ada"), Outcome: plan.Done}},
	}, at(3))
	require.ErrorIs(f, err, directory.ErrVersion)
	require.Equal(f, []string{"user ada"}, f.order())
	facts, err := f.Facts(f.ctx(), acme, plan.Query{Emails: []string{"ada@example.com"}})
	require.NoError(f, err)
	require.Empty(f, facts.Accounts)
}

func settleUnknown(f *fixture) {
	require.NoError(f, f.RecordCall(f.ctx(), f.held(globex), plan.Call{ID: "c1"}, nil, at(1)))
	err := f.Settle(f.ctx(), f.held(acme), plan.Settlement{Call: "c1", Outcome: "success"}, at(2))
	require.ErrorIs(f, err, directory.ErrNotFound)
}

func settleNotes(f *fixture) {
	f.settle(5, plan.Settlement{RequestID: "r-1", Notes: []plan.Note{
		{User: "ada", Group: "eng", Event: "done", Text: "is in Engineering"}, {User: "bob", Event: "failed", Text: "no"},
	}})
	entries, err := f.Journal(f.ctx(), acme, "eng", 10)
	require.NoError(f, err)
	require.Len(f, entries, 1)
	e := entries[0]
	require.NotEmpty(f, e.Actor)
	e.Actor = ""
	require.Equal(f, at(5), e.At)
	require.Equal(f, []string{"r-1", "ada", "eng", "done", "is in Engineering"}, []string{e.RequestID, e.User, e.Group, e.Event, e.Text})
}

func settleOrg(f *fixture) {
	f.user("ada")
	_, err := f.CreateUser(f.ctx(), globex, newUser("ada"), origin(0))
	require.NoError(f, err)
	d := f.find("user ada")
	require.NoError(f, f.Settle(f.ctx(), f.held(globex), plan.Settlement{
		Verdicts: []plan.Verdict{{Due: d, Outcome: plan.Failed}}, Accounts: []plan.Account{adaAccount}, Links: []plan.Link{adaLink},
	}, at(1)))
	require.Equal(f, []string{"user ada"}, f.order())
	facts, err := f.Facts(f.ctx(), acme, plan.Query{Users: []string{"ada"}, Emails: []string{"ada@example.com"}})
	require.NoError(f, err)
	require.Empty(f, facts.Accounts)
	require.Empty(f, facts.Links)
}
