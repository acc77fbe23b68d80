package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
)

// A long reader keeps the log from being written back. What that adds up to is
// nothing that a write has to wait for afterwards.
func TestCheckpointer_WritesBackBesideTheWriter(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "bridge.db"), Options{Volatile: true})
	require.NoError(t, err)
	var auto int64
	_, err = s.write.c.Row(t.Context(), "PRAGMA wal_autocheckpoint", nil, &auto)
	require.NoError(t, err)
	require.Zero(t, auto, "no commit does it by itself")

	n := 0
	large := directory.User{Document: fmt.Appendf(nil, `{"userName": "x", "title": %q}`, strings.Repeat("x", 100_000))}
	write := func(count int) {
		t.Helper()
		for range count {
			n++
			large.ID = fmt.Sprint(n)
			large.Document = []byte(strings.Replace(string(large.Document), `"userName": "`, `"userName": "y`, 1))
			_, err := s.CreateUser(t.Context(), "acme", large, directory.Origin{})
			require.NoError(t, err)
		}
	}
	size := func(suffix string) int64 {
		info, err := os.Stat(s.path + suffix)
		require.NoError(t, err)
		return info.Size()
	}
	var before int64
	require.NoError(t, s.snapshot(t.Context(), func(ctx context.Context, c *conn) error {
		var users int
		_, err := c.Row(ctx, "SELECT COUNT(*) FROM users", nil, &users)
		write(4 * checkpointEvery)
		before = size("")
		require.Greater(t, size("-wal"), int64(longLog*4096))
		require.Zero(t, s.log.rests.Load(), "the writer writes nothing back")
		return err
	}))
	// Then it is written back, and the log begins anew.
	require.Eventually(t, func() bool {
		write(checkpointEvery / 2)
		return s.log.rests.Load() > 0
	}, time.Minute, time.Millisecond)
	require.Greater(t, size(""), before+10<<20)
	require.NoError(t, s.Close())
	require.NoError(t, sound(t.Context(), s.path))
	require.NoFileExists(t, s.path+"-wal")
}
