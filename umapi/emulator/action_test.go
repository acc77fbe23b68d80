package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestAction_SmallestSuccess(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	a := c.send(c.request(http.MethodPost, "/action/"+orgID, "["+federated("ada@example.com", "")+"]"))
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, `{"completed":1,"notCompleted":0,"completedInTestMode":0,"result":"success"}`, a.body)
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	require.Equal(t, "/v2/usermanagement/action/"+orgID, a.header.Get("Canonical-Resource"))
	require.Equal(t, "Accept-Encoding", a.header.Get("Vary"))
}

func TestAction_ReportsEachCommandByIndexAndStep(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada()}, "Design")
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Shared", ReadOnly: true}))
	a := c.send(c.request(http.MethodPost, "/action/"+orgID, `[
		{"user":"ada@example.com","requestID":"r0","do":[{"add":{"product":["Design"]}}]},
		{"user":"ada@example.com","requestID":"r1","do":[{"add":{"group":["Design"]}},{"add":{"group":["Ghosts"]}}]},
		{"usergroup":"Shared","do":[{"updateUserGroup":{"name":"Mine"}}]}]`))
	require.Equal(t, http.StatusOK, a.status)
	// Byte for byte, in the order of the recorded answers.
	require.Equal(t, `{"completed":1,"notCompleted":2,"completedInTestMode":0,"result":"partial",`+
		`"errors":[`+
		`{"index":1,"step":1,"message":"Group Ghosts was not found","errorCode":"error.group.not_found",`+
		`"requestID":"r1","user":"ada@example.com"},`+
		`{"index":2,"step":0,"message":"Usergroup is owned by another org and readonly: Shared",`+
		`"errorCode":"error.usergroup.readonly.update_not_allowed","user":"Shared"}],`+
		`"warnings":[`+
		`{"index":0,"step":0,"message":"'product' command is deprecated. Please use productConfiguration.",`+
		`"warningCode":"warning.command.deprecated","requestID":"r0","user":"ada@example.com"}]}`, a.body)
}

func TestAction_RefusesWhatIsNotAnArrayOfCommands(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"an object":             federated("ada@example.com", ""),
		"an empty array":        `[]`,
		"nothing":               ``,
		"null":                  `null`,
		"broken JSON":           `[{"user":"ada@example.com"`,
		"an array of strings":   `["ada@example.com"]`,
		"more than a megabyte":  `[` + on("ada@example.com", `{"update":{}}`) + strings.Repeat(" ", 1<<20) + `]`,
		"something after array": `[` + on("ada@example.com", `{"update":{}}`) + `] x`,
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, nil)
			a := c.send(c.request(http.MethodPost, "/action/"+orgID, body))
			require.Equal(t, http.StatusBadRequest, a.status)
			require.JSONEq(t, `{"result":"error.command.malformed","message":"Expected a valid JSON payload"}`, a.body)
			require.Empty(t, c.em.Users())
			require.NotEmpty(t, c.em.Ledger()[0].Unexpected)
		})
	}
}

func TestAction_RefusesElevenCommands(t *testing.T) {
	t.Parallel()
	commands := make([]string, 11)
	for i := range commands {
		commands[i] = federated(fmt.Sprintf("u%d@example.com", i), "")
	}
	c := start(t, nil)
	a := c.send(c.request(http.MethodPost, "/action/"+orgID, "["+strings.Join(commands, ",")+"]"))
	require.Equal(t, http.StatusBadRequest, a.status)
	require.Contains(t, a.body, `"error.command.malformed"`)
	require.Empty(t, c.em.Users())
	c.ok(commands[:10]...)
	require.Len(t, c.em.Users(), 10)
}

func TestCommand_SyntaxErrorsKeepTheWholeCommandFromRunning(t *testing.T) {
	t.Parallel()
	names := func(n int) string {
		return strings.TrimSuffix(strings.Repeat(`"Design",`, n), ",")
	}
	up := `{"update":{"lastname":"King"}}`
	tests := []struct {
		name, command, code string
		step                int
	}{
		{"no root", `{"do":[` + up + `]}`, "error.command.user_usergroup.missing", 0},
		{"two roots", `{"user":"ada@example.com","usergroup":"Design","do":[` + up + `]}`, "error.command.illegal_entry", 0},
		{"unknown key", `{"user":"ada@example.com","colour":"red","do":[` + up + `]}`, "error.command.illegal_entry", 0},
		{"user is no string", `{"user":7,"do":[` + up + `]}`, "error.command.string_expected", 0},
		{"requestID is no string", `{"user":"ada@example.com","requestID":7,"do":[` + up + `]}`, "error.command.string_expected", 0},
		{"user is too long", on(strings.Repeat("a", 251), up), "error.command.string.too_long", 0},
		{"useAdobeID is no boolean", `{"user":"ada@example.com","useAdobeID":"yes","do":[` + up + `]}`, "error.command.boolean_expected", 0},
		{"domain is no string", `{"user":"ada","domain":1,"do":[` + up + `]}`, "error.command.domain.string_expected", 0},
		{"domain beside an e-mail", `{"user":"ada@example.com","domain":"example.com","do":[` + up + `]}`, "error.command.domain.must_be_used_with_nonemail_username", 0},
		{"username without domain", on("ada", up), "error.command.domain.missing", 0},
		{"no steps", `{"user":"ada@example.com"}`, "error.command.steps.malformed", 0},
		{"steps are an object", `{"user":"ada@example.com","do":{}}`, "error.command.steps.malformed", 0},
		{"a step is no object", on("ada@example.com", up, `"update"`), "error.command.illegal_entry", 1},
		{"a step has two keys", on("ada@example.com", `{"update":{"lastname":"King"},"add":{"group":["Design"]}}`), "error.command.illegal_entry", 0},
		{"an unknown step", on("ada@example.com", up, `{"promote":{}}`), "error.command.step.unknown", 1},
		{"a step that ended", on("ada@example.com", up, `{"addRoles":{"admin":["org"]}}`), "error.command.step.unknown", 1},
		{"a user step on a group", onGroup("Design", `{"removeFromOrg":{}}`), "error.command.step.unknown", 0},
		{"eleven steps", on("ada@example.com", strings.Split(strings.Repeat(up+"|", 10)+up, "|")...), "error.command.add_remove.list_too_long", 10},
		{"two creates", federated("ada@example.com", "ignoreIfAlreadyExists", `{"addAdobeID":{"email":"ada@example.com"}}`), "error.command.create.more_than_one", 1},
		{"a create that is not first", on("ada@example.com", up, `{"addAdobeID":{"email":"ada@example.com"}}`), "error.command.create.not_first", 1},
		{"removeFromOrg not last", on("ada@example.com", `{"removeFromOrg":{}}`, up), "error.command.removefromorg.not_last", 0},
		{"deleteAccount is no boolean", on("ada@example.com", up, `{"removeFromOrg":{"deleteAccount":"no"}}`), "error.command.boolean_expected", 1},
		{"removeFromOrg of something else", on("ada@example.com", up, `{"removeFromOrg":{"removedDomain":"x"}}`), "error.command.illegal_entry", 1},
		{"create is no object", on("zoe@example.com", `{"createFederatedID":"zoe"}`), "error.command.create.object_expected", 0},
		{"create with a number", on("zoe@example.com", `{"createFederatedID":{"email":1}}`), "error.command.create.string_expected", 0},
		{"create with an unknown key", on("zoe@example.com", `{"createFederatedID":{"mail":"x"}}`), "error.command.create.key.unknown", 0},
		{"add is no object", on("ada@example.com", up, `{"add":"all"}`), "error.command.add_remove.list", 1},
		{"add of no list", on("ada@example.com", up, `{"add":{}}`), "error.command.add_remove.missing_list", 1},
		{"add of an unknown list", on("ada@example.com", up, `{"add":{"role":["x"]}}`), "error.command.add_remove.key.unknown", 1},
		{"list is no array", on("ada@example.com", up, `{"add":{"group":"Design"}}`), "error.command.add_remove.list_not_array", 1},
		{"null in a list", on("ada@example.com", up, `{"add":{"group":["Design",null]}}`), "error.group.invalid_list", 1},
		{"empty name in a list", on("ada@example.com", up, `{"add":{"group":[""]}}`), "error.group.invalid_list", 1},
		{"a list twice", on("ada@example.com", up, `{"add":{"group":["Design"],"group":["Design"]}}`), "error.command.add_remove.duplicate.group_list", 1},
		{"a product list twice", on("ada@example.com", up, `{"add":{"product":["Design"],"product":["Design"]}}`), "error.command.add_remove.duplicate.product_list", 1},
		{"a long group name", on("ada@example.com", up, `{"add":{"group":["`+strings.Repeat("n", 256)+`"]}}`), "error.command.add_remove.group_or_product_name_too_long", 1},
		{"a long list", on("ada@example.com", up, `{"add":{"group":[`+names(21)+`]}}`), "error.command.add_remove.list_too_long", 1},
		{"long lists together", onGroup("Design", `{"add":{"user":["a@example.com"],"productConfiguration":[`+names(20)+`]}}`), "error.command.add_remove.list_too_long", 0},
		{"null users", onGroup("Design", `{"add":{"user":null}}`), "error.command.add_remove.list_not_array", 0},
		{"empty profiles", onGroup("Design", `{"remove":{"user":["ada@example.com"],"productConfiguration":[]}}`), "error.group.invalid_list", 0},
		{"empty users", onGroup("Design", `{"add":{"user":[]}}`), "error.usergroup.command.missing.arguments", 0},
		{"users twice", onGroup("Design", `{"add":{"user":["a@example.com"],"user":["a@example.com"]}}`), "error.command.add_remove.duplicate.user_list", 0},
		{"add all to a group", onGroup("Design", `{"add":"all"}`), "error.command.add_remove.list", 0},
		{"remove of one thing", onGroup("Design", `{"remove":"ada@example.com"}`), "error.command.add_remove.list", 0},
		{"delete with something", onGroup("Design", `{"deleteUserGroup":{"name":"Design"}}`), "error.command.object_not_empty", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, nil)
			c.seed([]emulator.User{ada()}, "Design")
			got := c.fails(tt.command)
			require.Equal(t, tt.code, got.ErrorCode, got.Message)
			require.Equal(t, tt.step, got.Step)
			require.Equal(t, "Byron", c.user("ada@example.com").LastName, "no step may have run")
			require.Len(t, c.em.Users(), 1)
		})
	}
}

func TestCommand_ListLimitIsInTheMessage(t *testing.T) {
	t.Parallel()
	for entries, message := range map[int]string{
		0:  "Too many products, users or groups in Add or Remove: max is 20",
		10: "Too many products, users or groups in Add or Remove: max is 10",
	} {
		c := start(t, func(cfg *emulator.Config) { cfg.MaxListEntries = entries })
		var groups []string
		for i := range 21 {
			groups = append(groups, fmt.Sprintf("G%d", i))
		}
		c.seed([]emulator.User{ada()}, groups...)
		got := c.fails(on("ada@example.com", list("add", "group", groups...)))
		require.Equal(t, message, got.Message)
		require.Equal(t, 0, got.Step)
	}
}

func TestCommand_AcceptsLimitsExactly(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada()})
	var steps []string
	for i := range 10 {
		var groups []string
		for j := range 20 {
			g := fmt.Sprintf("G%d-%d", i, j)
			c.seed(nil, g)
			groups = append(groups, g)
		}
		steps = append(steps, list("add", "group", groups...))
	}
	c.ok(on("ada@example.com", steps...))
	require.Len(t, c.user("ada@example.com").Groups, 200)
}

func TestSwitch_SeveralVerbsInAStep(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.Switches.SeveralVerbsInAStep = true })
	c.seed([]emulator.User{ada("Old")}, "Old", "New")
	c.ok(on("ada@example.com", `{"add":{"group":["New"]},"remove":{"group":["Old"]}}`))
	require.Equal(t, []string{"New"}, c.user("ada@example.com").Groups)
}

// Adobe's command line sends an empty list with every create.
func TestCommand_AnEmptyListUnderAUserChangesNothing(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"group", "product", "productConfiguration", "usergroup"} {
		empty := `":{"` + key + `":[]}}`
		for refused, code := range map[bool]string{false: "", true: "error.group.invalid_list"} {
			if refused && key == "usergroup" {
				code = "error.command.add_remove.invalid.usergroup_list"
			}
			c := start(t, func(cfg *emulator.Config) { cfg.Switches.EmptyListRefused = refused })
			c.seed([]emulator.User{ada("Design")}, "Design")
			before := c.em.Users()
			for _, command := range []string{on("ada@example.com", `{"add`+empty), on("ada@example.com", `{"remove`+empty)} {
				if refused {
					require.Equal(t, code, c.fails(command).ErrorCode, command)
				} else {
					c.ok(command)
				}
				require.Equal(t, before, c.em.Users())
			}
			require.Equal(t, !refused, c.do(federated("new@example.com", "", `{"add`+empty)).Result == "success")
		}
	}
	c := start(t, nil)
	require.Equal(t, "error.user.nonexistent", c.fails(on("ada@example.com", `{"add":{"group":[]}}`)).ErrorCode)
}

func TestStepsAfterAFailedOne(t *testing.T) {
	t.Parallel()
	addsGhosts := on("ada@example.com", list("add", "group", "Ghosts"), `{"update":{"lastname":"King"}}`, list("add", "group", "Spirits"))
	createsAgain := federated("ada@example.com", "", `{"update":{"lastname":"King"}}`)
	tests := []struct {
		name     string
		switches emulator.Switches
		command  string
		codes    []string
		lastName string
	}{
		{"go on after a failed add", emulator.Switches{}, addsGhosts,
			[]string{"error.group.not_found", "error.group.not_found"}, "King"},
		{"stop after a failed create", emulator.Switches{}, createsAgain,
			[]string{"error.user.already_in_org"}, "Byron"},
		{"stop on the first error when told to", emulator.Switches{StopOnFirstError: true}, addsGhosts,
			[]string{"error.group.not_found"}, "Byron"},
		{"go on after a failed create when told to", emulator.Switches{ContinueAfterFailedCreate: true}, createsAgain,
			[]string{"error.user.already_in_org"}, "King"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, func(cfg *emulator.Config) { cfg.Switches = tt.switches })
			c.seed([]emulator.User{ada()})
			reply := c.do(tt.command)
			require.Equal(t, tt.codes, reply.codes())
			require.Equal(t, 1, reply.NotCompleted)
			require.Equal(t, tt.lastName, c.user("ada@example.com").LastName)
		})
	}
}

func TestSwitch_ShuffleCommandsKeepsErrorsInOrder(t *testing.T) {
	t.Parallel()
	inOrder := 0
	const runs = 20
	for seed := range uint64(runs) {
		c := start(t, func(cfg *emulator.Config) {
			cfg.Switches.ShuffleCommands = true
			cfg.Seed = seed + 1
		})
		commands := []string{on("x0@example.com", `{"removeFromOrg":{}}`)}
		for i := 1; i < 10; i++ {
			commands = append(commands, federated("ada@example.com", ""))
		}
		reply := c.do(commands...)
		require.Len(t, reply.Errors, 9)
		for i := 1; i < len(reply.Errors); i++ {
			require.Greater(t, reply.Errors[i].Index, reply.Errors[i-1].Index)
		}
		if reply.Errors[1].Index == 2 {
			inOrder++
		}
	}
	require.Less(t, inOrder, runs, "the first create must not always win")
}

func TestTestOnly_ChangesNothing(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Photoshop", Type: emulator.GroupTypeProductProfile}))
	c.seed(nil, "Design", "Other", "Old")
	c.seed([]emulator.User{ada("Design", "_admin_Old"), {Email: "zoe@example.com", Groups: []string{"Design"}}})
	users, groups := c.em.Users(), c.em.Groups()
	reply := c.try(
		federated("new@example.com", "", list("add", "group", "Design")),
		on("ada@example.com", `{"update":{"email":"ada.king@example.com","lastname":"King"}}`, list("remove", "group", "Design"), list("add", "group", "Other", "_admin_Design")),
		on("zoe@example.com", `{"removeFromOrg":{"deleteAccount":true}}`),
		onGroup("Made", `{"createUserGroup":{}}`, list("add", "user", "ada@example.com")),
		onGroup("Design", `{"updateUserGroup":{"name":"Design 2","description":"d"}}`, list("add", "productConfiguration", "Photoshop")),
		onGroup("Old", `{"deleteUserGroup":{}}`),
	)
	require.Equal(t, "success", reply.Result, "%+v", reply.Errors)
	require.Equal(t, 6, reply.CompletedInTestMode)
	require.Equal(t, 0, reply.Completed)
	require.Equal(t, users, c.em.Users())
	require.Equal(t, groups, c.em.Groups())
	require.False(t, c.em.Ledger()[0].Applied)
	require.True(t, c.em.Ledger()[0].TestOnly)
}

func TestTestOnly_IsLenientAboutUsersThatDoNotExistYet(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed(nil, "Design")
	reply := c.try(
		on("new@example.com", list("add", "group", "Design")),
		federated("new@example.com", ""),
		federated("new@example.com", ""),
		onGroup("Design", list("add", "user", "new@example.com")),
		on("new@example.com", list("add", "group", "Ghosts")),
	)
	require.Equal(t, "partial", reply.Result)
	require.Equal(t, 4, reply.CompletedInTestMode)
	require.Equal(t, []string{"error.group.not_found"}, reply.codes())
}

func TestSwitch_TestOnlyObservedIsStrict(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.Switches.TestOnlyObserved = true })
	c.seed(nil, "Design")
	reply := c.try(
		on("new@example.com", list("add", "group", "Design")),
		onGroup("Design", list("add", "user", "new@example.com")),
		onGroup("Made", `{"createUserGroup":{}}`),
		federated("new@example.com", "", list("add", "group", "Design")),
		`{"user":"bob@elsewhere.example","do":[{"addAdobeID":{"email":"bob@elsewhere.example"}},`+list("add", "group", "Design")+`]}`,
		federated("new@example.com", ""),
	)
	require.Equal(t, []string{
		"error.user.not_found", "error.user.not_found", "error.usergroup.not_found", "error.user.not_found", "error.user.not_found",
	}, reply.codes())
	require.Equal(t, 1, reply.Errors[3].Step, "the create would be done")
	require.Equal(t, 1, reply.Errors[4].Step)
	require.Equal(t, 1, reply.CompletedInTestMode)
}
