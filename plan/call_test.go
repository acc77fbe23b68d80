package plan_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

func asJSON(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// failer is a test that can stop.
type failer interface {
	fail(format string, args ...any)
}

// what a command of a call does to the subjects of others.
type effects struct {
	users, groups               map[string]int // commands by root
	changedUsers, changedGroups map[string]int // the command that creates, renames or removes it
	groupVerb                   map[string]string
	listedWith                  map[string]int // "group user" by a command with the group as root
	deletes                     int
}

func userKey(email, domain string, adobeID bool) string {
	return fmt.Sprint(directory.Fold(email), domain, adobeID)
}

// checkCall holds a call against what the design says of every call, from the
// commands alone as they would be sent.
func checkCall(t failer, p plan.Plan, limits plan.Limits, l *ledger) {
	if len(p.Commands) > limits.Commands {
		t.fail("%d commands", len(p.Commands))
	}
	e := effects{
		users: map[string]int{}, groups: map[string]int{}, changedUsers: map[string]int{}, changedGroups: map[string]int{},
		groupVerb: map[string]string{}, listedWith: map[string]int{},
	}
	for i, c := range p.Commands {
		checkCommand(t, c, limits)
		e.note(t, i, c.UMAPI)
	}
	if e.deletes > 1 {
		t.fail("%d groups are deleted in one call", e.deletes)
	}
	for i, c := range p.Commands {
		checkLists(t, i, c, e, l, slices.Concat(p.Links, p.Decided.Links))
	}
	checkBooks(t, p)
}

func checkCommand(t failer, c plan.Command, limits plan.Limits) {
	if err := c.UMAPI.Validate(); err != nil {
		t.fail("%s: %v", asJSON(c.UMAPI), err)
	}
	if len(c.UMAPI.Do) > limits.Steps || len(c.Steps) != len(c.UMAPI.Do) {
		t.fail("%s: %d steps, %d described", asJSON(c.UMAPI), len(c.UMAPI.Do), len(c.Steps))
	}
	if (c.Account == nil) == (c.AdobeGroup == nil) || (c.BeforeAccount == nil) != (c.Account == nil) || (c.BeforeAdobeGroup == nil) != (c.AdobeGroup == nil) {
		t.fail("%s: not one subject", asJSON(c))
	}
	for i, s := range c.UMAPI.Do {
		listed := 0
		for _, m := range []*umapi.Memberships{s.Add, s.Remove} {
			if m != nil {
				listed += len(m.Groups) + len(m.Users)
			}
		}
		if listed > limits.Entries || listed != len(c.Steps[i].Added)+len(c.Steps[i].Removed) || (listed == 0) != c.Steps[i].Subject {
			t.fail("%s: step %d lists %d and describes %+v", asJSON(c.UMAPI), i, listed, c.Steps[i])
		}
	}
}

// note remembers what a command does, and refuses roots that occur too often.
func (e *effects) note(t failer, i int, c umapi.Command) {
	for _, s := range c.Do {
		switch {
		case s.CreatesUser() != nil, s.RemoveFromOrg != nil, s.Update != nil && s.Update.Email+s.Update.Username != "":
			e.changedUsers[userKey(c.User, c.Domain, c.UseAdobeID)] = i
			if create := s.CreatesUser(); create != nil {
				e.changedUsers[userKey(create.Email, "", c.UseAdobeID)] = i
			}
			if s.Update != nil && s.Update.Email != "" {
				e.changedUsers[userKey(s.Update.Email, "", c.UseAdobeID)] = i
			}
		case s.CreateUserGroup != nil, s.DeleteUserGroup != nil:
			e.changedGroups[directory.Fold(c.UserGroup)] = i
		case s.UpdateUserGroup != nil:
			e.changedGroups[directory.Fold(c.UserGroup)] = i
			e.changedGroups[directory.Fold(s.UpdateUserGroup.Name)] = i
		}
		if s.DeleteUserGroup != nil {
			e.deletes++
		}
	}
	if c.User != "" {
		k := userKey(c.User, c.Domain, c.UseAdobeID)
		if _, twice := e.users[k]; twice {
			t.fail("%s is the root of two commands", c.User)
		}
		e.users[k] = i
		return
	}
	e.groupRoot(t, i, c)
}

// groupRoot lets a group be the root of several commands only if they hold
// nothing but add, or nothing but remove, and list no user twice.
func (e *effects) groupRoot(t failer, i int, c umapi.Command) {
	k, verb := directory.Fold(c.UserGroup), ""
	for _, s := range c.Do {
		switch v := s.Verb(); {
		case verb == "":
			verb = v
		case verb != v:
			verb = "several"
		}
		for _, m := range []*umapi.Memberships{s.Add, s.Remove} {
			if m == nil {
				continue
			}
			for _, u := range m.Users {
				pair := k + " " + directory.Fold(u)
				if j, twice := e.listedWith[pair]; twice {
					t.fail("%s is listed twice for %s, by commands %d and %d", u, c.UserGroup, j, i)
				}
				e.listedWith[pair] = i
			}
		}
	}
	if old, ok := e.groupVerb[k]; ok && (old != verb || verb != umapi.VerbAdd && verb != umapi.VerbRemove) {
		t.fail("%s is the root of commands with %s and %s", c.UserGroup, old, verb)
	}
	e.groupVerb[k] = verb
}

// checkLists lets a command list only users and groups that exist and that no
// other command creates, renames or removes, and a user's command add only to user
// groups and to what a rule gives that user.
func checkLists(t failer, i int, c plan.Command, e effects, l *ledger, links []plan.Link) {
	for _, s := range c.UMAPI.Do {
		for _, m := range []*umapi.Memberships{s.Add, s.Remove} {
			if m == nil {
				continue
			}
			for _, g := range m.Groups {
				if j, changed := e.changedGroups[directory.Fold(g)]; changed && j != i {
					t.fail("command %d lists the group %s, which command %d changes", i, g, j)
				}
				if !present(l, func(o plan.AdobeGroup) bool {
					return o.Name == g && o.Presence == plan.Present && o.Type == umapi.UserGroup
				}) && !given(l, links, c.Account.ID, g) && (s.Add != nil || !wasGiven(l, links, g)) {
					t.fail("command %d lists the group %s, which is not known to be a user group", i, g)
				}
			}
			for _, u := range m.Users {
				if j, changed := e.changedUsers[userKey(u, "", false)]; changed && j != i {
					t.fail("command %d lists the user %s, whom command %d changes", i, u, j)
				}
				ok := false
				for _, a := range l.accounts {
					if a.Email != u || a.Presence != plan.Present {
						continue
					}
					ok = ok || a.Type != umapi.AdobeID && a.Domain == ""
				}
				if !ok {
					t.fail("command %d lists %s, who is not there or may be another", i, u)
				}
			}
		}
	}
}

// given reports whether a rule maps a group to that name of which a user is a member
// who has the account.
func given(l *ledger, links []plan.Link, account, name string) bool {
	for _, k := range slices.Concat(slices.Collect(maps.Values(l.links)), links) {
		if k.Kind != plan.KindUser || k.Mirror != account {
			continue
		}
		for id, g := range l.groups {
			a, _ := g.Attributes()
			to, err := l.rules.Group(a)
			if l.members[id][k.Directory] && err == nil && to.ByRule && slices.ContainsFunc(to.Names, func(n string) bool {
				return directory.Fold(n) == directory.Fold(name)
			}) {
				return true
			}
		}
	}
	return false
}

// wasGiven reports whether a membership may be what a rule gave: Adobe lists the group
// as something that only a rule gives, or it has the name of such, or a rule maps to it,
// or did.
func wasGiven(l *ledger, links []plan.Link, name string) bool {
	return strings.HasPrefix(name, "_") || present(l, func(o plan.AdobeGroup) bool {
		ruled := o.Type != umapi.UserGroup && o.Type != "" || l.ruled[o.ID] ||
			slices.ContainsFunc(links, func(k plan.Link) bool { return k.Mirror == o.ID && k.Rule })
		return o.Name == name && o.Presence == plan.Present && ruled
	})
}

func present(l *ledger, is func(plan.AdobeGroup) bool) bool {
	for _, g := range l.adobeGroups {
		if is(g) {
			return true
		}
	}
	return false
}

// checkBooks lets no membership travel twice, and no due row be paid off or
// decided about twice.
func checkBooks(t failer, p plan.Plan) {
	edges, rows, decided := map[plan.Edge]int{}, map[key]int{}, map[key]bool{}
	for _, v := range p.Decided.Verdicts {
		if decided[keyOf(v.Due)] {
			t.fail("decided twice about %+v", v.Due)
		}
		decided[keyOf(v.Due)] = true
	}
	for i, c := range p.Commands {
		due := c.Own
		for _, s := range c.Steps {
			due = append(due[:len(due):len(due)], s.Due...)
			for _, edge := range append(s.Added[:len(s.Added):len(s.Added)], s.Removed...) {
				if j, twice := edges[edge]; twice {
					t.fail("%+v is in commands %d and %d", edge, j, i)
				}
				edges[edge] = i
			}
		}
		for _, d := range due {
			if j, twice := rows[keyOf(d)]; twice {
				t.fail("%+v is in commands %d and %d", d, j, i)
			}
			if decided[keyOf(d)] {
				t.fail("%+v is decided and in command %d", d, i)
			}
			rows[keyOf(d)] = i
		}
	}
}
