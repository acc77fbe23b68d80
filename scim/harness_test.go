package scim_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim"
	"github.com/scim-bridge/scim-bridge/store/sqlite"
)

var _ scim.Directory = (*sqlite.Store)(nil)

const (
	acmeToken   = "acme-token-0123456789"
	globexToken = "globex-token-0123456789"
	baseURL     = "https://scim.example.com"
)

// open returns an empty directory on disk.
func open(t testing.TB) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bridge.db"), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// config serves two orgs, acme and globex.
func config(t testing.TB) scim.Config {
	return scim.Config{
		BaseURL: baseURL,
		Orgs: []scim.Org{
			{Name: "acme", Path: "/scim/v2", Tokens: []scim.Token{
				{Name: "okta", SHA256: sha256.Sum256([]byte(acmeToken))},
				{Name: "entra", SHA256: sha256.Sum256([]byte("another-" + acmeToken))},
			}},
			{Name: "globex", Path: "/globex/scim/v2", Tokens: []scim.Token{
				{Name: "okta", SHA256: sha256.Sum256([]byte(globexToken))},
			}},
		},
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

// client is an identity provider of one org.
type client struct {
	t       testing.TB
	handler http.Handler
	path    string
	header  http.Header
}

// serve returns a client of acme, whose directory is new and empty.
func serve(t testing.TB, changes ...func(*scim.Config)) *client {
	t.Helper()
	return serveOn(t, open(t), changes...)
}

// serveOn is serve with a directory.
func serveOn(t testing.TB, dir scim.Directory, changes ...func(*scim.Config)) *client {
	t.Helper()
	cfg := config(t)
	for _, change := range changes {
		change(&cfg)
	}
	h, err := scim.New(cfg, dir)
	require.NoError(t, err)
	return &client{t: t, handler: h, path: "/scim/v2", header: http.Header{
		"Authorization": {"Bearer " + acmeToken},
		"Content-Type":  {"application/scim+json; charset=utf-8"},
		"Accept":        {"application/scim+json"},
	}}
}

// with returns a client that sends another header; an empty value sends none.
func (c *client) with(name, value string) *client {
	other := *c
	other.header = c.header.Clone()
	if value == "" {
		other.header.Del(name)
	} else {
		other.header.Set(name, value)
	}
	return &other
}

// globex returns a client of the other org on the same server.
func (c *client) globex() *client {
	other := c.with("Authorization", "Bearer "+globexToken)
	other.path = "/globex/scim/v2"
	return other
}

// do sends a request; target is below the org's path.
func (c *client) do(method, target, body string) *reply {
	c.t.Helper()
	r := httptest.NewRequest(method, c.path+target, strings.NewReader(body))
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	r.Header = c.header.Clone()
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return &reply{t: c.t, ResponseRecorder: w, request: method + " " + target}
}

func (c *client) get(target string) *reply         { c.t.Helper(); return c.do("GET", target, "") }
func (c *client) post(target, body string) *reply  { c.t.Helper(); return c.do("POST", target, body) }
func (c *client) put(target, body string) *reply   { c.t.Helper(); return c.do("PUT", target, body) }
func (c *client) patch(target, body string) *reply { c.t.Helper(); return c.do("PATCH", target, body) }
func (c *client) delete(target string) *reply      { c.t.Helper(); return c.do("DELETE", target, "") }

// ops wraps PATCH operations in their message.
func ops(operations ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

// addUser creates a user and returns its id.
func (c *client) addUser(name string) string {
	c.t.Helper()
	return c.post("/Users", userBody(name)).status(201).text("id")
}

// addGroup creates a group with members and returns its id.
func (c *client) addGroup(name string, members ...string) string {
	c.t.Helper()
	return c.post("/Groups", groupBody(name, members...)).status(201).text("id")
}

// userBody is what a provider sends for NAME@example.com.
func userBody(name string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],`+
		`"userName":"%[1]s@example.com","name":{"givenName":"%[1]s","familyName":"Example"},`+
		`"emails":[{"primary":true,"type":"work","value":"%[1]s@example.com"}],"active":true}`, name)
}

func groupBody(name string, members ...string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":%q,"members":[%s]}`,
		name, memberList(members...))
}

// memberList lists members without the brackets.
func memberList(ids ...string) string {
	var list []string
	for _, id := range ids {
		list = append(list, fmt.Sprintf(`{"value":%q}`, id))
	}
	return strings.Join(list, ",")
}

// everything is what an org's directory holds, as text that can be compared.
func (c *client) everything() string {
	c.t.Helper()
	return c.get("/Users?count=1000").status(200).Body.String() + "\n" + c.get("/Groups?count=1000").status(200).Body.String()
}

// members are the ids of a group's members.
func (c *client) members(group string) []string {
	c.t.Helper()
	ids := []string{}
	for _, m := range c.get("/Groups/" + group).status(200).list("members") {
		ids = append(ids, m.(map[string]any)["value"].(string))
	}
	return ids
}

// reply is an answer, with checks that end the test where they fail.
type reply struct {
	*httptest.ResponseRecorder
	t       testing.TB
	request string
}

func (r *reply) status(want int) *reply {
	r.t.Helper()
	require.Equal(r.t, want, r.Code, "%s: %s", r.request, r.Body)
	return r
}

// json is the body as an object.
func (r *reply) json() map[string]any {
	r.t.Helper()
	var v map[string]any
	require.NoError(r.t, json.Unmarshal(r.Body.Bytes(), &v), "%s: %s", r.request, r.Body)
	return v
}

// text is a string of the body.
func (r *reply) text(name string) string {
	r.t.Helper()
	s, ok := r.json()[name].(string)
	require.True(r.t, ok, "%s: no text %q in %s", r.request, name, r.Body)
	return s
}

// list is an array of the body.
func (r *reply) list(name string) []any {
	r.t.Helper()
	l, ok := r.json()[name].([]any)
	require.True(r.t, ok, "%s: no list %q in %s", r.request, name, r.Body)
	return l
}

// object is an object of the body.
func (r *reply) object(name string) map[string]any {
	r.t.Helper()
	o, ok := r.json()[name].(map[string]any)
	require.True(r.t, ok, "%s: no object %q in %s", r.request, name, r.Body)
	return o
}

// resources are those of a ListResponse, whose numbers it checks.
func (r *reply) resources(total int) []map[string]any {
	r.t.Helper()
	v := r.status(200).json()
	require.Equal(r.t, []any{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, v["schemas"])
	require.EqualValues(r.t, total, v["totalResults"], "%s: %s", r.request, r.Body)
	list, ok := v["Resources"].([]any)
	require.True(r.t, ok, "Resources is no array: %s", r.Body)
	require.EqualValues(r.t, len(list), v["itemsPerPage"])
	out := make([]map[string]any, len(list))
	for i, e := range list {
		out[i] = e.(map[string]any)
	}
	return out
}

// fails checks that the reply is a SCIM error (RFC 7644 section 3.12), and
// returns its detail.
func (r *reply) fails(status int, scimType string) string {
	r.t.Helper()
	r.status(status)
	require.Equal(r.t, "application/scim+json", r.Header().Get("Content-Type"))
	v := r.json()
	require.Equal(r.t, []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, v["schemas"])
	require.Equal(r.t, fmt.Sprint(status), v["status"])
	got, _ := v["scimType"].(string)
	require.Equal(r.t, scimType, got, "%s: %s", r.request, r.Body)
	detail, _ := v["detail"].(string)
	require.NotEmpty(r.t, detail)
	return detail
}
