package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

// shelf is a store that notes how it is kept.
type shelf struct {
	store.Upkeep
	rows, pages int // what is too much
	began       time.Time
	did         []string
	keep        store.Keep
	err, later  error // of the first time, and after that unless it is nil
}

func (s *shelf) note(format string, args ...any) {
	s.did = append(s.did, now().Sub(s.began).String()+" "+fmt.Sprintf(format, args...))
}

func (s *shelf) Trim(_ context.Context, k store.Keep, limit int) (int, error) {
	n := min(s.rows, limit)
	s.rows, s.keep = s.rows-n, k
	s.note("trim %d", n)
	err := s.err
	s.err = cmp.Or(s.later, s.err)
	return n, err
}

func (s *shelf) Shrink(context.Context) (bool, error) {
	s.pages--
	s.note("shrink %t", s.pages >= 0)
	return s.pages >= 0, nil
}

// keeping runs the upkeep of a store for some time.
func keeping(t *testing.T, s *shelf, cfg Config, d time.Duration) (log string) {
	t.Helper()
	var out strings.Builder
	synctest.Test(t, func(t *testing.T) {
		s.began = now()
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		require.NoError(t, newUpkeep(cfg, s, slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))).run(ctx))
	})
	return out.String()
}

func TestUpkeep_TrimsALittleAtATime(t *testing.T) {
	t.Parallel()
	s := &shelf{rows: 450, pages: 2}
	log := keeping(t, s, Config{}, 11*time.Minute)
	require.Equal(t, []string{
		"0s trim 200", "50ms trim 200", "100ms trim 50", "150ms trim 0",
		"150ms shrink true", "200ms shrink true", "250ms shrink false",
		"10m0.25s trim 0", "10m0.25s shrink false",
	}, s.did)
	require.Equal(t, 1, strings.Count(log, "\n"), log)
	require.Contains(t, log, "rows=450")
}

func TestUpkeep_KeepsWhatSomethingNeeds(t *testing.T) {
	t.Parallel()
	const week = 7 * 24 * time.Hour
	brake := func(window time.Duration) Org {
		return Org{Dispatch: dispatch.Config{Brakes: dispatch.Brakes{Entitlements: &dispatch.Brake{Window: window}}}}
	}
	for _, tt := range []struct {
		name           string
		cfg            Config
		journal, calls time.Duration
		lines          int
	}{
		{"the defaults", Config{}, 365 * 24 * time.Hour, week, 5_000_000},
		{"what is configured", Config{Journal: Journal{Keep: time.Hour, MaxLines: 10}}, time.Hour, week, 10},
		{"short windows", Config{Orgs: []Org{brake(time.Hour), {}}}, 365 * 24 * time.Hour, week, 5_000_000},
		{"the longest window", Config{Orgs: []Org{brake(2 * week), brake(time.Hour)}}, 365 * 24 * time.Hour, 2 * week, 5_000_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &shelf{}
			keeping(t, s, tt.cfg, 11*time.Minute)
			at := s.began.Add(trimEvery)
			require.Equal(t, store.Keep{Lines: at.Add(-tt.journal), MaxLines: tt.lines, Calls: at.Add(-tt.calls)}, s.keep)
		})
	}
}

func TestUpkeep_GivesWayAndComesBack(t *testing.T) {
	t.Parallel()
	s := &shelf{rows: 1000, err: fmt.Errorf("queue is full: %w", directory.ErrOverloaded)}
	require.NotContains(t, keeping(t, s, Config{}, 31*time.Minute), "WARN")
	require.Equal(t, []string{"0s trim 200", "0s shrink false"}, s.did[:2])
	require.Len(t, s.did, 8, "once a round")

	s = &shelf{err: errors.New("the disk is full")}
	log := keeping(t, s, Config{}, 31*time.Minute)
	require.Equal(t, 1, strings.Count(log, "WARN"), log)

	s = &shelf{err: directory.ErrOverloaded, later: errors.New("the disk is full")}
	log = keeping(t, s, Config{}, 31*time.Minute)
	require.Equal(t, 1, strings.Count(log, "WARN"), "a full queue hides no other failure: %s", log)
}

// TestUpkeep_RunsWithTheBridge has old lines go from a real store.
func TestUpkeep_RunsWithTheBridge(t *testing.T) {
	atDesk(t, func(d *desk) {
		l, err := d.store.Lease(d.Context(), "acme")
		require.NoError(d, err)
		for range 300 {
			require.NoError(d, d.store.Settle(d.Context(), l, plan.Settlement{Notes: []plan.Note{{User: "ada", Event: "sent", Text: "x"}}}, now()))
		}
		time.Sleep(time.Hour)
		d.user("acme", "bob")
		ctx, cancel := context.WithTimeout(d.Context(), trimEvery+time.Minute)
		defer cancel()
		u := newUpkeep(Config{Journal: Journal{Keep: time.Hour}}, d.store, d.admin.log)
		require.NoError(d, u.run(ctx))
		lines, err := d.store.Journal(d.Context(), "acme", "", 1000)
		require.NoError(d, err)
		require.Len(d, lines, 1)
		require.Equal(d, "bob", lines[0].User)
	})
}
