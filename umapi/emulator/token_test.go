package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestToken_OnEveryPathInBodyAndQuery(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for _, path := range []string{"/ims/token/v2", "/ims/token/v2/", "/ims/token/v3", "/ims/token/v3/"} {
		inBody := c.send(tokenRequest(t, path, tokenForm()))
		inQuery := c.send(tokenRequest(t, path+"?"+tokenForm().Encode(), nil))
		for _, a := range []answer{inBody, inQuery} {
			require.Equal(t, http.StatusOK, a.status, a.body)
			var body map[string]any
			require.NoError(t, json.Unmarshal([]byte(a.body), &body))
			require.Equal(t, "bearer", body["token_type"])
			require.InDelta(t, 86399, body["expires_in"], 0)
			require.True(t, strings.HasPrefix(body["access_token"].(string), "ey"))
		}
		require.NotEqual(t, inBody.body, inQuery.body, "each token is a new one")
	}
}

func TestToken_Refusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, field, value string
		status             int
		code               string
	}{
		{"no grant type", "grant_type", "", http.StatusBadRequest, "invalid_request"},
		{"another grant type", "grant_type", "password", http.StatusBadRequest, "unsupported_grant_type"},
		{"no client", "client_id", "", http.StatusBadRequest, "invalid_request"},
		{"another client", "client_id", "someone", http.StatusBadRequest, "invalid_client"},
		{"no secret", "client_secret", "", http.StatusBadRequest, "invalid_request"},
		{"a wrong secret", "client_secret", "guess", http.StatusUnauthorized, "invalid_client"},
		{"no scope", "scope", "", http.StatusBadRequest, "invalid_request"},
		{"a scope too small", "scope", "openid,AdobeID", http.StatusBadRequest, "invalid_scope"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, nil)
			form := tokenForm()
			form.Set(tt.field, tt.value)
			a := c.send(tokenRequest(t, "/ims/token/v3", form))
			require.Equal(t, tt.status, a.status)
			var body map[string]string
			require.NoError(t, json.Unmarshal([]byte(a.body), &body))
			require.Equal(t, tt.code, body["error"])
			require.NotContains(t, a.body, secret)
		})
	}
}

func TestToken_ExchangeOfAJWTIsRefusedClearly(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for _, path := range []string{"/ims/exchange/jwt", "/ims/exchange/jwt/"} {
		a := c.send(tokenRequest(t, path, url.Values{"client_id": {client}, "client_secret": {secret}, "jwt_token": {"x"}}))
		require.Equal(t, http.StatusBadRequest, a.status)
		require.Contains(t, a.body, `"error":"invalid_client"`)
	}
}

func TestToken_ExpiresAndOlderOnesStayGood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, func(cfg *emulator.Config) { cfg.TokenLifetime = 10 * time.Minute })
		path := "/groups/" + orgID + "/0"
		first := c.token
		time.Sleep(6 * time.Minute)
		c.login()
		second := c.token
		c.token = first
		require.Equal(t, http.StatusOK, c.get(path).status)
		time.Sleep(5 * time.Minute)
		require.Equal(t, http.StatusUnauthorized, c.get(path).status)
		c.token = second
		require.Equal(t, http.StatusOK, c.get(path).status)
		c.em.RevokeTokens()
		require.Equal(t, http.StatusUnauthorized, c.get(path).status)
		c.login()
		require.Equal(t, http.StatusOK, c.get(path).status)
	})
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

func TestHeaders_RequestIDComesBack(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	r := c.request(http.MethodGet, "/groups/"+orgID+"/0", "")
	r.Header.Set("X-Request-Id", "mine")
	require.Equal(t, "mine", c.send(r).header.Get("X-Request-Id"))
	id := c.get("/groups/" + orgID + "/0").header.Get("X-Request-Id")
	require.Regexp(t, "^[A-Za-z0-9]{32}$", id)
	require.NotEqual(t, id, c.get("/groups/"+orgID+"/0").header.Get("X-Request-Id"))
}

func TestHeaders_NamesAndContentTypeAreTakenInAnyForm(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"application/json", "application/json; charset=utf-8", ""} {
		c := start(t, nil)
		r := c.createRequest("ada@example.com")
		r.Header = http.Header{}
		r.Header.Set("authorization", "bearer "+c.token)
		r.Header.Set("x-api-key", client)
		r.Header.Set("content-type", contentType)
		require.Equal(t, http.StatusOK, c.send(r).status)
	}
}

func TestStatus_IsLiveWithoutAToken(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://emulator.test/status", nil)
	require.NoError(t, err)
	require.Contains(t, c.send(r).body, `"state":"LIVE"`)
}

func TestServeHTTP_TheSameOverARealConnection(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	srv := httptest.NewServer(c.em)
	t.Cleanup(srv.Close)
	do := func(r *http.Request) answer {
		t.Helper()
		r.URL.Host = strings.TrimPrefix(srv.URL, "http://")
		r.Host = r.URL.Host
		resp, err := srv.Client().Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return answer{resp.StatusCode, resp.Header, string(body)}
	}
	require.Equal(t, http.StatusOK, do(tokenRequest(t, "/ims/token/v2/", tokenForm())).status)
	require.JSONEq(t, `{"completed":1,"notCompleted":0,"completedInTestMode":0,"result":"success"}`, do(c.createRequest("ada@example.com")).body)
	c.seed(nil, "Art/Design")
	for _, path := range []string{"/users/" + orgID + "/0", "/users/" + url.PathEscape(orgID) + "/0/Art%2FDesign", "/groups/" + orgID + "/0", "/organizations/" + orgID + "/users/ada@example.com"} {
		a := do(c.request(http.MethodGet, path, ""))
		require.Equal(t, http.StatusOK, a.status, path)
		require.Equal(t, "application/json", a.header.Get("Content-Type"))
	}
	r := c.request(http.MethodGet, "/groups/"+orgID+"/0", "")
	r.Header.Del("Authorization")
	a := do(r)
	require.Equal(t, http.StatusUnauthorized, a.status)
	require.Empty(t, a.body)
}

func TestNew_NamesEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := emulator.New(emulator.Config{
		ActionsPerMinute: -1, ReadsPerMinute: -1, UsersPerPage: -1, GroupsPerPage: -1, MaxCommands: -1, MaxListEntries: -1,
		MaxMembers: -1, LedgerEntries: -1, TokenLifetime: time.Millisecond, DirectoryType: "adobeID", Domains: []string{"@x"},
		Switches: emulator.Switches{PageBeyondEnd: "sometimes", Login: "badge"},
	})
	for _, name := range []string{
		"OrgID", "ClientID", "ClientSecret", "ActionsPerMinute", "ReadsPerMinute", "UsersPerPage", "GroupsPerPage", "MaxCommands",
		"MaxListEntries", "MaxMembers", "LedgerEntries", "TokenLifetime", "DirectoryType", "Domains", "PageBeyondEnd", "Login",
	} {
		require.ErrorContains(t, err, name)
	}
}
