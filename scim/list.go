package scim

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// found is a page of one part of a list.
type found struct {
	total, shown int
	next         string
	write        func(*answer) error
}

// find reads a page of one part.
func (s *service) find(r *http.Request, p part, page directory.Page) (found, error) {
	if p.t == resource.Group() {
		list, err := s.dir.Groups(r.Context(), s.org.Name, p.find, page)
		return found{list.Total, len(list.Resources), list.Next, func(a *answer) error {
			return s.appendGroups(r, a, list.Resources, p.projection)
		}}, err
	}
	list, err := s.dir.Users(r.Context(), s.org.Name, p.find, page)
	if err != nil {
		return found{}, err
	}
	groups, err := s.groupsOf(r, list.Resources, p.projection)
	return found{list.Total, len(list.Resources), list.Next, func(a *answer) error {
		return s.appendUsers(r, a, list.Resources, groups, p.projection)
	}}, err
}

// showList answers a search: the parts one after another, in one list with one
// count.
func (s *service) showList(w http.ResponseWriter, r *http.Request, q query) error {
	l, err := s.collect(r, q)
	if err != nil {
		return err
	}
	a := newAnswer(w, r, http.StatusOK)
	if err := s.listHead(&a.buf, r, q, l); err != nil {
		return err
	}
	first := true
	for _, f := range l.found {
		if f.shown == 0 {
			continue
		}
		if !first {
			a.buf.WriteByte(',')
		}
		first = false
		if err := f.write(a); err != nil {
			return err
		}
	}
	a.buf.WriteString(listTail)
	return a.end()
}

// collected is a page of a list.
type collected struct {
	found        []found
	total, shown int
	// next is where the list goes on, nil if it ends here.
	next *cursor
}

// collect reads what is on a page, part by part, and counts the parts that are
// not: a page that goes on knows the total already.
func (s *service) collect(r *http.Request, q query) (collected, error) {
	var l collected
	from := cursor{}
	if q.from != nil {
		from = *q.from
	}
	for i := from.Part; i < len(q.parts); i++ {
		page := directory.Page{Start: max(q.page.Start-l.total, 1), Count: q.page.Count - l.shown}
		if i == from.Part {
			page.After = from.After
		}
		f, err := s.find(r, q.parts[i], page)
		if err != nil {
			return collected{}, err
		}
		begins := page.Count == 0 && f.total > 0 // behind this page
		l.found = append(l.found, f)
		l.total += f.total
		l.shown += f.shown
		if l.next == nil && q.page.Count > 0 && (f.next != "" || begins) {
			l.next = &cursor{Part: i, After: f.next}
		}
		if l.next != nil && q.from != nil {
			break
		}
	}
	if q.from != nil {
		l.total = from.Total
	}
	return l, nil
}

// listHead begins the ListResponse of a search (RFC 7644 section 3.4.2, RFC 9865
// section 2), up to its resources.
func (s *service) listHead(buf *bytes.Buffer, r *http.Request, q query, l collected) error {
	if !q.byCursor {
		listHead(buf, l.total, q.page.Start, l.shown)
		return nil
	}
	fmt.Fprintf(buf, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":%d,"itemsPerPage":%d,`, l.total, l.shown)
	if l.next != nil {
		l.next.Count, l.next.Total, l.next.Sent = q.page.Count, l.total, origin(r).At.Unix()
		text, err := s.sealCursor(*l.next, q)
		if err != nil {
			return err
		}
		fmt.Fprintf(buf, `"nextCursor":"%s",`, text)
	}
	buf.WriteString(`"Resources":[`)
	return nil
}

// list is GET of a collection (RFC 7644 section 3.4.2), or of the root, where
// there are resources of all types (section 3.4.2.1).
func (s *service) list(types ...*resource.Type) endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		q, err := s.queryOf(r, types...)
		if err != nil {
			return err
		}
		return s.showList(w, r, q)
	}
}
