package umapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
)

// Page describes one page of a listing.
type Page struct {
	Number     int  // from 0
	Last       bool // it is the last one
	TotalCount int  // entries of the whole listing, more than are listed if there are technical accounts; -1 if not said
	PageCount  int  // pages of the whole listing; -1 if not said
	RequestID  string
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
// an error that wraps [ErrIncomplete]; so is one after the last.
func (c *Client) UsersPage(ctx context.Context, page int, options ...ReadOption) (UsersPage, error) {
	var wire struct {
		Users []User `json:"users"`
	}
	p, err := c.page(ctx, listing{
		op: opUsers, prefix: "/users/", parameters: []string{"domain", "directOnly"},
	}, page, options, &wire)
	return UsersPage{Page: p, Users: wire.Users}, err
}

// MembersPage reads a page of the active members of a user group, product
// profile or admin group, from 0; see getUsersByGroup. The group is given by
// name or by numeric id. If it is not there the error wraps [ErrNotFound]. A
// page that cannot be told from the end is an error as for
// [Client.UsersPage].
func (c *Client) MembersPage(ctx context.Context, group string, page int, options ...ReadOption) (UsersPage, error) {
	const op = opMembers
	if strings.TrimSpace(group) == "" {
		return UsersPage{}, invalid(op, errors.New("group is empty"))
	}
	var wire struct {
		Users []User `json:"users"`
	}
	p, err := c.page(ctx, listing{
		op: op, prefix: "/users/", suffix: "/" + segment(group), parameters: []string{"directOnly", "status", "excludeGroups"},
	}, page, options, &wire)
	return UsersPage{Page: p, Users: wire.Users}, err
}

// GroupsPage reads a page of all user groups, product profiles and admin
// groups, from 0; see getGroups. There is no way to read one by its name. A
// page that cannot be told from the end is an error as for [Client.UsersPage].
func (c *Client) GroupsPage(ctx context.Context, page int, options ...ReadOption) (GroupsPage, error) {
	var wire struct {
		Groups []Group `json:"groups"`
	}
	p, err := c.page(ctx, listing{op: opGroups, prefix: "/groups/"}, page, options, &wire)
	return GroupsPage{Page: p, Groups: wire.Groups}, err
}

// User reads one active user by e-mail, which is matched without case; see
// getUser. The domain may be empty; it is AdobeID for an Adobe ID, otherwise
// one of the user's directory, and decides which of two accounts with one
// e-mail is meant. If there is none the error wraps [ErrNotFound]; that is so
// too for an account which is disabled or locked. Product profiles that the
// user holds through a user group are not among the groups.
func (c *Client) User(ctx context.Context, email, domain string) (User, error) {
	const op = "read user"
	if strings.TrimSpace(email) == "" {
		return User{}, invalid(op, errors.New("e-mail is empty"))
	}
	path := "/organizations/" + c.cfg.OrgID + "/users/" + segment(email)
	if domain != "" {
		path += "?" + url.Values{"domain": {domain}}.Encode()
	}
	a, err := c.do(ctx, request{op: op, method: http.MethodGet, path: path, limit: maxUserBytes})
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

// listing is one of the reads that come in pages.
type listing struct {
	op             string
	prefix, suffix string   // of the path, before the organization and after the page
	parameters     []string // that its query may have
}

// page reads a page into wire. A page that is not there, one whose result is not
// success, another one than was asked for and one that does not say whether it
// is the last leave the listing incomplete: what they would have held is not
// known.
func (c *Client) page(ctx context.Context, l listing, page int, options []ReadOption, wire any) (Page, error) {
	o, err := collect(options, l.parameters)
	if err != nil {
		return Page{}, invalid(l.op, err)
	}
	if page < 0 {
		return Page{}, invalid(l.op, fmt.Errorf("page %d: want 0 or more", page))
	}
	a, err := c.do(ctx, request{
		op:     l.op,
		method: http.MethodGet,
		path:   l.prefix + c.cfg.OrgID + "/" + strconv.Itoa(page) + l.suffix + o.suffix(),
		pragma: o.pragma(),
		limit:  maxPageBytes,
	})
	if err != nil {
		return Page{}, pageRefused(err, l, page)
	}
	var head struct {
		Result   looseText `json:"result"`
		LastPage *bool     `json:"lastPage"`
	}
	if err := json.Unmarshal(a.body, &head); err != nil {
		return Page{}, readError(l.op, a, fmt.Errorf("%w: %w", errUnreadable, err))
	}
	switch came := countOf(a.header, "X-Current-Page"); {
	case head.Result != ResultSuccess:
		failure := readError(l.op, a, nil)
		failure.Code, failure.Message = errorBody(a.body, a.token)
		switch {
		case strings.EqualFold(failure.Code, codeNoPage):
			failure.Err = fmt.Errorf("page %d: %w", page, errNoPage)
		case !isDeniedCode(failure.Code):
			failure.Err = fmt.Errorf("%w: page %d has result %q", ErrIncomplete, page, clean(string(head.Result), a.token))
		}
		return Page{}, failure
	case head.LastPage == nil:
		return Page{}, readError(l.op, a, fmt.Errorf("%w: page %d does not say whether it is the last", ErrIncomplete, page))
	case came >= 0 && came != page && came != page+1: // the deprecated reads count from 1, and these might
		return Page{}, readError(l.op, a, fmt.Errorf("%w: page %d came in place of page %d", ErrIncomplete, came, page))
	}
	if err := json.Unmarshal(a.body, wire); err != nil {
		return Page{}, readError(l.op, a, fmt.Errorf("%w: %w", errUnreadable, err))
	}
	return Page{
		Number: page, Last: *head.LastPage, RequestID: a.requestID,
		TotalCount: countOf(a.header, "X-Total-Count"), PageCount: countOf(a.header, "X-Page-Count"),
	}, nil
}

// codeNoPage is the service's word for a page after the last; see getGroups.
const codeNoPage = "not found"

// pageRefused is about a page that was not answered with 200. A 404 is the
// service's word that the group or the page is not there, if it is in the
// service's form; of a page after the first it means the page in any case,
// since the ones before it came.
func pageRefused(err error, l listing, page int) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Op != l.op || e.Status != http.StatusNotFound {
		return err
	}
	absent := saysAbsent(e.Code, TopicListed, TopicUserGroup)
	switch {
	case page == 0 && l.suffix != "" && absent:
		e.Err = ErrNotFound
	case page > 0, absent, strings.EqualFold(e.Code, codeNoPage):
		e.Err = fmt.Errorf("page %d: %w", page, errNoPage)
	}
	return e
}

// readError is about an answer of 200 to a read that is of no use.
func readError(op string, a answer, err error) *Error {
	e := &Error{Op: op, Status: a.status, RequestID: a.requestID, Outcome: OutcomeUnknown}
	if err != nil {
		e.Err = scrubError(err, a.token)
	}
	return e
}

// countOf returns the number in a header of a page, -1 if there is none.
func countOf(h http.Header, name string) int {
	n, err := strconv.Atoi(strings.TrimSpace(h.Get(name)))
	if err != nil || n < 0 {
		return -1
	}
	return n
}
