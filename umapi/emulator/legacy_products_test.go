package emulator_test

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// library is an organisation with two products, of which one has two profiles.
func library(t *testing.T) *caller {
	t.Helper()
	c := start(t, nil)
	profile(c, "Photoshop - 100 GB", "Photoshop (Enterprise)", "10")
	profile(c, "Acrobat", "Document Cloud", "UNLIMITED")
	profile(c, "Photoshop - 2 TB", "Photoshop (Enterprise)", "5")
	profile(c, "Orphan", "", "")
	c.seed([]emulator.User{
		ada("Photoshop - 100 GB", "Photoshop - 2 TB", "_admin_Acrobat"),
		{ID: "2@example.com", Email: "zoe@example.com", FirstName: "Zoe", Groups: []string{"Photoshop - 100 GB"}},
		{Email: "bob@elsewhere.example"},
	}, "Design")
	return c
}

// configuration is the path of a profile.
func (c *caller) configuration(product, profile string) string {
	c.t.Helper()
	return old("products/%s/configurations/RGRP-%d", c.productID(product), c.group(profile).ID)
}

func TestOldProducts_AreWhatProfilesBelongTo(t *testing.T) {
	t.Parallel()
	c := library(t)
	a := c.get(old("products"))
	require.JSONEq(t, fmt.Sprintf(`[
		{"id":"%s","code":"PHOT","name":"Photoshop (Enterprise)","userCount":2,"configurationCount":2,"licenseQuota":15},
		{"id":"%s","code":"DOCU","name":"Document Cloud","userCount":0,"configurationCount":1,"licenseQuota":null}]`,
		c.productID("Photoshop (Enterprise)"), c.productID("Document Cloud")), a.body)
	require.Equal(t, [4]string{"2", "1", "0", "2"}, paging(a.header))
}

func TestOldProducts_KeepTheirIDs(t *testing.T) {
	t.Parallel()
	c := library(t)
	id := c.productID("Document Cloud")
	require.Regexp(t, regexp.MustCompile(`^RPC-[0-9A-F]{20}$`), id)
	require.NotEqual(t, id, c.productID("Photoshop (Enterprise)"))
	other := start(t, func(cfg *emulator.Config) { cfg.Seed = 99 })
	profile(other, "Acrobat Pro", "Document Cloud", "3")
	require.Equal(t, id, other.productID("Document Cloud"))
}

func TestOldProduct_ByID(t *testing.T) {
	t.Parallel()
	c := library(t)
	id := c.productID("Document Cloud")
	a := c.get(old("products/%s", id))
	require.Equal(t, http.StatusOK, a.status)
	require.JSONEq(t, fmt.Sprintf(`{"id":"%s","code":"DOCU","name":"Document Cloud","userCount":0,"configurationCount":1,"licenseQuota":null}`, id), a.body)
	a = c.get(old("products/RPC-0"))
	require.Equal(t, http.StatusNotFound, a.status)
	require.JSONEq(t, `{"errorMessage":"Not found: Product RPC-0"}`, a.body)
}

func TestOldProfiles_StandInTheirProduct(t *testing.T) {
	t.Parallel()
	c := library(t)
	product := c.productID("Photoshop (Enterprise)")
	first, second := c.group("Photoshop - 100 GB").ID, c.group("Photoshop - 2 TB").ID
	a := c.get(old("products/%s/configurations", product))
	require.Equal(t, http.StatusOK, a.status)
	require.JSONEq(t, fmt.Sprintf(`{
		"id":"%[1]s","code":"PHOT","name":"Photoshop (Enterprise)","userCount":2,"configurationCount":2,"licenseQuota":15,
		"licenseConfigurations":[
			{"id":"RGRP-%[2]d","adminCount":0,"userCount":2,"licenseQuota":10,"licenseGroupId":%[2]d,"orgId":"%[4]s","productId":"%[1]s"},
			{"id":"RGRP-%[3]d","adminCount":0,"userCount":1,"licenseQuota":5,"licenseGroupId":%[3]d,"orgId":"%[4]s","productId":"%[1]s"}]}`,
		product, first, second, orgID), a.body)
	require.Equal(t, [4]string{"2", "1", "0", "2"}, paging(a.header))
}

func TestOldProfiles_ComeInPages(t *testing.T) {
	t.Parallel()
	c, _ := oldLists(t, nil)
	path := old("products/%s/configurations", c.productID("Photoshop"))
	seen := map[string]bool{}
	for page := range 3 {
		a := c.get(fmt.Sprintf("%s?page=%d", path, page))
		require.Equal(t, [4]string{"5", "3", fmt.Sprint(page), []string{"2", "2", "1"}[page]}, paging(a.header))
		for _, id := range regexp.MustCompile(`RGRP-\d+`).FindAllString(a.body, -1) {
			require.False(t, seen[id])
			seen[id] = true
		}
	}
	require.Len(t, seen, 5)
	require.Equal(t, c.get(path+"?page=2").body, c.get(path+"?page=9").body)
	require.Equal(t, http.StatusBadRequest, c.get(path+"?page=x").status)
}

func TestOldProfile_ByID(t *testing.T) {
	t.Parallel()
	c := library(t)
	a := c.get(c.configuration("Document Cloud", "Acrobat"))
	require.Equal(t, http.StatusOK, a.status)
	require.JSONEq(t, fmt.Sprintf(`{"id":"RGRP-%[1]d","adminCount":1,"userCount":0,"licenseQuota":null,
		"licenseGroupId":%[1]d,"adminGroupId":%[2]d,"orgId":"%[3]s","productId":"%[4]s"}`,
		c.group("Acrobat").ID, c.group("_admin_Acrobat").ID, orgID, c.productID("Document Cloud")), a.body)
}

func TestOldProfile_NotFound(t *testing.T) {
	t.Parallel()
	c := library(t)
	for name, configuration := range map[string]string{
		"unknown product":         fmt.Sprintf("RPC-0/configurations/RGRP-%d", c.group("Acrobat").ID),
		"unknown profile":         c.productID("Document Cloud") + "/configurations/RGRP-1",
		"profile of another":      fmt.Sprintf("%s/configurations/RGRP-%d", c.productID("Document Cloud"), c.group("Orphan").ID),
		"the id that groups have": fmt.Sprintf("%s/configurations/%d", c.productID("Document Cloud"), c.group("Acrobat").ID),
	} {
		for _, r := range []*http.Request{
			c.request(http.MethodGet, old("products/%s", configuration), ""),
			c.request(http.MethodGet, old("products/%s/users", configuration), ""),
			c.request(http.MethodGet, old("products/%s/admins", configuration), ""),
			c.request(http.MethodPost, old("products/%s", configuration), `{}`),
		} {
			a := c.send(r)
			require.Equal(t, http.StatusNotFound, a.status, name)
			require.JSONEq(t, `{"errorMessage":"PLC_NOT_FOUND","errorCode":"PLC_NOT_FOUND"}`, a.body)
		}
	}
	a := c.get(old("products/RPC-0/configurations"))
	require.Equal(t, http.StatusNotFound, a.status)
	require.JSONEq(t, `{"errorMessage":"PLC_NOT_FOUND","errorCode":"PLC_NOT_FOUND"}`, a.body)
}

func TestOldProfileUsers_AndAdmins(t *testing.T) {
	t.Parallel()
	c := library(t)
	a := c.get(c.configuration("Photoshop (Enterprise)", "Photoshop - 100 GB") + "/users?page=0")
	require.Equal(t, http.StatusOK, a.status)
	require.Contains(t, a.body, `{"id":"2@example.com","email":"zoe@example.com","username":"zoe@example.com","domain":"example.com","firstName":"Zoe","userType":"federatedID"}`)
	users, h := c.oldArray(c.configuration("Photoshop (Enterprise)", "Photoshop - 100 GB") + "/users")
	require.ElementsMatch(t, []any{"ada@example.com", "zoe@example.com"}, column(users, "email"))
	require.Equal(t, [4]string{"2", "1", "0", "2"}, paging(h))
	admins, _ := c.oldArray(c.configuration("Document Cloud", "Acrobat") + "/admins")
	require.Equal(t, []any{"ada@example.com"}, column(admins, "email"))
	for _, which := range []string{"/users", "/admins"} {
		none, _ := c.oldArray(c.configuration("Photoshop (Enterprise)", "Photoshop - 2 TB") + which)
		require.Equal(t, which == "/users", len(none) == 1)
	}
}
