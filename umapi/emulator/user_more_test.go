package emulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// With useAdobeID every step means the Adobe ID, and none the account of the
// organisation that has the same e-mail.
func TestTwins_UseAdobeIDInEveryStep(t *testing.T) {
	t.Parallel()
	asAdobeID := func(steps string) string {
		return `{"user":"ada@example.com","useAdobeID":true,"do":[` + steps + `]}`
	}
	c := start(t, nil)
	c.seed([]emulator.User{ada("Design"), {Email: "Ada@example.com", Type: emulator.TypeAdobeID, Groups: []string{"Design"}}}, "Design")
	own := c.em.State().Users[0]
	require.Equal(t, "error.update.adobeid.no", c.fails(asAdobeID(`{"update":{"lastname":"King"}}`)).ErrorCode)
	c.ok(asAdobeID(list("remove", "group", "Design")))
	require.Equal(t, []string{"ada@example.com"}, c.em.Members("Design"))
	c.ok(asAdobeID(`{"remove":"all"}`))
	c.ok(asAdobeID(hard))
	require.Equal(t, []emulator.User{own}, c.em.Users())
	require.Len(t, c.em.DirectoryOnly(), 1, "an Adobe ID is never deleted")
	require.Equal(t, "error.user.nonexistent", c.fails(asAdobeID(hard)).ErrorCode, "the other account is not taken instead")
	require.Equal(t, []emulator.User{own}, c.em.Users())
}

// A profile that is held through a user group cannot be taken away by itself.
// Success is reported, and reads show it as before.
func TestMembership_RemovingWhatAGroupGrantsChangesNothing(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.RepeatedMembershipFails = fails })
		profile(c, "PS", "", "")
		require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Design", Profiles: []string{"PS"}}))
		c.seed([]emulator.User{ada("Design")})
		remove := on("ada@example.com", list("remove", "group", "PS"))
		if fails {
			require.Equal(t, "error.group.remove_failed", c.fails(remove).ErrorCode)
		} else {
			c.ok(remove)
		}
		l, _ := c.list("/users/" + orgID + "/0?directOnly=false")
		require.Equal(t, []any{"PS", "Design"}, l.Users[0]["groups"])
		c.ok(on("ada@example.com", list("remove", "group", "Design")))
		l, _ = c.list("/users/" + orgID + "/0?directOnly=false")
		require.NotContains(t, l.Users[0], "groups", "it goes with the group")
	}
}

// What is unknown and has no switch of its own is what faults are for. The
// codes are not the service's: nobody has seen its answer.
func TestFault_PlaysReadingsThatNoSwitchHas(t *testing.T) {
	t.Parallel()
	const success = ""
	for _, tt := range []struct {
		name, subject, command string
		byDefault, struck      string // error codes
	}{
		{"a group that is there is created", "Design", onGroup("Design", `{"createUserGroup":{}}`),
			"error.usergroup.already_exists", "error.usergroup.update.failed"},
		{"an unknown profile is added to a group", "Design", onGroup("Design", list("add", "productConfiguration", "Ghosts")),
			"error.plc.not_found", "plc.not_found"},
		{"an organisation has a group too many", "New", onGroup("New", `{"createUserGroup":{}}`),
			success, "error.usergroup.update.failed"},
		{"a user is in a group too many", "ada@example.com", on("ada@example.com", list("add", "group", "Design")),
			success, "error.internal.add"},
		{"a group has too long a name", "Design", onGroup("Design", `{"updateUserGroup":{"name":"Design, with every detail"}}`),
			success, "error.group.invalid_name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, nil)
			c.seed([]emulator.User{ada(), {Email: "zoe@example.com"}}, "Design", "Other")
			before := c.em.State()
			require.NoError(t, c.em.Inject(emulator.Fault{Subject: tt.subject, Code: tt.struck, Message: "no", Times: 1}))
			reply := c.do(on("zoe@example.com", list("add", "group", "Other")), tt.command)
			require.Equal(t, []string{tt.struck}, reply.codes())
			require.Equal(t, 1, reply.Completed, "the other command is done")
			c.ok(on("zoe@example.com", list("remove", "group", "Other")))
			require.Equal(t, before, c.em.State())

			reply = c.do(tt.command)
			if tt.byDefault == success {
				require.Equal(t, "success", reply.Result)
				require.NotEqual(t, before, c.em.State())
				return
			}
			require.Equal(t, []string{tt.byDefault}, reply.codes())
		})
	}
}

// A removal was once seen to be reported as done, again and again, and was not.
func TestFault_SuccessWithoutEffect(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada("Design")}, "Design")
	require.NoError(t, c.em.Inject(emulator.Fault{
		Match: actionMatch, Subject: "ada@example.com", Status: 200, Times: 2,
		Body: `{"completed":1,"notCompleted":0,"completedInTestMode":0,"result":"success"}`,
	}))
	remove := on("ada@example.com", list("remove", "group", "Design"))
	for range 2 {
		c.ok(remove)
		require.Equal(t, []string{"ada@example.com"}, c.em.Members("Design"))
		require.False(t, c.last().Applied)
	}
	c.ok(remove)
	require.Empty(t, c.em.Members("Design"))
}
