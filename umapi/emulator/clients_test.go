package emulator_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// two adds a second client, with the secret of the first.
func two(cfg *emulator.Config) {
	cfg.Clients = []emulator.Credential{{ClientID: "second", ClientSecret: secret}}
}

// as is another client of the same emulator, with a token of its own.
func (c *caller) as(id string) *caller {
	c.t.Helper()
	other := &caller{t: c.t, em: c.em, key: id}
	other.login()
	return other
}

func TestClients_EachWithItsOwnTokens(t *testing.T) {
	t.Parallel()
	first := start(t, two)
	second := first.as("second")
	path := "/groups/" + orgID + "/0"
	require.Equal(t, http.StatusOK, first.get(path).status)
	require.Equal(t, http.StatusOK, second.get(path).status)

	crossed := first.request(http.MethodGet, path, "")
	crossed.Header.Set("X-Api-Key", second.key)
	a := first.send(crossed)
	require.Equal(t, http.StatusForbidden, a.status, "a token is of no use with the key of another client")
	require.Empty(t, a.body)

	first.em.RevokeTokens()
	for _, c := range []*caller{first, second} {
		require.Equal(t, http.StatusUnauthorized, c.get(path).status)
		c.login()
		require.Equal(t, http.StatusOK, c.get(path).status)
	}
}

func TestAuth_Refusals(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	restarted := start(t, nil)
	with := func(header, value, org string) *http.Request {
		r := c.request(http.MethodPost, "/action/"+org, "["+federated("ada@example.com", "")+"]")
		r.Header.Set(header, value)
		if value == "" {
			r.Header.Del(header)
		}
		return r
	}
	unsigned := "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJleHAiOjk5OTk5OTk5OTl9."
	for name, r := range map[string]*http.Request{
		"no token":                   with("Authorization", "", orgID),
		"another scheme":             with("Authorization", "Basic "+c.token, orgID),
		"no token at all":            with("Authorization", "Bearer nonsense", orgID),
		"an unsigned token":          with("Authorization", "Bearer "+unsigned, orgID),
		"a token of another start":   with("Authorization", "Bearer "+restarted.token, orgID),
		"another organisation":       with("X-Api-Key", client, "FFFF@AdobeOrg"),
		"both wrong, token is first": with("Authorization", "", "nonsense"),
	} {
		a := c.send(r)
		require.Equal(t, http.StatusUnauthorized, a.status, name)
		require.Empty(t, a.body, name)
		require.Equal(t, "0", a.header.Get("Content-Length"))
		require.Equal(t, `Bearer realm="JIL", error="invalid_token", error_description="The access token is invalid"`, a.header.Get("WWW-Authenticate"))
	}
	for name, r := range map[string]*http.Request{
		"no key":      with("X-Api-Key", "", orgID),
		"another key": with("X-Api-Key", "someone", orgID),
	} {
		a := c.send(r)
		require.Equal(t, http.StatusForbidden, a.status, name)
		require.Empty(t, a.body, name)
	}
	a := c.send(with("X-Api-Key", client, "nonsense"))
	require.Equal(t, http.StatusBadRequest, a.status)
	require.JSONEq(t, `{"result":"error.organization.invalid_id","message":"Bad organization Id"}`, a.body)
	require.Empty(t, c.em.Users())
}

func TestAuth_GatewayBodies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, header, value, org string
		status                   int
		body                     string
	}{
		{"a bad token", "Authorization", "Bearer nonsense", orgID, http.StatusUnauthorized, `{"error_code":"401013","message":"Oauth token is not valid"}`},
		{"another organisation", "X-Api-Key", client, "FFFF@AdobeOrg", http.StatusUnauthorized, `{"error_code":"401013","message":"Oauth token is not valid"}`},
		{"no key", "X-Api-Key", "", orgID, http.StatusForbidden, `{"error_code":"403000","message":"Api Key is required"}`},
		{"another key", "X-Api-Key", "someone", orgID, http.StatusForbidden, `{"error_code":"403003","message":"Api Key is invalid"}`},
	} {
		c := start(t, nil)
		ask := func() answer {
			r := c.request(http.MethodGet, "/groups/"+tt.org+"/0", "")
			r.Header.Set(tt.header, tt.value)
			return c.send(r)
		}
		empty := ask()
		require.Equal(t, tt.status, empty.status, tt.name)
		require.Empty(t, empty.body, tt.name)
		require.Equal(t, "*/*", empty.header.Get("Content-Type"), tt.name)
		require.Equal(t, "0", empty.header.Get("Content-Length"), tt.name)

		require.NoError(t, c.em.SetSwitches(emulator.Switches{GatewayBodies: true}))
		gateway := ask()
		require.Equal(t, tt.status, gateway.status, tt.name)
		require.Equal(t, tt.body, gateway.body, tt.name)
		require.Equal(t, "application/json", gateway.header.Get("Content-Type"), tt.name)
		require.Equal(t, empty.header.Get("WWW-Authenticate"), gateway.header.Get("WWW-Authenticate"), tt.name)
	}
}

func TestAuth_OrganisationWithItsSignEscapedOrNot(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for _, org := range []string{"A1B2C3D4E5F60718293A4B5C@AdobeOrg", "A1B2C3D4E5F60718293A4B5C%40AdobeOrg"} {
		require.Equal(t, http.StatusOK, c.get("/groups/"+org+"/0").status, org)
	}
}

func TestHeaders_RequestIDComesBack(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	r := c.request(http.MethodGet, "/groups/"+orgID+"/0", "")
	r.Header.Set("X-Request-Id", "mine")
	require.Equal(t, "mine", c.send(r).header.Get("X-Request-Id"))
	id := c.get("/groups/" + orgID + "/0").header.Get("X-Request-Id")
	require.Regexp(t, "^[A-Za-z0-9]{32}$", id)
	require.NotEqual(t, id, c.get("/groups/"+orgID+"/0").header.Get("X-Request-Id"))

	require.NoError(t, c.em.SetSwitches(emulator.Switches{RequestIDTwice: true}))
	require.Equal(t, []string{"mine", "mine"}, c.send(r).header.Values("X-Request-Id"))
	ids := c.get("/groups/" + orgID + "/0").header.Values("X-Request-Id")
	require.Len(t, ids, 2)
	require.Equal(t, ids[0], ids[1])
	require.Regexp(t, "^[A-Za-z0-9]{32}$", ids[0])
}

func TestHeaders_NamesAndContentTypeAreTakenInAnyForm(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"application/json", "application/json; charset=utf-8", ""} {
		c := start(t, nil)
		r := c.createRequest("ada@example.com")
		r.Header = http.Header{"authorization": {"bearer " + c.token}, "X-API-KEY": {client}, "content-Type": {contentType}}
		require.Equal(t, http.StatusOK, c.send(r).status)
	}
}
