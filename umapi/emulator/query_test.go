package emulator_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestQuery_MistakesAreUnexpected(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed([]emulator.User{ada("Design")}, "Design")
	const (
		action  = "/action/" + orgID
		users   = "/users/" + orgID + "/0"
		members = "/users/" + orgID + "/0/Design"
		user    = "/organizations/" + orgID + "/users/ada@example.com"
		groups  = "/groups/" + orgID + "/0"
	)
	for _, test := range []struct{ method, path, want string }{
		{http.MethodPost, action + "?testOnly=TRUE", ""},
		{http.MethodPost, action + "?testonly=true", `the parameter "testonly" is unknown here`},
		{http.MethodPost, action + "?testOnly=1", "the parameter testOnly is not true or false"},
		{http.MethodPost, action + "?testOnly=", "the parameter testOnly is not true or false"},
		{http.MethodPost, action + "?testOnly=false&testOnly=yes", "the parameter testOnly is not true or false"},
		{http.MethodPost, action + "?testOnly=true;", "the query cannot be read: invalid semicolon separator in query"},
		{http.MethodPost, action + "?testOnly=%zz&a=b", `the query cannot be read: invalid URL escape "%zz"; the parameter "a" is unknown here`},
		{http.MethodGet, users + "?domain=example.com&directOnly=False", ""},
		{http.MethodGet, users + "?status=active", `the parameter "status" is unknown here`},
		{http.MethodGet, members + "?directOnly=true&excludeGroups=false&status=Inactive", ""},
		{http.MethodGet, members + "?excludeGroups=no", "the parameter excludeGroups is not true or false"},
		{http.MethodGet, members + "?status=licensed", "the parameter status is not active or inactive"},
		{http.MethodGet, user + "?domain=example.com&directOnly=true", ""},
		{http.MethodGet, user + "?excludeGroups=true", `the parameter "excludeGroups" is unknown here`},
		{http.MethodGet, groups, ""},
		{http.MethodGet, groups + "?directOnly=true", `the parameter "directOnly" is unknown here`},
		{http.MethodGet, old("users?page=0&directOnly=true"), ""},
		{http.MethodGet, old("users?domain=example.com"), `the parameter "domain" is unknown here`},
		{http.MethodGet, old("user-groups?page=1"), ""},
		{http.MethodGet, old("user-groups?pages=1"), `the parameter "pages" is unknown here`},
		{http.MethodGet, old("products?page=0"), ""},
	} {
		body := ""
		if test.method == http.MethodPost {
			body = "[" + federated("ada@example.com", "ignoreIfAlreadyExists") + "]"
		}
		require.Equal(t, http.StatusOK, c.send(c.request(test.method, test.path, body)).status, test.path)
		e := c.last()
		require.Equal(t, test.want, e.Unexpected, test.path)
		require.Equal(t, test.method == http.MethodPost && test.want != "", e.Applied, test.path)
	}
}

func TestQuery_MistakesOfTheTokenServiceAreNotQuoted(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	good := "?" + tokenForm().Encode()
	for query, want := range map[string]string{
		good:                           "",
		good + "&client%5Fsecret=x":    "",
		good + "&" + secret:            "a parameter in the query is unknown here",
		good + "&jwt_token=x":          "a parameter in the query is unknown here",
		good + "&x=%" + secret:         "the query cannot be read",
		"?client_id=a;client_secret=b": "the query cannot be read",
		"?grant_type=a&response=b":     "a parameter in the query is unknown here",
	} {
		c.send(tokenRequest(t, "/ims/token/v3"+query, nil))
		require.Equal(t, want, c.last().Unexpected, query)
	}
	for query, want := range map[string]string{
		"?client_id=a&client_secret=b&jwt_token=c": "",
		"?client_id=a&scope=c":                     "a parameter in the query is unknown here",
	} {
		c.send(tokenRequest(t, "/ims/exchange/jwt"+query, nil))
		require.Equal(t, want, c.last().Unexpected, query)
	}
}

func TestQuery_MistakesStandBesideOthers(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.send(c.request(http.MethodPost, "/action/"+orgID+"?dry=1", "{}"))
	require.Equal(t, `the body is not a JSON array of commands, or too large; the parameter "dry" is unknown here`, c.last().Unexpected)
}
