package storetest

import (
	"errors"
	"fmt"
	"sync"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
)

var groupPromises = []promise{
	{"CreateGroup/StoresGroupAndMembersAndMakesThemDue", createGroup},
	{"CreateGroup/LeavesOutUnknownMembers", createGroupUnknown},
	{"CreateGroup/RefusesDisplayNameTakenInOtherCase", createGroupConflict},
	{"CreateGroup/KeepsNothingWhenMembersAreRefused", createGroupRefused},
	{"Group/OfOneOrgIsUnknownInAnother", groupOrg},
	{"UpdateGroup/ReplacesDocument", updateGroup},
	{"UpdateGroup/ChangeWithoutEffectMovesNothing", updateGroupNothing},
	{"UpdateGroup/RefusesOtherVersion", updateGroupVersion},
	{"UpdateGroup/RefusesDisplayNameTakenInOtherCase", updateGroupConflict},
	{"UpdateGroup/UnknownIsNotFound", updateGroupNotFound},
	{"UpdateGroup/ConcurrentAddsLoseNothing", updateGroupConcurrently},
	{"DeleteGroup/RemovesMembershipsAndNotMembers", deleteGroup},
	{"DeleteGroup/RefusesOtherVersionAndUnknown", deleteGroupRefused},
}

func createGroup(f *fixture) {
	f.user("ada", "bob")
	f.quiet()
	g := newGroup("eng", "externalId", "g1")
	stored, unknown, err := f.CreateGroup(f.ctx(), acme, g, replacing("ada", "bob", "ada"), origin(2))
	require.NoError(f, err)
	require.Empty(f, unknown)
	read, err := f.Group(f.ctx(), acme, "eng")
	require.NoError(f, err)
	for _, got := range []directory.Group{stored, read} {
		assert.Equal(f, directory.Meta{ID: "eng", Version: 1, Created: at(2), LastModified: at(2)}, got.Meta)
		assert.JSONEq(f, string(g.Document), string(got.Document))
		assert.Equal(f, directory.Sync{State: directory.SyncPending, Pending: 2}, got.Sync)
	}
	require.Equal(f, []string{"ada", "bob"}, f.members("eng"))
	require.Equal(f, []string{"group eng", "eng ada", "eng bob"}, f.order(), "a new group is before memberships")
}

func createGroupUnknown(f *fixture) {
	f.user("ada")
	_, err := f.CreateUser(f.ctx(), globex, newUser("stranger"), origin(0))
	require.NoError(f, err)
	f.quiet()
	_, unknown, err := f.CreateGroup(f.ctx(), acme, newGroup("eng"), adding("nobody", "ada", "stranger", "nobody"), origin(1))
	require.NoError(f, err)
	require.ElementsMatch(f, []string{"nobody", "stranger"}, unknown)
	require.Equal(f, []string{"ada"}, f.members("eng"))
	require.ElementsMatch(f, []string{"group eng", "eng ada"}, f.order())
}

func createGroupConflict(f *fixture) {
	f.group("eng")
	f.quiet()
	_, _, err := f.CreateGroup(f.ctx(), acme, newGroup("2", "displayName", "GROUP ENG"), directory.GroupChange{}, origin(1))
	require.ErrorIs(f, err, directory.ErrConflict)
	var conflict *directory.ConflictError
	require.True(f, errors.As(err, &conflict))
	require.Equal(f, directory.ConflictError{Attribute: "displayName", Value: "GROUP ENG"}, *conflict)
	require.Empty(f, f.due())
}

func createGroupRefused(f *fixture) {
	f.user("ada")
	f.quiet()
	c := adding("ada", "nobody")
	c.RefuseUnknown = true
	_, _, err := f.CreateGroup(f.ctx(), acme, newGroup("eng"), c, origin(1))
	var unknown *directory.UnknownMemberError
	require.True(f, errors.As(err, &unknown))
	require.Equal(f, []string{"nobody"}, unknown.IDs)
	_, err = f.Group(f.ctx(), acme, "eng")
	require.ErrorIs(f, err, directory.ErrNotFound)
	require.Empty(f, f.due())
	groups, err := f.GroupsOf(f.ctx(), acme, []string{"ada"})
	require.NoError(f, err)
	require.Empty(f, groups)
}

func groupOrg(f *fixture) {
	f.user("ada")
	f.group("eng", "ada")
	_, err := f.Group(f.ctx(), globex, "eng")
	require.ErrorIs(f, err, directory.ErrNotFound)
	_, _, err = f.UpdateGroup(f.ctx(), globex, "eng", removing("ada"), origin(1))
	require.ErrorIs(f, err, directory.ErrNotFound)
	require.ErrorIs(f, f.DeleteGroup(f.ctx(), globex, "eng", 0, origin(1)), directory.ErrNotFound)
	members, err := f.Members(f.ctx(), globex, "eng", "", 10)
	require.NoError(f, err)
	require.Empty(f, members)
	n, err := f.CountMembers(f.ctx(), globex, "eng", 10)
	require.NoError(f, err)
	require.Zero(f, n)
	is, err := f.IsMember(f.ctx(), globex, "eng", []string{"ada"})
	require.NoError(f, err)
	require.Equal(f, map[string]bool{"ada": false}, is)
	_, _, err = f.CreateGroup(f.ctx(), globex, newGroup("eng"), directory.GroupChange{}, origin(1))
	require.NoError(f, err, "the same name and id are free in another org")
}

func updateGroup(f *fixture) {
	f.user("ada")
	f.group("eng", "ada")
	f.quiet()
	d := newGroup("eng", "displayName", "Engineering").Document
	got := f.change(4, "eng", directory.GroupChange{IfVersion: 1, Document: d})
	require.Equal(f, directory.Meta{ID: "eng", Version: 2, Created: at(0), LastModified: at(4)}, got.Meta)
	require.JSONEq(f, string(d), string(got.Document))
	require.Equal(f, []string{"group eng"}, f.order(), "the memberships are what they were")
	f.user("bob")
	require.Equal(f, []string{"user bob", "group eng"}, f.order(), "a change of name is after a joiner")
}

func updateGroupNothing(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada")
	f.quiet()
	for name, c := range map[string]directory.GroupChange{
		"nothing":           {},
		"equal document":    {Document: []byte(`{ "displayName":"Group eng" }`)},
		"member is there":   adding("ada"),
		"member is absent":  removing("bob", "nobody"),
		"same members":      replacing("ada", "ada"),
		"unknown member":    adding("nobody"),
		"added and removed": {Members: append(adding("bob").Members, removing("bob").Members...)},
		"removed and added": {Members: append(removing("ada").Members, adding("ada").Members...)},
	} {
		got := f.change(5, "eng", c)
		assert.Equal(f, directory.Meta{ID: "eng", Version: 1, Created: at(0), LastModified: at(0)}, got.Meta, name)
		assert.Equal(f, directory.SyncSynced, got.Sync.State, name)
		assert.Empty(f, f.due(), name)
		assert.Equal(f, []string{"ada"}, f.members("eng"), name)
	}
}

func updateGroupVersion(f *fixture) {
	f.user("ada")
	f.group("eng")
	f.change(1, "eng", adding("ada"))
	f.quiet()
	c := removing("ada")
	c.IfVersion = 1
	_, _, err := f.UpdateGroup(f.ctx(), acme, "eng", c, origin(2))
	require.ErrorIs(f, err, directory.ErrVersion)
	require.Equal(f, []string{"ada"}, f.members("eng"))
	require.Empty(f, f.due())
	c.IfVersion = 2
	require.Equal(f, int64(3), f.change(2, "eng", c).Version)
}

func updateGroupConflict(f *fixture) {
	f.user("ada")
	f.group("eng")
	f.group("ops")
	f.quiet()
	c := adding("ada")
	c.Document = newGroup("ops", "displayName", "group ENG").Document
	_, _, err := f.UpdateGroup(f.ctx(), acme, "ops", c, origin(1))
	require.ErrorIs(f, err, directory.ErrConflict)
	require.Empty(f, f.members("ops"), "applied wholly or not at all")
	require.Empty(f, f.due())
	f.change(2, "ops", directory.GroupChange{Document: newGroup("ops", "displayName", "GROUP OPS").Document})
}

func updateGroupNotFound(f *fixture) {
	_, _, err := f.UpdateGroup(f.ctx(), acme, "none", directory.GroupChange{}, origin(1))
	require.ErrorIs(f, err, directory.ErrNotFound)
}

func updateGroupConcurrently(f *fixture) {
	const workers, each = 16, 5
	f.group("eng")
	for i := range workers * each {
		f.user(fmt.Sprint(i))
	}
	f.quiet()
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := range each {
				_, _, err := f.UpdateGroup(f.ctx(), acme, "eng", adding(fmt.Sprint(w*each+i)), origin(1))
				assert.NoError(f, err)
			}
		})
	}
	all.Wait()
	require.Len(f, f.members("eng"), workers*each)
	require.Len(f, f.due(), workers*each)
	g, err := f.Group(f.ctx(), acme, "eng")
	require.NoError(f, err)
	require.Equal(f, int64(1+workers*each), g.Version)
	require.Equal(f, workers*each, g.Sync.Pending)
}

func deleteGroup(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada", "bob")
	f.quiet()
	require.NoError(f, f.DeleteGroup(f.ctx(), acme, "eng", 1, origin(3)))
	_, err := f.Group(f.ctx(), acme, "eng")
	require.ErrorIs(f, err, directory.ErrNotFound)
	require.Empty(f, f.members("eng"))
	_, err = f.User(f.ctx(), acme, "ada")
	require.NoError(f, err)
	groups, err := f.GroupsOf(f.ctx(), acme, []string{"ada", "bob"})
	require.NoError(f, err)
	require.Empty(f, groups)
	require.Equal(f, []string{"group eng", "eng ada", "eng bob"}, f.order())
	require.Equal(f, plan.KindGroup, f.due()[0].Kind)
	f.group("eng") // its name and id are free
}

func deleteGroupRefused(f *fixture) {
	f.group("eng")
	f.quiet()
	require.ErrorIs(f, f.DeleteGroup(f.ctx(), acme, "eng", 2, origin(1)), directory.ErrVersion)
	require.ErrorIs(f, f.DeleteGroup(f.ctx(), acme, "none", 0, origin(1)), directory.ErrNotFound)
	require.Empty(f, f.due())
}
