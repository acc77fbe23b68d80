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
		{"the secret of another client", "client_secret", "another-secret", http.StatusUnauthorized, "invalid_client"},
		{"no scope", "scope", "", http.StatusBadRequest, "invalid_request"},
		{"a scope too small", "scope", "openid,AdobeID", http.StatusBadRequest, "invalid_scope"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, unauthorized := range []bool{false, true} {
				c := start(t, func(cfg *emulator.Config) {
					cfg.Clients = []emulator.Credential{{ClientID: "second", ClientSecret: "another-secret"}}
					cfg.Switches.TokenErrorsUnauthorized = unauthorized
				})
				form := tokenForm()
				form.Set(tt.field, tt.value)
				a := c.send(tokenRequest(t, "/ims/token/v3", form))
				want := tt.status
				if unauthorized {
					want = http.StatusUnauthorized
				}
				require.Equal(t, want, a.status)
				require.Equal(t, "application/json;charset=UTF-8", a.header.Get("Content-Type"))
				var body map[string]string
				require.NoError(t, json.Unmarshal([]byte(a.body), &body))
				require.Equal(t, tt.code, body["error"])
				require.NotContains(t, a.body, secret)
			}
		})
	}
}

func TestToken_OnlyByPost(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for _, path := range []string{"/ims/token/v2", "/ims/token/v3/", "/ims/exchange/jwt"} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			r := tokenRequest(t, path+"?"+tokenForm().Encode(), nil)
			r.Method = method
			a := c.send(r)
			require.Equal(t, http.StatusMethodNotAllowed, a.status, method+" "+path)
			require.Equal(t, http.MethodPost, a.header.Get("Allow"))
			require.NotContains(t, a.body, secret)
		}
	}
}

func TestToken_ParametersAreFoundWhateverTheContentType(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	form := tokenForm().Encode()
	for _, tt := range []struct{ name, contentType, query, body string }{
		{"a form that is called JSON", "application/json", "", form},
		{"a form that is called nothing", "", "", form},
		{"in the query beside JSON", "application/json", form, `{"a":"100%"}`},
		{"in both, in parts", "text/plain", "client_id=" + client + "&scope=" + scopes, "grant_type=client_credentials&client_secret=" + secret},
		{"the body goes before the query", "application/x-www-form-urlencoded", "client_id=someone", form},
		{"a part of the body is broken", "application/x-www-form-urlencoded", "", "x=%zz&" + form},
	} {
		r := tokenRequest(t, "/ims/token/v3?"+tt.query, nil)
		r.Body = io.NopCloser(strings.NewReader(tt.body))
		r.Header.Set("Content-Type", tt.contentType)
		require.Equal(t, http.StatusOK, c.send(r).status, tt.name)
	}
	r := tokenRequest(t, "/ims/token/v3", nil)
	r.Body = io.NopCloser(strings.NewReader(`{"grant_type":"client_credentials"}`))
	r.Header.Set("Content-Type", "application/json")
	a := c.send(r)
	require.Equal(t, http.StatusBadRequest, a.status)
	require.JSONEq(t, `{"error":"invalid_request","error_description":"missing parameter: grant_type"}`, a.body)
}

func TestToken_ParametersInAMultipartForm(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for _, path := range []string{"/ims/token/v2", "/ims/token/v3/"} {
		a := c.send(multipartRequest(t, path, tokenForm()))
		require.Equal(t, http.StatusOK, a.status, a.body)
		require.Equal(t, "application/json;charset=UTF-8", a.header.Get("Content-Type"))
	}
	form := tokenForm()
	form.Del("grant_type")
	require.Equal(t, http.StatusOK, c.send(multipartRequest(t, "/ims/token/v2?grant_type=client_credentials", form)).status)

	another := multipartRequest(t, "/ims/token/v2", tokenForm())
	another.Header.Set("Content-Type", "multipart/form-data; boundary=another")
	early := multipartRequest(t, "/ims/token/v2", url.Values{"grant_type": {strings.Repeat("x", 1000)}})
	early.Body = io.NopCloser(io.LimitReader(early.Body, 500))
	for name, r := range map[string]*http.Request{
		"it lacks one": multipartRequest(t, "/ims/token/v2", form), "it has another boundary": another, "it ends early": early,
	} {
		a := c.send(r)
		require.Equal(t, http.StatusBadRequest, a.status, name)
		require.JSONEq(t, `{"error":"invalid_request","error_description":"missing parameter: grant_type"}`, a.body, name)
	}
}

func TestToken_SmallActionCallsDoNotCutTokenRequests(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.MaxBody = 20 })
	c.login()
}

func TestToken_SaysJustLessThanItsLifetime(t *testing.T) {
	t.Parallel()
	for lifetime, want := range map[time.Duration]string{
		24 * time.Hour: `"expires_in":86399`, 10 * time.Minute: `"expires_in":599`, time.Second: `"expires_in":1}`,
	} {
		c := start(t, func(cfg *emulator.Config) { cfg.TokenLifetime = lifetime })
		require.Contains(t, c.send(tokenRequest(t, "/ims/token/v2", tokenForm())).body, want)
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

func TestStatus_IsLiveWithoutAToken(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://emulator.test/status", nil)
	require.NoError(t, err)
	a := c.send(r)
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	require.Contains(t, a.body, `"state":"LIVE"`)
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
		Clients:     []emulator.Credential{{ClientSecret: "x"}, {ClientID: "x"}, {ClientID: "x", ClientSecret: "x"}},
		Certificate: []byte("nonsense"), Domains: []string{"@x"}, DirectoryType: "adobeID", Login: "badge",
		Directories: []emulator.Directory{
			{Domains: []string{"example.com"}},
			{Domains: []string{"Example.com"}, Type: "adobeID", Login: "badge"},
		},
		ActionsPerMinute: -1, ReadsPerMinute: -1, GlobalPerMinute: -2, ListingInterval: -1,
		UsersPerPage: -1, GroupsPerPage: -1, MaxCommands: -2, MaxSteps: -2, MaxListEntries: -2, MaxMembers: -1, MaxBody: -1,
		TokenLifetime: time.Millisecond, LedgerEntries: -1, ReadLag: -1, TechnicalAccounts: -1,
		Switches: emulator.Switches{PageBeyondEnd: "sometimes", SecondDelete: "often", ListOrder: "none"}, Preset: "unkind",
	})
	for _, name := range []string{
		"OrgID", "ClientID", "ClientSecret", "Clients[0].ClientID: it is empty", "Clients[1].ClientSecret: it is empty", `Clients[2].ClientID: "x"`,
		"Certificate", `Domains: "@x"`, "DirectoryType", "\nLogin", `Directories[1].Domains: "Example.com"`, "Directories[1].Type", "Directories[1].Login",
		"ActionsPerMinute", "ReadsPerMinute", "GlobalPerMinute: -2", "ListingInterval", "UsersPerPage", "GroupsPerPage", "MaxCommands", "MaxSteps",
		"MaxListEntries", "MaxMembers", "MaxBody", "TokenLifetime", "LedgerEntries", "ReadLag", "TechnicalAccounts",
		"Switches", "pageBeyondEnd", "secondDelete", "listOrder", "unkind",
	} {
		require.ErrorContains(t, err, name)
	}
}

func TestNew_NoLimitIsLessThanZero(t *testing.T) {
	t.Parallel()
	_, err := emulator.New(emulator.Config{
		OrgID: orgID, ClientID: client, ClientSecret: secret, GlobalPerMinute: -1, MaxCommands: -1, MaxSteps: -1, MaxListEntries: -1,
	})
	require.NoError(t, err)
}
