package scim_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/scim-bridge/scim-bridge/scim"
)

func TestBadBodies_AreRefusedAndChangeNothing(t *testing.T) {
	t.Parallel()
	c := serve(t)
	user := c.addUser("ada")
	group := c.addGroup("Sales", user)
	before := c.everything()

	for _, tt := range []struct {
		name, body, scimType string
	}{
		{"empty", "", "invalidSyntax"},
		{"blank", "  \n", "invalidSyntax"},
		{"not JSON", "{", "invalidSyntax"},
		{"cut off", `{"userName":"x","displayName":"x`, "invalidSyntax"},
		{"an array", "[]", "invalidSyntax"},
		{"a text", `"x"`, "invalidSyntax"},
		{"null", "null", "invalidSyntax"},
		{"trailing garbage", `{"userName":"x","displayName":"x","Operations":[]} x`, "invalidSyntax"},
		{"no UTF-8", "{\"userName\":\"a\xff\",\"displayName\":\"a\xff\",\"Operations\":[]}", "invalidSyntax"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "invalidSyntax"},
		{"too deep", `{"userName":"x","displayName":"x","Operations":[],"x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, "invalidSyntax"},
		{"a byte order mark and nothing", "\uFEFF", "invalidSyntax"},
		{"two objects", `{"userName":"x","displayName":"x","Operations":[]}{}`, "invalidSyntax"},
		{"the same key twice but for case", `{"userName":"x","USERNAME":"y","displayName":"x","DISPLAYNAME":"y","operations":[],"Operations":[]}`, "invalidSyntax"},
		{"wrong types", `{"userName":{"a":1},"displayName":{"a":1},"Operations":[{"op":"replace","path":"displayName","value":{"a":1}}]}`, "invalidValue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := *c
			c.t = t
			c.post("/Users", tt.body).fails(400, tt.scimType)
			c.put("/Users/"+user, tt.body).fails(400, tt.scimType)
			c.patch("/Users/"+user, tt.body).fails(400, tt.scimType)
			c.post("/Groups", tt.body).fails(400, tt.scimType)
			c.put("/Groups/"+group, tt.body).fails(400, tt.scimType)
			c.patch("/Groups/"+group, tt.body).fails(400, tt.scimType)
			if tt.scimType == "invalidSyntax" && tt.name != "the same key twice but for case" {
				c.post("/.search", tt.body).fails(400, tt.scimType)
			}
		})
	}
	c.post("/Users/.search", `{"filter":"userName pr","Filter":"active eq false"}`).fails(400, "invalidSyntax")
	for _, tt := range []struct{ name, body, scimType string }{
		{"no userName", `{"displayName":"x"}`, "invalidValue"},
		{"an empty userName", `{"userName":""}`, "invalidValue"},
		{"a number for a name", `{"userName":"x","name":7}`, "invalidValue"},
		{"two primary addresses", `{"userName":"x","emails":[{"value":"a@example.com","primary":true},{"value":"b@example.com","primary":true}]}`, "invalidValue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := *c
			c.t = t
			c.post("/Users", tt.body).fails(400, tt.scimType)
		})
	}
	for _, tt := range []struct{ name, operation, scimType string }{
		{"an unknown op", `{"op":"move","path":"title","value":"x"}`, "invalidSyntax"},
		{"a broken path", `{"op":"replace","path":"emails[type eq","value":"x"}`, "invalidPath"},
		{"a broken filter in a path", `{"op":"replace","path":"emails[type eq]","value":"x"}`, "invalidFilter"},
		{"a remove without a path", `{"op":"remove"}`, "noTarget"},
		{"a read-only attribute", `{"op":"replace","path":"groups","value":[]}`, "mutability"},
		{"the read-only sync state", `{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:scimbridge:2.0:User:sync","value":{"state":"synced"}}`, "mutability"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := *c
			c.t = t
			c.patch("/Users/"+user, ops(tt.operation)).fails(400, tt.scimType)
		})
	}
	assert.Equal(t, before, c.everything())
}

func TestByteOrderMark_IsPassedOver(t *testing.T) {
	t.Parallel()
	const mark = "\uFEFF"
	c := serve(t)
	id := c.post("/Users", mark+userBody("ada")).status(201).text("id")
	c.put("/Users/"+id, mark+userBody("bob")).status(200)
	c.patch("/Users/"+id, mark+ops(`{"op":"add","path":"title","value":"`+mark+`x"}`)).status(200)
	c.post("/Users/.search", mark+`{"filter":"title eq \"`+mark+`x\""}`).resources(1)
	c.post("/Bulk", mark+bulkBody("", bulkPost("/Users", "eve", userBody("eve")))).status(200)
	c.get("/Users").resources(2)
}

func TestUnknownIDs_Are404(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ada := c.addUser("ada")
	before := c.everything()
	for _, id := range []string{
		strings.ToUpper(ada), ada + "%20",
		"9876543210123456", "nonexistent-id-000000", "0b5e7c59-21f4-4f8e-bf98-7363c4aed4ef", "%00", "a%2Fb", "%FF", "%20", strings.Repeat("9", 5000),
	} {
		for _, endpoint := range []string{"/Users/", "/Groups/"} {
			c.get(endpoint+id).fails(404, "")
			c.put(endpoint+id, `{"userName":"x","displayName":"x"}`).fails(404, "")
			c.patch(endpoint+id, ops(`{"op":"add","path":"externalId","value":"x"}`)).fails(404, "")
			c.delete(endpoint+id).fails(404, "")
		}
	}
	assert.Equal(t, before, c.everything())
}

func TestTokens_DecideWhoIsServed(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.addUser("ada")
	before := c.everything()

	for name, header := range map[string]string{
		"none":                 "",
		"no scheme":            "non-token",
		"only a scheme":        "Bearer",
		"an empty token":       "Bearer ",
		"a wrong token":        "Bearer wrong",
		"a part of the token":  "Bearer " + acmeToken[:10],
		"another scheme":       "Basic " + acmeToken,
		"another org's token":  "Bearer " + globexToken,
		"the token in capital": "Bearer " + strings.ToUpper(acmeToken),
	} {
		t.Run(name, func(t *testing.T) {
			c := *c
			c.t = t
			stranger := c.with("Authorization", header)
			for _, r := range []*reply{
				stranger.get("/Users"),
				stranger.post("/Users", userBody("eve")),
				stranger.post("/Groups", groupBody("Evil")),
				stranger.get("/ServiceProviderConfig"),
				stranger.get("/nothing"),
				stranger.do("TRACE", "/Users", ""),
			} {
				detail := r.fails(401, "")
				assert.NotContains(t, detail, acmeToken[:5])
				assert.True(t, strings.HasPrefix(r.Header().Get("WWW-Authenticate"), "Bearer"))
			}
		})
	}
	assert.Equal(t, before, c.everything())

	for _, header := range []string{"bearer " + acmeToken, "BEARER   " + acmeToken, "Bearer another-" + acmeToken} {
		c.with("Authorization", header).get("/Users").status(200)
	}
}

func TestBodyLimit_IsStatedAndChangesNothing(t *testing.T) {
	t.Parallel()
	c := serve(t, func(cfg *scim.Config) { cfg.Orgs[0].Limits = scim.Limits{UserBody: 1000, GroupBody: 2000} })
	user := c.addUser("ada")
	group := c.addGroup("Sales", user)
	before := c.everything()
	pad := func(n int) string { return strings.Repeat(" ", n) }

	for _, known := range []bool{true, false} {
		send := c
		if !known {
			send = c.unknownLength()
		}
		for _, r := range []*reply{
			send.post("/Users", userBody("eve")+pad(1000)),
			send.put("/Users/"+user, userBody("eve")+pad(1000)),
			send.patch("/Users/"+user, ops(`{"op":"add","path":"title","value":"x"}`)+pad(1000)),
		} {
			assert.Contains(t, r.fails(413, ""), "1000")
		}
		for _, r := range []*reply{
			send.post("/Groups", groupBody("Evil")+pad(2000)),
			send.put("/Groups/"+group, groupBody("Evil")+pad(2000)),
			send.patch("/Groups/"+group, ops(`{"op":"remove","path":"members"}`)+pad(2000)),
		} {
			assert.Contains(t, r.fails(413, ""), "2000")
		}
	}
	assert.Equal(t, before, c.everything())
	c.post("/Groups", groupBody("Large")+pad(1500)).status(201)
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	c := serve(t)
	for i, accepted := range []string{
		"application/scim+json", "application/json", "application/json; charset=UTF-8", "Application/SCIM+JSON;charset=utf-8", "",
		"application/x-www-form-urlencoded", // curl -d
	} {
		c.with("Content-Type", accepted).post("/Users", userBody("user"+strconv.Itoa(i))).status(201)
	}
	before := c.everything()
	for _, refused := range []string{"text/plain", "text/xml", "application/xml", "application/jsonx"} {
		c.with("Content-Type", refused).post("/Users", userBody("eve")).fails(415, "")
	}
	c.with("Content-Encoding", "gzip").post("/Users", userBody("eve")).fails(415, "")
	assert.Equal(t, before, c.everything())

	for accept, want := range map[string]string{
		"":                                     "application/scim+json",
		"*/*":                                  "application/scim+json",
		"application/json":                     "application/json",
		"application/json, text/plain":         "application/json",
		"application/json, text/plain, */*":    "application/scim+json",
		"application/scim+json; charset=utf-8": "application/scim+json",
		"application/json;q=0.5, application/scim+json": "application/scim+json",
		"application/json, application/scim+json;q=0":   "application/json",
		"text/html": "application/scim+json",
		"application/json; charset=utf-8, application/xml,": "application/json",
	} {
		assert.Equal(t, want, c.with("Accept", accept).get("/Users").status(200).Header().Get("Content-Type"), accept)
	}
}

func TestAccept_OfNoJSONIsRefusedOnlyIfStrict(t *testing.T) {
	t.Parallel()
	strict := serve(t, func(cfg *scim.Config) { cfg.Orgs[0].Strict = true })
	for _, accept := range []string{"text/html", "application/xml, text/plain;q=0.5", "application/scim+json;q=0"} {
		strict.with("Accept", accept).get("/Users").fails(406, "")
		strict.with("Accept", accept).post("/Users", userBody("eve")).fails(406, "")
	}
	for _, accept := range []string{"", "text/html, */*;q=0.1", "application/*", "application/json;charset=utf-8", "application/scim+json;charset=utf-8"} {
		strict.with("Accept", accept).get("/Users").resources(0)
	}
}

func TestPathsAndMethods(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addUser("ada")

	for path, allow := range map[string]string{
		"/Users":                 "GET, HEAD, OPTIONS, POST",
		"/Users/" + id:           "DELETE, GET, HEAD, OPTIONS, PATCH, PUT",
		"/Groups":                "GET, HEAD, OPTIONS, POST",
		"/Groups/x":              "DELETE, GET, HEAD, OPTIONS, PATCH, PUT",
		"/Users/.search":         "OPTIONS, POST",
		"/.search":               "OPTIONS, POST",
		"/Bulk":                  "OPTIONS, POST",
		"/ServiceProviderConfig": "GET, HEAD, OPTIONS",
		"/Schemas":               "GET, HEAD, OPTIONS",
		"/Schemas/x":             "GET, HEAD, OPTIONS",
		"/ResourceTypes":         "GET, HEAD, OPTIONS",
		"/ResourceTypes/User":    "GET, HEAD, OPTIONS",
	} {
		r := c.do("OPTIONS", path, "").status(204)
		assert.Equal(t, allow, r.Header().Get("Allow"), path)
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} {
			if strings.Contains(allow, method) {
				continue
			}
			r := c.do(method, path, "{}")
			r.fails(405, "")
			assert.Equal(t, allow, r.Header().Get("Allow"), path)
		}
	}
	c.do("PROPFIND", "/Users", "").fails(501, "")
	for _, path := range []string{"/users", "/Nothing", "/Users/" + id + "/name", "/Schemas/a/b"} {
		c.get(path).fails(404, "")
	}
	for _, path := range []string{"/Me", "/Me/x"} {
		c.get(path).fails(501, "")
		c.post(path, "{}").fails(501, "")
	}
	for _, path := range []string{"/Users/", "/Users/" + id + "/", "/Groups/", "/Schemas/", "/", ""} {
		c.get(path).status(200)
	}
	r := c.do(http.MethodHead, "/Users/"+id, "").status(200)
	assert.Equal(t, `W/"1"`, r.Header().Get("ETag"))

	outside := *c
	outside.path = ""
	outside.get("/elsewhere").fails(404, "")
}

func TestStrict_RefusesWhatTheRFCRefuses(t *testing.T) {
	t.Parallel()
	strict := serve(t, func(cfg *scim.Config) { cfg.Orgs[0].Strict = true })
	id := strict.addUser("ada")
	before := strict.everything()

	strict.post("/Users", `{"userName":"bob@example.com"}`).fails(400, "invalidSyntax")
	strict.patch("/Users/"+id, `{"Operations":[{"op":"replace","path":"active","value":false}]}`).fails(400, "invalidSyntax")
	strict.patch("/Users/"+id, ops(`{"op":"replace","path":"active","value":"False"}`)).fails(400, "invalidValue")
	strict.get("/Users?filter=externalId+eq+anna").fails(400, "invalidFilter")

	assert.Equal(t, before, strict.everything())
}
