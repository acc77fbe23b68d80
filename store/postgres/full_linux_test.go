package postgres

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/postgres/postgrestest"
)

// swelling creates users of which the tables grow, and knows which were acknowledged.
type swelling struct {
	*testing.T
	*Store
	rounds int
	stored map[string]bool
}

// round creates eight at once, and returns how many of them failed.
func (w *swelling) round() (failed int) {
	w.Helper()
	w.rounds++
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			id := fmt.Sprint("swelling", w.rounds, "-", i)
			u := user(id)
			var noise strings.Builder // which cannot be compressed
			for noise.Len() < 4000 {
				noise.WriteString(rand.Text())
			}
			u.Document = fmt.Appendf(nil, `{"userName": "%s@example.com", "title": "%s"}`, id, noise.String())
			_, err := w.CreateUser(w.Context(), "acme", u, directory.Origin{})
			mu.Lock()
			defer mu.Unlock()
			w.stored[id] = err == nil
			if err != nil {
				failed++
			}
		})
	}
	all.Wait()
	return failed
}

// fill creates them until there is no room.
func (w *swelling) fill() {
	w.Helper()
	for w.round() == 0 {
		require.Less(w, w.rounds, 200, "it is never full")
	}
}

// check looks whether what was acknowledged is there, and nothing else.
func (w *swelling) check() {
	w.Helper()
	want := 0
	for id, is := range w.stored {
		_, err := w.User(w.Context(), "acme", id)
		if is {
			want++
			require.NoError(w, err, "what was acknowledged is there")
		} else {
			require.ErrorIs(w, err, directory.ErrNotFound, "nothing half done")
		}
	}
	list, err := w.Users(w.Context(), "acme", filter.Query{}, directory.Page{})
	require.NoError(w, err)
	require.Equal(w, want, list.Total)
	status, err := w.Status(w.Context(), "acme")
	require.NoError(w, err)
	require.Equal(w, want, status.Pending[plan.KindUser])
}

// swell has a server of which no file may be larger than that, with logs of a MiB.
func swell(t *testing.T, room uint64) (*swelling, *postgrestest.Server) {
	t.Helper()
	server := postgrestest.NewServer(t, "--wal-segsize=1")
	w := &swelling{T: t, Store: open(t, server.URL()), stored: map[string]bool{}}
	require.Zero(t, w.round())
	require.NoError(t, server.Room(room))
	return w, server
}

func TestTrouble_NoRoomForTablesRefusesWholeWritesAndGoesOnWhenThereIs(t *testing.T) {
	t.Parallel()
	w, server := swell(t, 3<<19+4<<10)
	w.fill()
	w.check()
	require.Positive(t, w.round(), "nothing has changed")
	w.check()
	require.NoError(t, w.keep.renew(t.Context()), "which needs no room")
	require.NoError(t, server.Room(0))
	require.Zero(t, w.round())
	w.check()
	goesOn(t, w.Store, 8)
}

// Without room for its log PostgreSQL stops, and ends when it cannot recover.
func TestTrouble_NoRoomForTheLogLosesNothingAndGoesOnWhenTheServerRunsAgain(t *testing.T) {
	t.Parallel()
	w, server := swell(t, 1<<19+4<<10)
	w.fill()
	server.Wait()
	require.Equal(t, 8, w.round())
	_, err := w.User(t.Context(), "acme", "swelling1-1")
	require.Error(t, err)
	require.NoError(t, server.Start()) // without a bound
	goesOn(t, w.Store, 8)
	for id, is := range w.stored {
		_, err := w.User(t.Context(), "acme", id)
		require.True(t, err == nil || !is, "what was acknowledged is there: %s: %v", id, err)
	}
}
