package umapi_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// stage is a sandbox while one story uses it.
type stage struct {
	*sandbox
	t      *testing.T
	number int
}

func (b *sandbox) stage(t *testing.T) *stage {
	b.acts++
	return &stage{b, t, b.acts}
}

// email is the address of somebody of this story, who will be cleared away.
func (s *stage) email(name string) string {
	s.t.Helper()
	email := fmt.Sprintf("%s%d-%s@%s", s.prefix, s.number, name, s.domain)
	require.LessOrEqual(s.t, len(email), umapi.MaxEmailLength, "the domain is too long for these tests")
	if !slices.Contains(s.users, email) {
		s.users = append(s.users, email)
	}
	return email
}

// group is the name of a user group of this story, which will be cleared away.
func (s *stage) group(name string) string {
	name = fmt.Sprintf("%s%d %s", s.prefix, s.number, name)
	if !slices.Contains(s.groups, name) {
		s.groups = append(s.groups, name)
	}
	return name
}

// create is the step that creates somebody.
func (s *stage) create(name string, option umapi.Option) umapi.Step {
	return umapi.CreateStep(s.identityType, umapi.Create{
		Email: s.email(name), FirstName: "Ada", LastName: "Byron", Country: "GB", Option: option,
	})
}

// newcomer creates somebody as a member of groups.
func (s *stage) newcomer(name string, groups ...string) umapi.Command {
	return s.on(name, s.create(name, umapi.OptionIgnoreIfAlreadyExists), join(append([]string{s.marker}, groups...)...))
}

// on is a command on somebody of this story.
func (s *stage) on(name string, steps ...umapi.Step) umapi.Command {
	return umapi.Command{User: s.email(name), Do: steps}
}

func join(groups ...string) umapi.Step { return umapi.Step{Add: &umapi.Memberships{Groups: groups}} }

func leave(groups ...string) umapi.Step {
	return umapi.Step{Remove: &umapi.Memberships{Groups: groups}}
}

func onGroup(name string, steps ...umapi.Step) umapi.Command {
	return umapi.Command{UserGroup: name, Do: steps}
}

func makeGroup(name string) umapi.Command {
	return onGroup(name, umapi.Step{CreateUserGroup: &umapi.CreateUserGroup{}})
}

// act sends a call, and wants a reply that can be believed.
func (s *stage) act(commands ...umapi.Command) umapi.Reply {
	s.t.Helper()
	reply, err := s.client.Act(s.t.Context(), commands)
	require.NoError(s.t, err)
	require.True(s.t, reply.Consistent(len(commands)), "%+v", reply)
	for _, e := range reply.Errors {
		_, known := umapi.Lookup(e.Code)
		require.True(s.t, known, "the code %s is not in the table: %s", e.Code, e.Message)
	}
	return reply
}

// ok is act, and wants every command done.
func (s *stage) ok(commands ...umapi.Command) {
	s.t.Helper()
	reply := s.act(commands...)
	require.Equal(s.t, umapi.ResultSuccess, reply.Result, "%+v", reply.Errors)
}

// fails sends a command that must fail, and returns its first error.
func (s *stage) fails(command umapi.Command) umapi.CommandError {
	s.t.Helper()
	reply := s.act(command)
	require.Equal(s.t, umapi.ResultError, reply.Result)
	return reply.ErrorsOf(0)[0]
}

// mayFail sends a command that is done, or fails with one of the codes.
func (s *stage) mayFail(command umapi.Command, codes ...string) {
	s.t.Helper()
	for _, e := range s.act(command).Errors {
		require.Contains(s.t, codes, e.Code, e.Message)
	}
}

// absent wants the error to say that something is not there.
func (s *stage) absent(e umapi.CommandError, topic umapi.Topic) {
	s.t.Helper()
	info, _ := umapi.Lookup(e.Code)
	require.Equal(s.t, umapi.EffectAbsent, info.Effect, "%s: %s", e.Code, e.Message)
	require.Equal(s.t, topic, info.Topic, "%s: %s", e.Code, e.Message)
}

// until reads until what it wants holds, and fails if that takes too long.
func (s *stage) until(want string, read func() (holds bool, got any)) {
	s.t.Helper()
	for start := time.Now(); ; time.Sleep(2 * time.Second) {
		holds, got := read()
		if holds {
			return
		}
		require.Less(s.t, time.Since(start), patience, "want %s, got %+v", want, got)
	}
}

// settle waits until what was done shows, for stories about what was not.
func (s *stage) settle() { time.Sleep(s.lag) }

// reads reads somebody until what it wants holds, and returns the last answer.
func (s *stage) reads(name, want string, holds func(umapi.User) bool) umapi.User {
	s.t.Helper()
	var u umapi.User
	s.until(want, func() (bool, any) {
		var err error
		if u, err = s.client.User(s.t.Context(), s.email(name), ""); errors.Is(err, umapi.ErrNotFound) {
			return false, err
		}
		require.NoError(s.t, err)
		return holds(u), u
	})
	return u
}

// here reads somebody until they are there.
func (s *stage) here(name string) umapi.User {
	s.t.Helper()
	return s.reads(name, name+" to be there", func(umapi.User) bool { return true })
}

// gone reads somebody until they are not there.
func (s *stage) gone(name string) {
	s.t.Helper()
	s.until(name+" to be gone", func() (bool, any) {
		u, err := s.client.User(s.t.Context(), s.email(name), "")
		if err != nil {
			require.ErrorIs(s.t, err, umapi.ErrNotFound)
		}
		return err != nil, u
	})
}

// in wants somebody to become a member, or to cease to be one.
func (s *stage) in(name, group string, member bool) {
	s.t.Helper()
	s.reads(name, fmt.Sprintf("membership in %s to be %t", group, member), func(u umapi.User) bool {
		return isMember(u, group) == member
	})
}

func isMember(u umapi.User, group string) bool {
	return slices.ContainsFunc(u.Groups, func(g string) bool { return strings.EqualFold(g, group) })
}

// members lists who is in a group, in small letters and in order.
func (s *stage) members(group string, options ...umapi.ReadOption) []string {
	s.t.Helper()
	var all []string
	for u, err := range s.client.Members(s.t.Context(), group, options...) {
		require.NoError(s.t, err)
		all = append(all, strings.ToLower(u.Email))
	}
	slices.Sort(all)
	return all
}
