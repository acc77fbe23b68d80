package storetest

import (
	"errors"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
)

var nestedPromises = []promise{
	{"Nested/AddedGroupMakesItsUsersDueUpwards", nestGroup},
	{"Nested/RemovedGroupMakesItsUsersDueUpwards", unnestGroup},
	{"Nested/UserIsDueInAllGroupsAbove", nestUser},
	{"Nested/DeletedUserIsDueInAllGroupsAbove", nestDeletedUser},
	{"Nested/DeletedGroupMakesItsUsersDueUpwards", nestDeletedGroup},
	{"Nested/MembershipsAreFlattened", nestFlatten},
	{"Nested/CircleIsAcceptedAndEnds", nestCircle},
	{"Nested/RefusesGroupInItself", nestSelf},
	{"Nested/RefusesGroupsWhereAsked", nestRefused},
}

// nest makes company > eng > core, with ada in core and bob in eng.
func nest(f *fixture) {
	f.user("ada", "bob", "eve")
	f.group("core", "ada")
	f.group("eng", "bob", "core")
	f.group("company", "eng")
	f.quiet()
}

func nestGroup(f *fixture) {
	nest(f)
	f.group("guests", "eve")
	f.quiet()
	f.change(1, "eng", adding("guests"))
	require.ElementsMatch(f, []string{"eng eve", "company eve"}, f.order())
}

func unnestGroup(f *fixture) {
	nest(f)
	f.change(1, "company", removing("eng"))
	require.ElementsMatch(f, []string{"company ada", "company bob"}, f.order())
}

func nestUser(f *fixture) {
	nest(f)
	f.change(1, "core", adding("eve"))
	require.ElementsMatch(f, []string{"core eve", "eng eve", "company eve"}, f.order())
	f.quiet()
	f.change(2, "core", removing("eve"))
	require.ElementsMatch(f, []string{"core eve", "eng eve", "company eve"}, f.order())
}

func nestDeletedUser(f *fixture) {
	nest(f)
	require.NoError(f, f.DeleteUser(f.ctx(), acme, "ada", 0, origin(1)))
	require.ElementsMatch(f, []string{"user ada", "core ada", "eng ada", "company ada"}, f.order())
	for id, version := range map[string]int64{"core": 2, "eng": 1, "company": 1} {
		g, err := f.Group(f.ctx(), acme, id)
		require.NoError(f, err)
		require.Equal(f, version, g.Version, "only the group whose members changed moves: "+id)
	}
}

func nestDeletedGroup(f *fixture) {
	nest(f)
	require.NoError(f, f.DeleteGroup(f.ctx(), acme, "eng", 0, origin(1)))
	require.ElementsMatch(f,
		[]string{"group eng", "eng ada", "eng bob", "company ada", "company bob"}, f.order())
	require.Empty(f, f.members("company"))
	g, err := f.Group(f.ctx(), acme, "company")
	require.NoError(f, err)
	require.Equal(f, int64(2), g.Version)
}

func nestFlatten(f *fixture) {
	nest(f)
	facts, err := f.Facts(f.ctx(), acme, plan.Query{Users: []string{"ada", "bob", "eve"}})
	require.NoError(f, err)
	require.Equal(f, map[string][]string{"ada": {"company", "core", "eng"}, "bob": {"company", "eng"}}, facts.Memberships)
	require.Len(f, facts.Groups, 3)
	groups, err := f.GroupsOf(f.ctx(), acme, []string{"ada"})
	require.NoError(f, err)
	require.Len(f, groups["ada"], 1, "shown are direct ones only")
}

func nestCircle(f *fixture) {
	nest(f)
	f.change(1, "core", adding("company"))
	require.ElementsMatch(f, []string{
		"core ada", "core bob", "eng ada", "eng bob", "company ada", "company bob",
	}, f.order(), "whoever is below company is in core now, and so above it")
	facts, err := f.Facts(f.ctx(), acme, plan.Query{Users: []string{"ada", "bob"}})
	require.NoError(f, err)
	all := []string{"company", "core", "eng"}
	require.Equal(f, map[string][]string{"ada": all, "bob": all}, facts.Memberships)
	f.quiet()
	f.change(2, "company", adding("eve"))
	require.ElementsMatch(f, []string{"core eve", "eng eve", "company eve"}, f.order())
	require.NoError(f, f.DeleteGroup(f.ctx(), acme, "company", 0, origin(3)))
	require.NoError(f, f.DeleteUser(f.ctx(), acme, "ada", 0, origin(4)))
}

func nestSelf(f *fixture) {
	f.group("eng")
	f.quiet()
	for _, c := range []directory.GroupChange{adding("eng"), replacing("eng")} {
		_, _, err := f.UpdateGroup(f.ctx(), acme, "eng", c, origin(1))
		var refused *directory.NestedGroupError
		require.True(f, errors.As(err, &refused))
		require.Equal(f, []string{"eng"}, refused.IDs)
	}
	require.Empty(f, f.members("eng"))
	require.Empty(f, f.due())
}

func nestRefused(f *fixture) {
	f.user("ada")
	f.group("inner")
	f.group("eng")
	f.quiet()
	c := adding("ada", "inner")
	c.RefuseNested = true
	_, _, err := f.UpdateGroup(f.ctx(), acme, "eng", c, origin(1))
	var refused *directory.NestedGroupError
	require.True(f, errors.As(err, &refused))
	require.Equal(f, []string{"inner"}, refused.IDs)
	require.Empty(f, f.members("eng"))
	_, _, err = f.CreateGroup(f.ctx(), acme, newGroup("ops"), c, origin(1))
	require.True(f, errors.As(err, &refused))
	require.Empty(f, f.due())
}
