package scim_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim"
)

// bulkBody wraps operations in their message; more are further members of it.
func bulkBody(more string, operations ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],` + more + `"Operations":[` + strings.Join(operations, ",") + `]}`
}

// bulkPost is an operation that creates a resource.
func bulkPost(path, bulkID, data string) string {
	return fmt.Sprintf(`{"method":"POST","path":%q,"bulkId":%q,"data":%s}`, path, bulkID, data)
}

// outcome is one operation of a bulk response.
type outcome struct {
	Method, BulkID, Location, Version, Status string
	Response                                  map[string]any
}

// bulk sends operations and returns what became of them.
func (c *client) bulk(more string, operations ...string) []outcome {
	c.t.Helper()
	r := c.post("/Bulk", bulkBody(more, operations...)).status(200)
	require.Equal(c.t, []any{"urn:ietf:params:scim:api:messages:2.0:BulkResponse"}, r.list("schemas"))
	var v struct{ Operations []outcome }
	require.NoError(c.t, json.Unmarshal(r.Body.Bytes(), &v))
	for _, o := range v.Operations {
		if o.Status[0] == '2' {
			require.Empty(c.t, o.Response)
			continue
		}
		require.Equal(c.t, []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, o.Response["schemas"])
		require.Equal(c.t, o.Status, o.Response["status"])
		require.NotEmpty(c.t, o.Response["detail"])
		require.Empty(c.t, o.Version)
		if o.Method == "POST" {
			require.Empty(c.t, o.Location)
		}
	}
	return v.Operations
}

// statuses are those of a bulk response, with the scimType where there is one.
func statuses(outcomes []outcome) []string {
	out := []string{}
	for _, o := range outcomes {
		scimType, _ := o.Response["scimType"].(string)
		out = append(out, strings.TrimSpace(o.Status+" "+scimType))
	}
	return out
}

// idOf is the id of the resource that an operation was about.
func (o outcome) idOf() string { return o.Location[strings.LastIndex(o.Location, "/")+1:] }

func TestBulk_DoesEachOperationLikeARequestOfItsOwn(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada, bob := c.addUser("ada"), c.addUser("bob")
	team := c.addGroup("team")

	got := c.bulk("",
		bulkPost("/Users", "eve", userBody("eve")),
		`{"method":"patch","path":"/Users/`+ada+`","data":`+ops(`{"op":"replace","path":"active","value":false}`)+`}`,
		`{"method":"PUT","path":"/Groups/`+team+`","bulkId":"mine","data":`+groupBody("crew", ada, bob)+`}`,
		`{"method":"DELETE","path":"/Users/`+bob+`"}`,
	)

	require.Equal(t, []string{"201", "200", "200", "204"}, statuses(got))
	assert.Equal(t, []string{"POST", "PATCH", "PUT", "DELETE"}, []string{got[0].Method, got[1].Method, got[2].Method, got[3].Method})
	assert.Equal(t, []string{"eve", "", "mine", ""}, []string{got[0].BulkID, got[1].BulkID, got[2].BulkID, got[3].BulkID})
	assert.Equal(t, baseURL+"/scim/v2/Users/"+ada, got[1].Location)
	assert.Equal(t, baseURL+"/scim/v2/Groups/"+team, got[2].Location)
	assert.Equal(t, baseURL+"/scim/v2/Users/"+bob, got[3].Location)
	assert.Equal(t, []string{`W/"1"`, `W/"2"`, `W/"2"`, ""}, []string{got[0].Version, got[1].Version, got[2].Version, got[3].Version})
	eve := c.get("/Users/" + got[0].idOf()).status(200).json()
	assert.Equal(t, "eve@example.com", eve["userName"])
	assert.Equal(t, got[0].Location, eve["meta"].(map[string]any)["location"])
	assert.Equal(t, false, c.get("/Users/" + ada).json()["active"])
	assert.Equal(t, []string{ada}, c.members(team), "bob is gone")
	assert.Equal(t, "crew", c.get("/Groups/"+team).text("displayName"))
}

func TestBulk_FailuresStandWithTheirOperation(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada := c.addUser("ada")
	other := c.globex().addUser("zoe")
	patch := ops(`{"op":"replace","path":"title","value":"x"}`)

	for _, tt := range []struct{ name, operation, want string }{
		{"a user name that is taken", bulkPost("/Users", "b", userBody("ada")), "409 uniqueness"},
		{"a user without a name", bulkPost("/Users", "b", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}`), "400 invalidValue"},
		{"a key that occurs twice", bulkPost("/Users", "b", `{"userName":"x","username":"y"}`), "400 invalidSyntax"},
		{"data that is no object", bulkPost("/Users", "b", `[]`), "400 invalidSyntax"},
		{"no data", `{"method":"POST","path":"/Users","bulkId":"b"}`, "400 invalidSyntax"},
		{"no data of a PATCH", `{"method":"PATCH","path":"/Users/` + ada + `"}`, "400 invalidSyntax"},
		{"a POST without a bulkId", `{"method":"POST","path":"/Users","data":` + userBody("eve") + `}`, "400 invalidSyntax"},
		{"a POST to a resource", bulkPost("/Users/"+ada, "b", userBody("eve")), "400 invalidValue"},
		{"a POST to a search", bulkPost("/Users/.search", "b", `{}`), "400 invalidValue"},
		{"a POST to Bulk", bulkPost("/Bulk", "b", `{}`), "400 invalidValue"},
		{"a POST to Me", bulkPost("/Me", "b", `{}`), "400 invalidValue"},
		{"no path", `{"method":"DELETE"}`, "400 invalidValue"},
		{"no method", `{"path":"/Users/` + ada + `"}`, "400 invalidSyntax"},
		{"a GET", `{"method":"GET","path":"/Users/` + ada + `"}`, "400 invalidSyntax"},
		{"a PUT to a collection", `{"method":"PUT","path":"/Users","data":` + userBody("eve") + `}`, "400 invalidValue"},
		{"a path below a resource", `{"method":"DELETE","path":"/Users/` + ada + `/name"}`, "400 invalidValue"},
		{"a path with a query", `{"method":"DELETE","path":"/Users/` + ada + `?x=y"}`, "400 invalidValue"},
		{"a path of discovery", `{"method":"DELETE","path":"/Schemas/x"}`, "400 invalidValue"},
		{"an unknown user", `{"method":"PATCH","path":"/Users/nobody","data":` + patch + `}`, "404"},
		{"a user of another org", `{"method":"DELETE","path":"/Users/` + other + `"}`, "404"},
		{"a way out of the path", `{"method":"DELETE","path":"/Users/..%2f..%2fglobex%2fscim%2fv2%2fUsers%2f` + other + `"}`, "404"},
		{"an old version", `{"method":"DELETE","path":"/Users/` + ada + `","version":"W/\"7\""}`, "412"},
		{"a reference to nothing", `{"method":"DELETE","path":"/Users/bulkId:nobody"}`, "400 invalidValue"},
		{"a member that is nothing", bulkPost("/Groups", "b", groupBody("crew", "bulkId:nobody")), "400 invalidValue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := *c
			c.t = t
			before := c.everything()
			got := c.bulk("", tt.operation)
			assert.Equal(t, []string{tt.want}, statuses(got))
			if strings.HasSuffix(tt.operation, ada+`"}`) {
				assert.Equal(t, baseURL+"/scim/v2/Users/"+ada, got[0].Location)
			}
			assert.Equal(t, before, c.everything())

			got = c.bulk("", tt.operation, bulkPost("/Users", "last", userBody("last")))
			require.Equal(t, []string{tt.want, "201"}, statuses(got), "the next operation goes on")
			c.delete("/Users/" + got[1].idOf()).status(204)
		})
	}
}

func TestBulk_VersionIsAnIfMatch(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada := c.addUser("ada")
	patch := func(version, title string) string {
		return fmt.Sprintf(`{"method":"PATCH","path":"/Users/%s","version":%q,"data":%s}`, ada, version,
			ops(`{"op":"replace","path":"title","value":"`+title+`"}`))
	}

	// The job's own conditional headers are about nothing.
	got := c.with("If-Match", `W/"9"`).bulk("",
		patch(`W/"1"`, "a"), patch(`W/"1"`, "b"), patch("", "c"), patch(`"3"`, "d"), patch("*", "e"))

	assert.Equal(t, []string{"200", "412", "200", "200", "200"}, statuses(got))
	assert.Equal(t, "e", c.get("/Users/"+ada).text("title"))
}

func TestBulk_ReferencesInAnyOrder(t *testing.T) {
	t.Parallel()
	c := serve(t)

	got := c.bulk("",
		`{"method":"PATCH","path":"/Users/bulkId:bob","data":`+ops(`{"op":"add","path":"`+directory.EnterpriseSchema+`:manager","value":{"value":"bulkId:ada"}}`)+`}`,
		bulkPost("/Groups", "outer", groupBody("outer", "bulkId:inner", "bulkId:ada")),
		bulkPost("/Groups", "inner", groupBody("inner", "bulkId:bob")),
		bulkPost("/Users", "ada", userBody("ada")),
		bulkPost("/Users", "bob", userBody("bob")),
		bulkPost("/Users", "eve", userBody("eve")),
		`{"method":"PATCH","path":"Groups/bulkId:inner/","data":`+ops(
			`{"op":"remove","path":"members[value eq \"bulkId:bob\"]"}`,
			`{"op":"add","path":"members","value":[{"$ref":"../Users/bulkId:eve"}]}`)+`}`,
		`{"method":"DELETE","path":"/Users/bulkId:ada"}`,
	)

	require.Equal(t, []string{"200", "201", "201", "201", "201", "201", "200", "204"}, statuses(got))
	outer, inner, ada, bob, eve := got[1].idOf(), got[2].idOf(), got[3].idOf(), got[4].idOf(), got[5].idOf()
	assert.Equal(t, bob, got[0].idOf())
	assert.Equal(t, inner, got[6].idOf())
	assert.Equal(t, ada, got[7].idOf())
	assert.Equal(t, []string{inner}, c.members(outer))
	assert.Equal(t, []string{eve}, c.members(inner))
	manager := c.get("/Users/" + bob).object(directory.EnterpriseSchema)["manager"]
	assert.Equal(t, map[string]any{"value": ada}, manager)
	c.get("/Users/"+ada).fails(404, "")
}

func TestBulk_CirclesAreMadeInTwoSteps(t *testing.T) {
	t.Parallel()
	user := func(name, manager string) string {
		return strings.TrimSuffix(userBody(name), "}") + `,"` + directory.EnterpriseSchema + `":{"department":"` + name +
			`","manager":{"value":"bulkId:` + manager + `"}}}`
	}
	for _, strict := range []bool{false, true} {
		c := serve(t, func(cfg *scim.Config) { cfg.Orgs[0].Strict = strict })
		got := c.bulk("",
			bulkPost("/Groups", "a", groupBody("a", "bulkId:b", "bulkId:ada")),
			bulkPost("/Groups", "b", groupBody("b", "bulkId:c")),
			bulkPost("/Groups", "c", groupBody("c", "bulkId:a", "bulkId:b")),
			bulkPost("/Users", "ada", user("ada", "bob")),
			bulkPost("/Users", "bob", user("bob", "ada")),
			bulkPost("/Users", "own", user("own", "own")),
		)

		require.Equal(t, []string{"201", "201", "201", "201", "201", "201"}, statuses(got))
		id := map[string]string{}
		for _, o := range got {
			id[o.BulkID] = o.idOf()
			resource := "/Users/"
			if len(o.BulkID) == 1 {
				resource = "/Groups/"
			}
			assert.Equal(t, c.get(resource+o.idOf()).Header().Get("ETag"), o.Version, "%s: the version that it has in the end", o.BulkID)
		}
		assert.ElementsMatch(t, []string{id["b"], id["ada"]}, c.members(id["a"]))
		assert.ElementsMatch(t, []string{id["c"]}, c.members(id["b"]))
		assert.ElementsMatch(t, []string{id["a"], id["b"]}, c.members(id["c"]))
		for name, manager := range map[string]string{"ada": "bob", "bob": "ada", "own": "own"} {
			assert.Equal(t, map[string]any{"department": name, "manager": map[string]any{"value": id[manager]}},
				c.get("/Users/"+id[name]).object(directory.EnterpriseSchema))
		}
	}
}

func TestBulk_ACircleThatCannotBeMadeLeavesNothing(t *testing.T) {
	t.Parallel()
	c := serve(t, func(cfg *scim.Config) { cfg.Orgs[0].NestedGroups = scim.NestedGroupsRefuse })
	ada := c.addUser("ada")
	before := c.everything()

	got := c.bulk("",
		bulkPost("/Groups", "a", groupBody("a", "bulkId:b", ada)),
		bulkPost("/Groups", "b", groupBody("b", "bulkId:a")),
		bulkPost("/Groups", "c", groupBody("c", "bulkId:c")),
		bulkPost("/Groups", "d", groupBody("d", "bulkId:a")),
	)

	assert.Equal(t, []string{"409", "400 invalidValue", "400 invalidValue", "409"}, statuses(got))
	assert.Equal(t, before, c.everything())
}

func TestBulk_WhatDependsOnAFailureFails(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.addUser("ada")

	got := c.bulk("",
		bulkPost("/Groups", "team", groupBody("team", "bulkId:ada")),
		bulkPost("/Users", "ada", userBody("ada")),
		`{"method":"DELETE","path":"/Users/bulkId:ada"}`,
		bulkPost("/Users", "bob", userBody("bob")),
	)

	assert.Equal(t, []string{"409", "409 uniqueness", "409", "201"}, statuses(got))
	assert.Empty(t, c.get("/Groups").resources(0))
}

func TestBulk_FailOnErrorsEndsTheJob(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.addUser("ada")
	taken := bulkPost("/Users", "x", userBody("ada"))
	fine := func(name string) string { return bulkPost("/Users", name, userBody(name)) }
	missing := `{"method":"DELETE","path":"/Users/nobody"}`

	assert.Equal(t, []string{"201", "409 uniqueness"}, statuses(c.bulk(`"failOnErrors":1,`, fine("a"), taken, fine("b"), missing)))
	assert.Equal(t, []string{"409 uniqueness", "201", "404"}, statuses(c.bulk(`"failOnErrors":2,`, taken, fine("c"), missing, fine("d"))))
	assert.Equal(t, []string{"409 uniqueness", "404", "404"}, statuses(c.bulk(`"failOnErrors":0,`, taken, missing, missing)))
	assert.Len(t, c.get("/Users").resources(3), 3, "what was done stays")

	// The group waits for x, whose failure ends the job: it was not processed.
	assert.Equal(t, []string{"409 uniqueness"}, statuses(c.bulk(`"failOnErrors":1,`,
		bulkPost("/Groups", "team", groupBody("team", "bulkId:x")), taken, fine("e"))))
	// A circle that the failure breaks leaves nothing behind.
	assert.Equal(t, []string{"409", "400 invalidValue"}, statuses(c.bulk(`"failOnErrors":1,`,
		bulkPost("/Groups", "a", groupBody("a", "bulkId:b")), bulkPost("/Groups", "b", `{"members":[{"value":"bulkId:a"}]}`), fine("f"))))
	assert.Empty(t, c.get("/Groups").resources(0))
	assert.Len(t, c.get("/Users").resources(3), 3)
}

func TestBulk_BadRequestsAreRefusedAndChangeNothing(t *testing.T) {
	t.Parallel()
	c := serve(t)
	eve := bulkPost("/Users", "eve", userBody("eve"))
	before := c.everything()

	for _, tt := range []struct{ name, body, scimType string }{
		{"empty", "", "invalidSyntax"},
		{"an array", "[]", "invalidSyntax"},
		{"null", "null", "invalidSyntax"},
		{"not JSON", bulkBody("", eve) + "}", "invalidSyntax"},
		{"cut off", strings.TrimSuffix(bulkBody("", eve), "]}"), "invalidSyntax"},
		{"cut off behind a key", `{"Operations"`, "invalidSyntax"},
		{"no operations", `{"schemas":[]}`, "invalidSyntax"},
		{"operations that are an object", `{"Operations":{}}`, "invalidSyntax"},
		{"an operation that is a text", bulkBody("", eve, `"x"`), "invalidSyntax"},
		{"a method that is a number", bulkBody("", eve, `{"method":1}`), "invalidSyntax"},
		{"failOnErrors that is a text", bulkBody(`"failOnErrors":"many",`, eve), "invalidSyntax"},
		{"two operations with one bulkId", bulkBody("", eve, bulkPost("/Groups", "eve", groupBody("eve"))), "invalidValue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := *c
			c.t = t
			c.post("/Bulk", tt.body).fails(400, tt.scimType)
		})
	}
	assert.Contains(t, c.post("/Bulk", bulkBody(`"failOnErrors":"many",`, eve)).fails(400, "invalidSyntax"), "failOnErrors does not take string")
	c.with("Content-Type", "text/xml").post("/Bulk", bulkBody("", eve)).fails(415, "")
	assert.Equal(t, before, c.everything())

	assert.Empty(t, c.bulk(""))
	c.post("/Bulk", `{"operations":[{"Method":"POST","PATH":"/Users","bulkid":"eve","extra":1,"data":`+userBody("eve")+`}],"id":null}`).status(200)
	assert.Len(t, c.get("/Users").resources(1), 1)
	strict := serve(t, func(cfg *scim.Config) { cfg.Orgs[0].Strict = true })
	strict.post("/Bulk", `{"Operations":[]}`).fails(400, "invalidSyntax")
	assert.Empty(t, strict.bulk(""))
}

func TestBulk_LimitsAreThoseThatAreAdvertised(t *testing.T) {
	t.Parallel()
	c := serve(t, func(cfg *scim.Config) {
		cfg.Orgs[0].Limits = scim.Limits{UserBody: 500, GroupBody: 2000, BulkOperations: 3}
	})
	advertised := c.get("/ServiceProviderConfig").object("bulk")
	require.Equal(t, map[string]any{"supported": true, "maxOperations": 3.0, "maxPayloadSize": 2000.0}, advertised)
	missing := `{"method":"DELETE","path":"/Users/nobody"}`

	assert.Equal(t, []string{"404", "404", "404"}, statuses(c.bulk("", missing, missing, missing)))
	detail := c.post("/Bulk", bulkBody("", missing, bulkPost("/Users", "eve", userBody("eve")), missing, missing)).fails(413, "")
	assert.Contains(t, detail, "maxOperations")
	assert.Contains(t, detail, "3")
	for _, send := range []*client{c, c.unknownLength()} {
		detail = send.post("/Bulk", bulkBody("", bulkPost("/Users", "eve", userBody("eve")))+strings.Repeat(" ", 2000)).fails(413, "")
		assert.Contains(t, detail, "maxPayloadSize")
		assert.Contains(t, detail, "2000")
	}
	assert.Empty(t, c.get("/Users").resources(0))

	large := strings.Replace(userBody("eve"), "{", "{"+strings.Repeat(" ", 500), 1)
	assert.Equal(t, []string{"413"}, statuses(c.bulk("", bulkPost("/Users", "eve", large))), "the limit of a single request")
}

// panicking panics when a user is deleted.
type panicking struct{ scim.Directory }

func (d panicking) DeleteUser(_ context.Context, _, _ string, _ int64, _ directory.Origin) error {
	panic("a bug at /secret/path")
}

func TestBulk_APanicIsOneOperationsFailure(t *testing.T) {
	t.Parallel()
	c := serveOn(t, panicking{open(t)})
	id := c.addUser("ada")

	got := c.bulk("", `{"method":"DELETE","path":"/Users/`+id+`"}`, bulkPost("/Users", "bob", userBody("bob")))

	assert.Equal(t, []string{"500", "201"}, statuses(got))
	assert.NotContains(t, got[0].Response["detail"], "secret")
}

func TestBulk_NeedsAToken(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.with("Authorization", "").post("/Bulk", bulkBody("", bulkPost("/Users", "eve", userBody("eve")))).fails(http.StatusUnauthorized, "")
	assert.Empty(t, c.get("/Users").resources(0))
}

// TestBulk_ALargeOneIsReadToItsEnd is for clients that read the answer when they
// have sent everything.
func TestBulk_ALargeOneIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	h, err := scim.New(config(t), open(t))
	require.NoError(t, err)
	srv := httptest.NewServer(h)
	defer srv.Close()
	limit := int(scim.DefaultLimits.GroupBody)
	for _, tt := range []struct {
		name, body, want string
	}{
		{"one byte too many", `{"Operations":[]}` + strings.Repeat(" ", limit), "maxPayloadSize"},
		{"too many operations", `{"Operations":[` + strings.Repeat(`{},`, limit/4) + `{}]}`, "maxOperations"},
	} {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		require.NoError(t, err)
		_, err = fmt.Fprintf(conn, "POST /scim/v2/Bulk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", acmeToken, len(tt.body), tt.body)
		require.NoError(t, err, tt.name)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err, tt.name)
		assert.Equal(t, 413, resp.StatusCode, tt.name)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Contains(t, string(text), tt.want)
		require.NoError(t, conn.Close())
	}
}
