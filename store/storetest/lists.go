package storetest

import (
	"fmt"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

var listPromises = []promise{
	{"Users/PagesAreStableAndInOrderOfCreation", pageUsers},
	{"Users/CountZeroAsksForTheTotal", pageUsersTotal},
	{"Groups/PagesAreStableAndInOrderOfCreation", pageGroups},
}

func pageUsers(f *fixture) {
	var want []string
	for i := range 7 {
		id := fmt.Sprintf("user-%d", 9-i) // neither ids nor names are in this order
		f.user(id)
		want = append(want, id)
	}
	read := func() (got []string) {
		for start := 1; start <= 7; start += 3 {
			l, err := f.Users(f.ctx(), acme, filter.Query{}, directory.Page{Start: start, Count: 3})
			require.NoError(f, err)
			require.Equal(f, 7, l.Total)
			for _, u := range l.Resources {
				got = append(got, u.ID)
			}
		}
		return got
	}
	require.Equal(f, want, read())
	_, err := f.UpdateUser(f.ctx(), acme, "user-9", 0, newUser("user-9", "title", "Dr").Document, origin(1))
	require.NoError(f, err)
	require.Equal(f, want, read(), "a change moves nothing")
	l, err := f.Users(f.ctx(), acme, filter.Query{}, directory.Page{Start: 8, Count: 3})
	require.NoError(f, err)
	require.Equal(f, 7, l.Total)
	require.Empty(f, l.Resources)
}

func pageUsersTotal(f *fixture) {
	f.user("ada", "bob")
	l, err := f.Users(f.ctx(), acme, filter.Query{}, directory.Page{Start: 1})
	require.NoError(f, err)
	require.Equal(f, directory.List[directory.User]{Total: 2}, l)
	l, err = f.Users(f.ctx(), acme, filter.Query{Where: parse(f, `userName sw "ada"`)}, directory.Page{Start: 1})
	require.NoError(f, err)
	require.Equal(f, directory.List[directory.User]{Total: 1}, l)
}

func pageGroups(f *fixture) {
	want := []string{"c", "a", "b"}
	for _, id := range want {
		f.group(id)
	}
	for start := 1; start <= 3; start++ {
		l, err := f.Groups(f.ctx(), acme, filter.Query{}, directory.Page{Start: start, Count: 1})
		require.NoError(f, err)
		require.Equal(f, 3, l.Total)
		require.Len(f, l.Resources, 1)
		require.Equal(f, want[start-1], l.Resources[0].ID)
		require.Equal(f, directory.SyncPending, l.Resources[0].Sync.State)
	}
}

func parse(f *fixture, text string) filter.Expr {
	f.Helper()
	e, err := filter.Parse(text)
	require.NoError(f, err, text)
	return e
}

var filterPromises = []promise{
	{"Users/MatchAFilter", filterUsers},
	{"Users/FilteredPagesCountAllMatches", filterUsersPage},
	{"Users/FilterSeesOnlyItsOrg", filterUsersOrg},
	{"Groups/MatchAFilter", filterGroups},
}

func filterUsers(f *fixture) {
	for i, u := range []directory.User{
		newUser("ada", "userName", "Ada@Example.com", "externalId", "00uA", "displayName", "Ada Lovelace"),
		newUser("bob", "externalId", "00ua", "displayName", "ada lovelace",
			"emails", []any{map[string]any{"value": "bob@work.example.com", "type": "work"}}),
		newUser("eve", "active", false),
	} {
		_, err := f.CreateUser(f.ctx(), acme, u, origin(i))
		require.NoError(f, err)
	}
	f.group("eng", "eve")
	f.quiet()
	_, err := f.UpdateUser(f.ctx(), acme, "bob", 0, newUser("bob", "displayName", "ada lovelace", "externalId", "00ua",
		"emails", []any{map[string]any{"value": "bob@work.example.com", "type": "work"}}, "title", "Dr").Document, origin(9))
	require.NoError(f, err)
	for text, want := range map[string][]string{
		`userName eq "ADA@example.COM"`:                                            {"ada"},
		`urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada@example.com"`: {"ada"},
		`userName eq "nobody@example.com"`:                                         nil,
		`externalId eq "00ua"`:                                                     {"bob"},
		`externalId eq "00UA"`:                                                     nil,
		`externalId eq ""`:                                                         nil,
		`id eq "ada"`:                                                              {"ada"},
		`id eq "ADA"`:                                                              nil,
		`displayName eq "ADA LOVELACE"`:                                            {"ada", "bob"},
		`displayName eq "ada lovelace" and title pr`:                               {"bob"},
		`title pr and displayName eq "ada lovelace"`:                               {"bob"},
		`userName eq "ada@example.com" or id eq "eve"`:                             {"ada", "eve"},
		`not (userName eq "ada@example.com")`:                                      {"bob", "eve"},
		`active eq true`:                                                           {"ada", "bob"},
		`emails[type eq "work" and value co "WORK"]`:                               {"bob"},
		`emails.value eq "bob@work.example.com"`:                                   {"bob"},
		`meta.lastModified gt "2026-11-21T09:00:05Z"`:                              {"bob"},
		`meta.created lt "2026-11-21T09:00:02Z"`:                                   {"ada", "bob"},
		`urn:ietf:params:scim:schemas:extension:scimbridge:2.0:User:sync.state eq "pending"`: {"bob"},
		`groups.value eq "eng"`: {"eve"},
	} {
		l, err := f.Users(f.ctx(), acme, filter.Query{Where: parse(f, text)}, directory.Page{Start: 1, Count: 10})
		require.NoError(f, err, text)
		var got []string
		for _, u := range l.Resources {
			got = append(got, u.ID)
		}
		assert.Equal(f, want, got, text)
		assert.Equal(f, len(want), l.Total, text)
	}
}

func filterUsersPage(f *fixture) {
	for i := range 9 {
		_, err := f.CreateUser(f.ctx(), acme, newUser(fmt.Sprint(i), "active", i%2 == 0), origin(0))
		require.NoError(f, err)
	}
	l, err := f.Users(f.ctx(), acme, filter.Query{Where: parse(f, `active eq true`)}, directory.Page{Start: 2, Count: 2})
	require.NoError(f, err)
	require.Equal(f, 5, l.Total)
	require.Len(f, l.Resources, 2)
	require.Equal(f, "2", l.Resources[0].ID)
	require.Equal(f, "4", l.Resources[1].ID)
}

func filterUsersOrg(f *fixture) {
	f.user("ada")
	for _, text := range []string{`userName eq "ada@example.com"`, `userName sw "ada"`, `id eq "ada"`} {
		l, err := f.Users(f.ctx(), globex, filter.Query{Where: parse(f, text)}, directory.Page{Start: 1, Count: 10})
		require.NoError(f, err)
		require.Zero(f, l.Total, text)
	}
}

func filterGroups(f *fixture) {
	f.user("ada", "bob")
	_, _, err := f.CreateGroup(f.ctx(), acme, newGroup("eng", "displayName", "Engineering", "externalId", "g1"),
		adding("ada"), origin(0))
	require.NoError(f, err)
	_, _, err = f.CreateGroup(f.ctx(), acme, newGroup("ops"), adding("ada", "bob"), origin(1))
	require.NoError(f, err)
	f.quiet()
	f.change(2, "ops", directory.GroupChange{Document: newGroup("ops", "externalId", "G1").Document})
	for text, want := range map[string][]string{
		`displayName eq "ENGINEERING"`:                           {"eng"},
		`externalId eq "g1"`:                                     {"eng"},
		`displayName eq "engineering" and externalId eq "G1"`:    nil,
		`id eq "ops"`:                                            {"ops"},
		`displayName co "UP O"`:                                  {"ops"},
		`members.value eq "ada"`:                                 {"eng", "ops"},
		`id eq "eng" and members[value eq "bob"]`:                nil,
		`members eq "bob"`:                                       {"ops"},
		directory.BridgeGroupSchema + `:sync.state eq "synced"`:  {"eng"},
		directory.BridgeGroupSchema + `:sync.state eq "pending"`: {"ops"},
	} {
		l, err := f.Groups(f.ctx(), acme, filter.Query{Where: parse(f, text)}, directory.Page{Start: 1, Count: 10})
		require.NoError(f, err, text)
		var got []string
		for _, g := range l.Resources {
			got = append(got, g.ID)
		}
		assert.Equal(f, want, got, text)
		assert.Equal(f, len(want), l.Total, text)
	}
}
