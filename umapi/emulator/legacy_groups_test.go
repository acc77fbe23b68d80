package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestOldGroups_AreTheUserGroups(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Acrobat", "Document Cloud", "")
	c.seed([]emulator.User{
		ada("Design", "_admin_Design", "Acrobat", "_admin_Acrobat"), {Email: "zoe@example.com", Groups: []string{"Design"}},
	}, "Design", "Empty")
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Shared", ReadOnly: true}))
	design, admins, empty, shared := c.group("Design").ID, c.group("_admin_Design").ID, c.group("Empty").ID, c.group("Shared").ID
	a := c.get(old("user-groups?page=1"))
	require.Equal(t, http.StatusOK, a.status)
	require.JSONEq(t, fmt.Sprintf(`[
		{"groupId":%d,"name":"Design","type":"USER_GROUP","adminGroupId":"%d","adminGroupName":"_admin_Design","userCount":2,"adminCount":"1"},
		{"groupId":%d,"name":"Empty","type":"USER_GROUP"},
		{"groupId":%d,"name":"Shared","type":"USER_GROUP","isReadOnly":true}]`, design, admins, empty, shared), a.body)
	require.Equal(t, [4]string{"3", "1", "1", "3"}, paging(a.header))
}

func TestOldGroups_HaveNoAdminGroupWithoutAdmins(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada("_admin_Design")}, "Design")
	c.ok(on("ada@example.com", list("remove", "group", "_admin_Design")))
	groups, _ := c.oldArray(old("user-groups"))
	require.Equal(t, []map[string]any{{"groupId": float64(c.group("Design").ID), "name": "Design", "type": "USER_GROUP"}}, groups)
}

// Adobe's client asks for page 1 first and stops when the page that it was
// given is the last one.
func TestOldGroups_EndForAClientThatCountsFromOne(t *testing.T) {
	t.Parallel()
	for groups, calls := range map[int]int{0: 1, 1: 1, 3: 1, 4: 2, 6: 2, 7: 3} {
		c := start(t, func(cfg *emulator.Config) { cfg.GroupsPerPage = 3 })
		for i := range groups {
			c.seed(nil, fmt.Sprintf("Group %d", i))
		}
		found := 0
		for page := 1; ; page++ {
			entries, h := c.oldArray(old("user-groups?page=%d", page))
			found += len(entries)
			require.Equal(t, fmt.Sprint(page), h.Get("X-Current-Page"))
			if h.Get("X-Current-Page") == h.Get("X-Page-Count") {
				require.Equal(t, calls, page, "%d groups", groups)
				break
			}
		}
		require.Equal(t, groups, found)
	}
}

func TestOldGroup_ByID(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed(nil, "Other")
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Empty", ReadOnly: true}))
	a := c.get(old("user-groups/%d", c.group("Empty").ID))
	require.Equal(t, http.StatusOK, a.status)
	require.JSONEq(t, fmt.Sprintf(`{"groupId":%d,"name":"Empty","type":"USER_GROUP","isReadOnly":true}`, c.group("Empty").ID), a.body)
}

func TestOldGroup_NotFound(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Acrobat", "Document Cloud", "")
	c.seed(nil, "Design")
	for _, id := range []string{"1", "Design", fmt.Sprint(c.group("Acrobat").ID)} {
		for _, r := range []*http.Request{
			c.request(http.MethodGet, old("user-groups/%s", id), ""),
			c.request(http.MethodGet, old("user-groups/%s/users", id), ""),
			c.request(http.MethodGet, old("user-groups/%s/admins", id), ""),
			c.request(http.MethodPut, old("user-groups/%s", id), `{"name":"New"}`),
			c.request(http.MethodDelete, old("user-groups/%s", id), ""),
		} {
			a := c.send(r)
			require.Equal(t, http.StatusNotFound, a.status, r.URL.Path)
			require.JSONEq(t, `{"errorMessage":"GROUP_NOT_FOUND","errorCode":"GROUP_NOT_FOUND"}`, a.body)
			require.Equal(t, "GROUP_NOT_FOUND", c.last().Result)
			require.False(t, c.last().Applied)
		}
	}
}

func TestOldGroupUsers_AndAdmins(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{
		ada("Design"), {Email: "zoe@example.com", Groups: []string{"_admin_Design"}},
		{Email: "off@example.com", Status: "disabled", Groups: []string{"Design"}},
	}, "Design", "Empty")
	design := c.group("Design").ID
	a := c.get(old("user-groups/%d/users", design))
	require.JSONEq(t, `[{"email":"ada@example.com","status":"active","firstName":"Ada","lastName":"Byron","countryCode":"GB","userType":"federatedID"}]`, a.body)
	require.Equal(t, [4]string{"1", "1", "0", "1"}, paging(a.header))
	admins, _ := c.oldArray(old("user-groups/%d/admins", design))
	require.Equal(t, []any{"zoe@example.com"}, column(admins, "email"))
	for _, which := range []string{"users", "admins"} {
		none, _ := c.oldArray(old("user-groups/%d/%s", c.group("Empty").ID, which))
		require.Empty(t, none)
	}
	require.Len(t, c.em.Groups(), 3, "reading makes no group")
}

func TestOldGroupCreate(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	a := c.send(c.request(http.MethodPost, old("user-groups"), `{"name":"Design","description":"Who draws"}`))
	require.Equal(t, http.StatusOK, a.status, a.body)
	g := c.group("Design")
	require.JSONEq(t, fmt.Sprintf(`{"groupId":%d,"name":"Design","type":"USER_GROUP"}`, g.ID), a.body)
	require.Equal(t, "Who draws", g.Description)
	require.True(t, c.last().Applied)
	require.Empty(t, c.last().Unexpected)
	c.seed([]emulator.User{ada()})
	c.ok(onGroup("Design", list("add", "user", "ada@example.com")))
}

func TestOldGroupUpdate(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "DevOps", Description: "Who runs"}))
	c.seed([]emulator.User{ada("DevOps", "_admin_DevOps")})
	id := c.group("DevOps").ID
	put := func(body string) answer { return c.send(c.request(http.MethodPut, old("user-groups/%d", id), body)) }

	a := put(`{"name":"CloudOps"}`)
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.JSONEq(t, fmt.Sprintf(`{"groupId":%d,"name":"CloudOps","type":"USER_GROUP","adminGroupId":"%d",
		"adminGroupName":"_admin_CloudOps","userCount":1,"adminCount":"1"}`, id, c.group("_admin_CloudOps").ID), a.body)
	require.True(t, c.last().Applied)
	require.Equal(t, []string{"ada@example.com"}, c.em.Members("CloudOps"))
	require.Equal(t, "Who runs", c.group("CloudOps").Description, "what is left out stays")

	require.Equal(t, http.StatusOK, put(`{"name":"CloudOps","description":"Who flies"}`).status)
	require.Equal(t, "Who flies", c.group("CloudOps").Description)
	require.Equal(t, http.StatusOK, put(`{"name":"cloudops"}`).status, "its own name is not taken")
	require.Equal(t, id, c.group("cloudops").ID)
}

func TestOldGroupDelete(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada("Design", "_admin_Design")}, "Design")
	a := c.send(c.request(http.MethodDelete, old("user-groups/%d", c.group("Design").ID), ""))
	require.Equal(t, http.StatusNoContent, a.status)
	require.Empty(t, a.body)
	require.True(t, c.last().Applied)
	require.Empty(t, c.em.Groups())
	require.Empty(t, c.user("ada@example.com").Groups, "its members stay in the organisation")
}

func TestOldGroupChanges_ThatAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, want string }{
		"a taken name":             {`{"name":"TAKEN"}`, `{"errorMessage":"DUPLICATE_GROUP_NAME","errorCode":"DUPLICATE_GROUP_NAME"}`},
		"a name a profile has":     {`{"name":"Acrobat"}`, `{"errorMessage":"DUPLICATE_GROUP_NAME","errorCode":"DUPLICATE_GROUP_NAME"}`},
		"no name":                  {`{"description":"x"}`, `{"errorMessage":"Group name is missing"}`},
		"an empty name":            {`{"name":""}`, `{"errorMessage":"Group name is missing"}`},
		"a reserved name":          {`{"name":"_admin_Taken"}`, `{"errorMessage":"Group name is invalid: _admin_Taken"}`},
		"a name that is no string": {`{"name":1}`, `{"errorMessage":"String expected in command for field: name"}`},
		"a name that is too long":  {`{"name":"` + strings.Repeat("x", 256) + `"}`, `{"errorMessage":"String too long in command for field: name, max length 255"}`},
		"an unknown field":         {`{"name":"New","type":"USER_GROUP"}`, `{"errorMessage":"Unknown key in command: type"}`},
		"no object":                {`["New"]`, `{"errorMessage":"Object expected in create or update"}`},
		"no JSON":                  {`{"name":"New"`, `{"errorMessage":"Expected a valid JSON payload"}`},
		"a body that is too large": {`{"name":"New"}` + strings.Repeat(" ", 1000), `{"errorMessage":"Expected a valid JSON payload"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, func(cfg *emulator.Config) { cfg.MaxBody = 900 })
			profile(c, "Acrobat", "Document Cloud", "")
			c.seed(nil, "Taken", "Old")
			before := c.em.Groups()
			for _, r := range []*http.Request{
				c.request(http.MethodPost, old("user-groups"), tt.body),
				c.request(http.MethodPut, old("user-groups/%d", c.group("Old").ID), tt.body),
			} {
				a := c.send(r)
				require.Equal(t, http.StatusBadRequest, a.status)
				require.JSONEq(t, tt.want, a.body)
				require.False(t, c.last().Applied)
				require.Equal(t, name == "an unknown field", c.last().Unexpected != "")
			}
			require.Equal(t, before, c.em.Groups())
		})
	}
}

func TestOldGroupChanges_OfSharedGroupsAreRefused(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Shared", ReadOnly: true}))
	id := c.group("Shared").ID
	a := c.send(c.request(http.MethodPut, old("user-groups/%d", id), `{"name":"Mine"}`))
	require.Equal(t, http.StatusBadRequest, a.status)
	require.JSONEq(t, `{"errorMessage":"Usergroup is owned by another org and readonly: Shared",
		"errorCode":"error.usergroup.readonly.update_not_allowed"}`, a.body)
	a = c.send(c.request(http.MethodDelete, old("user-groups/%d", id), ""))
	require.Equal(t, http.StatusBadRequest, a.status)
	require.JSONEq(t, `{"errorMessage":"User group owned by another organization. Remove not allowed: Shared",
		"errorCode":"error.usergroup.readonly.remove_not_allowed"}`, a.body)
	require.Equal(t, id, c.group("Shared").ID)
}

func TestOldGroupChanges_KnowNoTestOnly(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	a := c.send(c.request(http.MethodPost, old("user-groups?testOnly=true"), `{"name":"Design"}`))
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, "Design", c.group("Design").Name, "it was made all the same")
	require.Contains(t, c.last().Unexpected, "testOnly")
}
