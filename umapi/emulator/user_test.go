package emulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestCreate_ThreeWaysToLogIn(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.ok(
		federated("ada@example.com", ""),
		on("a.byron@example.org", `{"createFederatedID":{"email":"ada.b@example.com","firstname":"Ada","lastname":"Byron","country":"GB"}}`),
		`{"user":"abyron","domain":"example.com","do":[{"createFederatedID":{"email":"ada.c@example.com","firstname":"阿达","lastname":"Byron","country":"GB"}}]}`,
	)
	u := c.user("ada@example.com")
	require.Equal(t, emulator.User{
		ID: u.ID, Email: "ada@example.com", Username: "ada@example.com", Domain: "example.com",
		FirstName: "Ada", LastName: "Byron", Country: "GB", Type: emulator.TypeFederatedID, Status: "active",
	}, u)
	u = c.user("ada.b@example.com")
	require.Equal(t, "a.byron@example.org", u.Username)
	require.Equal(t, "example.org", u.Domain)
	u = c.user("ada.c@example.com")
	require.Equal(t, "abyron", u.Username)
	require.Equal(t, "阿达", u.FirstName)
}

func TestCreate_Refusals(t *testing.T) {
	t.Parallel()
	create := func(user, fields string) string { return on(user, `{"createFederatedID":{`+fields+`}}`) }
	names := `"firstname":"Zoe","lastname":"Ng","country":"GB"`
	long := strings.Repeat("z", 251)
	tests := []struct{ name, command, code, message string }{
		{"no e-mail", create("zoe@example.com", names), "error.user.email.invalid", ""},
		{"an e-mail without at", create("zoe@example.com", `"email":"zoe",`+names), "error.user.email.invalid", ""},
		{"an e-mail of 61 characters", create("zoe@example.com", `"email":"`+strings.Repeat("z", 49)+`@example.com",`+names), "error.user.email.invalid", ""},
		{"an accented e-mail", create("zoe@example.com", `"email":"zoé@example.com",`+names), "error.user.email.invalid", ""},
		{"an e-mail with a space", create("zoe@example.com", `"email":"zoe ng@example.com",`+names), "error.user.email.invalid", ""},
		{"two at signs", create("zoe@example.com", `"email":"zoe@ng@example.com",`+names), "error.user.email.invalid", ""},
		{"no first name", create("zoe@example.com", `"email":"zoe@example.com","lastname":"Ng","country":"GB"`), "error.user.firstname_missing", ""},
		{"no last name", create("zoe@example.com", `"email":"zoe@example.com","firstname":"Zoe","country":"GB"`), "error.user.lastname_missing", ""},
		{"a blank last name", create("zoe@example.com", `"email":"zoe@example.com","firstname":"Zoe","lastname":" ","country":"GB"`), "error.internal.create_failed",
			"Could not create person for type 2 or 3. Renga result is FIELD_MIN_LENGTH, Field: lastName validation failure."},
		{"a first name of 251 characters", create("zoe@example.com", `"email":"zoe@example.com","firstname":"`+long+`","lastname":"Ng","country":"GB"`), "error.command.string.too_long",
			"String too long in command for field: firstname, max length 250"},
		{"no country", create("zoe@example.com", `"email":"zoe@example.com","firstname":"Zoe","lastname":"Ng"`), "error.country.invalid", ""},
		{"a country in lower case", create("zoe@example.com", `"email":"zoe@example.com","firstname":"Zoe","lastname":"Ng","country":"gb"`), "error.country.invalid", ""},
		{"a country that is none", create("zoe@example.com", `"email":"zoe@example.com","firstname":"Zoe","lastname":"Ng","country":"XX"`), "error.country.invalid", ""},
		{"a country of three letters", create("zoe@example.com", `"email":"zoe@example.com","firstname":"Zoe","lastname":"Ng","country":"GBR"`), "error.command.string.too_long",
			"String too long in command for field: country, max length 2"},
		{"a bad option", federated("zoe@example.com", "replace"), "error.option.illegal", ""},
		{"an unclaimed domain", federated("zoe@elsewhere.example", ""), "error.domain.trust.nonexistent", "Domain for email is not claimed"},
		{"an unclaimed e-mail", create("zoe@example.com", `"email":"zoe@elsewhere.example",`+names), "error.domain.trust.nonexistent", "Domain for email is not claimed"},
		{"an unclaimed login", create("zoe@elsewhere.example", `"email":"zoe@example.com",`+names), "error.domain.trust.nonexistent", "Domain for email is not claimed"},
		{"the other type", on("zoe@example.com", `{"createEnterpriseID":{"email":"zoe@example.com","firstname":"Zoe","lastname":"Ng"}}`), "error.user.type_mismatch",
			"The user type requested for the invite does not match the claimed domain type"},
		{"already there", federated("ADA@example.com", ""), "error.user.already_in_org", ""},
		{"e-mail of one and username of another", create("eve@example.com", `"email":"ada@example.com",`+names), "error.user.nonexistent_or_has_conflicting_parameters", ""},
		{"an Adobe ID under another name", on("zoe@example.com", `{"addAdobeID":{"email":"other@example.com"}}`), "error.user.must_match_email", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, nil)
			c.seed([]emulator.User{ada(), {Email: "eve@example.com"}})
			got := c.fails(tt.command)
			require.Equal(t, tt.code, got.ErrorCode, got.Message)
			if tt.message != "" {
				require.Equal(t, tt.message, got.Message)
			}
			require.Len(t, c.em.Users(), 2)
		})
	}
}

func TestCreate_TakesWhatIsJustAllowed(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.ok(
		federated(strings.Repeat("z", 48)+"@example.com", ""),
		on("u@example.com", `{"createFederatedID":{"email":"u@example.com","firstname":"U","lastname":"`+strings.Repeat("ü", 250)+`","country":"UD"}}`),
	)
	require.Len(t, c.em.Users(), 2)
}

func TestCreate_EnterpriseDirectory(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.DirectoryType = emulator.TypeEnterpriseID })
	c.ok(on("eve@example.com", `{"createEnterpriseID":{"email":"eve@example.com","firstname":"Eve","lastname":"Ng"}}`))
	require.Equal(t, emulator.TypeEnterpriseID, c.user("eve@example.com").Type)
	require.Empty(t, c.user("eve@example.com").Country)
	require.Equal(t, "error.user.type_mismatch", c.fails(federated("ada@example.com", "")).ErrorCode)
	require.Equal(t, "error.user.must_match_email",
		c.fails(on("other@example.com", `{"createEnterpriseID":{"email":"zoe@example.com","firstname":"Zoe","lastname":"Ng"}}`)).ErrorCode)
	require.Equal(t, "error.update.username.no", c.fails(on("eve@example.com", `{"update":{"username":"e@example.com"}}`)).ErrorCode)
	c.ok(on("eve@example.com", `{"update":{"email":"eve.ng@example.com"}}`))
	require.Equal(t, "eve.ng@example.com", c.user("eve.ng@example.com").Username)
}

func TestSwitch_Login(t *testing.T) {
	t.Parallel()
	plain := `{"user":"abyron","domain":"example.com","do":[{"createFederatedID":{"email":"ada@example.com","firstname":"Ada","lastname":"Byron","country":"GB"}}]}`
	c := start(t, func(cfg *emulator.Config) { cfg.Login = emulator.LoginEmail })
	require.Equal(t, "error.user.must_match_email", c.fails(plain).ErrorCode)
	c.ok(federated("ada@example.com", ""))
	require.Equal(t, "error.user.must_match_email", c.fails(on("ada@example.com", `{"update":{"username":"abyron"}}`)).ErrorCode)

	c = start(t, func(cfg *emulator.Config) { cfg.Login = emulator.LoginUsername })
	got := c.fails(federated("ada@example.com", ""))
	require.Equal(t, "error.user.name.contains.email", got.ErrorCode)
	require.Equal(t, "Username is invalid: ada@example.com", got.Message)
	c.ok(plain)
}

func TestSwitch_LenientCreate(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.Switches.LenientCreate = true })
	c.ok(on("ada@example.com", `{"createFederatedID":{"email":"ada@example.com"}}`))
}

func TestCreate_OptionsWhenTheUserIsThere(t *testing.T) {
	t.Parallel()
	again := func(option string) string {
		return on("ADA@example.com", `{"createFederatedID":{"email":"Ada@Example.com","firstname":"Augusta","lastname":"King","country":"US"`+optionField(option)+`}}`,
			list("add", "group", "Design"))
	}
	for option, first := range map[string]string{"ignoreIfAlreadyExists": "Ada", "updateIfAlreadyExists": "Augusta"} {
		c := start(t, nil)
		c.seed([]emulator.User{ada()}, "Design")
		before := c.user("ada@example.com")
		c.ok(again(option))
		after := c.user("ada@example.com")
		require.Equal(t, first, after.FirstName, option)
		require.Equal(t, before.ID, after.ID)
		require.Equal(t, "ada@example.com", after.Email, "the first spelling stays")
		require.Equal(t, "ada@example.com", after.Username)
		require.Equal(t, "GB", after.Country, "the country never changes")
		require.Equal(t, []string{"Design"}, after.Groups, "the steps after it run")
	}
}

func TestAddress_ByCurrentEmailWithoutCase(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{{Email: "Ada@Example.com", Username: "a.byron@example.org", FirstName: "Ada", LastName: "Byron"}})
	c.ok(on("aDA@exAMPLE.com", `{"update":{"lastname":"King"}}`))
	require.Equal(t, "King", c.user("ada@example.com").LastName)
	got := c.fails(on("a.byron@example.org", `{"update":{"lastname":"Lovelace"}}`))
	require.Equal(t, "error.user.nonexistent", got.ErrorCode)
	require.Equal(t, "User Id does not exist: a.byron@example.org", got.Message)
}

func TestAddress_ByUsernameAndDomain(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{{Email: "ada@example.com", Username: "abyron", Domain: "example.com"}})
	c.ok(`{"user":"ABYRON","domain":"Example.org","do":[{"update":{"lastname":"King"}}]}`)
	require.Equal(t, "King", c.user("ada@example.com").LastName, "any domain of the directory will do")
	require.Equal(t, "error.user.nonexistent", c.fails(`{"user":"abyron","domain":"elsewhere.example","do":[{"update":{"lastname":"x"}}]}`).ErrorCode)
	c.ok(on("ada@example.com", `{"update":{"lastname":"Lovelace"}}`))
	require.Equal(t, "Lovelace", c.user("ada@example.com").LastName)
}

func TestUpdate_Rules(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, step, code string }{
		{"country", `{"update":{"country":"US"}}`, "error.update.country.no_update"},
		{"option", `{"update":{"lastname":"King","option":"ignoreIfAlreadyExists"}}`, "error.command.update.option.no"},
		{"unknown key", `{"update":{"nickname":"A"}}`, "error.command.illegal_entry"},
		{"a number", `{"update":{"lastname":7}}`, "error.command.create.string_expected"},
		{"a list", `{"update":[]}`, "error.command.create.object_expected"},
		{"a bad e-mail", `{"update":{"lastname":"King","email":"ada"}}`, "error.user.email.invalid"},
		{"an unclaimed e-mail", `{"update":{"lastname":"King","email":"ada@elsewhere.example"}}`, "error.domain.trust.nonexistent"},
		{"an empty e-mail", `{"update":{"lastname":"King","email":""}}`, "error.user.email.invalid"},
		{"a taken e-mail", `{"update":{"lastname":"King","email":"ZOE@example.com"}}`, "error.user.email.name_in_use"},
		{"a taken username", `{"update":{"lastname":"King","username":"Zoe@example.com"}}`, "error.user.name_in_use"},
		{"an unclaimed username", `{"update":{"lastname":"King","username":"ada@elsewhere.example"}}`, "error.domain.trust.nonexistent"},
		{"an unusable username", `{"update":{"lastname":"King","username":"@example.com"}}`, "error.user.name.invalid"},
		{"an e-mail that a removed user keeps", `{"update":{"lastname":"King","email":"max@example.com"}}`, "error.user.email.name_in_use"},
		{"a long name", `{"update":{"lastname":"` + strings.Repeat("k", 251) + `"}}`, "error.command.string.too_long"},
		{"a blank name", `{"update":{"lastname":" "}}`, "error.internal.update_failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, nil)
			c.seed([]emulator.User{ada(), {Email: "zoe@example.com"}, {Email: "max@example.com", Removed: true}})
			before := c.em.Users()
			got := c.fails(on("ada@example.com", tt.step))
			require.Equal(t, tt.code, got.ErrorCode, got.Message)
			require.Equal(t, before, c.em.Users())
		})
	}
}

func TestUpdate_EmailThatIsTheUsernameOfAnother(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada(), {Email: "zoe@example.com", Username: "king@example.com"}})
	require.Equal(t, "error.user.name_in_use", c.fails(on("ada@example.com", `{"update":{"email":"king@example.com"}}`)).ErrorCode)
	c.ok(on("ada@example.com", `{"update":{"email":"king@example.com","username":"ada.king@example.com"}}`))
	require.Equal(t, "ada.king@example.com", c.user("king@example.com").Username)
}

// Adobe's command line sends an update of nothing before other steps.
func TestUpdate_OfNothing(t *testing.T) {
	t.Parallel()
	c := start(t, withDirectories)
	c.seed([]emulator.User{ada(), {Email: "bob@elsewhere.example"}, {Email: "pia@partner.example"}})
	before := c.em.Users()
	for _, u := range before {
		c.ok(on(u.Email, `{"update":{}}`))
	}
	require.Equal(t, before, c.em.Users())
	require.Equal(t, "error.user.nonexistent", c.fails(on("zoe@example.com", `{"update":{}}`)).ErrorCode)
}

// Adobe's Python client sends it where it means that there is no option.
func TestOption_ErrorIfAlreadyExists(t *testing.T) {
	t.Parallel()
	const option = "errorIfAlreadyExists"
	adobe := on("bob@elsewhere.example", `{"addAdobeID":{"email":"bob@elsewhere.example","option":"`+option+`"}}`)
	group := onGroup("Design", `{"createUserGroup":{"option":"`+option+`"}}`)
	for command, code := range map[string]string{
		federated("ada@example.com", option): "error.user.already_in_org",
		adobe:                                "error.user.already_in_org",
		group:                                "error.usergroup.already_exists",
	} {
		c := start(t, nil)
		c.ok(command)
		require.Equal(t, code, c.fails(command).ErrorCode)
	}
}

func TestUpdate_AdobeIDCannotChange(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{{Email: "bob@elsewhere.example"}})
	require.Equal(t, "error.update.adobeid.no", c.fails(on("bob@elsewhere.example", `{"update":{"lastname":"King"}}`)).ErrorCode)
}

func TestUpdate_MovesTheEmail(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                      string
		switches                  emulator.Switches
		username, step            string
		wantEmail, wantedUsername string
	}{
		{"and the username follows", emulator.Switches{}, "ada@example.com",
			`{"update":{"email":"ada.king@example.org"}}`, "ada.king@example.org", "ada.king@example.org"},
		{"and the username stays if switched so", emulator.Switches{UsernameKeepsOnEmailChange: true}, "ada@example.com",
			`{"update":{"email":"ada.king@example.org"}}`, "ada.king@example.org", "ada@example.com"},
		{"and both change as told", emulator.Switches{UsernameKeepsOnEmailChange: true}, "ada@example.com",
			`{"update":{"email":"ada.king@example.org","username":"ada.king@example.org"}}`, "ada.king@example.org", "ada.king@example.org"},
		{"and a username of its own stays", emulator.Switches{}, "abyron",
			`{"update":{"email":"ada.king@example.org"}}`, "ada.king@example.org", "abyron"},
		{"but not its case", emulator.Switches{}, "ada@example.com",
			`{"update":{"email":"ADA@example.com"}}`, "ada@example.com", "ada@example.com"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, func(cfg *emulator.Config) { cfg.Switches = tt.switches })
			u := ada()
			u.Username, u.Domain = tt.username, "example.com"
			c.seed([]emulator.User{u}, "Design")
			before := c.user("ada@example.com")
			c.ok(on("ada@example.com", tt.step, list("add", "group", "Design")))
			after := c.user(tt.wantEmail)
			require.Equal(t, tt.wantEmail, after.Email)
			require.Equal(t, tt.wantedUsername, after.Username)
			require.Equal(t, before.ID, after.ID)
			require.Equal(t, []string{"Design"}, after.Groups, "later steps follow the user")
			if tt.wantEmail != "ada@example.com" {
				require.Equal(t, "error.user.nonexistent", c.fails(on("ada@example.com", tt.step)).ErrorCode)
			}
		})
	}
}

func TestTwins_WhichAccountAnAddressHits(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada(), {Email: "Ada@example.com", Type: emulator.TypeAdobeID}}, "Own", "Adobe", "List")
	c.ok(
		on("ada@example.com", list("add", "group", "Own")),
		`{"user":"ada@example.com","useAdobeID":true,"do":[{"add":{"group":["Adobe"]}}]}`,
		onGroup("List", list("add", "user", "ADA@example.com")),
	)
	require.Equal(t, []string{"ada@example.com"}, c.em.Members("Own"))
	require.Equal(t, []string{"Ada@example.com"}, c.em.Members("Adobe"))
	require.Equal(t, []string{"ada@example.com"}, c.em.Members("List"))
	c.ok(on("ada@example.com", `{"removeFromOrg":{}}`))
	require.Equal(t, emulator.TypeAdobeID, c.user("ada@example.com").Type)
	c.ok(on("ada@example.com", list("add", "group", "Own")))
	require.Equal(t, []string{"Ada@example.com"}, c.em.Members("Own"), "silently the Adobe ID, when it is the only one left")
}

func TestTwins_CreateBesideAnAdobeIDDoesNothing(t *testing.T) {
	t.Parallel()
	for _, beside := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.CreateBesideAdobeID = beside })
		c.seed([]emulator.User{{Email: "ada@example.com", Type: emulator.TypeAdobeID}}, "Design")
		c.ok(federated("ada@example.com", "updateIfAlreadyExists", list("add", "group", "Design")))
		users := c.em.Users()
		if beside {
			require.Len(t, users, 2)
			require.Equal(t, []string{"Design"}, c.user("ada@example.com").Groups)
			require.Equal(t, emulator.TypeFederatedID, c.user("ada@example.com").Type)
			continue
		}
		require.Len(t, users, 1)
		require.Equal(t, emulator.TypeAdobeID, users[0].Type)
		require.Equal(t, []string{"Design"}, users[0].Groups, "what follows hits the Adobe ID")
	}
}

func TestAddAdobeID(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada()}, "Design")
	add := func(email, option string) string {
		return `{"user":"` + email + `","useAdobeID":true,"do":[{"addAdobeID":{"email":"` + email + `"` + optionField(option) + `}},` + list("add", "group", "Design") + `]}`
	}
	c.ok(add("bob@elsewhere.example", ""), add("ada@example.com", ""))
	require.Equal(t, emulator.TypeAdobeID, c.user("bob@elsewhere.example").Type)
	require.Empty(t, c.user("bob@elsewhere.example").Domain)
	require.Len(t, c.em.Users(), 3, "an Adobe ID beside the account of the organisation")
	require.Empty(t, c.user("ada@example.com").Groups)
	require.Equal(t, "error.user.already_in_org", c.fails(add("bob@elsewhere.example", "")).ErrorCode)
	c.ok(add("bob@elsewhere.example", "ignoreIfAlreadyExists"))

	id := c.user("bob@elsewhere.example").ID
	c.ok(on("bob@elsewhere.example", `{"removeFromOrg":{}}`))
	require.Len(t, c.em.Users(), 2)
	c.ok(add("BOB@elsewhere.example", ""))
	require.Equal(t, id, c.user("bob@elsewhere.example").ID, "the person's account was there all the time")
}

func TestRemoveFromOrg_SoftKeepsTheAccountInTheDirectory(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{{Email: "Ada@example.com", FirstName: "Ada", LastName: "Byron", Country: "GB", Groups: []string{"Design"}}}, "Design")
	id := c.user("ada@example.com").ID
	c.ok(on("ada@example.com", `{"removeFromOrg":{"deleteAccount":false}}`))
	require.Empty(t, c.em.Users())
	require.Empty(t, c.em.Members("Design"))
	require.Len(t, c.em.DirectoryOnly(), 1)
	require.Equal(t, "error.user.nonexistent", c.fails(on("ada@example.com", `{"update":{"lastname":"x"}}`)).ErrorCode)

	c.ok(on("ada@example.com", `{"createFederatedID":{"email":"ada@example.com","firstname":"Augusta","lastname":"King","country":"US"}}`))
	u := c.user("ada@example.com")
	require.Equal(t, "Ada@example.com", u.Email, "the old spelling comes back")
	require.Equal(t, "Ada@example.com", u.Username)
	require.Equal(t, "Ada", u.FirstName)
	require.Equal(t, "GB", u.Country)
	require.Equal(t, id, u.ID)
	require.Empty(t, u.Groups)
	require.Empty(t, c.em.DirectoryOnly())
}

func TestRemoveFromOrg_ReturningWithUpdateTakesTheNames(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	u := ada()
	u.Removed = true
	c.seed([]emulator.User{u})
	c.ok(on("ada@example.com", `{"createFederatedID":{"email":"ada@example.com","firstname":"Augusta","lastname":"King","country":"US","option":"updateIfAlreadyExists"}}`))
	require.Equal(t, "Augusta", c.user("ada@example.com").FirstName)
	require.Equal(t, "GB", c.user("ada@example.com").Country)
}

func TestRemoveFromOrg_HardDeletesTheAccount(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	gone := emulator.User{Email: "gone@example.com", Removed: true}
	c.seed([]emulator.User{ada("Design"), gone, {Email: "bob@elsewhere.example"}}, "Design")
	id := c.user("ada@example.com").ID
	hard := `{"removeFromOrg":{"deleteAccount":true}}`
	c.ok(on("ada@example.com", hard), on("gone@example.com", hard), on("bob@elsewhere.example", hard))
	require.Empty(t, c.em.Users())
	require.Empty(t, c.em.Members("Design"))
	left := c.em.DirectoryOnly()
	require.Len(t, left, 1, "an Adobe ID is never deleted")
	require.Equal(t, "bob@elsewhere.example", left[0].Email)
	c.ok(federated("ada@example.com", ""))
	require.NotEqual(t, id, c.user("ada@example.com").ID)
}

func TestRemoveFromOrg_OfAnUnknownUser(t *testing.T) {
	t.Parallel()
	soft, hard := on("zoe@example.com", `{"removeFromOrg":{}}`), on("zoe@example.com", `{"removeFromOrg":{"deleteAccount":true}}`)
	c := start(t, nil)
	for _, command := range []string{soft, hard} {
		got := c.fails(command)
		require.Equal(t, "error.user.nonexistent", got.ErrorCode)
		require.Equal(t, "User Id does not exist: zoe@example.com", got.Message)
	}
	c = start(t, func(cfg *emulator.Config) { cfg.Switches.SoftRemoveOfUnknownSucceeds = true })
	c.ok(soft)
	require.Equal(t, "error.user.nonexistent", c.fails(hard).ErrorCode)
}
