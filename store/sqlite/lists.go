package sqlite

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/search"
)

// listing is how resources of one kind are listed.
type listing[T any] struct {
	table   search.Table
	alias   string // of the table in expressions
	from    string // the table with its alias
	columns string // what to read of the resources of a page
	joins   string
	size    string // counts all of an org
	scan    func(scanner) (T, error)
}

var (
	userListing = listing[directory.User]{
		table: userTable, alias: "u", from: "users u", columns: userColumns, joins: userJoins,
		size: `SELECT users FROM sizes WHERE org = ?1`, scan: scanUser,
	}
	groupListing = listing[directory.Group]{
		table: groupTable, alias: "g", from: "groups g", columns: groupColumns, joins: groupJoins,
		size: `SELECT groups FROM sizes WHERE org = ?1`, scan: scanGroup,
	}
)

// Users lists the users that match a query.
func (s *Store) Users(
	ctx context.Context, org string, q filter.Query, page directory.Page,
) (directory.List[directory.User], error) {
	l, err := userListing.list(ctx, s, org, q, page)
	if err != nil {
		return l, fmt.Errorf("list users: %w", err)
	}
	return l, nil
}

// Groups lists the groups that match a query, without their members.
func (s *Store) Groups(
	ctx context.Context, org string, q filter.Query, page directory.Page,
) (directory.List[directory.Group], error) {
	l, err := groupListing.list(ctx, s, org, q, page)
	if err != nil {
		return l, fmt.Errorf("list groups: %w", err)
	}
	return l, nil
}

// list answers from one moment, so that the total and the page agree.
func (l listing[T]) list(
	ctx context.Context, s *Store, org string, q filter.Query, page directory.Page,
) (out directory.List[T], err error) {
	page.Start, page.Count = max(page.Start, 1), max(page.Count, 0)
	read := l.byIndex
	if page.After != "" {
		read = l.behind
	}
	err = s.snapshot(ctx, func(ctx context.Context, c *conn) error {
		return read(ctx, c, org, q, page, &out)
	})
	if err != nil {
		return directory.List[T]{}, err
	}
	return out, nil
}

// byIndex reads a page that begins at an index.
func (l listing[T]) byIndex(
	ctx context.Context, c *conn, org string, q filter.Query, page directory.Page, out *directory.List[T],
) error {
	cut := cut{limit: page.Count, offset: page.Start - 1}
	if q.Where == nil {
		// The size is known, and so the shorter way to the page.
		if err := l.count(ctx, c, org, q, &out.Total); err != nil {
			return err
		}
		if page.Start > out.Total {
			return nil
		}
		if fromEnd := max(out.Total-cut.offset-cut.limit, 0); fromEnd < cut.offset {
			cut.limit = out.Total - cut.offset - fromEnd
			cut.offset, cut.fromEnd = fromEnd, true
		}
	}
	var last position
	if page.Count > 0 {
		if err := l.read(ctx, c, org, q, cut, out, &last); err != nil {
			return err
		}
	}
	shown := len(out.Resources)
	switch {
	case q.Where == nil:
	case shown < page.Count && (shown > 0 || page.Start == 1):
		out.Total = page.Start - 1 + shown // the last page says how many there are
	default:
		if err := l.count(ctx, c, org, q, &out.Total); err != nil {
			return err
		}
	}
	if shown > 0 && page.Start-1+shown < out.Total {
		out.Next = last.text()
	}
	return nil
}

// behind reads a page that begins behind a position, and looks whether it is the
// last.
func (l listing[T]) behind(
	ctx context.Context, c *conn, org string, q filter.Query, page directory.Page, out *directory.List[T],
) error {
	if page.Count == 0 {
		return nil
	}
	var last position
	if err := l.read(ctx, c, org, q, cut{limit: page.Count, more: true, after: page.After}, out, &last); err != nil {
		return err
	}
	if len(out.Resources) > page.Count {
		out.Resources = out.Resources[:page.Count]
		out.Next = last.text()
	}
	return nil
}

// cut is how a page is cut out of a list.
type cut struct {
	limit, offset int
	// more reads one resource more, to see whether there is one.
	more bool
	// fromEnd counts the offset from the end.
	fromEnd bool
	// after is the position behind which the page begins, empty if it does not.
	after string
}

// read reads a page, and the position of its last resource.
func (l listing[T]) read(
	ctx context.Context, c *conn, org string, q filter.Query, p cut, out *directory.List[T], last *position,
) error {
	query, args, terms, err := l.page(org, q, p)
	if err != nil {
		return err
	}
	return c.each(ctx, query, args, func(row scanner) error {
		at := newPosition(terms)
		r, err := l.scan(also{row, at.places()})
		out.Resources = append(out.Resources, r)
		if len(out.Resources) <= p.limit {
			*last = at
		}
		return err
	})
}

// page is the statement that reads a page, and how many terms of the sort order
// follow the columns. It is cut before anything is joined to it.
func (l listing[T]) page(org string, q filter.Query, p cut) (query string, args []any, terms int, err error) {
	in := search.NewArgs(dialect{}, org)
	key := l.alias + ".key"
	order := append(search.Terms(l.table.Order(q.By, in)), key)
	where := l.matching(q.Where, in)
	if p.after != "" {
		after, err := parsePosition(p.after, len(order))
		if err != nil {
			return "", nil, 0, err
		}
		where += " AND " + order.After(after, q.Descending, in)
	}
	if p.more {
		p.limit++
	}
	named, shown := make(search.Terms, len(order)), make([]string, len(order))
	for i, term := range order {
		named[i] = "p.t" + strconv.Itoa(i)
		shown[i] = term + " AS t" + strconv.Itoa(i)
	}
	query = "SELECT " + l.columns + ", " + strings.Join(named, ", ") +
		" FROM (SELECT " + strings.Join(shown, ", ") + " FROM " + l.from + " WHERE " + where +
		" ORDER BY " + order.By(q.Descending != p.fromEnd) + " LIMIT +" + in.Add(p.limit) + " OFFSET +" + in.Add(p.offset) + ") p" +
		" CROSS JOIN " + l.from + " ON " + key + " = " + named[len(named)-1] + l.joins +
		" ORDER BY " + named.By(q.Descending)
	return query, in.Values(), len(order), nil
}

// count counts all that match.
func (l listing[T]) count(ctx context.Context, c *conn, org string, q filter.Query, total *int) error {
	in := search.NewArgs(dialect{}, org)
	query := l.size
	if q.Where != nil {
		query = "SELECT COUNT(*) FROM " + l.from + " WHERE " + l.matching(q.Where, in)
	}
	_, err := c.row(ctx, query, in.Values(), total)
	return err
}

// matching is the condition that a resource is the org's, which is parameter 1,
// and matches.
func (l listing[T]) matching(where filter.Expr, in *search.Args) string {
	condition := l.alias + ".org = ?1"
	if where != nil {
		condition += " AND " + l.table.Where(where, in)
	}
	return condition
}
