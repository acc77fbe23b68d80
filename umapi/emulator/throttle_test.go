package emulator_test

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// limited has the documented limits.
func limited(cfg *emulator.Config) {
	cfg.ActionsPerMinute, cfg.ReadsPerMinute = 10, 25
}

func (c *caller) retryAfter(a answer) time.Duration {
	c.t.Helper()
	require.Equal(c.t, http.StatusTooManyRequests, a.status, a.body)
	require.Equal(c.t, `{"error_code":"429050","message":"Too many requests"}`+"\n", a.body)
	require.Equal(c.t, "54", a.header.Get("Content-Length"))
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	require.NoError(c.t, err)
	return time.Duration(seconds) * time.Second
}

func TestThrottle_ActionsInASlidingMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, limited)
		act := func() answer {
			return c.send(c.request(http.MethodPost, "/action/"+orgID, "["+federated("ada@example.com", "ignoreIfAlreadyExists")+"]"))
		}
		for range 10 {
			require.Equal(t, http.StatusOK, act().status)
			time.Sleep(2500 * time.Millisecond)
		}
		// 25 s after the first call: 35 s to go, and refusals do not add to it.
		for range 3 {
			require.Equal(t, 35*time.Second, c.retryAfter(act()))
		}
		time.Sleep(400 * time.Millisecond)
		wait := c.retryAfter(act())
		require.Equal(t, 35*time.Second, wait, "rounded up")
		time.Sleep(wait)
		require.Equal(t, http.StatusOK, act().status)
		require.NotZero(t, c.retryAfter(act()), "only one has left the window")
	})
}

func TestThrottle_EachKindOfReadHasItsOwnWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, limited)
		c.seed([]emulator.User{ada("Design")}, "Design")
		for path, limit := range map[string]int{
			"/users/" + orgID + "/1":                             25,
			"/users/" + orgID + "/0/Design":                      25,
			"/organizations/" + orgID + "/users/ada@example.com": 25,
			"/groups/" + orgID + "/1":                            5,
		} {
			for range 2 {
				for range limit {
					require.Equal(t, http.StatusOK, c.get(path).status, path)
				}
				require.Equal(t, time.Minute, c.retryAfter(c.get(path)), path)
				time.Sleep(time.Minute)
			}
		}
	})
}

func TestThrottle_GroupListsGetAtLeastOne(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.ReadsPerMinute = 2 })
	require.Equal(t, http.StatusOK, c.get("/groups/"+orgID+"/1").status)
	require.Equal(t, http.StatusTooManyRequests, c.get("/groups/"+orgID+"/1").status)
}

func TestThrottle_ZeroIsNoLimit(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for range 200 {
		c.ok(federated("ada@example.com", "ignoreIfAlreadyExists"))
		require.Equal(t, http.StatusOK, c.get("/users/"+orgID+"/0").status)
		require.Equal(t, http.StatusOK, c.get("/groups/"+orgID+"/0").status)
	}
}

func TestThrottle_ListingEverythingTooOftenLocksOut(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/users/" + orgID + "/0", "/groups/" + orgID + "/0"} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, limited)
			c.seed([]emulator.User{ada("Design")}, "Design")
			require.Equal(t, http.StatusOK, c.get("/users/"+orgID+"/0").status)
			require.Equal(t, http.StatusOK, c.get("/groups/"+orgID+"/0").status, "users and groups are counted apart")
			time.Sleep(2*time.Hour - time.Second)
			for range 3 {
				require.Equal(t, http.StatusOK, c.get("/users/"+orgID+"/0/Design").status, "members are not counted")
			}
			require.Equal(t, http.StatusOK, c.get("/users/"+orgID+"/1").status, "later pages are not counted")

			wait := c.retryAfter(c.get(path))
			require.Greater(t, wait, 2000*time.Second)
			require.LessOrEqual(t, wait, 75*time.Minute)
			time.Sleep(wait - time.Second)
			for _, r := range []*http.Request{
				c.request(http.MethodPost, "/action/"+orgID, "["+federated("zoe@example.com", "")+"]"),
				c.request(http.MethodGet, "/organizations/"+orgID+"/users/ada@example.com", ""),
				c.request(http.MethodGet, path, ""),
			} {
				require.Equal(t, time.Second, c.retryAfter(c.send(r)), "every call is refused")
			}
			time.Sleep(time.Second)
			require.Equal(t, http.StatusOK, c.get(path).status)
		})
	}
}

func TestThrottle_ListingEveryTwoHoursIsFine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, limited)
		for range 5 {
			require.Equal(t, http.StatusOK, c.get("/users/"+orgID+"/0").status)
			require.Equal(t, http.StatusOK, c.get("/groups/"+orgID+"/0").status)
			time.Sleep(2 * time.Hour)
		}
	})
}

func TestThrottle_SyncStartIsExempt(t *testing.T) {
	t.Parallel()
	c := start(t, limited)
	for range 3 {
		r := c.request(http.MethodGet, "/users/"+orgID+"/0", "")
		r.Header.Set("Pragma", "umapi-sync-start")
		require.Equal(t, http.StatusOK, c.send(r).status)
	}
}

func TestThrottle_RefusedCallsChangeNothing(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.ActionsPerMinute = 1 })
	c.ok(federated("ada@example.com", ""))
	a := c.send(c.request(http.MethodPost, "/action/"+orgID, "["+federated("zoe@example.com", "")+"]"))
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.Len(t, c.em.Users(), 1)
	require.False(t, c.em.Ledger()[1].Applied)
}
