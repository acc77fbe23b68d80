package relational

import (
	"context"
	"fmt"
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/store"
)

// membership is a change of one group's members while it is being made. The
// statements take whole lists; what came and went is kept here, so that a member
// that one step added and a later one removed counts as neither.
type membership struct {
	t      tx
	org    string
	group  string // the group's id
	key    int64  // the group's key
	change directory.GroupChange

	unknown []string
	seen    map[string]*member
}

// member is one that some step touched.
type member struct {
	user, child *int64 // its key; one of them is set
	before, now bool
}

// apply makes the steps of the change, in order.
func (m *membership) apply(ctx context.Context) error {
	m.seen = make(map[string]*member)
	for _, step := range m.change.Members {
		var err error
		ids := distinct(step.IDs)
		switch step.Op {
		case directory.MemberAdd:
			err = m.add(ctx, ids)
		case directory.MemberRemove:
			err = m.remove(ctx, removeListed, ids)
		case directory.MemberReplace:
			if err = m.remove(ctx, removeUnlisted, ids); err == nil {
				err = m.add(ctx, ids)
			}
		default:
			err = fmt.Errorf("member change %q: want add, remove or replace", step.Op)
		}
		if err != nil {
			return err
		}
	}
	m.unknown = distinct(m.unknown)
	if len(m.unknown) > 0 && m.change.RefuseUnknown {
		return &directory.UnknownMemberError{IDs: m.unknown}
	}
	return nil
}

const (
	// An id that is both a user's and a group's is the user's.
	resolveMembers = `
		SELECT j.value, u.key, g.key, EXISTS (SELECT 1 FROM members m WHERE m.group_key = CAST($3 AS BIGINT) AND m.member_id = j.value)
		FROM {texts $2 AS j}
		LEFT JOIN users u ON u.org = $1 AND u.id = j.value
		LEFT JOIN groups g ON g.org = $1 AND g.id = j.value AND u.key IS NULL`

	insertMembers = `
		INSERT INTO members (group_key, member_id, user_key, child_key)
		SELECT CAST($3 AS BIGINT), j.value, u.key, g.key
		FROM {texts $2 AS j}
		LEFT JOIN users u ON u.org = $1 AND u.id = j.value
		LEFT JOIN groups g ON g.org = $1 AND g.id = j.value AND u.key IS NULL`

	removeListed = `
		DELETE FROM members WHERE group_key = $1 AND member_id {in $2}
		RETURNING member_id, user_key, child_key`

	removeUnlisted = `
		DELETE FROM members WHERE group_key = $1 AND member_id {not in $2}
		RETURNING member_id, user_key, child_key`
)

// add makes the ids members, those that are known and are not yet.
func (m *membership) add(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	var came, nested []string
	err := m.t.Each(ctx, resolveMembers, []any{m.org, ids, m.key}, func(row Scanner) error {
		var id string
		var user, child *int64
		var is bool
		if err := row.Scan(&id, &user, &child, &is); err != nil {
			return err
		}
		switch {
		case user == nil && child == nil:
			m.unknown = append(m.unknown, id)
			return nil
		case child != nil && (m.change.RefuseNested || *child == m.key):
			nested = append(nested, id)
			return nil
		case is:
			return nil
		}
		came = append(came, id)
		m.touch(id, user, child, false).now = true
		return nil
	})
	if err != nil {
		return fmt.Errorf("look up members: %w", err)
	}
	if len(nested) > 0 {
		return &directory.NestedGroupError{IDs: nested}
	}
	if len(came) == 0 {
		return nil
	}
	m.t.Later(insertMembers, m.org, came, m.key)
	return nil
}

// remove makes the listed ids, or all but the listed ones, no members.
func (m *membership) remove(ctx context.Context, query string, ids []string) error {
	err := m.t.Each(ctx, query, []any{m.key, ids}, func(row Scanner) error {
		var id string
		var user, child *int64
		if err := row.Scan(&id, &user, &child); err != nil {
			return err
		}
		m.touch(id, user, child, true).now = false
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove members: %w", err)
	}
	return nil
}

// touch returns what is kept of a member, from now on if it is the first time.
func (m *membership) touch(id string, user, child *int64, is bool) *member {
	k, ok := m.seen[id]
	if !ok {
		k = &member{user: user, child: child, before: is}
		m.seen[id] = k
	}
	return k
}

// same reports whether the members are what they were.
func (m *membership) same() bool {
	for _, k := range m.seen {
		if k.before != k.now {
			return false
		}
	}
	return true
}

// due makes due the memberships that came or went: those of the users that did,
// and those of the users below the groups that did.
func (m *membership) due(ctx context.Context, o *owing) error {
	var users []string
	var children []int64
	for id, k := range m.seen {
		switch {
		case k.before == k.now:
		case k.user != nil:
			users = append(users, id)
		default:
			children = append(children, *k.child)
		}
	}
	if len(children) > 0 {
		below, err := texts(ctx, m.t, usersBelow, children)
		if err != nil {
			return fmt.Errorf("look up nested members: %w", err)
		}
		users = distinct(append(users, below...))
	}
	o.edges(m.key, users)
	return nil
}

// maxNamed is how many unknown ids the journal names.
const maxNamed = 5

// entry is the journal's line about the change: what happened to the group and
// how many came and went. If it was one, the line is about that user too.
func (m *membership) entry(o directory.Origin, event, text string) store.Entry {
	e := store.Entry{At: o.At, Actor: o.Actor, RequestID: o.RequestID, Group: m.group, Event: event}
	came, went := 0, 0
	for id, k := range m.seen {
		if k.before == k.now {
			continue
		}
		if k.now {
			came++
		} else {
			went++
		}
		if k.user != nil {
			e.User = id
		}
	}
	if came+went != 1 {
		e.User = ""
	}
	var parts []string
	if text != "" {
		parts = append(parts, text)
	}
	if came > 0 {
		parts = append(parts, fmt.Sprintf("added %s", members(came)))
	}
	if went > 0 {
		parts = append(parts, fmt.Sprintf("removed %s", members(went)))
	}
	if n := len(m.unknown); n > 0 {
		some := m.unknown[:min(n, maxNamed)]
		parts = append(parts, fmt.Sprintf("left out %s that nobody knows: %s", members(n), strings.Join(some, ", ")))
	}
	e.Text = strings.Join(parts, ", ")
	return e
}

func members(n int) string {
	if n == 1 {
		return "1 member"
	}
	return fmt.Sprintf("%d members", n)
}
