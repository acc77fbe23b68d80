package plan_test

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
)

// facts answers a query as plan.Facts says.
func (l *fastLedger) facts(q plan.Query) plan.Facts {
	f := plan.Facts{
		Users: map[string]directory.User{}, Memberships: map[string][]string{}, Groups: map[string]directory.Group{},
		Accounts: map[string]plan.Account{}, AdobeGroups: map[string]plan.AdobeGroup{}, Edges: map[plan.Edge]plan.Presence{},
	}
	users, accounts := set(q.Users), set(q.Accounts)
	for _, email := range q.Emails {
		maps.Copy(accounts, l.byEmail[email])
	}
	f.Links = l.linked(plan.KindUser, users, accounts)
	groups, adobe := set(q.Groups), set(q.AdobeGroups)
	for id := range users {
		if u, ok := l.users[id]; ok {
			f.Users[id], f.Memberships[id] = u, l.memberOf.of(id)
			maps.Copy(groups, l.memberOf[id])
		}
	}
	for id := range accounts {
		if a, ok := l.accounts[id]; ok {
			f.Accounts[id] = a
		}
		for g := range l.holds[id] {
			f.Edges[plan.Edge{Account: id, Group: g}] = plan.Present
			adobe[g] = true
		}
	}
	for _, name := range q.Names {
		maps.Copy(adobe, l.byName[name])
	}
	f.Links = append(f.Links, l.linked(plan.KindGroup, groups, adobe)...)
	for id := range groups {
		if g, ok := l.groups[id]; ok {
			f.Groups[id] = g
		}
	}
	for id := range adobe {
		if g, ok := l.adobeGroups[id]; ok {
			f.AdobeGroups[id] = g
		}
	}
	f.EdgesDue = l.edgesDue(q.Users)
	return f
}

func (l *fastLedger) edgesDue(users []string) []plan.Due {
	var found []*fastRow
	for _, id := range users {
		for r := range l.naming[id] {
			if r.Kind == plan.KindEdge {
				found = append(found, r)
			}
		}
	}
	slices.SortFunc(found, byRank)
	out := make([]plan.Due, len(found))
	for i, r := range found {
		out[i] = r.Due
		out[i].Parked = r.parked
	}
	return out
}

// linked follows links to and fro, adding to both sets what it finds.
func (l *fastLedger) linked(kind plan.Kind, dir, mirror map[string]bool) []plan.Link {
	found := map[plan.Link]bool{}
	var open []linkEnd
	for id := range dir {
		open = append(open, linkEnd{kind, false, id})
	}
	for id := range mirror {
		open = append(open, linkEnd{kind, true, id})
	}
	for len(open) > 0 {
		e := open[len(open)-1]
		open = open[:len(open)-1]
		for _, k := range l.links[e] {
			found[k] = true
			if !dir[k.Directory] {
				dir[k.Directory] = true
				open = append(open, linkEnd{kind, false, k.Directory})
			}
			if !mirror[k.Mirror] {
				mirror[k.Mirror] = true
				open = append(open, linkEnd{kind, true, k.Mirror})
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b plan.Link) int {
		return cmp.Or(cmp.Compare(a.Directory, b.Directory), cmp.Compare(a.Mirror, b.Mirror))
	})
}

func (l *fastLedger) link(links []plan.Link) {
	for _, k := range links {
		l.unlink(k)
		for _, e := range []linkEnd{{k.Kind, false, k.Directory}, {k.Kind, true, k.Mirror}} {
			l.links[e] = append(l.links[e], k)
		}
	}
}

func (l *fastLedger) unlink(k plan.Link) {
	for _, e := range []linkEnd{{k.Kind, false, k.Directory}, {k.Kind, true, k.Mirror}} {
		l.links[e] = slices.DeleteFunc(l.links[e], func(o plan.Link) bool { return o.Directory == k.Directory && o.Mirror == k.Mirror })
		if len(l.links[e]) == 0 {
			delete(l.links, e)
		}
	}
}

// settle writes what was learned.
func (l *fastLedger) settle(s plan.Settlement) {
	for _, a := range s.Accounts {
		l.setAccount(a)
	}
	for _, g := range s.AdobeGroups {
		l.setGroup(g)
	}
	for _, m := range s.Memberships {
		l.setEdge(m.Edge, m.Presence == plan.Present)
	}
	l.link(s.Links)
	for _, k := range s.Unlinked {
		l.unlink(k)
	}
	for _, v := range s.Verdicts {
		l.judge(v)
	}
	for _, t := range s.Touched {
		l.touch(t)
	}
	for _, v := range s.Verdicts {
		l.dropLinks(v.Due)
	}
}

func (l *fastLedger) touch(t plan.Touch) {
	switch {
	case t.Kind == plan.KindEdge && t.User == "":
		for _, u := range l.members.of(t.Group) {
			l.owe(t.Kind, u, t.Group, t.Class)
		}
	case t.Kind == plan.KindMirrored && t.User == "":
		for _, a := range l.holders.of(t.Group) {
			l.owe(t.Kind, a, t.Group, t.Class)
		}
	default:
		l.owe(t.Kind, t.User, t.Group, t.Class)
	}
}

func (l *fastLedger) judge(v plan.Verdict) {
	r := l.due[keyOf(v.Due)]
	if r == nil || r.Generation != v.Due.Generation {
		return
	}
	r.Refused, r.problem, r.parked, r.notBefore = v.Refused, v.Problem, false, time.Time{}
	switch v.Outcome {
	case plan.Done:
		l.forget(r)
		if r.Kind == plan.KindUser || r.Kind == plan.KindGroup {
			l.wake(cmp.Or(r.User, r.Group))
		}
	case plan.Retry:
		r.notBefore = v.NotBefore
	case plan.Parked:
		r.parked = l.due[key{plan.KindUser, r.User, ""}] != nil || l.due[key{plan.KindGroup, "", r.Group}] != nil
		r.notBefore = l.now.Add(5 * time.Second)
	default:
		l.forget(r)
		l.failures = append(l.failures, v)
	}
}

// wake lets go the memberships that wait for a user or a group.
func (l *fastLedger) wake(id string) {
	for r := range l.naming[id] {
		if r.parked {
			r.parked, r.notBefore = false, time.Time{}
		}
	}
}

// dropLinks forgets the links of what is gone once no due row names it.
func (l *fastLedger) dropLinks(d plan.Due) {
	if d.Kind == plan.KindMirrored {
		return
	}
	for _, e := range []linkEnd{{plan.KindUser, false, d.User}, {plan.KindGroup, false, d.Group}} {
		_, user := l.users[e.id]
		_, group := l.groups[e.id]
		if e.id == "" || user || group || l.naming[e.id] != nil {
			continue
		}
		for _, k := range slices.Clone(l.links[e]) {
			l.unlink(k)
		}
	}
}
