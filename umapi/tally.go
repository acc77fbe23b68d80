package umapi

import (
	"errors"
	"fmt"
	"net/http"
)

// maxPages ends a listing that has no end. The longest real one has as many
// users as an organization, 2,000 to a page.
const maxPages = 10000

// errNoPage is an [ErrIncomplete]: the service has no such page.
var errNoPage = fmt.Errorf("%w: not there", ErrIncomplete)

// GroupListing puts the pages of [Client.GroupsPage] together for who reads each
// when its turn comes; [Client.Groups] does it at once. The zero value is a
// listing that has not begun. It is not safe for concurrent use.
type GroupListing struct {
	// Groups are those that came so far, none of them twice.
	Groups []Group

	tally tally
}

// Next returns the number of the page to read next.
func (l *GroupListing) Next() int { return l.tally.pages }

// Add takes the outcome of reading the next page, and reports whether there are
// more. Its error is the one that it was given, or says that the listing is
// incomplete and must begin anew; see [Client.Users] for when it is. After any
// other error the same page may be read again.
func (l *GroupListing) Add(p GroupsPage, err error) (more bool, _ error) {
	fresh, more, err := addPage(&l.tally, opGroups, groupKey, p.Groups, p.Page, err)
	l.Groups = append(l.Groups, fresh...)
	return more, err
}

// tally is what is known of a listing after some of its pages.
type tally struct {
	pages        int            // that came
	count, twice int            // entries that came, and came once more
	seen         map[string]int // the page on which an entry came first, by its key
	last         Page           // that came
}

// addPage takes the outcome of reading the next page. It returns the entries
// that did not come before, and whether there are more pages.
//
// A key is unique if no two entries of a listing have it. What has a key that is
// not may be alike on one page, but not on two.
func addPage[T any](t *tally, op string, key func(T) (key string, unique bool), entries []T, p Page, err error) (fresh []T, more bool, _ error) {
	if err != nil {
		if errors.Is(err, errNoPage) && t.over() {
			err = nil
		}
		return nil, false, err
	}
	if t.seen == nil {
		t.seen = map[string]int{}
	}
	for _, e := range entries {
		k, unique := key(e)
		if first, came := t.seen[k]; k != "" && came && (unique || first != t.pages) {
			t.twice++
			continue
		} else if !came {
			t.seen[k] = t.pages
		}
		fresh = append(fresh, e)
	}
	over := len(fresh) == 0 && t.over()
	t.pages, t.count, t.last = t.pages+1, t.count+len(fresh), p
	switch {
	case p.Last:
		err = p.complete(t.count, t.twice)
	case over:
	case len(fresh) == 0:
		err = fmt.Errorf("%w: page %d has nothing that was not on a page before, and is not the last", ErrIncomplete, p.Number)
	case t.pages == maxPages:
		err = fmt.Errorf("%w: no end after %d pages", ErrIncomplete, maxPages)
	default:
		more = true
	}
	if err != nil {
		err = &Error{Op: op, Status: http.StatusOK, RequestID: p.RequestID, Outcome: OutcomeUnknown, Err: err}
	}
	return fresh, more, err
}

// over reports whether the listing may end with the page that came last though
// it promised more, if there is nothing after it: some services promise that of
// each page that is as long as a page can be. All that was counted must have
// come, or all pages and about all that was counted.
func (t *tally) over() bool {
	if t.pages == 0 || t.last.TotalCount < 0 {
		return false
	}
	return t.count >= t.last.TotalCount ||
		t.pages == t.last.PageCount && t.last.complete(t.count, t.twice) == nil
}

// complete returns an error that wraps [ErrIncomplete] if a listing which ended
// with this page, and of which so many entries came, and some once more, lacks
// noticeably many of those that the service counted. If some came twice its pages
// overlapped, and what slipped between two of them may be among the few that are
// missing anyway.
func (p Page) complete(count, twice int) error {
	if twice > 0 && (p.TotalCount < 0 || count < p.TotalCount) {
		return fmt.Errorf("%w: %d entries came twice, and of %d counted only %d came", ErrIncomplete, twice, p.TotalCount, count)
	}
	if missing := p.TotalCount - count; missing > tolerated(p.TotalCount) {
		return fmt.Errorf("%w: %d of %d entries came", ErrIncomplete, count, p.TotalCount)
	}
	return nil
}

// tolerated is how many entries may be missing from a complete listing: the
// service counts technical accounts and does not list them. Never are they more
// than half of it, so that an empty listing of a full organization is noticed.
func tolerated(total int) int { return min(max(10, total/100), total/2) }
