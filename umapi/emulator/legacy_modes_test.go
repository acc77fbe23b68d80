package emulator_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestOldEndpoints_HaveTheirLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, limited)
		profile(c, "Acrobat", "Document Cloud", "")
		c.seed([]emulator.User{ada()}, "Design")
		product := old("products/%s", c.productID("Document Cloud"))
		configuration := c.configuration("Document Cloud", "Acrobat")
		group := old("user-groups/%d", c.group("Design").ID)
		for _, tt := range []struct {
			method, path, body string
			limit              int
		}{
			{http.MethodGet, old("users"), "", 25},
			{http.MethodGet, old("user-groups"), "", 5},
			{http.MethodGet, group, "", 5},
			{http.MethodPut, group, `{"name":"Design"}`, 5},
			{http.MethodGet, group + "/users", "", 25},
			{http.MethodGet, group + "/admins", "", 25},
			{http.MethodGet, old("products"), "", 5},
			{http.MethodGet, product, "", 5},
			{http.MethodPost, product + "/admin", `{}`, 5},
			{http.MethodGet, product + "/configurations", "", 5},
			{http.MethodGet, configuration, "", 5},
			{http.MethodPost, configuration, `{}`, 5},
			{http.MethodGet, configuration + "/users", "", 25},
			{http.MethodGet, configuration + "/admins", "", 25},
		} {
			time.Sleep(time.Minute)
			for range tt.limit {
				require.Equal(t, http.StatusOK, c.send(c.request(tt.method, tt.path, tt.body)).status, tt.path)
			}
			require.Equal(t, time.Minute, c.retryAfter(c.send(c.request(tt.method, tt.path, tt.body))), tt.path)
		}
	})
}

func TestOldLists_LagBehindChanges(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.ReadLag = time.Minute })
	profile(c, "Acrobat", "Document Cloud", "")
	c.seed([]emulator.User{ada()})
	configuration := c.configuration("Document Cloud", "Acrobat")
	require.Equal(t, http.StatusOK, c.post(old("user-groups"), `{"name":"Design"}`).status)
	design := old("user-groups/%d", c.group("Design").ID)
	require.Equal(t, http.StatusOK, c.post(configuration, `{"addUsers":["ada@example.com"],"addUserGroups":["Design"],"addAdminUsers":["ada@example.com"]}`).status)

	sizes := func() []int {
		var sizes []int
		for _, path := range []string{old("user-groups"), configuration + "/users", configuration + "/admins"} {
			entries, _ := c.oldArray(path)
			sizes = append(sizes, len(entries))
		}
		return sizes
	}
	require.Equal(t, []int{0, 0, 0}, sizes())
	require.Equal(t, http.StatusNotFound, c.get(design).status)
	c.em.Advance(time.Minute)
	require.Equal(t, []int{1, 1, 1}, sizes())

	require.Equal(t, http.StatusNoContent, c.send(c.request(http.MethodDelete, design, "")).status)
	require.Equal(t, http.StatusOK, c.get(design).status, "it still shows")
	c.em.Advance(time.Minute)
	require.Equal(t, http.StatusNotFound, c.get(design).status)
}

func TestOldLists_CanBeInAnotherOrder(t *testing.T) {
	t.Parallel()
	c, lists := oldLists(t, func(cfg *emulator.Config) { cfg.Switches.ListOrder = emulator.OrderPerListing })
	for path, first := range lists {
		orders := map[string]bool{}
		for range 20 {
			var seen []string
			for i := range 3 {
				entries, _ := c.oldArray(fmt.Sprintf("%s?page=%d", path, first+i))
				for _, e := range entries {
					seen = append(seen, fmt.Sprint(e["email"], e["groupId"], e["id"]))
				}
			}
			orders[fmt.Sprint(seen)] = true
			slices.Sort(seen)
			require.Len(t, slices.Compact(seen), 5, "%s: nothing is missed or comes twice", path)
		}
		require.Greater(t, len(orders), 1, path)
	}
}

func TestOldUsers_CountTechnicalAccounts(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.TechnicalAccounts = 3 })
	c.seed([]emulator.User{ada()})
	users, h := c.oldArray(old("users"))
	require.Len(t, users, 1)
	require.Equal(t, [4]string{"4", "1", "0", "1"}, paging(h))
}

func TestOldUsers_MayHaveUsernamesInCapitals(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.Switches.UpperCaseUsernames = true })
	c.seed([]emulator.User{ada()})
	users, _ := c.oldArray(old("users"))
	require.Equal(t, []any{"ADA@EXAMPLE.COM"}, column(users, "username"))
	require.Equal(t, []any{"ada@example.com"}, column(users, "email"))
}

func TestOldProfileChange_OfSyncedUsers(t *testing.T) {
	t.Parallel()
	for _, refused := range []bool{false, true} {
		c := start(t, func(cfg *emulator.Config) {
			cfg.Directories = []emulator.Directory{{Domains: []string{"synced.example"}, Synced: true}}
			cfg.Switches.SyncedMembershipsRefused = refused
		})
		profile(c, "Acrobat", "Document Cloud", "")
		c.seed([]emulator.User{{Email: "bob@synced.example"}})
		a := c.post(c.configuration("Document Cloud", "Acrobat"), `{"addUsers":["bob@synced.example"]}`)
		if !refused {
			require.Equal(t, http.StatusOK, a.status)
			require.Equal(t, []string{"bob@synced.example"}, c.em.Members("Acrobat"))
			continue
		}
		require.Equal(t, http.StatusBadRequest, a.status)
		require.JSONEq(t, `{"errorMessage":"Failed to add users to user group","errorCode":"error.internal.add"}`, a.body)
		require.Empty(t, c.em.Members("Acrobat"))
	}
}
