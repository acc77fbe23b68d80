package emulator_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// full is an organisation with one of everything.
const full = `{
	"directories": [
		{"domains": ["ent.example"], "type": "enterpriseID"},
		{"domains": ["partner.example"], "type": "federatedID", "login": "username", "trusted": true, "synced": true}
	],
	"groups": [
		{"id": 5, "name": "ABC_CONTRACT_GROUP", "type": "CONTRACT_ADMIN_GROUP", "contract": "ETLA - ABC"},
		{"id": 100000010, "name": "Design", "type": "USER_GROUP", "description": "d", "profiles": ["PS"], "members": 2},
		{"id": 100000011, "name": "_admin_Design", "type": "USER_ADMIN_GROUP", "implied": true, "members": 1},
		{"id": 100000020, "name": "PS", "type": "PRODUCT_PROFILE", "product": "Photoshop", "quota": "1", "members": 1},
		{"id": 100000021, "name": "_product_admin_Photoshop", "type": "PRODUCT_ADMIN_GROUP", "product": "Photoshop"},
		{"id": 100000022, "name": "_product_admin_Photoshop", "type": "PRODUCT_ADMIN_GROUP", "product": "Photoshop"},
		{"id": 100000030, "name": "Shared", "type": "USER_GROUP", "readOnly": true}
	],
	"users": [
		{"id": "1@example.com", "email": "Zoe@example.com", "username": "Zoe@example.com", "domain": "example.com", "firstName": "Zoe",
		 "lastName": "Ng", "country": "US", "type": "federatedID", "status": "active", "groups": ["Design", "_admin_Design", "_org_admin"]},
		{"id": "2@ent.example", "email": "eve@ent.example", "username": "eve@ent.example", "domain": "ent.example", "type": "enterpriseID", "status": "disabled", "groups": ["Design", "PS"]},
		{"id": "3@AdobeID", "email": "zoe@example.com", "username": "zoe@example.com", "type": "adobeID", "status": "active"},
		{"id": "4@partner.example", "email": "gone@partner.example", "username": "gone", "domain": "partner.example", "type": "federatedID", "status": "active", "removed": true}
	]
}`

func readState(t *testing.T, text string) emulator.State {
	t.Helper()
	var s emulator.State
	require.NoError(t, json.Unmarshal([]byte(text), &s))
	return s
}

func TestState_LoadsWhatItReturns(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.NoError(t, c.em.Load(readState(t, full)))
	first := c.em.State()
	text, err := json.Marshal(first)
	require.NoError(t, err)
	require.JSONEq(t, full, string(text))

	again := start(t, nil)
	require.NoError(t, again.em.Load(readState(t, string(text))))
	require.Equal(t, first, again.em.State())
	for _, path := range []string{"/users/" + orgID + "/0?directOnly=false", "/groups/" + orgID + "/0", "/users/" + orgID + "/0/Design"} {
		require.Equal(t, c.get(path).body, again.get(path).body, path)
	}
}

func TestState_AfterActions(t *testing.T) {
	t.Parallel()
	c := start(t, withDirectories)
	require.NoError(t, c.em.Load(emulator.State{Groups: []emulator.Group{{Name: "PS", Type: emulator.GroupTypeProductProfile}}}))
	c.ok(
		federated("zoe@example.com", ""), federated("ada@example.com", ""), enterprise("eve@ent.example"),
		onGroup("Studio", `{"createUserGroup":{}}`, list("add", "productConfiguration", "PS")),
	)
	c.ok(
		on("zoe@example.com", list("add", "group", "Studio", "_admin_Studio", "_support_admin", "_developer_PS")),
		on("eve@ent.example", soft), on("ada@example.com", hard), federated("bob@example.org", ""),
	)
	s := c.em.State()
	require.Empty(t, s.Directories, "those of the configuration are not in it")
	again := start(t, withDirectories)
	require.NoError(t, again.em.Load(s))
	require.Equal(t, s, again.em.State())
	for _, each := range []*caller{c, again} {
		each.ok(on("zoe@example.com", list("remove", "group", "_admin_Studio")))
		each.ok(onGroup("Studio", `{"updateUserGroup":{"name":"Design"}}`))
	}
	require.Equal(t, c.em.Groups(), again.em.Groups())
}

func TestState_AfterManyActions(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 2))
	c := start(t, nil)
	profile(c, "PS", "", "3")
	for range 300 {
		c.do(randomCommand(chance), randomCommand(chance), randomCommand(chance))
	}
	require.NotEmpty(t, c.em.Users())
	again := start(t, nil)
	require.NoError(t, again.em.Load(c.em.State()))
	require.Equal(t, c.em.State(), again.em.State())
}

func TestState_OfAnEmptyOrganisation(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.Equal(t, emulator.State{}, c.em.State())
	require.NoError(t, c.em.Load(emulator.State{}))
}

func TestLoad_AllOrNothing(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada("Design")}, "Design")
	before, groups := c.em.State(), c.em.Groups()
	err := c.em.Load(emulator.State{
		Directories: []emulator.Directory{{Domains: []string{"ent.example"}}, {Domains: []string{"example.com"}}, {}},
		Groups: []emulator.Group{
			{Name: "Team", Profiles: []string{"PS"}}, {Name: "PS", Type: emulator.GroupTypeProductProfile}, {Name: "DESIGN"},
			{Name: "Good", Profiles: []string{"PS"}}, {Name: "Bad", Profiles: []string{"Ghosts"}}, {Name: "_support_admin"},
		},
		Users: []emulator.User{
			{Email: "new@ent.example", Groups: []string{"Team", "_admin_Team"}}, {Email: "ADA@example.com"}, {Email: "new@ent.example"},
			{Email: "lost@example.com", Groups: []string{"Nowhere"}}, {Email: "left@example.com", Removed: true, Groups: []string{"Team"}},
			{},
		},
	})
	require.Error(t, err)
	for _, named := range []string{
		`directory of ["example.com"]: `, `directory of []: `, `group "DESIGN": `, `group "Bad": `, `group "_support_admin": `,
		`user "ADA@example.com": `, `user "new@ent.example": `, `user "lost@example.com": `, `user "left@example.com": `, `user "": `,
	} {
		require.ErrorContains(t, err, named)
	}
	for _, fine := range []string{`"Team"`, `"PS"`, `"Good"`, `directory of ["ent.example"]`} {
		require.NotContains(t, err.Error(), fine+": ")
	}
	require.Equal(t, before, c.em.State())
	require.Equal(t, groups, c.em.Groups())
	require.Equal(t, "error.domain.trust.nonexistent", c.fails(federated("new@ent.example", "")).ErrorCode, "its directory is not there")
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Next"}))
	require.Equal(t, c.group("Design").ID+1, c.group("Next").ID, "no id was used up")
}

func TestLoad_AddsToWhatIsThere(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada("Design")}, "Design")
	require.NoError(t, c.em.Load(emulator.State{Users: []emulator.User{{Email: "zoe@example.com", Groups: []string{"design"}}}}))
	require.Equal(t, []string{"ada@example.com", "zoe@example.com"}, c.em.Members("Design"))
	users := c.em.State().Users
	require.Equal(t, "ada@example.com", users[0].Email, "in order of creation")
}
