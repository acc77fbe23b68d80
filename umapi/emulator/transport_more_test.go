package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// Every answer has the id of its request, whatever became of that, since it is
// what Adobe's support asks for.
func TestHeaders_RequestIDIsInRefusalsToo(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.ReadsPerMinute = 1 })
	stranger := &caller{t: t, em: c.em, token: "nonsense"}
	noKey := c.request(http.MethodGet, "/groups/"+orgID+"/1", "")
	noKey.Header.Del("X-Api-Key")
	for _, tt := range []struct {
		status  int
		request *http.Request
	}{
		{http.StatusBadRequest, c.request(http.MethodPost, "/action/"+orgID, "{}")},
		{http.StatusUnauthorized, stranger.request(http.MethodGet, "/groups/"+orgID+"/1", "")},
		{http.StatusForbidden, noKey},
		{http.StatusNotFound, c.request(http.MethodGet, "/organizations/"+orgID+"/users/zoe@example.com", "")},
		{http.StatusMethodNotAllowed, c.request(http.MethodPut, "/groups/"+orgID+"/1", "")},
		{http.StatusTooManyRequests, c.request(http.MethodGet, "/organizations/"+orgID+"/users/zoe@example.com", "")},
	} {
		tt.request.Header.Set("X-Request-Id", "mine")
		a := c.send(tt.request)
		require.Equal(t, tt.status, a.status, a.body)
		require.Equal(t, "mine", a.header.Get("X-Request-Id"), "%d", tt.status)
		require.Equal(t, "APIP", a.header.Get("Server"), "%d", tt.status)
		if a.body != "" {
			require.Equal(t, "application/json", a.header.Get("Content-Type"), "%d", tt.status)
		}
	}
}

func TestAuth_OrganisationEscapedOrNotOnEveryPath(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada("Design")}, "Design")
	for _, path := range []string{"/users/%s/0", "/users/%s/0/Design", "/groups/%s/0", "/organizations/%s/users/ada@example.com"} {
		for _, at := range []string{"@", "%40"} {
			a := c.get(fmt.Sprintf(path, strings.Replace(orgID, "@", at, 1)))
			require.Equal(t, http.StatusOK, a.status, path)
			require.Contains(t, a.body, `"result":"success"`)
		}
	}
	reply := c.doAt("/action/"+strings.Replace(orgID, "@", "%40", 1), federated("zoe@example.com", ""))
	require.Equal(t, "success", reply.Result)
	require.Len(t, c.em.Users(), 2)
}

// Adobe's own client, in Python, writes True and False.
func TestQuery_BooleansInAnyCase(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	profile(c, "PS", "", "")
	require.NoError(t, c.em.AddGroup(emulator.Group{Name: "Design", Profiles: []string{"PS"}}))
	c.seed([]emulator.User{ada("Design")})
	for text, is := range map[string]bool{"true": true, "True": true, "TRUE": true, "false": false, "False": false, "FALSE": false} {
		reply := c.doAt("/action/"+orgID+"?testOnly="+text, federated("ada@example.com", "ignoreIfAlreadyExists"))
		require.Equal(t, is, reply.CompletedInTestMode == 1, "testOnly=%s", text)
		require.Equal(t, is, reply.Completed == 0, "testOnly=%s", text)

		l, _ := c.list("/users/" + orgID + "/0/PS?directOnly=" + text)
		require.Equal(t, is, len(l.Users) == 0, "directOnly=%s", text)
		l, _ = c.list("/users/" + orgID + "/0/Design?excludeGroups=" + text)
		_, has := l.Users[0]["groups"]
		require.Equal(t, is, !has, "excludeGroups=%s", text)
	}
}

func TestFault_GatewayErrorsHaveNoBody(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for _, status := range []int{http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout} {
		for _, path := range []string{"/users/" + orgID + "/0", "/groups/" + orgID + "/0"} {
			require.NoError(t, c.em.Inject(emulator.Fault{Status: status, Times: 1}))
			a := c.get(path)
			require.Equal(t, status, a.status)
			require.Empty(t, a.body)
			require.Equal(t, "0", a.header.Get("Content-Length"))
			require.Empty(t, a.header.Get("Retry-After"))
			require.Equal(t, http.StatusOK, c.get(path).status)
		}
	}
}
