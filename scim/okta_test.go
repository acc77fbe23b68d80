package scim_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const (
	listURN  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	errorURN = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// TestOkta_SpecTest asserts what Okta's SCIM 2.0 specification test asserts.
func TestOkta_SpecTest(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.addUser("first")
	c = c.with("Accept-Charset", "utf-8").with("User-Agent", "OKTA SCIM Integration")
	contains := func(r *reply, urn string) { t.Helper(); assert.Contains(t, r.list("schemas"), urn) }
	hasNames := func(u map[string]any) {
		t.Helper()
		name := u["name"].(map[string]any)
		assert.NotEmpty(t, u["id"])
		assert.NotEmpty(t, name["familyName"])
		assert.NotEmpty(t, name["givenName"])
		assert.NotEmpty(t, u["userName"])
		assert.Equal(t, true, u["active"])
		assert.NotEmpty(t, u["emails"].([]any)[0].(map[string]any)["value"])
	}

	r := c.get("/Users?count=1&startIndex=1").status(200)
	contains(r, listURN)
	for _, number := range []string{"itemsPerPage", "startIndex", "totalResults"} {
		assert.IsType(t, 0.0, r.json()[number])
	}
	first := r.resources(1)[0]
	hasNames(first)

	r = c.get("/Users/" + first["id"].(string)).status(200)
	hasNames(r.json())
	assert.Equal(t, first["id"], r.json()["id"])

	for _, nobody := range []string{"abcdefgh@atko.example.com", "random-71@example.com"} {
		r = c.get("/Users?filter=userName%20eq%20%22" + url.QueryEscape(nobody) + "%22").status(200)
		contains(r, listURN)
		assert.Equal(t, 0.0, r.json()["totalResults"])
	}

	r = c.get("/Users/does-not-exist")
	r.fails(404, "")
	contains(r, errorURN)

	body := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"Runscope300@example.com",
		"name":{"givenName":"Runscope","familyName":"Test"},"emails":[{"primary":true,"value":"runscope300@example.com","type":"work"}],
		"displayName":"Runscope Test","active":true}`
	poster := c.with("Content-Type", "application/json").with("Accept", "application/scim+json; charset=utf-8")
	r = poster.post("/Users", body).status(201)
	assert.Equal(t, true, r.json()["active"])
	assert.Equal(t, map[string]any{"givenName": "Runscope", "familyName": "Test"}, r.json()["name"])
	assert.Equal(t, "Runscope300@example.com", r.text("userName"))
	contains(r, "urn:ietf:params:scim:schemas:core:2.0:User")

	got := c.get("/Users/" + r.text("id")).status(200)
	assert.Equal(t, "Runscope300@example.com", got.text("userName"))
	assert.Equal(t, map[string]any{"givenName": "Runscope", "familyName": "Test"}, got.json()["name"])

	poster.post("/Users", body).fails(409, "uniqueness")
	c.get(`/Users?filter=userName%20eq%20%22RUNSCOPE300@EXAMPLE.COM%22`).resources(1)

	r = c.get("/Groups").status(200)
	assert.IsType(t, []any{}, r.json()["Resources"])

	r = c.with("Authorization", "non-token").get("/Users?filter=userName%20eq%20%22x%22")
	r.fails(401, "")
	contains(r, errorURN)
	c.get("/Users/00919288221112222").fails(404, "")
}

// TestOkta_PutFlow is a custom app: everything is a PUT of what was read.
func TestOkta_PutFlow(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.get("/Users?startIndex=1&count=2").resources(0)
	c.get("/Groups?startIndex=1&count=100").resources(0)
	c.get("/Users?filter=userName%20eq%20%22anna%40example.com%22&startIndex=1&count=100").resources(0)
	id := c.post("/Users", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
		"userName": "anna@example.com", "name": {"givenName": "Anna", "familyName": "Meier"},
		"emails": [{"primary": true, "value": "anna@example.com", "type": "work"}],
		"displayName": "Anna Meier", "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7",
		"groups": [], "password": "1mz050nq", "active": true}`).status(201).text("id")
	put := func(family, active string) *reply {
		return c.put("/Users/"+id, `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "`+id+`",
			"userName": "anna@example.com", "name": {"givenName": "Anna", "middleName": "", "familyName": "`+family+`"},
			"emails": [{"primary": true, "value": "anna@example.com", "type": "work", "display": "anna@example.com"}],
			"active": `+active+`, "groups": [], "meta": {"resourceType": "User"}}`).status(200)
	}

	c.get("/Users/" + id).status(200)
	assert.Equal(t, map[string]any{"givenName": "Anna", "familyName": "Meyer"}, put("Meyer", "true").json()["name"])
	assert.Equal(t, false, put("Meyer", "false").json()["active"])
	assert.Equal(t, false, c.get("/Users/" + id).status(200).json()["active"], "still there")
	r := put("Meyer", "true")
	assert.Equal(t, true, r.json()["active"])
	assert.Equal(t, id, r.text("id"))
}

// TestOkta_PatchFlow is a catalogue app: activity and groups by PATCH.
func TestOkta_PatchFlow(t *testing.T) {
	t.Parallel()
	c := serve(t)
	anna, bob := c.addUser("anna"), c.addUser("bob")
	r := c.patch("/Users/"+anna, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}`).status(200)
	assert.Equal(t, false, r.json()["active"])
	before := r.Body.String()
	r = c.patch("/Users/"+anna, ops(`{"op":"replace","value":{"password":"N3w"}}`)).status(200)
	assert.JSONEq(t, before, r.Body.String(), "a password is accepted and dropped")

	c.get("/Groups?filter=displayName%20eq%20%22Sales%22&startIndex=1&count=100").resources(0)
	group := c.post("/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Sales","members":[]}`).status(201).text("id")
	c.get("/Groups/" + group).status(200)
	rename := `{"op": "replace", "value": {"id": "` + group + `", "displayName": "Sales EU"}}`

	r = c.patch("/Groups/"+group, ops(rename)).status(200)
	assert.Equal(t, "Sales EU", r.text("displayName"))
	c.patch("/Groups/"+group, `{"Operations": [{"op": "replace", "path": "members", "value": [
		{"value": "`+anna+`", "display": "anna@example.com"}, {"value": "`+bob+`", "display": "bob@example.com"}]}]}`).status(200)
	assert.ElementsMatch(t, []string{anna, bob}, c.members(group))
	c.patch("/Groups/"+group, `{"Operations": [`+rename+`,
		{"op": "remove", "path": "members[value eq \"`+bob+`\"]"},
		{"op": "add", "path": "members", "value": [{"value": "`+anna+`", "display": "anna@example.com"}]}]}`).status(200)
	assert.Equal(t, []string{anna}, c.members(group))
	c.patch("/Groups/"+group, ops(`{"op": "replace", "path": "members", "value": []}`)).status(200)
	assert.Empty(t, c.members(group))
	c.delete("/Groups/" + group).status(204)
}

// TestOkta_Import reads everything page by page.
func TestOkta_Import(t *testing.T) {
	t.Parallel()
	c := serve(t)
	want := map[string]bool{}
	for i := range 7 {
		want[c.addUser(strings.Repeat("u", i+1))] = true
	}
	got := map[string]bool{}
	for _, page := range []string{"?startIndex=1&count=3", "?startIndex=4&count=3", "?startIndex=7&count=3"} {
		for _, u := range c.get("/Users" + page).resources(7) {
			got[u["id"].(string)] = true
		}
	}
	assert.Equal(t, want, got)
}
