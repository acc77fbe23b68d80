package umapi_test

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// What holds for memberships.
var membershipStories = []story{
	{"a membership is added and removed, and both are harmless to repeat", func(s *stage) {
		s.ok(makeGroup(s.group("G")))
		s.ok(s.newcomer("ada", s.group("G")))
		s.mayFail(s.on("ada", join(strings.ToUpper(s.group("G")))), "error.user.already_exists")
		s.in("ada", s.group("G"), true)
		s.ok(s.on("ada", leave(s.group("G"))))
		s.in("ada", s.group("G"), false)
		s.mayFail(s.on("ada", leave(s.group("G"))), "error.group.remove_failed")
		s.in("ada", s.group("G"), false)
	}},
	{"a group takes and gives up members as a user does groups", func(s *stage) {
		s.ok(makeGroup(s.group("G")))
		s.ok(s.newcomer("ada"), s.newcomer("bob"))
		both := umapi.Memberships{Users: []string{s.email("ada"), s.email("bob")}}
		s.ok(onGroup(s.group("G"), umapi.Step{Add: &both}))
		s.in("ada", s.group("G"), true)
		s.in("bob", s.group("G"), true)
		s.mayFail(onGroup(s.group("G"), umapi.Step{Add: &both}), "error.usergroup.user_list.invalid", "error.user.already_exists")
		s.ok(onGroup(s.group("G"), umapi.Step{Remove: &both}))
		s.in("ada", s.group("G"), false)
		s.in("bob", s.group("G"), false)
	}},
	{"a user leaves all groups at once and stays", func(s *stage) {
		s.ok(makeGroup(s.group("G")))
		s.ok(s.newcomer("ada", s.group("G")))
		s.in("ada", s.group("G"), true)
		s.ok(s.on("ada", umapi.Step{RemoveAll: true}, join(s.marker)))
		s.in("ada", s.group("G"), false)
		s.in("ada", s.marker, true)
	}},
	{"who and what is not there is told apart", func(s *stage) {
		s.ok(s.newcomer("ada"))
		s.here("ada")
		nothing := s.prefix + "nothing"
		for _, tt := range []struct {
			command umapi.Command
			topic   umapi.Topic
		}{
			{s.on("nobody", join(s.marker)), umapi.TopicUser},
			{s.on("ada", join(nothing)), umapi.TopicListed},
			{onGroup(nothing, umapi.Step{Add: &umapi.Memberships{Users: []string{s.email("ada")}}}), umapi.TopicUserGroup},
			{onGroup(s.marker, umapi.Step{Add: &umapi.Memberships{Users: []string{s.email("nobody")}}}), umapi.TopicUser},
			{onGroup(s.marker, umapi.Step{Add: &umapi.Memberships{ProductConfigurations: []string{nothing}}}), umapi.TopicListed},
		} {
			s.absent(s.fails(tt.command), tt.topic)
		}
	}},
	{"the members of a group are listed by name and by id", func(s *stage) {
		s.ok(s.newcomer("ada"), s.newcomer("bob"))
		s.in("ada", s.marker, true)
		s.in("bob", s.marker, true)
		i := slices.IndexFunc(s.listed, func(g umapi.Group) bool { return g.Name == s.marker })
		require.GreaterOrEqual(s.t, i, 0)
		byID := strconv.FormatInt(s.listed[i].ID, 10)
		want := []string{s.email("ada"), s.email("bob")}
		s.until("both to be listed", func() (bool, any) {
			got := s.members(s.marker)
			return !slices.ContainsFunc(want, func(email string) bool { return !slices.Contains(got, email) }), got
		})
		require.Subset(s.t, s.members(byID), want)
		for u, err := range s.client.Members(s.t.Context(), byID, umapi.ExcludeGroups()) {
			require.NoError(s.t, err)
			require.Empty(s.t, u.Groups)
		}
	}},
}

// What holds for user groups and lists.
var groupStories = []story{
	{"a user group exists once", func(s *stage) {
		s.ok(makeGroup(s.group("G")))
		e := s.fails(makeGroup(s.group("G")))
		require.Equal(s.t, "error.usergroup.already_exists", e.Code)
		require.Equal(s.t, s.group("G"), e.User, "the error names the group where it names a user else")
		for _, option := range []umapi.Option{umapi.OptionIgnoreIfAlreadyExists, umapi.OptionUpdateIfAlreadyExists} {
			s.ok(onGroup(s.group("G"), umapi.Step{CreateUserGroup: &umapi.CreateUserGroup{Description: "d", Option: option}}))
		}
		s.ok(onGroup(s.group("G"), umapi.Step{UpdateUserGroup: &umapi.UpdateUserGroup{Description: "e"}}))
	}},
	{"a renamed group keeps its members, and its old name is free", func(s *stage) {
		s.ok(makeGroup(s.group("G")))
		s.ok(s.newcomer("ada", s.group("G")))
		s.ok(onGroup(s.group("G"), umapi.Step{UpdateUserGroup: &umapi.UpdateUserGroup{Name: s.group("H")}}))
		s.in("ada", s.group("H"), true)
		s.in("ada", s.group("G"), false)
		s.absent(s.fails(onGroup(s.group("G"), umapi.Step{UpdateUserGroup: &umapi.UpdateUserGroup{Description: "d"}})), umapi.TopicUserGroup)
		s.ok(makeGroup(s.group("G")))
	}},
	{"a name that is taken is no name to change to", func(s *stage) {
		s.ok(makeGroup(s.group("G")), makeGroup(s.group("H")))
		s.ok(s.newcomer("ada", s.group("G")))
		s.fails(onGroup(s.group("G"), umapi.Step{UpdateUserGroup: &umapi.UpdateUserGroup{Name: s.group("H")}}))
		s.in("ada", s.group("G"), true)
		s.in("ada", s.group("H"), false)
	}},
	{"a deleted group is gone, and its members stay", func(s *stage) {
		s.ok(makeGroup(s.group("G")))
		s.ok(s.newcomer("ada", s.group("G")))
		s.in("ada", s.group("G"), true)
		s.ok(onGroup(s.group("G"), umapi.Step{DeleteUserGroup: &umapi.DeleteUserGroup{}}))
		s.in("ada", s.group("G"), false)
		s.absent(s.fails(onGroup(s.group("G"), umapi.Step{DeleteUserGroup: &umapi.DeleteUserGroup{}})), umapi.TopicUserGroup)
		s.until("the group to be gone", func() (bool, any) {
			p, err := s.client.MembersPage(s.t.Context(), s.group("G"), 0)
			if err != nil {
				require.ErrorIs(s.t, err, umapi.ErrNotFound)
			}
			return err != nil, p
		})
	}},
	{"the list of groups says what each is", func(s *stage) {
		i := slices.IndexFunc(s.listed, func(g umapi.Group) bool { return g.Name == s.marker })
		require.GreaterOrEqual(s.t, i, 0)
		g := s.listed[i]
		require.Contains(s.t, []umapi.GroupType{umapi.UserGroup, ""}, g.Type)
		require.Positive(s.t, g.ID)
		require.GreaterOrEqual(s.t, g.MemberCount, 0)
		for _, g := range s.listed {
			require.NotEmpty(s.t, g.Name)
		}
	}},
	{"a page after the last is none", func(s *stage) {
		const beyond = 5000
		_, err := s.client.GroupsPage(s.t.Context(), beyond)
		require.ErrorIs(s.t, err, umapi.ErrIncomplete)
		_, err = s.client.UsersPage(s.t.Context(), beyond)
		require.ErrorIs(s.t, err, umapi.ErrIncomplete)
		_, err = s.client.MembersPage(s.t.Context(), s.marker, beyond)
		require.ErrorIs(s.t, err, umapi.ErrIncomplete)
	}},
}
