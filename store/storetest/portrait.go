package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// Later is after everything that Populate does.
var Later = later

// Populate gives an org of a store something of everything: the same for the same
// seed, where the org is new.
func Populate(t testing.TB, s store.Store, org string, seed int) {
	t.Helper()
	ctx := t.Context()
	rapid.Custom(func(r *rapid.T) *world { return newWorld(ctx, r, s, org) }).Example(seed)
	l := leaseOf(t, s, org)
	id := func(name string) string { return fmt.Sprint(name, seed) }
	for n, name := range []string{"ada", "bob", "eve"} {
		_, err := s.CreateUser(ctx, org, newUser(id(name)), origin(n))
		require.NoError(t, err)
	}
	require.NoError(t, s.DeleteUser(ctx, org, id("eve"), 0, origin(3)))
	_, _, err := s.CreateGroup(ctx, org, newGroup(id("eng")), adding(id("ada"), id("bob")), origin(4))
	require.NoError(t, err)
	_, _, err = s.CreateGroup(ctx, org, newGroup(id("all")), adding(id("eng")), origin(5))
	require.NoError(t, err)

	account := adaAccount
	account.ID, account.LookAt, account.Looks = id("ada"), at(60), 2
	group := engAdobe
	group.ID = id("eng")
	links := []plan.Link{
		{Kind: plan.KindUser, Directory: id("ada"), Mirror: id("ada")},
		{Kind: plan.KindGroup, Directory: id("eng"), Mirror: id("eng"), Rule: true},
		{Kind: plan.KindUser, Directory: id("bob"), Mirror: id("ada"), Stale: true},
	}
	for n, outcome := range []string{"success", "not sent", "refused", ""} {
		call := plan.Call{ID: fmt.Sprint(id("call"), n), Commands: []plan.Command{{
			UMAPI: umapi.Command{User: id("ada")}, Account: &account,
			Steps: []plan.Step{{Removes: plan.Removals{Departures: 1, Entitlements: n}}},
		}}}
		require.NoError(t, s.RecordCall(ctx, l, call, links, at(6+n)))
		if outcome == "" {
			continue // nobody saw the answer
		}
		require.NoError(t, s.Settle(ctx, l, plan.Settlement{Call: call.ID, Outcome: outcome, RequestID: id("x")}, at(7+n)))
	}
	edge := plan.Edge{Account: id("ada"), Group: id("eng")}
	require.NoError(t, s.Settle(ctx, l, plan.Settlement{
		Accounts: []plan.Account{account}, AdobeGroups: []plan.AdobeGroup{group},
		Memberships: []plan.Membership{{Edge: edge, Presence: plan.Doubtful}},
		Touched:     []plan.Touch{{Kind: plan.KindMirrored, User: edge.Account, Group: edge.Group, Class: plan.ClassMembership}},
		Notes:       []plan.Note{{User: id("ada"), Group: id("eng"), Event: "failed", Text: "Adobe said \U0001F600 'no'"}},
	}, at(20)))
	require.NoError(t, s.SetPause(ctx, l, at(30+seed)))
	require.NoError(t, s.SetListingBegan(ctx, l, at(31)))
	_, err = s.Configure(ctx, l, id("fingerprint"), id("rules"), at(32))
	require.NoError(t, err)
	require.NoError(t, s.Settle(ctx, l, randomOutcomes(t, s, org, seed), at(33)))
}

// randomOutcomes settle some of what is due.
func randomOutcomes(t testing.TB, s store.Store, org string, seed int) plan.Settlement {
	t.Helper()
	due, err := s.Due(t.Context(), org, later, 1000)
	require.NoError(t, err)
	return rapid.Custom(func(r *rapid.T) plan.Settlement { return randomVerdicts(r, due) }).Example(seed)
}

// Same fails the test unless all that can be read of an org is the same in two
// stores, but for the generations of what is due.
func Same(t testing.TB, want, got store.Store, org string) {
	t.Helper()
	w, g := portrait(t, want, org), portrait(t, got, org)
	for name := range w {
		require.Equal(t, w[name], g[name], "%s of %s", name, org)
	}
	require.Len(t, g, len(w))
}

// portrait is all that can be read of an org.
func portrait(t testing.TB, s store.Store, org string) map[string]any {
	t.Helper()
	ctx := t.Context()
	p := map[string]any{}
	put := func(name string, v any, err error) {
		t.Helper()
		require.NoError(t, err, name)
		p[name] = v
	}
	q := plan.Query{Accounts: []string{"adobe:1"}, Emails: []string{directory.Fold(adaAccount.Email)}, Names: []string{directory.Fold(engAdobe.Name)}}
	page := directory.Page{Start: 1, Count: 1000}
	for _, by := range sortable("User") {
		l, err := s.Users(ctx, org, filter.Query{By: by}, page)
		put(fmt.Sprint("users by ", by), l, err)
	}
	users, err := s.Users(ctx, org, filter.Query{Where: filter.Compare{Path: filter.Path{Attr: "emails", Sub: "value"}, Op: filter.Pr}}, page)
	put("users with an address", users, err)
	users = p[fmt.Sprint("users by ", filter.Path{})].(directory.List[directory.User])
	for _, u := range users.Resources {
		q.Users = append(q.Users, u.ID)
	}
	of, err := s.GroupsOf(ctx, org, q.Users)
	put("groups of users", of, err)
	groups, err := s.Groups(ctx, org, filter.Query{}, page)
	put("groups", groups, err)
	for _, g := range groups.Resources {
		q.Groups = append(q.Groups, g.ID)
		members, err := s.Members(ctx, org, g.ID, "", 1000)
		put("members of "+g.ID, members, err)
	}
	facts, err := s.Facts(ctx, org, q)
	for i := range facts.EdgesDue {
		facts.EdgesDue[i].Generation = 0
	}
	put("facts", facts, err)
	for _, id := range append(append(q.Users, q.Groups...), "") {
		lines, err := s.Journal(ctx, org, id, 1000)
		slices.SortStableFunc(lines, func(a, b store.Entry) int { // those of one write have no order
			return cmp.Or(b.At.Compare(a.At), cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
		})
		put("journal of "+id, lines, err)
	}
	portrayWork(t, s, org, put)
	return p
}

func portrayWork(t testing.TB, s store.Store, org string, put func(string, any, error)) {
	t.Helper()
	ctx := t.Context()
	due, err := s.Due(ctx, org, later, 1000)
	for i := range due {
		due[i].Generation = 0
	}
	put("due", due, err)
	next, _, err := s.NextDue(ctx, org)
	put("next due", next, err)
	status, err := s.Status(ctx, org)
	for i := range status.Failures {
		status.Failures[i].Due.Generation = 0
	}
	for i := range status.Holds {
		status.Holds[i].Due.Generation = 0
	}
	put("status", status, err)
	open, err := s.OpenCalls(ctx, org)
	put("open calls", open, err)
	sent, err := s.SentSince(ctx, org, time.Time{})
	put("sent", sent, err)
	removed, err := s.RemovedSince(ctx, org, time.Time{})
	put("removed", removed, err)
	population, err := s.Population(ctx, org)
	put("population", population, err)
	look, err := s.ToLookAt(ctx, org, 1000)
	put("to look at", look, err)
	for name, read := range map[string]func() (time.Time, error){
		"pause":         func() (time.Time, error) { return s.Pause(ctx, org) },
		"listing began": func() (time.Time, error) { return s.ListingBegan(ctx, org) },
		"groups listed": func() (time.Time, error) { return s.GroupsListed(ctx, org) },
	} {
		at, err := read()
		put(name, at, err)
	}
}
