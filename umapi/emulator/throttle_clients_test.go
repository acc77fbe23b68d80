package emulator_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestThrottle_OneClientDoesNotTouchAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := start(t, func(cfg *emulator.Config) { limited(cfg); two(cfg) })
		second := first.as("second")
		users, act := "/users/"+orgID+"/0", "["+federated("ada@example.com", "ignoreIfAlreadyExists")+"]"
		first.use(10, http.MethodPost, "/action/"+orgID, act)
		second.use(10, http.MethodPost, "/action/"+orgID, act)

		require.Equal(t, http.StatusOK, first.get(users).status)
		require.Equal(t, http.StatusOK, second.get(users).status, "another client may list as well")
		require.NotZero(t, first.retryAfter(first.get(users)))
		require.Greater(t, first.retryAfter(first.get("/groups/"+orgID+"/0")), time.Minute)
		require.Equal(t, http.StatusOK, second.get("/groups/"+orgID+"/0").status, "the lock-out is of one client")
	})
}

func TestThrottle_LimitsOfAClientOrOfTheOrganisation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := start(t, func(cfg *emulator.Config) { limited(cfg); two(cfg) })
		second := first.as("second")
		require.NoError(t, first.em.SetSwitches(emulator.Switches{LimitsPerOrg: true}))
		for i := range 5 {
			c := []*caller{first, second}[i%2]
			require.Equal(t, http.StatusOK, c.get("/groups/"+orgID+"/1").status)
		}
		for _, c := range []*caller{first, second} {
			require.Equal(t, time.Minute, c.retryAfter(c.get("/groups/"+orgID+"/1")))
		}
		require.Equal(t, http.StatusOK, first.get("/users/"+orgID+"/0").status)
		lockOut := second.retryAfter(second.get("/users/" + orgID + "/0"))
		require.GreaterOrEqual(t, lockOut, 30*time.Minute)
		require.Equal(t, lockOut, first.retryAfter(first.get("/users/"+orgID+"/1")), "both are locked out")

		require.NoError(t, first.em.SetSwitches(emulator.Switches{}))
		require.Equal(t, http.StatusOK, first.get("/groups/"+orgID+"/1").status, "by itself it has called three times")
	})
}

// crowd configures n clients more, c0 and so on, each with ten actions a minute.
func crowd(n int) func(*emulator.Config) {
	return func(cfg *emulator.Config) {
		cfg.ActionsPerMinute = 10
		for i := range n {
			cfg.Clients = append(cfg.Clients, emulator.Credential{ClientID: fmt.Sprintf("c%d", i), ClientSecret: secret})
		}
	}
}

func TestThrottle_AllClientsTogether(t *testing.T) {
	t.Parallel()
	for _, unavailable := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, crowd(11))
			require.NoError(t, c.em.SetSwitches(emulator.Switches{GlobalLimit503: unavailable}))
			path, act := "/action/"+orgID, "["+federated("ada@example.com", "ignoreIfAlreadyExists")+"]"
			for i := range 10 {
				c.as("c"+strconv.Itoa(i)).use(10, http.MethodPost, path, act)
			}
			time.Sleep(15 * time.Second)
			last := c.as("c10")
			a := last.send(last.request(http.MethodPost, path, act))
			if unavailable {
				require.Equal(t, http.StatusServiceUnavailable, a.status)
				require.Empty(t, a.body)
				require.Equal(t, "45", a.header.Get("Retry-After"))
			} else {
				require.Equal(t, 45*time.Second, last.retryAfter(a))
			}
			require.Equal(t, http.StatusOK, last.get("/users/"+orgID+"/1").status, "other endpoints are counted by themselves")
			time.Sleep(45 * time.Second)
			last.use(10, http.MethodPost, path, act)
		})
	}
}

// Their pages name 50 calls a minute of all clients, and not 100.
func TestThrottle_AllClientsTogetherAtDeprecatedEndpoints(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, path string
		together     int
	}{
		{http.MethodGet, "/user-groups", 50},
		{http.MethodGet, "/user-groups/1", 50},
		{http.MethodPost, "/user-groups", 50},
		{http.MethodPost, "/products/1/configurations/1", 50},
		{http.MethodGet, "/products", 100},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, func(cfg *emulator.Config) { crowd(tt.together/5 + 1)(cfg); cfg.ReadsPerMinute = 25 })
			for i := range tt.together / 5 {
				c.as("c"+strconv.Itoa(i)).use(5, tt.method, "/"+orgID+tt.path, "{}")
			}
			last := c.as("c" + strconv.Itoa(tt.together/5))
			require.Equal(t, time.Minute, last.retryAfter(last.send(last.request(tt.method, "/"+orgID+tt.path, "{}"))), tt.path)
		})
	}
}

// Whoever configures more than that for one client gets it.
func TestThrottle_AllClientsTogetherIsNeverLessThanOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, func(cfg *emulator.Config) { cfg.ActionsPerMinute, cfg.ReadsPerMinute = 600, 25 })
		c.use(600, http.MethodPost, "/action/"+orgID, "["+on("ada@example.com", `{"remove":"all"}`)+"]")
		c.use(300, http.MethodPost, "/"+orgID+"/user-groups", "{}") // which has half of it
	})
}

func TestThrottle_AllClientsTogetherAsConfigured(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		perMinute, each int
		want            int // of two clients with 8 calls each
	}{
		{"a limit", 12, 10, 12},
		{"no limit", -1, 10, 16},
		{"no limit of each client", 12, 0, 16},
	} {
		first := start(t, func(cfg *emulator.Config) {
			two(cfg)
			cfg.GlobalPerMinute, cfg.ActionsPerMinute = tt.perMinute, tt.each
		})
		done := 0
		for _, c := range []*caller{first, first.as("second")} {
			for range 8 {
				if c.send(c.request(http.MethodPost, "/action/"+orgID, "["+on("ada@example.com", `{"remove":"all"}`)+"]")).status == http.StatusOK {
					done++
				}
			}
		}
		require.Equal(t, tt.want, done, tt.name)
	}
}

func TestThrottle_LockOutLasts30To75Minutes(t *testing.T) {
	t.Parallel()
	seen := map[time.Duration]bool{}
	short := 0 // below the 2000 seconds that were once said to be the least
	for seed := range uint64(100) {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, func(cfg *emulator.Config) { limited(cfg); cfg.Seed = seed + 1 })
			require.Equal(t, http.StatusOK, c.get("/users/"+orgID+"/0").status)
			wait := c.retryAfter(c.get("/users/" + orgID + "/0"))
			require.GreaterOrEqual(t, wait, 30*time.Minute)
			require.LessOrEqual(t, wait, 75*time.Minute)
			seen[wait] = true
			if wait < 2000*time.Second {
				short++
			}
		})
	}
	require.Greater(t, len(seen), 50)
	require.Positive(t, short)
}

func TestThrottle_ListingIntervalIsConfigured(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/users/" + orgID + "/0", "/groups/" + orgID + "/0"} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, func(cfg *emulator.Config) { limited(cfg); cfg.ListingInterval = 10 * time.Minute })
			for range 3 {
				require.Equal(t, http.StatusOK, c.get(path).status)
				time.Sleep(10 * time.Minute)
			}
			require.Equal(t, http.StatusOK, c.get(path).status)
			time.Sleep(10*time.Minute - time.Second)
			require.GreaterOrEqual(t, c.retryAfter(c.get(path)), 30*time.Minute)
		})
	}
}

func TestThrottle_AfterALockOutListingBeginsAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, limited)
		users, groups := "/users/"+orgID+"/0", "/groups/"+orgID+"/00"
		require.Equal(t, http.StatusOK, c.get(users).status)
		require.Equal(t, http.StatusOK, c.get(groups).status)
		time.Sleep(c.retryAfter(c.get(users)))
		require.Equal(t, http.StatusOK, c.get(users).status)
		require.Equal(t, http.StatusOK, c.get(groups).status)
		require.GreaterOrEqual(t, c.retryAfter(c.get(groups)), 30*time.Minute)
	})
}

func TestThrottle_ListingsThatAreRefusedDoNotBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, func(cfg *emulator.Config) { cfg.ReadsPerMinute = 1 })
		require.Equal(t, http.StatusOK, c.get("/users/"+orgID+"/1").status)
		require.Equal(t, time.Minute, c.retryAfter(c.get("/users/"+orgID+"/0")))
		time.Sleep(time.Minute)
		require.Equal(t, http.StatusOK, c.get("/users/"+orgID+"/0").status)
	})
}

func TestThrottle_StartOfASyncIsExemptOrNot(t *testing.T) {
	t.Parallel()
	for _, ignored := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, limited)
			require.NoError(t, c.em.SetSwitches(emulator.Switches{PragmaIgnored: ignored}))
			list := func(pragma string) answer {
				r := c.request(http.MethodGet, "/users/"+orgID+"/0", "")
				r.Header.Set("Pragma", pragma)
				return c.send(r)
			}
			require.Equal(t, http.StatusOK, list("umapi-sync-start").status)
			if ignored {
				require.GreaterOrEqual(t, c.retryAfter(list("umapi-sync-start")), 30*time.Minute)
				return
			}
			require.Equal(t, http.StatusOK, list("Umapi-Sync-Start").status)
			require.Equal(t, http.StatusOK, list("umapi-sync-end").status, "nothing began before")
			require.GreaterOrEqual(t, c.retryAfter(list("umapi-sync-end")), 30*time.Minute)
			require.GreaterOrEqual(t, c.retryAfter(list("umapi-sync-start")), 30*time.Minute, "it does not end a lock-out")
		})
	}
}

func TestThrottle_RefusedCallsCountDuringALockOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, limited)
		require.NoError(t, c.em.SetSwitches(emulator.Switches{RefusedCallsCount: true}))
		users, groups := "/users/"+orgID+"/0", "/groups/"+orgID+"/1"
		require.Equal(t, http.StatusOK, c.get(users).status)
		lockOut := c.retryAfter(c.get(users))
		time.Sleep(lockOut - 10*time.Second)
		for range 5 {
			require.Equal(t, 10*time.Second, c.retryAfter(c.get(groups)))
		}
		time.Sleep(10 * time.Second)
		require.Equal(t, 50*time.Second, c.retryAfter(c.get(groups)), "the minute is full of calls that were refused")
	})
}
