package bridge

import (
	"context"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// socketPath is one short enough for a socket wherever tests keep their files.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sb")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return filepath.Join(dir, "bridge.db.sock")
}

// through asks for the status over a socket.
func through(t *testing.T, path string) (int, error) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://bridge/v1/status", nil)
	require.NoError(t, err)
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func TestSocket_IsThisUsersAndGoesWithTheBridge(t *testing.T) {
	w := newWorld(t)
	w.config.Socket = socketPath(t)
	_, stop := w.start(t, w.store)
	info, err := os.Stat(w.config.Socket)
	require.NoError(t, err)
	require.Equal(t, fs.ModeSocket|0o600, info.Mode())
	status, err := through(t, w.config.Socket)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)

	require.NoError(t, stop())
	require.NoFileExists(t, w.config.Socket)
	_, err = through(t, w.config.Socket)
	require.Error(t, err)
}

func TestSocket_OfADeadProcessIsReplaced(t *testing.T) {
	w := newWorld(t)
	w.config.Socket = socketPath(t)
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: w.config.Socket, Net: "unix"})
	require.NoError(t, err)
	dead.SetUnlinkOnClose(false) // as a kill leaves it
	require.NoError(t, dead.Close())
	_, err = through(t, w.config.Socket)
	require.Error(t, err)

	w.start(t, w.store)
	status, err := through(t, w.config.Socket)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
}

func TestSocket_IsNoneWithoutAPath(t *testing.T) {
	w := newWorld(t)
	b, stop := w.start(t, w.store)
	require.Nil(t, b.socket)
	require.NoError(t, stop())
}

func TestSocket_ThatCannotBeMadeEndsTheStart(t *testing.T) {
	w := newWorld(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w.config.Listen = l.Addr().String()
	require.NoError(t, l.Close())
	file := socketPath(t)
	require.NoError(t, os.WriteFile(file, []byte("mine"), 0o600))
	for _, tt := range []struct{ name, path, want string }{
		{"a file that is no socket", file, "no socket: move it away"},
		{"a path that is too long", filepath.Join("/", strings.Repeat("s", MaxSocketPath)), "104 bytes and a socket's may have 103"},
		{"a folder that is not there", filepath.Join(filepath.Dir(file), "nowhere", "sock"), "no such file or directory"},
	} {
		w.config.Socket = tt.path
		_, err := New(w.config, w.store)
		require.ErrorContains(t, err, tt.want, tt.name)
	}
	require.FileExists(t, file)
	l, err = net.Listen("tcp", w.config.Listen)
	require.NoError(t, err, "the address is free again")
	require.NoError(t, l.Close())
}
