package bridge

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
)

func TestTarget_NamesWhereAndAsWhom(t *testing.T) {
	t.Parallel()
	base := umapi.Config{
		OrgID: testOrg, ClientID: testClient,
		ClientSecret: func() (string, error) { return testSecret, nil },
	}
	require.NotContains(t, target(base), testSecret)
	same := base
	same.URL = umapi.DefaultURL + "/"
	require.Equal(t, target(base), target(same))
	for name, change := range map[string]func(*umapi.Config){
		"url":    func(c *umapi.Config) { c.URL = "https://adobe.example.com" },
		"org":    func(c *umapi.Config) { c.OrgID = "B" + testOrg },
		"client": func(c *umapi.Config) { c.ClientID = "1f" },
	} {
		other := base
		change(&other)
		require.NotEqual(t, target(base), target(other), name)
	}
}
