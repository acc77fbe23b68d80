package plan_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

var epoch = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

var federated = mapping.Rules{IdentityType: umapi.FederatedID, Country: "US"}

// who is a directory user in short.
type who struct {
	login, email, first, last, country, identity string
	inactive                                     bool
}

func (p who) document() json.RawMessage {
	doc := map[string]any{
		"userName": p.login,
		"active":   !p.inactive,
		"name":     map[string]any{"givenName": p.first, "familyName": p.last},
	}
	if p.email != "" {
		doc["emails"] = []any{map[string]any{"value": p.email, "primary": true}}
	}
	if p.country != "" {
		doc["addresses"] = []any{map[string]any{"country": p.country, "primary": true}}
	}
	if p.identity != "" {
		doc[directory.BridgeUserSchema] = map[string]any{"identityType": p.identity}
	}
	out, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return out
}

type key struct {
	kind        plan.Kind
	user, group string
}

func keyOf(d plan.Due) key { return key{d.Kind, d.User, d.Group} }

// row is a due row as a store keeps it.
type row struct {
	plan.Due
	class          plan.Class
	parked, failed bool
	held           bool
	notBefore      time.Time
	problem        plan.Problem
}

// ledger is a store in memory: the directory, the mirror, and what is due, by
// the promises of package store.
type ledger struct {
	rules       mapping.Rules
	now         time.Time
	generation  int64
	users       map[string]directory.User
	groups      map[string]directory.Group
	members     map[string]map[string]bool // by group
	links       map[plan.Link]plan.Link    // by the link without Stale
	accounts    map[string]plan.Account
	adobeGroups map[string]plan.AdobeGroup
	edges       map[plan.Edge]plan.Presence
	due         map[key]*row
	ruled       map[string]bool // ids of Adobe groups that a rule mapped to at any time
	groupsKnown bool
	flights     []plan.Flight
	allowance   *plan.Removals
}

func newLedger() *ledger {
	return &ledger{
		rules: federated, now: epoch, groupsKnown: true,
		users: map[string]directory.User{}, groups: map[string]directory.Group{}, members: map[string]map[string]bool{},
		links: map[plan.Link]plan.Link{}, accounts: map[string]plan.Account{}, adobeGroups: map[string]plan.AdobeGroup{},
		edges: map[plan.Edge]plan.Presence{}, due: map[key]*row{}, ruled: map[string]bool{},
	}
}

func (l *ledger) owe(kind plan.Kind, user, group string, c plan.Class) {
	l.generation++
	k := key{kind, user, group}
	r := &row{class: c, Due: plan.Due{Kind: kind, User: user, Group: group, Since: l.now, Generation: l.generation}}
	if old := l.due[k]; old != nil {
		r.Released = old.Released
		if c != plan.ClassLeave && (!old.failed && !old.held || old.class == plan.ClassLeave) {
			r.Since = old.Since
			if plan.Rank(old.class, old.Since) < plan.Rank(c, r.Since) {
				r.class = old.class
			}
		}
	}
	l.due[k] = r
}

// putUser creates or changes a user.
func (l *ledger) putUser(id string, p who) {
	old, existed := l.users[id]
	u := directory.User{Meta: directory.Meta{ID: id, Created: l.now}, Document: p.document()}
	wasActive := false
	if existed {
		u.Created = old.Created
		a, err := old.Attributes()
		wasActive = err == nil && a.IsActive()
	}
	l.users[id] = u
	class := plan.ClassAttribute
	switch {
	case p.inactive && (wasActive || !existed):
		class = plan.ClassLeave
	case !p.inactive && !wasActive:
		class = plan.ClassJoin
	}
	l.owe(plan.KindUser, id, "", class)
}

func (l *ledger) deleteUser(id string) {
	delete(l.users, id)
	l.owe(plan.KindUser, id, "", plan.ClassLeave)
	for _, g := range slices.Sorted(maps.Keys(l.members)) {
		if l.members[g][id] {
			l.leave(g, id)
		}
	}
}

func (l *ledger) putGroup(id, name string) {
	doc, err := json.Marshal(map[string]any{"displayName": name})
	if err != nil {
		panic(err)
	}
	class := plan.ClassAttribute
	g, existed := l.groups[id]
	if !existed {
		class = plan.ClassGroup
		g.Meta = directory.Meta{ID: id, Created: l.now}
		l.members[id] = map[string]bool{}
	}
	g.Document = doc
	l.groups[id] = g
	l.owe(plan.KindGroup, "", id, class)
}

func (l *ledger) deleteGroup(id string) {
	delete(l.groups, id)
	l.owe(plan.KindGroup, "", id, plan.ClassLeave)
	for _, u := range slices.Sorted(maps.Keys(l.members[id])) {
		l.owe(plan.KindEdge, u, id, plan.ClassMembership)
	}
	delete(l.members, id)
}

func (l *ledger) join(group string, users ...string) {
	for _, u := range users {
		l.members[group][u] = true
		l.owe(plan.KindEdge, u, group, plan.ClassMembership)
	}
}

func (l *ledger) leave(group, user string) {
	delete(l.members[group], user)
	l.owe(plan.KindEdge, user, group, plan.ClassMembership)
}

// settled marks all rows as paid off, to begin a case from a quiet world.
func (l *ledger) settled() { clear(l.due) }

// facts answers a query as plan.Facts says.
func (l *ledger) facts(q plan.Query) plan.Facts {
	f := plan.Facts{
		Users: map[string]directory.User{}, Memberships: map[string][]string{}, Groups: map[string]directory.Group{},
		Accounts: map[string]plan.Account{}, AdobeGroups: map[string]plan.AdobeGroup{}, Edges: map[plan.Edge]plan.Presence{},
		Sizes: map[string]int{},
	}
	users, accounts := set(q.Users), set(q.Accounts)
	for id, a := range l.accounts {
		if slices.Contains(q.Emails, directory.Fold(a.Email)) || a.Candidate != "" && slices.Contains(q.Emails, directory.Fold(a.Candidate)) {
			accounts[id] = true
		}
	}
	f.Links = append(f.Links, l.linked(plan.KindUser, users, accounts)...)
	groups, adobe := set(q.Groups), set(q.AdobeGroups)
	for id := range users {
		if u, ok := l.users[id]; ok {
			f.Users[id] = u
			for _, g := range slices.Sorted(maps.Keys(l.groups)) {
				if l.members[g][id] {
					f.Memberships[id] = append(f.Memberships[id], g)
					groups[g] = true
				}
			}
		}
	}
	for id := range accounts {
		if a, ok := l.accounts[id]; ok {
			f.Accounts[id] = a
		}
	}
	for e, p := range l.edges {
		if accounts[e.Account] {
			f.Edges[e] = p
			adobe[e.Group] = true
		}
	}
	for id, g := range l.adobeGroups {
		if slices.Contains(q.Names, directory.Fold(g.Name)) || g.Candidate != "" && slices.Contains(q.Names, directory.Fold(g.Candidate)) {
			adobe[id] = true
		}
	}
	f.Links = append(f.Links, l.linked(plan.KindGroup, groups, adobe)...)
	for id := range groups {
		if g, ok := l.groups[id]; ok {
			f.Groups[id] = g
		}
	}
	for _, k := range f.Links {
		if _, there := l.groups[k.Directory]; k.Kind == plan.KindGroup && !there && slices.Contains(q.Groups, k.Directory) {
			f.Sizes[k.Mirror] = l.size(k.Mirror)
		}
	}
	for id := range adobe {
		if g, ok := l.adobeGroups[id]; ok {
			f.AdobeGroups[id] = g
		}
	}
	for _, r := range l.sorted() {
		if r.Kind == plan.KindEdge && !r.failed && !r.held && slices.Contains(q.Users, r.User) {
			d := r.Due
			d.Parked = r.parked
			f.EdgesDue = append(f.EdgesDue, d)
		}
	}
	return f
}

// size counts the mirrored memberships of an Adobe group.
func (l *ledger) size(group string) int {
	n := 0
	for e := range l.edges {
		if e.Group == group {
			n++
		}
	}
	return n
}

// linked follows links to and fro, adding to both sets what it finds.
func (l *ledger) linked(kind plan.Kind, dir, mirror map[string]bool) []plan.Link {
	found := map[plan.Link]bool{}
	for more := true; more; {
		more = false
		for _, k := range l.links {
			if k.Kind == kind && !found[k] && (dir[k.Directory] || mirror[k.Mirror]) {
				found[k], dir[k.Directory], mirror[k.Mirror], more = true, true, true, true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b plan.Link) int {
		return cmp.Or(cmp.Compare(a.Directory, b.Directory), cmp.Compare(a.Mirror, b.Mirror))
	})
}

func set(ids []string) map[string]bool {
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out
}

func (l *ledger) sorted() []*row {
	return slices.SortedFunc(maps.Values(l.due), func(a, b *row) int {
		return cmp.Or(cmp.Compare(plan.Rank(a.class, a.Since), plan.Rank(b.class, b.Since)),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Group, b.Group), cmp.Compare(a.User, b.User))
	})
}

// dueNow lists up to limit rows that may be taken.
func (l *ledger) dueNow(limit int) []plan.Due {
	var out []plan.Due
	for _, r := range l.sorted() {
		if !r.parked && !r.failed && !r.held && !r.notBefore.After(l.now) && len(out) < limit {
			out = append(out, r.Due)
		}
	}
	return out
}

// build plans as a dispatcher does.
func (l *ledger) build(limits plan.Limits, window int) plan.Plan {
	return plan.Build(l.input(limits, window))
}

func (l *ledger) input(limits plan.Limits, window int) plan.Input {
	due := l.dueNow(window)
	facts := l.facts(plan.First(due))
	if q := plan.Second(due, facts, l.rules); len(q.Emails)+len(q.Names) > 0 {
		facts.Merge(l.facts(q))
	}
	return plan.Input{
		Due: due, Facts: facts, Rules: l.rules, Limits: limits, Now: l.now, GroupsKnown: l.groupsKnown,
		Allowance: l.allowance, Flights: l.flights,
	}
}

func (l *ledger) link(links []plan.Link) {
	for _, k := range links {
		l.links[plan.Link{Kind: k.Kind, Directory: k.Directory, Mirror: k.Mirror}] = k
		l.ruled[k.Mirror] = l.ruled[k.Mirror] || k.Rule
	}
}

// settle writes what was learned.
func (l *ledger) settle(s plan.Settlement) {
	for _, a := range s.Accounts {
		l.accounts[a.ID] = a
		for e := range l.edges {
			switch {
			case e.Account != a.ID:
			case a.Presence == plan.Absent:
				delete(l.edges, e)
			case a.Presence == plan.Doubtful:
				l.edges[e] = plan.Doubtful
			}
		}
	}
	for _, g := range s.AdobeGroups {
		l.adobeGroups[g.ID] = g
		if g.Presence == plan.Absent {
			maps.DeleteFunc(l.edges, func(e plan.Edge, _ plan.Presence) bool { return e.Group == g.ID })
		}
		for e := range l.edges {
			if e.Group == g.ID && g.Presence == plan.Doubtful {
				l.edges[e] = plan.Doubtful
			}
		}
	}
	for _, id := range s.Missing.Accounts {
		if a, ok := l.accounts[id]; ok && a.Presence == plan.Present {
			a.Presence = plan.Unknown
			l.accounts[id] = a
		}
	}
	for _, id := range s.Missing.AdobeGroups {
		if g, ok := l.adobeGroups[id]; ok && g.Presence == plan.Present {
			g.Presence = plan.Unknown
			l.adobeGroups[id] = g
		}
	}
	for _, m := range s.Memberships {
		l.edges[m.Edge] = m.Presence
		if m.Presence == plan.Absent {
			delete(l.edges, m.Edge)
		}
	}
	l.link(s.Links)
	for _, k := range s.Unlinked {
		delete(l.links, plan.Link{Kind: k.Kind, Directory: k.Directory, Mirror: k.Mirror})
	}
	for _, v := range s.Verdicts {
		l.judge(v)
	}
	for _, t := range s.Touched {
		switch {
		case t.Kind == plan.KindEdge && t.User == "":
			for u := range l.members[t.Group] {
				l.owe(plan.KindEdge, u, t.Group, t.Class)
			}
		case t.Kind == plan.KindMirrored && t.User == "":
			for e := range l.edges {
				if e.Group == t.Group {
					l.owe(t.Kind, e.Account, t.Group, t.Class)
				}
			}
		default:
			l.owe(t.Kind, t.User, t.Group, t.Class)
		}
	}
	for _, r := range l.due {
		if slices.Contains(s.Freed, r.problem.Code) && (r.failed || !r.parked && !r.held) {
			r.failed, r.notBefore = false, time.Time{}
		}
	}
	l.dropLinks()
}

func (l *ledger) judge(v plan.Verdict) {
	r := l.due[keyOf(v.Due)]
	if r == nil {
		return
	}
	if r.Generation != v.Due.Generation {
		return
	}
	if v.Attempt {
		r.Attempts++
	}
	r.Refused, r.problem, r.parked, r.failed, r.held, r.notBefore = v.Refused, v.Problem, false, false, false, time.Time{}
	switch v.Outcome {
	case plan.Done:
		delete(l.due, keyOf(v.Due))
		for _, e := range l.due {
			if e.Kind == plan.KindEdge && (v.Due.Kind == plan.KindUser && e.User == v.Due.User || v.Due.Kind == plan.KindGroup && e.Group == v.Due.Group) {
				if e.parked || e.held {
					e.parked, e.held, e.notBefore = false, false, time.Time{}
				}
			}
			if e.Kind == plan.KindMirrored && l.mapsToEnd(v.Due, e.Due) {
				e.held = false
			}
		}
	case plan.Retry:
		r.notBefore = v.NotBefore
	case plan.Parked:
		r.parked = l.due[key{plan.KindUser, r.User, ""}] != nil || l.due[key{plan.KindGroup, "", r.Group}] != nil
		r.notBefore = l.now.Add(5 * time.Second)
	case plan.Failed:
		r.failed = true
	case plan.Held:
		r.held = true
	}
}

// mapsToEnd reports whether a user or group maps to an end of a mirrored
// membership, or did.
func (l *ledger) mapsToEnd(d, mirrored plan.Due) bool {
	for _, k := range l.links {
		if k.Kind == d.Kind && (d.Kind == plan.KindUser && k.Directory == d.User && k.Mirror == mirrored.User ||
			d.Kind == plan.KindGroup && k.Directory == d.Group && k.Mirror == mirrored.Group) {
			return true
		}
	}
	return false
}

// dropLinks forgets the links of what is gone once no due row names it.
func (l *ledger) dropLinks() {
	named := map[string]bool{}
	for k := range l.due {
		if k.kind != plan.KindMirrored {
			named[k.user], named[k.group] = true, true
		}
	}
	maps.DeleteFunc(l.links, func(_, k plan.Link) bool {
		_, user := l.users[k.Directory]
		_, group := l.groups[k.Directory]
		return !user && !group && !named[k.Directory]
	})
}

// next is when the earliest row that only waits may be taken.
func (l *ledger) next() (time.Time, bool) {
	var at time.Time
	found := false
	for _, r := range l.due {
		if !r.parked && !r.failed && !r.held && r.notBefore.After(l.now) && (!found || r.notBefore.Before(at)) {
			at, found = r.notBefore, true
		}
	}
	return at, found
}

func (l *ledger) pending() int {
	n := 0
	for _, r := range l.due {
		if !r.failed && !r.held {
			n++
		}
	}
	return n
}
