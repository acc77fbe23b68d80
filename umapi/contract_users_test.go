package umapi_test

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// What holds for users.
var userStories = []story{
	{"a user is created and reads as it was sent", func(s *stage) {
		s.ok(s.newcomer("ada"))
		u := s.here("ada")
		require.Equal(s.t, s.email("ada"), u.Email)
		require.True(s.t, strings.EqualFold(s.email("ada"), u.Username), u.Username)
		require.Equal(s.t, "Ada", u.FirstName)
		require.Equal(s.t, "Byron", u.LastName)
		require.Equal(s.t, "GB", u.Country)
		require.Equal(s.t, s.identityType, u.Type)
		require.Equal(s.t, "active", u.Status)
		require.NotEmpty(s.t, u.ID)
		s.in("ada", s.marker, true)
	}},
	{"a user is found in any case, and only who is there", func(s *stage) {
		s.ok(s.newcomer("ada"))
		s.here("ada")
		for _, domain := range []string{"", s.domain} {
			u, err := s.client.User(s.t.Context(), strings.ToUpper(s.email("ada")), domain)
			require.NoError(s.t, err)
			require.Equal(s.t, s.email("ada"), u.Email)
		}
		_, err := s.client.User(s.t.Context(), s.email("nobody"), "")
		require.ErrorIs(s.t, err, umapi.ErrNotFound)
		require.Equal(s.t, umapi.ClassReread, umapi.ClassOf(err))
	}},
	{"a second create fails, is ignored, or updates the names alone", func(s *stage) {
		s.ok(makeGroup(s.group("G")))
		s.ok(s.newcomer("ada"))
		again := func(option umapi.Option, steps ...umapi.Step) umapi.Command {
			create := s.create("ada", option)
			c := create.CreatesUser()
			c.FirstName, c.LastName, c.Country = "Adele", "King", "US"
			return s.on("ada", append([]umapi.Step{create}, steps...)...)
		}
		e := s.fails(again(""))
		require.Equal(s.t, "error.user.already_in_org", e.Code)
		require.Equal(s.t, 0, e.Step)

		s.ok(again(umapi.OptionIgnoreIfAlreadyExists, join(s.group("G"))))
		s.in("ada", s.group("G"), true)
		require.Equal(s.t, "Ada", s.here("ada").FirstName)

		s.ok(again(umapi.OptionUpdateIfAlreadyExists, leave(s.group("G"))))
		s.in("ada", s.group("G"), false)
		u := s.reads("ada", "other names", func(u umapi.User) bool { return u.FirstName == "Adele" && u.LastName == "King" })
		require.Equal(s.t, "GB", u.Country, "a country never changes")
	}},
	{"a domain that is not claimed takes nobody", func(s *stage) {
		email := strings.TrimSuffix(s.email("ada"), s.domain) + "unclaimed.invalid"
		create := umapi.CreateStep(s.identityType, umapi.Create{Email: email, FirstName: "Ada", LastName: "Byron", Country: "GB"})
		e := s.fails(umapi.Command{User: email, Do: []umapi.Step{create}})
		info, _ := umapi.Lookup(e.Code)
		require.Equal(s.t, umapi.CodeNeedsPerson, info.Class, e.Code)
		_, err := s.client.User(s.t.Context(), email, "")
		require.ErrorIs(s.t, err, umapi.ErrNotFound)
	}},
	{"names change by themselves", func(s *stage) {
		s.ok(s.newcomer("ada"))
		s.ok(s.on("ada", umapi.Step{Update: &umapi.Update{LastName: "Lovelace 愛"}}))
		u := s.reads("ada", "another last name", func(u umapi.User) bool { return u.LastName == "Lovelace 愛" })
		require.Equal(s.t, "Ada", u.FirstName)
		require.Equal(s.t, s.email("ada"), u.Email)
	}},
	{"an e-mail is the key in any case and keeps its spelling", func(s *stage) {
		s.ok(s.newcomer("ada"))
		loud := strings.ToUpper(s.email("ada"))
		s.ok(umapi.Command{User: loud, Do: []umapi.Step{{Update: &umapi.Update{FirstName: "Adele"}}}})
		s.reads("ada", "another first name", func(u umapi.User) bool { return u.FirstName == "Adele" })
		s.mayFail(s.on("ada", umapi.Step{Update: &umapi.Update{Email: loud}}), "error.update.no")
		s.settle()
		require.Equal(s.t, s.email("ada"), s.here("ada").Email)
	}},
	{"another e-mail is another key", func(s *stage) {
		s.ok(s.newcomer("ada"))
		update := umapi.Update{Email: s.email("adele")}
		if s.identityType == umapi.FederatedID {
			update.Username = update.Email
		}
		s.ok(s.on("ada", umapi.Step{Update: &update}))
		u := s.here("adele")
		require.Equal(s.t, s.email("adele"), u.Email)
		require.True(s.t, strings.EqualFold(u.Email, u.Username), u.Username)
		s.in("adele", s.marker, true)
		s.gone("ada")
		s.absent(s.fails(s.on("ada", join(s.marker))), umapi.TopicUser)
		s.ok(s.on("adele", umapi.Step{Update: &umapi.Update{FirstName: "Adele"}}))
	}},
	{"an e-mail belongs to one user", func(s *stage) {
		s.ok(s.newcomer("ada"), s.newcomer("bob"))
		e := s.fails(s.on("ada", umapi.Step{Update: &umapi.Update{Email: s.email("bob")}}))
		info, _ := umapi.Lookup(e.Code)
		require.Equal(s.t, umapi.EffectNone, info.Effect, e.Code)
		require.NotEqual(s.t, s.here("ada").ID, s.here("bob").ID)
	}},
	{"who left is away with all memberships, and comes back as they were", func(s *stage) {
		s.ok(makeGroup(s.group("G")))
		s.ok(s.newcomer("ada", s.group("G")))
		s.in("ada", s.group("G"), true)
		s.ok(s.on("ada", umapi.Step{RemoveFromOrg: &umapi.RemoveFromOrg{}}))
		s.gone("ada")
		s.absent(s.fails(s.on("ada", join(s.marker))), umapi.TopicUser)

		s.ok(s.newcomer("ada"))
		u := s.here("ada")
		require.Equal(s.t, s.email("ada"), u.Email)
		require.Equal(s.t, "Byron", u.LastName)
		s.in("ada", s.marker, true)
		s.in("ada", s.group("G"), false)
	}},
	{"who was deleted is gone, and can be made anew", func(s *stage) {
		s.ok(s.newcomer("ada"))
		s.here("ada")
		s.ok(s.on("ada", umapi.Step{RemoveFromOrg: &umapi.RemoveFromOrg{DeleteAccount: true}}))
		s.gone("ada")
		s.ok(s.newcomer("ada"))
		s.here("ada")
	}},
	{"removing who is not there is done, or says so", func(s *stage) {
		for _, deleted := range []bool{false, true} {
			reply := s.act(s.on("nobody", umapi.Step{RemoveFromOrg: &umapi.RemoveFromOrg{DeleteAccount: deleted}}))
			for _, e := range reply.Errors {
				s.absent(e, umapi.TopicUser)
			}
		}
	}},
}
