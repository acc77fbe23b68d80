package storetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
)

var memberPromises = []promise{
	{"UpdateGroup/AddsMembersAndMakesOnlyThemDue", addMembers},
	{"UpdateGroup/RemovesMembersAndMakesOnlyThemDue", removeMembers},
	{"UpdateGroup/ReplacesMembersAndMakesOnlyTheDifferenceDue", replaceMembers},
	{"UpdateGroup/AppliesStepsInOrder", memberSteps},
	{"UpdateGroup/LeavesOutUnknownMembersOrRefusesThem", unknownMembers},
	{"UpdateGroup/RefusesUnknownOp", unknownOp},
	{"UpdateGroup/ReplacesManyMembers", replaceMany},
	{"Members/PagesInOrderOfID", pageMembers},
	{"Members/ShowDisplayNameElseUserName", displayMembers},
	{"CountMembers/StopsAtLimit", countMembers},
	{"IsMember/AnswersForEachID", isMember},
}

func addMembers(f *fixture) {
	f.user("ada", "bob", "eve")
	f.group("eng", "ada")
	f.quiet()
	got := f.change(3, "eng", adding("eve", "ada", "bob", "bob"))
	require.Equal(f, directory.Meta{ID: "eng", Version: 2, Created: at(0), LastModified: at(3)}, got.Meta)
	require.Equal(f, directory.Sync{State: directory.SyncPending, LastSynced: got.Sync.LastSynced, Pending: 2}, got.Sync)
	require.Equal(f, []string{"ada", "bob", "eve"}, f.members("eng"))
	require.ElementsMatch(f, []string{"eng bob", "eng eve"}, f.order())
}

func removeMembers(f *fixture) {
	f.user("ada", "bob", "eve")
	f.group("eng", "ada", "bob")
	f.quiet()
	require.Equal(f, int64(2), f.change(3, "eng", removing("bob", "eve", "bob")).Version)
	require.Equal(f, []string{"ada"}, f.members("eng"))
	require.Equal(f, []string{"eng bob"}, f.order())
}

func replaceMembers(f *fixture) {
	f.user("ada", "bob", "eve")
	f.group("eng", "ada", "bob")
	f.quiet()
	require.Equal(f, int64(2), f.change(3, "eng", replacing("eve", "bob")).Version)
	require.Equal(f, []string{"bob", "eve"}, f.members("eng"))
	require.ElementsMatch(f, []string{"eng ada", "eng eve"}, f.order())
	f.quiet()
	f.change(4, "eng", replacing())
	require.Empty(f, f.members("eng"))
	require.ElementsMatch(f, []string{"eng bob", "eng eve"}, f.order())
}

func memberSteps(f *fixture) {
	f.user("ada", "bob", "eve")
	f.group("eng", "ada")
	f.quiet()
	f.change(1, "eng", directory.GroupChange{Members: slices.Concat(
		adding("bob", "eve").Members, removing("ada", "bob").Members, adding("ada").Members,
	)})
	require.Equal(f, []string{"ada", "eve"}, f.members("eng"))
	require.Equal(f, []string{"eng eve"}, f.order(), "who is where it was is not due")
}

func unknownMembers(f *fixture) {
	f.user("ada")
	f.group("eng")
	f.quiet()
	_, unknown, err := f.UpdateGroup(f.ctx(), acme, "eng", adding("nobody", "ada", "nobody"), origin(1))
	require.NoError(f, err)
	require.Equal(f, []string{"nobody"}, unknown)
	require.Equal(f, []string{"ada"}, f.members("eng"))
	f.change(1, "eng", adding("stranger"))
	entries, err := f.Journal(f.ctx(), acme, "eng", 1)
	require.NoError(f, err)
	require.Contains(f, entries[0].Text, "stranger", "who is left out is journalled")

	_, unknown, err = f.UpdateGroup(f.ctx(), acme, "eng", removing("nobody"), origin(1))
	require.NoError(f, err)
	require.Empty(f, unknown, "who is removed need not be known")

	f.quiet()
	c := replacing("nobody")
	c.RefuseUnknown = true
	_, _, err = f.UpdateGroup(f.ctx(), acme, "eng", c, origin(2))
	var refused *directory.UnknownMemberError
	require.True(f, errors.As(err, &refused))
	require.Equal(f, []string{"nobody"}, refused.IDs)
	require.Equal(f, []string{"ada"}, f.members("eng"))
	require.Empty(f, f.due())
}

func unknownOp(f *fixture) {
	f.group("eng")
	_, _, err := f.UpdateGroup(f.ctx(), acme, "eng", changing("move"), origin(1))
	require.Error(f, err)
}

func replaceMany(f *fixture) {
	const n = 600
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("%05d", i))
	}
	done := make(chan error, 1)
	next := make(chan string)
	for range 16 {
		go func() {
			var err error
			for id := range next {
				_, e := f.CreateUser(f.ctx(), acme, newUser(id), origin(0))
				err = errors.Join(err, e)
			}
			done <- err
		}()
	}
	for _, id := range ids {
		next <- id
	}
	close(next)
	for range 16 {
		require.NoError(f, <-done)
	}
	f.group("all")
	f.change(1, "all", replacing(ids[:400]...))
	f.quiet()
	f.change(2, "all", replacing(ids[200:]...))
	require.Equal(f, ids[200:], f.members("all"))
	due := f.due()
	require.Len(f, due, 400)
	g, err := f.Group(f.ctx(), acme, "all")
	require.NoError(f, err)
	require.Equal(f, 400, g.Sync.Pending)
	require.Equal(f, int64(3), g.Version)
}

func pageMembers(f *fixture) {
	f.user("d", "a", "c", "b", "e")
	f.group("eng", "e", "d", "b", "c", "a")
	var got []string
	after := ""
	for range 3 {
		page, err := f.Members(f.ctx(), acme, "eng", after, 2)
		require.NoError(f, err)
		for _, m := range page {
			got = append(got, m.ID)
			assert.Equal(f, directory.MemberUser, m.Type)
		}
		after = got[len(got)-1]
	}
	require.Equal(f, []string{"a", "b", "c", "d", "e"}, got)
	page, err := f.Members(f.ctx(), acme, "eng", after, 2)
	require.NoError(f, err)
	require.Empty(f, page)
}

func displayMembers(f *fixture) {
	f.user("ada")
	_, err := f.CreateUser(f.ctx(), acme, newUser("bob", "displayName", "Bob B."), origin(0))
	require.NoError(f, err)
	f.group("inner")
	f.group("outer", "ada", "bob", "inner")
	got, err := f.Members(f.ctx(), acme, "outer", "", 10)
	require.NoError(f, err)
	require.Equal(f, []directory.Member{
		{ID: "ada", Type: directory.MemberUser, Display: "ada@example.com"},
		{ID: "bob", Type: directory.MemberUser, Display: "Bob B."},
		{ID: "inner", Type: directory.MemberGroup, Display: "Group inner"},
	}, got)
}

func countMembers(f *fixture) {
	f.user("ada", "bob", "eve")
	f.group("eng", "ada", "bob", "eve")
	for limit, want := range map[int]int{10: 3, 3: 3, 2: 2, 0: 0} {
		n, err := f.CountMembers(f.ctx(), acme, "eng", limit)
		require.NoError(f, err)
		require.Equal(f, want, n)
	}
	n, err := f.CountMembers(f.ctx(), acme, "none", 10)
	require.NoError(f, err)
	require.Zero(f, n)
}

func isMember(f *fixture) {
	f.user("ada", "bob")
	f.group("inner", "bob")
	f.group("eng", "ada", "inner")
	is, err := f.IsMember(f.ctx(), acme, "eng", []string{"ada", "bob", "nobody", "inner"})
	require.NoError(f, err)
	require.Equal(f, map[string]bool{"ada": true, "bob": false, "nobody": false, "inner": true}, is)
}
