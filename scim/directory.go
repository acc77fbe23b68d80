package scim

import (
	"context"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// Directory is where resources are kept. A write that returned nil is durable,
// and one that returned an error changed nothing. All methods may be called
// concurrently. They return the errors of package directory; any other error
// means that the directory cannot answer now.
type Directory interface {
	Users
	Groups
}

// Users is the part of a [Directory] that keeps users.
type Users interface {
	// CreateUser stores a new user, or returns a directory.ConflictError.
	CreateUser(ctx context.Context, org string, u directory.User, o directory.Origin) (directory.User, error)
	// User returns one user, or directory.ErrNotFound.
	User(ctx context.Context, org, id string) (directory.User, error)
	// UpdateUser replaces a user's document if its version is ifVersion, else
	// it returns directory.ErrVersion. An equal document changes nothing. When
	// the user was last synced is not in what it returns.
	UpdateUser(ctx context.Context, org, id string, ifVersion int64, doc []byte, o directory.Origin) (directory.User, error)
	// DeleteUser removes a user and its memberships. An ifVersion of zero fits
	// any version.
	DeleteUser(ctx context.Context, org, id string, ifVersion int64, o directory.Origin) error
	// Users lists the users that match a query, in a stable order.
	Users(ctx context.Context, org string, q filter.Query, page directory.Page) (directory.List[directory.User], error)
	// GroupsOf returns the groups of which each user is a direct member, by
	// user id.
	GroupsOf(ctx context.Context, org string, users []string) (map[string][]directory.GroupRef, error)
}

// Groups is the part of a [Directory] that keeps groups and their members.
type Groups interface {
	// CreateGroup stores a new group with its members and returns the member
	// ids that it left out because they are unknown, or a
	// directory.ConflictError.
	CreateGroup(ctx context.Context, org string, g directory.Group, c directory.GroupChange, o directory.Origin) (directory.Group, []string, error)
	// Group returns one group without its members, or directory.ErrNotFound.
	Group(ctx context.Context, org, id string) (directory.Group, error)
	// UpdateGroup applies a change, and returns the unknown member ids that it
	// left out. Changes that name no version never fail because of one another.
	UpdateGroup(ctx context.Context, org, id string, c directory.GroupChange, o directory.Origin) (directory.Group, []string, error)
	// DeleteGroup removes a group and its memberships, not its members.
	DeleteGroup(ctx context.Context, org, id string, ifVersion int64, o directory.Origin) error
	// Groups lists the groups that match a query, in a stable order.
	Groups(ctx context.Context, org string, q filter.Query, page directory.Page) (directory.List[directory.Group], error)
	// Members returns up to limit members whose id is greater than after, in
	// order of id.
	Members(ctx context.Context, org, group, after string, limit int) ([]directory.Member, error)
	// CountMembers counts a group's direct members, up to limit.
	CountMembers(ctx context.Context, org, group string, limit int) (int, error)
}
