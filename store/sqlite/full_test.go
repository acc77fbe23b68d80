package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

// room bounds the pages of the database, which is how SQLite comes to have no room
// without a disk that is full; 0 is what it has now.
func room(t *testing.T, s *Store, pages int) {
	t.Helper()
	require.NoError(t, s.update(t.Context(), relational.Wait, func(ctx context.Context, w *tx) error {
		var now int
		if _, err := w.Row(ctx, "PRAGMA page_count", nil, &now); err != nil {
			return err
		}
		_, err := w.Row(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", max(now, pages)), nil, &now)
		return err
	}))
}

func TestUpdate_AFullDiskRefusesWholeWritesAndGoesOnWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
	room(t, s, 0)
	var mu sync.Mutex
	stored := map[string]bool{}
	write := func(id string) error {
		u := user(id)
		u.Document = fmt.Appendf(nil, `{"userName": "%s@example.com", "title": "%s"}`, id, strings.Repeat("x", 3000))
		_, err := s.CreateUser(t.Context(), "acme", u, directory.Origin{})
		mu.Lock()
		defer mu.Unlock()
		stored[id] = err == nil
		return err
	}
	check := func() {
		t.Helper()
		list, err := s.Users(t.Context(), "acme", filter.Query{}, directory.Page{})
		require.NoError(t, err, "reads go on")
		want := 0
		for id, is := range stored {
			_, err := s.User(t.Context(), "acme", id)
			if !is {
				require.ErrorIs(t, err, directory.ErrNotFound, "nothing half done")
				continue
			}
			require.NoError(t, err, "what was acknowledged is there")
			want++
		}
		require.Equal(t, want, list.Total)
		status, err := s.Status(t.Context(), "acme")
		require.NoError(t, err)
		require.Equal(t, want, status.Pending[plan.KindUser])
	}
	var full error
	for round := 0; full == nil; round++ {
		require.Less(t, round, 1000, "it is never full")
		errs := make(chan error, 8) // they share transactions
		for w := range cap(errs) {
			go func() { errs <- write(fmt.Sprintf("%d-%d", round, w)) }()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				full = err
			}
		}
	}
	require.ErrorContains(t, full, "make room")
	check()
	require.ErrorContains(t, write("still full"), "make room")
	check()
	room(t, s, 1<<20)
	require.NoError(t, write("room again"))
	check()
	require.NoError(t, sound(t.Context(), s.path))
}
