package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// What one command answers by default and with a switch.
func TestSwitch_OfOneCommand(t *testing.T) {
	t.Parallel()
	const success = ""
	tests := []struct {
		name                string
		set                 emulator.Switches
		command             string
		byDefault, switched string // error codes
	}{
		{"UnknownVerbIsIllegalEntry", emulator.Switches{UnknownVerbIsIllegalEntry: true},
			on("ada@example.com", `{"promote":{}}`), "error.command.step.unknown", "error.command.illegal_entry"},
		{"RepeatedMembershipFails on add", emulator.Switches{RepeatedMembershipFails: true},
			on("ada@example.com", list("add", "group", "Other", "design")), success, "error.user.already_exists"},
		{"RepeatedMembershipFails on remove", emulator.Switches{RepeatedMembershipFails: true},
			on("ada@example.com", list("remove", "group", "Other")), success, "error.group.remove_failed"},
		{"RepeatedMembershipFails on remove from an implied group", emulator.Switches{RepeatedMembershipFails: true},
			on("ada@example.com", list("remove", "group", "_admin_Design")), success, "error.group.remove_failed"},
		{"RepeatedMembershipFails leaves true changes alone", emulator.Switches{RepeatedMembershipFails: true},
			on("ada@example.com", list("remove", "group", "Design"), list("add", "group", "Design")), success, success},
		{"RepeatedMembershipFails leaves groups alone", emulator.Switches{RepeatedMembershipFails: true},
			onGroup("Design", list("add", "user", "ada@example.com")), success, success},
		{"UnclaimedBelongsToAnother", emulator.Switches{UnclaimedBelongsToAnother: true},
			federated("new@elsewhere.example", ""), "error.domain.trust.nonexistent", "error.user.belongs_to_another_org"},
		{"CaseChangeRefused", emulator.Switches{CaseChangeRefused: true},
			on("ada@example.com", `{"update":{"email":"ADA@example.com"}}`), success, "error.update.no"},
		{"CaseChangeRefused leaves the same spelling alone", emulator.Switches{CaseChangeRefused: true},
			on("ada@example.com", `{"update":{"email":"ada@example.com"}}`), success, success},
		{"UpdateOptionIgnored", emulator.Switches{UpdateOptionIgnored: true},
			on("ada@example.com", `{"update":{"lastname":"King","option":"updateIfAlreadyExists"}}`), "error.command.update.option.no", success},
		{"RenameCollisionUpdateFailed", emulator.Switches{RenameCollisionUpdateFailed: true},
			onGroup("Design", `{"updateUserGroup":{"name":"OTHER"}}`), "error.usergroup.already_exists", "error.usergroup.update.failed"},
		{"EmptyListRefused", emulator.Switches{EmptyListRefused: true},
			on("ada@example.com", `{"add":{"group":[]}}`), success, "error.group.invalid_list"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for switches, want := range map[emulator.Switches]string{{}: tt.byDefault, tt.set: tt.switched} {
				c := start(t, func(cfg *emulator.Config) { cfg.Switches = switches })
				c.seed([]emulator.User{ada("Design")}, "Design", "Other")
				reply := c.do(tt.command)
				if want == success {
					require.Equal(t, "success", reply.Result, "%+v", reply.Errors)
					continue
				}
				require.Equal(t, []string{want}, reply.codes())
				require.Equal(t, []string{"Design"}, c.user("ada@example.com").Groups, "nothing of a list is done")
			}
		})
	}
}

func TestSwitch_NoDeprecationWarnings(t *testing.T) {
	t.Parallel()
	for _, none := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.NoDeprecationWarnings = none })
		c.seed([]emulator.User{ada()}, "Design")
		reply := c.do(on("ada@example.com", list("add", "product", "Design")))
		require.Equal(t, "success", reply.Result)
		require.Equal(t, none, len(reply.Warnings) == 0)
	}
}

func TestSwitch_SecondDelete(t *testing.T) {
	t.Parallel()
	for mode, want := range map[emulator.SecondDelete]struct {
		codes []string
		left  int
	}{
		emulator.SecondDeleteSilent: {[]string{}, 1},
		emulator.SecondDeleteFails:  {[]string{"error.usergroup.update.failed"}, 1},
		emulator.SecondDeleteWorks:  {[]string{}, 0},
	} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.SecondDelete = mode })
		c.seed(nil, "A", "B")
		reply := c.do(onGroup("A", `{"deleteUserGroup":{}}`), onGroup("B", `{"deleteUserGroup":{}}`))
		require.Equal(t, want.codes, reply.codes(), mode)
		require.Len(t, c.em.Groups(), want.left, mode)
		require.Equal(t, want.left == 1, c.em.Ledger()[0].Unexpected != "", mode)
	}
}

func TestSwitch_RenameChangesID(t *testing.T) {
	t.Parallel()
	for _, changes := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.RenameChangesID = changes })
		c.seed([]emulator.User{ada()})
		id := c.user("ada@example.com").ID
		c.ok(on("ada@example.com", `{"update":{"lastname":"King"}}`))
		require.Equal(t, id, c.user("ada@example.com").ID)
		c.ok(on("ada@example.com", `{"update":{"email":"king@example.com"}}`))
		require.Equal(t, changes, id != c.user("king@example.com").ID)
	}
}

func TestSwitch_RecreationKeepsID(t *testing.T) {
	t.Parallel()
	for _, keeps := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.RecreationKeepsID = keeps })
		c.seed([]emulator.User{ada()})
		id := c.user("ada@example.com").ID
		c.ok(on("ada@example.com", hard))
		c.try(federated("ada@example.com", ""))
		c.ok(federated("Ada@example.com", ""))
		require.Equal(t, keeps, id == c.user("ada@example.com").ID)
		// It is hers from now on, whatever she is called.
		c.ok(on("ada@example.com", `{"update":{"email":"king@example.com"}}`))
		c.ok(federated("ada@example.com", ""), federated("zoe@example.com", ""))
		require.NotEqual(t, c.user("king@example.com").ID, c.user("ada@example.com").ID)
		require.NotEmpty(t, c.user("ada@example.com").ID)
		require.NotEmpty(t, c.user("zoe@example.com").ID)
	}
}

func TestSwitch_RemoveAllSparesNobody(t *testing.T) {
	t.Parallel()
	for spared, want := range map[bool][]string{false: {"_org_admin"}, true: nil} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.RemoveAllSparesNobody = spared })
		c.seed([]emulator.User{ada("Design", "_org_admin")}, "Design")
		c.ok(on("ada@example.com", `{"remove":"all"}`))
		require.Equal(t, want, c.user("ada@example.com").Groups)
	}
}

func TestSwitch_LargeBody413(t *testing.T) {
	t.Parallel()
	for large, status := range map[bool]int{false: http.StatusBadRequest, true: http.StatusRequestEntityTooLarge} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.LargeBody413 = large })
		body := "[" + federated("new@example.com", "") + strings.Repeat(" ", 1<<20) + "]"
		a := c.send(c.request(http.MethodPost, "/action/"+orgID, body))
		require.Equal(t, status, a.status)
		require.Equal(t, large, a.body == "")
		a = c.send(c.request(http.MethodPost, "/action/"+orgID, `{}`))
		require.Equal(t, http.StatusBadRequest, a.status)
		require.Empty(t, c.em.Users())
	}
}

// A body of exactly the limit is taken.
func TestAction_BodyOfTheLimit(t *testing.T) {
	t.Parallel()
	body := "[" + federated("new@example.com", "") + "]"
	for limit, status := range map[int]int{len(body): http.StatusOK, len(body) - 1: http.StatusBadRequest} {
		c := start(t, func(cfg *emulator.Config) { cfg.MaxBody = limit })
		require.Equal(t, status, c.send(c.request(http.MethodPost, "/action/"+orgID, body)).status)
	}
}

// Limits that are switched off do not count.
func TestAction_WithoutLimits(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.MaxCommands, cfg.MaxSteps, cfg.MaxListEntries = -1, -1, -1 })
	var groups, commands []string
	for _, n := range strings.Fields(strings.Repeat("a b c d e f g h i j ", 3)) {
		groups = append(groups, n+strings.Repeat("x", len(groups)))
	}
	c.seed([]emulator.User{ada()}, groups...)
	add := list("add", "group", groups...)
	steps := strings.Split(strings.TrimSuffix(strings.Repeat(add+"|", 11), "|"), "|")
	for range 11 {
		commands = append(commands, on("ada@example.com", steps...))
	}
	c.ok(commands...)
	require.Len(t, c.user("ada@example.com").Groups, 30)
}
