package scim_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim"
)

func TestLocation_IsWhereTheClientReachesUs(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // httptest's client is 192.0.2.1
	forwarded := map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "scim.example.org:8443"}
	for _, tt := range []struct {
		name    string
		base    string
		trusted []netip.Prefix
		header  map[string]string
		want    string
	}{
		{"as configured", "https://scim.example.com/", proxies, forwarded, "https://scim.example.com"},
		{"from the request", "", nil, nil, "http://example.com"},
		{"a stranger's headers are not believed", "", nil, forwarded, "http://example.com"},
		{"another proxy's neither", "", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, forwarded, "http://example.com"},
		{"a trusted proxy's are", "", proxies, forwarded, "https://scim.example.org:8443"},
		{"the client's side of two proxies", "", proxies, map[string]string{"X-Forwarded-Proto": "https, http"}, "https://example.com"},
		{"the standard's header", "", proxies, map[string]string{"Forwarded": `for="[2001:db8::1]";proto=HTTPS; Host="scim.example.org:8443", for=10.0.0.1;proto=http`}, "https://scim.example.org:8443"},
		{"the standard's header of a stranger", "", nil, map[string]string{"Forwarded": "proto=https;host=scim.example.org"}, "http://example.com"},
		{"the older headers hide the client's own", "", proxies, map[string]string{"X-Forwarded-Proto": "https", "Forwarded": "host=evil.example.org"}, "https://example.com"},
		{"nonsense in the standard's header", "", proxies, map[string]string{"Forwarded": `;=;proto;host="a/b", x`}, "http://example.com"},
		{"nonsense is passed over", "", proxies, map[string]string{"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "a/b?c"}, "http://example.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, func(cfg *scim.Config) { cfg.BaseURL, cfg.TrustedProxies = tt.base, tt.trusted })
			for name, value := range tt.header {
				c = c.with(name, value)
			}
			r := c.post("/Users", userBody("ada")).status(201)
			want := tt.want + "/scim/v2/Users/" + r.text("id")
			assert.Equal(t, want, r.Header().Get("Location"))
			assert.Equal(t, want, r.object("meta")["location"])
		})
	}
}

func TestRequestID_IsOurs(t *testing.T) {
	t.Parallel()
	c := serve(t).with("X-Request-Id", "theirs")
	a, b := c.get("/Users").Header().Get("X-Request-Id"), c.get("/Users").Header().Get("X-Request-Id")
	assert.NotEmpty(t, a)
	assert.NotEqual(t, a, b)
	assert.NotEqual(t, "theirs", a)
}

func TestNew_NamesEveryMistake(t *testing.T) {
	t.Parallel()
	hash := [32]byte{1}
	for _, tt := range []struct {
		name   string
		change func(*scim.Config)
		want   string
	}{
		{"no org", func(c *scim.Config) { c.Orgs = nil }, "no org"},
		{"a path that does not begin with a slash", func(c *scim.Config) { c.Orgs[0].Path = "scim" }, `path "scim"`},
		{"the same path twice", func(c *scim.Config) { c.Orgs[1].Path = "/scim/v2/" }, "org acme has it"},
		{"the same name twice", func(c *scim.Config) { c.Orgs[1].Name = "acme" }, `org name "acme"`},
		{"no token", func(c *scim.Config) { c.Orgs[0].Tokens = nil }, "no token"},
		{"no hash", func(c *scim.Config) { c.Orgs[0].Tokens[0].SHA256 = [32]byte{} }, "no hash"},
		{"one token for two orgs", func(c *scim.Config) { c.Orgs[0].Tokens[0].SHA256, c.Orgs[1].Tokens[0].SHA256 = hash, hash }, "the same as"},
		{"an unknown word for members", func(c *scim.Config) { c.Orgs[0].UnknownMembers = "maybe" }, `"maybe"`},
		{"an unknown word for groups", func(c *scim.Config) { c.Orgs[0].NestedGroups = "maybe" }, `"maybe"`},
		{"a base URL without a host", func(c *scim.Config) { c.BaseURL = "scim.example.com" }, "base URL"},
		{"a negative limit", func(c *scim.Config) { c.Orgs[0].Limits.UserBody = -1 }, "-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			tt.change(&cfg)
			_, err := scim.New(cfg, &broken{})
			require.ErrorContains(t, err, tt.want)
		})
	}
	_, err := scim.New(config(t), nil)
	require.ErrorContains(t, err, "no directory")
}

func TestHandler_SpeaksHTTP(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addUser("ada")
	srv := httptest.NewServer(c.handler)
	t.Cleanup(srv.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, srv.URL+"/scim/v2/Users/"+id, nil)
	require.NoError(t, err)
	r.Header = c.header.Clone()

	resp, err := srv.Client().Do(r)

	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, 200, resp.StatusCode)
	assert.Positive(t, resp.ContentLength)
	assert.Equal(t, `W/"1"`, resp.Header.Get("ETag"))
}

func TestVersions_OfTheProtocol(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addUser("ada")
	root := *c
	root.path = ""

	for _, path := range []string{"/scim/Users/" + id, "/scim/v2/Users/" + id} {
		assert.Equal(t, baseURL+"/scim/v2/Users/"+id, root.get(path).status(200).Header().Get("Location"), path)
	}
	root.get("/globex/scim/Users").fails(401, "")
	c.globex().get("/Users").resources(0)
	for _, path := range []string{"/scim/v1/Users", "/scim/v1/Users/" + id, "/scim/v3", "/scim/v20/Schemas", "/globex/scim/v1/Users"} {
		send := &root
		if strings.HasPrefix(path, "/globex") {
			send = root.with("Authorization", "Bearer "+globexToken)
		}
		send.get(path).fails(400, "invalidVers")
		send.post(path, userBody("eve")).fails(400, "invalidVers")
		send.with("Authorization", "").get(path).fails(401, "")
	}
	root.get("/scim/vault").fails(404, "")
	root.get("/v2/Users").fails(404, "")
}

func TestSlashes_TooManyAreNone(t *testing.T) {
	t.Parallel()
	c := serve(t)
	id := c.addUser("ada")
	root := *c
	root.path = ""
	for _, path := range []string{"//scim/v2/Users", "/scim/v2//Users/", "/scim//v2///Users//" + id + "//", "/scim/v2/Users/" + id + "/"} {
		root.get(path).status(200)
	}
	root.get("/").fails(404, "")
	root.get("//").fails(404, "")
	root.get("/scim/v2/Users/%2F"+id).fails(404, "")
	root.get("/scim/v2/Users/" + strings.ReplaceAll(id, "-", "%2D")).status(200)
}
