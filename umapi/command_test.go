package umapi

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func ada() Create {
	return Create{Email: "ada@example.com", Country: "GB", FirstName: "Ada", LastName: "Byron", Option: OptionUpdateIfAlreadyExists}
}

func entries(n int, s string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = s
	}
	return all
}

func TestCommand_TravelsAsDocumentedAndIsReadBack(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		command Command
		want    string
	}{
		"a federated user with a group": {
			Command{User: "ada@example.com", RequestID: "c1", Do: []Step{
				CreateStep(FederatedID, ada()),
				{Add: &Memberships{Groups: []string{"Design Team"}}},
			}},
			`{"user":"ada@example.com","requestID":"c1","do":[
				{"createFederatedID":{"email":"ada@example.com","country":"GB","firstname":"Ada","lastname":"Byron","option":"updateIfAlreadyExists"}},
				{"add":{"group":["Design Team"]}}]}`,
		},
		"a plain username has a domain": {
			Command{User: "abyron", Domain: "example.com", Do: []Step{{Remove: &Memberships{Groups: []string{"Trial"}}}}},
			`{"user":"abyron","domain":"example.com","do":[{"remove":{"group":["Trial"]}}]}`,
		},
		"out of every group": {
			Command{User: "zoe@example.com", Do: []Step{{RemoveAll: true}}},
			`{"user":"zoe@example.com","do":[{"remove":"all"}]}`,
		},
		"a group loses members and profiles": {
			Command{UserGroup: "Design Team", Do: []Step{
				{Remove: &Memberships{Users: []string{"ada@example.com"}, ProductConfigurations: []string{"Photoshop - 100 GB"}}}}},
			`{"usergroup":"Design Team","do":[{"remove":{"user":["ada@example.com"],"productConfiguration":["Photoshop - 100 GB"]}}]}`,
		},
		"a group is made or described": {
			Command{UserGroup: "Design Team", Do: []Step{
				{CreateUserGroup: &CreateUserGroup{Description: "d", Option: OptionUpdateIfAlreadyExists}}}},
			`{"usergroup":"Design Team","do":[{"createUserGroup":{"description":"d","option":"updateIfAlreadyExists"}}]}`,
		},
		"an Enterprise ID": {
			Command{User: "eve@example.com", Do: []Step{CreateStep(EnterpriseID, Create{Email: "eve@example.com"})}},
			`{"user":"eve@example.com","do":[{"createEnterpriseID":{"email":"eve@example.com"}}]}`,
		},
		"an Adobe ID": {
			Command{User: "bob@example.net", UseAdobeID: true, Do: []Step{
				CreateStep(AdobeID, Create{Email: "bob@example.net", Option: OptionIgnoreIfAlreadyExists})}},
			`{"user":"bob@example.net","useAdobeID":true,"do":[{"addAdobeID":{"email":"bob@example.net","option":"ignoreIfAlreadyExists"}}]}`,
		},
		"an update says only what changes": {
			Command{User: "ada@example.com", Do: []Step{{Update: &Update{Email: "lovelace@example.com", Username: "lovelace@example.com"}}}},
			`{"user":"ada@example.com","do":[{"update":{"email":"lovelace@example.com","username":"lovelace@example.com"}}]}`,
		},
		"leaving always says what becomes of the account": {
			Command{User: "zoe@example.com", Do: []Step{{RemoveFromOrg: &RemoveFromOrg{}}}},
			`{"user":"zoe@example.com","do":[{"removeFromOrg":{"deleteAccount":false}}]}`,
		},
		"leaving with the account": {
			Command{User: "zoe@example.com", Do: []Step{{RemoveFromOrg: &RemoveFromOrg{DeleteAccount: true}}}},
			`{"user":"zoe@example.com","do":[{"removeFromOrg":{"deleteAccount":true}}]}`,
		},
		"a user group with members": {
			Command{UserGroup: "Design Team", Do: []Step{
				{CreateUserGroup: &CreateUserGroup{}},
				{Add: &Memberships{Users: []string{"ada@example.com"}, ProductConfigurations: []string{"Photoshop - 100 GB"}}},
			}},
			`{"usergroup":"Design Team","do":[{"createUserGroup":{}},
				{"add":{"user":["ada@example.com"],"productConfiguration":["Photoshop - 100 GB"]}}]}`,
		},
		"a rename": {
			Command{UserGroup: "Old", Do: []Step{{UpdateUserGroup: &UpdateUserGroup{Name: "New", Description: "d"}}}},
			`{"usergroup":"Old","do":[{"updateUserGroup":{"name":"New","description":"d"}}]}`,
		},
		"a deletion": {
			Command{UserGroup: "Old", Do: []Step{{DeleteUserGroup: &DeleteUserGroup{}}}},
			`{"usergroup":"Old","do":[{"deleteUserGroup":{}}]}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, tt.command.Validate())
			data, err := json.Marshal(tt.command)
			require.NoError(t, err)
			require.JSONEq(t, tt.want, string(data))
			var back Command
			require.NoError(t, json.Unmarshal(data, &back))
			require.Equal(t, tt.command, back)
		})
	}
}

func TestStep_RefusesToTravelUnlessItHasOneVerb(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Step{
		"none":         {},
		"two":          {Add: &Memberships{}, Remove: &Memberships{}},
		"all and some": {RemoveAll: true, Remove: &Memberships{}},
	} {
		_, err := json.Marshal(s)
		require.Error(t, err, name)
		require.Empty(t, s.Verb(), name)
	}
}

func TestStep_IsNotReadBackAsLessThanItWas(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		`{}`, `[]`, `null`, `"add"`, `{"add":{"group":["a"]},"remove":{"group":["b"]}}`, `{"resetPassword":{}}`,
		`{"add":"all"}`, `{"remove":"ALL"}`, `{"remove":["all"]}`, `{"add":null}`, `{"createFederatedID":{"email":"ada@example.com","nickname":"a"}}`,
	} {
		var s Step
		require.Error(t, json.Unmarshal([]byte(data), &s), data)
	}
}

func TestCreateStep_PicksTheVerb(t *testing.T) {
	t.Parallel()
	require.Equal(t, "createFederatedID", CreateStep(FederatedID, ada()).Verb())
	require.Equal(t, "createEnterpriseID", CreateStep(EnterpriseID, ada()).Verb())
	require.Equal(t, "addAdobeID", CreateStep(AdobeID, ada()).Verb())
	require.Empty(t, CreateStep("unknown", ada()).Verb())
	require.Equal(t, ada(), *CreateStep(AdobeID, ada()).CreatesUser())
}

func TestCommand_ValidateNamesWhatTheServiceWouldRefuse(t *testing.T) {
	t.Parallel()
	add := Step{Add: &Memberships{Groups: []string{"Design Team"}}}
	leave := Step{RemoveFromOrg: &RemoveFromOrg{}}
	user := func(steps ...Step) Command { return Command{User: "ada@example.com", Do: steps} }
	group := func(steps ...Step) Command { return Command{UserGroup: "Design Team", Do: steps} }
	create := func(change func(*Create)) Command {
		c := ada()
		change(&c)
		return user(CreateStep(FederatedID, c))
	}
	steps := func(n int) []Step {
		all := make([]Step, n)
		for i := range all {
			all[i] = add
		}
		return all
	}
	tests := map[string]struct {
		command Command
		want    string // "" if it is valid
	}{
		"ten steps":                            {user(steps(10)...), ""},
		"create, remove, add, leave":           {user(CreateStep(FederatedID, ada()), add, leave), ""},
		"ten entries":                          {user(Step{Add: &Memberships{Groups: entries(10, "G")}}), ""},
		"out of all, then into one":            {user(Step{RemoveAll: true}, add), ""},
		"an Adobe ID in another case":          {user(CreateStep(AdobeID, Create{Email: "Ada@Example.com"})), ""},
		"an admin group is a membership":       {user(Step{Add: &Memberships{Groups: []string{"_admin_Design"}}}), ""},
		"names are left to the service":        {create(func(c *Create) { c.FirstName, c.LastName, c.Country = "", "", "" }), ""},
		"names in any script":                  {create(func(c *Create) { c.FirstName = strings.Repeat("愛", 250) }), ""},
		"no root":                              {Command{Do: []Step{add}}, "neither user nor usergroup"},
		"two roots":                            {Command{User: "ada@example.com", UserGroup: "G", Do: []Step{add}}, "both user and usergroup"},
		"no steps":                             {user(), "0 steps"},
		"eleven steps":                         {user(steps(11)...), "11 steps"},
		"an empty step":                        {user(Step{}), "0 verbs"},
		"a step with two verbs":                {user(Step{Add: add.Add, Remove: add.Add}), "2 verbs"},
		"a domain with an e-mail":              {Command{User: "ada@example.com", Domain: "example.com", Do: []Step{add}}, "domain is set"},
		"a username without a domain":          {Command{User: "abyron", Do: []Step{add}}, "domain is missing"},
		"an e-mail as a domain":                {Command{User: "abyron", Domain: "a@example.com", Do: []Step{add}}, "domain contains @"},
		"a blank user":                         {Command{User: " ", Domain: "example.com", Do: []Step{add}}, "user: empty"},
		"a blank domain":                       {Command{User: "abyron", Domain: " ", Do: []Step{add}}, "domain: empty"},
		"a long user":                          {Command{User: strings.Repeat("a", 250) + "@", Do: []Step{add}}, "user: 251 characters"},
		"a user group with a domain":           {Command{UserGroup: "G", Domain: "example.com", Do: []Step{{DeleteUserGroup: &DeleteUserGroup{}}}}, "for users"},
		"a user group like an admin group":     {Command{UserGroup: "_org_admin", Do: []Step{{DeleteUserGroup: &DeleteUserGroup{}}}}, "begins with _"},
		"a blank user group":                   {Command{UserGroup: " ", Do: []Step{{DeleteUserGroup: &DeleteUserGroup{}}}}, "usergroup: empty"},
		"a long user group":                    {Command{UserGroup: strings.Repeat("g", 256), Do: []Step{{DeleteUserGroup: &DeleteUserGroup{}}}}, "256 characters"},
		"a create that is not first":           {user(add, CreateStep(FederatedID, ada())), "createFederatedID must be the first"},
		"two creates":                          {user(CreateStep(FederatedID, ada()), CreateStep(AdobeID, ada())), "addAdobeID must be the first"},
		"something after leaving":              {user(leave, add), "removeFromOrg must be the last"},
		"something after a deletion":           {group(Step{DeleteUserGroup: &DeleteUserGroup{}}, Step{Add: &Memberships{Users: []string{"a@b"}}}), "deleteUserGroup must be the last"},
		"a group is created late":              {group(Step{Add: &Memberships{Users: []string{"a@b"}}}, Step{CreateUserGroup: &CreateUserGroup{}}), "createUserGroup must be the first"},
		"a user verb under a group":            {group(leave), "does not fit the root"},
		"a group verb under a user":            {user(Step{DeleteUserGroup: &DeleteUserGroup{}}), "does not fit the root"},
		"eleven entries":                       {user(Step{Add: &Memberships{Groups: entries(11, "G")}}), "11 entries"},
		"users and profiles count together":    {group(Step{Add: &Memberships{Users: entries(6, "a@b"), ProductConfigurations: entries(5, "P")}}), "11 entries"},
		"no entries":                           {user(Step{Remove: &Memberships{}}), "0 entries"},
		"an empty entry":                       {user(Step{Add: &Memberships{Groups: []string{"G", ""}}}), "group 1: empty"},
		"a long entry":                         {user(Step{Add: &Memberships{Groups: []string{strings.Repeat("g", 256)}}}), "256 characters"},
		"groups under a group":                 {group(Step{Add: &Memberships{Groups: []string{"G"}}}), "cannot contain groups"},
		"all members of a group":               {group(Step{RemoveAll: true}), "for users, not for user groups"},
		"an Adobe ID with a username":          {Command{User: "ada", Domain: "example.com", Do: []Step{CreateStep(AdobeID, ada())}}, "addAdobeID: email: want that of the root"},
		"an Enterprise ID with another e-mail": {Command{User: "adele@example.com", Do: []Step{CreateStep(EnterpriseID, ada())}}, "createEnterpriseID: email: want"},
		"a blank name":                         {create(func(c *Create) { c.LastName = " " }), "lastname: empty"},
		"a blank username":                     {user(Step{Update: &Update{Username: " "}}), "username: empty"},
		"users under a user":                   {user(Step{Add: &Memberships{Users: []string{"a@b"}}}), "for user groups"},
		"a member who is not an e-mail":        {group(Step{Add: &Memberships{Users: []string{"abyron"}}}), "user 0: want an e-mail"},
		"no e-mail":                            {create(func(c *Create) { c.Email = "" }), "email: empty"},
		"an e-mail without @":                  {create(func(c *Create) { c.Email = "ada" }), "email: no @"},
		"an e-mail of nobody":                  {create(func(c *Create) { c.Email = "@example.com" }), "email: nothing before or after @"},
		"an e-mail without a domain":           {create(func(c *Create) { c.Email = "ada@" }), "email: nothing before or after @"},
		"an e-mail of 61":                      {create(func(c *Create) { c.Email = strings.Repeat("a", 49) + "@example.com" }), "email: 61 characters"},
		"an e-mail that is not ASCII":          {create(func(c *Create) { c.Email = "adä@example.com" }), "printable ASCII"},
		"an e-mail with a space":               {create(func(c *Create) { c.Email = "a da@example.com" }), "printable ASCII"},
		"a country in small letters":           {create(func(c *Create) { c.Country = "gb" }), "country"},
		"a country of three":                   {create(func(c *Create) { c.Country = "GBR" }), "country"},
		"a long name":                          {create(func(c *Create) { c.LastName = strings.Repeat("n", 251) }), "lastname: 251"},
		"a name that is not UTF-8":             {create(func(c *Create) { c.FirstName = "\xff" }), "firstname: not valid UTF-8"},
		"an unknown option":                    {create(func(c *Create) { c.Option = "replace" }), `option "replace"`},
		"an unknown option for a group":        {group(Step{CreateUserGroup: &CreateUserGroup{Option: "replace"}}), `option "replace"`},
		"an update of nothing":                 {user(Step{Update: &Update{}}), "changes nothing"},
		"an update to a bad e-mail":            {user(Step{Update: &Update{Email: "ada"}}), "email: no @"},
		"an update of a group with nothing":    {group(Step{UpdateUserGroup: &UpdateUserGroup{}}), "changes nothing"},
		"a rename to a name of an admin group": {group(Step{UpdateUserGroup: &UpdateUserGroup{Name: "_x"}}), "begins with _"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tt.command.Validate()
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestCommand_ValidateReportsEverythingTogether(t *testing.T) {
	t.Parallel()
	err := Command{User: "abyron", Do: []Step{
		{Add: &Memberships{}},
		CreateStep(FederatedID, Create{Email: "ada", Country: "uk"}),
	}}.Validate()
	for _, want := range []string{"domain is missing", "step 0: add: 0 entries", "step 1: createFederatedID: email", "step 1: createFederatedID: country", "first"} {
		assert.ErrorContains(t, err, want)
	}
}

func TestValidateCall_KeepsCommandsThatNeedAnOrderApart(t *testing.T) {
	t.Parallel()
	user := func(name string) Command {
		return Command{User: name, Do: []Step{{Add: &Memberships{Groups: []string{"G"}}}}}
	}
	drop := func(name string) Command {
		return Command{UserGroup: name, Do: []Step{{DeleteUserGroup: &DeleteUserGroup{}}}}
	}
	group := Command{UserGroup: "G", Do: []Step{{Add: &Memberships{Users: []string{"ada@example.com"}}}}}
	twin := user("ada@example.com")
	twin.UseAdobeID = true

	require.NoError(t, ValidateCall([]Command{user("ada@example.com"), twin, group, group, drop("H")}))
	require.ErrorContains(t, ValidateCall(nil), "0 commands")
	eleven := make([]Command, 11)
	for i := range eleven {
		eleven[i] = group
	}
	require.ErrorContains(t, ValidateCall(eleven), "11 commands")
	require.ErrorContains(t, ValidateCall([]Command{user("ada@example.com"), user("ADA@example.com")}), "command 1: user is the root of command 0")
	require.ErrorContains(t, ValidateCall([]Command{drop("G"), drop("H")}), "2 commands with deleteUserGroup")
	require.ErrorContains(t, ValidateCall([]Command{group, drop("g")}), "command 1: usergroup is the root of command 0")
	require.ErrorContains(t, ValidateCall([]Command{drop("G"), group}), "command 1: usergroup is the root of command 0")
	require.ErrorContains(t, ValidateCall([]Command{group, {}}), "command 1: neither")
}

func TestRepeatSafe_IsWhatLeavesTheSameAfterTwoTimes(t *testing.T) {
	t.Parallel()
	safe := []Step{
		CreateStep(FederatedID, ada()),
		{Update: &Update{FirstName: "Ada", LastName: "King"}},
		{Add: &Memberships{}}, {Remove: &Memberships{}}, {RemoveAll: true}, {RemoveFromOrg: &RemoveFromOrg{}},
		{CreateUserGroup: &CreateUserGroup{}}, {UpdateUserGroup: &UpdateUserGroup{Description: "d"}},
	}
	unsafe := []Step{
		{Update: &Update{Email: "x@example.com"}}, {Update: &Update{Username: "x"}}, {RemoveFromOrg: &RemoveFromOrg{DeleteAccount: true}},
		{UpdateUserGroup: &UpdateUserGroup{Name: "New"}}, {DeleteUserGroup: &DeleteUserGroup{}},
	}
	for _, s := range safe {
		assert.True(t, s.RepeatSafe(), s.Verb())
	}
	for _, s := range unsafe {
		assert.False(t, s.RepeatSafe(), s.Verb())
		assert.False(t, Command{Do: append(append([]Step{}, safe...), s)}.RepeatSafe(), s.Verb())
	}
	assert.True(t, Command{Do: safe}.RepeatSafe())
}
