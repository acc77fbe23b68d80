package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// chance gives the same worlds every time.
func chance() *rand.Rand { return rand.New(rand.NewPCG(20261121, 0)) }

func id(prefix string, n int) string { return fmt.Sprintf("%s%04d", prefix, n) }

// company has users and groups with members, by group, all of it in Adobe.
func company(users, groups int, members [][]int) *fastLedger {
	l := newFastLedger()
	for i := range users {
		l.putUser(id("u", i), numbered(i))
	}
	for i := range groups {
		l.putGroup(id("g", i), id("Group ", i))
	}
	for g, list := range members {
		for _, u := range list {
			l.join(id("g", g), id("u", u))
		}
	}
	l.settled()
	return l
}

// joiners come into 3 of 40 groups each.
func joiners(n int) *fastLedger {
	l, r := company(0, 40, nil), chance()
	for i := range n {
		l.putUser(id("u", i), numbered(i))
		for _, g := range r.Perm(40)[:3] {
			l.join(id("g", g), id("u", i))
		}
	}
	return l
}

// intoOneGroup go users who are there.
func intoOneGroup(n int) *fastLedger {
	l := company(n, 1, nil)
	for i := range n {
		l.join(id("g", 0), id("u", i))
	}
	return l
}

// newGroups get so many users each of those who are there.
func newGroups(users, groups, members int) *fastLedger {
	l, r := company(users, 0, nil), chance()
	for g := range groups {
		l.putGroup(id("g", g), id("Group ", g))
		for _, u := range r.Perm(users)[:members] {
			l.join(id("g", g), id("u", u))
		}
	}
	return l
}

// leavers are deleted.
func leavers(n int) *fastLedger {
	l := company(n, 0, nil)
	for i := range n {
		l.deleteUser(id("u", i))
	}
	return l
}

// moved are users between groups of about one size: each is in 4 of them, leaves 1
// to 3 and joins 1 to 3 others.
func moved(users, groups int) *fastLedger {
	r := chance()
	members, drawn := make([][]int, groups), make([][]int, users)
	for u := range users {
		drawn[u] = r.Perm(groups)
		for _, g := range drawn[u][:4] {
			members[g] = append(members[g], u)
		}
	}
	l := company(users, groups, members)
	for u, list := range drawn {
		for _, g := range list[:1+r.IntN(3)] {
			l.leave(id("g", g), id("u", u))
		}
		for _, g := range list[4 : 5+r.IntN(3)] {
			l.join(id("g", g), id("u", u))
		}
	}
	return l
}

// reorganised are some of 20,000 users between groups of skewed sizes: each
// leaves up to 2 of its groups and joins 2 of any size.
func reorganised(some, groups int) *fastLedger {
	const users = 20000
	l, r := company(users, groups, skewed(users, groups)), chance()
	for _, n := range r.Perm(users)[:some] {
		u := id("u", n)
		for i, g := range l.memberOf.of(u) {
			if i < 2 {
				l.leave(g, u)
			}
		}
		for _, g := range r.Perm(groups)[:2] {
			if !l.members[id("g", g)][u] {
				l.join(id("g", g), u)
			}
		}
	}
	return l
}

// emptyAdobe has everything to get that a provider sent before: at 25 requests
// a second users, then groups, then their members, 100 a request.
func emptyAdobe(users, groups int) *fastLedger {
	l := newFastLedger()
	request := func() { l.now = l.now.Add(40 * time.Millisecond) }
	for i := range users {
		request()
		l.putUser(id("u", i), numbered(i))
	}
	for g := range groups {
		request()
		l.putGroup(id("g", g), id("Group ", g))
	}
	for g, members := range skewed(users, groups) {
		for page := range slices.Chunk(members, 100) {
			request()
			for _, u := range page {
				l.join(id("g", g), id("u", u))
			}
		}
	}
	return l
}

// skewed draws the members of each group: a user draws 1 to 7 times, each time
// the n-th group with a weight of 1/n. Of 50,000 users in 800 groups each is in
// 3.8 on average; the largest group has 21,000 of them, the median 70.
func skewed(users, groups int) [][]int {
	r, sum := chance(), 0.0
	upTo := make([]float64, groups)
	for n := range upTo {
		sum += 1 / float64(n+1)
		upTo[n] = sum
	}
	out := make([][]int, groups)
	for u := range users {
		for range 1 + r.IntN(7) {
			g, _ := slices.BinarySearch(upTo, r.Float64()*sum)
			if n := len(out[g]); n == 0 || out[g][n-1] != u {
				out[g] = append(out[g], u)
			}
		}
	}
	return out
}

// renamedGroup is one of so many.
func renamedGroup(members int) *fastLedger {
	everyone := make([]int, members)
	for i := range everyone {
		everyone[i] = i
	}
	l := company(members, 1, [][]int{everyone})
	l.putGroup(id("g", 0), "Another name")
	return l
}
