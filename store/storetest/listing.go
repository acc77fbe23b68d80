package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

var listingPromises = []promise{
	{"ListGroups/AddsNewNamesAsAdopted", listNew},
	{"ListGroups/KeepsIDOfKnownNamesAndAdoptsThoseThatWereAbsent", listKnown},
	{"ListGroups/MissingGroupIsAbsentAndItsGroupsAreDue", listMissing},
	{"ListGroups/WhatComesBackIsDueForThoseWhomARuleMapsToIt", listBack},
	{"ListGroups/SettlesRenameWithUnknownOutcome", listRenamed},
	{"ListGroups/OfOneNameTheOneThatIsNoUserGroupCounts", listTwice},
	{"ListGroups/NewNameOfKnownIDIsANewGroup", listSameID},
	{"ListGroups/WakesWhatWaitsForOne", listWakes},
	{"GroupsListed/IsWhenTheyWereLastListed", groupsListed},
	{"ListingBegan/IsKept", listingBegan},
}

// mirror reads Adobe groups by name, by id.
func (f *fixture) mirror(names ...string) map[string]plan.AdobeGroup {
	f.Helper()
	return facts(f, plan.Query{Names: names}).AdobeGroups
}

// listed is a user group as a listing has it.
func listed(id, name string) plan.AdobeGroup {
	return plan.AdobeGroup{ID: id, Name: name, Type: umapi.UserGroup}
}

func (f *fixture) list(n int, groups ...plan.AdobeGroup) {
	f.Helper()
	require.NoError(f, f.ListGroups(f.ctx(), f.held(acme), groups, at(n)))
}

func listNew(f *fixture) {
	profile := plan.AdobeGroup{ID: "adobe:2", Name: "Photoshop", Type: umapi.ProductProfile}
	f.list(1, listed("adobe:1", "Engineering"), profile)
	want := listed("adobe:1", "Engineering")
	want.Presence, want.Adopted = plan.Present, true
	profile.Presence, profile.Adopted = plan.Present, true
	require.Equal(f, map[string]plan.AdobeGroup{"adobe:1": want, "adobe:2": profile}, f.mirror("engineering", "photoshop"))
	require.Empty(f, f.due())
}

func listWakes(f *fixture) {
	f.user("ada")
	f.settle(1, plan.Settlement{Verdicts: []plan.Verdict{{
		Due: f.find("user ada"), Outcome: plan.Failed, Problem: plan.Problem{Code: plan.FreedByListing()[0]},
	}}})
	require.Empty(f, f.due())
	f.list(2)
	require.Equal(f, []string{"user ada"}, names(f.due()))
}

func listKnown(f *fixture) {
	f.settle(1, plan.Settlement{AdobeGroups: []plan.AdobeGroup{
		{ID: "eng", Name: "Engineering", Type: umapi.UserGroup, Presence: plan.Absent},
		{ID: "ops", Name: "Ops", Type: umapi.UserGroup, Presence: plan.Present, Adopted: true, Ruled: true},
	}, Memberships: held(plan.Present, plan.Edge{Account: "ada", Group: "ops"}), Accounts: []plan.Account{account("ada")}})
	f.list(2, listed("adobe:1", "ENGINEERING"), plan.AdobeGroup{ID: "adobe:2", Name: "ops", Type: umapi.ProductProfile})
	require.Equal(f, map[string]plan.AdobeGroup{
		"eng": {ID: "eng", Name: "ENGINEERING", Type: umapi.UserGroup, Presence: plan.Present, Adopted: true},
		"ops": {ID: "ops", Name: "ops", Type: umapi.ProductProfile, Presence: plan.Present, Adopted: true, Ruled: true},
	}, f.mirror("engineering", "ops"))
	require.Len(f, facts(f, plan.Query{Emails: []string{"ada@example.com"}}).Edges, 1)
}

func listMissing(f *fixture) {
	f.group("eng")
	f.group("builders")
	f.group("ops")
	f.settle(1, plan.Settlement{
		AdobeGroups: []plan.AdobeGroup{
			{ID: "eng", Name: "Engineering", Presence: plan.Present}, {ID: "ops", Name: "Ops", Presence: plan.Present},
			{ID: "odd", Name: "Odd", Presence: plan.Unknown},
		},
		Accounts:    []plan.Account{account("ada")},
		Memberships: held(plan.Present, plan.Edge{Account: "ada", Group: "eng"}, plan.Edge{Account: "ada", Group: "ops"}),
		Links: []plan.Link{
			link(plan.KindGroup, "eng", "eng"), link(plan.KindGroup, "builders", "eng"), link(plan.KindGroup, "ops", "ops"),
		},
	})
	f.quiet()
	f.list(2, listed("adobe:2", "Ops"))
	got := f.mirror("engineering", "odd")
	require.Equal(f, plan.Unknown, got["eng"].Presence, "a listing may be older than a change")
	require.Equal(f, "Engineering", got["eng"].Name)
	require.Equal(f, plan.Unknown, got["odd"].Presence, "only a present one changes")
	require.Len(f, facts(f, plan.Query{Emails: []string{"ada@example.com"}}).Edges, 2)
	require.ElementsMatch(f, []string{"group eng", "group builders"}, f.order())
	f.quiet()
	f.list(3, listed("adobe:2", "Ops"))
	require.Empty(f, f.due(), "it is so already")
}

func listBack(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada")
	f.group("ops", "ada")
	byRule := plan.Link{Kind: plan.KindGroup, Directory: "eng", Mirror: "p", Rule: true}
	f.settle(1, plan.Settlement{
		AdobeGroups: []plan.AdobeGroup{{ID: "p", Name: "Photoshop", Type: umapi.ProductProfile, Presence: plan.Unknown, Adopted: true}},
		Accounts:    []plan.Account{account("bob")},
		Memberships: held(plan.Present, plan.Edge{Account: "bob", Group: "p"}),
		Links:       []plan.Link{byRule, link(plan.KindGroup, "ops", "p")},
	})
	f.quiet()
	require.Contains(f, facts(f, plan.Query{AdobeGroups: []string{"p"}}).Links, byRule)
	profile := plan.AdobeGroup{ID: "adobe:1", Name: "Photoshop", Type: umapi.ProductProfile}
	f.list(2, profile)
	named := make(map[plan.Kind]string)
	for _, d := range f.due() {
		named[d.Kind] += d.Group + " " + d.User
	}
	require.Equal(f, map[plan.Kind]string{plan.KindGroup: "eng ", plan.KindEdge: "eng ada", plan.KindMirrored: "p bob"}, named)
	f.quiet()
	f.list(3, profile)
	require.Empty(f, f.due(), "it was there")
}

func listRenamed(f *fixture) {
	f.settle(1, plan.Settlement{AdobeGroups: []plan.AdobeGroup{
		{ID: "eng", Name: "Engineering", Type: umapi.UserGroup, Presence: plan.Unknown, Candidate: "Builders"},
		{ID: "ops", Name: "Ops", Type: umapi.UserGroup, Presence: plan.Unknown, Candidate: "Operators"},
	}})
	f.list(2, listed("adobe:1", "Builders"), listed("adobe:2", "Ops"))
	require.Equal(f, map[string]plan.AdobeGroup{
		"eng": {ID: "eng", Name: "Builders", Type: umapi.UserGroup, Presence: plan.Present},
		"ops": {ID: "ops", Name: "Ops", Type: umapi.UserGroup, Presence: plan.Present},
	}, f.mirror("engineering", "builders", "ops", "operators"))
}

func listTwice(f *fixture) {
	profile := plan.AdobeGroup{ID: "adobe:2", Name: "Design", Type: umapi.ProductProfile}
	f.list(1, listed("adobe:1", "Design"), profile, listed("adobe:3", "design"))
	got := f.mirror("design")
	require.Len(f, got, 1)
	require.Equal(f, umapi.ProductProfile, got["adobe:2"].Type)
}

func listSameID(f *fixture) {
	f.list(1, listed("adobe:1", "Engineering"))
	f.list(2, listed("adobe:1", "Builders"))
	got := f.mirror("engineering", "builders")
	require.Len(f, got, 2)
	require.Equal(f, plan.Unknown, got["adobe:1"].Presence)
	delete(got, "adobe:1")
	for id, g := range got {
		require.Equal(f, plan.AdobeGroup{ID: id, Name: "Builders", Type: umapi.UserGroup, Presence: plan.Present, Adopted: true}, g)
	}
}

func groupsListed(f *fixture) {
	when, err := f.GroupsListed(f.ctx(), acme)
	require.NoError(f, err)
	require.Zero(f, when)
	require.NoError(f, f.SetPause(f.ctx(), f.held(acme), at(9)))
	f.list(4)
	when, err = f.GroupsListed(f.ctx(), acme)
	require.NoError(f, err)
	require.Equal(f, at(4), when)
	when, err = f.GroupsListed(f.ctx(), globex)
	require.NoError(f, err)
	require.Zero(f, when)
}

func listingBegan(f *fixture) {
	began, err := f.ListingBegan(f.ctx(), acme)
	require.NoError(f, err)
	require.Zero(f, began)
	require.NoError(f, f.SetListingBegan(f.ctx(), f.held(acme), at(3)))
	f.list(4)
	require.NoError(f, f.SetPause(f.ctx(), f.held(acme), at(9)))
	began, err = f.ListingBegan(f.ctx(), acme)
	require.NoError(f, err)
	require.Equal(f, at(3), began)
	when, err := f.GroupsListed(f.ctx(), acme)
	require.NoError(f, err)
	require.Equal(f, at(4), when, "its end is another date")
	began, err = f.ListingBegan(f.ctx(), globex)
	require.NoError(f, err)
	require.Zero(f, began)
	require.NoError(f, f.SetListingBegan(f.ctx(), f.held(acme), time.Time{}))
	began, err = f.ListingBegan(f.ctx(), acme)
	require.NoError(f, err)
	require.Zero(f, began)
}
