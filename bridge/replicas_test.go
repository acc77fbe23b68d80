package bridge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/scim"
	"github.com/scim-bridge/scim-bridge/store"
)

func TestReplicas_SayWhoDispatchesAndWhoDiffers(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 14, 9, 0, 0, 0, time.UTC)
	all := []store.Replica{
		{Name: "a/1", Configs: map[string]string{"acme": "x", "globex": "y"}, Dispatches: map[string]time.Time{"acme": at}},
		{Name: "b/1", Here: true, Configs: map[string]string{"acme": "x", "globex": "z"}},
		{Name: "c/1", Configs: map[string]string{"acme": "x"}},
		{Name: "d/1", Gone: true},
	}
	orgs := []adminOrg{{name: "acme"}, {name: "globex"}}
	got := replicasOf(all, orgs)
	require.Equal(t, []string{"acme"}, got[0].Dispatches)
	require.Equal(t, []string{"globex"}, got[0].Differs)
	require.Empty(t, got[1].Differs)
	require.Equal(t, []string{"globex"}, got[2].Differs, "which has no such org")
	require.Empty(t, got[3].Differs, "who is gone works by nothing")
	require.Equal(t, &OrgDispatcher{Replica: "a/1", Since: at}, dispatcherOf(all, "acme"))
	require.Nil(t, dispatcherOf(all, "globex"))
	require.Empty(t, replicasOf(all, orgs[1:])[0].Dispatches, "only what was asked for is told")
}

func TestStatus_SaysWhoDispatches(t *testing.T) {
	atDesk(t, func(d *desk) {
		require.NoError(d, d.store.Announce(d.Context(), map[string]string{"acme": "x"}))
		require.Nil(d, d.status().Dispatcher)
		_, err := d.store.Lease(d.Context(), "acme")
		require.NoError(d, err)
		got := d.status().Dispatcher
		require.NotNil(d, got)
		require.True(d, got.Here)
		require.NotEmpty(d, got.Replica)
	})
}

func TestDigests_TellEachPartOfAConfigurationFromAnother(t *testing.T) {
	t.Parallel()
	made := func(change func(*Config)) string {
		c := Config{SCIM: scim.Config{Orgs: []scim.Org{{Name: "acme", Tokens: []scim.Token{{Name: "okta"}}}}}, Orgs: []Org{{}}}
		c.Orgs[0].Dispatch.Org = "acme"
		change(&c)
		all, err := digests(c)
		require.NoError(t, err)
		return all["acme"]
	}
	same := made(func(*Config) {})
	require.Equal(t, same, made(func(c *Config) { c.Listen = "elsewhere" }))
	require.Equal(t, same, made(func(c *Config) { c.Orgs[0].Dispatch.Limits = c.Orgs[0].Dispatch.Limits.OrDefaults() }))
	for name, change := range map[string]func(*Config){
		"a token":   func(c *Config) { c.SCIM.Orgs[0].Tokens[0].SHA256[0] = 1 },
		"a path":    func(c *Config) { c.SCIM.Orgs[0].Path = "/scim/v3" },
		"a rate":    func(c *Config) { c.Orgs[0].Dispatch.ActionsPerMinute = 9 },
		"a rule":    func(c *Config) { c.Orgs[0].Dispatch.Rules.Country = "DE" },
		"a brake":   func(c *Config) { c.Orgs[0].Dispatch.Brakes.Departures = &dispatch.Brake{Count: 1} },
		"a client":  func(c *Config) { c.Orgs[0].Adobe.ClientID = "another" },
		"a journal": func(c *Config) { c.Journal.MaxLines = 5 },
	} {
		require.NotEqual(t, same, made(change), name)
	}
}
