package dispatch_test

import (
	"flag"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

var allReadings = flag.Bool("readings", false, "play the story of every reading of Adobe, not of every third one")

// readings are the ways in which Adobe may be understood: each switch of the
// emulator by itself, and what else its documentation leaves open.
func readings(t *testing.T) map[string]emulator.Config {
	all := map[string]emulator.Config{}
	with := func(name string, edit func(cfg *emulator.Config)) {
		cfg := limited
		cfg.GroupsPerPage = 6 // as many as there are: the last page is full
		edit(&cfg)
		all[name] = cfg
	}
	var zero emulator.Switches
	for _, f := range reflect.VisibleFields(reflect.TypeOf(zero)) {
		throw := func(name string, value any) {
			with(name, func(cfg *emulator.Config) {
				reflect.ValueOf(&cfg.Switches).Elem().FieldByIndex(f.Index).Set(reflect.ValueOf(value))
			})
		}
		switch reflect.ValueOf(zero).FieldByIndex(f.Index).Interface().(type) {
		case bool:
			throw(f.Name, true)
		case emulator.PageBeyondEnd:
			for _, v := range []emulator.PageBeyondEnd{emulator.BeyondEndRepeat, emulator.BeyondEndEmptyBody, emulator.BeyondEndNotFound} {
				throw(f.Name+" "+string(v), v)
			}
		case emulator.SecondDelete:
			for _, v := range []emulator.SecondDelete{emulator.SecondDeleteFails, emulator.SecondDeleteWorks} {
				throw(f.Name+" "+string(v), v)
			}
		case emulator.ListOrder:
			for _, v := range []emulator.ListOrder{emulator.OrderPerListing, emulator.OrderPerPage} {
				throw(f.Name+" "+string(v), v)
			}
		default:
			t.Fatalf("no test throws the switch %s", f.Name)
		}
	}
	with("as documented", func(*emulator.Config) {})
	with("reads a minute late", func(cfg *emulator.Config) { cfg.ReadLag = time.Minute })
	with("lists of ten", func(cfg *emulator.Config) { cfg.MaxListEntries = 10 })
	with("groups two a page", func(cfg *emulator.Config) { cfg.GroupsPerPage = 2 })
	with("a directory of Enterprise IDs", func(cfg *emulator.Config) { cfg.DirectoryType = emulator.TypeEnterpriseID })
	return all
}

func TestRun_FollowsUnderEveryReadingOfAdobe(t *testing.T) {
	all := readings(t)
	names := slices.Sorted(maps.Keys(all))
	for i, name := range names {
		if i%3 != 0 && !*allReadings {
			continue
		}
		t.Run(name, func(t *testing.T) {
			inWorld(t, all[name], func(t *testing.T, w *world) {
				seen := &witness{next: w.adobe}
				w.transport = seen
				if all[name].DirectoryType == emulator.TypeEnterpriseID {
					w.cfg.Rules.IdentityType = umapi.EnterpriseID
				}
				c := emptyCompany(w)
				c.story()
				w.looked()
				time.Sleep(time.Hour)
				w.looked()
				failed := c.problems()
				t.Logf("%d calls, failed %v", len(w.calls()), failed)
				want := map[string]string{"u-twin": "bridge.adobe_id.twin", "g-Photoshop": "bridge.group.not_a_user_group"}
				switch switches := all[name].Switches; {
				case switches.CreateBesideAdobeID:
					delete(want, "u-twin")
				case switches.MissingGroupTypes: // which the profile lacks, too
					delete(want, "g-Photoshop")
					want["u-user1 g-Photoshop"] = "error.usergroup.not_found"
				case switches.ListOrder == emulator.OrderPerPage: // no listing that was complete has the group
					want["u-bare g-Late"] = "bridge.group.type_unknown"
				}
				require.Equal(t, want, failed)
				c.requireFollowed(failed)
				seen.requireLimits(t)
			})
		})
	}
}

// story is what every reading has to end well: what is there already, what
// somebody else changes meanwhile, answers that are lost, and what a provider
// does in a day.
func (c *company) story() {
	for _, g := range []emulator.Group{{Name: "Design"}, {Name: "Free"}, {Name: "Photoshop", Type: "PRODUCT_PROFILE", Quota: "10"}} {
		require.NoError(c.t, c.adobe.AddGroup(g))
	}
	kind := string(c.cfg.Rules.IdentityType)
	for _, u := range []emulator.User{
		{Email: "user0@example.com", FirstName: "U", LastName: "Zero", Country: "GB", Type: kind, Groups: []string{"Design"}},
		{Email: "twin@example.com", Country: "US", Type: emulator.TypeAdobeID},
	} {
		require.NoError(c.t, c.adobe.AddUser(u))
	}
	lost := func(moment emulator.Moment) {
		require.NoError(c.t, c.adobe.Inject(emulator.Fault{Match: actionPath, Moment: moment, Times: 1}))
	}
	c.start()
	for _, name := range []string{"user0", "user1", "user2", "user3", "user4", "user5", "user6", "user7", "twin"} {
		c.hire(name)
	}
	c.hireAs("bare", person{address: "bare", surname: "Byron", login: "bare"})
	c.found("Design")
	c.found("Sales")
	c.join("Design", "user0", "user1", "user2", "bare", "twin")
	c.join("Sales", "user2", "user3", "bare")
	c.found("Photoshop")
	c.join("Photoshop", "user1")
	c.settle()
	c.looked()

	// Somebody else is faster, or was wrong.
	byHand := func(root umapi.Command, do umapi.Step) {
		root.Do = []umapi.Step{do}
		c.byHand(root)
	}
	byHand(umapi.Command{User: "user4@example.com"}, umapi.Step{Add: &umapi.Memberships{Groups: []string{"Sales"}}})
	byHand(umapi.Command{User: "user3@example.com"}, umapi.Step{Remove: &umapi.Memberships{Groups: []string{"Sales"}}})
	byHand(umapi.Command{User: "user6@example.com"}, umapi.Step{RemoveFromOrg: &umapi.RemoveFromOrg{}})
	byHand(umapi.Command{User: "user7@example.com"}, umapi.Step{RemoveFromOrg: &umapi.RemoveFromOrg{}})
	byHand(umapi.Command{UserGroup: "Late"}, umapi.Step{CreateUserGroup: &umapi.CreateUserGroup{}})
	c.join("Sales", "user6")
	c.settle()
	c.join("Sales", "user4", "user5")
	c.leave("Sales", "user3")
	c.change("user7", func(p *person) { p.active = false })
	c.found("Late")
	c.join("Late", "user1", "bare")
	c.settle()

	lost(emulator.AfterApply)
	c.change("user1", func(p *person) { p.address = "moved1" })
	c.change("user2", func(p *person) { p.address = "USER2" })
	c.change("user3", func(p *person) { p.surname = "Lovelace" })
	c.settle()
	lost(emulator.BeforeApply)
	c.rename("Sales", "Sales EU")
	c.hireAs("second", person{address: "user1", surname: "Second"})
	c.found("One")
	c.found("Two")
	c.join("One", "user1", "second")
	c.join("Two", "user2", "second")
	c.settle()
	require.NoError(c.t, c.adobe.Inject(emulator.Fault{Match: actionPath, Status: http.StatusTooManyRequests, RetryAfter: 45 * time.Second, Times: 1}))
	c.change("user5", func(p *person) { p.active = false })
	c.leave("Design", "user2")
	c.dissolve("One")
	c.dissolve("Two")
	c.settle()
	lost(emulator.AfterApply)
	c.change("user5", func(p *person) { p.active = true })
	c.fire("second")
	c.settle()
	c.found("Free")
	c.join("Free", "user3", "user4", "bare")
	c.settle()
}
