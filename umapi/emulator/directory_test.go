package emulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// withDirectories adds to example.com and example.org, which are federated, an
// enterprise directory, one of another organisation, one that Entra ID fills,
// and one that is both.
func withDirectories(cfg *emulator.Config) {
	cfg.Directories = []emulator.Directory{
		{Domains: []string{"ent.example"}, Type: emulator.TypeEnterpriseID},
		{Domains: []string{"plain.example"}, Login: emulator.LoginUsername},
		{Domains: []string{"partner.example", "partner2.example"}, Trusted: true},
		{Domains: []string{"synced.example"}, Synced: true},
		{Domains: []string{"both.example"}, Trusted: true, Synced: true},
	}
}

const (
	soft = `{"removeFromOrg":{}}`
	hard = `{"removeFromOrg":{"deleteAccount":true}}`
)

// enterprise is a command that creates an Enterprise ID.
func enterprise(email string) string {
	return on(email, `{"createEnterpriseID":{"email":"`+email+`","firstname":"Eve","lastname":"Ng"}}`)
}

func TestDirectories_EachHasItsTypeAndLogin(t *testing.T) {
	t.Parallel()
	c := start(t, withDirectories)
	c.ok(federated("ada@example.com", ""), enterprise("eve@ent.example"),
		`{"user":"zoe","domain":"plain.example","do":[{"createFederatedID":{"email":"zoe@plain.example","firstname":"Zoe","lastname":"Ng","country":"US"}}]}`)
	require.Equal(t, "example.com", c.user("ada@example.com").Domain)
	require.Equal(t, emulator.TypeEnterpriseID, c.user("eve@ent.example").Type)
	require.Equal(t, "zoe", c.user("zoe@plain.example").Username)
	for command, code := range map[string]string{
		federated("bob@ent.example", ""):   "error.user.type_mismatch",
		enterprise("bob@example.com"):      "error.user.type_mismatch",
		federated("bob@plain.example", ""): "error.user.name.contains.email",
	} {
		require.Equal(t, code, c.fails(command).ErrorCode, command)
	}
	l, _ := c.list("/users/" + orgID + "/0?domain=ent.example")
	require.Equal(t, []string{"eve@ent.example"}, l.emails())
	l, _ = c.list("/users/" + orgID + "/0?domain=example.org")
	require.Equal(t, []string{"ada@example.com"}, l.emails())
}

func TestDirectories_TypeThatNoneHas(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.Equal(t, "error.user.type_not_available", c.fails(enterprise("eve@elsewhere.example")).ErrorCode)
	require.Equal(t, "error.user.type_mismatch", c.fails(enterprise("eve@example.com")).ErrorCode)
	require.Equal(t, "error.domain.trust.nonexistent", c.fails(federated("eve@elsewhere.example", "")).ErrorCode)
	c = start(t, func(cfg *emulator.Config) { cfg.Domains = nil })
	require.Equal(t, "error.user.type_not_available", c.fails(federated("eve@example.com", "")).ErrorCode)
}

func TestDirectories_AnEmailIsUniqueInAllOfThem(t *testing.T) {
	t.Parallel()
	c := start(t, withDirectories)
	c.seed([]emulator.User{ada()})
	command := `{"user":"ada","domain":"plain.example","do":[{"createFederatedID":{"email":"ADA@example.com","firstname":"A","lastname":"B","country":"US","option":"ignoreIfAlreadyExists"}}]}`
	require.Equal(t, "error.user.nonexistent_or_has_conflicting_parameters", c.fails(command).ErrorCode)
}

func TestSwitch_UsernamesUniqueInOrg(t *testing.T) {
	t.Parallel()
	create := `{"user":"ABYRON","domain":"plain.example","do":[{"createFederatedID":{"email":"zoe@plain.example","firstname":"Z","lastname":"N","country":"US"}}]}`
	rename := `{"user":"bob","domain":"plain.example","do":[{"update":{"username":"Abyron"}}]}`
	for unique, codes := range map[bool][]string{
		false: {},
		true:  {"error.user.nonexistent_or_has_conflicting_parameters", "error.user.name_in_use"},
	} {
		for i, command := range []string{create, rename} {
			c := start(t, func(cfg *emulator.Config) {
				withDirectories(cfg)
				cfg.Switches.UsernamesUniqueInOrg = unique
			})
			c.seed([]emulator.User{
				{Email: "ada@example.com", Username: "abyron", Domain: "example.com"},
				{Email: "bob@plain.example", Username: "bob", Domain: "plain.example"},
			})
			reply := c.do(command)
			if unique {
				require.Equal(t, codes[i:i+1], reply.codes())
				continue
			}
			require.Equal(t, "success", reply.Result, "%+v", reply.Errors)
		}
	}
}

func TestTrusted_WhatATrusteeMayDo(t *testing.T) {
	t.Parallel()
	c := start(t, withDirectories)
	c.seed([]emulator.User{{Email: "pia@partner.example", FirstName: "Pia", LastName: "Ng", Country: "DE", Removed: true}}, "Design")
	require.Equal(t, "error.user.not_in_org", c.fails(on("pia@partner.example", list("add", "group", "Design"))).ErrorCode)
	c.ok(federated("pia@partner.example", "updateIfAlreadyExists", list("add", "group", "Design")))
	pia := c.user("pia@partner.example")
	require.Equal(t, "Pia", pia.FirstName, "its owner says what it is called")
	require.Equal(t, "DE", pia.Country)
	require.Equal(t, []string{"Design"}, pia.Groups)
	c.ok(onGroup("Design", list("remove", "user", "pia@partner.example")))
	c.ok(federated("pia@partner.example", "updateIfAlreadyExists"))
	require.Equal(t, "Pia", c.user("pia@partner.example").FirstName)

	got := c.fails(on("pia@partner.example", `{"update":{"lastname":"King"}}`))
	require.Equal(t, "error.api.user.not.parent.org", got.ErrorCode)
	got = c.fails(on("pia@partner.example", hard))
	require.Equal(t, "error.domain.trust.nonexistent", got.ErrorCode)
	require.Equal(t, "Changes to users are only allowed in claimed domains.", got.Message)
	require.Len(t, c.em.Users(), 1)
	c.ok(on("pia@partner.example", soft))
	require.Len(t, c.em.DirectoryOnly(), 1)
	require.Equal(t, "error.domain.trust.nonexistent", c.fails(on("pia@partner.example", hard)).ErrorCode)
	require.Equal(t, "error.user.not_in_org", c.fails(on("pia@partner.example", soft)).ErrorCode)
	require.Equal(t, "error.user.nonexistent", c.fails(on("nobody@partner.example", soft)).ErrorCode)
}

func TestSwitch_TrusteeCannotCreate(t *testing.T) {
	t.Parallel()
	for _, refused := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) {
			withDirectories(cfg)
			cfg.Switches.TrusteeCannotCreate = refused
		})
		c.seed([]emulator.User{{Email: "old@partner.example", Removed: true}})
		c.ok(federated("old@partner.example", ""))
		if !refused {
			c.ok(federated("pia@partner.example", ""))
			continue
		}
		got := c.fails(federated("pia@partner.example", ""))
		require.Equal(t, "error.domain.trust.nonexistent", got.ErrorCode)
		require.Equal(t, "Domain for email is not claimed", got.Message)
	}
}

func TestSynced_RefusesToMakeAndToRemoveUsers(t *testing.T) {
	t.Parallel()
	c := start(t, withDirectories)
	c.seed([]emulator.User{{Email: "sam@synced.example", Groups: []string{"Design"}}}, "Design")
	got := c.fails(federated("new@synced.example", "", list("add", "group", "Design")))
	require.Equal(t, "error.internal.create_failed", got.ErrorCode)
	require.Equal(t, "Could not create person of type createFederatedID", got.Message)
	c.ok(federated("sam@synced.example", "ignoreIfAlreadyExists"))
	for _, step := range []string{soft, hard} {
		got = c.fails(on("sam@synced.example", step))
		require.Equal(t, "error.internal.removefromorg", got.ErrorCode)
		require.Equal(t, "Error removing user from organization: FAILURE", got.Message)
	}
	require.Equal(t, []string{"Design"}, c.user("sam@synced.example").Groups)
	c.ok(on("sam@synced.example", `{"update":{"lastname":"King"}}`))
}

func TestSynced_OfAnotherOrganisation(t *testing.T) {
	t.Parallel()
	c := start(t, withDirectories)
	c.seed([]emulator.User{{Email: "bo@both.example", Removed: true}})
	require.Equal(t, "error.internal.create_failed", c.fails(federated("new@both.example", "")).ErrorCode)
	c.ok(federated("bo@both.example", ""))
	require.Equal(t, "error.domain.trust.nonexistent", c.fails(on("bo@both.example", hard)).ErrorCode)
	c.ok(on("bo@both.example", soft))
	require.Empty(t, c.em.Users())
}

func TestSwitch_SyncedMembershipsRefused(t *testing.T) {
	t.Parallel()
	add, remove := list("add", "group", "New"), list("remove", "group", "Old")
	for _, tt := range []struct{ command, code, message string }{
		{on("sam@synced.example", add), "error.internal.add", "Failed to add users to user group"},
		{on("sam@synced.example", remove), "error.internal.group.remove", ""},
		{on("sam@synced.example", `{"remove":"all"}`), "error.internal.group.remove", ""},
		{onGroup("New", list("add", "user", "ada@example.com", "sam@synced.example")), "error.internal.add", "Failed to add users to user group"},
		{onGroup("Old", list("remove", "user", "ada@example.com", "sam@synced.example")), "error.internal.group.remove", ""},
		{onGroup("Old", `{"remove":"all"}`), "error.internal.group.remove", ""},
	} {
		for _, refused := range []bool{false, true} {
			c := start(t, func(cfg *emulator.Config) {
				withDirectories(cfg)
				cfg.Switches.SyncedMembershipsRefused = refused
			})
			c.seed([]emulator.User{ada("Old"), {Email: "sam@synced.example", Groups: []string{"Old"}}}, "Old", "New")
			before := c.em.Users()
			if !refused {
				c.ok(tt.command)
				require.NotEqual(t, before, c.em.Users(), tt.command)
				continue
			}
			got := c.fails(tt.command)
			require.Equal(t, tt.code, got.ErrorCode, tt.command)
			if tt.message != "" {
				require.Equal(t, tt.message, got.Message)
			}
			require.Equal(t, before, c.em.Users(), "the list is done wholly or not at all")
		}
	}
}

func TestSwitch_SyncedMembershipsRefusedSparesTheRestOfAList(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) {
		withDirectories(cfg)
		cfg.Switches.SyncedMembershipsRefused = true
		cfg.Switches.SkipBadEntries = true
	})
	c.seed([]emulator.User{ada(), {Email: "sam@synced.example"}}, "Design")
	got := c.fails(onGroup("Design", list("add", "user", "ada@example.com", "sam@synced.example")))
	require.Equal(t, "error.internal.add", got.ErrorCode)
	require.Equal(t, []string{"ada@example.com"}, c.em.Members("Design"))
}

func TestUpdate_MovesOnlyWithinTheDirectory(t *testing.T) {
	t.Parallel()
	for _, old := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) {
			withDirectories(cfg)
			cfg.Switches.OtherDomainOldCode = old
		})
		c.seed([]emulator.User{ada()})
		c.ok(on("ada@example.com", `{"update":{"email":"ada@example.org"}}`))
		require.Equal(t, "example.org", c.user("ada@example.org").Domain)
		code := "error.update.domain.mismatch"
		if old {
			code = "error.user.change_domain_update.no"
		}
		for _, domain := range []string{"ent.example", "plain.example", "partner.example"} {
			require.Equal(t, code, c.fails(on("ada@example.org", `{"update":{"email":"ada@`+domain+`"}}`)).ErrorCode)
		}
		got := c.fails(on("ada@example.org", `{"update":{"email":"ada@elsewhere.example"}}`))
		require.Equal(t, "error.domain.trust.nonexistent", got.ErrorCode)
		require.Equal(t, "Changes to users are only allowed in claimed domains.", got.Message)
	}
}

func TestAddDirectory(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.Equal(t, "error.user.type_not_available", c.fails(enterprise("eve@ent.example")).ErrorCode)
	require.NoError(t, c.em.AddDirectory(emulator.Directory{Domains: []string{"Ent.example"}, Type: emulator.TypeEnterpriseID}))
	c.ok(enterprise("eve@ent.example"))
	x := []string{"x.example"}
	for message, d := range map[string]emulator.Directory{
		`[]: it has no domain`: {},
		`["ENT.example"]: domains: "ENT.example" is claimed twice`:                                     {Domains: []string{"ENT.example"}},
		`["example.com"]: domains: "example.com" is claimed twice`:                                     {Domains: []string{"example.com"}},
		`["a b"]: domains: "a b" is not a domain`:                                                      {Domains: []string{"a b"}},
		`["x.example" "X.example"]: domains: "X.example" is claimed twice`:                             {Domains: []string{"x.example", "X.example"}},
		`["x.example"]: type: "adobeID" is not federatedID or enterpriseID`:                            {Domains: x, Type: "adobeID"},
		"[\"x.example\"]: type: \"no\" is not federatedID or enterpriseID\nlogin: \"card\" is unknown": {Domains: x, Type: "no", Login: "card"},
	} {
		require.EqualError(t, c.em.AddDirectory(d), "add directory of "+message)
	}
	require.EqualError(t, c.em.Load(emulator.State{Directories: []emulator.Directory{{Domains: x, Login: "card"}}}),
		"load state:\ndirectory of [\"x.example\"]: login: \"card\" is unknown")
	require.Equal(t, "error.domain.trust.nonexistent", c.fails(federated("zoe@x.example", "")).ErrorCode, "what was refused is not there")
}
