package dispatch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
)

func TestBacklog_BoundsItsCalls(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		backlog     Backlog
		limits      plan.Limits
		least, most int
	}{
		{"nothing", Backlog{}, plan.Limits{}, 0, 0},
		{"one leaver", Backlog{Users: 1}, plan.Limits{}, 1, 1},
		{"users share calls", Backlog{Users: 1001}, plan.Limits{}, 101, 101},
		{"users and groups alike", Backlog{Users: 6, Groups: 5}, plan.Limits{}, 2, 2},
		{"joiners carry their memberships", Backlog{Users: 10, Memberships: 1000}, plan.Limits{}, 1, 101},
		{"of what they cannot carry, a hundred share a command", Backlog{Users: 10, Memberships: 1101}, plan.Limits{}, 2, 112},
		{"a large group", Backlog{Memberships: 10_000}, plan.Limits{}, 10, 1000},
		{"smaller limits", Backlog{Memberships: 10}, plan.Limits{Commands: 2, Steps: 1, Entries: 2}, 3, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			least, most := tt.backlog.calls(tt.limits.OrDefaults())
			require.Equal(t, [2]int{tt.least, tt.most}, [2]int{least, most})
		})
	}
}

func TestTurns_AreThoseOfTheBudget(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 10, 14, 9, 0, 0, 0, time.UTC)
	turns, at := NewTurns(10), began
	var after []time.Duration
	for range 12 {
		at = turns.Take(at)
		after = append(after, at.Sub(began).Truncate(100*time.Millisecond))
	}
	require.Equal(t, []time.Duration{
		0, 0, 0, 0, 0, // half of the limit is free
		10100 * time.Millisecond, 20300 * time.Millisecond, 30400 * time.Millisecond, 40600 * time.Millisecond, 50800 * time.Millisecond,
		61 * time.Second, 63 * time.Second,
	}, after)
	unlimited := NewTurns(0)
	for range 100 {
		require.Equal(t, began, unlimited.Take(began))
	}
}
