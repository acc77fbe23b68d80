package emulator_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// lagging is a caller of an emulator whose reads are a minute behind.
func lagging(t *testing.T) *caller {
	t.Helper()
	return start(t, func(cfg *emulator.Config) { cfg.ReadLag = time.Minute })
}

func TestReadLag_EveryChangeShowsInTime(t *testing.T) {
	t.Parallel()
	users, groups := "/users/"+orgID+"/0?directOnly=false", "/groups/"+orgID+"/0"
	members, one := "/users/"+orgID+"/0/Design", "/organizations/"+orgID+"/users/ada@example.com"
	tests := []struct {
		name, command string
		shows         []string // the reads in which it does
	}{
		{"create", federated("new@example.com", ""), []string{users}},
		{"update of a name", on("ada@example.com", `{"update":{"lastname":"King"}}`), []string{users, members, one}},
		{"update of the e-mail", on("ada@example.com", `{"update":{"email":"king@example.com"}}`), []string{users, members, one}},
		{"join", on("zoe@example.com", list("add", "group", "Design")), []string{users, groups, members}},
		{"join of an administrative group", on("ada@example.com", list("add", "group", "_admin_Design")), []string{users, groups, members, one}},
		{"leave", on("ada@example.com", `{"remove":"all"}`), []string{users, groups, members, one}},
		{"removal", on("ada@example.com", soft), []string{users, groups, members, one}},
		{"deletion", on("ada@example.com", hard), []string{users, groups, members, one}},
		{"return", federated("gone@example.com", ""), []string{users}},
		{"create of a group", onGroup("Made", `{"createUserGroup":{}}`), []string{groups}},
		{"rename of a group", onGroup("Design", `{"updateUserGroup":{"name":"Studio"}}`), []string{users, groups, members, one}},
		{"deletion of a group", onGroup("Design", `{"deleteUserGroup":{}}`), []string{users, groups, members, one}},
		{"grant of a profile", onGroup("Design", list("add", "productConfiguration", "PS")), []string{users}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := lagging(t)
				profile(c, "PS", "", "")
				c.seed([]emulator.User{ada("Design"), {Email: "zoe@example.com"}, {Email: "gone@example.com", Removed: true}}, "Design")
				reads := []string{users, groups, members, one}
				read := func() map[string]string {
					bodies := map[string]string{}
					for _, path := range reads {
						bodies[path] = c.get(path).body
					}
					return bodies
				}
				before := read()
				c.ok(tt.command)
				require.Equal(t, before, read())
				c.em.Advance(time.Minute - 1)
				require.Equal(t, before, read())
				c.em.Advance(1)
				after := read()
				for _, path := range reads {
					shows := false
					for _, s := range tt.shows {
						shows = shows || s == path
					}
					require.Equal(t, shows, before[path] != after[path], "%s: %s", path, after[path])
				}
			})
		})
	}
}

func TestReadLag_ActionsSeeThePresent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := lagging(t)
		c.ok(federated("ada@example.com", ""))
		l, _ := c.list("/users/" + orgID + "/0")
		require.Empty(t, l.Users)
		require.Len(t, c.em.Users(), 1)
		require.Equal(t, "error.user.already_in_org", c.fails(federated("ada@example.com", "")).ErrorCode)
		c.ok(onGroup("Design", `{"createUserGroup":{}}`, list("add", "user", "ada@example.com")))
		c.ok(on("ada@example.com", list("remove", "group", "Design")))
	})
}

func TestReadLag_TestOnlyLeavesNoTrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := lagging(t)
		c.seed([]emulator.User{ada("Design")}, "Design")
		c.try(on("ada@example.com", hard), onGroup("Made", `{"createUserGroup":{}}`))
		c.ok(onGroup("Other", `{"createUserGroup":{}}`))
		time.Sleep(time.Minute)
		l, _ := c.list("/users/" + orgID + "/0")
		require.Equal(t, []string{"ada@example.com"}, l.emails())
		groups, _ := c.groups(0)
		require.Equal(t, "Other", groups.Groups[4].GroupName)
		require.Equal(t, groups.Groups[3].GroupID+1, groups.Groups[4].GroupID, "what was tried used no id up")
	})
}

func TestReadLag_SeedingShowsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := lagging(t)
		c.seed([]emulator.User{ada()})
		c.ok(on("ada@example.com", hard))
		l, _ := c.list("/users/" + orgID + "/0")
		require.Len(t, l.Users, 1)
		c.seed([]emulator.User{{Email: "ada@example.com", FirstName: "Augusta"}})
		l, _ = c.list("/users/" + orgID + "/0")
		require.Len(t, l.Users, 1)
		require.Equal(t, "Augusta", l.Users[0]["firstname"])
		require.NoError(t, c.em.Load(emulator.State{Users: []emulator.User{{Email: "zoe@example.com"}}}))
		require.Equal(t, http.StatusOK, c.get("/organizations/"+orgID+"/users/zoe@example.com").status)
	})
}

// Whatever is done, a read that lags shows exactly what a read without lag
// showed that much earlier.
func TestReadLag_IsThePast(t *testing.T) {
	t.Parallel()
	const lag, rounds = 7, 200
	for seed := range uint64(3) {
		synctest.Test(t, func(t *testing.T) {
			now := start(t, nil)
			past := start(t, func(cfg *emulator.Config) { cfg.ReadLag = lag * time.Second })
			chance := rand.New(rand.NewPCG(seed, 0))
			var shown []string
			for _, c := range []*caller{now, past} {
				profile(c, "PS", "", "3")
				c.seed(nil, "G0", "G1", "G2")
			}
			shown = append(shown, now.sight())
			for round := 1; round < rounds; round++ {
				time.Sleep(time.Second)
				commands := []string{randomCommand(chance), randomCommand(chance), randomCommand(chance)}
				require.Equal(t, now.do(commands...), past.do(commands...))
				if chance.IntN(4) == 0 {
					past.try(commands...)
				}
				shown = append(shown, now.sight())
				require.Equal(t, shown[max(0, round-lag)], past.sight(), "round %d of seed %d", round, seed)
			}
		})
	}
}

// idPattern is what testOnly, which draws ids too, makes differ.
var idPattern = regexp.MustCompile(`"id":"[0-9A-F]{16}`)

// sight is all that reads show, but for the random part of ids.
func (c *caller) sight() string {
	c.t.Helper()
	all := ""
	for _, path := range []string{"/users/" + orgID + "/0", "/groups/" + orgID + "/0", "/users/" + orgID + "/0/G0", "/users/" + orgID + "/0/PS?directOnly=false"} {
		all += c.get(path).body + "\n"
	}
	return idPattern.ReplaceAllString(all, "")
}

// randomCommand is about one of a few users or groups, so that most are
// possible and many undo each other.
func randomCommand(chance *rand.Rand) string {
	pick := func(names ...string) string { return names[chance.IntN(len(names))] }
	user := fmt.Sprintf("u%d@example.com", chance.IntN(6))
	group := pick("G0", "G1", "G2", "G3")
	switch chance.IntN(10) {
	case 0, 1, 2:
		return federated(user, "updateIfAlreadyExists", list("add", "group", "G0"))
	case 3:
		return on(user, pick(soft, hard))
	case 4:
		return on(user, pick(`{"update":{"lastname":"King"}}`, `{"update":{"email":"`+fmt.Sprintf("u%d@example.com", chance.IntN(6))+`"}}`))
	case 5:
		return on(user, list(pick("add", "remove"), "group", pick("PS", "_admin_G0", "_developer_PS", group)))
	case 6:
		return onGroup(group, list(pick("add", "remove"), "productConfiguration", "PS"))
	case 7:
		return onGroup(group, pick(`{"deleteUserGroup":{}}`, `{"updateUserGroup":{"name":"`+pick("G0", "G1", "G2", "G3")+`"}}`))
	case 8:
		return onGroup(group, `{"createUserGroup":{}}`, list("add", "user", user))
	}
	return on(user, `{"remove":"all"}`)
}
