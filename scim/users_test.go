package scim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
)

func TestCreateUser_AnswersWithTheStoredUser(t *testing.T) {
	t.Parallel()
	c := serve(t)

	r := c.post("/Users", `{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
		"id": "mine", "meta": {"resourceType": "Group"},
		"externalId": "00u1", "userName": "Ada@example.com", "password": "secret", "groups": [],
		"name": {"givenName": "Ada", "familyName": "Lovelace"},
		"emails": [{"value": "ada@example.com", "type": "work", "primary": true}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"}
	}`).status(201)

	v := r.json()
	id := r.text("id")
	location := baseURL + "/scim/v2/Users/" + id
	assert.Equal(t, location, r.Header().Get("Location"))
	assert.Equal(t, `W/"1"`, r.Header().Get("ETag"))
	assert.Equal(t, "application/scim+json", r.Header().Get("Content-Type"))
	assert.Regexp(t, `^[0-9a-f-]{36}$`, id, "safe in a URL, and nothing that Bulk means something by")
	assert.Equal(t, "Ada@example.com", v["userName"])
	assert.Equal(t, "00u1", v["externalId"])
	assert.Equal(t, true, v["active"], "active is always shown")
	assert.NotContains(t, v, "password")
	assert.NotContains(t, v, "groups")
	assert.Equal(t, map[string]any{"givenName": "Ada", "familyName": "Lovelace"}, v["name"])
	assert.Equal(t, map[string]any{"department": "Sales"}, v[directory.EnterpriseSchema])
	assert.Equal(t, map[string]any{"sync": map[string]any{"state": "pending"}}, v[directory.BridgeUserSchema])
	assert.ElementsMatch(t, []any{directory.UserSchema, directory.EnterpriseSchema, directory.BridgeUserSchema}, v["schemas"])

	meta := v["meta"].(map[string]any)
	assert.Equal(t, "User", meta["resourceType"])
	assert.Equal(t, location, meta["location"])
	assert.Equal(t, `W/"1"`, meta["version"])
	assert.Equal(t, meta["created"], meta["lastModified"])
	created, err := time.Parse(time.RFC3339Nano, meta["created"].(string))
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(meta["created"].(string), "Z"))
	assert.WithinDuration(t, time.Now(), created, time.Hour)

	assert.JSONEq(t, r.Body.String(), c.get("/Users/"+id).status(200).Body.String(), "a GET shows the same")
}

func TestCreateUser_TakenUserNameIs409(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.addUser("ada")
	before := c.everything()

	detail := c.post("/Users", strings.ReplaceAll(userBody("ada"), "ada@", "ADA@")).fails(409, "uniqueness")

	assert.Contains(t, detail, "userName")
	assert.Equal(t, before, c.everything())
}

func TestUser_IsUnknownToAnotherOrg(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addUser("ada")
	g := c.globex()
	c.patch("/Users/"+id, ops(`{"op":"add","path":"externalId","value":"e1"}`)).status(200)
	c.get("/Users?filter=externalId+eq+%22e1%22").resources(1)
	g.get("/Users?filter=externalId+eq+%22e1%22").resources(0)

	g.get("/Users/"+id).fails(404, "")
	g.put("/Users/"+id, userBody("eve")).fails(404, "")
	g.patch("/Users/"+id, ops(`{"op":"replace","path":"active","value":false}`)).fails(404, "")
	g.delete("/Users/"+id).fails(404, "")
	g.get("/Users").resources(0)
	assert.Empty(t, g.members(g.addGroup("team", id)), "nor is it a member there")
	g.addUser("ada")
	assert.Equal(t, baseURL+"/globex/scim/v2/Users/", func() string {
		l := g.get("/Users").resources(1)[0]["meta"].(map[string]any)["location"].(string)
		return l[:strings.LastIndex(l, "/")+1]
	}())
}

func TestReplaceUser_ClearsWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.post("/Users", strings.Replace(userBody("ada"), `"active":true`, `"active":false,"title":"Countess"`, 1)).status(201).text("id")

	r := c.put("/Users/"+id, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"other","userName":"ada@example.com","nickName":"A"}`).status(200)

	v := r.json()
	assert.Equal(t, id, v["id"])
	assert.Equal(t, "A", v["nickName"])
	assert.NotContains(t, v, "title")
	assert.NotContains(t, v, "emails")
	assert.Equal(t, false, v["active"], "nobody is enabled by silence")
	assert.Equal(t, `W/"2"`, r.Header().Get("ETag"))
	assert.Equal(t, baseURL+"/scim/v2/Users/"+id, r.Header().Get("Location"))
}

func TestReplaceUser_WithWhatWasReadChangesNothing(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addUser("ada")
	c.addGroup("Sales", id)
	read := c.get("/Users/" + id).status(200)

	r := c.put("/Users/"+id, read.Body.String()).status(200)

	assert.JSONEq(t, read.Body.String(), r.Body.String())
}

func TestPatchUser_ChangesAndCountsTheVersion(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addUser("ada")

	r := c.patch("/Users/"+id, ops(`{"op":"replace","value":{"active":false}}`)).status(200)
	assert.Equal(t, false, r.json()["active"])
	assert.Equal(t, `W/"2"`, r.Header().Get("ETag"))
	assert.Equal(t, `W/"2"`, r.object("meta")["version"])
	assert.NotEqual(t, r.object("meta")["created"], r.object("meta")["lastModified"])

	again := c.patch("/Users/"+id, ops(`{"op":"replace","value":{"active":false}}`)).status(200)
	assert.JSONEq(t, r.Body.String(), again.Body.String(), "a change without effect moves nothing")
}

func TestPatchUser_IsAllOrNothing(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addUser("ada")
	before := c.everything()

	c.patch("/Users/"+id, ops(`{"op":"replace","path":"nickName","value":"A"}`, `{"op":"remove","path":"userName"}`)).fails(400, "mutability")

	assert.Equal(t, before, c.everything())
}

func TestPatchUser_OntoATakenNameIs409(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addUser("ada")
	c.addUser("bob")
	before := c.everything()

	c.patch("/Users/"+id, ops(`{"op":"replace","path":"userName","value":"BOB@example.com"}`)).fails(409, "uniqueness")

	assert.Equal(t, before, c.everything())
}

func TestDeleteUser_IsGone(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addUser("ada")
	group := c.addGroup("Sales", id)

	r := c.delete("/Users/" + id).status(204)
	assert.Empty(t, r.Body.String())

	c.delete("/Users/"+id).fails(404, "")
	c.get("/Users/"+id).fails(404, "")
	c.put("/Users/"+id, userBody("ada")).fails(404, "")
	c.patch("/Users/"+id, ops(`{"op":"replace","path":"bogus[","value":1}`)).fails(404, "")
	c.get("/Users").resources(0)
	assert.Empty(t, c.members(group))
	assert.NotEqual(t, id, c.addUser("ada"), "ids are never used again")
}

func TestUser_ShowsItsGroups(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada, bob := c.addUser("ada"), c.addUser("bob")
	group := c.addGroup("Sales", ada)
	want := []any{map[string]any{
		"value": group, "display": "Sales", "type": "direct", "$ref": baseURL + "/scim/v2/Groups/" + group,
	}}

	assert.Equal(t, want, c.get("/Users/" + ada).status(200).json()["groups"])
	assert.NotContains(t, c.get("/Users/"+bob).status(200).json(), "groups")
	assert.Equal(t, want, c.get("/Users").resources(2)[0]["groups"])
	assert.NotContains(t, c.get("/Users/"+ada+"?excludedAttributes=groups").status(200).json(), "groups")
	assert.NotContains(t, c.get("/Users/"+bob+"?excludedAttributes=emails").status(200).json(), "groups")
	assert.Equal(t, want, c.patch("/Users/"+ada, ops(`{"op":"add","path":"title","value":"X"}`)).status(200).json()["groups"])
}

func TestProjection_AppliesWhereverAUserIsShown(t *testing.T) {
	t.Parallel()
	c := serve(t)
	r := c.post("/Users?attributes=userName", userBody("ada")).status(201)
	id := r.text("id")
	want := map[string]any{"schemas": []any{directory.UserSchema}, "id": id, "userName": "ada@example.com"}
	assert.Equal(t, want, r.json())
	assert.NotEmpty(t, r.Header().Get("Location"))

	assert.Equal(t, want, c.get("/Users/"+id+"?attributes=USERNAME").status(200).json())
	assert.Equal(t, want, c.get("/Users?attributes=userName").resources(1)[0])
	assert.Equal(t, want, c.put("/Users/"+id+"?attributes=userName", userBody("ada")).status(200).json())
	assert.Equal(t, want, c.patch("/Users/"+id+"?attributes=userName", ops(`{"op":"add","path":"title","value":"X"}`)).status(200).json())

	got := c.get("/Users/" + id + "?attributes=emails.value,name.givenName").status(200).json()
	assert.Equal(t, []any{map[string]any{"value": "ada@example.com"}}, got["emails"])
	assert.Equal(t, map[string]any{"givenName": "ada"}, got["name"])

	got = c.get("/Users/" + id + "?excludedAttributes=emails,meta,id").status(200).json()
	assert.NotContains(t, got, "emails")
	assert.NotContains(t, got, "meta")
	assert.Contains(t, got, "id", "always returned")
	assert.Contains(t, got, "userName")

	got = c.get("/Users/" + id + "?attributes=" + directory.BridgeUserSchema + ":sync.state").status(200).json()
	assert.Equal(t, map[string]any{"sync": map[string]any{"state": "pending"}}, got[directory.BridgeUserSchema])

	c.get("/Users/"+id+"?attributes=userName&excludedAttributes=emails").fails(400, "invalidValue")
}

func TestListUsers_Pages(t *testing.T) {
	t.Parallel()
	c := serve(t)
	var ids []string
	for i := range 5 {
		ids = append(ids, c.addUser(fmt.Sprintf("user%d", i)))
	}
	for _, tt := range []struct {
		name, query string
		start       int
		want        []string
	}{
		{"all by default, in order of creation", "", 1, ids},
		{"a page", "?startIndex=2&count=2", 2, ids[1:3]},
		{"the last page is short", "?startIndex=5&count=2", 5, ids[4:]},
		{"beyond the end is empty", "?startIndex=9&count=2", 9, nil},
		{"a start below 1 is 1", "?startIndex=-3&count=1", 1, ids[:1]},
		{"a count of 0 asks for the total", "?count=0", 1, nil},
		{"a negative count is 0", "?count=-1", 1, nil},
		{"a count above the maximum is cut", "?count=99999999999999999999", 1, ids},
		{"unknown parameters are passed over", "?count=1&aadOptscim062020", 1, ids[:1]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := *c
			c.t = t
			r := c.get("/Users" + tt.query)
			list := r.resources(5)
			assert.EqualValues(t, tt.start, r.json()["startIndex"])
			var got []string
			for _, u := range list {
				got = append(got, u["id"].(string))
			}
			assert.Equal(t, tt.want, got)
		})
	}
	c.get("/Users?count=ten").fails(400, "invalidValue")
	c.get("/Users?startIndex=1.5").fails(400, "invalidValue")
}

func TestListUsers_Filters(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.addUser("ada")
	bob := c.post("/Users", strings.Replace(userBody("bob"), `"active":true`, `"active":false,"externalId":"00B"`, 1)).status(201).text("id")

	for _, where := range []string{
		`userName eq "bob@example.com"`,
		`USERNAME Eq "BOB@EXAMPLE.COM"`,
		`externalId eq "00B"`,
		`id eq "` + bob + `"`,
		`emails[type eq "work"].value eq "bob@example.com"`,
		`emails.value eq "bob@example.com"`,
		`active eq false and userName sw "b"`,
	} {
		list := c.get("/Users?filter=" + url.QueryEscape(where)).resources(1)
		assert.Equal(t, bob, list[0]["id"], where)
		list = c.get("/Users?filter=" + strings.ReplaceAll(url.QueryEscape(where), "+", "%20")).resources(1)
		assert.Equal(t, bob, list[0]["id"], where)
	}
	c.get(`/Users?filter=externalId+eq+"00b"`).resources(0)
	c.get(`/Users/?filter=userName+eq+"nobody@example.com"`).resources(0)
	c.get(`/Users?filter=userName+eq+"a;b"`).resources(0)
	c.get(`/Users?filter=userName+eq+"100%zz"`).fails(400, "invalidValue")
	c.get(`/Users?tracing=%zz`).resources(2)
	pending := url.QueryEscape(directory.BridgeUserSchema + `:sync.state eq "pending"`)
	c.get("/Users?filter=" + pending).resources(2)

	for _, bad := range []string{``, ` `, `userName eq`, `userName like "x"`, `(userName pr`, `userName eq "x" or`} {
		detail := c.get("/Users?filter="+url.QueryEscape(bad)).fails(400, "invalidFilter")
		assert.Contains(t, detail, "position", bad)
	}
}

func TestSearchUsers_IsAQueryInABody(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.addUser("ada")
	bob := c.addUser("bob")
	body := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":["userName"],` +
		`"filter":"userName eq \"bob@example.com\"","startIndex":1,"count":10}`

	list := c.post("/Users/.search", body).resources(1)

	assert.Equal(t, []map[string]any{{"schemas": []any{directory.UserSchema}, "id": bob, "userName": "bob@example.com"}}, list)
	c.post("/Users/.search", `{}`).resources(2)
	c.post("/Users/.search", `{"filter":"x eq"}`).fails(400, "invalidFilter")
	c.post("/Users/.search", `[]`).fails(400, "invalidSyntax")
	c.get("/Users/.search").fails(405, "")
}

func TestPreconditions_OfAUser(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addUser("ada")
	rename := func(name string) string { return ops(`{"op":"replace","path":"nickName","value":"` + name + `"}`) }

	c.with("If-None-Match", `W/"1"`).get("/Users/" + id).status(304)
	c.with("If-None-Match", `"7", "1"`).get("/Users/" + id).status(304)
	c.with("If-None-Match", `W/"2"`).get("/Users/" + id).status(200)

	before := c.everything()
	c.with("If-Match", `W/"2"`).patch("/Users/"+id, rename("a")).fails(412, "")
	c.with("If-Match", `W/"2"`).put("/Users/"+id, userBody("eve")).fails(412, "")
	c.with("If-Match", `W/"2"`).delete("/Users/"+id).fails(412, "")
	require.Equal(t, before, c.everything())

	c.with("If-Match", `W/"1"`).patch("/Users/"+id, rename("a")).status(200)
	c.with("If-Match", `"9", W/"2"`).patch("/Users/"+id, rename("b")).status(200)
	c.with("If-Match", `*`).patch("/Users/"+id, rename("c")).status(200)
	c.with("If-Match", `W/"3"`).delete("/Users/"+id).fails(412, "")
	c.with("If-Match", `W/"4"`).delete("/Users/" + id).status(204)
}

func TestUserName_ComparesByUnicodeAndIsKeptAsSent(t *testing.T) {
	t.Parallel()
	c := serve(t)
	for stored, same := range map[string][]string{
		"\u00c9lodie@example.com":                  {"\u00e9lodie@example.com", "e\u0301lodie@EXAMPLE.com"},
		"\uff21da@example.com":                     {"ada@example.com", "\uff41DA@example.com"},
		"e\u0301tienne@example.com":                {"\u00c9tienne@example.com"},
		"Ada Smith_x#EXT#@example.onmicrosoft.com": {"ada smith_X#ext#@example.onmicrosoft.com"},
		"O'Neil + \U0001f600":                      {"o'neil + \U0001f600"},
	} {
		id := c.post("/Users", `{"schemas":["`+directory.UserSchema+`"],"userName":"`+stored+`"}`).status(201).text("id")
		assert.Equal(t, stored, c.get("/Users/"+id).text("userName"))
		for _, name := range append(same, stored) {
			c.post("/Users", `{"schemas":["`+directory.UserSchema+`"],"userName":"`+name+`"}`).fails(409, "uniqueness")
			found := c.get("/Users?filter=" + url.QueryEscape(`userName eq "`+name+`"`)).resources(1)
			assert.Equal(t, id, found[0]["id"])
		}
	}
}
