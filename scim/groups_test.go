package scim_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim"
	"github.com/scim-bridge/scim-bridge/store/sqlite"
)

func TestCreateGroup_AnswersWithMembers(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada := c.addUser("ada")

	r := c.post("/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
		"externalId":"8aa1","displayName":"Sales","members":[{"value":"`+ada+`","display":null},{"value":"`+ada+`"}]}`).status(201)

	id := r.text("id")
	v := r.json()
	assert.Equal(t, baseURL+"/scim/v2/Groups/"+id, r.Header().Get("Location"))
	assert.Equal(t, `W/"1"`, r.Header().Get("ETag"))
	assert.Equal(t, "Sales", v["displayName"])
	assert.Equal(t, "8aa1", v["externalId"])
	assert.Equal(t, []any{map[string]any{
		"value": ada, "type": "User", "$ref": baseURL + "/scim/v2/Users/" + ada, "display": "ada@example.com",
	}}, v["members"])
	sync := v[directory.BridgeGroupSchema].(map[string]any)["sync"].(map[string]any)
	assert.Equal(t, "pending", sync["state"])
	assert.ElementsMatch(t, []any{directory.GroupSchema, directory.BridgeGroupSchema}, v["schemas"])
	assert.Equal(t, "Group", v["meta"].(map[string]any)["resourceType"])
}

func TestCreateGroup_TakenNameIs409(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.addGroup("Sales")
	before := c.everything()

	detail := c.post("/Groups", groupBody("SALES")).fails(409, "uniqueness")

	assert.Contains(t, detail, "displayName")
	assert.Equal(t, before, c.everything())
}

func TestGroup_ExcludesMembers(t *testing.T) {
	t.Parallel()
	dir := &counting{Directory: open(t)}
	c := serveOn(t, dir)
	id := c.addGroup("Sales", c.addUser("ada"))
	dir.members.Store(0)

	assert.NotContains(t, c.get("/Groups/"+id+"?excludedAttributes=members").status(200).json(), "members")
	list := c.get("/Groups?excludedAttributes=members&filter=" + url.QueryEscape(`displayName eq "sales"`)).resources(1)
	assert.NotContains(t, list[0], "members")
	assert.NotContains(t, c.get("/Groups?attributes=displayName").resources(1)[0], "members")
	assert.Zero(t, dir.members.Load(), "members are not even read")

	got := c.get("/Groups/" + id + "?attributes=members.type").status(200).json()
	assert.Equal(t, []any{map[string]any{"type": "User"}}, got["members"])
	assert.NotContains(t, got, "displayName")
}

func TestGroup_WithoutMembersHasAnEmptyList(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addGroup("Sales")

	assert.Equal(t, []any{}, c.get("/Groups/" + id).status(200).json()["members"])
	assert.Equal(t, []any{}, c.get("/Groups").resources(1)[0]["members"])
}

func TestReplaceGroup_ReplacesMembers(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada, bob, eve := c.addUser("ada"), c.addUser("bob"), c.addUser("eve")
	id := c.addGroup("Sales", ada, bob)

	r := c.put("/Groups/"+id, groupBody("Sales EU", bob, eve)).status(200)
	assert.Equal(t, "Sales EU", r.text("displayName"))
	assert.ElementsMatch(t, []string{bob, eve}, c.members(id))
	assert.Equal(t, `W/"2"`, r.Header().Get("ETag"))

	again := c.put("/Groups/"+id, groupBody("Sales EU", bob, eve)).status(200)
	assert.JSONEq(t, r.Body.String(), again.Body.String(), "the same again moves nothing")

	read := c.get("/Groups/" + id).status(200).Body.String()
	assert.JSONEq(t, read, c.put("/Groups/"+id, read).status(200).Body.String(), "nor does what was read")

	c.put("/Groups/"+id, `{"displayName":"Sales EU"}`).status(200)
	assert.Empty(t, c.members(id), "members that are left out are cleared")
}

func TestPatchGroup_ChangesMembersInEachShape(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada, bob, eve := c.addUser("ada"), c.addUser("bob"), c.addUser("eve")
	for _, tt := range []struct {
		name       string
		operations []string
		want       []string
	}{
		{"add", []string{`{"op":"add","path":"members","value":[{"value":"` + eve + `"}]}`}, []string{ada, bob, eve}},
		{"add in capitals with $ref", []string{`{"op":"Add","path":"members","value":[{"$ref":null,"value":"` + eve + `"}]}`}, []string{ada, bob, eve}},
		{"add who is there", []string{`{"op":"add","path":"members","value":[{"value":"` + ada + `"}]}`}, []string{ada, bob}},
		{"remove by filter", []string{`{"op":"remove","path":"members[value eq \"` + ada + `\"]"}`}, []string{bob}},
		{"remove by value", []string{`{"op":"Remove","path":"members","value":[{"$ref":null,"value":"` + ada + `"}]}`}, []string{bob}},
		{"remove who is absent", []string{`{"op":"remove","path":"members[value eq \"` + eve + `\"]"}`}, []string{ada, bob}},
		{"remove all", []string{`{"op":"remove","path":"members"}`}, []string{}},
		{"remove an empty list", []string{`{"op":"remove","path":"members","value":[]}`}, []string{ada, bob}},
		{"remove by type", []string{`{"op":"remove","path":"members[type eq \"User\"]"}`}, []string{}},
		{"remove by display", []string{`{"op":"remove","path":"members[display eq \"ADA@example.com\"]"}`}, []string{bob}},
		{"add, then remove by display", []string{
			`{"op":"add","path":"members","value":[{"value":"` + eve + `"}]}`,
			`{"op":"remove","path":"members[display eq \"eve@example.com\" or display eq \"bob@example.com\"]"}`,
		}, []string{ada}},
		{"each filter sees what the steps before it did", []string{
			`{"op":"remove","path":"members[display eq \"ada@example.com\"]"}`,
			`{"op":"add","path":"members","value":[{"value":"` + ada + `"},{"value":"` + eve + `"}]}`,
			`{"op":"remove","path":"members[value eq \"` + bob + `\"]"}`,
			`{"op":"remove","path":"members[display sw \"bob\" or display sw \"eve\"]"}`,
			`{"op":"add","path":"members","value":[{"value":"` + bob + `"}]}`,
		}, []string{ada, bob}},
		{"filters around a replacement", []string{
			`{"op":"remove","path":"members[type eq \"User\"]"}`,
			`{"op":"replace","path":"members","value":[{"value":"` + eve + `"},{"value":"` + bob + `"}]}`,
			`{"op":"remove","path":"members[display eq \"bob@example.com\"]"}`,
		}, []string{eve}},
		{"replace", []string{`{"op":"replace","path":"members","value":[{"value":"` + eve + `","display":"eve@example.com"}]}`}, []string{eve}},
		{"replace with nobody", []string{`{"op":"replace","path":"members","value":[]}`}, []string{}},
		{"replace without a path", []string{`{"op":"replace","value":{"members":[{"value":"` + eve + `"}]}}`}, []string{eve}},
		{"remove and add", []string{
			`{"op":"remove","path":"members[value eq \"` + ada + `\"]"}`,
			`{"op":"add","path":"members","value":[{"value":"` + eve + `"}]}`,
		}, []string{bob, eve}},
		{"unknown members are left out", []string{`{"op":"add","path":"members","value":[{"value":"fake"},{"value":"` + eve + `"}]}`}, []string{ada, bob, eve}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := *c
			c.t = t
			id := c.addGroup(tt.name, ada, bob)
			before := c.get("/Groups/" + id).Body.String()

			r := c.patch("/Groups/"+id, ops(tt.operations...)).status(200)

			assert.ElementsMatch(t, tt.want, c.members(id))
			if slices.Equal(tt.want, []string{ada, bob}) {
				assert.JSONEq(t, before, r.Body.String(), "nothing changed, so nothing moves")
			} else {
				assert.Equal(t, `W/"2"`, r.Header().Get("ETag"))
			}
		})
	}
}

func TestPatchGroup_ReadsTheMembersOnceForAllFilters(t *testing.T) {
	t.Parallel()
	dir := &countingMembers{Store: open(t)}
	c := serveOn(t, dir)
	ada, bob := c.addUser("ada"), c.addUser("bob")
	id := c.addGroup("Sales", ada)
	var operations []string
	for range 50 {
		operations = append(operations,
			`{"op":"add","path":"members","value":[{"value":"`+bob+`"}]}`,
			`{"op":"remove","path":"members[display eq \"bob@example.com\"]"}`)
	}
	dir.reads.Store(0)
	c.patch("/Groups/"+id+"?attributes=displayName", ops(operations...)).status(200)
	require.EqualValues(t, 1, dir.reads.Load())
	require.Equal(t, []string{ada}, c.members(id))
}

func TestPatchGroup_ReadsOnlyWhomItsFiltersName(t *testing.T) {
	t.Parallel()
	dir := &countingMembers{Store: open(t)}
	c := serveOn(t, dir)
	ada, bob, eve := c.addUser("ada"), c.addUser("bob"), c.addUser("eve")
	inner := c.addGroup("Inner")
	id := c.addGroup("Sales", ada, bob, inner)
	path := func(where string) string { return fmt.Sprintf(`{"op":"remove","path":%q}`, "members["+where+"]") }
	dir.reads.Store(0)

	c.patch("/Groups/"+id+"?attributes=displayName", ops(
		path(`value eq "`+ada+`" and type eq "Group"`),
		path(`value eq "`+inner+`" and type eq "Group"`),
		path(`value eq "nobody" and type eq "User"`),
		path(`type eq "User" and (value eq "`+bob+`" or value eq "`+eve+`")`),
		`{"op":"add","path":"members","value":[{"value":"`+eve+`"}]}`,
		path(`value eq "`+eve+`" and display eq "ada@example.com"`),
	)).status(200)

	require.Zero(t, dir.reads.Load(), "the group's members are not read")
	require.ElementsMatch(t, []string{ada, eve}, c.members(id))
	version := c.get("/Groups/" + id).Header().Get("ETag")
	c.patch("/Groups/"+id, ops(path(`value eq "`+bob+`" and type eq "User"`))).status(200)
	require.Equal(t, version, c.get("/Groups/"+id).Header().Get("ETag"), "who is no member is removed without a change")
}

// countingMembers counts how often members are read.
type countingMembers struct {
	*sqlite.Store
	reads atomic.Int64
}

func (d *countingMembers) Members(ctx context.Context, org, group, after string, limit int) ([]directory.Member, error) {
	d.reads.Add(1)
	return d.Store.Members(ctx, org, group, after, limit)
}

func TestPatchGroup_RenamesAndChangesMembersAtOnce(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada := c.addUser("ada")
	id := c.addGroup("Sales")

	r := c.patch("/Groups/"+id, ops(
		`{"op":"replace","value":{"id":"other","displayName":"Sales EU"}}`,
		`{"op":"add","path":"members","value":[{"value":"`+ada+`"}]}`,
	)).status(200)

	assert.Equal(t, "Sales EU", r.text("displayName"))
	assert.Equal(t, id, r.text("id"))
	assert.Len(t, r.list("members"), 1)
}

func TestPatchGroup_AnswersQuietlyForManyMembers(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ids := make([]string, 101)
	for i := range ids {
		ids[i] = c.addUser(fmt.Sprintf("user%d", i))
	}
	id := c.addGroup("Sales", ids[:99]...)

	c.patch("/Groups/"+id, ops(`{"op":"add","path":"members","value":[`+memberList(ids[99])+`]}`)).status(200)
	r := c.patch("/Groups/"+id, ops(`{"op":"add","path":"members","value":[`+memberList(ids[100])+`]}`)).status(204)
	assert.Empty(t, r.Body.String())
	assert.Equal(t, `W/"3"`, r.Header().Get("ETag"))

	r = c.patch("/Groups/"+id+"?excludedAttributes=members", ops(`{"op":"replace","path":"displayName","value":"X"}`)).status(200)
	assert.Equal(t, "X", r.text("displayName"))
	assert.Len(t, c.members(id), 101)
}

func TestGroup_OfSeveralPagesIsComplete(t *testing.T) {
	t.Parallel()
	c := serveOn(t, &crowd{Directory: open(t), n: 2500})
	id := c.addGroup("Sales")

	got := c.members(id)

	require.Len(t, got, 2500)
	assert.Len(t, slices.Compact(got), 2500)
}

func TestUnknownMembers_AreRefusedWhereConfigured(t *testing.T) {
	t.Parallel()
	c := serve(t, func(cfg *scim.Config) { cfg.Orgs[0].UnknownMembers = scim.UnknownMembersRefuse })
	ada := c.addUser("ada")
	id := c.addGroup("Sales", ada)
	before := c.everything()

	for _, detail := range []string{
		c.patch("/Groups/"+id, ops(`{"op":"add","path":"members","value":[{"value":"nobody-1"}]}`)).fails(400, "invalidValue"),
		c.put("/Groups/"+id, groupBody("Sales", "nobody-1")).fails(400, "invalidValue"),
		c.post("/Groups", groupBody("Other", "nobody-1")).fails(400, "invalidValue"),
	} {
		assert.Contains(t, detail, "nobody-1")
	}
	c.patch("/Groups/"+id, ops(`{"op":"remove","path":"members[value eq \"nobody-1\"]"}`)).status(200)
	assert.Equal(t, before, c.everything())
}

func TestNestedGroups_ByConfiguration(t *testing.T) {
	t.Parallel()
	c := serve(t)
	inner := c.addGroup("Inner")
	outer := c.addGroup("Outer", inner)
	assert.Equal(t, []any{map[string]any{
		"value": inner, "type": "Group", "display": "Inner", "$ref": baseURL + "/scim/v2/Groups/" + inner,
	}}, c.get("/Groups/" + outer).status(200).json()["members"])

	refusing := serve(t, func(cfg *scim.Config) { cfg.Orgs[0].NestedGroups = scim.NestedGroupsRefuse })
	inner = refusing.addGroup("Inner")
	detail := refusing.post("/Groups", groupBody("Outer", inner)).fails(400, "invalidValue")
	assert.Contains(t, detail, inner)
	refusing.get("/Groups").resources(1)
}

func TestDeleteGroup_KeepsItsMembers(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada := c.addUser("ada")
	id := c.addGroup("Sales", ada)

	c.delete("/Groups/" + id).status(204)

	c.delete("/Groups/"+id).fails(404, "")
	c.get("/Groups/"+id).fails(404, "")
	c.get("/Groups").resources(0)
	assert.NotContains(t, c.get("/Users/"+ada).status(200).json(), "groups")
}

func TestPreconditions_OfAGroup(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada := c.addUser("ada")
	id := c.addGroup("Sales")
	add := ops(`{"op":"add","path":"members","value":[{"value":"` + ada + `"}]}`)
	before := c.everything()

	c.with("If-None-Match", `W/"1"`).get("/Groups/" + id).status(304)
	c.with("If-Match", `W/"9"`).patch("/Groups/"+id, add).fails(412, "")
	c.with("If-Match", `W/"9"`).put("/Groups/"+id, groupBody("X")).fails(412, "")
	c.with("If-Match", `W/"9"`).delete("/Groups/"+id).fails(412, "")
	require.Equal(t, before, c.everything())

	c.with("If-Match", `W/"1"`).patch("/Groups/"+id, add).status(200)
	c.with("If-Match", `W/"1"`).patch("/Groups/"+id, ops(`{"op":"remove","path":"members"}`)).fails(412, "")
	assert.Equal(t, []string{ada}, c.members(id))
}

func TestListGroups_Filters(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada := c.addUser("ada")
	sales := c.addGroup("Sales EMEA", ada)
	c.addGroup("Other")

	for _, where := range []string{
		`displayName eq "Sales EMEA"`,
		`displayName eq "SALES EMEA"`,
		`id eq "` + sales + `" and members eq "` + ada + `"`,
		`members.value eq "` + ada + `"`,
		`members[value eq "` + ada + `"]`,
	} {
		list := c.get("/Groups?filter=" + url.QueryEscape(where)).resources(1)
		assert.Equal(t, sales, list[0]["id"], where)
	}
	c.get("/Groups?filter=" + url.QueryEscape(`displayName eq "nothing"`)).resources(0)
	c.post("/Groups/.search", `{"filter":"displayName eq \"Other\""}`).resources(1)
}
