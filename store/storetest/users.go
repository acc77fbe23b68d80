package storetest

import (
	"errors"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

var userPromises = []promise{
	{"CreateUser/StoresUserAndMakesItDue", createUser},
	{"CreateUser/OfOneOrgIsUnknownInAnother", createUserOrg},
	{"CreateUser/RefusesUserNameTakenInOtherCase", createUserConflict},
	{"CreateUser/RefusesUserWithoutID", createUserNoID},
	{"CreateUser/ActiveJoinsAndInactiveLeaves", createUserClass},
	{"CreateUser/TakesUserNameOfDeletedUser", createUserAgain},
	{"User/UnknownIsNotFound", userNotFound},
	{"UpdateUser/ReplacesDocument", updateUser},
	{"UpdateUser/EqualDocumentChangesNothing", updateUserEqual},
	{"UpdateUser/RefusesOtherVersion", updateUserVersion},
	{"UpdateUser/UnknownIsNotFound", updateUserNotFound},
	{"UpdateUser/RefusesUserNameTakenInOtherCase", updateUserConflict},
	{"UpdateUser/ChangesCaseOfItsOwnUserName", updateUserOwnCase},
	{"UpdateUser/DeactivatingLeavesActivatingJoins", updateUserClass},
	{"DeleteUser/RemovesUserAndMemberships", deleteUser},
	{"DeleteUser/RefusesOtherVersion", deleteUserVersion},
	{"DeleteUser/UnknownIsNotFound", deleteUserNotFound},
	{"GroupsOf/NamesDirectGroupsByDisplayName", groupsOf},
}

func createUser(f *fixture) {
	u := newUser("ada", "externalId", "00u1", "name", map[string]any{"givenName": "Ada <&> Zoë"})
	stored, err := f.CreateUser(f.ctx(), acme, u, origin(3))
	require.NoError(f, err)
	read, err := f.User(f.ctx(), acme, "ada")
	require.NoError(f, err)
	for _, got := range []directory.User{stored, read} {
		assert.Equal(f, directory.Meta{ID: "ada", Version: 1, Created: at(3), LastModified: at(3)}, got.Meta)
		assert.JSONEq(f, string(u.Document), string(got.Document))
		assert.Equal(f, directory.Sync{State: directory.SyncPending}, got.Sync)
	}
	due := f.due()
	require.Equal(f, []string{"user ada"}, names(due))
	assert.Equal(f, at(3), due[0].Since)
	assert.Equal(f, time.UTC, due[0].Since.Location())
}

func createUserOrg(f *fixture) {
	f.user("ada")
	_, err := f.User(f.ctx(), globex, "ada")
	require.ErrorIs(f, err, directory.ErrNotFound)
	_, err = f.UpdateUser(f.ctx(), globex, "ada", 0, newUser("bob").Document, origin(1))
	require.ErrorIs(f, err, directory.ErrNotFound)
	require.ErrorIs(f, f.DeleteUser(f.ctx(), globex, "ada", 0, origin(1)), directory.ErrNotFound)
	due, err := f.Due(f.ctx(), globex, later, 10)
	require.NoError(f, err)
	require.Empty(f, due)
	list, err := f.Users(f.ctx(), globex, filter.Query{}, directory.Page{Start: 1, Count: 10})
	require.NoError(f, err)
	require.Zero(f, list.Total)

	_, err = f.CreateUser(f.ctx(), globex, newUser("ada"), origin(1))
	require.NoError(f, err, "the same name and id are free in another org")
}

func createUserConflict(f *fixture) {
	_, err := f.CreateUser(f.ctx(), acme, newUser("1", "userName", "Straße@example.com"), origin(0))
	require.NoError(f, err)
	f.quiet()
	_, err = f.CreateUser(f.ctx(), acme, newUser("2", "userName", "STRASSE@example.com"), origin(1))
	require.ErrorIs(f, err, directory.ErrConflict)
	var conflict *directory.ConflictError
	require.True(f, errors.As(err, &conflict))
	require.Equal(f, directory.ConflictError{Attribute: "userName", Value: "STRASSE@example.com"}, *conflict)
	_, err = f.User(f.ctx(), acme, "2")
	require.ErrorIs(f, err, directory.ErrNotFound)
	require.Empty(f, f.due(), "nothing is due")
}

func createUserNoID(f *fixture) {
	_, err := f.CreateUser(f.ctx(), acme, directory.User{Document: newUser("ada").Document}, origin(0))
	require.Error(f, err)
	require.Empty(f, f.due())
}

func createUserClass(f *fixture) {
	for i, id := range []string{"joiner", "leaver"} {
		_, err := f.CreateUser(f.ctx(), acme, newUser(id, "active", i == 0), origin(i))
		require.NoError(f, err)
	}
	require.Equal(f, []string{"user leaver", "user joiner"}, f.order(), "a leaver is first though it came later")
}

func createUserAgain(f *fixture) {
	f.user("ada")
	require.NoError(f, f.DeleteUser(f.ctx(), acme, "ada", 0, origin(1)))
	_, err := f.CreateUser(f.ctx(), acme, newUser("ada-2", "userName", "ada@example.com"), origin(2))
	require.NoError(f, err)
	require.ElementsMatch(f, []string{"user ada", "user ada-2"}, f.order())
}

func userNotFound(f *fixture) {
	_, err := f.User(f.ctx(), acme, "nobody")
	require.ErrorIs(f, err, directory.ErrNotFound)
}

func updateUser(f *fixture) {
	f.user("ada")
	f.quiet()
	d := doc("userName", "lovelace@example.com", "displayName", "Ada")
	updated, err := f.UpdateUser(f.ctx(), acme, "ada", 1, d, origin(5))
	require.NoError(f, err)
	read, err := f.User(f.ctx(), acme, "ada")
	require.NoError(f, err)
	for _, got := range []directory.User{updated, read} {
		assert.Equal(f, directory.Meta{ID: "ada", Version: 2, Created: at(0), LastModified: at(5)}, got.Meta)
		assert.JSONEq(f, string(d), string(got.Document))
		assert.Equal(f, directory.SyncPending, got.Sync.State)
	}
	require.Equal(f, []string{"user ada"}, f.order())
	_, err = f.CreateUser(f.ctx(), acme, newUser("2", "userName", "ada@example.com"), origin(6))
	require.NoError(f, err, "its former name is free")
}

func updateUserEqual(f *fixture) {
	f.user("ada")
	f.quiet()
	got, err := f.UpdateUser(f.ctx(), acme, "ada", 0,
		[]byte(`{ "userName": "ada@example.com",  "active": true }`), origin(5))
	require.NoError(f, err)
	require.Equal(f, directory.Meta{ID: "ada", Version: 1, Created: at(0), LastModified: at(0)}, got.Meta)
	require.Equal(f, directory.SyncSynced, got.Sync.State)
	require.Empty(f, f.due())
	entries, err := f.Journal(f.ctx(), acme, "ada", 10)
	require.NoError(f, err)
	require.Len(f, entries, 1, "only that it was created")
}

func updateUserVersion(f *fixture) {
	f.user("ada")
	_, err := f.UpdateUser(f.ctx(), acme, "ada", 1, newUser("ada", "title", "a").Document, origin(1))
	require.NoError(f, err)
	f.quiet()
	_, err = f.UpdateUser(f.ctx(), acme, "ada", 1, newUser("ada", "title", "b").Document, origin(2))
	require.ErrorIs(f, err, directory.ErrVersion)
	require.Empty(f, f.due())
	got, err := f.UpdateUser(f.ctx(), acme, "ada", 0, newUser("ada", "title", "b").Document, origin(2))
	require.NoError(f, err)
	require.Equal(f, int64(3), got.Version)
}

func updateUserNotFound(f *fixture) {
	_, err := f.UpdateUser(f.ctx(), acme, "nobody", 0, newUser("ada").Document, origin(1))
	require.ErrorIs(f, err, directory.ErrNotFound)
}

func updateUserConflict(f *fixture) {
	f.user("ada", "bob")
	f.quiet()
	_, err := f.UpdateUser(f.ctx(), acme, "bob", 0, newUser("ADA").Document, origin(1))
	require.ErrorIs(f, err, directory.ErrConflict)
	require.Empty(f, f.due())
	got, err := f.User(f.ctx(), acme, "bob")
	require.NoError(f, err)
	require.Equal(f, int64(1), got.Version)
}

func updateUserOwnCase(f *fixture) {
	f.user("ada")
	_, err := f.UpdateUser(f.ctx(), acme, "ada", 0, doc("userName", "ADA@example.com"), origin(1))
	require.NoError(f, err)
}

func updateUserClass(f *fixture) {
	f.user("leaver", "renamed", "joiner", "early")
	_, err := f.UpdateUser(f.ctx(), acme, "joiner", 0, newUser("joiner", "active", false).Document, origin(0))
	require.NoError(f, err)
	f.quiet()
	for n, step := range []struct {
		id  string
		doc []byte
	}{
		{"renamed", newUser("renamed", "title", "Dr").Document},
		{"joiner", newUser("joiner").Document},
		{"leaver", newUser("leaver", "active", false).Document},
	} {
		_, err := f.UpdateUser(f.ctx(), acme, step.id, 0, step.doc, origin(n+1))
		require.NoError(f, err)
	}
	require.Equal(f, []string{"user leaver", "user joiner", "user renamed"}, f.order())
}

func deleteUser(f *fixture) {
	f.user("ada", "bob")
	f.group("eng", "ada", "bob")
	f.group("ops", "ada")
	f.group("hr", "bob")
	f.quiet()
	require.NoError(f, f.DeleteUser(f.ctx(), acme, "ada", 1, origin(7)))

	_, err := f.User(f.ctx(), acme, "ada")
	require.ErrorIs(f, err, directory.ErrNotFound)
	require.Equal(f, []string{"bob"}, f.members("eng"))
	require.Empty(f, f.members("ops"))
	for id, version := range map[string]int64{"eng": 2, "ops": 2, "hr": 1} {
		g, err := f.Group(f.ctx(), acme, id)
		require.NoError(f, err)
		assert.Equal(f, version, g.Version, id)
		assert.Equal(f, version == 2, g.LastModified.Equal(at(7)), id)
	}
	order := f.order()
	require.Equal(f, "user ada", order[0], "a leaver is first")
	require.ElementsMatch(f, []string{"user ada", "eng ada", "ops ada"}, order)
}

func deleteUserVersion(f *fixture) {
	f.user("ada")
	f.quiet()
	require.ErrorIs(f, f.DeleteUser(f.ctx(), acme, "ada", 7, origin(1)), directory.ErrVersion)
	require.Empty(f, f.due())
	_, err := f.User(f.ctx(), acme, "ada")
	require.NoError(f, err)
}

func deleteUserNotFound(f *fixture) {
	require.ErrorIs(f, f.DeleteUser(f.ctx(), acme, "nobody", 0, origin(1)), directory.ErrNotFound)
}

func groupsOf(f *fixture) {
	f.user("ada", "bob", "eve")
	for id, name := range map[string]string{"1": "Zebra", "2": "alpha", "3": "Beta"} {
		_, _, err := f.CreateGroup(f.ctx(), acme, newGroup(id, "displayName", name), adding("ada"), origin(0))
		require.NoError(f, err)
	}
	f.change(1, "3", adding("bob"))
	f.group("outer", "1")
	got, err := f.GroupsOf(f.ctx(), acme, []string{"ada", "bob", "eve", "nobody", "ada"})
	require.NoError(f, err)
	require.Equal(f, map[string][]directory.GroupRef{
		"ada": {{ID: "2", DisplayName: "alpha"}, {ID: "3", DisplayName: "Beta"}, {ID: "1", DisplayName: "Zebra"}},
		"bob": {{ID: "3", DisplayName: "Beta"}},
	}, got)
	got, err = f.GroupsOf(f.ctx(), globex, []string{"ada"})
	require.NoError(f, err)
	require.Empty(f, got)
}
