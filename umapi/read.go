package umapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	// maxPageBytes bounds a page: 2,000 users with a hundred groups each are
	// about a tenth of it.
	maxPageBytes = 64 << 20
	maxUserBytes = 4 << 20
	// maxPages ends a listing that has no end. The longest real one has as
	// many users as an organization, 2,000 to a page.
	maxPages = 10000
)

// Page describes one page of a listing.
type Page struct {
	Number     int  // from 0
	Last       bool // it is the last one
	TotalCount int  // entries of the whole listing, more than are listed if there are technical accounts; -1 if not said
	RequestID  string
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

// UsersPage is a page of users.
type UsersPage struct {
	Page
	Users []User
}

// GroupsPage is a page of user groups, product profiles and admin groups.
type GroupsPage struct {
	Page
	Groups []Group
}

// UsersPage reads a page of all active users of the organization, from 0; see
// getUsersWithPage. A page that cannot be told from the end of the listing is
// an error that wraps [ErrIncomplete].
func (c *Client) UsersPage(ctx context.Context, page int) (UsersPage, error) {
	return c.usersPage(ctx, "read users", EndpointUsers, "/users/", "", page)
}

// MembersPage reads a page of the active members of a user group, product
// profile or admin group, from 0; see getUsersByGroup. The group is given by
// name or by numeric id. If it is not there the error wraps [ErrNotFound].
// Profiles that a user holds through a user group are not among the user's
// groups.
func (c *Client) MembersPage(ctx context.Context, group string, page int) (UsersPage, error) {
	const op = "read members"
	if strings.TrimSpace(group) == "" {
		return UsersPage{}, invalid(op, errors.New("group is empty"))
	}
	return c.usersPage(ctx, op, EndpointMembers, "/users/", "/"+segment(group), page)
}

// GroupsPage reads a page of all user groups, product profiles and admin
// groups, from 0; see getGroups. There is no way to read one by its name.
func (c *Client) GroupsPage(ctx context.Context, page int) (GroupsPage, error) {
	var wire struct {
		Groups []Group `json:"groups"`
	}
	p, err := c.page(ctx, "read groups", EndpointGroups, "/groups/", "", page, &wire)
	return GroupsPage{Page: p, Groups: wire.Groups}, err
}

// User reads one active user by e-mail, which is matched without case; see
// getUser. The domain may be empty; it is AdobeID for an Adobe ID, otherwise
// one of the user's directory, and decides which of two accounts with one
// e-mail is meant. If there is none the error wraps [ErrNotFound]; that is so
// too for an account which is disabled or locked.
func (c *Client) User(ctx context.Context, email, domain string) (User, error) {
	const op = "read user"
	if strings.TrimSpace(email) == "" {
		return User{}, invalid(op, errors.New("e-mail is empty"))
	}
	path := "/organizations/" + c.cfg.OrgID + "/users/" + segment(email)
	if domain != "" {
		path += "?" + url.Values{"domain": {domain}}.Encode()
	}
	a, err := c.do(ctx, request{op: op, endpoint: EndpointUser, method: http.MethodGet, path: path, limit: maxUserBytes})
	if err != nil {
		return User{}, asNotFound(err)
	}
	var wire struct {
		Result looseText `json:"result"`
		User   *User     `json:"user"`
	}
	if err := json.Unmarshal(a.body, &wire); err != nil {
		return User{}, readError(op, a, fmt.Errorf("%w: %w", errUnreadable, err))
	}
	if wire.Result != ResultSuccess {
		e := readError(op, a, nil)
		e.Code, e.Message = errorBody(a.body, a.token)
		return User{}, asNotFound(e)
	}
	if wire.User == nil {
		return User{}, readError(op, a, fmt.Errorf("%w: it holds no user", errUnreadable))
	}
	return *wire.User, nil
}

// Users reads all pages of [Client.UsersPage]. If the last thing it yields is
// not an error the listing is complete; an error ends it. Too few entries for
// the service's own count make it incomplete.
func (c *Client) Users(ctx context.Context) iter.Seq2[User, error] {
	return list("read users", func(n int) ([]User, Page, error) {
		p, err := c.UsersPage(ctx, n)
		return p.Users, p.Page, err
	})
}

// Members reads all pages of [Client.MembersPage], and ends as [Client.Users]
// does.
func (c *Client) Members(ctx context.Context, group string) iter.Seq2[User, error] {
	return list("read members", func(n int) ([]User, Page, error) {
		p, err := c.MembersPage(ctx, group, n)
		return p.Users, p.Page, err
	})
}

// Groups reads all pages of [Client.GroupsPage], and ends as [Client.Users]
// does.
func (c *Client) Groups(ctx context.Context) iter.Seq2[Group, error] {
	return list("read groups", func(n int) ([]Group, Page, error) {
		p, err := c.GroupsPage(ctx, n)
		return p.Groups, p.Page, err
	})
}

func list[T any](op string, read func(page int) ([]T, Page, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		count := 0
		for n := range maxPages {
			entries, page, err := read(n)
			if err != nil {
				yield(none, err)
				return
			}
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
			}
			count += len(entries)
			if !page.Last {
				continue
			}
			if err := page.Complete(count); err != nil {
				yield(none, &Error{Op: op, Status: http.StatusOK, RequestID: page.RequestID, Outcome: OutcomeUnknown, Err: err})
			}
			return
		}
		yield(none, &Error{Op: op, Outcome: OutcomeUnknown, Err: fmt.Errorf("%w: no end after %d pages", ErrIncomplete, maxPages)})
	}
}

// tolerated is how many entries may be missing from a complete listing: the
// service counts technical accounts and does not list them. Never are they more
// than half of it, so that an empty listing of a full organization is noticed.
func tolerated(total int) int { return min(max(10, total/100), total/2) }

func (c *Client) usersPage(ctx context.Context, op string, e Endpoint, prefix, suffix string, page int) (UsersPage, error) {
	var wire struct {
		Users []User `json:"users"`
	}
	p, err := c.page(ctx, op, e, prefix, suffix, page, &wire)
	return UsersPage{Page: p, Users: wire.Users}, err
}

// page reads a page into wire. A page after the first that is not there, one
// whose result is not success and one that does not say whether it is the last
// leave the listing incomplete: what they would have held is not known.
func (c *Client) page(ctx context.Context, op string, e Endpoint, prefix, suffix string, page int, wire any) (Page, error) {
	if page < 0 {
		return Page{}, invalid(op, fmt.Errorf("page %d: want 0 or more", page))
	}
	path := prefix + c.cfg.OrgID + "/" + strconv.Itoa(page) + suffix
	a, err := c.do(ctx, request{op: op, endpoint: e, method: http.MethodGet, path: path, limit: maxPageBytes})
	if err != nil {
		failure, ok := errors.AsType[*Error](err)
		if ok && failure.Op == op && failure.Status == http.StatusNotFound && page > 0 {
			failure.Err = fmt.Errorf("%w: page %d is not there", ErrIncomplete, page)
			return Page{}, failure
		}
		if e == EndpointMembers {
			err = asNotFound(err)
		}
		return Page{}, err
	}
	var head struct {
		Result   looseText `json:"result"`
		LastPage *bool     `json:"lastPage"`
	}
	if err := json.Unmarshal(a.body, &head); err != nil {
		return Page{}, readError(op, a, fmt.Errorf("%w: %w", errUnreadable, err))
	}
	switch {
	case head.Result != ResultSuccess:
		failure := readError(op, a, nil)
		failure.Code, failure.Message = errorBody(a.body, a.token)
		if !isDeniedCode(failure.Code) {
			failure.Err = fmt.Errorf("%w: page %d has result %q", ErrIncomplete, page, clean(string(head.Result), a.token))
		}
		return Page{}, failure
	case head.LastPage == nil:
		return Page{}, readError(op, a, fmt.Errorf("%w: page %d does not say whether it is the last", ErrIncomplete, page))
	}
	if err := json.Unmarshal(a.body, wire); err != nil {
		return Page{}, readError(op, a, fmt.Errorf("%w: %w", errUnreadable, err))
	}
	return Page{Number: page, Last: *head.LastPage, TotalCount: totalCount(a.header), RequestID: a.requestID}, nil
}

// readError is about an answer of 200 to a read that is of no use.
func readError(op string, a answer, err error) *Error {
	e := &Error{Op: op, Status: a.status, RequestID: a.requestID, Outcome: OutcomeUnknown}
	if err != nil {
		e.Err = scrubError(err, a.token)
	}
	return e
}

func totalCount(h http.Header) int {
	n, err := strconv.Atoi(strings.TrimSpace(h.Get("X-Total-Count")))
	if err != nil || n < 0 {
		return -1
	}
	return n
}
