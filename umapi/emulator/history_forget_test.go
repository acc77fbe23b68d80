package emulator

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An organisation that is written to and never read keeps only what is young.
func TestHistory_ForgetsWithoutReads(t *testing.T) {
	t.Parallel()
	const lag = 10 * time.Second
	now := time.Unix(0, 0)
	h := history{now: func() time.Time { return now }, lag: func() time.Duration { return lag }}
	value := 0
	for i := range 1000 {
		now = now.Add(time.Second)
		h.did(func() { value = i }, func() { value = i - 1 })
		require.LessOrEqual(t, len(h.recent), 10)
	}
	h.asOf(func() { require.Equal(t, 989, value, "as 10 seconds ago") })
	require.Equal(t, 999, value)
}
