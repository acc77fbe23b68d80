package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/bridge"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// service is a bridge in this process, with an emulated Adobe behind it, as its
// operators reach it.
type service struct {
	*testing.T
	config string // of serve
	url    string // of its SCIM endpoints
	adobe  *emulator.Emulator
	stop   func() error
}

// serviceConfig has a brake that holds every departure.
const serviceConfig = `listen: 127.0.0.1:0
store: sqlite:%s
orgs:
  - name: acme
    tokens: [{name: okta, secret: "${TOKEN}"}]
    adobe:
      org_id: A1B2C3D4E5F60718293A4B5C@AdobeOrg
      client_id: 0f1e2d3c
      client_secret: "${SECRET}"
      url: %[2]s/v2/usermanagement
      ims_url: %[2]s
      actions_per_minute: 0
    mapping: {country: US}
    brakes: {departures: {count: 0, percent: 0}}
`

// shortDir is a folder in which the path of a socket is short enough.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sb")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func startService(t *testing.T) *service {
	t.Helper()
	em, err := emulator.New(emulator.Config{
		OrgID: "A1B2C3D4E5F60718293A4B5C@AdobeOrg", ClientID: "0f1e2d3c", ClientSecret: "one", Domains: []string{"example.com"},
	})
	require.NoError(t, err)
	srv := httptest.NewServer(em)
	t.Cleanup(srv.Close)
	s := &service{T: t, adobe: em, config: filepath.Join(shortDir(t), "scim-bridge.yaml")}
	database := filepath.Join(filepath.Dir(s.config), "bridge.db")
	require.NoError(t, os.WriteFile(s.config, fmt.Appendf(nil, serviceConfig, database, srv.URL), 0o600))

	stdout := newScreen("acme: http")
	env := environment{Stdout: stdout, Stderr: t.Output(), LookupEnv: func(name string) (string, bool) {
		return map[string]string{"TOKEN": scriptToken, "SECRET": "one"}[name], true
	}}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"serve", "--config", s.config}, env) }()
	stopped := false
	s.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() { assert.NoError(t, s.stop()) })
	select {
	case <-stdout.seen:
	case err := <-ended:
		require.FailNow(t, "ended early", "%v", err)
	}
	s.url = strings.TrimSpace(strings.TrimPrefix(stdout.String(), "acme: "))
	return s
}

// operate runs a command of an operator, who knows no secrets, and returns what it
// printed and its exit code.
func (s *service) operate(stdin string, args ...string) (stdout, stderr string, code int) {
	s.Helper()
	return operate(s.T, stdin, append(args, "--config", s.config)...)
}

func operate(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs strings.Builder
	err := run(t.Context(), args, environment{
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs,
		LookupEnv: func(string) (string, bool) { return "", false },
	})
	code = report(&errs, err)
	return out.String(), errs.String(), code
}

// scim asks the bridge as a provider, and returns the id of the resource.
func (s *service) scim(method, path, body string) string {
	s.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(s.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s, err)
	req.Header.Set("Authorization", "Bearer "+scriptToken)
	req.Header.Set("Content-Type", "application/scim+json")
	resp, err := client.Do(req)
	require.NoError(s, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s, err)
	require.Less(s, resp.StatusCode, 300, string(text))
	var resource struct{ ID string }
	if len(text) > 0 {
		require.NoError(s, json.Unmarshal(text, &resource))
	}
	return resource.ID
}

func (s *service) join(email string) string {
	s.Helper()
	return s.scim(http.MethodPost, "/Users", fmt.Sprintf(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": %q,
		"name": {"givenName": "A", "familyName": "B"}, "emails": [{"value": %[1]q, "primary": true}], "active": true}`, email))
}

// waitFor polls status until it says what is wanted.
func (s *service) waitFor(want func(bridge.OrgStatus) bool) {
	s.Helper()
	require.Eventually(s, func() bool {
		out, errs, code := s.operate("", "status", "--json")
		var r bridge.StatusReport
		if !assert.NotEqual(s, exitFailed, code, errs) || !assert.NoError(s, json.Unmarshal([]byte(out), &r)) {
			return true
		}
		return want(r.Orgs[0])
	}, time.Minute, 10*time.Millisecond)
}

func TestOperate_WhatIsHeldIsShownAndLetGo(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for _, email := range []string{"ada@example.com", "bob@example.com", "eve@example.com"} {
		id := s.join(email)
		s.waitFor(func(o bridge.OrgStatus) bool { return o.Waiting().Total() == 0 })
		s.scim(http.MethodDelete, "/Users/"+id, "")
	}
	s.waitFor(func(o bridge.OrgStatus) bool { return o.Held.Users == 3 })

	out, errs, code := s.operate("", "status")
	require.Equal(t, exitNeedsPerson, code)
	require.Equal(t, "scim-bridge: status: waiting for a person: 3 held, 0 failed\n", errs)
	require.Contains(t, out, "org acme: 3 held, 0 failed, 0 due\n  held:     3 users\n    bridge.brake.departures: ")
	require.Contains(t, out, "\n      ada@example.com, bob@example.com, eve@example.com\n")
	require.Contains(t, out, "scim-bridge release --org acme --config "+s.config+"\n")

	// One person is let go without being asked for more.
	out, errs, code = s.operate("", "release", "--user", "eve@example.com")
	require.Equal(t, []any{"org acme: let go: 1\n", "", exitDone}, []any{out, errs, code})
	require.Eventually(t, func() bool { return len(s.adobe.Users()) == 2 }, time.Minute, 10*time.Millisecond)
	s.waitFor(func(o bridge.OrgStatus) bool { return o.Waiting().Total() == 0 && o.Held.Users == 2 })

	// All of them only after a yes.
	out, errs, code = s.operate("no\n", "release", "--org", "acme")
	require.Equal(t, []any{"", exitFailed}, []any{out, code})
	require.Contains(t, errs, "org acme: held: 2 users\n")
	require.Contains(t, errs, "not confirmed: nothing was let go")
	_, errs, code = s.operate("", "release", "--all")
	require.Equal(t, exitWrongUse, code)
	require.Contains(t, errs, "hint: --yes says yes")
	out, _, code = s.operate("y\n", "release", "--all", "--json")
	require.Equal(t, exitDone, code)
	require.JSONEq(t, `{"orgs": [{"org": "acme", "count": 2}]}`, out)
	require.Eventually(t, func() bool { return len(s.adobe.Users()) == 0 }, time.Minute, 10*time.Millisecond)
	s.waitFor(func(o bridge.OrgStatus) bool { return o.Waiting().Total() == 0 })

	out, _, code = s.operate("", "status")
	require.Equal(t, exitDone, code)
	require.Contains(t, out, "due:      nothing, Adobe has followed\n")
	out, errs, code = s.operate("", "release", "--org", "acme")
	require.Equal(t, []any{"org acme: nothing was held\n", "", exitDone}, []any{out, errs, code}, "and nothing to ask")

	out, _, code = s.operate("", "history", "bob@example.com")
	require.Equal(t, exitDone, code)
	require.Regexp(t, `^org acme, user \S+, bob@example.com\n`, out)
	require.Regexp(t, `(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC +okta +created +created user bob@example.com$`, out)
	require.Regexp(t, `(?m) dispatch +done +removeFromOrg for bob@example.com$`, out)
}

func TestOperate_WhatFailedIsShownAndTriedAgain(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.join("mallory@evil.example")
	s.waitFor(func(o bridge.OrgStatus) bool { return o.Failed.Users == 1 })

	out, errs, code := s.operate("", "status", "--org", "acme")
	require.Equal(t, exitNeedsPerson, code)
	require.Contains(t, errs, "waiting for a person: 0 held, 1 failed")
	require.Regexp(t, regexp.MustCompile(`(?s)failed:   1 user\n    error\.domain\.trust\.nonexistent: .*\n      mallory@evil\.example\n      hint: The domain.*\n    once it is mended: scim-bridge retry --org acme`), out)

	tries := func() int { return len(s.adobe.Ledger()) }
	before := tries()
	out, _, code = s.operate("", "retry", "--user", "mallory@evil.example")
	require.Equal(t, []any{"org acme: tried again: 1\n", exitDone}, []any{out, code})
	require.Eventually(t, func() bool { return tries() > before }, time.Minute, 10*time.Millisecond)
	s.waitFor(func(o bridge.OrgStatus) bool { return o.Failed.Users == 1 })

	out, _, code = s.operate("", "history", "mallory@evil.example", "--limit", "1", "--json")
	require.Equal(t, exitDone, code)
	var h bridge.History
	require.NoError(t, json.Unmarshal([]byte(out), &h))
	require.True(t, h.More)
	require.Len(t, h.Lines, 1)
	require.Equal(t, "failed", h.Lines[0].Event)
}

func TestOperate_WhoLeftIsForgotten(t *testing.T) {
	t.Parallel()
	s := startService(t)
	id := s.join("ada@example.com")
	s.waitFor(func(o bridge.OrgStatus) bool { return o.Waiting().Total() == 0 })
	_, errs, code := s.operate("", "erase", "ada@example.com", "--yes")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, `"ada@example.com" has not left: user `+id+" is in the directory\n  hint: delete the user at the provider")
	s.scim(http.MethodDelete, "/Users/"+id, "")
	s.waitFor(func(o bridge.OrgStatus) bool { return o.Held.Users == 1 })
	_, errs, code = s.operate("", "erase", "ada@example.com", "--yes")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "something of user "+id+" is due")
	s.operate("", "release", "--all", "--yes")
	s.waitFor(func(o bridge.OrgStatus) bool { return o.Waiting().Total() == 0 })

	_, errs, code = s.operate("no\n", "erase", "ada@example.com")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "erase: not confirmed: nothing was erased")
	out, errs, code := s.operate("yes\n", "erase", "ada@example.com")
	require.Equal(t, exitDone, code, errs)
	require.Regexp(t, `^org acme: erased: lines of the journal: \d+, accounts: 1\n$`, out)
	_, errs, code = s.operate("", "history", id)
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "no user or group goes by")
}

func TestOperate_ExitCodes(t *testing.T) {
	t.Parallel()
	s := startService(t)
	for _, tt := range []struct {
		code int
		want string
		args string
	}{
		{exitWrongUse, `there is no org "initech"`, "status --org initech"},
		{exitWrongUse, `hint: the configuration of the running bridge has acme`, "release --org initech --yes"},
		{exitWrongUse, "nothing is selected\n  hint: say what with --user, --group, --org or --all", "release --yes"},
		{exitWrongUse, "nothing is selected", "retry"},
		{exitWrongUse, "--all goes with neither", "retry --all --user ada"},
		{exitWrongUse, "--user is empty", "release --org acme --user= --yes"},
		{exitWrongUse, "--group is empty", "release --org acme --group= --yes"},
		{exitWrongUse, "--org is empty", "release --all --org= --yes"},
		{exitWrongUse, "scim-bridge: status: takes no argument, got \"acme\"\n  hint: see: scim-bridge status --help", "status acme"},
		{exitWrongUse, `hint: say whose name that is: --user "ada" or --group "ada"`, "retry ada"},
		{exitWrongUse, `hint: say whose name that is: --user "ada" or --group "ada"`, "release ada"},
		{exitWrongUse, "want one id or name, got 0", "history"},
		{exitWrongUse, "want one id or name, got 2", "history ada bob"},
		{exitWrongUse, "--limit: 0 is out of range", "history ada --limit 0"},
		{exitWrongUse, "want one PERSON, got 0", "erase --yes"},
		{exitWrongUse, "want one PERSON, got 2", "erase ada bob --yes"},
		{exitWrongUse, "hint: --yes says yes", "erase ada"},
		{exitWrongUse, `there is no org "initech"`, "erase ada --org initech --yes"},
		{exitFailed, `nobody goes by "ada"`, "erase ada --yes"},
		{exitFailed, `no user goes by "ada"`, "release --user ada"},
		{exitFailed, `no group goes by "Design"`, "retry --group Design"},
		{exitFailed, `no user or group goes by "ada"`, "history ada"},
	} {
		out, errs, code := s.operate("", strings.Fields(tt.args)...)
		assert.Equal(t, tt.code, code, tt.args)
		assert.Contains(t, errs, tt.want, tt.args)
		assert.Empty(t, out, tt.args)
	}
	require.NoError(t, s.stop())
	_, errs, code := s.operate("", "status")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "no bridge is running with this database (socket "+filepath.Join(filepath.Dir(s.config), "bridge.db.sock")+")")
	require.Contains(t, errs, "hint: start it with: scim-bridge serve --config "+s.config)
}

func TestOperate_NeedsNothingOfTheConfigurationButTheStore(t *testing.T) {
	t.Parallel()
	s := startService(t)
	broken := writeConfig(t, fmt.Sprintf("store: sqlite:%s\norgs: [{tokens: [{secret_file: /nowhere}]}]\nnonsense: true\n",
		filepath.Join(filepath.Dir(s.config), "bridge.db")))
	out, errs, code := operate(t, "", "status", "--config", broken)
	require.Equal(t, exitDone, code, errs)
	require.Contains(t, out, "org acme")

	for file, want := range map[string]string{
		writeConfig(t, "store: postgres://bridge@db\n"): "names no database",
		writeConfig(t, "store: [\n"):                    "not valid YAML",
		filepath.Join(t.TempDir(), "none.yaml"):         "no such file",
	} {
		_, errs, code := operate(t, "", "status", "--config", file)
		require.Equal(t, exitWrongUse, code)
		require.Contains(t, errs, want)
	}
}

func TestLoad_StoreMustLeaveRoomForItsSocket(t *testing.T) {
	t.Parallel()
	path := strings.Repeat("d", bridge.MaxSocketPath-len(".sock"))
	_, err := loadSettings(writeConfig(t, "store: sqlite:"+path+"\n"), testEnv)
	require.NotContains(t, err.Error(), "socket")
	_, err = loadSettings(writeConfig(t, "store: sqlite:"+path+"d\n"), testEnv)
	require.ErrorContains(t, err, "store: the path has 99 bytes, want at most 98, since a socket")
}
