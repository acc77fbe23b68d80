package scim_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim"
)

// unknownLength returns a client that does not say how long its bodies are.
func (c *client) unknownLength() *client {
	other := *c
	next := c.handler
	other.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ContentLength = -1
		r.Body = io.NopCloser(struct{ io.Reader }{r.Body})
		next.ServeHTTP(w, r)
	})
	return &other
}

// counting counts the reads of members.
type counting struct {
	scim.Directory
	members atomic.Int64
}

func (d *counting) Members(ctx context.Context, org, group, after string, limit int) ([]directory.Member, error) {
	d.members.Add(1)
	return d.Directory.Members(ctx, org, group, after, limit)
}

func (d *counting) CountMembers(ctx context.Context, org, group string, limit int) (int, error) {
	d.members.Add(1)
	return d.Directory.CountMembers(ctx, org, group, limit)
}

// crowd has n members in every group, and fails after so many pages if failing
// is set.
type crowd struct {
	scim.Directory
	n       int
	pages   int
	failing error
}

func (d *crowd) Members(_ context.Context, _, _, after string, limit int) ([]directory.Member, error) {
	if d.failing != nil {
		if d.pages == 0 {
			return nil, d.failing
		}
		d.pages--
	}
	from := 0
	if after != "" {
		if _, err := fmt.Sscanf(after, "member-%d", &from); err != nil {
			return nil, err
		}
		from++
	}
	var page []directory.Member
	for i := from; i < d.n && len(page) < limit; i++ {
		page = append(page, directory.Member{ID: fmt.Sprintf("member-%07d", i), Type: directory.MemberUser, Display: strings.Repeat("x", 20)})
	}
	return page, nil
}

// broken answers everything about users with an error, or panics.
type broken struct {
	scim.Directory
	err   error
	panic any
}

func (d *broken) fail() error {
	if d.panic != nil {
		panic(d.panic)
	}
	return d.err
}

func (d *broken) CreateUser(context.Context, string, directory.User, directory.Origin) (directory.User, error) {
	return directory.User{}, d.fail()
}

func (d *broken) User(context.Context, string, string) (directory.User, error) {
	return directory.User{}, d.fail()
}
