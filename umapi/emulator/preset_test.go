package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestParsePreset(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]emulator.Preset{
		"": emulator.PresetCalm, "calm": emulator.PresetCalm,
		"rude": emulator.PresetRude, "hostile": emulator.PresetHostile,
	} {
		got, err := emulator.ParsePreset(name)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.Equal(t, "calm", emulator.PresetCalm.String())
	require.Equal(t, "rude", emulator.PresetRude.String())
	_, err := emulator.ParsePreset("polite")
	require.EqualError(t, err, `preset "polite" is unknown, want calm, rude or hostile`)
}

func TestNew_RefusesAnUnknownPresetAmongOtherMistakes(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.Preset, cfg.OrgID = "polite", ""
	_, err := emulator.New(cfg)
	require.ErrorContains(t, err, `preset "polite" is unknown`)
	require.ErrorContains(t, err, "OrgID: it is empty")
}

func TestPreset_CalmIsTheDocumentation(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.Preset = "calm" })
	require.Empty(t, c.em.Faults())
	require.Zero(t, c.em.Switches())
	require.Equal(t, emulator.PresetCalm, c.em.Preset())
}

func TestPreset_KeepsTheReadingsThatAreGiven(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.Preset = emulator.PresetHostile
	cfg.Switches = emulator.Switches{ListOrder: emulator.OrderPerListing, FixedWindow: true}
	em, err := emulator.New(cfg)
	require.NoError(t, err)
	require.Equal(t, emulator.Switches{
		ListOrder: emulator.OrderPerListing, FixedWindow: true,
		ShuffleCommands: true, UnstableGroupOrder: true, UpperCaseUsernames: true,
		ContinueAfterFailedCreate: true, SkipBadEntries: true, MissingGroupTypes: true,
	}, em.Switches())

	cfg.Preset, cfg.Switches = emulator.PresetRude, emulator.Switches{}
	em, err = emulator.New(cfg)
	require.NoError(t, err)
	require.Equal(t, emulator.Switches{
		ListOrder: emulator.OrderPerListing, ShuffleCommands: true, UnstableGroupOrder: true, UpperCaseUsernames: true,
	}, em.Switches())
}

func TestSetPreset_TakesThePlaceOfWhatWasSet(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.Switches.FixedWindow = true })
	require.NoError(t, c.em.SetSwitches(emulator.Switches{LargeBody413: true}))
	require.NoError(t, c.em.Inject(emulator.Fault{Status: http.StatusTeapot}))
	require.NoError(t, c.em.SetPreset(emulator.PresetRude))
	require.Equal(t, emulator.PresetRude, c.em.Preset())
	require.True(t, c.em.Switches().FixedWindow)
	require.True(t, c.em.Switches().ShuffleCommands)
	require.False(t, c.em.Switches().LargeBody413)
	for _, f := range c.em.Faults() {
		require.NotEqual(t, http.StatusTeapot, f.Fault.Status)
	}
	require.NotEmpty(t, c.em.Faults())

	require.Error(t, c.em.SetPreset("polite"))
	require.Equal(t, emulator.PresetRude, c.em.Preset())
	require.NoError(t, c.em.SetPreset(emulator.PresetCalm))
	require.Empty(t, c.em.Faults())
	require.Equal(t, emulator.Switches{FixedWindow: true}, c.em.Switches())
}

func TestPreset_NoFaultStrikesForEver(t *testing.T) {
	t.Parallel()
	for preset, most := range map[emulator.Preset]float64{emulator.PresetRude: 0.15, emulator.PresetHostile: 0.5} {
		cfg := config()
		cfg.Preset = preset
		em, err := emulator.New(cfg)
		require.NoError(t, err)
		missed := map[string]float64{} // the share of requests that no fault strikes
		for _, f := range em.Faults() {
			require.Positive(t, f.Fault.Rate, "%+v", f)
			if _, ok := missed[f.Fault.Match]; !ok {
				missed[f.Fault.Match] = 1
			}
			missed[f.Fault.Match] *= 1 - f.Fault.Rate
		}
		require.NotEmpty(t, missed)
		for match, share := range missed {
			require.Less(t, 1-share, most, match)
		}
	}
}

// A client that repeats what it cannot be sure of gets everything done, and the
// same seed gives the same weather.
func TestPreset_EverythingSucceedsIfRepeated(t *testing.T) {
	t.Parallel()
	for _, preset := range []emulator.Preset{emulator.PresetRude, emulator.PresetHostile} {
		t.Run(preset.String(), func(t *testing.T) {
			t.Parallel()
			first := struck(t, preset, 7)
			require.Greater(t, len(first), 3)
			require.Equal(t, first, struck(t, preset, 7))
			require.NotEqual(t, first, struck(t, preset, 8))
		})
	}
}

// struck does as much as it takes to create users one by one, and to read each,
// and returns which requests were struck.
func struck(t *testing.T, preset emulator.Preset, seed uint64) []uint64 {
	t.Helper()
	var faults []uint64
	synctest.Test(t, func(t *testing.T) {
		cfg := config()
		cfg.Preset, cfg.Seed = preset, seed
		em, err := emulator.New(cfg)
		require.NoError(t, err)
		require.Equal(t, seed, em.Seed())
		c := &caller{t: t, em: em, key: client}
		c.token = c.persist(func() *http.Request { return tokenRequest(t, "/ims/token/v3", tokenForm()) }, `"access_token":"`)
		c.token, _, _ = strings.Cut(c.token, `"`)
		const users = 60
		for i := range users {
			email := fmt.Sprintf("user%d@example.com", i)
			c.persist(func() *http.Request {
				return c.request(http.MethodPost, "/action/"+orgID, "["+federated(email, "ignoreIfAlreadyExists")+"]")
			}, `"result":"success`)
			c.persist(func() *http.Request {
				return c.request(http.MethodGet, "/organizations/"+orgID+"/users/"+email, "")
			}, `"email":"`+email)
		}
		require.Len(t, em.Users(), users)
		for _, e := range em.Ledger() {
			if e.Fault != nil {
				faults = append(faults, e.Seq)
			}
		}
	})
	return faults
}

// persist repeats a request until its answer holds want whole, and returns what
// follows that.
func (c *caller) persist(request func() *http.Request, want string) string {
	c.t.Helper()
	last := ""
	for range 50 {
		resp, err := c.em.RoundTrip(request())
		if err == nil {
			var body []byte
			body, err = io.ReadAll(resp.Body)
			last = resp.Status + " " + string(body)
			if _, rest, found := strings.Cut(string(body), want); err == nil && found {
				return rest
			}
		}
		time.Sleep(time.Minute)
	}
	require.FailNow(c.t, "never answered as it should", "%s: %s", want, last)
	return ""
}

func TestPreset_ReadsAreLateUnlessALagIsGiven(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		preset     emulator.Preset
		given, lag time.Duration
	}{
		{emulator.PresetCalm, 0, 0},
		{emulator.PresetRude, 0, 5 * time.Second},
		{emulator.PresetRude, 2 * time.Second, 2 * time.Second},
		{emulator.PresetHostile, 0, time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, func(cfg *emulator.Config) { cfg.ReadLag = tt.given })
			require.NoError(t, c.em.SetPreset(tt.preset))
			c.em.ClearFaults()
			c.ok(federated("ada@example.com", ""))
			read := func() int { return c.get("/organizations/" + orgID + "/users/ada@example.com").status }
			if tt.lag > 0 {
				time.Sleep(tt.lag - time.Nanosecond)
				require.Equal(t, http.StatusNotFound, read())
				time.Sleep(time.Nanosecond)
			}
			require.Equal(t, http.StatusOK, read())
		})
	}
}
