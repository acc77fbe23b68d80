package dispatch

import (
	"context"

	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// gated is Adobe while the lease is held.
type gated struct {
	adobe Adobe
	gate  *lease.Gate
}

// pass returns an error that says that nothing was sent, unless it may be.
func (g gated) pass(op string) error {
	if err := g.gate.Pass(); err != nil {
		return &umapi.Error{Op: op, Outcome: umapi.OutcomeNotSent, Err: err}
	}
	return nil
}

func (g gated) Act(ctx context.Context, commands []umapi.Command) (umapi.Reply, error) {
	if err := g.pass("action"); err != nil {
		return umapi.Reply{}, err
	}
	return g.adobe.Act(ctx, commands)
}

func (g gated) User(ctx context.Context, email, domain string) (umapi.User, error) {
	if err := g.pass("read user"); err != nil {
		return umapi.User{}, err
	}
	return g.adobe.User(ctx, email, domain)
}

func (g gated) MembersPage(ctx context.Context, group string, page int, options ...umapi.ReadOption) (umapi.UsersPage, error) {
	if err := g.pass("list members"); err != nil {
		return umapi.UsersPage{}, err
	}
	return g.adobe.MembersPage(ctx, group, page, options...)
}

func (g gated) GroupsPage(ctx context.Context, page int, options ...umapi.ReadOption) (umapi.GroupsPage, error) {
	if err := g.pass("list groups"); err != nil {
		return umapi.GroupsPage{}, err
	}
	return g.adobe.GroupsPage(ctx, page, options...)
}
