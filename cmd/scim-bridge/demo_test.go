package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/cmd/scim-bridge/internal/morning"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// screen is what a command printed. Its channel is closed once it holds a text.
type screen struct {
	mu    sync.Mutex
	text  bytes.Buffer
	until string
	seen  chan struct{}
}

func newScreen(until string) *screen { return &screen{until: until, seen: make(chan struct{})} }

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.until != "" && strings.Contains(s.text.String(), s.until)
	n, err := s.text.Write(p)
	if !held && s.until != "" && strings.Contains(s.text.String(), s.until) {
		close(s.seen)
	}
	return n, err
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func demoEnvironment(stdout, stderr io.Writer) environment {
	return environment{Stdout: stdout, Stderr: stderr, LookupEnv: func(string) (string, bool) { return "", false }}
}

// small is a demo of a few people: a whole morning takes its time with the race
// detector.
func small(stdout io.Writer) *demo {
	return &demo{
		env:  demoEnvironment(stdout, io.Discard),
		size: morning.Size{Joiners: 20, Teams: 4, Movers: 4, Renames: 4, Leavers: 4},
	}
}

// execute runs d as the command line would. Machines that are busy need patience.
func execute(ctx context.Context, d *demo, args ...string) error {
	cmd := d.command()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append(args, "--latency", "0s", "--patience", "10m"))
	return cmd.ExecuteContext(ctx)
}

func TestDemo_EndsWellWithAdobeEqualToWhatWasSaid(t *testing.T) {
	t.Parallel()
	stdout, stderr := newScreen(""), newScreen("")

	err := run(t.Context(), []string{"demo", "--patience", "10m"}, demoEnvironment(stdout, stderr))

	require.NoError(t, err, stdout.String())
	assert.Regexp(t, `200 people joined, 10 left; 12 groups; \d+ memberships given or taken; 22 renames`, stdout.String())
	assert.Regexp(t, `SCIM answered +requests +p50 +p99`, stdout.String())
	assert.Regexp(t, `(?m)^ +all +\d{3,} +[\d.]+ ms +[\d.]+ ms`, stdout.String())
	assert.Regexp(t, `(?m)^ +this bridge +\d+ +\d+ +\d`, stdout.String())
	assert.Regexp(t, `(?m)^ +a command for each change +\d+ +\d+ +\d`, stdout.String())
	assert.Regexp(t, `(?m)^EQUAL: 190 users, 12 groups and \d+ memberships`, stdout.String())
	assert.Contains(t, stderr.String(), "Okta   joiners: 100\n")
	assert.Contains(t, stderr.String(), "Entra  leavers: 5\n")
	assert.NotContains(t, stderr.String(), "\r", "a bar is for terminals")
}

func TestDemo_PrintsJSONForAnotherSeed(t *testing.T) {
	t.Parallel()
	stdout := newScreen("")

	err := execute(t.Context(), small(stdout), "--json", "--seed", "2")

	require.NoError(t, err, stdout.String())
	var got demoReport
	require.NoError(t, json.Unmarshal([]byte(stdout.String()), &got))
	assert.True(t, got.Equal)
	assert.Equal(t, uint64(2), got.Seed)
	assert.Equal(t, 16, got.Users)
	assert.Positive(t, got.UMAPI.Calls)
	assert.Less(t, got.UMAPI.Commands, got.Naive.Commands, "planning saves commands")
}

func TestDemo_FailsAndNamesAMembershipThatIsMissing(t *testing.T) {
	t.Parallel()
	stdout := newScreen("")
	var group, member string
	d := small(stdout)
	d.beforeCheck = func(ctx context.Context, w *demoWorld) error {
		for _, g := range w.emulator.Groups() {
			if members := w.emulator.Members(g.Name); len(members) > 0 {
				group, member = g.Name, members[0]
			}
		}
		client, err := umapi.New(w.credentials())
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		_, err = client.Act(ctx, []umapi.Command{{
			User: member, Do: []umapi.Step{{Remove: &umapi.Memberships{Groups: []string{group}}}},
		}})
		return err
	}

	err := execute(t.Context(), d)

	require.ErrorContains(t, err, "Adobe does not hold what was said: differences: 1,")
	require.Equal(t, exitFailed, report(io.Discard, err))
	require.Contains(t, stdout.String(), `group "`+group+`": member `+member+` is missing in Adobe`)
	require.Contains(t, stdout.String(), "NOT EQUAL")
}

func TestDemo_PrintsTheFirstDifferencesAndSaysWhereTheOthersAre(t *testing.T) {
	t.Parallel()
	r := demoReport{Seed: 7, Unfinished: []string{"1 failed", "failed: user ada"}, whole: "scim-bridge demo --seed 7 --json"}
	for i := range maxListed + 300 {
		r.Differences = append(r.Differences, fmt.Sprintf("user %03d: missing in Adobe", i))
	}
	var out strings.Builder

	require.NoError(t, r.table(&out))

	require.Contains(t, out.String(), "  unfinished:\n    1 failed\n    failed: user ada\n  different:\n    user 000: missing in Adobe\n")
	require.Equal(t, maxListed, strings.Count(out.String(), "missing in Adobe"))
	require.Contains(t, out.String(), "    and 300 more lines, to be had with: scim-bridge demo --seed 7 --json\n")
	require.Contains(t, out.String(), "Differences: 320.")
}

func TestDemo_SaysHowToHaveTheOthersAsItWasTyped(t *testing.T) {
	t.Parallel()
	stdout := newScreen("")
	d := small(stdout)
	d.env.Args = []string{"demo", "--seed", "7", "--patience", "10m"}
	d.beforeCheck = func(_ context.Context, w *demoWorld) error {
		for i := range maxListed + 1 {
			if err := w.emulator.AddUser(emulator.User{Email: fmt.Sprintf("stranger%d@example.com", i)}); err != nil {
				return err
			}
		}
		return nil
	}

	require.Error(t, execute(t.Context(), d, "--seed", "7"))

	require.Contains(t, stdout.String(), "more lines, to be had with: scim-bridge demo --seed 7 --patience 10m --json\n")
}

func TestDemo_KeepsRunningAndTheCommandsItPrintsWork(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "curl", "sed"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed, and the printed commands need it", tool)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stdout := newScreen("Running until Ctrl-C.\n")
	ended := make(chan error, 1)
	go func() {
		ended <- execute(ctx, small(stdout), "--keep")
	}()
	select {
	case <-stdout.seen:
	case err := <-ended:
		require.FailNow(t, "ended early", "%v\n%s", err, stdout)
	}
	var lines []string
	for line := range strings.Lines(stdout.String()) {
		if strings.HasPrefix(line, "curl ") {
			lines = append(lines, line)
		}
	}
	require.Len(t, lines, 3)
	for i, want := range []string{`"userName"`, `"totalResults":\s*1`, `"email":\s*"new\.person@example\.com"`} {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			out, err := exec.CommandContext(ctx, "sh", "-c", lines[i]).CombinedOutput()
			assert.NoError(c, err)
			assert.Regexp(c, want, string(out))
		}, time.Minute, 100*time.Millisecond, lines[i])
	}
	stop()
	require.NoError(t, <-ended)
}
