package sqlite

import (
	"context"
	"fmt"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// listing is how resources of one kind are listed.
type listing[T any] struct {
	count   string // counts all of an org
	page    string // reads those after an offset, up to a limit
	all     string // reads all; a condition can follow
	order   string // ends such a query
	schema  string
	indexes map[string]indexed
	scan    func(scanner) (T, error)
	// document is what a filter is matched on. It may read more.
	document func(ctx context.Context, c *conn, org string, where filter.Expr, r T) (map[string]any, error)
}

const (
	countUsers = `SELECT COUNT(*) FROM users WHERE org = ?1`
	// The page is cut before anything is joined to it.
	pageOfUsers = `SELECT ` + userColumns + `
		FROM (SELECT key FROM users WHERE org = ?1 ORDER BY key LIMIT +?2 OFFSET ?3) p
		CROSS JOIN users u ON u.key = p.key` + userJoins + ` ORDER BY u.key`
	allUsers = `SELECT ` + userColumns + ` FROM users u` + userJoins + ` WHERE u.org = ?1`

	countGroups  = `SELECT COUNT(*) FROM groups WHERE org = ?1`
	pageOfGroups = `SELECT ` + groupColumns + `
		FROM (SELECT key FROM groups WHERE org = ?1 ORDER BY key LIMIT +?2 OFFSET ?3) p
		CROSS JOIN groups g ON g.key = p.key` + groupJoins + ` ORDER BY g.key`
	allGroups = `SELECT ` + groupColumns + ` FROM groups g` + groupJoins + ` WHERE g.org = ?1`
)

var (
	userListing = listing[directory.User]{
		count: countUsers, page: pageOfUsers, all: allUsers, order: ` ORDER BY u.key`,
		schema: directory.UserSchema, indexes: userIndexes, scan: scanUser,
		document: func(ctx context.Context, c *conn, org string, where filter.Expr, u directory.User) (map[string]any, error) {
			doc, err := userDocument(u)
			if err != nil || !mentions(where, "groups") {
				return doc, err
			}
			doc["groups"], err = c.directGroups(ctx, org, u.ID)
			return doc, err
		},
	}
	groupListing = listing[directory.Group]{
		count: countGroups, page: pageOfGroups, all: allGroups, order: ` ORDER BY g.key`,
		schema: directory.GroupSchema, indexes: groupIndexes, scan: scanGroup,
		document: func(ctx context.Context, c *conn, org string, where filter.Expr, g directory.Group) (map[string]any, error) {
			doc, err := groupDocument(g)
			if err != nil || !mentions(where, "members") {
				return doc, err
			}
			doc["members"], err = c.directMembers(ctx, org, g.ID)
			return doc, err
		},
	}
)

// directGroups are a user's groups as SCIM shows them, for filters that ask.
func (c *conn) directGroups(ctx context.Context, org, user string) ([]any, error) {
	var all []any
	err := c.each(ctx, groupsOfUsers, []any{org, list([]string{user})}, func(row scanner) error {
		var id, group, display string
		if err := row.Scan(&id, &group, &display); err != nil {
			return err
		}
		all = append(all, map[string]any{"value": group, "display": display})
		return nil
	})
	return all, err
}

// directMembers are a group's members as SCIM shows them, for filters that ask.
func (c *conn) directMembers(ctx context.Context, org, group string) ([]any, error) {
	var all []any
	err := c.each(ctx, membersAfter, []any{org, group, "", -1}, func(row scanner) error {
		var id, display string
		var nested bool
		if err := row.Scan(&id, &nested, &display); err != nil {
			return err
		}
		kind := directory.MemberUser
		if nested {
			kind = directory.MemberGroup
		}
		all = append(all, map[string]any{"value": id, "display": display, "type": string(kind)})
		return nil
	})
	return all, err
}

// Users lists the users that match where, nil for all, in order of creation.
func (s *Store) Users(
	ctx context.Context, org string, where filter.Expr, page directory.Page,
) (directory.List[directory.User], error) {
	l, err := userListing.list(ctx, s, org, where, page)
	if err != nil {
		return l, fmt.Errorf("list users: %w", err)
	}
	return l, nil
}

// Groups lists the groups that match where, nil for all, in order of creation,
// without their members.
func (s *Store) Groups(
	ctx context.Context, org string, where filter.Expr, page directory.Page,
) (directory.List[directory.Group], error) {
	l, err := groupListing.list(ctx, s, org, where, page)
	if err != nil {
		return l, fmt.Errorf("list groups: %w", err)
	}
	return l, nil
}

// list answers from one moment, so that the total and the page agree.
func (l listing[T]) list(
	ctx context.Context, s *Store, org string, where filter.Expr, page directory.Page,
) (out directory.List[T], err error) {
	page.Start, page.Count = max(page.Start, 1), max(page.Count, 0)
	err = s.snapshot(ctx, func(ctx context.Context, c *conn) error {
		if where == nil {
			return l.everything(ctx, c, org, page, &out)
		}
		return l.matching(ctx, c, org, where, page, &out)
	})
	if err != nil {
		return directory.List[T]{}, err
	}
	return out, nil
}

func (l listing[T]) everything(ctx context.Context, c *conn, org string, page directory.Page, out *directory.List[T]) error {
	if _, err := c.row(ctx, l.count, []any{org}, &out.Total); err != nil {
		return err
	}
	if page.Count == 0 || page.Start > out.Total {
		return nil
	}
	return c.each(ctx, l.page, []any{org, page.Count, page.Start - 1}, func(row scanner) error {
		r, err := l.scan(row)
		out.Resources = append(out.Resources, r)
		return err
	})
}

func (l listing[T]) matching(
	ctx context.Context, c *conn, org string, where filter.Expr, page directory.Page, out *directory.List[T],
) error {
	query, args := l.all, []any{org}
	if by, ok := find(where, l.schema, l.indexes); ok {
		query, args = query+" AND "+by.condition, append(args, by.value)
	}
	return c.each(ctx, query+l.order, args, func(row scanner) error {
		r, err := l.scan(row)
		if err != nil {
			return err
		}
		doc, err := l.document(ctx, c, org, where, r)
		if err != nil {
			return err
		}
		if !filter.Matches(where, doc, exact) {
			return nil
		}
		out.Total++
		if out.Total >= page.Start && len(out.Resources) < page.Count {
			out.Resources = append(out.Resources, r)
		}
		return nil
	})
}
