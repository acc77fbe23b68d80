package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/scim"
	"github.com/scim-bridge/scim-bridge/umapi"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// testEnv is the environment of the configurations in testdata.
func testEnv(name string) (string, bool) {
	value, ok := map[string]string{
		"OKTA_SCIM_TOKEN": "the-token-of-okta-in-the-environment",
		"ADOBE_SECRET":    "the-secret-of-adobe-in-the-environment",
		"RATE":            "5",
		"EMPTY":           "",
		"DOLLAR":          "${RATE}",
	}[name]
	return value, ok
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestLoad_BustedConfigurationsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/config/busted_*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			_, err := loadSettings(file, testEnv)
			var out strings.Builder
			assert.Equal(t, exitWrongUse, report(&out, err))
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", out.String())
			for _, secret := range []string{"a-secret", "a-password", "a-client-secret", "token-of", "token-from"} {
				assert.NotContains(t, out.String(), secret)
			}
		})
	}
}

func TestLoad_WorkingConfigurationsWork(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/config/working_*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			s, err := loadSettings(file, testEnv)
			require.NoError(t, err)
			var out strings.Builder
			for _, w := range s.Warnings {
				fmt.Fprintln(&out, w)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", out.String())
		})
	}
}

func TestLoad_DefaultsOfTheSmallest(t *testing.T) {
	t.Parallel()
	s, err := loadSettings("testdata/config/working_smallest.yaml", testEnv)
	require.NoError(t, err)

	assert.Equal(t, "127.0.0.1:8080", s.Bridge.Listen)
	assert.Equal(t, database{file: "bridge.db"}, s.Database)
	assert.Empty(t, s.Bridge.SCIM.BaseURL)
	require.Len(t, s.Bridge.SCIM.Orgs, 1)
	side := s.Bridge.SCIM.Orgs[0]
	assert.Equal(t, "/scim/v2", side.Path)
	assert.Equal(t, scim.UnknownMembersSkip, side.UnknownMembers)
	assert.Equal(t, scim.NestedGroupsFlatten, side.NestedGroups)
	assert.False(t, side.Strict)
	assert.Equal(t, scim.DefaultLimits, side.Limits)
	require.Len(t, s.Bridge.Orgs, 1)
	o := s.Bridge.Orgs[0]
	assert.Equal(t, umapi.DefaultURL, o.Adobe.URL)
	assert.Equal(t, umapi.DefaultIMSURL, o.Adobe.IMSURL)
	assert.Equal(t, 10, o.Dispatch.ActionsPerMinute)
	assert.Equal(t, 25, o.Dispatch.ReadsPerMinute)
	assert.Equal(t, umapi.DefaultTimeout, o.Adobe.Timeout)
	assert.Equal(t, umapi.DefaultTimeout, o.Dispatch.CallTimeout)
	assert.Equal(t, umapi.FederatedID, o.Dispatch.Rules.IdentityType)
	assert.Equal(t, umapi.MaxEntries, o.Dispatch.Limits.Entries)
	assert.Equal(t, mapping.Offboarding{Deactivated: mapping.FateLeave, Deleted: mapping.FateLeave}, o.Dispatch.Rules.Offboarding)
	assert.Equal(t, dispatch.Brakes{
		Departures:   &dispatch.Brake{Count: 10, Percent: 5, Window: 24 * time.Hour},
		Entitlements: &dispatch.Brake{Count: 100, Percent: 10, Window: 24 * time.Hour},
	}, o.Dispatch.Brakes)
}

func TestLoad_WarnsBeforeATokenExpires(t *testing.T) {
	t.Parallel()
	smallest, err := os.ReadFile("testdata/config/working_smallest.yaml")
	require.NoError(t, err)
	for days, want := range map[int]string{400: "", 29: "is near", -1: "is over"} {
		end := time.Now().AddDate(0, 0, days).UTC().Format(time.RFC3339)
		file := filepath.Join(t.TempDir(), "scim-bridge.yaml")
		text := regexp.MustCompile(`(?m)^( +)secret: .*$`).ReplaceAllString(string(smallest), "$0\n${1}expires: "+end)
		require.Contains(t, text, end)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))

		s, err := loadSettings(file, testEnv)

		require.NoError(t, err)
		if want == "" {
			assert.Empty(t, s.Warnings)
			continue
		}
		require.Len(t, s.Warnings, 1)
		assert.Contains(t, s.Warnings[0].String(), want)
	}
}

func TestLoad_EveryKeyArrives(t *testing.T) {
	t.Parallel()
	s, err := loadSettings("testdata/config/working_full.yaml", testEnv)
	require.NoError(t, err)

	assert.Equal(t, "[::1]:18080", s.Bridge.Listen)
	assert.Equal(t, "https://scim.example.com/bridge", s.Bridge.SCIM.BaseURL)
	assert.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32")}, s.Bridge.SCIM.TrustedProxies)
	assert.Equal(t, database{file: "data/bridge.db"}, s.Database)
	require.Len(t, s.Bridge.Orgs, 2)

	side := s.Bridge.SCIM.Orgs[0]
	assert.True(t, side.Strict)
	assert.Equal(t, scim.UnknownMembersRefuse, side.UnknownMembers)
	assert.Equal(t, scim.NestedGroupsRefuse, side.NestedGroups)
	assert.Equal(t, scim.Limits{UserBody: 4096, GroupBody: 1 << 30, BulkOperations: 50}, side.Limits)
	assert.Equal(t, []scim.Token{
		{Name: "okta", SHA256: sum("the-token-of-okta-in-the-environment")},
		{Name: "entra", SHA256: sum("a-bearer-token-from-a-file-that-is-long-enough"), Expires: time.Date(2127, 1, 1, 0, 0, 0, 0, time.UTC)},
		{Name: "jumpcloud", SHA256: sum("test"), Expires: time.Date(2126, 12, 31, 17, 0, 0, 0, time.UTC)},
	}, side.Tokens)

	o := s.Bridge.Orgs[0]
	assert.Equal(t, "acme", o.Dispatch.Org)
	assert.Equal(t, "01234567", o.Adobe.ClientID, "digits stay as they are written")
	assert.Equal(t, "http://127.0.0.1:8081/v2/usermanagement", o.Adobe.URL)
	assert.Equal(t, "http://localhost:8081", o.Adobe.IMSURL)
	assert.Equal(t, 5, o.Dispatch.ActionsPerMinute, "a number may come from the environment")
	assert.Equal(t, 20, o.Dispatch.ReadsPerMinute)
	assert.Equal(t, 45*time.Second, o.Adobe.Timeout)
	assert.Equal(t, 45*time.Second, o.Dispatch.CallTimeout)
	assert.Equal(t, 9, o.Dispatch.Limits.Commands)
	assert.Equal(t, 8, o.Dispatch.Limits.Steps)
	assert.Equal(t, 7, o.Dispatch.Limits.Entries)
	assert.Equal(t, umapi.EnterpriseID, o.Dispatch.Rules.IdentityType)
	assert.Equal(t, "NO", o.Dispatch.Rules.Country, "Norway is not false")
	assert.Equal(t, []mapping.GroupRule{
		{From: "Designers", To: []string{"Creative team", "Photoshop - Default"}}, {From: "HR-*", To: []string{}},
	}, o.Dispatch.Rules.Groups)
	assert.Equal(t, mapping.Offboarding{
		Deactivated: mapping.FateRemoveMemberships, Deleted: mapping.FateDelete, Delay: 72 * time.Hour,
	}, o.Dispatch.Rules.Offboarding)
	assert.Equal(t, mapping.Protection{
		Users: []string{"*@admins.example.com", "ceo@example.com"}, Groups: []string{"IT-*"},
	}, o.Dispatch.Rules.Protected)
	assert.Equal(t, dispatch.Brakes{
		Departures:   &dispatch.Brake{Count: 3, Percent: 1, Window: 90 * time.Minute},
		Entitlements: &dispatch.Brake{Count: 4, Percent: 10, Window: 24 * time.Hour},
	}, o.Dispatch.Brakes)

	assert.Equal(t, "/globex/scim/v2", s.Bridge.SCIM.Orgs[1].Path)
	secret, err := s.Bridge.Orgs[1].Adobe.ClientSecret()
	require.NoError(t, err)
	assert.Equal(t, "a#secret: with ${RATE} and colon", secret, "a value from the environment is not expanded again")
}

func TestLoad_SecretFileIsReadAtEachToken(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte("old\n"), 0o600))
	text, err := os.ReadFile("testdata/config/working_smallest.yaml")
	require.NoError(t, err)
	config := writeConfig(t, strings.ReplaceAll(string(text), "testdata/client-secret", file))
	s, err := loadSettings(config, testEnv)
	require.NoError(t, err)

	require.NoError(t, os.WriteFile(file, []byte("new\r\n"), 0o600))
	secret, err := s.Bridge.Orgs[0].Adobe.ClientSecret()
	require.NoError(t, err)
	assert.Equal(t, "new", secret)

	require.NoError(t, os.Remove(file))
	_, err = s.Bridge.Orgs[0].Adobe.ClientSecret()
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestLoad_CertificatesAreAdded(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/config/working_smallest.yaml")
	require.NoError(t, err)
	config := writeConfig(t, strings.ReplaceAll(string(text), "client_id", "ca_file: testdata/ca.pem\n      client_id"))
	s, err := loadSettings(config, testEnv)
	require.NoError(t, err)
	want, err := x509.SystemCertPool()
	require.NoError(t, err)
	ca, err := os.ReadFile("testdata/ca.pem")
	require.NoError(t, err)
	require.True(t, want.AppendCertsFromPEM(ca))
	require.True(t, want.Equal(s.Bridge.Orgs[0].Adobe.RootCAs), "the system's are still believed")
}

func TestLoad_NoSecretIsEverPrinted(t *testing.T) {
	t.Parallel()
	s, err := loadSettings("testdata/config/working_full.yaml", testEnv)
	require.NoError(t, err)
	require.Equal(t, "the-secret-of-adobe-in-the-environment", s.keys.Orgs[0].Adobe.ClientSecret.reveal(), "it is there")

	var out bytes.Buffer
	for _, v := range []any{s.keys, &s.keys, s.keys.Orgs, s.keys.Orgs[0].Adobe, s.keys.Orgs[0].Tokens, s.keys.Orgs[0].Adobe.ClientSecret, struct{ hidden fileConfig }{s.keys}} {
		fmt.Fprintf(&out, "%v %+v %#v %s %q %x %d\n", v, v, v, v, v, v, v)
		slog.New(slog.NewTextHandler(&out, nil)).InfoContext(context.Background(), "m", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).InfoContext(context.Background(), "m", "v", v)
		fromJSON, err := json.Marshal(v)
		require.NoError(t, err)
		out.Write(fromJSON)
		fromYAML, err := yaml.Marshal(v)
		require.NoError(t, err)
		out.Write(fromYAML)
	}
	fmt.Fprintf(&out, "%v %+v", s.Bridge, s.Bridge)
	require.Contains(t, out.String(), redacted)
	for _, text := range []string{
		"the-secret-of-adobe-in-the-environment", "the-token-of-okta-in-the-environment",
		"a-bearer-token-from-a-file", "another-token", "a#secret",
	} {
		assert.NotContains(t, out.String(), text)
		assert.NotContains(t, out.String(), fmt.Sprintf("%x", text))
	}
}

func TestLoad_UnreadableFileIsWrongUse(t *testing.T) {
	t.Parallel()
	_, err := loadSettings(filepath.Join(t.TempDir(), "missing.yaml"), testEnv)
	require.ErrorIs(t, err, os.ErrNotExist)
	var out strings.Builder
	require.Equal(t, exitWrongUse, report(&out, err))
	require.Contains(t, out.String(), "--config FILE")
}

func TestNearest_NamesTheKeyThatWasMeant(t *testing.T) {
	t.Parallel()
	known := []string{"listen", "base_url", "trusted_proxies", "store", "orgs"}
	for _, tt := range []struct{ given, want string }{
		{"lsten", "listen"},
		{"baseurl", "base_url"},
		{"baseURL", "base_url"},
		{"trusted_proxy", "trusted_proxies"},
		{"org", "orgs"},
		{"certificates", ""},
		{"", ""},
	} {
		assert.Equal(t, tt.want, nearest(tt.given, known), "given %q", tt.given)
	}
}

func FuzzLoad_NeverPanics(f *testing.F) {
	files, err := filepath.Glob("testdata/config/*.yaml")
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d := &decoder{lookupEnv: testEnv}
		var k fileConfig
		d.decode(text, &k)
		assert.Equal(t, k.Listen == "", false, "the default holds")
	})
}
