package scim_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/scim-bridge/scim-bridge/directory"
)

const entraUser = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  "externalId": "anna", "userName": "anna@example.com", "active": true, "displayName": "Anna Meier",
  "emails": [{"primary": true, "type": "work", "value": "anna@example.com"}],
  "meta": {"resourceType": "User"},
  "name": {"formatted": "Anna Meier", "familyName": "Meier", "givenName": "Anna"},
  "roles": [], "addresses": null,
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales", "manager": "123456"}
}`

// entra returns a client whose requests look like Entra's.
func entra(t *testing.T) *client {
	return serve(t).with("Content-Type", "application/scim+json; charset=utf-8").with("Accept", "application/scim+json")
}

func TestEntra_TestConnection(t *testing.T) {
	t.Parallel()
	r := entra(t).get(`/Users?filter=userName+eq+%22d2b5b0f0-6c0f-4b43-9a4e-3f4d0c9a1e77%22`).status(200)
	assert.JSONEq(t, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`, r.Body.String())
}

func TestEntra_UserFlowWithoutTheFlag(t *testing.T) {
	t.Parallel()
	c := entra(t)
	r := c.post("/Users", entraUser).status(201)
	id := r.text("id")
	assert.Equal(t, "123456", r.object(directory.EnterpriseSchema)["manager"].(map[string]any)["value"])
	for _, filter := range []string{
		`userName eq "anna@example.com"`, `externalId eq "anna"`, `externalId eq anna`, `emails[type eq "work"].value eq "anna@example.com"`,
		`id eq "` + id + `" and manager eq "123456"`,
	} {
		c.get("/Users?filter=" + strings.ReplaceAll(strings.ReplaceAll(filter, " ", "+"), `"`, "%22")).resources(1)
	}
	c.get("/Users?aadOptscim062020&filter=userName+eq+%22anna@example.com%22").resources(1)

	r = c.patch("/Users/"+id, ops(
		`{"op": "Replace", "path": "displayName", "value": "Anna M."}`,
		`{"op": "Add", "path": "nickName", "value": "Anni"}`,
		`{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "anna.m@example.com"}`,
		`{"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+49 1"}`,
		`{"op": "Replace", "path": "name.familyName", "value": "Meyer"}`,
		`{"op": "Replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "value": "007"}`,
		`{"op": "Remove", "path": "title"}`,
		`{"op": "Replace", "path": "active", "value": "False"}`,
	)).status(200)
	v := r.json()
	assert.Equal(t, "Anna M.", v["displayName"])
	assert.Equal(t, "Anni", v["nickName"])
	assert.Equal(t, []any{map[string]any{"primary": true, "type": "work", "value": "anna.m@example.com"}}, v["emails"])
	assert.Equal(t, []any{map[string]any{"type": "mobile", "value": "+49 1"}}, v["phoneNumbers"])
	assert.Equal(t, "Meyer", v["name"].(map[string]any)["familyName"])
	assert.Equal(t, "007", r.object(directory.EnterpriseSchema)["employeeNumber"])
	assert.Equal(t, "Sales", r.object(directory.EnterpriseSchema)["department"])
	assert.Equal(t, false, v["active"], "a boolean, not a text")

	c.get(`/Users?filter=userName+eq+%22ANNA@example.com%22`).resources(1)
	c.patch("/Users/"+id, ops(`{"op":"Replace","path":"active","value":"True"}`)).status(200)
	assert.Equal(t, true, c.get("/Users/" + id).json()["active"])
	c.delete("/Users/" + id).status(204)
	c.delete("/Users/"+id).fails(404, "")
}

func TestEntra_UserFlowWithTheFlag(t *testing.T) {
	t.Parallel()
	c := entra(t)
	id := c.post("/Users", `{"userName":"anna@example.com"}`).status(201).text("id")

	r := c.patch("/Users/"+id, ops(
		`{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "anna.m@example.com"}`,
		`{"op": "replace", "value": {"displayName": "Anna M.", "name.givenName": "Anna", "name.familyName": "Meyer",
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "007"}}`,
	)).status(200)

	v := r.json()
	assert.Equal(t, []any{map[string]any{"type": "work", "value": "anna.m@example.com"}}, v["emails"], "the element is made")
	assert.Equal(t, map[string]any{"givenName": "Anna", "familyName": "Meyer"}, v["name"])
	assert.Equal(t, map[string]any{"employeeNumber": "007"}, v[directory.EnterpriseSchema])
	assert.Contains(t, v["schemas"], directory.EnterpriseSchema)
	r = c.patch("/Users/"+id, ops(`{"op": "replace", "path": "active", "value": false}`)).status(200)
	assert.Equal(t, false, r.json()["active"])
}

func TestEntra_Manager(t *testing.T) {
	t.Parallel()
	c := entra(t)
	id := c.addUser("anna")
	const path = `"path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"`
	for _, set := range []string{
		`{"op": "Add", ` + path + `, "value": "2819c223"}`,
		`{"op": "Add", "path": "manager", "value": [{"$ref": "http://scim.example.com/Users/2819c223", "value": "2819c223"}]}`,
		`{"op": "replace", ` + path + `, "value": {"value": "2819c223"}}`,
	} {
		r := c.patch("/Users/"+id, ops(set)).status(200)
		assert.Equal(t, "2819c223", r.object(directory.EnterpriseSchema)["manager"].(map[string]any)["value"], set)
		for _, clear := range []string{
			`{"op": "replace", ` + path + `, "value": ""}`,
			`{"op": "replace", ` + path + `, "value": {"value": ""}}`,
			`{"op": "Remove", ` + path + `}`,
		} {
			c.patch("/Users/"+id, ops(set)).status(200)
			assert.NotContains(t, c.patch("/Users/"+id, ops(clear)).status(200).json(), directory.EnterpriseSchema, clear)
		}
	}
}

func TestEntra_GroupFlow(t *testing.T) {
	t.Parallel()
	c := entra(t)
	ada, bob := c.addUser("ada"), c.addUser("bob")
	c.get(`/Groups?excludedAttributes=members&filter=displayName+eq+%22Sales+EMEA%22`).resources(0)
	id := c.post("/Groups", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group",
		"http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
		"externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159", "displayName": "Sales EMEA", "meta": {"resourceType": "Group"}}`).status(201).text("id")
	assert.NotContains(t, c.get("/Groups/"+id+"?excludedAttributes=members").status(200).json(), "members")
	c.get(`/Groups?excludedAttributes=members&filter=displayName+eq+%22Sales+EMEA%22`).resources(1)

	c.patch("/Groups/"+id, ops(`{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "`+ada+`"}, {"value": "`+bob+`"}]}`)).status(200)
	assert.ElementsMatch(t, []string{ada, bob}, c.members(id))
	c.get(`/Groups?filter=id+eq+%22` + id + `%22+and+members+eq+%22` + ada + `%22&attributes=id`).resources(1)
	c.patch("/Groups/"+id, ops(`{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "`+ada+`"}]}`)).status(200)
	assert.Equal(t, []string{bob}, c.members(id))
	c.patch("/Groups/"+id, ops(`{"op": "remove", "path": "members[value eq \"`+bob+`\"]"}`)).status(200)
	assert.Empty(t, c.members(id))
	r := c.patch("/Groups/"+id, ops(`{"op": "Replace", "path": "displayName", "value": "Sales Europe"}`, `{"op": "Add", "path": "externalId", "value": "new"}`)).status(200)
	assert.Equal(t, "Sales Europe", r.text("displayName"))
	assert.Equal(t, "new", r.text("externalId"))
	c.patch("/Groups/"+id, ops(
		`{"op":"add","path":"members","value":[{"value":"`+ada+`"}]}`,
		`{"op":"remove","path":"members[value eq \"`+ada+`\"]"}`,
	)).status(200)
	assert.Empty(t, c.members(id))
	c.delete("/Groups/" + id).status(204)
}
