package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// emulatorArgs are what every emulator needs, and a port that is free.
func emulatorArgs(further ...string) []string {
	return append([]string{
		"emulator", "--listen", "127.0.0.1:0", "--org-id", "A1B2C3D4E5F60718293A4B5C@AdobeOrg",
		"--client-id", "0f1e2d3c", "--client-secret", "one", "--domain", "example.com",
	}, further...)
}

// runningEmulator is the command at work.
type runningEmulator struct {
	lines  []string // that it began with
	stderr *strings.Builder
	stop   func() // and wait until it has ended well
}

// runEmulator runs the command until it has said where it listens.
func runEmulator(t *testing.T, further ...string) *runningEmulator {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	e := &runningEmulator{stderr: &strings.Builder{}}
	var ended errgroup.Group
	ended.Go(func() error {
		err := run(ctx, emulatorArgs(further...), environment{Stdout: w, Stderr: e.stderr})
		w.CloseWithError(io.EOF)
		return err
	})
	stopped := false
	e.stop = func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(t, ended.Wait())
		}
	}
	t.Cleanup(e.stop)
	// All lines are written before anything is served: the last is awaited.
	said := bufio.NewScanner(r)
	for said.Scan() {
		e.lines = append(e.lines, said.Text())
		if strings.HasPrefix(said.Text(), lastLine(further)) {
			return e
		}
	}
	require.Fail(t, "the emulator ended", "%v %v", e.lines, ended.Wait())
	return nil
}

// lastLine is how the last line begins that the emulator says.
func lastLine(further []string) string {
	switch args := strings.Join(further, " "); {
	case strings.Contains(args, "--control"):
		return "emulator: control "
	case strings.Contains(args, "--tls-self-signed"):
		return "emulator: clients must trust "
	}
	return "emulator: preset "
}

// url is the one in the line that begins so.
func (e *runningEmulator) url(t *testing.T, prefix string) string {
	t.Helper()
	for _, line := range e.lines {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			first, _, _ := strings.Cut(rest, " ")
			return first
		}
	}
	require.Failf(t, "no such line", "%q in %q", prefix, e.lines)
	return ""
}

func (e *runningEmulator) control(t *testing.T) string { return e.url(t, "emulator: control ") }

func (e *runningEmulator) api(t *testing.T) string {
	t.Helper()
	for _, line := range e.lines {
		if first, _, ok := strings.Cut(strings.TrimPrefix(line, "emulator: "), " for org "); ok {
			return first
		}
	}
	require.Failf(t, "no address", "%q", e.lines)
	return ""
}

// tokenStatus asks for a token and returns the status of the answer.
func tokenStatus(t *testing.T, client *http.Client, api, id, secret string) int {
	t.Helper()
	resp, err := client.PostForm(api+"/ims/token/v2/", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}, "scope": {"user_management_sdk"},
	})
	require.NoError(t, err)
	defer resp.Body.Close()
	return resp.StatusCode
}

func getJSON(t *testing.T, address string, into any) {
	t.Helper()
	resp, err := http.Get(address)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.NoError(t, json.NewDecoder(resp.Body).Decode(into))
}

func TestEmulator_SaysWhereAndHowItRuns(t *testing.T) {
	t.Parallel()
	e := runEmulator(t, "--domain", "example.org", "--preset", "rude", "--seed", "7", "--control", "127.0.0.1:0")
	require.Equal(t, []string{
		"emulator: NOT the User Management API; everything is forgotten on exit",
		"emulator: " + e.api(t) + " for org A1B2C3D4E5F60718293A4B5C@AdobeOrg, domains example.com, example.org",
		"emulator: preset rude, seed 7",
		"emulator: control " + e.control(t),
	}, e.lines)
	require.True(t, strings.HasPrefix(e.api(t), "http://127.0.0.1:"))
	var preset struct {
		Preset string
		Seed   int
	}
	getJSON(t, e.control(t)+"/preset", &preset)
	require.Equal(t, "rude", preset.Preset)
	require.Equal(t, 7, preset.Seed)
	e.stop()
	require.Empty(t, e.stderr.String())
}

func TestEmulator_HasNoControlPortUnlessAskedTo(t *testing.T) {
	t.Parallel()
	e := runEmulator(t)
	require.Equal(t, "emulator: preset calm, seed 1", e.lines[len(e.lines)-1])
	for _, path := range []string{"/faults", "/ledger", "/preset"} {
		resp, err := http.Get(e.api(t) + path)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, http.StatusNotFound, resp.StatusCode)
	}
}

func TestEmulator_WarnsOfAControlPortThatOthersReach(t *testing.T) {
	t.Parallel()
	e := runEmulator(t, "--control", "0.0.0.0:0")
	e.stop()
	require.Contains(t, e.stderr.String(), "whoever reaches the control port can do everything")
}

func TestEmulator_KnowsFurtherClients(t *testing.T) {
	t.Parallel()
	e := runEmulator(t, "--client", "second:two:three", "--client", "third:3")
	for id, secret := range map[string]string{"0f1e2d3c": "one", "second": "two:three", "third": "3"} {
		require.Equal(t, http.StatusOK, tokenStatus(t, http.DefaultClient, e.api(t), id, secret))
	}
}

func TestEmulator_BeginsWithAState(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(file, []byte(`{
		"directories": [{"domains": ["b.example"], "type": "enterpriseID"}],
		"groups": [{"name": "Design"}],
		"users": [{"email": "bob@b.example", "groups": ["Design"]}]
	}`), 0o600))
	e := runEmulator(t, "--state", file, "--control", "127.0.0.1:0")
	var held struct {
		Users []struct{ Email, Type string }
	}
	getJSON(t, e.control(t)+"/state", &held)
	require.Len(t, held.Users, 1)
	require.Equal(t, "enterpriseID", held.Users[0].Type)
}

func TestEmulator_SwitchesWinOverThePreset(t *testing.T) {
	t.Parallel()
	e := runEmulator(t, "--preset", "hostile", "--control", "127.0.0.1:0",
		"--switch", "shuffleCommands=false", "--switch", "fixedWindow", "--switch", "listOrder=perListing")
	var s map[string]any
	getJSON(t, e.control(t)+"/switches", &s)
	require.Equal(t, false, s["shuffleCommands"])
	require.Equal(t, true, s["fixedWindow"])
	require.Equal(t, "perListing", s["listOrder"])
	require.Equal(t, true, s["skipBadEntries"], "of the preset")
}

func TestEmulator_WrongUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := filepath.Join(dir, "state.json")
	require.NoError(t, os.WriteFile(broken, []byte(`{"users": [{"mail": "ada@example.com"}]}`), 0o600))
	stranger := filepath.Join(dir, "stranger.json")
	require.NoError(t, os.WriteFile(stranger, []byte(`{"users": [{"email": "ada@example.com", "groups": ["Ghosts"]}]}`), 0o600))
	for _, tt := range []struct{ args, want string }{
		{"--switch fixedwindow", "fixedwindow is not a switch, did you mean fixedWindow?"},
		{"--switch sloth", "sloth is not a switch; there are caseChangeRefused, "},
		{"--switch fixedWindow=perhaps", "fixedWindow is true or false"},
		{"--switch listOrder", "listOrder needs a value"},
		{"--switch listOrder=random", `listOrder: "random" is unknown`},
		{"--preset polite", `preset "polite" is unknown, want calm, rude or hostile`},
		{"--client one-secret", "--client: want ID:SECRET"},
		{"--client 0f1e2d3c:two", `: --client: "0f1e2d3c" is there already`},
		{"--users-per-page -1", ": --users-per-page: -1"},
		{"--max-steps -2", ": --max-steps: -2"},
		{"--max-body -1 --actions-per-minute -1", "\n--max-body: -1"},
		{"--token-lifetime 1ms", ": --token-lifetime: 1ms is less than 1s"},
		{"--domain a@b", `: --domain: "a@b" is not a domain`},
		{"--seed x", "--seed"},
		{"--jwt-certificate " + filepath.Join(dir, "nowhere.pem"), "nowhere.pem: no such file"},
		{"--jwt-certificate " + broken, ": --jwt-certificate: "},
		{"--state " + filepath.Join(dir, "nowhere.json"), "nowhere.json: no such file"},
		{"--state " + broken, `state.json: unknown field "mail"`},
		{"--state " + stranger, `group "Ghosts" does not exist`},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr strings.Builder
			err := run(t.Context(), emulatorArgs(strings.Fields(tt.args)...), environment{Stdout: &stdout, Stderr: &stderr})
			require.Equal(t, exitWrongUse, report(&stderr, err))
			require.Contains(t, stderr.String(), tt.want)
			require.NotContains(t, stderr.String(), "one-secret")
			require.Empty(t, stdout.String())
		})
	}
}

func TestEmulator_FieldsAreNamedByTheirFlags(t *testing.T) {
	t.Parallel()
	f := &emulatorFlags{switches: switchFlags{}}
	cmd := new(cobra.Command)
	for _, group := range []*cobra.Command{f.orgFlags(), f.limitFlags(), f.behaviourFlags(), f.servingFlags()} {
		cmd.Flags().AddFlagSet(group.Flags())
	}
	for _, field := range []string{
		"OrgID", "ClientID", "ClientSecret", "Clients[1].ClientID", "Certificate", "Domains", "TechnicalAccounts",
		"ActionsPerMinute", "ReadsPerMinute", "GlobalPerMinute", "ListingInterval", "TokenLifetime", "UsersPerPage", "GroupsPerPage",
		"MaxCommands", "MaxSteps", "MaxListEntries", "MaxBody", "MaxMembers", "ReadLag", "Switches",
	} {
		require.NotNil(t, cmd.Flags().Lookup(strings.TrimPrefix(flagOf(field), "--")), "%s is no flag", flagOf(field))
	}
}

func TestEmulator_AddressThatIsTaken(t *testing.T) {
	t.Parallel()
	e := runEmulator(t)
	taken := strings.TrimPrefix(e.api(t), "http://")
	for _, flag := range []string{"--listen", "--control"} {
		var stdout, stderr strings.Builder
		err := run(t.Context(), emulatorArgs(flag, taken), environment{Stdout: &stdout, Stderr: &stderr})
		require.Equal(t, exitFailed, report(&stderr, err))
		require.Contains(t, stderr.String(), "another process listens on "+taken)
		require.Empty(t, stdout.String(), flag)
	}
}

func TestEmulator_EndsWithRequestsThatAFaultKeepsWaiting(t *testing.T) {
	t.Parallel()
	e := runEmulator(t, "--control", "127.0.0.1:0")
	resp, err := http.Post(e.control(t)+"/faults", "application/json", strings.NewReader(`{"match": "GET /status", "status": 200, "wait": "1h"}`))
	require.NoError(t, err)
	resp.Body.Close()
	var waiting errgroup.Group
	waiting.Go(func() error {
		resp, err := http.Get(e.api(t) + "/status")
		if err == nil {
			resp.Body.Close()
		}
		return err
	})
	for struck := 0; struck == 0; {
		var armed struct{ Faults []struct{ Struck int } }
		getJSON(t, e.control(t)+"/faults", &armed)
		struck = armed.Faults[0].Struck
	}
	e.stop()
	require.Error(t, waiting.Wait())
}

func TestEmulator_HelpGroupsTheFlags(t *testing.T) {
	t.Parallel()
	var stdout strings.Builder
	require.NoError(t, run(t.Context(), []string{"emulator", "--help"}, environment{Stdout: &stdout, Stderr: io.Discard}))
	rest := stdout.String()
	for _, want := range []string{
		"Usage:", "Examples:", "Organisation and clients:", "--org-id", "--domain", "Limits:", "--actions-per-minute",
		"Behaviour:", "--preset", "Serving:", "--listen", "--log-format",
	} {
		_, after, found := strings.Cut(rest, want)
		require.True(t, found, "%q in its place in %s", want, stdout.String())
		rest = after
	}
}
