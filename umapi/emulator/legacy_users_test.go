package emulator_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestOldUsers_HaveTheOldNames(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	u := ada("Design")
	u.ID = "7C2A@example.com"
	c.seed([]emulator.User{u, {ID: "F414@AdobeID", Email: "bob@elsewhere.example", Country: "US"}}, "Design")
	a := c.get(old("users?page=0"))
	require.Equal(t, http.StatusOK, a.status)
	require.JSONEq(t, `[
		{"id":"7C2A@example.com","email":"ada@example.com","status":"active","groups":["Design"],"username":"ada@example.com",
		 "domain":"example.com","firstName":"Ada","lastName":"Byron","countryCode":"GB","userType":"federatedID"},
		{"id":"F414@AdobeID","email":"bob@elsewhere.example","status":"active","username":"bob@elsewhere.example","domain":"elsewhere.example","countryCode":"US","userType":"adobeID"}]`, a.body)
	require.Equal(t, [4]string{"2", "1", "0", "2"}, paging(a.header))
}

func TestOldUsers_AreTheActiveOnesOfTheOrganisation(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada(), {Email: "off@example.com", Status: "disabled"}, {Email: "gone@example.com", Removed: true}})
	users, _ := c.oldArray(old("users"))
	require.Equal(t, []any{"ada@example.com"}, column(users, "email"))
}

func TestOldUsers_ShowRolesByTheirOldNames(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Acrobat", "Document Cloud", "")
	c.seed([]emulator.User{
		ada("_org_admin", "_support_admin", "_deployment_admin", "_admin_Design", "_admin_Acrobat", "Design"),
		{Email: "zoe@example.com", Groups: []string{"Design"}},
	}, "Design")
	users, _ := c.oldArray(old("users"))
	require.ElementsMatch(t, []any{"org", "support", "deployment", "Design", "Acrobat"}, users[0]["adminRoles"])
	require.Contains(t, users[0]["groups"], "_admin_Design", "roles are memberships too")
	require.NotContains(t, users[1], "adminRoles")
}

func TestOldUsers_DirectOnly(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Acrobat", "Document Cloud", "")
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Design", Profiles: []string{"Acrobat"}}))
	c.seed([]emulator.User{ada("Design")})
	for query, want := range map[string][]any{
		"":                  {"Design"},
		"?directOnly=True":  {"Design"},
		"?directOnly=False": {"Acrobat", "Design"},
	} {
		users, _ := c.oldArray(old("users%s", query))
		require.ElementsMatch(t, want, users[0]["groups"], query)
	}
}
