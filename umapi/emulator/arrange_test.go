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

// groupList is a page of groups as a client would decode it.
type groupList struct {
	LastPage bool
	Groups   []struct {
		GroupName, Type, ContractName, AdminGroupName, LicenseQuota string
		GroupID                                                     int64
	}
}

func (c *caller) groups(page int) (groupList, answer) {
	c.t.Helper()
	a := c.get(fmt.Sprintf("/groups/%s/%d", orgID, page))
	require.Equal(c.t, http.StatusOK, a.status, a.body)
	var l groupList
	require.NoError(c.t, json.Unmarshal([]byte(a.body), &l))
	return l, a
}

// everything lists all users, or all members, and all groups page by page, and
// returns their e-mails and names as they came.
func (c *caller) everything(path string) (emails, names []string) {
	c.t.Helper()
	for page := 0; ; page++ {
		l, _ := c.list(fmt.Sprintf("/users/%s/%d%s", orgID, page, path))
		emails = append(emails, l.emails()...)
		if *l.LastPage {
			break
		}
	}
	for page := 0; ; page++ {
		l, _ := c.groups(page)
		for _, g := range l.Groups {
			names = append(names, g.GroupName)
		}
		if l.LastPage {
			return emails, names
		}
	}
}

// orderly is an organisation of 50 users, in one of 50 groups, and lists of it.
func orderly(t *testing.T, order emulator.ListOrder) *caller {
	t.Helper()
	c := start(t, func(cfg *emulator.Config) {
		cfg.UsersPerPage, cfg.GroupsPerPage = 10, 10
		cfg.Switches.ListOrder = order
	})
	for i := range 50 {
		c.seed(nil, fmt.Sprintf("G%02d", i))
	}
	for i := range 50 {
		c.seed([]emulator.User{{Email: fmt.Sprintf("u%02d@example.com", i), Groups: []string{"G00"}}})
	}
	return c
}

func TestSwitch_ListOrder(t *testing.T) {
	t.Parallel()
	for _, order := range []emulator.ListOrder{emulator.OrderCreation, emulator.OrderPerListing, emulator.OrderPerPage} {
		for _, path := range []string{"", "/G00"} {
			t.Run(string(order)+path, func(t *testing.T) {
				t.Parallel()
				c := orderly(t, order)
				emails, names := c.everything(path)
				emails2, names2 := c.everything(path)
				require.Len(t, emails, 50)
				require.Len(t, names, 53)
				require.Equal(t, order == emulator.OrderCreation, slices.IsSorted(emails))
				require.Equal(t, order == emulator.OrderCreation, slices.Equal(emails, emails2))
				require.Equal(t, order == emulator.OrderCreation, slices.Equal(names, names2))
				whole := order != emulator.OrderPerPage
				require.Equal(t, whole, distinct(emails) == 50 && distinct(emails2) == 50)
				require.Equal(t, whole, distinct(names) == 53 && distinct(names2) == 53)
			})
		}
	}
}

func distinct(names []string) int { return len(slices.Compact(slices.Sorted(slices.Values(names)))) }

// Whoever comes or goes between two pages moves others by a place at most.
func TestSwitch_ListOrderStaysWhileUsersComeAndGo(t *testing.T) {
	t.Parallel()
	c := orderly(t, emulator.OrderPerListing)
	l, _ := c.list("/users/" + orgID + "/0")
	before := l.emails()
	c.ok(on(before[0], `{"removeFromOrg":{}}`))
	l, _ = c.list("/users/" + orgID + "/1")
	for _, e := range before {
		require.NotContains(t, l.emails(), e)
	}
}

func TestSwitch_SameSeedSameOrder(t *testing.T) {
	t.Parallel()
	a, _ := orderly(t, emulator.OrderPerListing).everything("")
	b, _ := orderly(t, emulator.OrderPerListing).everything("")
	require.Equal(t, a, b)
}

func TestSwitch_UnstableGroupOrder(t *testing.T) {
	t.Parallel()
	for _, unstable := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.UnstableGroupOrder = unstable })
		groups := []string{"A", "B", "C", "D", "E", "F", "G", "H"}
		c.seed([]emulator.User{ada(groups...)}, groups...)
		seen := map[string]bool{}
		for range 5 {
			l, _ := c.list("/users/" + orgID + "/0")
			require.ElementsMatch(t, groups, l.Users[0]["groups"])
			seen[fmt.Sprint(l.Users[0]["groups"])] = true
		}
		require.Equal(t, unstable, len(seen) > 1)
	}
}

func TestSwitch_UpperCaseUsernames(t *testing.T) {
	t.Parallel()
	for upper, want := range map[bool]string{false: "a.byron@example.com", true: "A.BYRON@EXAMPLE.COM"} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.UpperCaseUsernames = upper })
		u := ada("Design")
		u.Username = "a.byron@example.com"
		c.seed([]emulator.User{u, {Email: "bob@elsewhere.example"}}, "Design")
		for _, path := range []string{"/users/" + orgID + "/0", "/users/" + orgID + "/0/Design"} {
			l, _ := c.list(path)
			require.Equal(t, want, l.Users[0]["username"])
			require.Equal(t, "ada@example.com", l.Users[0]["email"])
		}
		require.Contains(t, c.get("/organizations/"+orgID+"/users/ada@example.com").body, `"username":"`+want+`"`)
		l, _ := c.list("/users/" + orgID + "/0")
		require.Equal(t, "bob@elsewhere.example", l.Users[1]["username"], "an Adobe ID's")
	}
}

func TestSwitch_MissingGroupTypes(t *testing.T) {
	t.Parallel()
	for _, missing := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) {
			cfg.Switches.MissingGroupTypes = missing
			cfg.GroupsPerPage = 4
		})
		c.seed(nil, "A", "B", "C", "D", "E")
		at := 0
		for page := range 2 {
			l, a := c.groups(page)
			for _, g := range l.Groups {
				require.Equal(t, missing && at%3 == 2, g.Type == "", "%d in %s", at, a.body)
				at++
			}
		}
		require.Equal(t, 8, at)
	}
}

func TestSwitch_FullPageContinues(t *testing.T) {
	t.Parallel()
	for _, continues := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) {
			cfg.Switches.FullPageContinues = continues
			cfg.UsersPerPage, cfg.GroupsPerPage = 2, 4
		})
		c.seed([]emulator.User{ada("Design"), {Email: "zoe@example.com", Groups: []string{"Design"}}}, "Design")
		for _, path := range []string{"/users/" + orgID + "/%d", "/users/" + orgID + "/%d/Design", "/groups/" + orgID + "/%d"} {
			a := c.get(fmt.Sprintf(path, 0))
			require.Contains(t, a.body, fmt.Sprintf(`{"lastPage":%t,"result":"success"`, !continues), path)
			a = c.get(fmt.Sprintf(path, 1))
			require.Equal(t, continues, a.status == http.StatusNotFound, a.body)
		}
		// A last page that is not full is the last.
		c.seed([]emulator.User{{Email: "eve@example.com"}})
		l, _ := c.list("/users/" + orgID + "/1")
		require.True(t, *l.LastPage)
		require.Equal(t, []string{"eve@example.com"}, l.emails())
	}
}

func TestSwitch_TotalCountUnfiltered(t *testing.T) {
	t.Parallel()
	for _, unfiltered := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) {
			cfg.Switches.TotalCountUnfiltered = unfiltered
			cfg.TechnicalAccounts = 3
		})
		profile(c, "Photoshop", "", "1")
		c.seed([]emulator.User{ada("Photoshop"), {Email: "zoe@example.com", Groups: []string{"Photoshop"}}, {Email: "bob@elsewhere.example"}})
		for path, counts := range map[string][2]string{
			"/0":                           {"6", "6"},
			"/0?domain=example.com":        {"2", "6"},
			"/0/Photoshop":                 {"2", "2"},
			"/0/Photoshop?status=active":   {"1", "2"},
			"/0/Photoshop?status=inactive": {"1", "2"},
		} {
			l, h := c.list("/users/" + orgID + path)
			want := counts[0]
			if unfiltered {
				want = counts[1]
			}
			require.Equal(t, [4]string{want, "1", "0", fmt.Sprint(len(l.Users))}, paging(h), path)
		}
	}
}

func TestSwitch_SingleReadPrefersAdobeID(t *testing.T) {
	t.Parallel()
	for prefers, id := range map[bool]string{false: "1@example.com", true: "2@AdobeID"} {
		c := start(t, func(cfg *emulator.Config) { cfg.Switches.SingleReadPrefersAdobeID = prefers })
		c.seed([]emulator.User{
			{ID: "1@example.com", Email: "ada@example.com"}, {ID: "2@AdobeID", Email: "ada@example.com", Type: emulator.TypeAdobeID},
			{ID: "3@example.com", Email: "zoe@example.com"},
		})
		for path, want := range map[string]string{
			"ada@example.com": id, "ada@example.com?domain=example.com": "1@example.com",
			"ada@example.com?domain=AdobeID": "2@AdobeID", "zoe@example.com": "3@example.com",
		} {
			require.Contains(t, c.get("/organizations/"+orgID+"/users/"+path).body, `"id":"`+want+`"`, path)
		}
	}
}

func TestUsers_TechnicalAccountsAreCountedOnly(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.TechnicalAccounts = 2 })
	c.seed([]emulator.User{ada("Design")}, "Design")
	l, h := c.list("/users/" + orgID + "/0")
	require.Equal(t, []string{"ada@example.com"}, l.emails())
	require.Equal(t, [4]string{"3", "1", "0", "1"}, paging(h))
	_, h = c.list("/users/" + orgID + "/0/Design")
	require.Equal(t, [4]string{"1", "1", "0", "1"}, paging(h))
}

func TestGroups_OfContractsAndWithIDsOfTheirOwn(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	const name = "ABCDEF0123_CONTRACT_GROUP"
	require.NoError(t, c.em.AddGroup(emulator.Group{ID: 7, Name: name, Type: emulator.GroupTypeContractAdmin, Contract: "ETLA - ABCDEF0123"}))
	require.NoError(t, c.em.AddGroup(emulator.Group{ID: 100000900, Name: "PS", Type: emulator.GroupTypeProductProfile, Quota: "UNLIMITED"}))
	c.seed([]emulator.User{ada(name)}, "Design")
	l, _ := c.groups(0)
	require.Equal(t, int64(7), l.Groups[0].GroupID, "lists are in order of ids")
	require.Equal(t, name, l.Groups[0].GroupName)
	require.Equal(t, "ETLA - ABCDEF0123", l.Groups[0].ContractName)
	require.Equal(t, "_admin_"+name, l.Groups[0].AdminGroupName)
	require.Equal(t, "UNLIMITED", l.Groups[4].LicenseQuota)
	require.Equal(t, int64(100000901), l.Groups[5].GroupID)
	members, _ := c.list("/users/" + orgID + "/0/7")
	require.Equal(t, []string{"ada@example.com"}, members.emails())
	for _, verb := range []string{"add", "remove"} {
		require.Equal(t, "error.group.not_found", c.fails(on("ada@example.com", list(verb, "group", name))).ErrorCode, "it only shows in reads")
	}
	c.ok(on("ada@example.com", `{"remove":"all"}`))
	require.Equal(t, []string{name}, c.user("ada@example.com").Groups)

	for _, g := range []emulator.Group{{ID: 7, Name: "x"}, {ID: -1, Name: "x"}, {Name: "x", Quota: "-1"}, {Name: "x", Quota: "many"}} {
		require.Error(t, c.em.AddGroup(g), "%+v", g)
	}
}
