package dispatch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/dispatch"
)

func TestForecast_IsWhatHappens(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.start()
		w.addUser("first", nil)
		w.settle()
		time.Sleep(2 * time.Minute)
		w.halt()
		var names []string
		for i := range 203 {
			names = append(names, fmt.Sprintf("u%03d", i))
			w.addUser(names[i], nil)
		}
		w.addGroup("Everyone", names...)
		idle, err := dispatch.New(w.cfg, w.store, nil)
		require.NoError(t, err)
		f, err := idle.Forecast(t.Context(), dispatch.Backlog{Users: 203, Groups: 1, Memberships: 203})
		require.NoError(t, err)
		began := time.Now()
		w.start()
		w.settle()
		calls := w.calls()
		require.Equal(t, len(calls)-1, f.MostCalls, "the first is older")
		require.Equal(t, f.MostCalls, f.LeastCalls)
		last := calls[len(calls)-1].Time
		require.Equal(t, f.Earliest, f.Latest)
		require.WithinDuration(t, last, f.Latest, 5*time.Second)
		require.Greater(t, last.Sub(began), time.Minute)

		at, ok := f.Of("u-u000", "")
		require.True(t, ok)
		require.WithinDuration(t, began, at, 2*time.Second)
		at, ok = f.Of("", "g-Everyone")
		require.True(t, ok)
		require.Equal(t, f.Latest, at, "with the last of its members")
		_, ok = f.Of("u-first", "")
		require.False(t, ok, "nothing of it is due")
	})
}

func TestForecast_BoundsWhatWaits(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.cfg.Rules.Offboarding.Delay = time.Hour
		w.addUser("ada", nil)
		w.start()
		w.settle()
		w.setUser("ada", inactive)
		time.Sleep(time.Minute)
		f, err := w.dispatcher.Forecast(t.Context(), dispatch.Backlog{Users: 1})
		require.NoError(t, err)
		require.Equal(t, []int{1, 1}, []int{f.LeastCalls, f.MostCalls})
		require.WithinDuration(t, time.Now().Add(59*time.Minute), f.Latest, time.Minute)
		_, ok := f.Of("u-ada", "")
		require.False(t, ok)

		f, err = w.dispatcher.Forecast(t.Context(), dispatch.Backlog{})
		require.NoError(t, err)
		require.Zero(t, f.MostCalls)
	})
}
