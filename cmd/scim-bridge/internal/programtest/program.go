// Package programtest runs the real program for a test, against an Adobe of the
// test's own.
package programtest

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// Token is what the program takes SCIM requests with.
const Token = "a-token-of-at-least-32-characters"

const (
	orgID    = "A1B2C3D4E5F60718293A4B5C@AdobeOrg"
	clientID = "0f1e2d3c"
	secret   = "the-client-secret"
	config   = `listen: %s
store: %s
orgs:
  - name: acme
    tokens: [{name: test, secret: %s}]
    adobe:
      org_id: %s
      client_id: %s
      client_secret: %s
      url: %[7]s/v2/usermanagement
      ims_url: %[7]s
      actions_per_minute: %[8]d
      reads_per_minute: 0
      timeout: %[9]s
    mapping: {country: US}
    brakes: off
`
)

// Config is what differs between tests. Replicas have the same Tags and Actions.
type Config struct {
	Tags    string        // of the build
	Actions int           // calls a minute, 0 is no limit; Adobe has the same
	Store   string        // default sqlite:bridge.db
	Timeout time.Duration // of a call, umapi.DefaultTimeout if 0
	// Before, unless it is nil, puts something between the program and Adobe.
	Before func(adobe http.Handler) http.Handler
}

// Program is the program with a folder of its own. Methods must not be called at
// the same time, but for Kill.
type Program struct {
	Dir    string
	Listen string
	Adobe  *emulator.Emulator

	t       testing.TB
	path    string
	config  string // before what Configure adds
	process *exec.Cmd
	ended   chan struct{} // closed when the process has
}

// New builds the program and starts Adobe. All ends with the test.
func New(t testing.TB, c Config) *Program {
	t.Helper()
	p := &Program{t: t, path: filepath.Join(t.TempDir(), "scim-bridge")}
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", c.Tags, "-o", p.path,
		"github.com/scim-bridge/scim-bridge/cmd/scim-bridge")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	p.Adobe, err = emulator.New(emulator.Config{
		OrgID: orgID, ClientID: clientID, ClientSecret: secret, Domains: []string{"example.com"},
		ActionsPerMinute: c.Actions, GlobalPerMinute: -1,
	})
	require.NoError(t, err)
	return p.Replica(c)
}

// Replica returns a further replica: the same build with the same Adobe, and with a
// folder and an address of its own.
func (p *Program) Replica(c Config) *Program {
	p.t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(p.t, err)
	r := &Program{t: p.t, Dir: p.t.TempDir(), Listen: free.Addr().String(), Adobe: p.Adobe, path: p.path}
	require.NoError(p.t, free.Close())
	var before http.Handler = p.Adobe
	if c.Before != nil {
		before = c.Before(p.Adobe)
	}
	adobe := httptest.NewServer(before)
	p.t.Cleanup(adobe.Close)
	r.config = fmt.Sprintf(config, r.Listen, cmp.Or(c.Store, "sqlite:bridge.db"), Token, orgID, clientID, secret,
		adobe.URL, c.Actions, cmp.Or(c.Timeout, umapi.DefaultTimeout))
	r.Configure("")
	p.t.Cleanup(func() {
		if r.process != nil {
			r.Kill()
		}
	})
	return r
}

// Configure adds lines to the configuration that the next process starts with,
// in place of those that were added before.
func (p *Program) Configure(lines string) {
	p.t.Helper()
	require.NoError(p.t, os.WriteFile(filepath.Join(p.Dir, "scim-bridge.yaml"), []byte(p.config+lines), 0o600))
}

// Run runs a further command of the program, and returns what it wrote.
func (p *Program) Run(args ...string) ([]byte, error) {
	cmd := exec.CommandContext(p.t.Context(), p.path, args...)
	cmd.Dir = p.Dir
	return cmd.Output()
}
