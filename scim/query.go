package scim

import (
	"math"
	"net/http"
	"net/url"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// asked is a search as it was sent, in a query string or a body. What was not
// sent is nil or empty.
type asked struct {
	attributes, excluded []string
	filter, cursor       *string
	sortBy, sortOrder    string
	start, count         *int
}

// query is a search (RFC 7644 section 3.4.2) of one list made of parts.
type query struct {
	parts []part
	page  directory.Page
	// byCursor says that pages are asked for one after another (RFC 9865), and
	// from is the page before, nil for the first.
	byCursor bool
	from     *cursor
}

// part is the search for resources of one type.
type part struct {
	t          *resource.Type
	projection resource.Projection
	find       filter.Query
}

// queryOf reads a search for resources of some types, one after the other, from
// the query string. Parameters that are not ours are passed over.
func (s *service) queryOf(r *http.Request, types ...*resource.Type) (query, error) {
	v, err := parameters(r)
	if err != nil {
		return query{}, err
	}
	a := asked{
		attributes: v["attributes"], excluded: v["excludedAttributes"],
		filter: sent(v, "filter"), cursor: sent(v, "cursor"), sortBy: v.Get("sortBy"), sortOrder: v.Get("sortOrder"),
	}
	if a.start, err = number("startIndex", v.Get("startIndex")); err != nil {
		return query{}, err
	}
	if a.count, err = number("count", v.Get("count")); err != nil {
		return query{}, err
	}
	return s.newQuery(r, a, types)
}

// sent is a parameter that may be missing.
func sent(v url.Values, name string) *string {
	if !v.Has(name) {
		return nil
	}
	text := v.Get(name)
	return &text
}

// newQuery understands a search.
func (s *service) newQuery(r *http.Request, a asked, types []*resource.Type) (query, error) {
	var q query
	where := make([]filter.Expr, len(types))
	// A blank filter is refused: it was made of something that was missing, and
	// whoever takes the first of all users for a match harms somebody.
	if a.filter != nil {
		var err error
		if where, err = resource.ParseFilters(*a.filter, s.options, types...); err != nil {
			return query{}, err
		}
	}
	by, err := resource.ParseSortBy(a.sortBy, s.options, types...)
	if err != nil {
		return query{}, err
	}
	descending, err := isDescending(a.sortOrder)
	if err != nil {
		return query{}, err
	}
	for i, t := range types {
		p := part{t: t, find: filter.Query{Where: where[i], By: by[i], Descending: descending && by[i].Attr != ""}}
		if p.projection, err = resource.ParseProjection(t, a.attributes, a.excluded); err != nil {
			return query{}, err
		}
		q.parts = append(q.parts, p)
	}
	q.page = directory.Page{Start: 1, Count: defaultCount}
	if a.start != nil {
		q.page.Start = min(max(*a.start, 1), math.MaxInt32)
	}
	if a.count != nil {
		q.page.Count = min(max(*a.count, 0), maxCount)
	}
	if a.cursor == nil {
		return q, nil
	}
	return s.withCursor(r, q, a)
}

// isDescending reads sortOrder (RFC 7644 section 3.4.2.3).
func isDescending(order string) (bool, error) {
	switch order = strings.TrimSpace(order); {
	case order == "", strings.EqualFold(order, "ascending"):
		return false, nil
	case strings.EqualFold(order, "descending"):
		return true, nil
	}
	return false, badRequest(scimerrors.ScimTypeInvalidValue, "sortOrder: %q: want ascending or descending", order)
}

// withCursor reads where a search goes on.
func (s *service) withCursor(r *http.Request, q query, a asked) (query, error) {
	if a.start != nil {
		return query{}, badRequest(scimerrors.ScimTypeInvalidValue, "startIndex and cursor exclude each other")
	}
	q.byCursor = true
	if strings.TrimSpace(*a.cursor) == "" {
		return q, nil
	}
	c, err := s.openCursor(*a.cursor, q, origin(r).At)
	if err != nil {
		return query{}, err
	}
	if a.count != nil && q.page.Count != c.Count {
		return query{}, badRequest(invalidCount, "count: the cursor is of pages of %d, and count cannot change", c.Count)
	}
	q.page.Count, q.from = c.Count, &c
	return q, nil
}
