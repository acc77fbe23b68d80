package plan_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// change does one thing that an identity provider could.
func (m *morning) change() {
	users, groups := slices.Sorted(maps.Keys(m.l.users)), slices.Sorted(maps.Keys(m.l.groups))
	most := 9
	if m.ruled {
		most = 13
	}
	switch op := rapid.IntRange(0, most).Draw(m.T, "op"); {
	case op == 13:
		m.rule()
	case op == 12:
		m.profile()
	case op <= 1 || len(users) == 0:
		n := rapid.IntRange(0, 5).Draw(m.T, "n")
		m.serial++
		id := fmt.Sprintf("u%d-%d", n, m.serial)
		if n < 3 { // these have no second self
			for _, u := range users {
				if strings.HasPrefix(u, fmt.Sprintf("u%d-", n)) {
					id = u
				}
			}
		}
		m.put(id, n)
	case op <= 3:
		id := rapid.SampledFrom(users).Draw(m.T, "user")
		m.put(id, int(id[1]-'0'))
	case op == 4:
		id := rapid.SampledFrom(users).Draw(m.T, "user")
		m.note("IDP deletes %s", id)
		m.l.deleteUser(id)
	case op == 5 || len(groups) == 0:
		m.serial++
		m.name(fmt.Sprintf("g%d", m.serial), []string{"A", "B", "C", "Listed", "Unlisted", "Profile", "Hidden"})
	case op == 6:
		id := rapid.SampledFrom(groups).Draw(m.T, "group")
		if rapid.Bool().Draw(m.T, "delete") {
			m.note("IDP deletes %s", id)
			m.l.deleteGroup(id)
			return
		}
		m.name(id, []string{"A", "B", "b", "N" + id})
	default:
		g, u := rapid.SampledFrom(groups).Draw(m.T, "group"), rapid.SampledFrom(users).Draw(m.T, "user")
		m.note("IDP flips %s in %s", u, g)
		if m.l.members[g][u] {
			m.l.leave(g, u)
		} else {
			m.l.join(g, u)
		}
	}
}

// person draws what user number n may be. Numbers 3 and up share an address.
func (m *morning) person(n int) who {
	p := who{
		first: rapid.SampledFrom([]string{"Ada", "Zoe"}).Draw(m.T, "first"), last: "Byron",
		inactive: rapid.IntRange(0, 4).Draw(m.T, "inactive") == 0,
	}
	emails := []string{fmt.Sprintf("u%d@example.com", n), fmt.Sprintf("U%d@example.com", n), fmt.Sprintf("new%d@example.com", n)}
	if n == 1 { // a bare login is found by its address only
		emails = emails[:2]
	}
	if n >= 3 {
		emails = append(emails, "shared@example.com")
	}
	p.email = rapid.SampledFrom(emails).Draw(m.T, "email")
	p.login = p.email
	switch n {
	case 0:
		p.identity = "adobeID"
	case 1:
		p.login = "bare1"
	case 2:
		p.login = rapid.SampledFrom([]string{"upn2@login.example.com", p.email}).Draw(m.T, "login")
	}
	return p
}

func (m *morning) put(id string, n int) {
	p := m.person(n)
	m.l.now = m.l.now.Add(time.Second)
	if old, ok := m.l.users[id]; ok && m.held(id, p.email) {
		// Two who want one address and have one each never come to rest.
		a, _ := old.Attributes()
		p.email, p.login = a.Emails[0].Value, a.UserName
	}
	m.l.putUser(id, p)
	m.note("IDP puts %s %+v", id, p)
}

// held reports whether another user of the directory has the address.
func (m *morning) held(id, email string) bool {
	for other, u := range m.l.users {
		if a, _ := u.Attributes(); other != id && directory.Fold(a.Emails[0].Value) == directory.Fold(email) {
			return true
		}
	}
	return false
}

// name gives a group one of the names that no other group has.
func (m *morning) name(id string, names []string) {
	name := rapid.SampledFrom(names).Draw(m.T, "name")
	for other, g := range m.l.groups {
		if a, _ := g.Attributes(); other != id && directory.Fold(a.DisplayName) == directory.Fold(name) {
			return
		}
	}
	m.l.now = m.l.now.Add(time.Second)
	m.note("IDP names %s %q", id, name)
	m.l.putGroup(id, name)
}

// rule changes the rules for groups, and starts the bridge anew.
func (m *morning) rule() {
	m.ruled, m.l.rules.Groups = true, nil
	targets := []string{"Listed", "Unlisted", "Profile", "profile", "Hidden", "A", "Nowhere", "_admin_A"}
	for _, from := range []string{"A", "B", "C", "Listed", "Profile", "N*"} {
		if rapid.Bool().Draw(m.T, "rule "+from) {
			to := rapid.SliceOfNDistinct(rapid.SampledFrom(targets), 0, 3, directory.Fold).Draw(m.T, "to")
			m.l.rules.Groups = append(m.l.rules.Groups, mapping.GroupRule{From: from, To: to})
		}
	}
	m.l.now = m.l.now.Add(time.Second)
	m.note("rules %+v", m.l.rules.Groups)
	m.retryFailed()
	for _, id := range slices.Sorted(maps.Keys(m.l.groups)) {
		m.l.owe(plan.KindGroup, "", id, plan.ClassAttribute)
	}
}

// profile deletes the product profile by hand, or makes it again: with the members that
// it had, as one that got another name for a while, unless the bridge noticed.
func (m *morning) profile() {
	if _, there := m.a.groups["profile"]; there {
		m.note("somebody deletes the profile")
		m.away = m.a.members["profile"]
		delete(m.a.groups, "profile")
		delete(m.a.types, "profile")
		delete(m.a.members, "profile")
		delete(m.byHand, "profile")
		return
	}
	m.note("somebody makes the profile")
	m.a.addGroup("Profile", umapi.ProductProfile)
	m.byHand["profile"] = true
	noticed := true
	for _, g := range m.l.adobeGroups {
		noticed = noticed && (directory.Fold(g.Name) != "profile" || g.Presence == plan.Doubtful)
	}
	if !noticed || rapid.Bool().Draw(m.T, "as it was") {
		m.a.members["profile"] = m.away
	}
	maps.DeleteFunc(m.a.members["profile"], func(u *adobeUser, _ bool) bool { return !slices.Contains(m.a.users, u) })
}
