package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestAction_CommandLimitIsConfigured(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 20} {
		c := start(t, func(cfg *emulator.Config) { cfg.MaxCommands = limit })
		var commands []string
		for i := range limit + 1 {
			commands = append(commands, federated(fmt.Sprintf("u%d@example.com", i), ""))
		}
		a := c.send(c.request(http.MethodPost, "/action/"+orgID, "["+strings.Join(commands, ",")+"]"))
		require.Equal(t, http.StatusBadRequest, a.status, limit)
		require.Contains(t, a.body, `"result":"error.command.malformed"`)
		require.Empty(t, c.em.Users())
		require.NotEmpty(t, c.em.Ledger()[0].Unexpected)
		c.ok(commands[:limit]...)
		require.Len(t, c.em.Users(), limit)
	}
}

func TestCommand_StepLimitIsConfigured(t *testing.T) {
	t.Parallel()
	for limit, code := range map[int]string{0: "error.command.add_remove.list_too_long", 11: ""} {
		c := start(t, func(cfg *emulator.Config) { cfg.MaxSteps = limit })
		c.seed([]emulator.User{ada()}, "Design")
		steps := strings.Split(strings.Repeat(list("add", "group", "Design")+"|", 10)+list("add", "group", "Design"), "|")
		reply := c.do(on("ada@example.com", steps...))
		if code == "" {
			require.Equal(t, "success", reply.Result)
			continue
		}
		require.Equal(t, []string{code}, reply.codes())
		require.Empty(t, c.user("ada@example.com").Groups)
	}
}

// The limit counts the entries of a step, whatever lists they are in.
func TestCommand_ListLimitCountsAStep(t *testing.T) {
	t.Parallel()
	for limit, most := range map[int]int{0: 20, 10: 10} {
		c := start(t, func(cfg *emulator.Config) { cfg.MaxListEntries = limit })
		profile(c, "PS", "", "")
		var users []string
		for i := range most {
			users = append(users, fmt.Sprintf("u%d@example.com", i))
			c.seed([]emulator.User{{Email: users[i]}})
		}
		c.seed(nil, "Design")
		full, one := strings.Join(users, `","`), strings.Join(users[:most-1], `","`)
		c.ok(onGroup("Design", `{"remove":{"user":["`+full+`"]}}`, `{"add":{"user":["`+one+`"],"productConfiguration":["PS"]}}`))
		require.Len(t, c.em.Members("Design"), most-1)
		got := c.fails(onGroup("Design", `{"remove":{"user":["`+full+`"],"productConfiguration":["PS"]}}`))
		require.Equal(t, "error.command.add_remove.list_too_long", got.ErrorCode)
		require.Equal(t, fmt.Sprintf("Too many products, users or groups in Add or Remove: max is %d", most), got.Message)
		require.Len(t, c.em.Members("Design"), most-1)
	}
}

// Nothing is ever taken back: what a command did before a step of it failed
// stays done, under every reading.
func TestSteps_BeforeAFailedOneStayDone(t *testing.T) {
	t.Parallel()
	for _, switches := range []emulator.Switches{
		{}, {StopOnFirstError: true}, {ContinueAfterFailedCreate: true}, {SkipBadEntries: true},
	} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches = switches })
		c.seed([]emulator.User{ada()}, "Design", "Team")
		reply := c.do(
			on("ada@example.com", `{"update":{"lastname":"King"}}`, list("add", "group", "Design"), list("add", "group", "Ghosts")),
			federated("new@example.com", "", list("add", "group", "Ghosts")),
			onGroup("Made", `{"createUserGroup":{}}`, list("add", "user", "nobody@example.com")),
			onGroup("Team", `{"updateUserGroup":{"name":"Crew"}}`, list("add", "productConfiguration", "Ghosts")),
		)
		require.Equal(t, 4, reply.NotCompleted)
		require.Equal(t, []string{"error.group.not_found", "error.group.not_found", "error.user.not_found", "error.plc.not_found"}, reply.codes())
		require.Equal(t, "King", c.user("ada@example.com").LastName)
		require.Equal(t, []string{"ada@example.com"}, c.em.Members("Design"))
		require.Len(t, c.em.Users(), 2)
		require.NotNil(t, c.em.Members("Made"))
		require.NotNil(t, c.em.Members("Crew"))
	}
}

func TestSwitch_ShuffleCommandsIsOffByDefault(t *testing.T) {
	t.Parallel()
	for _, shuffles := range []bool{false, true} {
		orders := map[string]bool{}
		for seed := range uint64(10) {
			c := start(t, func(cfg *emulator.Config) {
				cfg.Switches.ShuffleCommands = shuffles
				cfg.Seed = seed + 1
			})
			var commands []string
			for i := range 10 {
				commands = append(commands, federated(fmt.Sprintf("u%d@example.com", i), ""))
			}
			c.ok(commands...)
			l, _ := c.list("/users/" + orgID + "/0") // in order of creation
			orders[fmt.Sprint(l.emails())] = true
		}
		require.Equal(t, shuffles, len(orders) > 1)
		if !shuffles {
			require.Contains(t, orders, "[u0@example.com u1@example.com u2@example.com u3@example.com u4@example.com "+
				"u5@example.com u6@example.com u7@example.com u8@example.com u9@example.com]")
		}
	}
}

// What no read shows is left alone as well: who is only in a directory, the
// profiles that groups grant, and the ids that come next.
func TestTestOnly_LeavesTheWholeStateAlone(t *testing.T) {
	t.Parallel()
	for _, observed := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.TestOnlyObserved = observed })
		require.NoError(t, c.em.Load(readState(t, full)))
		before := c.em.State()
		c.try(
			on("zoe@example.com", soft),
			on("Zoe@example.com", `{"update":{"email":"king@example.com"}}`, `{"remove":"all"}`),
			`{"user":"zoe@example.com","useAdobeID":true,"do":[`+hard+`]}`,
			federated("new@example.com", "", list("add", "group", "Design", "_developer_PS")),
			on("eve@ent.example", hard),
			onGroup("Design", list("remove", "productConfiguration", "PS"), `{"updateUserGroup":{"description":"x"}}`, `{"deleteUserGroup":{}}`),
			onGroup("Made", `{"createUserGroup":{}}`),
		)
		require.Equal(t, before, c.em.State())
		require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Next"}))
		require.Equal(t, int64(100000031), c.group("Next").ID)
	}
}
