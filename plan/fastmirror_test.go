package plan_test

import (
	"cmp"
	"maps"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// pastMirror is what of the mirror was another before it was written.
type pastMirror struct {
	accounts map[string]plan.Account
	groups   map[string]plan.AdobeGroup
	edges    map[plan.Edge]bool
}

// mark begins a new need: the mirror is as it was.
func (l *fastLedger) mark() {
	l.was = pastMirror{accounts: map[string]plan.Account{}, groups: map[string]plan.AdobeGroup{}, edges: map[plan.Edge]bool{}}
}

// remember keeps what was there first.
func remember[K comparable, V any](m map[K]V, k K, v V) {
	if _, ok := m[k]; !ok {
		m[k] = v
	}
}

func (l *fastLedger) setAccount(a plan.Account) {
	old := l.accounts[a.ID]
	remember(l.was.accounts, a.ID, old)
	l.byEmail.set(directory.Fold(old.Email), a.ID, false)
	l.byEmail.set(directory.Fold(a.Email), a.ID, true)
	l.accounts[a.ID] = a
	if a.Presence == plan.Absent {
		for _, g := range l.holds.of(a.ID) {
			l.setEdge(plan.Edge{Account: a.ID, Group: g}, false)
		}
	}
}

func (l *fastLedger) setGroup(g plan.AdobeGroup) {
	old := l.adobeGroups[g.ID]
	remember(l.was.groups, g.ID, old)
	l.byName.set(directory.Fold(old.Name), g.ID, false)
	l.byName.set(directory.Fold(g.Name), g.ID, true)
	l.adobeGroups[g.ID] = g
	if g.Presence == plan.Absent {
		for _, a := range l.holders.of(g.ID) {
			l.setEdge(plan.Edge{Account: a, Group: g.ID}, false)
		}
	}
}

func (l *fastLedger) setEdge(e plan.Edge, there bool) {
	remember(l.was.edges, e, l.holds[e.Account][e.Group])
	l.holds.set(e.Account, e.Group, there)
	l.holders.set(e.Group, e.Account, there)
}

// settled makes the mirror what the directory says and nothing due, to begin a
// case from a quiet world.
func (l *fastLedger) settled() {
	for id, u := range l.users {
		a := wanted(u)
		l.setAccount(plan.Account{
			ID: id, Presence: plan.Present, Type: a.Type, Email: a.Email, Username: a.Username, Domain: a.Domain,
			FirstName: a.FirstName, LastName: a.LastName, Country: a.Country,
		})
		l.link([]plan.Link{{Kind: plan.KindUser, Directory: id, Mirror: id}})
		for g := range l.memberOf[id] {
			l.setEdge(plan.Edge{Account: id, Group: g}, true)
		}
	}
	for id, g := range l.groups {
		a, _ := g.Attributes()
		l.setGroup(plan.AdobeGroup{ID: id, Name: a.DisplayName, Type: umapi.UserGroup, Presence: plan.Present})
		l.link([]plan.Link{{Kind: plan.KindGroup, Directory: id, Mirror: id}})
	}
	for _, r := range slices.Collect(maps.Values(l.due)) {
		l.forget(r)
	}
	l.mark()
}

func wanted(u directory.User) mapping.Account {
	a, err := u.Attributes()
	if err != nil {
		panic(err)
	}
	want, err := federated.Account(a)
	if err != nil {
		panic(err)
	}
	return want
}

// need is what was to be done since the last mark, if it has been: the
// difference between the mirror then and now.
func (l *fastLedger) need() need {
	n, users, groups := need{}, map[string]int{}, map[string]int{}
	user := func(id string) int {
		if _, ok := users[id]; !ok {
			users[id] = len(n.users)
			n.users = append(n.users, userSubject(before(l.was.accounts, l.accounts, id), l.accounts[id]))
		}
		return users[id]
	}
	group := func(id string) int {
		if _, ok := groups[id]; !ok {
			groups[id] = len(n.groups)
			n.groups = append(n.groups, groupSubject(before(l.was.groups, l.adobeGroups, id), l.adobeGroups[id]))
		}
		return groups[id]
	}
	for _, id := range slices.Sorted(maps.Keys(l.was.accounts)) {
		user(id)
	}
	for _, id := range slices.Sorted(maps.Keys(l.was.groups)) {
		group(id)
	}
	byEnds := func(a, b plan.Edge) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Group, b.Group))
	}
	for _, e := range slices.SortedFunc(maps.Keys(l.was.edges), byEnds) {
		there := l.holds[e.Account][e.Group]
		ends := l.accounts[e.Account].Presence == plan.Present && l.adobeGroups[e.Group].Presence == plan.Present
		if ends && there != l.was.edges[e] {
			n.changes = append(n.changes, change{user(e.Account), group(e.Group), there})
		}
	}
	return n
}

// before is what was there first: what there is, unless it was written.
func before[V any](was, is map[string]V, id string) V {
	if v, ok := was[id]; ok {
		return v
	}
	return is[id]
}

func userSubject(before, after plan.Account) subject {
	s := subject{rootOnly: after.Type == umapi.AdobeID || after.Domain != ""}
	switch was, is := before.Presence == plan.Present, after.Presence == plan.Present; {
	case is && !was:
		s.job = jobCreate
	case was && !is:
		s.job = jobRemove
	case !is:
	case before.Email != after.Email || before.Username != after.Username:
		s.job = jobRekey
	case before.FirstName != after.FirstName || before.LastName != after.LastName:
		s.job = jobNames
	}
	return s
}

func groupSubject(before, after plan.AdobeGroup) subject {
	s := subject{rootOnly: after.Type != umapi.UserGroup}
	switch was, is := before.Presence == plan.Present, after.Presence == plan.Present; {
	case is && !was:
		s.job = jobCreate
	case was && !is:
		s.job = jobRemove
	case is && before.Name != after.Name:
		s.job = jobRekey
	}
	return s
}

// follows fails the test unless the mirror is what the directory says, and
// nothing else.
func (l *fastLedger) follows(t require.TestingT) {
	require.Empty(t, l.failures)
	accounts, groups, memberships := 0, 0, 0
	for id, u := range l.users {
		if a, _ := u.Attributes(); !a.IsActive() {
			continue
		}
		accounts++
		memberships += len(l.memberOf[id])
		want, a := wanted(u), l.accounts[l.mirrorOf(t, plan.KindUser, id)]
		require.Equal(t, plan.Present, a.Presence, "user %s", id)
		require.Equal(t, []string{want.Email, want.Username, want.FirstName, want.LastName},
			[]string{a.Email, a.Username, a.FirstName, a.LastName}, "user %s", id)
		for g := range l.memberOf[id] {
			require.True(t, l.holds[a.ID][l.mirrorOf(t, plan.KindGroup, g)], "%s in %s", id, g)
		}
	}
	for id, g := range l.groups {
		a, _ := g.Attributes()
		require.Equal(t, a.DisplayName, l.adobeGroups[l.mirrorOf(t, plan.KindGroup, id)].Name)
	}
	for _, a := range l.accounts {
		accounts -= oneIf(a.Presence == plan.Present)
	}
	for _, g := range l.adobeGroups {
		groups += oneIf(g.Presence == plan.Present)
	}
	for _, held := range l.holds {
		memberships -= len(held)
	}
	require.Zero(t, accounts, "accounts of nobody")
	require.Zero(t, memberships, "memberships of nobody")
	require.Equal(t, len(l.groups), groups, "Adobe groups")
}

// mirrorOf is the one mirror id that a resource maps to.
func (l *fastLedger) mirrorOf(t require.TestingT, kind plan.Kind, id string) string {
	links := l.links[linkEnd{kind, false, id}]
	require.Len(t, links, 1, "%s %s", kind, id)
	return links[0].Mirror
}
