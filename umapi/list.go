package umapi

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxPages ends a listing that has no end. The longest real one has as many
// users as an organization, 2,000 to a page.
const maxPages = 10000

// Users reads all pages of [Client.UsersPage]. If the last thing it yields is
// not an error the listing is complete; an error ends it. Nobody comes twice,
// although the pages may overlap where users come and go meanwhile.
//
// Too few entries for the service's own count make it incomplete, and so does
// each that is missing once something came twice.
func (c *Client) Users(ctx context.Context, options ...ReadOption) iter.Seq2[User, error] {
	return list("read users", userKey, options, func(n int, options []ReadOption) ([]User, Page, error) {
		p, err := c.UsersPage(ctx, n, options...)
		return p.Users, p.Page, err
	})
}

// Members reads all pages of [Client.MembersPage], and ends as [Client.Users]
// does.
func (c *Client) Members(ctx context.Context, group string, options ...ReadOption) iter.Seq2[User, error] {
	return list("read members", userKey, options, func(n int, options []ReadOption) ([]User, Page, error) {
		p, err := c.MembersPage(ctx, group, n, options...)
		return p.Users, p.Page, err
	})
}

// Groups reads all pages of [Client.GroupsPage], and ends as [Client.Users]
// does.
func (c *Client) Groups(ctx context.Context, options ...ReadOption) iter.Seq2[Group, error] {
	return list("read groups", groupKey, options, func(n int, options []ReadOption) ([]Group, Page, error) {
		p, err := c.GroupsPage(ctx, n, options...)
		return p.Groups, p.Page, err
	})
}

// userKey tells users apart, "" where nothing does.
func userKey(u User) string {
	if u.ID != "" || u.Email == "" {
		return u.ID
	}
	return string(u.Type) + " " + strings.ToLower(u.Email)
}

// groupKey tells groups apart. Their names do not.
func groupKey(g Group) string {
	if g.ID == 0 {
		return ""
	}
	return strconv.FormatInt(g.ID, 10)
}

func list[T any](op string, key func(T) string, options []ReadOption, read func(page int, options []ReadOption) ([]T, Page, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		seen := make(map[string]bool)
		count, twice, pages := 0, 0, -1
		for n := range maxPages {
			entries, page, err := read(n, append(slices.Clip(options), onPage(n == 0, n > 0 && n == pages-1)))
			if err != nil {
				yield(none, err)
				return
			}
			before := count
			for _, e := range entries {
				if k := key(e); k != "" && seen[k] {
					twice++
					continue
				} else if k != "" {
					seen[k] = true
				}
				count++
				if !yield(e, nil) {
					return
				}
			}
			pages = page.PageCount
			switch {
			case page.Last:
				err = page.complete(count, twice)
			case count == before:
				err = fmt.Errorf("%w: page %d has nothing that was not on a page before, and is not the last", ErrIncomplete, n)
			case n == maxPages-1:
				err = fmt.Errorf("%w: no end after %d pages", ErrIncomplete, maxPages)
			default:
				continue
			}
			if err != nil {
				yield(none, &Error{Op: op, Status: http.StatusOK, RequestID: page.RequestID, Outcome: OutcomeUnknown, Err: err})
			}
			return
		}
	}
}

// Complete returns an error that wraps [ErrIncomplete] if a listing which ended
// with this page, and of which so many entries came, lacks noticeably many of
// those that the service counted.
func (p Page) Complete(count int) error {
	if missing := p.TotalCount - count; missing > tolerated(p.TotalCount) {
		return fmt.Errorf("%w: %d of %d entries came", ErrIncomplete, count, p.TotalCount)
	}
	return nil
}

// complete is Complete for a listing of which some entries came twice. Then
// its pages overlapped, and what slipped between two of them may be among the
// few that are missing anyway.
func (p Page) complete(count, twice int) error {
	if twice > 0 && (p.TotalCount < 0 || count < p.TotalCount) {
		return fmt.Errorf("%w: %d entries came twice, and of %d counted only %d came", ErrIncomplete, twice, p.TotalCount, count)
	}
	return p.Complete(count)
}

// tolerated is how many entries may be missing from a complete listing: the
// service counts technical accounts and does not list them. Never are they more
// than half of it, so that an empty listing of a full organization is noticed.
func tolerated(total int) int { return min(max(10, total/100), total/2) }
