package morning

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Size is how much happens in a morning. Half of everything is Okta's and half
// is Entra's, so the numbers are even; there are at most 12 teams.
type Size struct {
	Joiners, Teams, Movers, Renames, Leavers int
}

// Full is a whole morning.
var Full = Size{Joiners: 200, Teams: 12, Movers: 30, Renames: 20, Leavers: 10}

// person is one user, in the state in which it was last said.
type person struct {
	id         string // given by the service
	externalID string
	email      string // also the userName
	given      string
	family     string
	country    string // empty if the provider says none
	active     bool
}

func (p *person) displayName() string { return p.given + " " + p.family }

// team is one group, in the state in which it was last said.
type team struct {
	id         string // given by the service
	externalID string
	name       string
	planned    []*person // to be pushed at first
	members    map[*person]bool
}

// move takes a person from one group to another.
type move struct {
	who      *person
	from, to *team
}

// rename gives a person another family name, and with it, where the provider
// derives it, another address.
type rename struct {
	who           *person
	family, email string
}

// teamRename gives a group another name.
type teamRename struct {
	which *team
	name  string
}

// script is what one provider has to say, in order.
type script struct {
	people      []*person
	teams       []*team
	moves       []move
	renames     []rename
	teamRenames []teamRename
	leavers     []*person
}

var (
	givenNames = []string{
		"Ada", "Alan", "Amina", "Barbara", "Björn", "Chidi", "Claude", "Dorothy", "Edsger", "Emmy", "Fatima", "Grace",
		"Hedy", "Ines", "Ivan", "Jean", "João", "Katherine", "Ken", "Leslie", "Łukasz", "Margaret", "Mei", "Niklaus",
		"Noor", "Olga", "Priya", "Radia", "Sofía", "Tim", "Uma", "Vint", "Wanjiru", "Yukihiro", "Zoë",
	}
	familyNames = []string{
		"Adeyemi", "Allen", "Bartik", "Cerf", "Dijkstra", "Engelbart", "Floyd", "García", "Hamilton", "Hopper", "Ito",
		"Johnson", "Kaur", "Kernighan", "Lamarr", "Lovelace", "Müller", "Nakamura", "Noether", "O'Brien", "Perlman",
		"Quispe", "Ritchie", "Sørensen", "Tanaka", "Turing", "Ullman", "Venter", "Wirth", "Yılmaz", "Zuse",
	}
	newFamilyNames = []string{"Byron", "Clarke", "Dubois", "Eriksson", "Fischer", "Goldberg", "Haddad", "Ivanova", "Jansen", "Kowalski"}
	teamNames      = []string{
		"Design", "Engineering", "Finance", "Legal", "Marketing", "Sales EMEA",
		"Sales Americas", "Research & Development", "People", "Support", "Studio", "All Contractors",
	}
	countries = []string{"DE", "GB", "FR", "IN", "JP", "BR"}
)

// newScripts returns what Okta and Entra have to say. It is a function of seed
// and size.
func newScripts(seed uint64, size Size) (okta, entra *script) {
	chance := rand.New(rand.NewPCG(seed, 0))
	emails := map[string]bool{}
	people := make([]*person, size.Joiners)
	for i := range people {
		given, family := pick(chance, givenNames), pick(chance, familyNames)
		people[i] = &person{
			externalID: fmt.Sprintf("%08x%08x", chance.Uint32(), chance.Uint32()),
			given:      given, family: family, email: freeEmail(emails, given, family), active: true,
		}
	}
	okta, entra = &script{people: people[:size.Joiners/2]}, &script{people: people[size.Joiners/2:]}
	for _, p := range entra.people {
		p.country = pick(chance, countries)
	}
	for i, name := range teamNames[:size.Teams] {
		s := []*script{okta, entra}[i%2]
		t := &team{name: name, externalID: fmt.Sprintf("%08x-team", chance.Uint32()), members: map[*person]bool{}}
		t.planned = some(chance, s.people, len(s.people)/6+chance.IntN(len(s.people)/2))
		s.teams = append(s.teams, t)
	}
	for _, s := range []*script{okta, entra} {
		s.fill(chance, size, emails, s == entra)
	}
	return okta, entra
}

// fill decides who moves, is renamed and leaves. Chance may let all of it
// happen to one person: each is said after the other.
func (s *script) fill(chance *rand.Rand, size Size, emails map[string]bool, newEmails bool) {
	in := map[*team]map[*person]bool{}
	for _, t := range s.teams {
		in[t] = map[*person]bool{}
		for _, p := range t.planned {
			in[t][p] = true
		}
	}
	for _, p := range some(chance, s.people, len(s.people)) {
		from := slices.IndexFunc(s.teams, func(t *team) bool { return in[t][p] })
		to := slices.IndexFunc(s.teams, func(t *team) bool { return !in[t][p] })
		if from >= 0 && to >= 0 && len(s.moves) < size.Movers/2 {
			s.moves = append(s.moves, move{p, s.teams[from], s.teams[to]})
		}
	}
	for _, p := range some(chance, s.people, size.Renames/2) {
		r := rename{who: p, family: pick(chance, newFamilyNames), email: p.email}
		if newEmails {
			r.email = freeEmail(emails, p.given, r.family)
		}
		s.renames = append(s.renames, r)
	}
	renamed := pick(chance, s.teams)
	s.teamRenames = []teamRename{{renamed, renamed.name + " Worldwide"}}
	s.leavers = some(chance, s.people, size.Leavers/2)
}

// freeEmail returns an address that nobody has yet, and takes it.
func freeEmail(taken map[string]bool, given, family string) string {
	stem := ascii(given) + "." + ascii(family)
	email := stem + "@example.com"
	for i := 2; taken[email]; i++ {
		email = fmt.Sprintf("%s%d@example.com", stem, i)
	}
	taken[email] = true
	return email
}

// ascii spells a name as it would stand in an address.
func ascii(name string) string {
	return strings.NewReplacer("ö", "o", "ü", "u", "ã", "a", "í", "i", "ø", "o", "ł", "l", "ı", "i", "ë", "e", "'", "").
		Replace(strings.ToLower(name))
}

func pick[T any](chance *rand.Rand, from []T) T { return from[chance.IntN(len(from))] }

// some returns n of from, in a random order.
func some[T any](chance *rand.Rand, from []T, n int) []T {
	shuffled := slices.Clone(from)
	chance.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	return shuffled[:min(n, len(shuffled))]
}
