package emulator

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a configuration leaves out is as documented. Of the size of a group that
// is too large to be tried, this is the only test.
func TestConfig_DefaultsAreTheDocumentedLimits(t *testing.T) {
	t.Parallel()
	cfg, err := Config{OrgID: "A@AdobeOrg", ClientID: "a", ClientSecret: "a"}.withDefaults()
	require.NoError(t, err)
	require.Equal(t, 100, cfg.together(kindAction))
	require.Equal(t, 2000, cfg.UsersPerPage)
	require.Equal(t, 400, cfg.GroupsPerPage)
	require.Equal(t, 10, cfg.MaxCommands)
	require.Equal(t, 10, cfg.MaxSteps)
	require.Equal(t, 20, cfg.MaxListEntries)
	require.Equal(t, 200_000, cfg.MaxMembers)
	require.Equal(t, 1<<20, cfg.MaxBody)
	require.Equal(t, 24*time.Hour, cfg.TokenLifetime)
	require.Equal(t, 2*time.Hour, cfg.ListingInterval)
	require.Zero(t, cfg.ReadLag)
	require.Zero(t, cfg.TechnicalAccounts)
	require.Zero(t, cfg.Switches)
	require.Equal(t, PresetCalm, cfg.Preset)
}
