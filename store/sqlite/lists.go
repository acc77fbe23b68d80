package sqlite

import (
	"context"
	"fmt"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/search"
)

// listing is how resources of one kind are listed.
type listing[T any] struct {
	table   search.Table
	from    string // the table, with the alias that its expressions use
	alias   string
	columns string // what to read of the resources of a page
	joins   string
	size    string // counts all of an org
	scan    func(scanner) (T, error)
}

var (
	userListing = listing[directory.User]{
		table: userTable, from: "users u", alias: "u", columns: userColumns, joins: userJoins,
		size: `SELECT users FROM sizes WHERE org = ?1`, scan: scanUser,
	}
	groupListing = listing[directory.Group]{
		table: groupTable, from: "groups g", alias: "g", columns: groupColumns, joins: groupJoins,
		size: `SELECT groups FROM sizes WHERE org = ?1`, scan: scanGroup,
	}
)

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
		if page.Count > 0 {
			query, args := l.page(org, where, page)
			if err := c.each(ctx, query, args, func(row scanner) error {
				r, err := l.scan(row)
				out.Resources = append(out.Resources, r)
				return err
			}); err != nil {
				return err
			}
		}
		n := len(out.Resources)
		if n < page.Count && (n > 0 || page.Start == 1) {
			out.Total = page.Start - 1 + n // the last page says how many there are
			return nil
		}
		query, args := l.count(org, where)
		_, err := c.row(ctx, query, args, &out.Total)
		return err
	})
	if err != nil {
		return directory.List[T]{}, err
	}
	return out, nil
}

// matching is the condition that a resource is the org's, which is parameter 1,
// and matches.
func (l listing[T]) matching(where filter.Expr, args *search.Args) string {
	condition := l.alias + ".org = ?1"
	if where != nil {
		condition += " AND " + l.table.Where(where, args)
	}
	return condition
}

// page is the statement that reads a page. It is cut before anything is joined to it.
func (l listing[T]) page(org string, where filter.Expr, page directory.Page) (query string, args []any) {
	in := search.NewArgs(dialect{}, org)
	key := l.alias + ".key"
	query = "SELECT " + l.columns + " FROM (SELECT " + key + " FROM " + l.from + " WHERE " + l.matching(where, in) +
		" ORDER BY " + key + " LIMIT +" + in.Add(page.Count) + " OFFSET +" + in.Add(page.Start-1) + ") p" +
		" CROSS JOIN " + l.from + " ON " + key + " = p.key" + l.joins + " ORDER BY " + key
	return query, in.Values()
}

// count is the statement that counts all that match.
func (l listing[T]) count(org string, where filter.Expr) (query string, args []any) {
	if where == nil {
		return l.size, []any{org}
	}
	in := search.NewArgs(dialect{}, org)
	query = "SELECT COUNT(*) FROM " + l.from + " WHERE " + l.matching(where, in)
	return query, in.Values()
}
