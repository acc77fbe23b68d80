package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// Years are those of an organisation that is as large at their end as at their
// beginning. In each of them of 100 users 15 leave and 15 come, and each user
// changes twice, and comes into three groups and leaves three. There is a group for 50
// users, and who comes is put into five. The same every time.
type Years struct {
	Users int
	Count int
	Keep  func(now time.Time) store.Keep // what is trimmed at each day's end
	After func(year int)                 // is told when one is over
}

// Size is how large a store is.
type Size struct {
	Bytes   int64 // of all
	Journal int64 // bytes of the journal, its indexes included
	Lines   int64 // of the journal
}

// BenchmarkYears reports how large a store is after one year of an organisation and
// after two, with the retention that nobody changed.
func BenchmarkYears(b *testing.B, users int, s store.Store, size func() Size) {
	b.Helper()
	Years{
		Users: users, Count: 2,
		Keep: func(now time.Time) store.Keep {
			return store.Keep{Lines: now.AddDate(-1, 0, 0), MaxLines: 5_000_000, Calls: now.AddDate(0, 0, -7)}
		},
		After: func(year int) {
			is := size()
			b.ReportMetric(float64(is.Bytes)/(1<<20), map[int]string{1: "MiB-after-a-year", 2: "MiB-after-two"}[year])
			b.ReportMetric(float64(is.Lines), "lines")
			b.ReportMetric(float64(is.Journal)/float64(is.Lines), "B/line")
		},
	}.Play(b, s)
}

const (
	turnover    = 0.15 // of the users a year
	changes     = 2    // of each user a year
	moves       = 6    // of each user into a group or out of one a year
	groupsEach  = 5
	usersAGroup = 50
	// atOnceInYear is how many subjects a call is for while nothing is in a hurry, and
	// atOnceFirst at the beginning.
	atOnceInYear, atOnceFirst = 2, 10
)

// year plays.
type year struct {
	testing.TB
	store.Store
	*rand.Rand
	lease  *lease.Lease
	now    time.Time
	users  []string
	groups []string
	in     map[[2]string]bool // who is in which group
	n      int                // to name what is made
}

// Play plays the years into an empty store.
func (p Years) Play(t testing.TB, s store.Store) {
	t.Helper()
	y := &year{TB: t, Store: s, Rand: rand.New(rand.NewPCG(1, 2)), lease: leaseOf(t, s, acme), now: at(0), in: map[[2]string]bool{}}
	for range max(1, p.Users/usersAGroup) {
		y.makeGroup()
	}
	for i := range p.Users {
		y.join()
		if i%500 == 499 {
			y.follow(atOnceFirst)
		}
	}
	y.follow(atOnceFirst)
	for n := range p.Count {
		for day := range 365 {
			today := func(aYear float64) int {
				all := aYear * float64(p.Users)
				return int(all*float64(day+1)/365) - int(all*float64(day)/365)
			}
			for range today(turnover) {
				y.leave()
				y.join()
			}
			for range today(changes) {
				y.change()
			}
			for range today(moves) {
				y.move()
			}
			y.now = y.now.Add(24 * time.Hour)
			y.follow(atOnceInYear)
			for {
				rows, err := y.Trim(y.Context(), p.Keep(y.now), 1000)
				require.NoError(y, err)
				if rows == 0 {
					break
				}
			}
		}
		p.After(n + 1)
	}
}

// id is like those that the bridge gives out.
func (y *year) id() string {
	y.n++
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, y.n)).String()
}

func (y *year) origin() directory.Origin {
	return directory.Origin{Actor: "okta", RequestID: fmt.Sprintf("%016x", y.Uint64()), At: y.now}
}

func (y *year) document(id string, title int) []byte {
	mail := address(id)
	return doc("schemas", []string{directory.UserSchema, directory.EnterpriseSchema}, "userName", mail, "externalId", "00u"+id[:17],
		"displayName", "Gwendolyn Fairweather", "name", map[string]any{"givenName": "Gwendolyn", "familyName": "Fairweather"},
		"title", fmt.Sprint("Senior Something ", title), "active", true,
		"emails", []any{map[string]any{"value": mail, "type": "work", "primary": true}},
		"addresses", []any{map[string]any{"country": "GB", "type": "work"}},
		directory.EnterpriseSchema, map[string]any{"department": "Department of Things", "employeeNumber": id[:8]})
}

func address(id string) string { return "gwendolyn." + id[:8] + "@example.com" }

func (y *year) makeGroup() {
	id := y.id()
	_, _, err := y.CreateGroup(y.Context(), acme, directory.Group{
		Meta: directory.Meta{ID: id}, Document: doc("displayName", "Team "+id[:8], "schemas", []string{directory.GroupSchema}),
	}, directory.GroupChange{}, y.origin())
	require.NoError(y, err)
	y.groups = append(y.groups, id)
}

func (y *year) join() {
	id := y.id()
	_, err := y.CreateUser(y.Context(), acme, directory.User{Meta: directory.Meta{ID: id}, Document: y.document(id, 0)}, y.origin())
	require.NoError(y, err)
	y.users = append(y.users, id)
	for range groupsEach {
		y.put(y.groups[y.IntN(len(y.groups))], id)
	}
}

// leave has somebody deactivated, and deleted.
func (y *year) leave() {
	i := y.IntN(len(y.users))
	id := y.users[i]
	y.users[i] = y.users[len(y.users)-1]
	y.users = y.users[:len(y.users)-1]
	for _, g := range y.groups {
		delete(y.in, [2]string{g, id})
	}
	require.NoError(y, y.DeleteUser(y.Context(), acme, id, 0, y.origin()))
}

func (y *year) change() {
	id := y.users[y.IntN(len(y.users))]
	_, err := y.UpdateUser(y.Context(), acme, id, 0, y.document(id, y.IntN(1000)), y.origin())
	require.NoError(y, err)
}

// move takes somebody out of a group, or puts them into one, as often as not.
func (y *year) move() {
	user := y.users[y.IntN(len(y.users))]
	leaves := y.IntN(2) == 0
	var from []string
	for _, g := range y.groups {
		if y.in[[2]string{g, user}] == leaves {
			from = append(from, g)
		}
	}
	if len(from) > 0 {
		y.put(from[y.IntN(len(from))], user)
	}
}

func (y *year) put(group, user string) {
	c := adding(user)
	if key := [2]string{group, user}; y.in[key] {
		c = removing(user)
		delete(y.in, key)
	} else {
		y.in[key] = true
	}
	_, _, err := y.UpdateGroup(y.Context(), acme, group, c, y.origin())
	require.NoError(y, err)
}

// follow has Adobe follow, with so many subjects a call.
func (y *year) follow(atOnce int) {
	for {
		due, err := y.Due(y.Context(), acme, y.now, 1000)
		require.NoError(y, err)
		if len(due) == 0 {
			return
		}
		for len(due) > 0 {
			some := due[:min(atOnce, len(due))]
			due = due[len(some):]
			y.call(some)
		}
	}
}

// call makes a call for what is due, which succeeds.
func (y *year) call(due []plan.Due) {
	y.now = y.now.Add(time.Second)
	c := plan.Call{ID: uuid.NewSHA1(uuid.NameSpaceURL, fmt.Append(nil, y.now.UnixNano())).String()}
	s := plan.Settlement{Call: c.ID, Outcome: "success", RequestID: y.id()}
	var links []plan.Link
	for _, d := range due {
		command, link := y.command(d, &s)
		c.Commands = append(c.Commands, command)
		links = append(links, link...)
		s.Verdicts = append(s.Verdicts, plan.Verdict{Due: d, Outcome: plan.Done})
	}
	require.NoError(y, y.RecordCall(y.Context(), y.lease, c, links, y.now))
	require.NoError(y, y.Settle(y.Context(), y.lease, s, y.now))
}

// command is one for what is due, as large as a real one, and what its success proves.
func (y *year) command(d plan.Due, s *plan.Settlement) (c plan.Command, links []plan.Link) {
	text := "update for "
	switch d.Kind {
	case plan.KindGroup:
		g := plan.AdobeGroup{ID: d.Group, Name: "Team " + d.Group[:8], Type: umapi.UserGroup, Presence: plan.Present}
		s.AdobeGroups = append(s.AdobeGroups, g)
		c.AdobeGroup, c.Own, c.UMAPI.UserGroup = &g, []plan.Due{d}, g.Name
		links, text = []plan.Link{{Kind: plan.KindGroup, Directory: d.Group, Mirror: d.Group}}, "createUserGroup for "
	case plan.KindUser:
		mail := address(d.User)
		before := plan.Account{ID: d.User, Presence: plan.Absent, Type: umapi.FederatedID, Email: mail, Username: mail, FirstName: "Gwendolyn", LastName: "Fairweather", Country: "GB"}
		a := before
		step := umapi.Step{CreateFederatedID: &umapi.Create{Email: mail, Country: "GB", FirstName: "Gwendolyn", LastName: "Fairweather", Option: umapi.OptionUpdateIfAlreadyExists}}
		if _, err := y.User(y.Context(), acme, d.User); err == nil {
			a.Presence = plan.Present
			links = []plan.Link{{Kind: plan.KindUser, Directory: d.User, Mirror: d.User}}
		} else {
			step = umapi.Step{RemoveFromOrg: &umapi.RemoveFromOrg{}}
		}
		s.Accounts = append(s.Accounts, a)
		c.Account, c.BeforeAccount, c.Own = &a, &before, []plan.Due{d}
		c.UMAPI.User, c.UMAPI.Do = mail, []umapi.Step{step}
		c.Steps = []plan.Step{{Subject: true}}
	default:
		e := plan.Edge{Account: d.User, Group: d.Group}
		m := plan.Membership{Edge: e, Presence: plan.Absent}
		if y.in[[2]string{d.Group, d.User}] {
			m.Presence = plan.Present
		}
		s.Memberships = append(s.Memberships, m)
		c.UMAPI.UserGroup = "Team " + d.Group[:8]
		c.UMAPI.Do = []umapi.Step{{Add: &umapi.Memberships{Users: []string{address(d.User)}}}}
		c.Steps, text = []plan.Step{{Added: []plan.Edge{e}, Due: []plan.Due{d}}}, "add for "
	}
	s.Notes = append(s.Notes, plan.Note{User: d.User, Group: d.Group, Event: "done", Text: text + c.UMAPI.User + c.UMAPI.UserGroup})
	return c, links
}
