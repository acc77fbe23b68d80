package umapi

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// What the listings are called in errors.
const (
	opUsers   = "read users"
	opMembers = "read members"
	opGroups  = "read groups"
)

// Users reads all pages of [Client.UsersPage]. If the last thing it yields is
// not an error the listing is complete; an error ends it. Nobody comes twice,
// although the pages may overlap where users come and go meanwhile.
//
// Too few entries for the service's own count make it incomplete, and so does
// each that is missing once something came twice. A last page that promises
// another, which is not there, ends it well if nothing is missing.
func (c *Client) Users(ctx context.Context, options ...ReadOption) iter.Seq2[User, error] {
	return list(opUsers, userKey, options, func(n int, options []ReadOption) ([]User, Page, error) {
		p, err := c.UsersPage(ctx, n, options...)
		return p.Users, p.Page, err
	})
}

// Members reads all pages of [Client.MembersPage], and ends as [Client.Users]
// does.
func (c *Client) Members(ctx context.Context, group string, options ...ReadOption) iter.Seq2[User, error] {
	return list(opMembers, userKey, options, func(n int, options []ReadOption) ([]User, Page, error) {
		p, err := c.MembersPage(ctx, group, n, options...)
		return p.Users, p.Page, err
	})
}

// Groups reads all pages of [Client.GroupsPage], and ends as [Client.Users]
// does. [GroupListing] is for who reads page by page.
func (c *Client) Groups(ctx context.Context, options ...ReadOption) iter.Seq2[Group, error] {
	return list(opGroups, groupKey, options, func(n int, options []ReadOption) ([]Group, Page, error) {
		p, err := c.GroupsPage(ctx, n, options...)
		return p.Groups, p.Page, err
	})
}

// userKey tells users apart, "" where nothing does.
func userKey(u User) (key string, unique bool) {
	if u.ID != "" || u.Email == "" {
		return u.ID, true
	}
	return string(u.Type) + " " + strings.ToLower(u.Email), true
}

// groupKey tells groups apart. Without an id nothing does for certain: two may
// have all names in common.
func groupKey(g Group) (key string, unique bool) {
	if g.ID != 0 {
		return strconv.FormatInt(g.ID, 10), true
	}
	return strings.Join([]string{
		g.Name, string(g.Type), g.AdminGroupName, g.UserGroupName, g.ProductProfileName, g.ProductName, g.ContractName,
	}, "\n"), false
}

func list[T any](op string, key func(T) (string, bool), options []ReadOption, read func(page int, options []ReadOption) ([]T, Page, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		t := tally{last: Page{PageCount: -1}}
		for more := true; more; {
			n := t.pages
			entries, page, err := read(n, append(slices.Clip(options), onPage(n == 0, n > 0 && n == t.last.PageCount-1)))
			var fresh []T
			fresh, more, err = addPage(&t, op, key, entries, page, err)
			for _, e := range fresh {
				if !yield(e, nil) {
					return
				}
			}
			if err != nil {
				var none T
				yield(none, err)
			}
		}
	}
}
