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

// use calls path n times, and wants an answer that is not 429 each time and a
// 429 after that.
func (c *caller) use(n int, method, path, body string) {
	c.t.Helper()
	for i := range n {
		require.NotEqual(c.t, http.StatusTooManyRequests, c.send(c.request(method, path, body)).status, "%s %s, call %d", method, path, i)
	}
	require.Equal(c.t, time.Minute, c.retryAfter(c.send(c.request(method, path, body))), "%s %s", method, path)
}

func TestThrottle_DeprecatedEndpoints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			method, path string
			limit        int
		}{
			{http.MethodGet, "/users", 25},
			{http.MethodGet, "/user-groups", 5},
			{http.MethodGet, "/user-groups/1", 5},
			{http.MethodGet, "/user-groups/1/users", 25},
			{http.MethodGet, "/products", 5},
			{http.MethodGet, "/products/1/configurations", 5},
			{http.MethodGet, "/products/1/configurations/1", 5},
			{http.MethodGet, "/products/1/configurations/1/users", 25},
			{http.MethodPost, "/user-groups", 5},
			{http.MethodPost, "/products/1/configurations/1", 5},
		} {
			c := start(t, limited)
			c.use(tt.limit, tt.method, "/"+orgID+tt.path, `{}`)
			require.Equal(t, http.StatusOK, c.get("/groups/"+orgID+"/1").status, "other endpoints are counted by themselves")
		}
		c := start(t, func(cfg *emulator.Config) { cfg.ActionsPerMinute = 1 })
		c.use(1, http.MethodPost, "/"+orgID+"/products/1/configurations/1", `{}`)
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
			require.GreaterOrEqual(t, wait, 30*time.Minute)
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

func TestThrottle_RefusedCallsChangeNothing(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.ActionsPerMinute = 1 })
	c.ok(federated("ada@example.com", ""))
	a := c.send(c.request(http.MethodPost, "/action/"+orgID, "["+federated("zoe@example.com", "")+"]"))
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.Len(t, c.em.Users(), 1)
	require.False(t, c.em.Ledger()[1].Applied)
}

func TestThrottle_ComesAfterAuthorizationAndBeforeContent(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.ActionsPerMinute, cfg.ReadsPerMinute = 1, 1 })
	paths := map[string]string{"/action/" + orgID: http.MethodPost, "/users/" + orgID + "/nonsense": http.MethodGet, "/users/" + orgID + "/0/Ghosts": http.MethodGet}
	stranger := &caller{t: t, em: c.em, token: "nonsense"}
	for path, method := range paths {
		for range 3 {
			require.Equal(t, http.StatusUnauthorized, stranger.send(stranger.request(method, path, "")).status, path)
		}
		once := c.send(c.request(method, path, "nonsense"))
		require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound}, once.status, "refused calls of strangers do not count")
		c.retryAfter(c.send(c.request(method, path, "nonsense")))
		require.Equal(t, http.StatusUnauthorized, stranger.send(stranger.request(method, path, "")).status, path)
	}
}

func TestThrottle_TestOnlyCountsAsWell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start(t, limited).use(10, http.MethodPost, "/action/"+orgID+"?testOnly=true", "["+federated("ada@example.com", "")+"]")
	})
}

func TestThrottle_WindowIsSlidingOrOfTheClock(t *testing.T) {
	t.Parallel()
	for _, fixed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, limited)
			require.NoError(t, c.em.SetSwitches(emulator.Switches{FixedWindow: fixed}))
			groups := "/groups/" + orgID + "/1"
			time.Sleep(50 * time.Second) // of a minute that began with the bubble
			for range 5 {
				require.Equal(t, http.StatusOK, c.get(groups).status)
			}
			if !fixed {
				require.Equal(t, time.Minute, c.retryAfter(c.get(groups)))
				time.Sleep(10 * time.Second)
				require.Equal(t, 50*time.Second, c.retryAfter(c.get(groups)))
				return
			}
			require.Equal(t, 10*time.Second, c.retryAfter(c.get(groups)))
			time.Sleep(10 * time.Second)
			for range 5 {
				require.Equal(t, http.StatusOK, c.get(groups).status, "what came with the stroke belongs to the minute that it begins")
			}
			require.Equal(t, time.Minute, c.retryAfter(c.get(groups)))
		})
	}
}

func TestThrottle_RefusedCallsCountOrNot(t *testing.T) {
	t.Parallel()
	for _, count := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, func(cfg *emulator.Config) { cfg.ReadsPerMinute = 10 })
			require.NoError(t, c.em.SetSwitches(emulator.Switches{RefusedCallsCount: count}))
			groups := "/groups/" + orgID + "/1" // two a minute
			require.Equal(t, http.StatusOK, c.get(groups).status)
			require.Equal(t, http.StatusOK, c.get(groups).status)
			time.Sleep(40 * time.Second)
			if !count {
				for range 2 {
					require.Equal(t, 20*time.Second, c.retryAfter(c.get(groups)))
				}
				time.Sleep(20 * time.Second)
				require.Equal(t, http.StatusOK, c.get(groups).status)
				return
			}
			require.Equal(t, 20*time.Second, c.retryAfter(c.get(groups)), "of the last two calls one is about to leave")
			require.Equal(t, time.Minute, c.retryAfter(c.get(groups)), "the last two calls are both from now")
			time.Sleep(time.Minute)
			require.Equal(t, http.StatusOK, c.get(groups).status)
		})
	}
}

func TestThrottle_RetryAfterInSecondsOrAsADate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, func(cfg *emulator.Config) { cfg.ReadsPerMinute = 1 })
		groups := "/groups/" + orgID + "/1"
		c.em.Advance(time.Hour)
		begin := c.em.Now()
		time.Sleep(300 * time.Millisecond)
		require.Equal(t, http.StatusOK, c.get(groups).status)
		time.Sleep(20 * time.Second)
		a := c.get(groups)
		require.Equal(t, 40*time.Second, c.retryAfter(a))
		require.Empty(t, a.header.Get("Date"), "left to the server")

		require.NoError(t, c.em.SetSwitches(emulator.Switches{RetryAfterDate: true}))
		a = c.get(groups)
		require.Equal(t, http.StatusTooManyRequests, a.status)
		at, err := http.ParseTime(a.header.Get("Retry-After"))
		require.NoError(t, err)
		now, err := http.ParseTime(a.header.Get("Date"))
		require.NoError(t, err)
		require.Equal(t, begin.Add(61*time.Second).UTC(), at, "rounded up")
		require.Equal(t, begin.Add(20*time.Second).UTC(), now)
		time.Sleep(at.Sub(c.em.Now()))
		require.Equal(t, http.StatusOK, c.get(groups).status)
	})
}

func TestThrottle_LockOutAsADate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, limited)
		require.NoError(t, c.em.SetSwitches(emulator.Switches{RetryAfterDate: true}))
		require.Equal(t, http.StatusOK, c.get("/users/"+orgID+"/0").status)
		at, err := http.ParseTime(c.get("/users/" + orgID + "/0").header.Get("Retry-After"))
		require.NoError(t, err)
		time.Sleep(at.Sub(c.em.Now()))
		require.Equal(t, http.StatusOK, c.get("/users/"+orgID+"/1").status)
	})
}
