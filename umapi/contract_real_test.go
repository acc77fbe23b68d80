package umapi_test

import (
	"cmp"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// The environment that names a real organization. It must be a sandbox, of
// which UMAPI_TEST_DOMAIN is a claimed domain. The last three are optional.
const (
	envOrgID      = "UMAPI_TEST_ORG_ID"
	envClientID   = "UMAPI_TEST_CLIENT_ID"
	envSecretFile = "UMAPI_TEST_CLIENT_SECRET_FILE"
	envDomain     = "UMAPI_TEST_DOMAIN"
	envURL        = "UMAPI_TEST_URL"
	envIMSURL     = "UMAPI_TEST_IMS_URL"
	envType       = "UMAPI_TEST_IDENTITY_TYPE" // of the domain's directory: federatedID or enterpriseID
)

// realAccess is what the environment names, and what it lacks.
func realAccess(lookup func(string) string) (access, []string) {
	var missing []string
	for _, name := range []string{envOrgID, envClientID, envSecretFile, envDomain} {
		if lookup(name) == "" {
			missing = append(missing, name)
		}
	}
	return access{
		config: umapi.Config{
			OrgID: lookup(envOrgID), ClientID: lookup(envClientID), URL: lookup(envURL), IMSURL: lookup(envIMSURL),
			ClientSecret: func() (string, error) {
				secret, err := os.ReadFile(lookup(envSecretFile))
				return strings.TrimSpace(string(secret)), err
			},
		},
		domain:       lookup(envDomain),
		identityType: umapi.IdentityType(cmp.Or(lookup(envType), string(umapi.FederatedID))),
		lag:          realLag,
		paced:        true,
	}, missing
}

// One listing, and about ten minutes at the documented limits.
func TestContract_HoldsInARealOrganization(t *testing.T) {
	a, missing := realAccess(os.Getenv)
	if len(missing) > 0 {
		t.Skipf("to play the contract in the sandbox of a real organization, set %s (see CONTRIBUTING.md)", strings.Join(missing, ", "))
	}
	require.Contains(t, []umapi.IdentityType{umapi.FederatedID, umapi.EnterpriseID}, a.identityType, envType)
	sandbox := open(t, a)
	for _, st := range stories() {
		t.Run(st.name, func(t *testing.T) { st.play(sandbox.stage(t)) })
	}
}

func TestRealAccess_NamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, missing := realAccess(func(name string) string { return map[string]string{envOrgID: "x", envDomain: "y"}[name] })
	require.Equal(t, []string{envClientID, envSecretFile}, missing)
}
