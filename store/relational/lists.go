package relational

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
	scan    func(Scanner) (T, error)
}

var (
	userListing = listing[directory.User]{
		table: userTable, alias: "u", from: "users u", columns: userColumns, joins: userJoins,
		size: `SELECT users FROM sizes WHERE org = $1`, scan: scanUser,
	}
	groupListing = listing[directory.Group]{
		table: groupTable, alias: "g", from: "groups g", columns: groupColumns, joins: groupJoins,
		size: `SELECT groups FROM sizes WHERE org = $1`, scan: scanGroup,
	}
)

// Users lists the users that match a query.
func (s *Store) Users(
	ctx context.Context, org string, q filter.Query, page directory.Page,
) (directory.List[directory.User], error) {
	l, err := request[directory.User]{userListing, s.db.Filter, org, q}.list(ctx, s, page)
	if err != nil {
		return l, fmt.Errorf("list users: %w", err)
	}
	return l, nil
}

// Groups lists the groups that match a query, without their members.
func (s *Store) Groups(
	ctx context.Context, org string, q filter.Query, page directory.Page,
) (directory.List[directory.Group], error) {
	l, err := request[directory.Group]{groupListing, s.db.Filter, org, q}.list(ctx, s, page)
	if err != nil {
		return l, fmt.Errorf("list groups: %w", err)
	}
	return l, nil
}

// request asks for one list.
type request[T any] struct {
	listing[T]
	filter search.Dialect
	org    string
	q      filter.Query
}

// list answers from one moment, so that the total and the page agree.
func (r request[T]) list(
	ctx context.Context, s *Store, page directory.Page,
) (out directory.List[T], err error) {
	page.Start, page.Count = max(page.Start, 1), max(page.Count, 0)
	read := r.byIndex
	if page.After != "" {
		read = r.behind
	}
	err = s.snapshot(ctx, func(ctx context.Context, c conn) error {
		return read(ctx, c, page, &out)
	})
	if err != nil {
		return directory.List[T]{}, err
	}
	return out, nil
}

// byIndex reads a page that begins at an index.
func (r request[T]) byIndex(
	ctx context.Context, c conn, page directory.Page, out *directory.List[T],
) error {
	cut := cut{limit: page.Count, offset: page.Start - 1}
	if r.q.Where == nil {
		// The size is known, and so the shorter way to the page.
		if err := r.count(ctx, c, &out.Total); err != nil {
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
		if err := r.read(ctx, c, cut, out, &last); err != nil {
			return err
		}
	}
	shown := len(out.Resources)
	switch {
	case r.q.Where == nil:
	case shown < page.Count && (shown > 0 || page.Start == 1):
		out.Total = page.Start - 1 + shown // the last page says how many there are
	default:
		if err := r.count(ctx, c, &out.Total); err != nil {
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
func (r request[T]) behind(
	ctx context.Context, c conn, page directory.Page, out *directory.List[T],
) error {
	if page.Count == 0 {
		return nil
	}
	var last position
	if err := r.read(ctx, c, cut{limit: page.Count, more: true, after: page.After}, out, &last); err != nil {
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
func (r request[T]) read(
	ctx context.Context, c conn, p cut, out *directory.List[T], last *position,
) error {
	query, args, terms, err := r.page(p)
	if err != nil {
		return err
	}
	return c.Each(ctx, query, args, func(row Scanner) error {
		at := newPosition(terms)
		one, err := r.scan(also{row, at.places()})
		out.Resources = append(out.Resources, one)
		if len(out.Resources) <= p.limit {
			*last = at
		}
		return err
	})
}

// page is the statement that reads a page, and how many terms of the sort order
// follow the columns. It is cut before anything is joined to it.
func (r request[T]) page(p cut) (query string, args []any, terms int, err error) {
	in := search.NewArgs(r.filter, r.org)
	key := r.alias + ".key"
	order := append(search.Terms(r.table.Order(r.q.By, in)), key)
	where := r.matching(r.q.Where, in)
	if p.after != "" {
		after, err := parsePosition(p.after, len(order))
		if err != nil {
			return "", nil, 0, err
		}
		where += " AND " + order.After(after, r.q.Descending, in)
	}
	if p.more {
		p.limit++
	}
	named, shown := make(search.Terms, len(order)), make([]string, len(order))
	for i, term := range order {
		named[i] = "p.t" + strconv.Itoa(i)
		shown[i] = term + " AS t" + strconv.Itoa(i)
	}
	query = "SELECT " + r.columns + ", " + strings.Join(named, ", ") +
		" FROM (SELECT " + strings.Join(shown, ", ") + " FROM " + r.from + " WHERE " + where +
		" ORDER BY " + order.By(r.q.Descending != p.fromEnd) +
		" LIMIT CAST(" + in.Add(p.limit) + " AS BIGINT) OFFSET CAST(" + in.Add(p.offset) + " AS BIGINT)" + ") p" +
		" CROSS JOIN " + r.from + r.joins + " WHERE " + key + " = " + named[len(named)-1] +
		" ORDER BY " + named.By(r.q.Descending)
	query, args = in.Used(query)
	return query, args, len(order), nil
}

// count counts all that match.
func (r request[T]) count(ctx context.Context, c conn, total *int) error {
	in := search.NewArgs(r.filter, r.org)
	query := r.size
	if r.q.Where != nil {
		query = "SELECT COUNT(*) FROM " + r.from + " WHERE " + r.matching(r.q.Where, in)
	}
	query, args := in.Used(query)
	_, err := c.Row(ctx, query, args, total)
	return err
}

// matching is the condition that a resource is the org's, which is parameter 1,
// and matches.
func (r request[T]) matching(where filter.Expr, in *search.Args) string {
	condition := r.alias + ".org = $1"
	if where != nil {
		condition += " AND " + r.table.Where(where, in)
	}
	return condition
}
