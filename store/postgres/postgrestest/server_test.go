package postgrestest

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startAndWait names the variable that makes the test binary the child of
// TestServer_EndsWithAProcessThatIsKilled.
const startAndWait = "SCIM_BRIDGE_TEST_START_AND_WAIT"

func TestMain(m *testing.M) {
	if os.Getenv(startAndWait) == "" {
		os.Exit(Main(m))
	}
	s, err := newServer()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s.URL(), s.dir)
	select {}
}

func TestServer_EndsWithAProcessThatIsKilled(t *testing.T) {
	t.Parallel()
	_, err := program("postgres")
	must(t, err)
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), startAndWait+"=1")
	child.Stderr = t.Output()
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan(), "it started no server")
	at, dir, ok := strings.Cut(lines.Text(), " ")
	require.True(t, ok)
	server, err := url.Parse(at)
	require.NoError(t, err)
	require.NoError(t, on(server, "SELECT 1"))
	require.DirExists(t, dir)

	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())
	require.Eventually(t, func() bool {
		_, err := os.Stat(dir)
		return os.IsNotExist(err)
	}, time.Minute, 10*time.Millisecond)
	require.Error(t, on(server, "SELECT 1"))
}

func TestServer_KeepsThroughACrashWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	s := NewServer(t)
	require.NoError(t, s.Exec("CREATE TABLE kept (id int)"))
	s.Crash()
	require.Error(t, s.Exec("SELECT * FROM kept"))
	require.NoError(t, s.Start())
	require.NoError(t, s.Exec("SELECT * FROM kept"))
}
