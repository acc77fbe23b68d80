package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestLists_PagesCoverEverythingOnce(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.UsersPerPage, cfg.GroupsPerPage = 3, 3 })
	c.seed(nil, "G0", "G1", "G2", "G3") // beside three that are always there
	for i := range 7 {
		c.seed([]emulator.User{{Email: fmt.Sprintf("u%d@example.com", i), Groups: []string{"G0"}}})
	}
	for _, path := range []string{"/users/%s/%d", "/users/%s/%d/G0", "/groups/%s/%d"} {
		seen := map[string]bool{}
		for page, size := range []int{3, 3, 1} {
			a := c.get(fmt.Sprintf(path, orgID, page))
			var l struct {
				LastPage      *bool
				Users, Groups []map[string]any
			}
			require.NoError(t, json.Unmarshal([]byte(a.body), &l))
			require.NotNil(t, l.LastPage)
			require.Equal(t, page == 2, *l.LastPage, path)
			require.Equal(t, [4]string{"7", "3", fmt.Sprint(page), fmt.Sprint(size)}, paging(a.header), path)
			entries := slices.Concat(l.Users, l.Groups)
			require.Len(t, entries, size, path)
			for _, e := range entries {
				seen[fmt.Sprint(e["email"], e["groupId"])] = true
			}
		}
		require.Len(t, seen, 7, path)
	}
}

func TestGroups_DefaultPageIsFourHundred(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for i := range 397 { // beside three that are always there
		c.seed(nil, fmt.Sprintf("G%d", i))
	}
	l, a := c.groups(0)
	require.True(t, l.LastPage, "exactly a page is the last")
	require.Equal(t, [4]string{"400", "1", "0", "400"}, paging(a.header))
	c.seed(nil, "One more")
	l, a = c.groups(0)
	require.False(t, l.LastPage)
	require.Len(t, l.Groups, 400)
	require.Equal(t, [4]string{"401", "2", "0", "400"}, paging(a.header))
}

// Each page is of the moment in which it is read: who leaves meanwhile makes the
// others move up, and one of them is missed.
func TestPages_AreOfTheMomentTheyAreRead(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.UsersPerPage = 2 })
	for i := range 5 {
		c.seed([]emulator.User{{Email: fmt.Sprintf("u%d@example.com", i)}})
	}
	l, _ := c.list("/users/" + orgID + "/0")
	require.Equal(t, []string{"u0@example.com", "u1@example.com"}, l.emails())
	c.ok(on("u0@example.com", soft))
	l, h := c.list("/users/" + orgID + "/1")
	require.Equal(t, []string{"u3@example.com", "u4@example.com"}, l.emails())
	require.Equal(t, "4", h.Get("X-Total-Count"))
	require.True(t, *l.LastPage)
	c.ok(federated("u5@example.com", ""))
	l, _ = c.list("/users/" + orgID + "/1")
	require.False(t, *l.LastPage, "who comes is at the end")
	l, _ = c.list("/users/" + orgID + "/2")
	require.Equal(t, []string{"u5@example.com"}, l.emails())
}

// Beside [TestGroups_ListsEveryType]: the administrators of a profile, groups
// that share a name, and a description, which no read shows.
func TestGroups_NamesThatComeTwiceAndNoDescription(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "PS", "Photoshop", "UNLIMITED")
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Design", Description: "for nobody to read"}))
	for range 2 {
		require.NoError(t, c.em.AddGroup(emulator.Group{
			Name: "_product_admin_Photoshop", Type: emulator.GroupTypeProductAdmin, Product: "Photoshop",
		}))
	}
	c.seed([]emulator.User{ada("_admin_PS", "_org_admin")})
	require.JSONEq(t, `{"lastPage":true,"result":"success","groups":[
		{"groupId":100000001,"groupName":"Administrators","type":"SYSADMIN_GROUP","memberCount":1},
		{"groupId":100000002,"groupName":"_support_admin","type":"SUPPORT_ADMIN_GROUP","memberCount":0},
		{"groupId":100000003,"groupName":"_deployment_admin","type":"DEPLOYMENT_ADMIN_GROUP","memberCount":0},
		{"groupId":100000004,"groupName":"PS","type":"PRODUCT_PROFILE","memberCount":0,"productName":"Photoshop","licenseQuota":"UNLIMITED","adminGroupName":"_admin_PS"},
		{"groupId":100000005,"groupName":"Design","type":"USER_GROUP","memberCount":0},
		{"groupId":100000006,"groupName":"_product_admin_Photoshop","type":"PRODUCT_ADMIN_GROUP","memberCount":0,"productName":"Photoshop"},
		{"groupId":100000007,"groupName":"_product_admin_Photoshop","type":"PRODUCT_ADMIN_GROUP","memberCount":0,"productName":"Photoshop"},
		{"groupId":100000008,"groupName":"_admin_PS","type":"PROFILE_ADMIN_GROUP","memberCount":1,"productProfileName":"PS"}]}`,
		c.get("/groups/"+orgID+"/0").body)
	require.NotContains(t, c.get("/users/"+orgID+"/0/Design").body, "nobody")
}

func TestUsers_OfTheDirectoryOfADomain(t *testing.T) {
	t.Parallel()
	c := start(t, withDirectories)
	c.seed([]emulator.User{
		ada(), {Email: "bob@example.org"}, {Email: "eve@ent.example"}, {Email: "zoe@elsewhere.example"},
		{Email: "ada@example.com", Type: emulator.TypeAdobeID}, // in no directory, whatever its e-mail
		{Email: "max@example.com", Username: "max", Domain: "plain.example"},
	})
	for domain, want := range map[string][]string{
		"example.com": {"ada@example.com", "bob@example.org"}, "EXAMPLE.org": {"ada@example.com", "bob@example.org"},
		"ent.example": {"eve@ent.example"}, "plain.example": {"max@example.com"}, "elsewhere.example": {},
	} {
		l, h := c.list("/users/" + orgID + "/0?domain=" + domain)
		require.Equal(t, want, l.emails(), domain)
		require.Equal(t, fmt.Sprint(len(want)), h.Get("X-Total-Count"), domain)
	}
}

// A licence that is missing shows among the members of the profile, and
// nowhere else.
func TestUsers_WithoutALicenceAreActive(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "PS", "", "1")
	c.seed([]emulator.User{ada(), {Email: "zoe@example.com"}})
	c.ok(on("zoe@example.com", list("add", "group", "PS")))
	c.ok(on("ada@example.com", list("add", "group", "PS")))
	members, _ := c.list("/users/" + orgID + "/0/PS")
	require.Equal(t, "inactive", members.statuses()["ada@example.com"])
	l, _ := c.list("/users/" + orgID + "/0")
	require.Equal(t, map[string]string{"ada@example.com": "active", "zoe@example.com": "active"}, l.statuses())
	require.Equal(t, []any{"PS"}, l.Users[0]["groups"])
	a := c.get("/organizations/" + orgID + "/users/ada@example.com")
	require.Equal(t, http.StatusOK, a.status)
	require.Contains(t, a.body, `"status":"active"`)

	c.ok(on("zoe@example.com", list("remove", "group", "PS")))
	members, _ = c.list("/users/" + orgID + "/0/PS")
	require.Equal(t, map[string]string{"ada@example.com": "active"}, members.statuses(), "the licence is hers then")
}
