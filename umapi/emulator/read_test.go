package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// userList is a page of users as a client would decode it.
type userList struct {
	LastPage  *bool            `json:"lastPage"`
	Result    string           `json:"result"`
	GroupName string           `json:"groupName"`
	Users     []map[string]any `json:"users"`
}

func (c *caller) list(path string) (userList, http.Header) {
	c.t.Helper()
	a := c.get(path)
	require.Equal(c.t, http.StatusOK, a.status, a.body)
	var l userList
	require.NoError(c.t, json.Unmarshal([]byte(a.body), &l))
	require.Equal(c.t, "success", l.Result)
	require.NotNil(c.t, l.LastPage)
	require.NotNil(c.t, l.Users)
	return l, a.header
}

func (l userList) emails() []string {
	emails := []string{}
	for _, u := range l.Users {
		emails = append(emails, u["email"].(string))
	}
	return emails
}

// statuses maps e-mails to "status".
func (l userList) statuses() map[string]string {
	s := map[string]string{}
	for _, u := range l.Users {
		s[u["email"].(string)] = u["status"].(string)
	}
	return s
}

func paging(h http.Header) [4]string {
	return [4]string{h.Get("X-Total-Count"), h.Get("X-Page-Count"), h.Get("X-Current-Page"), h.Get("X-Page-Size")}
}

func TestUsers_ShowWhatIsSetAndNothingElse(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	u := ada("Design")
	u.ID = "7C2A@example.com"
	c.seed([]emulator.User{u, {ID: "F414@AdobeID", Email: "bob@elsewhere.example", Country: "US"}}, "Design")
	a := c.get("/users/" + url.PathEscape(orgID) + "/0")
	require.JSONEq(t, `{"lastPage":true,"result":"success","users":[
		{"id":"7C2A@example.com","email":"ada@example.com","status":"active","groups":["Design"],"username":"ada@example.com",
		 "domain":"example.com","firstname":"Ada","lastname":"Byron","country":"GB","type":"federatedID"},
		{"id":"F414@AdobeID","email":"bob@elsewhere.example","status":"active","username":"bob@elsewhere.example","domain":"elsewhere.example","country":"US","type":"adobeID"}]}`, a.body)
	require.Equal(t, [4]string{"2", "1", "0", "2"}, paging(a.header))
}

func TestUsers_OfAnEmptyOrganisation(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	a := c.get("/users/" + orgID + "/0")
	require.JSONEq(t, `{"lastPage":true,"result":"success","users":[]}`, a.body)
	require.Equal(t, [4]string{"0", "1", "0", "0"}, paging(a.header))
}

func TestUsers_PagesCoverEveryoneOnce(t *testing.T) {
	t.Parallel()
	for users, pages := range map[int]int{1: 1, 3: 1, 4: 2, 6: 2, 7: 3} {
		c := start(t, func(cfg *emulator.Config) { cfg.UsersPerPage = 3 })
		for i := range users {
			c.seed([]emulator.User{{Email: fmt.Sprintf("u%d@example.com", i)}})
		}
		seen := map[string]bool{}
		for page := range pages {
			l, h := c.list(fmt.Sprintf("/users/%s/%d", orgID, page))
			require.Equal(t, page == pages-1, *l.LastPage, "%d users, page %d", users, page)
			require.Equal(t, [4]string{fmt.Sprint(users), fmt.Sprint(pages), fmt.Sprint(page), fmt.Sprint(len(l.Users))}, paging(h))
			for _, e := range l.emails() {
				require.False(t, seen[e], "%s twice", e)
				seen[e] = true
			}
		}
		require.Len(t, seen, users)
	}
}

func TestUsers_DefaultPageIsTwoThousand(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for i := range 2001 {
		if i == 2000 {
			l, _ := c.list("/users/" + orgID + "/0")
			require.True(t, *l.LastPage, "exactly a page is the last")
		}
		c.seed([]emulator.User{{Email: fmt.Sprintf("u%d@example.com", i)}})
	}
	l, _ := c.list("/users/" + orgID + "/0")
	require.False(t, *l.LastPage)
	require.Len(t, l.Users, 2000)
}

func TestUsers_OnlyActiveMembersOfTheOrganisation(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{
		ada(), {Email: "off@example.com", Status: "disabled"}, {Email: "gone@example.com", Removed: true}, {Email: "bob@elsewhere.example"},
	})
	l, _ := c.list("/users/" + orgID + "/0")
	require.Equal(t, []string{"ada@example.com", "bob@elsewhere.example"}, l.emails())
	l, _ = c.list("/users/" + orgID + "/0?domain=Example.org")
	require.Equal(t, []string{"ada@example.com"}, l.emails(), "domain means the directory")
	l, _ = c.list("/users/" + orgID + "/0?domain=elsewhere.example")
	require.Empty(t, l.Users)
	for _, e := range []string{"off@example.com", "gone@example.com"} {
		require.Equal(t, http.StatusNotFound, c.get("/organizations/"+orgID+"/users/"+e).status)
	}
}

func TestReads_SeeWhatActionsDid(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.list("/users/" + orgID + "/0")
	c.ok(federated("zoe@example.com", ""))
	l, _ := c.list("/users/" + orgID + "/0")
	require.Equal(t, []string{"zoe@example.com"}, l.emails())
	c.ok(on("zoe@example.com", `{"update":{"email":"zoe.ng@example.com"}}`))
	l, _ = c.list("/users/" + orgID + "/0")
	require.Equal(t, []string{"zoe.ng@example.com"}, l.emails())
	c.ok(on("zoe.ng@example.com", `{"removeFromOrg":{}}`))
	l, _ = c.list("/users/" + orgID + "/0")
	require.Empty(t, l.Users)
}

func TestUsers_DirectOnly(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Photoshop", "", "")
	profile(c, "Acrobat", "", "")
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Design", Profiles: []string{"Photoshop"}}))
	c.seed([]emulator.User{ada("Design", "Acrobat"), {Email: "zoe@example.com", Groups: []string{"Photoshop"}}})
	groups := func(query string) any {
		l, _ := c.list("/users/" + orgID + "/0" + query)
		return l.Users[0]["groups"]
	}
	require.Equal(t, []any{"Acrobat", "Design"}, groups(""))
	require.Equal(t, []any{"Acrobat", "Design"}, groups("?directOnly=True"))
	require.Equal(t, []any{"Photoshop", "Acrobat", "Design"}, groups("?directOnly=False"))

	l, _ := c.list("/users/" + orgID + "/0/Photoshop")
	require.Equal(t, []string{"zoe@example.com"}, l.emails())
	l, _ = c.list("/users/" + orgID + "/0/Photoshop?directOnly=false")
	require.Equal(t, []string{"zoe@example.com", "ada@example.com"}, l.emails())

	c.ok(on("ada@example.com", list("remove", "group", "Photoshop")))
	require.Equal(t, []any{"Photoshop", "Acrobat", "Design"}, groups("?directOnly=false"), "what is held through a group stays")
}

func TestMembers_ByNameOrID(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	name := "Design / Team 5. Ä"
	c.seed([]emulator.User{ada(name), {Email: "zoe@example.com"}}, name, "Empty")
	for _, segment := range []string{url.PathEscape(name), url.PathEscape("design / team 5. ä"), fmt.Sprint(c.group(name).ID)} {
		l, h := c.list("/users/" + orgID + "/0/" + segment)
		require.Equal(t, name, l.GroupName)
		require.Equal(t, []string{"ada@example.com"}, l.emails())
		require.Equal(t, [4]string{"1", "1", "0", "1"}, paging(h))
	}
	for _, none := range []string{"Empty", "_admin_Empty", "Administrators", "_org_admin"} {
		l, _ := c.list("/users/" + orgID + "/0/" + none)
		require.Empty(t, l.Users)
	}
	a := c.get("/users/" + orgID + "/0/1234")
	require.Equal(t, http.StatusNotFound, a.status)
	require.JSONEq(t, `{"lastPage":false,"result":"error.group.not_found","message":"Not found: Group 1234"}`, a.body)
	require.Len(t, c.em.Groups(), 2, "reading makes no group")
}

func TestMembers_ExcludeGroups(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada("Design")}, "Design")
	l, _ := c.list("/users/" + orgID + "/0/Design")
	require.Contains(t, l.Users[0], "groups")
	l, _ = c.list("/users/" + orgID + "/0/Design?excludeGroups=true")
	require.NotContains(t, l.Users[0], "groups")
}

func TestMembers_BeyondTheLicencesAreInactive(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Photoshop", "", "1")
	profile(c, "Acrobat", "", "UNLIMITED")
	c.seed([]emulator.User{ada(), {Email: "zoe@example.com"}})
	for _, u := range []string{"zoe@example.com", "ada@example.com"} {
		c.ok(on(u, list("add", "group", "Photoshop", "Acrobat")))
	}
	l, _ := c.list("/users/" + orgID + "/0/Photoshop")
	require.Equal(t, map[string]string{"zoe@example.com": "active", "ada@example.com": "inactive"}, l.statuses())
	l, _ = c.list("/users/" + orgID + "/0/Photoshop?status=inactive")
	require.Equal(t, map[string]string{"ada@example.com": "inactive"}, l.statuses())
	l, _ = c.list("/users/" + orgID + "/0/Photoshop?status=active")
	require.Equal(t, []string{"zoe@example.com"}, l.emails())
	l, _ = c.list("/users/" + orgID + "/0/Acrobat?status=inactive")
	require.Empty(t, l.Users)
}

func TestUser_ByEmailOrLogin(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{
		{ID: "1@example.com", Email: "ada@example.com", Username: "abyron", Domain: "example.com"},
		{ID: "2@AdobeID", Email: "ada@example.com", Type: emulator.TypeAdobeID},
		{ID: "3@AdobeID", Email: "bob@elsewhere.example"},
		{ID: "4@example.com", Email: "max@example.com", Username: "m.king@example.com"},
		{ID: "5@example.com", Email: "m.ng@example.com", Username: "max@example.com"},
		{ID: "6@example.com", Email: "left@example.com", Username: "l.king@example.com", Removed: true},
	})
	for path, id := range map[string]string{
		"ADA@example.com":                          "1@example.com",
		"ada%40example.com":                        "1@example.com",
		"ada@example.com?domain=AdobeID":           "2@AdobeID",
		"ada@example.com?domain=":                  "1@example.com",
		"Abyron?domain=example.org":                "1@example.com",
		"bob@elsewhere.example":                    "3@AdobeID",
		"M.King@example.com?domain=example.org":    "4@example.com",
		"max@example.com?domain=example.com":       "4@example.com", // though it is another's username
		"m.king@example.com?domain=unknown.":       "",
		"m.king@example.com":                       "",
		"l.king@example.com?domain=example.com":    "",
		"ada@example.com?domain=unknown.":          "",
		"bob@elsewhere.example?domain=example.com": "",
		"zoe@example.com":                          "",
	} {
		a := c.get("/organizations/" + orgID + "/users/" + path)
		if id == "" {
			require.Equal(t, http.StatusNotFound, a.status, path)
			continue
		}
		require.Equal(t, http.StatusOK, a.status, path)
		var body struct {
			Result string
			User   struct{ ID string }
		}
		require.NoError(t, json.Unmarshal([]byte(a.body), &body))
		require.Equal(t, "success", body.Result)
		require.Equal(t, id, body.User.ID, path)
	}
	a := c.get("/organizations/" + orgID + "/users/nobody@example.com")
	require.JSONEq(t, `{"result":"error.user.not_found","message":"User not found nobody@example.com"}`, a.body)
	a = c.get("/organizations/" + orgID + "/users/abyron")
	require.Equal(t, http.StatusBadRequest, a.status)
	require.Contains(t, a.body, "error.user.email.invalid")
}

func TestUser_AdobeIDHasTheDomainOfItsEmailAsItIsSpelled(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{{Email: "BOB@Elsewhere.example"}})
	for _, path := range []string{"/organizations/" + orgID + "/users/bob@elsewhere.example", "/users/" + orgID + "/0"} {
		require.Contains(t, c.get(path).body, `"domain":"Elsewhere.example"`, path)
	}
	require.Empty(t, c.user("bob@elsewhere.example").Domain, "it is in no directory")
	l, _ := c.list("/users/" + orgID + "/0?domain=elsewhere.example")
	require.Empty(t, l.Users, "which the filter is about")
}

func TestGroups_ListsEveryType(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "Photoshop - 100 GB", "Photoshop (Enterprise)", "10")
	c.seed([]emulator.User{ada("Design", "_admin_Design", "_developer_Photoshop - 100 GB", "_product_admin_Photoshop (Enterprise)")}, "Design")
	a := c.get("/groups/" + orgID + "/0")
	require.JSONEq(t, `{"lastPage":true,"result":"success","groups":[
		{"groupId":100000001,"groupName":"Administrators","type":"SYSADMIN_GROUP","memberCount":0},
		{"groupId":100000002,"groupName":"_support_admin","type":"SUPPORT_ADMIN_GROUP","memberCount":0},
		{"groupId":100000003,"groupName":"_deployment_admin","type":"DEPLOYMENT_ADMIN_GROUP","memberCount":0},
		{"groupId":100000004,"groupName":"Photoshop - 100 GB","type":"PRODUCT_PROFILE","memberCount":0,"productName":"Photoshop (Enterprise)","licenseQuota":"10"},
		{"groupId":100000005,"groupName":"Design","type":"USER_GROUP","memberCount":1,"adminGroupName":"_admin_Design"},
		{"groupId":100000006,"groupName":"_admin_Design","type":"USER_ADMIN_GROUP","memberCount":1,"userGroupName":"Design"},
		{"groupId":100000007,"groupName":"_developer_Photoshop - 100 GB","type":"DEVELOPER_GROUP","memberCount":1,"productProfileName":"Photoshop - 100 GB"},
		{"groupId":100000008,"groupName":"_product_admin_Photoshop (Enterprise)","type":"PRODUCT_ADMIN_GROUP","memberCount":1,"productName":"Photoshop (Enterprise)"}]}`, a.body)
	require.Equal(t, [4]string{"8", "1", "0", "8"}, paging(a.header))
}

func TestPages_BeyondTheEnd(t *testing.T) {
	t.Parallel()
	const notFound = `{"lastPage":true,"result":"Not found"}`
	tests := []struct {
		mode           emulator.PageBeyondEnd
		users, groups  int
		usersRepeat    bool
		groupsNotFound bool
	}{
		{emulator.BeyondEndDefault, http.StatusOK, http.StatusOK, true, true},
		{emulator.BeyondEndRepeat, http.StatusOK, http.StatusOK, true, false},
		{emulator.BeyondEndEmptyBody, http.StatusOK, http.StatusOK, false, true},
		{emulator.BeyondEndNotFound, http.StatusNotFound, http.StatusNotFound, false, true},
	}
	for _, tt := range tests {
		t.Run("mode "+string(tt.mode), func(t *testing.T) {
			t.Parallel()
			c := start(t, func(cfg *emulator.Config) { cfg.Switches.PageBeyondEnd = tt.mode })
			c.seed([]emulator.User{ada("Design")}, "Design")
			for _, group := range []string{"", "/Design"} {
				a := c.get("/users/" + orgID + "/1" + group)
				require.Equal(t, tt.users, a.status)
				if tt.usersRepeat {
					require.Equal(t, c.get("/users/"+orgID+"/0"+group).body, a.body)
					require.Equal(t, "0", a.header.Get("X-Current-Page"))
				} else {
					require.JSONEq(t, notFound, a.body)
				}
			}
			a := c.get("/groups/" + orgID + "/7")
			require.Equal(t, tt.groups, a.status)
			require.Equal(t, tt.groupsNotFound, a.body == notFound, a.body)
		})
	}
}

func TestPages_ThatAreNoNumber(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for _, path := range []string{"/users/" + orgID + "/x", "/users/" + orgID + "/-1", "/groups/" + orgID + "/x"} {
		a := c.get(path)
		require.Equal(t, http.StatusBadRequest, a.status, path)
		require.Contains(t, a.body, "For input string")
	}
}
