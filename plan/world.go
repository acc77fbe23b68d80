package plan

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// world is the input in a form in which one can ask, and the plan so far.
type world struct {
	in   Input
	plan Plan

	flying flying
	left   Removals     // what the brakes let through
	later  []Verdict    // see judgeLater
	judged map[row]bool // has a verdict

	claimed map[claim]bool // by commands of the call

	people   map[string]*person
	teams    map[string]*team
	accounts map[string]*account
	groups   map[string]*group
	edges    map[Edge]Presence // mirrored memberships
	items    map[Edge]*edge
	edgeDue  map[row]bool // what has a due row that is not parked
	// by directory.Fold of the current address and name
	byEmail map[string][]*account // candidates too
	byName  map[string]*group
}

// person is a directory user, or the trace of one who is gone.
type person struct {
	id      string
	user    *directory.User // nil if gone
	active  bool
	want    mapping.Account
	problem *Problem // why want could not be had
	teams   []string
	current []*account
	stale   []*account
}

// team is a directory group, or the trace of one that is gone.
type team struct {
	id      string
	exists  bool
	damaged bool     // what it should be is not known
	targets []string // names of the Adobe groups that it maps to
	byRule  bool     // a rule names them
	name    string   // the target, unless a rule names it
	problem *Problem // why there is none
	current []*group
	stale   []*group
	placed  bool // by a rule, in this round
}

// account is an Adobe account under planning.
type account struct {
	Account
	rules   *mapping.Rules
	people  []*person // current links, the oldest user first
	former  bool      // somebody mapped to it who maps elsewhere now
	due     []Due     // of users
	stale   []Due     // of users who map elsewhere now
	also    []Due     // those of them that wait for it to leave
	planned bool
	items   []*edge // differences of its memberships, in order of rank

	mirrored []*group         // those that it is in, or may be, in order of id
	desired  map[*group][]Due // see wants
	unmapped []Due            // pairs that want a group which has no Adobe group yet, or not those of now

	// What the call under construction does with it.
	changed bool  // creates it, changes its address or removes it
	root    bool  // it is the root of a command
	listed  bool  // by a group's command
	update  *unit // of names, which may travel with memberships
}

// group is an Adobe group under planning.
type group struct {
	AdobeGroup
	rules   *mapping.Rules
	teams   []*team // whose own it is
	guests  []*team // whom a rule maps to it
	known   bool    // the mirror has a row for it
	planned bool
	coming  bool // by a call soon, with memberships that wait for it
	items   []*edge

	// What the call under construction does with it.
	changed   bool // creates, renames or deletes it
	listed    bool // by a user's command
	direction direction
}

// direction is what the commands of one call that have a group as root do.
type direction string

const (
	noDirection   direction = ""
	onlyAdds      direction = "add"
	onlyRemoves   direction = "remove"
	bothDirection direction = "both" // in one command: no other may follow
)

func newWorld(in Input) *world {
	w := &world{
		in:       in,
		people:   make(map[string]*person, len(in.Facts.Users)),
		teams:    make(map[string]*team, len(in.Facts.Groups)),
		accounts: make(map[string]*account, len(in.Facts.Accounts)),
		groups:   make(map[string]*group, len(in.Facts.AdobeGroups)),
		edges:    in.Facts.Edges,
		flying:   newFlying(in.Flights, in.Now),
		items:    map[Edge]*edge{},
		edgeDue:  map[row]bool{},
		left:     Removals{Unbraked, Unbraked},
		judged:   map[row]bool{},
		claimed:  map[claim]bool{},
		byEmail:  map[string][]*account{},
		byName:   map[string]*group{},
	}
	if in.Allowance != nil {
		w.left = *in.Allowance
	}
	// In order, so that the same input gives the same output.
	for _, id := range slices.Sorted(maps.Keys(in.Facts.Accounts)) {
		w.addAccount(id, in.Facts.Accounts[id])
	}
	for _, id := range slices.Sorted(maps.Keys(in.Facts.AdobeGroups)) {
		w.addGroup(id, in.Facts.AdobeGroups[id]).known = true
	}
	for _, d := range slices.Concat(in.Due, in.Facts.EdgesDue) {
		w.edgeDue[d.row()] = !d.Parked
	}
	for id := range in.Facts.Users {
		w.person(id)
	}
	for id := range in.Facts.Groups {
		w.team(id)
	}
	for _, l := range in.Facts.Links {
		w.link(l)
	}
	for _, a := range w.accounts {
		a.sortPeople()
	}
	w.mirrorEdges()
	return w
}

// mirrorEdges tells each account which groups it is in.
func (w *world) mirrorEdges() {
	for e := range w.edges {
		if a, g := w.accounts[e.Account], w.groups[e.Group]; a != nil && g != nil {
			a.mirrored = append(a.mirrored, g)
		}
	}
	for _, a := range w.accounts {
		slices.SortFunc(a.mirrored, func(x, y *group) int { return cmp.Compare(x.ID, y.ID) })
	}
}

func (w *world) addAccount(id string, a Account) *account {
	acc := &account{Account: a, rules: &w.in.Rules}
	w.accounts[id] = acc
	key := directory.Fold(a.Email)
	w.byEmail[key] = append(w.byEmail[key], acc)
	if other := directory.Fold(a.Candidate); other != "" && other != key {
		w.byEmail[other] = append(w.byEmail[other], acc)
	}
	return acc
}

func (w *world) addGroup(id string, g AdobeGroup) *group {
	gr := &group{AdobeGroup: g, rules: &w.in.Rules}
	w.groups[id] = gr
	for _, name := range []string{g.Name, g.Candidate} {
		key := directory.Fold(name)
		// One that is there, or may be, has the name; one that is gone had it.
		if old := w.byName[key]; name != "" && (old == nil || old.Presence == Absent) {
			w.byName[key] = gr
		}
	}
	return gr
}

// person returns the user of that id, making a trace of one who is gone.
func (w *world) person(id string) *person {
	if p, ok := w.people[id]; ok {
		return p
	}
	p := &person{id: id, teams: w.in.Facts.Memberships[id]}
	w.people[id] = p
	u, ok := w.in.Facts.Users[id]
	if !ok {
		return p
	}
	p.user = &u
	attrs, err := u.Attributes()
	p.active = true // a document that cannot be read removes nobody
	if err == nil {
		p.active = attrs.IsActive()
		p.want, err = w.in.Rules.Account(attrs)
	}
	p.problem = problemOf(err)
	return p
}

// team returns the group of that id, making a trace of one that is gone.
func (w *world) team(id string) *team {
	if t, ok := w.teams[id]; ok {
		return t
	}
	t := &team{id: id}
	w.teams[id] = t
	g, ok := w.in.Facts.Groups[id]
	if !ok {
		return t
	}
	t.exists = true
	attrs, err := g.Attributes()
	if err != nil {
		t.damaged, t.problem = true, problemOf(err)
		return t
	}
	to, err := w.in.Rules.Group(attrs)
	t.targets, t.byRule, t.problem = to.Names, to.ByRule, problemOf(err)
	if !t.byRule && err == nil {
		t.name = to.Names[0]
	}
	return t
}

func problemOf(err error) *Problem {
	if err == nil {
		return nil
	}
	var m *mapping.Error
	if errors.As(err, &m) {
		return &Problem{Code: m.Code, Message: m.Message, Hint: m.Hint}
	}
	return &Problem{Code: "bridge.document.damaged", Message: err.Error(), Hint: "have the provider send the whole resource again"}
}

// link joins the two ends of a link.
func (w *world) link(l Link) {
	switch l.Kind {
	case KindUser:
		p, a := w.person(l.Directory), w.accounts[l.Mirror]
		if a == nil { // the mirror's row comes with the reply to the call that makes it
			a = w.addAccount(l.Mirror, Account{ID: l.Mirror, Presence: Absent})
		}
		if l.Stale {
			p.stale = append(p.stale, a)
			a.former = true
			return
		}
		p.current = append(p.current, a)
		a.people = append(a.people, p)
	case KindGroup:
		t, g := w.team(l.Directory), w.groups[l.Mirror]
		if g == nil {
			g = w.addGroup(l.Mirror, AdobeGroup{ID: l.Mirror, Name: t.name, Presence: Absent, Type: umapi.UserGroup})
		}
		if l.Stale {
			t.stale = append(t.stale, g)
			return
		}
		t.current = append(t.current, g)
		if l.Rule {
			g.guests = append(g.guests, t)
		} else {
			g.teams = append(g.teams, t)
		}
	case KindEdge, KindMirrored: // edges have no links
	}
}

// sortPeople puts the oldest user first: it gives the account its attributes.
func (a *account) sortPeople() {
	slices.SortFunc(a.people, func(x, y *person) int {
		if x.user == nil || y.user == nil {
			return cmp.Compare(boolInt(x.user == nil), boolInt(y.user == nil))
		}
		return cmp.Or(x.user.Created.Compare(y.user.Created), cmp.Compare(x.id, y.id))
	})
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// owner is the oldest active user of the account, and whether any is active.
// It is nil if what every active user should be could not be had.
func (a *account) owner() (*person, bool) {
	anyActive := false
	for _, p := range a.people {
		if !p.active {
			continue
		}
		anyActive = true
		if p.problem == nil {
			return p, true
		}
	}
	return nil, anyActive
}

// wants lists the memberships that the directory says the account should have,
// with the pairs of directory resources that say so. Of several active users the
// owner's count: the others fail as duplicates, and give no rights by accident.
func (w *world) wants(a *account) map[*group][]Due {
	if a.desired != nil {
		return a.desired
	}
	out := map[*group][]Due{}
	a.desired = out
	p, _ := a.owner()
	if p == nil { // what is wrong with the user takes nothing away
		i := slices.IndexFunc(a.people, func(p *person) bool { return p.active })
		if i < 0 {
			return out
		}
		p = a.people[i]
	}
	if a.Twin {
		return out // it is not the account that was to have them
	}
	for _, id := range p.teams {
		t := w.team(id)
		if !t.exists {
			continue
		}
		if len(t.current) == 0 && !t.unmapped() || t.outdated() {
			a.unmapped = append(a.unmapped, Due{Kind: KindEdge, User: p.id, Group: t.id})
		}
		for _, g := range t.current {
			if t.wants(g) {
				out[g] = append(out[g], Due{Kind: KindEdge, User: p.id, Group: t.id})
			}
		}
	}
	return out
}

// sharesDirectory reports whether two accounts with one address would be the
// same account: an Adobe ID and an account of the organization would not.
func sharesDirectory(a Account, t umapi.IdentityType) bool {
	return (a.Type == umapi.AdobeID) == (t == umapi.AdobeID)
}

func (w *world) decide(d Due, o Outcome, p *Problem) {
	v := Verdict{Due: d, Outcome: o}
	if p != nil {
		v.Problem = *p
	}
	w.judge(v)
}

// judge adds a verdict. Of two about one row, which is about two accounts then, the
// first counts: it is looked at again.
func (w *world) judge(v Verdict) {
	if !w.judged[v.Due.row()] {
		w.judged[v.Due.row()] = true
		w.plan.Decided.Verdicts = append(w.plan.Decided.Verdicts, v)
	}
}

// judgeLater adds the verdicts on accounts that stay for now, apart from those about
// rows that something is to be sent for: it must not wait for that.
func (w *world) judgeLater(units []unit) {
	busy := map[row]bool{}
	for _, u := range units {
		for _, d := range u.command.subjectDue() {
			busy[d.row()] = true
		}
	}
	for _, v := range w.later {
		if busy[v.Due.row()] || w.judged[v.Due.row()] {
			continue
		}
		w.judge(v)
		if v.Outcome == Held && v.Due.Kind != KindMirrored {
			w.plan.Decided.Notes = append(w.plan.Decided.Notes, Note{User: v.Due.User, Group: v.Due.Group, Event: "held", Text: v.Problem.Message})
		}
	}
}

// wait looks again at what waits for somebody else, at growing intervals. After
// some time it fails, so that a person is told: it wakes when that other has
// moved, see Settlement.Freed.
func (w *world) wait(d Due, p Problem) { w.waitFor(d, patience, p) }

func (w *world) waitFor(d Due, most time.Duration, p Problem) {
	waited := w.in.Now.Sub(d.Since)
	if waited >= most {
		w.decide(d, Failed, &p)
		return
	}
	w.judge(Verdict{
		Due: d, Outcome: Retry, Problem: p, NotBefore: w.in.Now.Add(min(max(firstBackoff, waited/4), lastBackoff)),
	})
}
