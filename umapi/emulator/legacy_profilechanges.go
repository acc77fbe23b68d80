package emulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// The lists in the body of a change of a profile (updateProductProfile), in the
// order in which they are done, and of a product (productAdmin).
var (
	oldProfileLists = []string{
		"addUsers", "removeUsers", "addUserGroups", "removeUserGroups", "addAdminUsers", "removeAdminUsers",
	}
	oldProductLists = []string{"addProductAdmin", "removeProductAdmin"}
)

// oldChange is a change that was read and can be done as a whole.
type oldChange struct {
	users  map[string][]*account // by the key of their list
	groups map[string][]*group   // likewise
}

// readOldChange reads an object of lists of users and user groups, all of which
// must exist. Otherwise nothing is done: it returns the answer to give.
func (e *Emulator) readOldChange(q *request, entry *Entry, keys []string) (oldChange, *reply) {
	c := oldChange{map[string][]*account{}, map[string][]*group{}}
	if refusal := e.checkOldBody(q); refusal != nil {
		return c, refusal
	}
	wrong := func(format string, args ...any) (oldChange, *reply) {
		r := oldMistake(http.StatusBadRequest, format, args...)
		return c, &r
	}
	fields, ok := readObject(q.body)
	if !ok {
		return wrong("Expected a JSON object of lists")
	}
	for _, f := range fields {
		if !slices.Contains(keys, f.key) {
			entry.Unexpected = "unknown list: " + f.key
			return wrong("Unknown list: %s", f.key)
		}
		names, ok := readNames(f.value)
		if !ok {
			return wrong("List of strings expected in: %s", f.key)
		}
		if p := e.findOld(&c, f.key, names); p != nil {
			r := oldError(http.StatusBadRequest, *p)
			return c, &r
		}
	}
	return c, nil
}

// findOld looks up the names in the list with that key, for c. Users are named
// by their e-mails; of two accounts with one the organisation's own is meant.
func (e *Emulator) findOld(c *oldChange, key string, names []string) *oldProblem {
	x := &execution{org: e.org, switches: &e.cfg.Switches}
	for _, name := range names {
		if strings.HasSuffix(key, "UserGroups") {
			g := e.org.userGroup(name)
			if g == nil {
				return &oldProblem{oldGroupNotFound, oldGroupNotFound}
			}
			c.groups[key] = append(c.groups[key], g)
			continue
		}
		a := e.org.find(name, "", false)
		if a == nil {
			return &oldProblem{Message: "User not found: " + name}
		}
		if p := x.refuseMembership(a, strings.HasPrefix(key, "add")); p != nil {
			return &oldProblem{p.message, p.code}
		}
		c.users[key] = append(c.users[key], a)
	}
	return nil
}

// readNames reads a list of strings, of which none is empty.
func readNames(raw json.RawMessage) ([]string, bool) {
	elements, ok := readArray(raw)
	if !ok {
		return nil, false
	}
	names := make([]string, 0, len(elements))
	for _, element := range elements {
		name, ok := readString(element)
		if !ok || name == "" {
			return nil, false
		}
		names = append(names, name)
	}
	return names, true
}

// serveOldProfileChange changes who holds a profile and who administers it, and
// answers with the product (updateProductProfile).
func (e *Emulator) serveOldProfileChange(q *request, args []string, entry *Entry) reply {
	p, g, refusal := e.oldProfile(args)
	if refusal != nil {
		return *refusal
	}
	c, refusal := e.readOldChange(q, entry, oldProfileLists)
	if refusal != nil {
		return *refusal
	}
	for _, a := range c.users["addUsers"] {
		e.org.join(g, a)
	}
	for _, a := range c.users["removeUsers"] {
		e.org.leave(g, a)
	}
	for _, holders := range c.groups["addUserGroups"] {
		e.org.grant(holders, g, true)
	}
	for _, holders := range c.groups["removeUserGroups"] {
		e.org.grant(holders, g, false)
	}
	e.org.appoint(prefixAdmin+g.name, c.users["addAdminUsers"], c.users["removeAdminUsers"])
	entry.Applied = true
	return jsonReply(http.StatusOK, p.body())
}

// serveOldProductAdmin changes who administers a product, and answers with it
// (productAdmin).
func (e *Emulator) serveOldProductAdmin(q *request, args []string, entry *Entry) reply {
	p := e.org.oldProduct(args[0])
	if p == nil {
		return noOldProduct(args[0])
	}
	c, refusal := e.readOldChange(q, entry, oldProductLists)
	if refusal != nil {
		return *refusal
	}
	e.org.appoint(prefixProductAdmin+p.name, c.users["addProductAdmin"], c.users["removeProductAdmin"])
	entry.Applied = true
	return jsonReply(http.StatusOK, p.body())
}

// appoint puts users into an administrative group, which comes to exist with
// its first member, and then takes others out of it.
func (o *org) appoint(name string, in, out []*account) {
	for _, a := range in {
		o.join(o.holder(name), a)
	}
	admins := o.group(name)
	if admins == nil {
		return
	}
	for _, a := range out {
		o.leave(admins, a)
	}
}
