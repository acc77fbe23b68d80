package emulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// profile adds a product profile.
func profile(c *caller, name, product, quota string) {
	c.t.Helper()
	require.NoError(c.t, c.em.AddGroup(emulator.Group{
		Name: name, Type: emulator.GroupTypeProductProfile, Product: product, Quota: quota,
	}))
}

// group returns the group with exactly that name.
func (c *caller) group(name string) emulator.Group {
	c.t.Helper()
	for _, g := range c.em.Groups() {
		if g.Name == name {
			return g
		}
	}
	c.t.Fatalf("no group %q among %v", name, c.em.Groups())
	return emulator.Group{}
}

func TestMembership_NamesMatchWithoutCaseAndRepeatsAreFine(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Photoshop - 100 GB", "Photoshop", "10")
	c.seed([]emulator.User{ada()}, "Design Team")
	add := on("ada@example.com", list("add", "group", "DESIGN team", "photoshop - 100 gb"))
	c.ok(add)
	c.ok(add)
	require.Equal(t, []string{"Design Team", "Photoshop - 100 GB"}, c.user("ada@example.com").Groups)
	remove := on("ada@example.com", list("remove", "group", "design team"))
	c.ok(remove)
	c.ok(remove)
	require.Equal(t, []string{"Photoshop - 100 GB"}, c.user("ada@example.com").Groups)
}

func TestMembership_LegacyKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"group", "product", "productConfiguration", "usergroup"} {
		c := start(t, nil)
		c.seed([]emulator.User{ada()}, "Design")
		reply := c.do(on("ada@example.com", list("add", key, "Design")))
		require.Equal(t, "success", reply.Result, key)
		require.Equal(t, []string{"ada@example.com"}, c.em.Members("Design"), key)
		require.Equal(t, key == "product", len(reply.Warnings) == 1, key)
	}
}

func TestMembership_RemoveAll(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada("Design", "Other", "_admin_Design", "_support_admin", "_org_admin")}, "Design", "Other")
	c.ok(on("ada@example.com", `{"remove":"all"}`))
	require.Equal(t, []string{"_org_admin"}, c.user("ada@example.com").Groups, "the system administrators are protected")
}

// They are their owner's, and naming them is refused.
func TestMembership_RemoveAllSparesReadOnlyGroups(t *testing.T) {
	t.Parallel()
	for _, nobody := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.RemoveAllSparesNobody = nobody })
		require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Shared", ReadOnly: true}))
		c.seed([]emulator.User{ada("Design", "Shared")}, "Design")
		c.ok(on("ada@example.com", `{"remove":"all"}`))
		require.Equal(t, []string{"Shared"}, c.user("ada@example.com").Groups)
		require.Equal(t, "error.usergroup.readonly.remove_user_not_allowed", c.fails(on("ada@example.com", list("remove", "group", "Shared"))).ErrorCode)
		c.ok(on("ada@example.com", `{"removeFromOrg":{}}`))
		require.Empty(t, c.em.Members("Shared"), "who leaves the organisation leaves them too")
	}
}

func TestMembership_OneUnknownGroupVoidsTheList(t *testing.T) {
	t.Parallel()
	for _, skip := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.SkipBadEntries = skip })
		c.seed([]emulator.User{ada()}, "A", "B")
		got := c.fails(on("ada@example.com", list("add", "group", "A", "Ghosts", "B")))
		require.Equal(t, "error.group.not_found", got.ErrorCode)
		require.Equal(t, "Group Ghosts was not found", got.Message)
		require.Equal(t, skip, len(c.user("ada@example.com").Groups) == 2)
	}
}

func TestMembership_AdministrativeGroups(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "PS", "Photoshop (Enterprise)", "")
	c.seed([]emulator.User{ada()}, "Design")
	implied := []string{"_ADMIN_design", "_admin_PS", "_developer_PS", "_product_admin_Photoshop (Enterprise)", "_support_admin", "_deployment_admin"}
	c.ok(on("ada@example.com", list("add", "group", implied...)))
	require.Equal(t, []string{"_admin_Design", "_admin_PS", "_deployment_admin", "_developer_PS", "_product_admin_Photoshop (Enterprise)", "_support_admin"},
		c.user("ada@example.com").Groups)
	for _, verb := range []string{"add", "remove"} {
		for _, name := range []string{"_org_admin", "_compartment_admin", "_compartment_viewer", "_admin_Ghosts", "_developer_Design", "_whatever"} {
			got := c.fails(on("ada@example.com", list(verb, "group", name)))
			require.Equal(t, "error.group.not_found", got.ErrorCode, name)
		}
	}
	c.ok(on("ada@example.com", list("remove", "group", implied...)))
	require.Empty(t, c.user("ada@example.com").Groups)
	for _, g := range c.em.Groups() {
		assert.NotContains(t, g.Name, "_", "an administrative group without members is not shown")
	}
}

// Where they exist they are as protected as the system administrators.
func TestMembership_CompartmentsAreOutOfReach(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for _, name := range []string{"_compartment_admin", "_compartment_viewer"} {
		email := "a" + name + "@example.com"
		c.seed([]emulator.User{{Email: email, Groups: []string{name}}, {Email: "b" + name + "@example.com"}}, name)
		require.Equal(t, "error.group.not_found", c.fails(on(email, list("remove", "group", name))).ErrorCode)
		require.Equal(t, "error.group.not_found", c.fails(on("b"+name+"@example.com", list("add", "group", name))).ErrorCode)
		c.ok(on(email, `{"remove":"all"}`))
		require.Equal(t, []string{email}, c.em.Members(name))
	}
}

func TestMembership_OfAUnknownUser(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed(nil, "Design")
	require.Equal(t, "error.user.nonexistent", c.fails(on("zoe@example.com", list("add", "group", "Design"))).ErrorCode)
	require.Equal(t, "error.user.nonexistent", c.fails(on("zoe@example.com", list("remove", "group", "Design"))).ErrorCode)
}

func TestUserGroup_Create(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada()})
	c.ok(onGroup("Design", `{"createUserGroup":{"description":"d1"}}`, list("add", "user", "ada@example.com")))
	require.Equal(t, []string{"ada@example.com"}, c.em.Members("design"))
	require.Equal(t, "error.usergroup.already_exists", c.fails(onGroup("DESIGN", `{"createUserGroup":{}}`, `{"updateUserGroup":{"name":"X"}}`)).ErrorCode)
	c.ok(onGroup("design", `{"createUserGroup":{"description":"d2","option":"ignoreIfAlreadyExists"}}`))
	require.Equal(t, "d1", c.group("Design").Description)
	c.ok(onGroup("design", `{"createUserGroup":{"name":"design","description":"d2","option":"updateIfAlreadyExists"}}`))
	require.Equal(t, "d2", c.group("Design").Description)
	require.Len(t, c.em.Groups(), 1)
}

func TestUserGroup_CreateRefusals(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Photoshop", "", "")
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Shared", ReadOnly: true}))
	for command, code := range map[string]string{
		onGroup("_mine", `{"createUserGroup":{}}`):                                            "error.group.invalid_name",
		onGroup("_org_admin", `{"createUserGroup":{"option":"ignoreIfAlreadyExists"}}`):       "error.group.invalid_name",
		onGroup("Design", `{"createUserGroup":{"name":"_mine"}}`):                             "error.group.invalid_name",
		onGroup("Design", `{"createUserGroup":{"name":"`+strings.Repeat("n", 256)+`"}}`):      "error.command.string.too_long",
		onGroup("photoshop", `{"createUserGroup":{"option":"ignoreIfAlreadyExists"}}`):        "error.usergroup.already_exists",
		onGroup("Design", `{"createUserGroup":{"colour":"red"}}`):                             "error.command.create.key.unknown",
		onGroup("Design", `{"createUserGroup":{"option":"maybe"}}`):                           "error.option.illegal",
		onGroup("Shared", `{"createUserGroup":{"option":"updateIfAlreadyExists"}}`):           "error.usergroup.readonly.update_not_allowed",
		onGroup("Design", `{"updateUserGroup":{"name":"x"}}`, `{"createUserGroup":{}}`):       "error.command.create.not_first",
		onGroup("Design", `{"createUserGroup":{}}`, `{"createUserGroup":{"name":"Design2"}}`): "error.command.create.more_than_one",
	} {
		require.Equal(t, code, c.fails(command).ErrorCode, command)
	}
	require.Len(t, c.em.Groups(), 2)
}

func TestUserGroup_RenameMovesItsAdminGroup(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada("Design", "_admin_Design")}, "Design", "Taken")
	id := c.group("Design").ID
	c.ok(onGroup("Design", `{"updateUserGroup":{"name":"Studio"}}`, list("remove", "user", "ada@example.com")))
	require.Equal(t, []string{"_admin_Studio"}, c.user("ada@example.com").Groups)
	require.Equal(t, id, c.group("Studio").ID)
	require.Equal(t, "error.usergroup.not_found", c.fails(onGroup("Design", `{"updateUserGroup":{"description":"d"}}`)).ErrorCode)
	require.Equal(t, "error.usergroup.already_exists", c.fails(onGroup("Studio", `{"updateUserGroup":{"name":"TAKEN"}}`)).ErrorCode)
	require.Equal(t, "error.group.invalid_name", c.fails(onGroup("Studio", `{"updateUserGroup":{"name":"_x"}}`)).ErrorCode)
	c.ok(onGroup("Studio", `{"updateUserGroup":{"name":"STUDIO","description":"d"}}`))
	require.Equal(t, "d", c.group("STUDIO").Description)
}

func TestUserGroup_RenameMovesGroupsThatWereSpeltOtherwise(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed(nil, "Design")
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "_ADMIN_design", Type: emulator.GroupTypeUserGroupAdmin}))
	c.ok(onGroup("design", `{"updateUserGroup":{"name":"Studio"}}`))
	require.Equal(t, "_admin_Studio", c.group("_admin_Studio").Name)
}

func TestUserGroup_Delete(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Photoshop", "", "")
	c.seed([]emulator.User{ada("Design", "_admin_Design")}, "Design")
	got := c.fails(onGroup("Photoshop", `{"deleteUserGroup":{}}`))
	require.Equal(t, "error.usergroup.not_found", got.ErrorCode)
	require.Equal(t, "Usergroup not found: Photoshop", got.Message)
	c.ok(onGroup("Design", `{"deleteUserGroup":{}}`, list("add", "user", "nobody@example.com")))
	require.Empty(t, c.user("ada@example.com").Groups)
	require.Nil(t, c.em.Members("Design"))
	require.Equal(t, "error.usergroup.not_found", c.fails(onGroup("Design", `{"deleteUserGroup":{}}`)).ErrorCode)
}

func TestUserGroup_OnlyTheFirstDeleteOfACallWorks(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed(nil, "A", "B")
	c.ok(onGroup("A", `{"deleteUserGroup":{}}`), onGroup("B", `{"deleteUserGroup":{}}`))
	require.Len(t, c.em.Groups(), 1)
	require.Equal(t, "B", c.em.Groups()[0].Name)
	require.Contains(t, c.em.Ledger()[0].Unexpected, "deleteUserGroup")
	c.ok(onGroup("B", `{"deleteUserGroup":{}}`))
	require.Empty(t, c.em.Groups())
}

func TestUserGroup_AddAndRemove(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Photoshop", "", "")
	c.seed([]emulator.User{ada(), {Email: "zoe@example.com"}}, "Design")
	c.ok(onGroup("design", `{"add":{"user":["ADA@example.com","zoe@example.com"],"productConfiguration":["photoshop"]}}`))
	require.Equal(t, []string{"ada@example.com", "zoe@example.com"}, c.em.Members("Design"))
	require.Equal(t, []string{"Photoshop"}, c.group("Design").Profiles)
	c.ok(onGroup("Design", `{"remove":{"user":["zoe@example.com"],"productConfiguration":["Photoshop"]}}`))
	require.Equal(t, []string{"ada@example.com"}, c.em.Members("Design"))
	require.Empty(t, c.group("Design").Profiles)
	require.Equal(t, "error.plc.not_found", c.fails(onGroup("Design", list("add", "productConfiguration", "Design"))).ErrorCode)
	require.Equal(t, "error.usergroup.not_found", c.fails(onGroup("Ghosts", list("add", "user", "ada@example.com"))).ErrorCode)
}

func TestUserGroup_UnknownUsersInAList(t *testing.T) {
	t.Parallel()
	mixed := onGroup("Design", list("add", "user", "ada@example.com", "nobody@example.com"))
	none := onGroup("Design", list("add", "user", "nobody@example.com"))

	c := start(t, nil)
	c.seed([]emulator.User{ada()}, "Design")
	for command, message := range map[string]string{
		mixed: "User not found: nobody@example.com",
		none:  "No valid users were found in the request",
		onGroup("Design", list("add", "user", "b@example.com", "ada@example.com", "a@example.com")): "User not found: b@example.com",
	} {
		got := c.fails(command)
		require.Equal(t, "error.user.not_found", got.ErrorCode)
		require.Equal(t, message, got.Message)
	}
	require.Empty(t, c.em.Members("Design"), "one unknown user voids the list")

	c = start(t, func(cfg *emulator.Config) { cfg.Switches.SkipBadEntries = true })
	c.seed([]emulator.User{ada()}, "Design")
	c.ok(mixed)
	require.Equal(t, []string{"ada@example.com"}, c.em.Members("Design"))
	require.Equal(t, "No valid users were found in the request", c.fails(none).Message)
}

func TestUserGroup_RemoveAll(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Photoshop", "", "")
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Design", Profiles: []string{"Photoshop"}}))
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Shared", Profiles: []string{"Photoshop"}, ReadOnly: true}))
	c.seed([]emulator.User{ada("Design", "Other"), {Email: "zoe@example.com", Groups: []string{"Design", "Shared"}}}, "Other")
	removeAll := func(group string) string { return onGroup(group, `{"remove":"all"}`) }
	require.Equal(t, 1, c.try(removeAll("Design")).CompletedInTestMode)
	require.Len(t, c.em.Members("Design"), 2)
	for range 2 { // the second time there is nothing to do
		c.ok(removeAll("design"))
		require.Empty(t, c.em.Members("Design"))
		require.Empty(t, c.group("Design").Profiles)
	}
	require.Equal(t, []string{"Other"}, c.user("ada@example.com").Groups)

	require.Equal(t, "error.usergroup.readonly.remove_user_not_allowed", c.fails(removeAll("Shared")).ErrorCode)
	require.Len(t, c.em.Members("Shared"), 1)
	require.Equal(t, []string{"Photoshop"}, c.group("Shared").Profiles)
	require.Equal(t, "error.usergroup.not_found", c.fails(removeAll("Ghosts")).ErrorCode)
}

// Adobe's command line sends an update of nothing before other steps.
func TestUpdateUserGroup_ToNothing(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Photoshop", "", "")
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Shared", ReadOnly: true}))
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Design", Description: "d"}))
	for _, name := range []string{"Design", "Shared"} {
		c.ok(onGroup(name, `{"updateUserGroup":{}}`, list("add", "productConfiguration", "Photoshop")))
		require.Equal(t, []string{"Photoshop"}, c.group(name).Profiles)
	}
	require.Equal(t, "d", c.group("Design").Description)
	require.Equal(t, "error.usergroup.not_found", c.fails(onGroup("Ghosts", `{"updateUserGroup":{}}`)).ErrorCode)
}

func TestSwitch_UnchangedListFails(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.UnchangedListFails = fails })
		c.seed([]emulator.User{ada(), {Email: "zoe@example.com"}}, "Design")
		add, remove := list("add", "user", "ada@example.com"), list("remove", "user", "ada@example.com")
		for _, step := range []string{add, remove} {
			c.ok(onGroup("Design", step))
			if !fails {
				c.ok(onGroup("Design", step))
				continue
			}
			require.Equal(t, "error.usergroup.user_list.invalid", c.fails(onGroup("Design", step)).ErrorCode)
		}
		c.ok(onGroup("Design", add), onGroup("Design", list("add", "user", "ada@example.com", "zoe@example.com")))
	}
}

func TestUserGroup_ReadOnly(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Photoshop", "", "")
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "G", ReadOnly: true}))
	c.seed([]emulator.User{ada("G"), {Email: "zoe@example.com"}})
	for _, tt := range []struct{ command, code, message string }{
		{onGroup("G", `{"updateUserGroup":{"description":"d"}}`), "error.usergroup.readonly.update_not_allowed", "Usergroup is owned by another org and readonly: G"},
		{onGroup("G", list("add", "user", "zoe@example.com")), "error.usergroup.readonly.add_user_not_allowed", "User cannot be added to group as owned by another org and readonly: G"},
		{onGroup("G", list("remove", "user", "ada@example.com")), "error.usergroup.readonly.remove_user_not_allowed", "User cannot be removed from group as owned by another org and readonly: G"},
		{onGroup("G", `{"deleteUserGroup":{}}`), "error.usergroup.readonly.remove_not_allowed", "User group owned by another organization. Remove not allowed: G"},
		{on("zoe@example.com", list("add", "group", "g")), "error.usergroup.readonly.add_user_not_allowed", "User cannot be added to group as owned by another org and readonly: G"},
		{on("ada@example.com", list("remove", "group", "g")), "error.usergroup.readonly.remove_user_not_allowed", "User cannot be removed from group as owned by another org and readonly: G"},
	} {
		got := c.fails(tt.command)
		require.Equal(t, tt.code, got.ErrorCode)
		require.Equal(t, tt.message, got.Message)
	}
	c.ok(onGroup("G", list("add", "productConfiguration", "Photoshop")))
	require.Equal(t, []string{"ada@example.com"}, c.em.Members("G"))
}

func TestUserGroup_TooManyMembers(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.MaxMembers = 2 })
	c.seed([]emulator.User{ada("Design"), {Email: "b@example.com"}, {Email: "c@example.com"}}, "Design")
	require.Equal(t, "error.usergroup.exceeds_maximum_member_count", c.fails(onGroup("Design", list("add", "user", "b@example.com", "c@example.com"))).ErrorCode)
	c.ok(onGroup("Design", list("add", "user", "ada@example.com", "b@example.com")))
	c.seed(nil, "Other")
	require.Equal(t, "error.usergroup.exceeds_maximum_member_count", c.fails(on("c@example.com", list("add", "group", "Other", "Design"))).ErrorCode)
	require.Empty(t, c.em.Members("Other"), "the list is done wholly or not at all")
}

func TestUserGroup_ThatIsTooLargeTakesNothingMore(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.MaxMembers = 2 })
	profile(c, "PS", "", "")
	c.seed([]emulator.User{ada("Full"), {Email: "b@example.com", Groups: []string{"Full"}}}, "Full")
	addProfile := onGroup("Full", list("add", "productConfiguration", "PS"))
	c.ok(addProfile)
	c.ok(onGroup("Full", list("remove", "productConfiguration", "PS")))
	c.seed([]emulator.User{{Email: "c@example.com", Groups: []string{"Full"}}})
	require.Equal(t, "error.usergroup.exceeds_maximum_member_count", c.fails(addProfile).ErrorCode)
	require.Empty(t, c.group("Full").Profiles)
	c.ok(onGroup("Full", list("remove", "user", "c@example.com")), on("ada@example.com", list("remove", "group", "Full")))
	c.ok(addProfile)
}

func TestSeed_ProductAdminGroupsMayShareAName(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for range 2 {
		require.NoError(t, c.em.AddGroup(emulator.Group{Name: "_product_admin_Photoshop", Type: emulator.GroupTypeProductAdmin, Product: "Photoshop"}))
	}
	groups := c.em.Groups()
	require.Len(t, groups, 2)
	require.Equal(t, groups[0].Name, groups[1].Name)
	require.NotEqual(t, groups[0].ID, groups[1].ID)
}

func TestSeed_RefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada()}, "Design")
	for _, u := range []emulator.User{
		{}, ada(), {Email: "x@example.com", Username: "ADA@example.com"}, {Email: "x@example.com", Groups: []string{"Ghosts"}},
		{Email: "x@elsewhere.example", Type: emulator.TypeFederatedID}, {Email: "x@example.com", Type: "businessID"},
	} {
		require.Error(t, c.em.AddUser(u))
	}
	for _, g := range []emulator.Group{{}, {Name: "design"}, {Name: "x", Profiles: []string{"Ghosts"}}} {
		require.Error(t, c.em.AddGroup(g))
	}
	require.Len(t, c.em.Users(), 1)
	require.Len(t, c.em.Groups(), 1)
}

func TestRemoveGroup_TakesAProfileFromAll(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Photoshop", Type: emulator.GroupTypeProductProfile}))
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Design", Profiles: []string{"Photoshop"}}))
	require.NoError(t, c.em.AddUser(emulator.User{Email: "ada@example.com", Groups: []string{"Design", "Photoshop"}}))
	require.NoError(t, c.em.RemoveGroup("photoshop"))
	require.ErrorContains(t, c.em.RemoveGroup("Photoshop"), "there is none")
	groups := c.em.Groups()
	require.Len(t, groups, 1)
	require.Empty(t, groups[0].Profiles)
	require.Equal(t, []string{"ada@example.com"}, c.em.Members("Design"))
	require.Equal(t, []string{"Design"}, c.em.Users()[0].Groups)
}
