package plan

// cover says which root memberships had best travel with: a set of roots, so
// that each membership has one of its two ends among them, and that they need
// as few commands as can be. By König's theorem it follows from a largest matching of
// accounts with groups; a root that needs several commands counts as often.
type cover struct {
	accounts map[*account]*corner
	groups   map[*group]*corner
}

// corner is a root in a cover.
type corner struct {
	edges    []*edge // of accounts: those that either root may carry
	size     int     // how many memberships it would have to carry alone
	commands int     // that it would need for them
	matched  []*edge
	reached  bool
	needed   bool // it is the root of a command anyway
}

func (w *world) cover(units []unit) cover {
	c := cover{accounts: map[*account]*corner{}, groups: map[*group]*corner{}}
	for _, u := range units {
		if u.account != nil && u.account.update != nil {
			c.account(u.account).needed = true
		}
	}
	var edges []*edge
	seen := map[*account]bool{}
	for _, u := range units {
		if u.edge == nil || seen[u.edge.account] {
			continue
		}
		seen[u.edge.account] = true
		for _, e := range u.edge.account.items {
			switch {
			case !e.ready() || !e.packable() || e.solo || e.alone:
			case !e.rootable():
				c.account(e.account).needed = true
			case !e.verified():
				c.group(e.group).needed = true
			default:
				edges = append(edges, e)
			}
		}
	}
	c.match(edges, w.in.Limits.Steps*w.in.Limits.Entries)
	return c
}

func (c cover) account(a *account) *corner {
	if c.accounts[a] == nil {
		c.accounts[a] = &corner{}
	}
	return c.accounts[a]
}

func (c cover) group(g *group) *corner {
	if c.groups[g] == nil {
		c.groups[g] = &corner{}
	}
	return c.groups[g]
}

// match finds a largest matching, and what can be reached from accounts that
// it leaves over.
func (c cover) match(edges []*edge, room int) {
	var order []*corner
	for _, e := range edges {
		a, g := c.account(e.account), c.group(e.group)
		if a.needed || g.needed {
			continue
		}
		if a.edges = append(a.edges, e); len(a.edges) == 1 {
			order = append(order, a)
		}
		a.size, g.size = a.size+1, g.size+1
		a.commands, g.commands = (a.size+room-1)/room, (g.size+room-1)/room
	}
	left := order[:0:0]
	for _, a := range order {
		for n := range a.commands {
			if !c.augment(a, map[*corner]bool{}) {
				left = append(left, a)
				a.commands = n
				break
			}
		}
	}
	for _, a := range left {
		c.reach(a)
	}
}

// augment matches an account once more, if need be by moving others.
func (c cover) augment(a *corner, seen map[*corner]bool) bool {
	for _, e := range a.edges {
		g := c.groups[e.group]
		if seen[g] {
			continue
		}
		seen[g] = true
		if len(g.matched) < g.commands {
			g.matched = append(g.matched, e)
			return true
		}
		for i, m := range g.matched {
			if o := c.accounts[m.account]; o != a && c.augment(o, seen) {
				g.matched[i] = e
				return true
			}
		}
	}
	return false
}

func (c cover) reach(a *corner) {
	if a.reached {
		return
	}
	a.reached = true
	for _, e := range a.edges {
		if g := c.groups[e.group]; !g.reached {
			g.reached = true
			for _, m := range g.matched {
				c.reach(c.accounts[m.account])
			}
		}
	}
}

// roots reports which ends of a membership are in the cover.
func (c cover) roots(e *edge) (account, group bool) {
	if a := c.accounts[e.account]; a != nil {
		account = a.needed || len(a.edges) > 0 && !a.reached
	}
	if g := c.groups[e.group]; g != nil {
		group = g.needed || g.reached
	}
	return account, group
}
