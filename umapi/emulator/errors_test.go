package emulator_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// provoked is a command that fails, on the organisation of [provoke].
type provoked struct {
	code, command string
	message       string // "" where Adobe's own text is not known
	switches      emulator.Switches
}

// provoke sends p.command to an organisation with directories of every kind and
// returns its only error.
func provoke(t *testing.T, p provoked) replyError {
	t.Helper()
	c := start(t, func(cfg *emulator.Config) {
		withDirectories(cfg)
		cfg.Switches = p.switches
		cfg.MaxMembers = 2
	})
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Shared", ReadOnly: true}))
	c.seed([]emulator.User{
		ada("Design"), {Email: "bob@elsewhere.example"}, {Email: "zoe@example.com", Groups: []string{"Full"}},
		{Email: "max@example.com", Groups: []string{"Full"}}, {Email: "eve@ent.example"},
		{Email: "pia@partner.example"}, {Email: "gone@partner.example", Removed: true}, {Email: "sam@synced.example"},
	}, "Design", "Full", "Other")
	got := c.fails(p.command)
	require.Equal(t, p.code, got.ErrorCode, "%s: %s", p.command, got.Message)
	if p.message != "" {
		require.Equal(t, p.message, got.Message)
	}
	return got
}

// createWith is a createFederatedID with fields of its own.
func createWith(user, fields string) string { return on(user, `{"createFederatedID":{`+fields+`}}`) }

// updateAda is a command on ada.
func updateAda(fields string) string { return on("ada@example.com", `{"update":{`+fields+`}}`) }

// addAda is a command that puts ada into groups.
func addAda(lists string) string { return on("ada@example.com", `{"add":{`+lists+`}}`) }

const zoeNames = `"firstname":"Zoe","lastname":"Ng","country":"GB"`

var userErrors = []provoked{
	{code: "error.user.not_found", command: onGroup("Design", list("add", "user", "nobody@example.com")), message: "No valid users were found in the request"},
	{code: "error.user.not_found", command: onGroup("Design", list("add", "user", "ada@example.com", "nobody@example.com")), message: "User not found: nobody@example.com"},
	{code: "error.user.not_in_org", command: on("gone@partner.example", soft)},
	{code: "error.user.nonexistent", command: on("test@test_fake.us", hard), message: "User Id does not exist: test@test_fake.us"},
	{code: "error.user.nonexistent_or_has_conflicting_parameters", command: createWith("zoe@example.com", `"email":"ada@example.com",`+zoeNames)},
	{code: "error.user.already_in_org", command: federated("ada@example.com", "")},
	{code: "error.user.already_exists", command: addAda(`"group":["Design"]`), switches: emulator.Switches{RepeatedMembershipFails: true}},
	{code: "error.user.must_match_email", command: on("other@ent.example", `{"createEnterpriseID":{"email":"new@ent.example",`+zoeNames+`}}`)},
	{code: "error.user.type_mismatch", command: enterprise("new@example.com"), message: "The user type requested for the invite does not match the claimed domain type"},
	{code: "error.user.name.invalid", command: createWith("new one@example.com", `"email":"new@example.com",`+zoeNames)},
	{code: "error.user.name.invalid", command: createWith("@example.com", `"email":"new@example.com",`+zoeNames)},
	{code: "error.user.name.contains.email", command: federated("user@plain.example", ""), message: "Username is invalid: user@plain.example"},
	{code: "error.user.user_list.invalid", command: onGroup("Design", `{"add":{"user":["ada@example.com",""]}}`)},
	{code: "error.user.user_list.invalid", command: onGroup("Design", list("add", "user", strings.Repeat("a", 251)))},
	{code: "error.user.email.invalid", command: createWith("new@example.com", `"email":"new",`+zoeNames)},
	{code: "error.user.belongs_to_another_org", command: federated("new@elsewhere.example", ""), switches: emulator.Switches{UnclaimedBelongsToAnother: true},
		message: "Illegal to invite user from another organization's owned auth src"},
	{code: "error.domain.trust.nonexistent", command: federated("new@elsewhere.example", ""), message: "Domain for email is not claimed"},
	{code: "error.domain.trust.nonexistent", command: updateAda(`"email":"ada@elsewhere.example"`), message: "Changes to users are only allowed in claimed domains."},
	{code: "error.api.user.not.parent.org", command: on("pia@partner.example", `{"update":{"lastname":"King"}}`)},
	{code: "error.user.firstname_missing", command: createWith("new@example.com", `"email":"new@example.com","lastname":"Ng","country":"GB"`)},
	{code: "error.user.lastname_missing", command: createWith("new@example.com", `"email":"new@example.com","firstname":"Zoe","country":"GB"`)},
	{code: "error.country.invalid", command: createWith("new@example.com", `"email":"new@example.com","firstname":"Z","lastname":"Ng","country":"gb"`)},
	{code: "error.option.illegal", command: federated("new@example.com", "replaceIfAlreadyExists")},
	{code: "error.user.name_in_use", command: updateAda(`"username":"zoe@example.com"`)},
	{code: "error.user.email.name_in_use", command: updateAda(`"email":"zoe@example.com"`)},
	{code: "error.user.change_domain_update.no", command: updateAda(`"email":"ada@ent.example"`), switches: emulator.Switches{OtherDomainOldCode: true}},
	{code: "error.update.domain.mismatch", command: updateAda(`"email":"ada@ent.example"`)},
	{code: "error.update.no", command: updateAda(`"email":"ADA@example.com"`), switches: emulator.Switches{CaseChangeRefused: true}},
	{code: "error.update.username.no", command: on("eve@ent.example", `{"update":{"username":"e@ent.example"}}`)},
	{code: "error.update.country.no_update", command: updateAda(`"country":"US"`)},
	{code: "error.update.adobeid.no", command: on("bob@elsewhere.example", `{"update":{"lastname":"King"}}`)},
	{code: "error.internal.create_failed", command: federated("new@synced.example", ""), message: "Could not create person of type createFederatedID"},
	{code: "error.internal.create_failed", command: createWith("new@example.com", `"email":"new@example.com","firstname":"Zoe","lastname":" ","country":"GB"`),
		message: "Could not create person for type 2 or 3. Renga result is FIELD_MIN_LENGTH, Field: lastName validation failure."},
	{code: "error.internal.update_failed", command: updateAda(`"lastname":""`)},
	{code: "error.internal.removefromorg", command: on("sam@synced.example", soft), message: "Error removing user from organization: FAILURE"},
	{code: "error.internal.add", command: on("sam@synced.example", list("add", "group", "Design")), switches: emulator.Switches{SyncedMembershipsRefused: true},
		message: "Failed to add users to user group"},
	{code: "error.internal.group.remove", command: on("sam@synced.example", `{"remove":"all"}`), switches: emulator.Switches{SyncedMembershipsRefused: true}},
}

var commandErrors = []provoked{
	{code: "error.command.steps.malformed", command: `{"user":"ada@example.com","do":{}}`},
	{code: "error.command.user.missing", command: on("", soft)},
	{code: "error.command.user_usergroup.missing", command: `{"do":[` + soft + `]}`},
	{code: "error.command.illegal_entry", command: `{"user":"ada@example.com","colour":"red","do":[` + soft + `]}`},
	{code: "error.command.step.unknown", command: on("ada@example.com", `{"promote":{}}`)},
	{code: "error.command.step.unknown", command: on("ada@example.com", `{"addRoles":{"admin":["org"],"productAdmin":["Photoshop"]}}`)},
	{code: "error.command.step.unknown", command: on("ada@example.com", `{"removeRoles":{"admin":["org"]}}`)},
	{code: "error.command.step.unknown", command: on("ada@example.com", `{"resetPassword":{}}`)},
	{code: "error.command.step.unknown", command: on("ada@example.com", `{"removeFromDomain":{"domain":"example.com"}}`)},
	{code: "error.command.string_expected", command: `{"user":"ada@example.com","requestID":1,"do":[` + soft + `]}`},
	{code: "error.command.string.too_long", command: createWith("new@example.com", `"email":"new@example.com","firstname":"Z","lastname":"N","country":"GBR"`),
		message: "String too long in command for field: country, max length 2"},
	{code: "error.command.string.too_long", command: createWith(strings.Repeat("a", 239)+"@example.com", `"email":"new@example.com",`+zoeNames),
		message: "String too long in command for field: user, max length 250"},
	{code: "error.command.boolean_expected", command: `{"user":"ada@example.com","useAdobeID":1,"do":[` + soft + `]}`},
	{code: "error.command.domain.missing", command: on("ada", soft)},
	{code: "error.command.domain.must_be_used_with_nonemail_username", command: `{"user":"ada@example.com","domain":"example.com","do":[` + soft + `]}`},
	{code: "error.command.domain.string_expected", command: `{"user":"ada","domain":1,"do":[` + soft + `]}`},
	{code: "error.command.create.object_expected", command: on("new@example.com", `{"addAdobeID":[]}`)},
	{code: "error.command.create.string_expected", command: on("new@example.com", `{"addAdobeID":{"email":1}}`)},
	{code: "error.command.create.more_than_one", command: federated("new@example.com", "", `{"addAdobeID":{"email":"new@example.com"}}`)},
	{code: "error.command.create.not_first", command: on("new@example.com", list("add", "group", "Design"), `{"addAdobeID":{"email":"new@example.com"}}`)},
	{code: "error.command.create.key.unknown", command: on("new@example.com", `{"addAdobeID":{"mail":"x"}}`)},
	{code: "error.command.update.option.no", command: updateAda(`"option":"ignoreIfAlreadyExists"`)},
	{code: "error.command.removefromorg.not_last", command: on("ada@example.com", soft, list("add", "group", "Design"))},
	{code: "error.command.object_not_empty", command: onGroup("Design", `{"deleteUserGroup":{"name":"Design"}}`)},
	{code: "error.command.add_remove.list", command: on("ada@example.com", `{"remove":"some"}`)},
	{code: "error.command.add_remove.key.unknown", command: addAda(`"productAdmin":["Photoshop"]`)},
	{code: "error.command.add_remove.user_usergroup.missing", command: onGroup("Design", `{"add":{}}`)},
	{code: "error.command.add_remove.missing_list", command: addAda(``)},
	{code: "error.command.add_remove.list_too_long", command: addAda(`"group":["` + strings.Repeat(`Design","`, 21) + `Design"]`),
		message: "Too many products, users or groups in Add or Remove: max is 20"},
	{code: "error.command.add_remove.list_not_array", command: addAda(`"group":"Design"`)},
	{code: "error.command.add_remove.group_or_product_name_too_long", command: addAda(`"group":["` + strings.Repeat("n", 256) + `"]`)},
	{code: "error.command.add_remove.invalid.usergroup_list", command: addAda(`"usergroup":[]`), switches: emulator.Switches{EmptyListRefused: true}},
	{code: "error.command.add_remove.invalid.usergroup_list", command: addAda(`"usergroup":[null]`)},
	{code: "error.command.add_remove.duplicate.user_list", command: onGroup("Design", list("add", "user", "zoe@example.com", "ZOE@example.com"))},
	{code: "error.command.add_remove.duplicate.user_list", command: onGroup("Design", `{"add":{"user":["a@b.example"],"user":["c@d.example"]}}`)},
	{code: "error.command.add_remove.duplicate.product_list", command: addAda(`"product":["Design"],"product":["Other"]`)},
	{code: "error.command.add_remove.duplicate.product_list", command: addAda(`"productConfiguration":["Design"],"productConfiguration":["Other"]`)},
	{code: "error.command.add_remove.duplicate.group_list", command: addAda(`"group":["Design"],"group":["Other"]`)},
	{code: "error.command.add_remove.duplicate.usergroup_list", command: addAda(`"usergroup":["Design","DESIGN"]`)},
}

var groupErrors = []provoked{
	{code: "error.group.not_found", command: addAda(`"group":["NON_EXISTING_GROUP"]`), message: "Group NON_EXISTING_GROUP was not found"},
	{code: "error.group.not_found", command: addAda(`"product":["NON_EXISTING_GROUP"]`), message: "Group NON_EXISTING_GROUP was not found"},
	{code: "error.group.not_found", command: addAda(`"group":["_org_admin"]`), message: "Group _org_admin was not found"},
	{code: "error.group.invalid_list", command: addAda(`"group":[]`), switches: emulator.Switches{EmptyListRefused: true}},
	{code: "error.group.invalid_list", command: addAda(`"group":[null]`)},
	{code: "error.group.invalid_list", command: onGroup("Design", `{"add":{"productConfiguration":[]}}`)},
	{code: "error.group.invalid_name", command: onGroup("_mine", `{"createUserGroup":{}}`)},
	{code: "error.group.remove_failed", command: on("ada@example.com", list("remove", "group", "Other")), switches: emulator.Switches{RepeatedMembershipFails: true},
		message: "remove [ada@example.com] to product group Other failed: error.group.remove_failed"},
	{code: "error.usergroup.already_exists", command: onGroup("Design", `{"createUserGroup":{}}`)},
	{code: "error.usergroup.not_found", command: onGroup("testGroup", list("add", "user", "ada@example.com")), message: "Usergroup not found: testGroup"},
	{code: "error.usergroup.user_list.invalid", command: onGroup("Design", list("add", "user", "ada@example.com")), switches: emulator.Switches{UnchangedListFails: true}},
	{code: "error.usergroup.update.failed", command: onGroup("Design", `{"updateUserGroup":{"name":"other"}}`), switches: emulator.Switches{RenameCollisionUpdateFailed: true}},
	{code: "error.usergroup.command.missing.arguments", command: onGroup("Design", `{"add":{"user":[]}}`)},
	{code: "error.usergroup.exceeds_maximum_member_count", command: onGroup("Full", list("add", "user", "ada@example.com"))},
	{code: "error.usergroup.readonly.update_not_allowed", command: onGroup("Shared", `{"updateUserGroup":{"name":"x"}}`), message: "Usergroup is owned by another org and readonly: Shared"},
	{code: "error.usergroup.readonly.add_user_not_allowed", command: onGroup("Shared", list("add", "user", "ada@example.com")),
		message: "User cannot be added to group as owned by another org and readonly: Shared"},
	{code: "error.usergroup.readonly.remove_user_not_allowed", command: onGroup("Shared", list("remove", "user", "ada@example.com")),
		message: "User cannot be removed from group as owned by another org and readonly: Shared"},
	{code: "error.usergroup.readonly.remove_not_allowed", command: onGroup("Shared", `{"deleteUserGroup":{}}`), message: "User group owned by another organization. Remove not allowed: Shared"},
	{code: "error.plc.not_found", command: onGroup("Design", list("add", "productConfiguration", "Ghosts"))},
}

// injected are the codes that no command provokes: they stand for failures
// inside the service, for what ended years ago, for the deprecated endpoints,
// or for states that the organisation cannot have.
var injected = []string{
	"error.user.already_invited", "error.user.type_must_not_be_adobeid", "error.user.type_unknown", "error.user.type.missing",
	"error.user.not_found_or_ambiguous", "error.user.id_missing", "error.user.update_failed", "error.user.domain_enforcement",
	"error.user.command.missing.arguments",
	"error.user.productadmin.group.not_found", "error.user.productadmin.add.user.failed", "error.user.productadmin.remove.admin.failed",
	"error.command.product.not_found", "error.command.add_remove.duplicate.productadmin_list",
	"plc.not_found", "plc.admin.group.not_found", "plc.admin.already_added", "plc.add.admin.error", "plc.remove.admin.error",
	"error.productadmin.add.user.failed", "error.productadmin.remove.admin.failed",
	"error.developer.add_user.failed", "error.developer.remove_user.failed",
	"error.organization.invalid", "error.organization.invalid_name", "error.organization.migrating",
	"error.apikey.invalid", "error.api.not_available", "error.throttled_by_external_service",
	"error.internal.exceptionflys", "error.internal.everybody_group.not_found",
}

// elsewhere are the codes that refuse a whole call, which the tests of those
// provoke, and one that needs an organisation with fewer directories:
// [TestDirectories_TypeThatNoneHas].
var elsewhere = []string{"error.command.malformed", "error.organization.invalid_id", "error.user.type_not_available"}

func TestErrors_EveryCodeCanBeProvoked(t *testing.T) {
	t.Parallel()
	known := slices.Concat(injected, elsewhere)
	for _, p := range slices.Concat(userErrors, commandErrors, groupErrors) {
		known = append(known, p.code)
		t.Run(p.code, func(t *testing.T) {
			t.Parallel()
			provoke(t, p)
		})
	}
	for _, code := range injected {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			c := start(t, nil)
			require.NoError(t, c.em.Inject(emulator.Fault{Code: code, Message: "as told", Times: 1}))
			c.seed([]emulator.User{ada()})
			got := c.fails(on("ada@example.com", soft))
			require.Equal(t, code, got.ErrorCode)
			require.Equal(t, "as told", got.Message)
		})
	}
	for code := range umapi.Codes() {
		require.True(t, slices.Contains(known, code) || slices.Contains(known, "error."+code), "nothing provokes %s", code)
	}
}

func TestErrors_GroupNamesThatCannotBe(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for _, name := range []string{strings.Repeat("n", 256), "a%0Ab"} {
		a := c.get("/users/" + orgID + "/0/" + name)
		require.Equal(t, http.StatusBadRequest, a.status)
		require.Contains(t, a.body, `"result":"error.group.invalid_name"`)
	}
	require.Equal(t, http.StatusNotFound, c.get("/users/"+orgID+"/0/"+strings.Repeat("n", 255)).status)
}

func TestErrors_StayInThePlaceOfTheStep(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada()}, "Design")
	reply := c.do(on("ada@example.com", list("add", "group", "Design"), list("add", "product", "Design"), list("remove", "product", "Ghosts")))
	require.Equal(t, []replyError{{Step: 2, User: "ada@example.com", Message: "Group Ghosts was not found", ErrorCode: "error.group.not_found"}}, reply.Errors)
	require.Len(t, reply.Warnings, 2)
	for i, w := range reply.Warnings {
		require.Equal(t, replyError{Step: i + 1, User: "ada@example.com", WarningCode: "warning.command.deprecated",
			Message: "'product' command is deprecated. Please use productConfiguration."}, w)
	}
}
