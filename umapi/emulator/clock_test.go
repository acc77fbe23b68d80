package emulator_test

import (
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestAdvance_MovesTheClockForwardOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, nil)
		begin := time.Now()
		require.Equal(t, begin, c.em.Now())
		c.em.Advance(time.Hour)
		c.em.Advance(-time.Minute)
		require.Equal(t, begin.Add(time.Hour), c.em.Now())
		time.Sleep(time.Minute)
		require.Equal(t, begin.Add(61*time.Minute), c.em.Now(), "it runs on from there")
		for range 3 {
			c.em.Advance(math.MaxInt64)
		}
		require.Equal(t, time.Now().Add(math.MaxInt64), c.em.Now(), "and never turns round")
	})
}

func TestAdvance_LetsTokensWindowsAndLockOutsPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, func(cfg *emulator.Config) { cfg.ReadsPerMinute = 1 })
		users, groups := "/users/"+orgID+"/0", "/groups/"+orgID+"/1"
		require.Equal(t, http.StatusOK, c.get(groups).status)
		require.Equal(t, time.Minute, c.retryAfter(c.get(groups)))
		c.em.Advance(time.Minute)
		require.Equal(t, http.StatusOK, c.get(groups).status)

		require.Equal(t, http.StatusOK, c.get(users).status)
		c.em.Advance(time.Minute)
		c.em.Advance(c.retryAfter(c.get(users)) - time.Second)
		require.Equal(t, time.Second, c.retryAfter(c.get(groups)))
		c.em.Advance(time.Second)
		require.Equal(t, http.StatusOK, c.get(groups).status)

		c.em.Advance(24 * time.Hour)
		require.Equal(t, http.StatusUnauthorized, c.get(groups).status)
	})
}
