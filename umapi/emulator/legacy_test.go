package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// old is the path of a deprecated endpoint.
func old(format string, args ...any) string { return "/" + orgID + "/" + fmt.Sprintf(format, args...) }

// oldArray reads a bare array.
func (c *caller) oldArray(path string) ([]map[string]any, http.Header) {
	c.t.Helper()
	a := c.get(path)
	require.Equal(c.t, http.StatusOK, a.status, a.body)
	require.Equal(c.t, "application/json", a.header.Get("Content-Type"))
	var entries []map[string]any
	require.NoError(c.t, json.Unmarshal([]byte(a.body), &entries))
	require.NotNil(c.t, entries, "an empty list is [], not null")
	return entries, a.header
}

// column is one field of each entry.
func column(entries []map[string]any, key string) []any {
	values := []any{}
	for _, e := range entries {
		values = append(values, e[key])
	}
	return values
}

// last is the latest entry of the ledger.
func (c *caller) last() emulator.Entry {
	c.t.Helper()
	entries := c.em.Ledger()
	require.NotEmpty(c.t, entries)
	return entries[len(entries)-1]
}

// oldLists are the paths of all deprecated lists, of an organisation with five
// entries in each, and the number of the first page.
func oldLists(t *testing.T, change func(*emulator.Config)) (*caller, map[string]int) {
	t.Helper()
	c := start(t, func(cfg *emulator.Config) {
		cfg.UsersPerPage, cfg.GroupsPerPage = 2, 2
		if change != nil {
			change(cfg)
		}
	})
	for i := range 5 {
		profile(c, fmt.Sprintf("Profile %d", i), "Photoshop", "")
		if i > 0 {
			profile(c, fmt.Sprintf("Other %d", i), fmt.Sprintf("Product %d", i), "")
		}
		c.seed(nil, fmt.Sprintf("Group %d", i))
	}
	for i := range 5 {
		c.seed([]emulator.User{{
			Email:  fmt.Sprintf("u%d@example.com", i),
			Groups: []string{"Group 0", "_admin_Group 0", "Profile 0", "_admin_Profile 0"},
		}})
	}
	group, product := c.group("Group 0").ID, c.productID("Photoshop")
	configuration := fmt.Sprintf("products/%s/configurations/RGRP-%d", product, c.group("Profile 0").ID)
	return c, map[string]int{
		old("users"):                        0,
		old("user-groups"):                  1,
		old("user-groups/%d/users", group):  0,
		old("user-groups/%d/admins", group): 0,
		old("products"):                     0,
		old("%s/users", configuration):      0,
		old("%s/admins", configuration):     0,
	}
}

// productID is the id of the product with that name.
func (c *caller) productID(name string) string {
	c.t.Helper()
	for page := range 100 {
		products, _ := c.oldArray(old("products?page=%d", page))
		for _, p := range products {
			if p["name"] == name {
				return p["id"].(string)
			}
		}
	}
	c.t.Fatalf("no product %q", name)
	return ""
}

func TestOldLists_PagesCoverEverythingOnce(t *testing.T) {
	t.Parallel()
	c, lists := oldLists(t, nil)
	for path, first := range lists {
		seen := map[string]bool{}
		for i := range 3 {
			entries, h := c.oldArray(fmt.Sprintf("%s?page=%d", path, first+i))
			size := []string{"2", "2", "1"}[i]
			require.Equal(t, [4]string{"5", "3", fmt.Sprint(first + i), size}, paging(h), path)
			require.Len(t, entries, int(size[0]-'0'), path)
			for _, e := range entries {
				key := fmt.Sprint(e["email"], e["groupId"], e["id"])
				require.False(t, seen[key], "%s: %s twice", path, key)
				seen[key] = true
			}
		}
		require.Len(t, seen, 5, path)
	}
}

func TestOldLists_BeginWithTheFirstPage(t *testing.T) {
	t.Parallel()
	c, lists := oldLists(t, nil)
	for path, first := range lists {
		want := c.get(fmt.Sprintf("%s?page=%d", path, first))
		for _, query := range []string{"", "?page=", "?page=0", "/"} {
			got := c.get(path + query)
			require.Equal(t, want.body, got.body, path+query)
			require.Equal(t, paging(want.header), paging(got.header), path+query)
		}
	}
}

func TestOldLists_HoldFourHundredAtMost(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.GroupsPerPage = 1000 })
	for i := range 401 {
		c.seed([]emulator.User{{Email: fmt.Sprintf("u%d@example.com", i)}}, fmt.Sprintf("Group %d", i))
	}
	for _, path := range []string{"users", "user-groups"} {
		entries, h := c.oldArray(old("%s", path))
		require.Len(t, entries, 400, path)
		require.Equal(t, "2", h.Get("X-Page-Count"), path)
		require.Equal(t, "401", h.Get("X-Total-Count"), path)
	}
}

func TestOldLists_OfAnEmptyOrganisation(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for path, first := range map[string]string{"users": "0", "user-groups": "1", "products": "0"} {
		entries, h := c.oldArray(old("%s", path))
		require.Empty(t, entries, path)
		require.Equal(t, [4]string{"0", "1", first, "0"}, paging(h), path)
	}
}

func TestOldLists_PageBeyondTheEnd(t *testing.T) {
	t.Parallel()
	for _, mode := range []emulator.PageBeyondEnd{
		emulator.BeyondEndDefault, emulator.BeyondEndRepeat, emulator.BeyondEndEmptyBody, emulator.BeyondEndNotFound,
	} {
		t.Run("mode "+string(mode), func(t *testing.T) {
			t.Parallel()
			c, lists := oldLists(t, func(cfg *emulator.Config) { cfg.Switches.PageBeyondEnd = mode })
			for path, first := range lists {
				got := c.get(fmt.Sprintf("%s?page=%d", path, first+7))
				switch mode {
				case emulator.BeyondEndEmptyBody:
					require.Equal(t, http.StatusOK, got.status, path)
					require.Equal(t, "[]", got.body, path)
					require.Equal(t, [4]string{"5", "3", fmt.Sprint(first + 7), "0"}, paging(got.header), path)
				case emulator.BeyondEndNotFound:
					require.Equal(t, http.StatusNotFound, got.status, path)
					require.Contains(t, got.body, `"errorMessage"`, path)
				default:
					want := c.get(fmt.Sprintf("%s?page=%d", path, first+2))
					require.Equal(t, want.body, got.body, path)
					require.Equal(t, paging(want.header), paging(got.header), path)
				}
			}
		})
	}
}

func TestOldLists_PageThatIsNoNumber(t *testing.T) {
	t.Parallel()
	c, lists := oldLists(t, nil)
	for path := range lists {
		for _, page := range []string{"x", "-1", "1.5", "99999999999999999999"} {
			a := c.get(path + "?page=" + page)
			require.Equal(t, http.StatusBadRequest, a.status, path)
			require.JSONEq(t, fmt.Sprintf(`{"errorMessage":"For input string: \"%s\""}`, page), a.body)
		}
	}
}

func TestOldEndpoints_NeedTheTokenOfTheOrganisation(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for _, path := range []string{"users", "user-groups", "user-groups/1", "products", "products/x/configurations"} {
		require.Equal(t, http.StatusUnauthorized, c.get("/ANOTHER@AdobeOrg/"+path).status, path)
		r := c.request(http.MethodGet, old("%s", path), "")
		r.Header.Del("X-Api-Key")
		require.Equal(t, http.StatusForbidden, c.send(r).status, path)
	}
}

func TestOldEndpoints_OtherMethodsAreNotAllowed(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for _, tt := range []struct{ method, path, allow string }{
		{http.MethodPost, "users", "GET"},
		{http.MethodPut, "user-groups", "GET, POST"},
		{http.MethodPatch, "user-groups/1", "DELETE, GET, PUT"},
		{http.MethodDelete, "products/x/configurations/y", "GET, POST"},
	} {
		a := c.send(c.request(tt.method, old("%s", tt.path), "{}"))
		require.Equal(t, http.StatusMethodNotAllowed, a.status, tt.path)
		require.Equal(t, tt.allow, a.header.Get("Allow"), tt.path)
		require.NotEmpty(t, c.last().Unexpected)
	}
	require.Empty(t, c.get("/nowhere").header.Values("Allow"))
}
