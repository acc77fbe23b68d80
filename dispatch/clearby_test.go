package dispatch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
)

func TestClearBy(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 10, 14, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name        string
		backlog     Backlog
		limits      plan.Limits
		perMinute   int
		least, most int // calls
		early, late time.Duration
	}{
		{"nothing", Backlog{}, plan.Limits{}, 10, 0, 0, 0, 0},
		{"one leaver goes at once", Backlog{Users: 1}, plan.Limits{}, 10, 1, 1, 0, 0},
		{"users share calls", Backlog{Users: 1001}, plan.Limits{}, 10, 101, 101, 610 * time.Second, 610 * time.Second},
		{"users and groups alike", Backlog{Users: 6, Groups: 5}, plan.Limits{}, 10, 2, 2, 6100 * time.Millisecond, 6100 * time.Millisecond},
		{"joiners carry their memberships", Backlog{Users: 10, Memberships: 1000}, plan.Limits{}, 10, 1, 101, 0, 610 * time.Second},
		{"of what they cannot carry, a hundred share a command", Backlog{Users: 10, Memberships: 1101}, plan.Limits{}, 10, 2, 112, 6100 * time.Millisecond, 111 * 6100 * time.Millisecond},
		{"a large group", Backlog{Memberships: 10_000}, plan.Limits{}, 10, 10, 1000, 54900 * time.Millisecond, 999 * 6100 * time.Millisecond},
		{"smaller limits", Backlog{Memberships: 10}, plan.Limits{Commands: 2, Steps: 1, Entries: 2}, 10, 3, 5, 12200 * time.Millisecond, 24400 * time.Millisecond},
		{"no rate", Backlog{Users: 1000}, plan.Limits{}, 0, 100, 100, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ClearBy(tt.backlog, tt.limits, tt.perMinute, from)
			require.Equal(t, Clearance{tt.least, tt.most, from.Add(tt.early), from.Add(tt.late)}, got)
		})
	}
}
