package umapi_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// The contract is what the bridge takes the service to promise, as stories that
// are told through the client. They are played against the emulator always, and
// against a real organization if one is named: see contract_real_test.go. Where
// the two differ the emulator is wrong.
//
// A story asserts what holds under every reading of the documentation that the
// emulator can be switched to.
type story struct {
	name string // the promise
	play func(s *stage)
}

func stories() []story {
	return slices.Concat(callStories, userStories, membershipStories, groupStories)
}

const (
	contractOrg    = "A1B2C3D4E5F60718293A4B5C@AdobeOrg"
	contractClient = "0f1e2d3c"
	contractSecret = "p8e-not-a-secret"
	contractDomain = "example.com"
)

// newEmulator returns an emulated organization, and how to reach it without
// sockets.
func newEmulator(t *testing.T, change func(*emulator.Config)) (*emulator.Emulator, access) {
	t.Helper()
	cfg := emulator.Config{OrgID: contractOrg, ClientID: contractClient, ClientSecret: contractSecret, Domains: []string{contractDomain}}
	change(&cfg)
	em, err := emulator.New(cfg)
	require.NoError(t, err)
	return em, access{
		config: umapi.Config{
			OrgID: contractOrg, ClientID: contractClient, Transport: em,
			ClientSecret: func() (string, error) { return contractSecret, nil },
		},
		domain:       contractDomain,
		identityType: umapi.FederatedID,
		lag:          cfg.ReadLag,
	}
}

// playEach plays every story in an emulated organization of its own, each in a
// bubble, so that waiting takes no time.
func playEach(t *testing.T, change func(*emulator.Config)) {
	for _, st := range stories() {
		t.Run(st.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				em, a := newEmulator(t, change)
				st.play(open(t, a).stage(t))
				requireExpected(t, em)
			})
		})
	}
}

// requireExpected fails if the client sent what it never should. What the tests
// broke on the way does not count.
func requireExpected(t *testing.T, em *emulator.Emulator) {
	t.Helper()
	for _, e := range em.Ledger() {
		require.False(t, e.Unexpected != "" && e.Status == http.StatusOK, "%s %s: %s", e.Method, e.Path, e.Unexpected)
	}
}

func TestContract_HoldsInTheEmulator(t *testing.T) {
	t.Parallel()
	playEach(t, func(*emulator.Config) {})
}

func TestContract_HoldsWhereReadsLag(t *testing.T) {
	t.Parallel()
	playEach(t, func(cfg *emulator.Config) { cfg.ReadLag = 5 * time.Second })
}

// Every switch of the emulator, thrown alone and all together.
func TestContract_HoldsUnderEveryReading(t *testing.T) {
	t.Parallel()
	for name, switches := range readings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			playEach(t, func(cfg *emulator.Config) { cfg.Switches = switches })
		})
	}
}

// readings are all that Switches can say, one thing at a time, and everything
// that is on or off together.
func readings() map[string]emulator.Switches {
	all := map[string]emulator.Switches{}
	var every emulator.Switches
	set := reflect.ValueOf(&every).Elem()
	for i := range set.NumField() {
		name := set.Type().Field(i).Name
		switch set.Field(i).Interface().(type) {
		case bool:
			set.Field(i).SetBool(true)
			var one emulator.Switches
			reflect.ValueOf(&one).Elem().Field(i).SetBool(true)
			all[name] = one
		case emulator.PageBeyondEnd:
			for _, v := range []emulator.PageBeyondEnd{emulator.BeyondEndRepeat, emulator.BeyondEndEmptyBody, emulator.BeyondEndNotFound} {
				all[name+" "+string(v)] = emulator.Switches{PageBeyondEnd: v}
			}
		case emulator.SecondDelete:
			for _, v := range []emulator.SecondDelete{emulator.SecondDeleteFails, emulator.SecondDeleteWorks} {
				all[name+" "+string(v)] = emulator.Switches{SecondDelete: v}
			}
		case emulator.ListOrder:
			for _, v := range []emulator.ListOrder{emulator.OrderPerListing, emulator.OrderPerPage} {
				all[name+" "+string(v)] = emulator.Switches{ListOrder: v}
			}
		default:
			panic("no test throws the switch " + name)
		}
	}
	all["all together"] = every
	return all
}

// The way in which a real organization is used, proved on the emulator: within
// the limits, with one listing, and leaving nothing behind.
func TestContract_CanBePlayedInARealOrganization(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		em, a := newEmulator(t, func(cfg *emulator.Config) { cfg.ActionsPerMinute, cfg.ReadsPerMinute = 10, 25 })
		a.paced, a.lag = true, realLag
		staff := emulator.User{Email: "staff@example.com", FirstName: "Ada", LastName: "Byron", Country: "GB", Groups: []string{"Staff"}}
		old := contractPrefix + stamp(time.Now().Add(-48*time.Hour)) + "-abcdef-"
		fresh := contractPrefix + stamp(time.Now().Add(-time.Minute)) + "-abcdef-"
		for _, prefix := range []string{old, fresh} {
			require.NoError(t, em.AddGroup(emulator.Group{Name: prefix + "run"}))
			staff.Groups = append(staff.Groups, prefix+"run")
			require.NoError(t, em.AddUser(emulator.User{
				Email: prefix + "u1@example.com", FirstName: "Ada", LastName: "Byron", Country: "GB", Groups: []string{prefix + "run"},
			}))
		}
		require.NoError(t, em.AddGroup(emulator.Group{Name: "Staff"}))
		require.NoError(t, em.AddUser(staff))

		t.Cleanup(func() { // after that of the run
			var left []string
			for _, u := range em.Users() {
				left = append(left, u.Email)
			}
			require.ElementsMatch(t, []string{"staff@example.com", fresh + "u1@example.com"}, left, "older runs are cleared away, others are left alone")
			require.Empty(t, em.Members(old+"run"))
			listings := 0
			for _, e := range em.Ledger() {
				require.NotEqual(t, http.StatusTooManyRequests, e.Status)
				if strings.HasSuffix(e.Path, contractOrg+"/0") {
					listings++
				}
			}
			require.Equal(t, 1, listings)
			requireExpected(t, em)
		})
		sandbox := open(t, a)
		for _, st := range stories() {
			st.play(sandbox.stage(t))
		}
	})
}

func TestContract_ClearsAwayEvenAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		em, a := newEmulator(t, func(*emulator.Config) {})
		sandbox := open(t, a)
		s := sandbox.stage(t)
		for i := range 12 {
			s.ok(s.newcomer(fmt.Sprint("u", i)))
		}
		s.ok(umapi.Command{UserGroup: s.group("G"), Do: []umapi.Step{{CreateUserGroup: &umapi.CreateUserGroup{}}}})
		require.Len(t, em.Users(), 12)
		require.NoError(t, sandbox.clear())
		require.Empty(t, em.Users())
		require.NoError(t, sandbox.clear(), "what is gone already is no failure")

		s.ok(makeGroup(sandbox.marker))
		s.ok(s.newcomer("late"))
		require.NoError(t, em.Inject(emulator.Fault{Match: "POST /v2/usermanagement/action", Status: http.StatusForbidden, Times: 2}))
		require.ErrorContains(t, sandbox.clear(), s.email("late"), "what stays is named")
		require.Equal(t, []string{s.email("late")}, em.Members(sandbox.marker), "and found again by the group")
		em.ClearFaults()
	})
}
