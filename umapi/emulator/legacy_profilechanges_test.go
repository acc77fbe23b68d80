package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func (c *caller) post(path, body string) answer {
	c.t.Helper()
	return c.send(c.request(http.MethodPost, path, body))
}

func TestOldProfileChange_AllLists(t *testing.T) {
	t.Parallel()
	c := library(t)
	c.seed(nil, "Leavers")
	path := c.configuration("Photoshop (Enterprise)", "Photoshop - 2 TB")
	require.Equal(t, http.StatusOK, c.post(path, `{"addUserGroups":["Leavers"],"addAdminUsers":["ada@example.com"]}`).status)
	require.Equal(t, []string{"Photoshop - 2 TB"}, c.group("Leavers").Profiles)

	a := c.post(path, `{
		"addUsers":["ZOE@example.com","bob@elsewhere.example"],"removeUsers":["ada@example.com"],
		"addUserGroups":["design"],"removeUserGroups":["Leavers"],
		"addAdminUsers":["zoe@example.com"],"removeAdminUsers":["ada@example.com"]}`)
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.True(t, c.last().Applied)
	require.Empty(t, c.last().Unexpected)
	require.JSONEq(t, c.get(old("products/%s", c.productID("Photoshop (Enterprise)"))).body, a.body, "the answer is the product")
	require.Equal(t, []string{"bob@elsewhere.example", "zoe@example.com"}, c.em.Members("Photoshop - 2 TB"))
	require.Equal(t, []string{"zoe@example.com"}, c.em.Members("_admin_Photoshop - 2 TB"))
	require.Equal(t, []string{"Photoshop - 2 TB"}, c.group("Design").Profiles)
	require.Empty(t, c.group("Leavers").Profiles)
	l, _ := c.list("/users/" + orgID + "/0")
	require.Contains(t, l.Users[1]["groups"], "Photoshop - 2 TB", "other reads see it")
}

func TestOldProfileChange_RepeatsAndNothingAreFine(t *testing.T) {
	t.Parallel()
	c := library(t)
	path := c.configuration("Document Cloud", "Acrobat")
	for _, body := range []string{
		`{}`, `{"addUsers":[]}`, `{"removeUsers":["zoe@example.com"]}`, `{"removeUserGroups":["Design"]}`,
		`{"addAdminUsers":["ada@example.com"]}`, `{"removeAdminUsers":["zoe@example.com"]}`,
	} {
		require.Equal(t, http.StatusOK, c.post(path, body).status, body)
	}
	require.Empty(t, c.em.Members("Acrobat"))
	require.Equal(t, []string{"ada@example.com"}, c.em.Members("_admin_Acrobat"))
}

func TestOldProfileChange_RemovingAdminsMakesNoGroup(t *testing.T) {
	t.Parallel()
	c := library(t)
	before := c.em.Groups()
	path := c.configuration("Photoshop (Enterprise)", "Photoshop - 2 TB")
	require.Equal(t, http.StatusOK, c.post(path, `{"removeAdminUsers":["ada@example.com"]}`).status)
	require.Equal(t, before, c.em.Groups())
}

func TestOldProfileChange_IsDoneWhollyOrNotAtAll(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body, want string
		unexpected bool
	}{
		"an unknown user":         {`{"addUsers":["zoe@example.com","eve@example.com"]}`, `{"errorMessage":"User not found: eve@example.com"}`, false},
		"an unknown user to take": {`{"addUsers":["zoe@example.com"],"removeUsers":["eve@example.com"]}`, `{"errorMessage":"User not found: eve@example.com"}`, false},
		"an unknown group":        {`{"addUsers":["zoe@example.com"],"addUserGroups":["Ghosts"]}`, `{"errorMessage":"GROUP_NOT_FOUND","errorCode":"GROUP_NOT_FOUND"}`, false},
		"a profile as a group":    {`{"addUsers":["zoe@example.com"],"addUserGroups":["Orphan"]}`, `{"errorMessage":"GROUP_NOT_FOUND","errorCode":"GROUP_NOT_FOUND"}`, false},
		"an unknown list":         {`{"addUsers":["zoe@example.com"],"addProductAdmin":["zoe@example.com"]}`, `{"errorMessage":"Unknown list: addProductAdmin"}`, true},
		"no list":                 {`{"addUsers":"zoe@example.com"}`, `{"errorMessage":"List of strings expected in: addUsers"}`, false},
		"an entry of null":        {`{"addUsers":["zoe@example.com",null]}`, `{"errorMessage":"List of strings expected in: addUsers"}`, false},
		"an empty entry":          {`{"addUsers":["zoe@example.com",""]}`, `{"errorMessage":"List of strings expected in: addUsers"}`, false},
		"no object":               {`["zoe@example.com"]`, `{"errorMessage":"Expected a JSON object of lists"}`, false},
		"no JSON":                 {`{"addUsers":["zoe@example.com"]`, `{"errorMessage":"Expected a valid JSON payload"}`, false},
		"nothing":                 {``, `{"errorMessage":"Expected a valid JSON payload"}`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := library(t)
			a := c.post(c.configuration("Document Cloud", "Acrobat"), tt.body)
			require.Equal(t, http.StatusBadRequest, a.status, a.body)
			require.JSONEq(t, tt.want, a.body)
			require.Empty(t, c.em.Members("Acrobat"))
			require.False(t, c.last().Applied)
			require.Equal(t, tt.unexpected, c.last().Unexpected != "")
		})
	}
}

func TestOldProfileChange_LargeBody(t *testing.T) {
	t.Parallel()
	for status, large413 := range map[int]bool{http.StatusBadRequest: false, http.StatusRequestEntityTooLarge: true} {
		c := start(t, func(cfg *emulator.Config) { cfg.MaxBody, cfg.Switches.LargeBody413 = 50, large413 })
		profile(c, "Acrobat", "Document Cloud", "")
		a := c.post(c.configuration("Document Cloud", "Acrobat"), `{}`+strings.Repeat(" ", 50))
		require.Equal(t, status, a.status)
		require.Contains(t, a.body, "errorMessage")
	}
}

func TestOldProfileChange_PrefersTheOrganisationsOwnAccount(t *testing.T) {
	t.Parallel()
	c := library(t)
	c.seed([]emulator.User{{Email: "zoe@example.com", Type: emulator.TypeAdobeID}})
	path := c.configuration("Document Cloud", "Acrobat")
	require.Equal(t, http.StatusOK, c.post(path, `{"addUsers":["zoe@example.com"]}`).status)
	users, _ := c.oldArray(path + "/users")
	require.Equal(t, []any{"federatedID"}, column(users, "userType"))
}

func TestOldProductAdmin(t *testing.T) {
	t.Parallel()
	c := library(t)
	path := old("products/%s/admin", c.productID("Document Cloud"))
	a := c.post(path, `{"addProductAdmin":["zoe@example.com","ada@example.com"]}`)
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.JSONEq(t, c.get(old("products/%s", c.productID("Document Cloud"))).body, a.body)
	a = c.post(path, `{"removeProductAdmin":["ada@example.com"]}`)
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.True(t, c.last().Applied)
	require.Equal(t, []string{"zoe@example.com"}, c.em.Members("_product_admin_Document Cloud"))

	a = c.post(path, `{"addUsers":["zoe@example.com"]}`)
	require.Equal(t, http.StatusBadRequest, a.status)
	require.NotEmpty(t, c.last().Unexpected)
	a = c.post(old("products/RPC-0/admin"), `{}`)
	require.Equal(t, http.StatusNotFound, a.status)
	require.JSONEq(t, `{"errorMessage":"Not found: Product RPC-0"}`, a.body)
}
