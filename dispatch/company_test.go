package dispatch_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// company is what a provider says, from which follows what Adobe should hold.
type company struct {
	*world
	r      *rand.Rand
	events []event
	people map[string]*person // by the name of their resource
	teams  map[string]*team
	names  map[string]bool // that groups ever had
}

type person struct {
	address, surname string
	active, gone     bool
	foreign          bool   // in a domain that nobody claimed
	login            string // if it is not the address
}

type team struct {
	name    string
	members map[string]bool
	gone    bool
}

// event is one request of a provider.
type event struct {
	at time.Duration // since midnight
	do func()
}

func emptyCompany(w *world) *company {
	return &company{world: w, people: map[string]*person{}, teams: map[string]*team{}, names: map[string]bool{}}
}

// newCompany has people and groups.
func newCompany(w *world, seed uint64) *company {
	c := emptyCompany(w)
	c.r = rand.New(rand.NewPCG(seed, 0))
	for i := range 40 {
		c.hire(fmt.Sprintf("user%02d", i))
	}
	for i := range 6 {
		name := fmt.Sprintf("Team %d", i)
		c.found(name)
		for range 12 {
			c.join(name, c.anyone())
		}
	}
	return c
}

func (c *company) anyone() string { return fmt.Sprintf("user%02d", c.r.IntN(40)) }

func (c *company) anyTeam() string { return fmt.Sprintf("Team %d", c.r.IntN(6)) }

func (c *company) document(p *person) func(map[string]any) {
	return func(doc map[string]any) {
		address(p.address)(doc)
		surname(p.surname)(doc)
		doc["active"] = p.active
		if p.login != "" {
			doc["userName"] = p.login
		}
		if p.foreign {
			doc["userName"] = p.address + "@elsewhere.example"
			doc["emails"] = []any{map[string]any{"value": p.address + "@elsewhere.example", "primary": true}}
		}
	}
}

func (c *company) hire(name string) *person {
	return c.hireAs(name, person{address: name, surname: "Byron"})
}

func (c *company) hireAs(name string, p person) *person {
	p.active = true
	c.people[name] = &p
	c.addUser(name, c.document(&p))
	return &p
}

// change changes somebody who is still there.
func (c *company) change(name string, edit func(p *person)) {
	if p := c.people[name]; !p.gone {
		edit(p)
		c.setUser(name, c.document(p))
	}
}

func (c *company) fire(name string) {
	if p := c.people[name]; !p.gone {
		p.gone = true
		for _, t := range c.teams {
			delete(t.members, name)
		}
		require.NoError(c.t, c.store.DeleteUser(c.t.Context(), org, "u-"+name, 0, origin()))
	}
}

func (c *company) found(name string) {
	c.teams[name] = &team{name: name, members: map[string]bool{}}
	c.names[name] = true
	c.addGroup(name)
}

func (c *company) rename(team, name string) {
	t := c.teams[team]
	t.name = name
	c.names[name] = true
	_, _, err := c.store.UpdateGroup(c.t.Context(), org, "g-"+team, directory.GroupChange{Document: groupDoc(name)}, origin())
	require.NoError(c.t, err)
}

func (c *company) dissolve(team string) {
	c.teams[team].gone = true
	require.NoError(c.t, c.store.DeleteGroup(c.t.Context(), org, "g-"+team, 0, origin()))
}

func (c *company) join(team string, names ...string) { c.member(team, directory.MemberAdd, names) }

func (c *company) leave(team string, names ...string) { c.member(team, directory.MemberRemove, names) }

func (c *company) member(team string, op directory.MemberOp, names []string) {
	t := c.teams[team]
	if names = slices.DeleteFunc(names, func(n string) bool { return c.people[n].gone }); t.gone || len(names) == 0 {
		return
	}
	for _, n := range names {
		if t.members[n] = true; op == directory.MemberRemove {
			delete(t.members, n)
		}
	}
	c.members(team, op, names...)
}

func (c *company) at(t time.Duration, do func()) { c.events = append(c.events, event{t, do}) }

func (c *company) within(from, length time.Duration) time.Duration {
	return from + time.Duration(c.r.Int64N(int64(length)))
}

// plan draws a day: joiners, movers and leavers, some of whom come back, new
// addresses, one of which another gets, and groups that are made, filled, renamed and
// deleted. Three requests can never be followed.
func (c *company) plan() {
	const morning, office = 8 * time.Hour, 10 * time.Hour
	for i := range 12 {
		name, at := fmt.Sprintf("new%02d", i), c.within(6*time.Hour, 40*time.Second)
		if i >= 6 {
			at = c.within(morning, office)
		}
		teams := []string{c.anyTeam(), c.anyTeam()}
		c.at(at, func() { c.hire(name) })
		for _, t := range teams {
			c.at(c.within(at+time.Second, 30*time.Second), func() { c.join(t, name) })
		}
	}
	for range 12 {
		name, from, to, at := c.anyone(), c.anyTeam(), c.anyTeam(), c.within(morning, office)
		c.at(at, func() { c.leave(from, name) })
		c.at(at+time.Second, func() { c.join(to, name) })
	}
	for i := range 12 {
		name := c.anyone()
		c.at(c.within(morning, office), func() {
			c.change(name, func(p *person) {
				if p.surname = fmt.Sprintf("Byron %d", i); i%2 == 0 {
					p.address = fmt.Sprintf("changed%02d", i)
				}
			})
		})
	}
	for i := range 9 {
		name, at := c.anyone(), c.within(morning, office)
		c.at(at, func() { c.change(name, func(p *person) { p.active = false }) })
		switch later := c.within(at+time.Minute, 2*time.Hour); i % 3 {
		case 0:
			c.at(later, func() { c.fire(name) })
		case 1:
			c.at(later, func() { c.change(name, func(p *person) { p.active = true }) })
		}
	}
	c.at(c.within(morning, office), func() { c.change("user07", func(p *person) { p.address = "moved.on" }) })
	c.at(20*time.Hour, func() {
		if c.people["user07"].address == "moved.on" {
			c.hireAs("second", person{address: "user07", surname: "Second"})
		}
	})
	for i := range 4 {
		name, at := fmt.Sprintf("Project %d", i), c.within(morning, office)
		c.at(at, func() { c.found(name) })
		for n := range 3 + c.r.IntN(12) {
			who := c.anyone()
			c.at(at+10*time.Second+time.Duration(n)*100*time.Millisecond, func() { c.join(name, who) })
		}
		switch later := c.within(at+time.Minute, 2*time.Hour); i {
		case 0:
			c.at(later, func() { c.rename(name, "Renamed") })
		case 1:
			c.at(later, func() { c.dissolve(name) })
		}
	}
	c.at(c.within(morning, office), func() { c.rename("Team 0", "Team Zero") })
	c.at(15*time.Hour, func() {
		for i := range 30 {
			c.join("Team 1", fmt.Sprintf("user%02d", i))
		}
	})
	c.at(c.within(morning, office), func() { c.hireAs("foreign", person{address: "foreign", surname: "Byron", foreign: true}) })
	c.at(c.within(morning, office), func() { c.hireAs("nameless", person{address: "nameless"}) })
	c.at(c.within(morning, office), func() { c.found("_admin_Team 2") })
	slices.SortStableFunc(c.events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
}

// play has the day pass.
func (c *company) play() {
	midnight := time.Now()
	for _, e := range c.events {
		time.Sleep(time.Until(midnight.Add(e.at)))
		e.do()
	}
}

// problems are the codes of what failed, by what it is.
func (c *company) problems() map[string]string {
	st, failed := c.status(), map[string]string{}
	require.Len(c.t, st.Failures, total(st.Failed))
	for _, f := range st.Failures {
		failed[strings.Trim(f.Due.User+" "+f.Due.Group, " ")] = f.Problem.Code
	}
	return failed
}

// requireFollowed compares Adobe with what the provider said last, leaving out
// what failed.
func (c *company) requireFollowed(failed map[string]string) {
	c.t.Helper()
	want, members := map[string]string{}, map[string][]string{}
	for name := range c.names {
		members[name] = []string{}
	}
	for name, p := range c.people {
		if p.active && !p.gone && failed["u-"+name] == "" {
			email := strings.ToLower(p.address) + "@example.com"
			want[email] = p.surname
			for id, t := range c.teams {
				if !t.gone && t.members[name] && failed["g-"+id] == "" && failed["u-"+name+" g-"+id] == "" {
					members[t.name] = append(members[t.name], email)
				}
			}
		}
	}
	has := map[string]string{}
	for _, u := range c.adobe.Users() {
		if !u.Removed && u.Type != emulator.TypeAdobeID {
			has[strings.ToLower(u.Email)] = u.LastName
		}
	}
	require.Equal(c.t, want, has)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		slices.Sort(members[name])
		in := []string{}
		for _, email := range c.adobe.Members(name) {
			in = append(in, strings.ToLower(email))
		}
		slices.Sort(in)
		require.Equal(c.t, members[name], in, name)
	}
}
