package plan_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// morning is a directory that changes at random, a bridge that follows, and an
// Adobe that may be rude.
type morning struct {
	*rapid.T
	l      *ledger
	a      *adobe
	limits plan.Limits
	window int
	rude   bool
	serial int
	late   []arrival
	byHand map[string]bool     // folded names of groups that were in Adobe before
	ruled  bool                // there were rules for groups
	away   map[*adobeUser]bool // the members of the profile when it went
	log    []string
}

// arrival is the rest of a command that had no answer, and that Adobe does later.
type arrival struct {
	at      time.Time
	command umapi.Command
	from    int // its first step
}

// arrive does what has arrived by now.
func (m *morning) arrive() {
	m.late = slices.DeleteFunc(m.late, func(l arrival) bool {
		if l.at.After(m.l.now) {
			return false
		}
		m.note("arrives late, from step %d: %s", l.from, asJSON(l.command))
		for _, s := range l.command.Do[l.from:] {
			if m.a.step(l.command, s) != "" && m.a.stops {
				break
			}
		}
		return true
	})
}

func newMorning(t *rapid.T) *morning {
	m := &morning{
		T: t, l: newLedger(), a: newAdobe(), byHand: map[string]bool{},
		limits: plan.Limits{
			Commands: rapid.IntRange(1, 4).Draw(t, "commands"),
			Steps:    rapid.IntRange(1, 3).Draw(t, "steps"),
			Entries:  rapid.IntRange(1, 3).Draw(t, "entries"),
		},
		window: rapid.SampledFrom([]int{4, 1000}).Draw(t, "window"),
	}
	m.a.stops = rapid.Bool().Draw(t, "stops")
	if rapid.Bool().Draw(t, "braked") {
		m.l.allowance = &plan.Removals{
			Departures: rapid.IntRange(0, 3).Draw(t, "departures"), Entitlements: rapid.IntRange(0, 6).Draw(t, "entitlements"),
		}
	}
	m.l.rules.Offboarding = mapping.Offboarding{
		Deactivated: rapid.SampledFrom([]mapping.Fate{mapping.FateLeave, mapping.FateDelete}).Draw(t, "deactivated"),
		Deleted:     rapid.SampledFrom([]mapping.Fate{mapping.FateLeave, mapping.FateDelete}).Draw(t, "deleted"),
		Delay:       rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, "delay"),
	}
	m.a.addGroup("Listed", umapi.UserGroup)
	m.a.addGroup("Profile", umapi.ProductProfile)
	m.list()
	m.a.addGroup("Unlisted", umapi.UserGroup)
	m.a.addGroup("Hidden", umapi.ProductProfile)
	if rapid.Bool().Draw(t, "admins") {
		m.a.addGroup("_admin_A", umapi.UserAdminGroup)
	}
	for f := range m.a.groups {
		m.byHand[f] = true
	}
	if rapid.Bool().Draw(t, "rules") {
		m.rule()
	}
	return m
}

func (m *morning) note(format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf(format, args...))
}

func (m *morning) fail(format string, args ...any) {
	m.Fatalf("%s\n%s", fmt.Sprintf(format, args...), strings.Join(m.log, "\n"))
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
	m.note("IDP names %s %q", id, name)
	m.l.putGroup(id, name)
}

// round looks once at what is due. It reports false when nothing is left to do
// but to wait for what failed.
func (m *morning) round() bool {
	m.arrive()
	p := m.l.build(m.limits, m.window)
	checkCall(m, p, m.limits, m.l)
	progress := false
	if !p.Decided.Empty() {
		m.note("decided %+v", p.Decided)
		m.l.settle(p.Decided)
		progress = true
	}
	if len(p.Commands) > 0 {
		m.l.link(p.Links)
		m.send(plan.Call{ID: "c", Commands: p.Commands})
		progress = true
	}
	if p.NeedsGroups {
		m.list()
		progress = true
	}
	for _, r := range p.Reads {
		s := m.a.read(r, m.l)
		m.note("read %+v", s)
		m.l.settle(s)
		progress = true
	}
	if progress {
		return true
	}
	if at, ok := m.l.next(); ok {
		m.l.now = at
		return true
	}
	if len(m.late) > 0 {
		m.l.now = m.late[0].at
		return true
	}
	if len(p.Commands) == 0 && len(m.l.dueNow(1)) > 0 {
		m.fail("something is due, but there is neither progress nor a time to wait for: %+v", m.l.dueNow(10))
	}
	return false
}

// send has Adobe answer a call, in any order of its commands.
func (m *morning) send(call plan.Call) {
	m.l.now = m.l.now.Add(time.Second)
	if a := m.l.allowance; a != nil {
		r := call.Removals()
		if a.Departures -= r.Departures; a.Departures < 0 {
			m.fail("more leave than the brake allows: %+v", r)
		}
		if a.Entitlements -= r.Entitlements; a.Entitlements < 0 {
			m.fail("more is taken away than the brake allows: %+v", r)
		}
	}
	order := make([]int, len(call.Commands))
	for i := range order {
		order[i] = i
	}
	if len(order) > 1 {
		order = rapid.Permutation(order).Draw(m.T, "order")
	}
	lost := m.rude && rapid.IntRange(0, 3).Draw(m.T, "lost") == 0
	late := lost && rapid.Bool().Draw(m.T, "late")
	if late {
		gone := m.l.now.Add(2 * time.Minute)
		m.l.flights = append(m.l.flights, plan.Flight{Call: call, Until: gone, ReadAt: gone})
	}
	reply := umapi.Reply{Result: umapi.ResultSuccess}
	for _, i := range order {
		c := call.Commands[i]
		m.note("send %d %s", i, asJSON(c.UMAPI))
		until := len(c.UMAPI.Do)
		if lost {
			until = rapid.IntRange(0, until).Draw(m.T, "until")
			m.note("  applies %d and is silent", until)
			if late {
				after := time.Duration(rapid.IntRange(1, 119).Draw(m.T, "after"))
				m.late = append(m.late, arrival{m.l.now.Add(after * time.Second), c.UMAPI, until})
			}
		}
		errs := m.answer(i, c.UMAPI, until, m.rude && !lost)
		for _, e := range errs {
			m.note("  error at %d: %s", e.Step, e.Code)
		}
		if len(errs) > 0 {
			reply.NotCompleted++
		}
		reply.Errors = append(reply.Errors, errs...)
	}
	reply.Completed = len(order) - reply.NotCompleted
	if reply.NotCompleted > 0 {
		reply.Result = umapi.ResultPartial
	}
	s := plan.Settle(call, reply, m.l.now)
	if lost {
		s = plan.Lost(call, m.l.now, m.l.now) // which Flights make wait where it must
	}
	m.note("settled %+v", s)
	if a, r := m.l.allowance, call.Removals(); a != nil {
		if s.Spared.Departures > r.Departures || s.Spared.Entitlements > r.Entitlements {
			m.fail("more was spared than was to be removed: %+v of %+v", s.Spared, r)
		}
		a.Departures += s.Spared.Departures
		a.Entitlements += s.Spared.Entitlements
	}
	m.l.settle(s)
}

// answer runs a command, with an error of Adobe's own making now and then.
func (m *morning) answer(i int, c umapi.Command, until int, rude bool) []umapi.CommandError {
	if !rude || rapid.IntRange(0, 3).Draw(m.T, "spoil") != 0 {
		return m.a.do(i, c, until)
	}
	k := rapid.IntRange(0, len(c.Do)-1).Draw(m.T, "step")
	codes := []string{"error.internal.update_failed", "error.user.name.invalid"}
	if s := c.Do[k]; s.RemoveFromOrg == nil && s.DeleteUserGroup == nil {
		codes = append(codes, map[bool]string{true: "error.user.nonexistent", false: "error.usergroup.not_found"}[c.User != ""])
	}
	if errs := m.a.do(i, c, k); len(errs) > 0 {
		return errs
	}
	errs := []umapi.CommandError{{Index: i, Step: k, Code: rapid.SampledFrom(codes).Draw(m.T, "code"), Message: "rude"}}
	if !m.a.stops && c.Do[k].CreatesUser() == nil && c.Do[k].CreateUserGroup == nil {
		for j := k + 1; j < len(c.Do); j++ {
			if code := m.a.step(c, c.Do[j]); code != "" {
				errs = append(errs, umapi.CommandError{Index: i, Step: j, Code: code, Message: "no"})
			}
		}
	}
	return errs
}

// retryFailed is what an operator does when Adobe has calmed down.
func (m *morning) retryFailed() {
	for _, r := range m.l.due {
		if r.failed {
			r.failed, r.Attempts, r.Refused, r.notBefore = false, 0, 0, time.Time{}
		}
	}
}

// release lets go what is held, if anything is.
func (m *morning) release() bool {
	found := false
	for _, r := range m.l.due {
		if r.held {
			r.held, r.Released, found = false, true, true
		}
	}
	return found
}

// want is what Adobe should hold, straight from the directory: users by address
// with their names, and the members of each group.
func (m *morning) want() string {
	groups, members := map[string]string{}, map[string][]string{}
	targets := map[string][]string{}
	for id, g := range m.l.groups {
		a, _ := g.Attributes()
		switch to, err := m.l.rules.Group(a); {
		case err != nil:
			m.fail("%v", err)
		case to.ByRule:
			targets[id] = to.Names
		default:
			f := directory.Fold(a.DisplayName) // a spelling that was lost may stay
			if f != "profile" && f != "hidden" {
				groups[id], targets[id] = f, to.Names
			}
		}
	}
	type seen struct {
		created  time.Time
		id, text string
	}
	people := map[string]seen{}
	for id, u := range m.l.users {
		a, _ := u.Attributes()
		want, err := m.l.rules.Account(a)
		if err != nil || !a.IsActive() {
			continue
		}
		adobeID := want.Type == umapi.AdobeID
		who := fmt.Sprintf("%v %s", adobeID, directory.Fold(want.Email))
		text := fmt.Sprintf("%s %s %s", directory.Fold(want.Username), want.FirstName, want.LastName)
		if adobeID {
			text = ""
		}
		if old, ok := people[who]; !ok || cmp.Or(u.Created.Compare(old.created), cmp.Compare(id, old.id)) < 0 {
			people[who] = seen{u.Created, id, text}
		}
	}
	for who, s := range people {
		for g, names := range targets {
			for _, name := range names {
				if m.l.members[g][s.id] {
					members[directory.Fold(name)] = append(members[directory.Fold(name)], who)
				}
			}
		}
	}
	var out []string
	for who, s := range people {
		out = append(out, who+": "+s.text)
	}
	for _, g := range m.l.adobeGroups {
		for _, f := range []string{directory.Fold(g.Name), directory.Fold(g.Candidate)} {
			if _, here := m.a.groups[f]; here && g.Adopted && g.Presence != plan.Absent { // the reply to its creation was lost
				m.byHand[f] = true
			} else if here && m.ruled && g.Presence == plan.Present && !m.owned(g.ID) {
				m.byHand[f] = true // what a rule takes over is nobody's to delete
			}
		}
	}
	for f := range m.byHand {
		if !slices.Contains(slices.Collect(maps.Values(groups)), f) {
			groups["by hand "+f] = f
		}
	}
	for _, name := range groups {
		slices.Sort(members[name])
		out = append(out, name+": "+strings.Join(slices.Compact(members[name]), ", "))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// has is what Adobe does hold, in the same words.
func (m *morning) has() string {
	var out []string
	for _, u := range m.a.users {
		text := fmt.Sprintf("%s %s %s", directory.Fold(u.username), u.first, u.last)
		if u.adobeID {
			text = ""
		}
		out = append(out, fmt.Sprintf("%v %s: %s", u.adobeID, directory.Fold(u.email), text))
	}
	for f, members := range m.a.members {
		var list []string
		for u := range members {
			list = append(list, fmt.Sprintf("%v %s", u.adobeID, directory.Fold(u.email)))
		}
		slices.Sort(list)
		out = append(out, f+": "+strings.Join(list, ", "))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// settleDown runs rounds until nothing is left, and compares.
func (m *morning) settleDown() {
	m.rude = false
	for range 2 {
		m.retryFailed()
		m.note("--- calm")
		for n := 0; m.round() || m.release(); n++ {
			if n%100 == 99 {
				m.release() // some wait for those who are held
			}
			if n > 300 && m.allUnseen() {
				break // they look from time to time whether it is there
			}
			if n > 2000 && m.leftHidden() {
				m.Skip("the removals from a profile that was taken for a user group are still being tried")
			}
			if n > 2000 {
				m.fail("it never comes to rest: %d rows are pending, due %+v", m.l.pending(), m.l.dueNow(10))
			}
		}
	}
	if m.contested() {
		m.Skip("two want one address or name and have an account or group each: a person must decide")
	}
	if m.leftHidden() {
		m.Skip("a profile that nobody listed was taken for a user group and left again: its removals fail until a person looks")
	}
	if m.want() != m.has() {
		m.fail("Adobe does not follow.\nwant:\n%s\nhas:\n%s\n", m.want(), m.has())
	}
	m.checkLeftOver()
}

// contested reports whether something waits for an address that two active
// users want, or for a name that a group in Adobe has.
func (m *morning) contested() bool {
	waits := 0
	for _, r := range m.l.due {
		if r.problem.Code == "bridge.email.in_use" {
			waits++
		}
		if r.problem.Code == "bridge.group.name_in_use" {
			return true // its own group waits for the name of one that is not its own
		}
	}
	if waits != 1 {
		return waits > 1 // each waits for an address that another of them has
	}
	seen := map[string]bool{}
	for _, u := range m.l.users {
		a, _ := u.Attributes()
		email := directory.Fold(a.Emails[0].Value)
		if a.IsActive() && seen[email] {
			return true
		}
		seen[email] = seen[email] || a.IsActive()
	}
	return false
}

// checkLeftOver holds what is not done against its reason.
func (m *morning) checkLeftOver() {
	allowed := []string{"bridge.user.duplicate", "bridge.group.not_a_user_group"}
	for _, r := range m.l.sorted() {
		switch {
		case r.failed && slices.Contains(allowed, r.problem.Code):
		case m.unseen(r):
		case r.parked && m.blocked(r):
		case r.Kind == plan.KindEdge && m.mapsTo(r.Group, "Hidden"): // a profile that was never listed
		case r.Kind == plan.KindMirrored && m.l.adobeGroups[r.Group].Name == "Hidden":
		default:
			m.fail("left over: %+v", *r)
		}
	}
}

func (m *morning) mapsTo(group, name string) bool {
	for _, k := range m.l.links {
		if k.Kind == plan.KindGroup && k.Directory == group && m.l.adobeGroups[k.Mirror].Name == name {
			return true
		}
	}
	return false
}

// leftHidden reports whether a group mapped to the unlisted profile and no
// longer does.
func (m *morning) leftHidden() bool {
	for _, k := range m.l.links {
		if k.Kind == plan.KindGroup && k.Stale && m.l.adobeGroups[k.Mirror].Name == "Hidden" {
			return true
		}
	}
	return false
}

func (m *morning) blocked(r *row) bool {
	u, g := m.l.due[key{plan.KindUser, r.User, ""}], m.l.due[key{plan.KindGroup, "", r.Group}]
	return u != nil && u.failed || g != nil && g.failed
}

func TestBuild_AdobeFollowsTheDirectory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newMorning(t)
		for range rapid.IntRange(1, 5).Draw(t, "times") {
			for range rapid.IntRange(1, 10).Draw(t, "changes") {
				m.change()
			}
			for range rapid.IntRange(0, 4).Draw(t, "rounds") {
				m.round()
			}
		}
		m.settleDown()
	})
}

func TestBuild_AdobeFollowsTheDirectoryThoughItIsRude(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newMorning(t)
		m.rude = true
		for range rapid.IntRange(1, 6).Draw(t, "times") {
			for range rapid.IntRange(1, 8).Draw(t, "changes") {
				m.change()
			}
			for range rapid.IntRange(1, 8).Draw(t, "rounds") {
				m.round()
			}
		}
		m.settleDown()
	})
}
