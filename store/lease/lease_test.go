package lease_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store/lease"
)

func TestLease_IsHeldUntilItsEndUnlessThatIsMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lease.New("acme", 7)
		time.Sleep(time.Hour)
		require.NoError(t, l.Held(), "it has no end yet")
		l.Until(time.Now().Add(8 * time.Second))
		time.Sleep(8*time.Second - 1)
		require.NoError(t, l.Held())
		time.Sleep(time.Nanosecond)
		require.ErrorIs(t, l.Held(), lease.ErrLapsed)
		l.Until(time.Now().Add(time.Second))
		require.NoError(t, l.Held(), "nobody took it")
		l.Lose()
		l.Lose()
		require.ErrorIs(t, l.Held(), lease.ErrLost)
		l.Until(time.Now().Add(time.Hour))
		require.ErrorIs(t, l.Held(), lease.ErrLost, "that is for ever")
		<-l.Lost()
	})
}

func TestLease_EndsByTheClockOnTheWallToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lease.New("acme", 1)
		l.Until(time.Now().Round(0).Add(-time.Second)) // the machine slept
		require.ErrorIs(t, l.Held(), lease.ErrLapsed)
	})
}

func TestGate_IsShutWithoutALease(t *testing.T) {
	t.Parallel()
	var g lease.Gate
	require.ErrorIs(t, g.Pass(), lease.ErrLost)
	l := lease.New("acme", 1)
	g.Open(l)
	require.NoError(t, g.Pass())
	l.Lose()
	require.ErrorIs(t, g.Pass(), lease.ErrLost)
	g.Open(lease.New("acme", 2))
	require.NoError(t, g.Pass())
	g.Open(nil)
	require.ErrorIs(t, g.Pass(), lease.ErrLost)
}
