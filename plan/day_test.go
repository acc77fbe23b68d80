package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
)

// event is one request of a provider. It reports whether Adobe has to know.
type event struct {
	at time.Duration // since midnight
	do func() bool
}

// day is a trace: what a provider sends about a company from midnight to midnight.
type day struct {
	*fastLedger
	r      *rand.Rand
	events []event
	people int // users so far, those to come included
}

const (
	dayUsers  = 20000
	dayGroups = 400
)

// mixedDay is a day of 20,000 users in 400 groups of skewed sizes. What
// comes in bursts comes at the pace of a provider:
//
//   - 300 joiners, 200 of them in 40 seconds at six, when the feed of the personnel
//     department comes; each is put into four groups within half a minute;
//   - 250 movers, 100 of them a minute after six, who leave up to two groups and
//     a second later join two others;
//   - 40 changes of names, 20 of addresses, and 1,000 that Adobe has no place for;
//   - 200 leavers, 120 of them in an hour from half past five, who are taken out
//     of their groups two seconds later, and every other one deleted within the hour;
//   - 12 new groups that get 5 to 200 members, 10 a second, 5 renamed and 3 deleted ones;
//   - 600 more movers between 40 groups, in three minutes, at one;
//   - 3,000 users put into one group in a minute, at three, and 1,500 taken out of
//     one in half a minute, at nine in the evening.
//
// What has no time comes at any between eight and six.
func mixedDay() *day {
	d := &day{fastLedger: company(dayUsers, dayGroups, skewed(dayUsers, dayGroups)), r: chance(), people: dayUsers}
	const morning, evening = 8 * time.Hour, 18 * time.Hour
	d.joiners(200, 6*time.Hour, 40*time.Second)
	d.joiners(100, morning, evening-morning)
	d.movers(100, 6*time.Hour+time.Minute, time.Minute, dayGroups)
	d.movers(150, morning, evening-morning, dayGroups)
	d.changes(morning, evening-morning)
	d.leavers(80, morning, evening-morning)
	d.leavers(120, 17*time.Hour+30*time.Minute, time.Hour)
	d.groupChanges(morning, evening-morning)
	d.movers(600, 13*time.Hour, 3*time.Minute, 40)
	d.pages(15*time.Hour, 30, id("g", dayGroups-1), true)
	d.pages(21*time.Hour, 15, id("g", 0), false)
	slices.SortStableFunc(d.events, func(a, b event) int { return int(a.at - b.at) })
	return d
}

// within draws a time.
func (d *day) within(from, length time.Duration) time.Duration {
	return from + time.Duration(d.r.Int64N(int64(length)))
}

func (d *day) at(t time.Duration, do func() bool) { d.events = append(d.events, event{t, do}) }

// anyone draws a user of those who were there at midnight.
func (d *day) anyone() int { return d.r.IntN(dayUsers) }

func (d *day) active(user string) bool {
	u, ok := d.users[user]
	if !ok {
		return false
	}
	a, err := u.Attributes()
	return err == nil && a.IsActive()
}

// member has a user join or leave a group, if both are there and it is a change.
func (d *day) member(user, group string, joins bool) bool {
	_, u := d.users[user]
	_, g := d.groups[group]
	if !u || !g || d.members[group][user] == joins {
		return false
	}
	if joins {
		d.join(group, user)
	} else {
		d.leave(group, user)
	}
	return d.active(user)
}

func (d *day) joiners(n int, from, length time.Duration) {
	for range n {
		number, at := d.people, d.within(from, length)
		d.people++
		d.at(at, func() bool { d.putUser(id("u", number), numbered(number)); return true })
		for range 4 {
			group := id("g", d.r.IntN(dayGroups))
			d.at(d.within(at+time.Second, 30*time.Second), func() bool { return d.member(id("u", number), group, true) })
		}
	}
}

// movers join two of the first so many groups.
func (d *day) movers(n int, from, length time.Duration, groups int) {
	for range n {
		user, at := id("u", d.anyone()), d.within(from, length)
		for i, g := range d.memberOf.of(user) {
			if i < 2 {
				d.at(at, func() bool { return d.member(user, g, false) })
			}
		}
		for range 2 {
			group := id("g", d.r.IntN(groups))
			d.at(at+time.Second, func() bool { return d.member(user, group, true) })
		}
	}
}

// changes are of attributes.
func (d *day) changes(from, length time.Duration) {
	for i := range 1060 {
		number := d.anyone()
		is := numbered(number)
		switch {
		case i < 40:
			is.last = "Lovelace"
		case i < 60:
			is.email, is.login = "new."+is.email, "new."+is.login
		default:
			is.country = "DE" // an account keeps the country that it was made with
		}
		d.at(d.within(from, length), func() bool {
			if d.active(id("u", number)) {
				d.putUser(id("u", number), is)
				return i < 60
			}
			return false
		})
	}
}

func (d *day) leavers(n int, from, length time.Duration) {
	for i := range n {
		number, at := d.anyone(), d.within(from, length)
		user, gone := id("u", number), numbered(number)
		gone.inactive = true
		d.at(at, func() bool {
			wasActive := d.active(user)
			if wasActive {
				d.putUser(user, gone)
			}
			return wasActive
		})
		for _, g := range d.memberOf.of(user) {
			d.at(at+2*time.Second, func() bool { return d.member(user, g, false) })
		}
		if i%2 == 0 {
			d.at(d.within(at+3*time.Second, time.Hour), func() bool {
				if _, ok := d.users[user]; ok {
					d.deleteUser(user)
				}
				return false
			})
		}
	}
}

func (d *day) groupChanges(from, length time.Duration) {
	for n := range 12 {
		group, at := id("new", n), d.within(from, length)
		d.at(at, func() bool { d.putGroup(group, id("Project ", n)); return true })
		for i := range 5 + d.r.IntN(196) {
			user := id("u", d.anyone())
			d.at(at+10*time.Second+time.Duration(i)*100*time.Millisecond, func() bool { return d.member(user, group, true) })
		}
	}
	for n := range 8 {
		group := id("g", dayGroups/2+n)
		d.at(d.within(from, length), func() bool {
			if n < 5 {
				d.putGroup(group, fmt.Sprintf("Renamed %d", n))
			} else {
				d.deleteGroup(group)
			}
			return true
		})
	}
}

// pages are requests, one every two seconds, that put 100 users each into a
// group or take them out of it.
func (d *day) pages(from time.Duration, n int, group string, joins bool) {
	for page := range n {
		d.at(from+time.Duration(page)*2*time.Second, func() (changed bool) {
			users := d.members.of(group)
			if joins {
				users = nil
				for i := range 100 {
					users = append(users, id("u", 100*page+i))
				}
			}
			for _, u := range users[:min(100, len(users))] {
				changed = d.member(u, group, joins) || changed
			}
			return changed
		})
	}
}

// pass lets the day pass, with a look every six seconds. What it took is the time in
// which there was something to send.
//
// The bound is for everybody who sends a call if something is due at a look.
// Take a stretch that begins and ends with nothing due. What it changed in all
// took at least as many calls as lowerBound says. And each look at which something
// new had come found it due, and took a call.
func (d *day) pass(t require.TestingT, limits plan.Limits) (took tally, least bound) {
	news, midnight := 0, d.now
	for look := midnight; len(d.events) > 0 || len(d.due) > 0; look = look.Add(callEvery) {
		fresh := false
		for len(d.events) > 0 && !midnight.Add(d.events[0].at).After(look) {
			d.now = midnight.Add(d.events[0].at)
			fresh = d.events[0].do() || fresh
			d.events = d.events[1:]
		}
		d.now = look
		news += oneIf(fresh)
		if p := d.look(t, limits); len(p.Commands) > 0 {
			took.took += callEvery
			d.send(p)
			took.commands, took.calls = took.commands+len(p.Commands), took.calls+1
		}
		if len(d.due) == 0 {
			b := lowerBound(d.need(), limits)
			least.commands, least.calls = least.commands+b.commands, least.calls+max(b.calls, news)
			d.mark()
			news = 0
		}
		require.Less(t, look.Sub(midnight), 30*time.Hour, "it never ends")
	}
	return took, least
}
