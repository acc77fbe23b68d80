package killtest

import (
	"fmt"
	"net/http"

	"github.com/scim-bridge/scim-bridge/directory"
)

type object = map[string]any

// next chooses what to say.
func (c *client) next() *change {
	users, groups := c.existing()
	switch dice := c.chance.IntN(100); {
	case len(users) < 3 || dice < 12 && len(users) < mostUsers:
		return c.createUser()
	case len(groups) <= shared || dice < 15 && len(groups) < shared+mostGroups:
		c.made++
		g := &group{name: fmt.Sprintf("group %d-%d", c.number, c.made)}
		return c.createGroup(g)
	case dice < 18:
		return c.deleteUser(pick(c, users))
	case dice < 23 && patient():
		g := pick(c, groups)
		switch {
		case g.common:
		case dice < 20:
			return c.deleteGroup(g)
		default:
			return c.renameGroup(g)
		}
	case dice < 30:
		return c.setActive(pick(c, users))
	case dice < 35:
		return c.setEmail(pick(c, users))
	case dice < 45:
		return c.setFamily(pick(c, users))
	}
	return c.setMembers(pick(c, groups), users)
}

func pick[T any](c *client, from []T) T { return from[c.chance.IntN(len(from))] }

// existing returns the users and groups that there are.
func (c *client) existing() (users []*user, groups []*group) {
	for _, u := range c.users {
		if u.exists {
			users = append(users, u)
		}
	}
	for _, g := range c.groups {
		if g.exists {
			groups = append(groups, g)
		}
	}
	return users, groups
}

// name returns one that nobody has had.
func (c *client) name() string {
	c.made++
	return fmt.Sprintf("u%d-%d@example.com", c.number, c.made)
}

func (c *client) createUser() *change {
	u := &user{name: c.name(), family: fmt.Sprintf("Family %d", c.made), in: map[*group]bool{}}
	u.email = u.name
	c.users = append(c.users, u)
	return &change{
		method: http.MethodPost, path: "/Users", about: about{users: []*user{u}},
		body: object{
			"schemas": []string{directory.UserSchema}, "userName": u.name, "active": true,
			"name":   object{"givenName": "Given", "familyName": u.family},
			"emails": []any{object{"value": u.email, "type": "work", "primary": true}},
		},
		apply: func(id string) { u.id, u.exists, u.active = id, true, true },
	}
}

func (c *client) deleteUser(u *user) *change {
	return &change{
		method: http.MethodDelete, path: "/Users/" + u.id, about: about{users: []*user{u}},
		apply: func(string) { u.exists, u.in = false, nil },
	}
}

func (c *client) setActive(u *user) *change {
	to := !u.active
	return c.patchUser(u, "active", to, func(string) { u.active = to })
}

func (c *client) setFamily(u *user) *change {
	c.made++
	to := fmt.Sprintf("Family %d", c.made)
	return c.patchUser(u, "name.familyName", to, func(string) { u.family = to })
}

// setEmail changes the login with the address, as providers do whose userName is one.
func (c *client) setEmail(u *user) *change {
	to := c.name()
	ch := c.patchUser(u, "userName", to, func(string) { u.name, u.email = to, to })
	ch.body = patch(
		object{"op": "replace", "path": "userName", "value": to},
		object{"op": "replace", "path": `emails[type eq "work"].value`, "value": to},
	)
	return ch
}

func (c *client) patchUser(u *user, path string, to any, apply func(string)) *change {
	return &change{
		method: http.MethodPatch, path: "/Users/" + u.id, about: about{users: []*user{u}},
		body: patch(object{"op": "replace", "path": path, "value": to}), apply: apply,
	}
}

// patch is the body of a PATCH (RFC 7644 section 3.5.2).
func patch(operations ...any) object {
	return object{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": operations}
}

func (c *client) createGroup(g *group) *change {
	c.groups = append(c.groups, g)
	return &change{
		method: http.MethodPost, path: "/Groups", about: about{groups: []*group{g}},
		body:  object{"schemas": []string{directory.GroupSchema}, "displayName": g.name},
		apply: func(id string) { g.id, g.exists = id, true },
	}
}

func (c *client) renameGroup(g *group) *change {
	c.made++
	to := fmt.Sprintf("group %d-%d", c.number, c.made)
	return &change{
		method: http.MethodPatch, path: "/Groups/" + g.id, about: about{groups: []*group{g}},
		body:  patch(object{"op": "replace", "path": "displayName", "value": to}),
		apply: func(string) { g.name = to },
	}
}

func (c *client) deleteGroup(g *group) *change {
	a := about{groups: []*group{g}}
	for _, u := range c.users {
		if u.in[g] {
			a.users = append(a.users, u)
		}
	}
	return &change{
		method: http.MethodDelete, path: "/Groups/" + g.id, about: a,
		apply: func(string) {
			g.exists = false
			for _, u := range a.users {
				delete(u.in, g)
			}
		},
	}
}

// setMembers adds to a group, or removes from it, some of the client's users.
func (c *client) setMembers(g *group, users []*user) *change {
	op, add := "add", c.chance.IntN(3) > 0
	if !add {
		op = "remove"
	}
	var some []*user
	var members []any
	for range 1 + c.chance.IntN(5) {
		u := pick(c, users)
		some = append(some, u)
		members = append(members, object{"value": u.id})
	}
	return &change{
		method: http.MethodPatch, path: "/Groups/" + g.id, about: about{users: some},
		body: patch(object{"op": op, "path": "members", "value": members}),
		apply: func(string) {
			for _, u := range some {
				if add {
					u.in[g] = true
				} else {
					delete(u.in, g)
				}
			}
		},
	}
}
