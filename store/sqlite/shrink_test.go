package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

// pragma reads a number about a database.
func pragma(t testing.TB, s *Store, name string) (n int64) {
	t.Helper()
	require.NoError(t, s.read(t.Context(), func(ctx context.Context, c *conn) error {
		_, err := c.Row(ctx, "PRAGMA "+name, nil, &n)
		return err
	}))
	return n
}

func TestShrink_GivesBackWhatIsFreeALittleAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "bridge.db"))
	var notes []plan.Note
	for n := range 4000 {
		notes = append(notes, plan.Note{User: fmt.Sprint("user", n%100), Event: "sent", Text: fmt.Sprintf("%0400d", n)})
	}
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	require.NoError(t, s.Settle(t.Context(), leaseOf(t, s), plan.Settlement{Notes: notes}, now))
	full := pragma(t, s, "page_count")

	did, err := s.Shrink(t.Context())
	require.NoError(t, err)
	require.False(t, did, "nothing is free")

	// Little is free: it stays, to be used again.
	trim := func(k store.Keep) {
		t.Helper()
		for {
			n, err := s.Trim(t.Context(), k, 200)
			require.NoError(t, err)
			if n == 0 {
				return
			}
		}
	}
	trim(store.Keep{MaxLines: 3600})
	require.Positive(t, pragma(t, s, "freelist_count"))
	did, err = s.Shrink(t.Context())
	require.NoError(t, err)
	require.False(t, did)

	trim(store.Keep{MaxLines: 400})
	free := pragma(t, s, "freelist_count")
	require.Greater(t, free, full/2)
	steps := 0
	for did = true; did; steps++ {
		before := pragma(t, s, "page_count")
		did, err = s.Shrink(t.Context())
		require.NoError(t, err)
		require.LessOrEqual(t, before-pragma(t, s, "page_count"), int64(shrinkAtOnce))
	}
	require.Greater(t, steps, 2)
	require.Less(t, pragma(t, s, "page_count"), full/2)
	lines, err := s.Journal(t.Context(), "acme", "", 1000)
	require.NoError(t, err)
	require.Len(t, lines, 400)

	// The file follows, and a copy of it can do the same.
	require.NoError(t, Backup(t.Context(), s.path, filepath.Join(dir, "copy.db")))
	require.NoError(t, s.Close())
	info, err := os.Stat(s.path)
	require.NoError(t, err)
	require.Less(t, info.Size(), full/2*4096)
	require.NoError(t, sound(t.Context(), s.path))
	require.EqualValues(t, incremental, pragma(t, open(t, filepath.Join(dir, "copy.db")), "auto_vacuum"))
}
