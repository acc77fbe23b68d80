package morning

import (
	"math"
	"slices"
	"time"
)

// Said is the record of a morning.
type Said struct {
	Took    time.Duration
	Changes Changes
	Samples []Sample // one for each answered request, in no order

	people []*person
	teams  []*team
}

// Changes counts what was said, each thing that a program without a plan would
// send as a command of its own.
type Changes struct {
	Joins, Renames, Leaves, Teams, TeamRenames int
	Memberships                                int // added or removed, one by one
}

// Total is how many there are.
func (c Changes) Total() int {
	return c.Joins + c.Renames + c.Leaves + c.Teams + c.TeamRenames + c.Memberships
}

// add takes over what p said.
func (s *Said) add(p *player) {
	c := p.changes
	s.Changes.Joins += c.Joins
	s.Changes.Renames += c.Renames
	s.Changes.Leaves += c.Leaves
	s.Changes.Teams += c.Teams
	s.Changes.TeamRenames += c.TeamRenames
	s.Changes.Memberships += c.Memberships
	s.Samples = append(s.Samples, p.samples()...)
	s.people = append(s.people, p.script.people...)
	s.teams = append(s.teams, p.script.teams...)
}

// State returns what Adobe should hold after all that was said: users of
// identityType, with country where the provider said none.
func (s *Said) State(identityType, country string) State {
	state := State{Users: map[string]User{}, Groups: map[string][]string{}}
	for _, p := range s.people {
		if !p.active {
			continue
		}
		u := User{Username: p.email, FirstName: p.given, LastName: p.family, Country: p.country, Type: identityType}
		if u.Country == "" {
			u.Country = country
		}
		state.Users[p.email] = u
	}
	for _, t := range s.teams {
		members := []string{}
		for p := range t.members {
			if p.active {
				members = append(members, p.email)
			}
		}
		slices.Sort(members)
		state.Groups[t.name] = members
	}
	return state
}

// Took returns the time within which a share of the samples, between 0 and 1,
// was answered: the smallest that holds for at least that share.
func Took(samples []Sample, share float64) time.Duration {
	if len(samples) == 0 {
		return 0
	}
	times := make([]time.Duration, 0, len(samples))
	for _, s := range samples {
		times = append(times, s.Took)
	}
	slices.Sort(times)
	return times[max(0, int(math.Ceil(float64(len(times))*share))-1)]
}
