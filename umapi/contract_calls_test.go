package umapi_test

import (
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// What holds for tokens and for calls as a whole.
var callStories = []story{
	{"a wrong secret gives no token", func(s *stage) {
		c := s.clientWith(s.t, func(cfg *umapi.Config) {
			cfg.ClientSecret = func() (string, error) { return "p8e-not-the-secret", nil }
		})
		_, err := c.User(s.t.Context(), s.email("nobody"), "")
		require.ErrorIs(s.t, err, umapi.ErrDenied)
		require.Equal(s.t, umapi.OutcomeNotSent, umapi.OutcomeOf(err))
	}},
	{"a token is not replaced by the next one", func(s *stage) {
		other := s.clientWith(s.t, func(*umapi.Config) {})
		for range 2 {
			for _, c := range []*umapi.Client{s.client, other} {
				_, err := c.User(s.t.Context(), s.email("nobody"), "")
				require.ErrorIs(s.t, err, umapi.ErrNotFound)
			}
		}
	}},
	{"a token is good for its organization only", func(s *stage) {
		c := s.clientWith(s.t, func(cfg *umapi.Config) { cfg.OrgID = "0123456789ABCDEF01234567@AdobeOrg" })
		_, err := c.User(s.t.Context(), s.email("nobody"), "")
		require.Equal(s.t, umapi.ClassDenied, umapi.ClassOf(err), "%v", err)
	}},
	{"a call that is no list of commands is refused as a whole", func(s *stage) {
		for _, body := range []string{`{"user":"x"}`, `[]`, `[{"user":"x","do":[`} {
			s.wire.spoil(body)
			_, err := s.client.Act(s.t.Context(), []umapi.Command{s.newcomer("nobody")})
			var e *umapi.Error
			require.ErrorAs(s.t, err, &e, body)
			require.Equal(s.t, 400, e.Status, body)
			require.Equal(s.t, "error.command.malformed", e.Code, body)
			require.Equal(s.t, umapi.ClassRejected, umapi.ClassOf(err), body)
			require.Equal(s.t, umapi.OutcomeRefused, umapi.OutcomeOf(err), body)
		}
	}},
	{"commands fail by themselves and are told by their index", func(s *stage) {
		bad := s.on("nobody", join(s.marker))
		bad.RequestID = "second"
		reply := s.act(s.newcomer("ada"), bad, s.newcomer("bob"))
		require.Equal(s.t, umapi.ResultPartial, reply.Result)
		require.Equal(s.t, 2, reply.Completed)
		require.Empty(s.t, reply.ErrorsOf(0))
		require.Empty(s.t, reply.ErrorsOf(2))
		e := reply.ErrorsOf(1)[0]
		require.Equal(s.t, 0, e.Step)
		require.Equal(s.t, "second", e.RequestID)
		require.Equal(s.t, s.email("nobody"), e.User)
		require.NotEmpty(s.t, e.Message)
		require.Equal(s.t, s.wire.lastRequestID(), reply.RequestID)
		s.here("ada")
		s.here("bob")
	}},
	{"steps before the one that fails stay done", func(s *stage) {
		s.ok(makeGroup(s.group("G")))
		s.ok(s.newcomer("ada"))
		e := s.fails(s.on("ada", join(s.group("G")), join(s.prefix+"nothing")))
		require.Equal(s.t, 1, e.Step)
		s.in("ada", s.group("G"), true)
	}},
	{"a test says what would be done and changes nothing", func(s *stage) {
		s.ok(s.newcomer("ada"))
		s.here("ada")
		commands := []umapi.Command{
			s.newcomer("bob"),
			s.on("ada", umapi.Step{RemoveFromOrg: &umapi.RemoveFromOrg{}}),
			makeGroup(s.group("G")),
			{UserGroup: s.marker, Do: []umapi.Step{{Add: &umapi.Memberships{ProductConfigurations: []string{s.prefix + "no profile"}}}}},
		}
		reply, err := s.client.Try(s.t.Context(), commands)
		require.NoError(s.t, err)
		require.True(s.t, reply.Consistent(len(commands)), "%+v", reply)
		require.Empty(s.t, reply.ErrorsOf(1))
		require.NotEmpty(s.t, reply.ErrorsOf(3))
		s.settle()
		s.gone("bob")
		s.here("ada")
		_, err = s.client.MembersPage(s.t.Context(), s.group("G"), 0)
		require.ErrorIs(s.t, err, umapi.ErrNotFound)
	}},
}
