package relational

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/scim-bridge/scim-bridge/directory"
)

// userColumns and userJoins read a user with how far Adobe has followed.
const (
	userColumns = `u.id, u.document, u.version, u.created, u.modified,
		COALESCE(d.state, ''), COALESCE(d.code, ''), COALESCE(d.message, ''), COALESCE(d.hint, ''),
		COALESCE((SELECT MAX(l.synced_at) FROM links l
			WHERE l.org = u.org AND l.kind = 'user' AND l.directory_id = u.id), 0)`
	userJoins = `
		LEFT JOIN due d ON d.org = u.org AND d.kind = 'user' AND d.group_id = '' AND d.user_id = u.id`

	userByID = `SELECT ` + userColumns + ` FROM users u` + userJoins + ` WHERE u.org = $1 AND u.id = $2`
)

// scanUser reads userColumns.
func scanUser(row Scanner) (directory.User, error) {
	var u directory.User
	var doc string
	var created, modified int64
	var s standing
	err := row.Scan(&u.ID, &doc, &u.Version, &created, &modified,
		&s.own.state, &s.own.problem.Code, &s.own.problem.Message, &s.own.problem.Hint, &s.synced)
	if err != nil {
		return directory.User{}, err
	}
	u.Document = json.RawMessage(doc)
	u.Created, u.LastModified = date(created), date(modified)
	u.Sync = s.sync()
	return u, nil
}

// user reads one user, or returns directory.ErrNotFound.
func (c conn) user(ctx context.Context, org, id string) (directory.User, error) {
	var u directory.User
	err := directory.ErrNotFound
	if each := c.Each(ctx, userByID, []any{org, id}, func(row Scanner) error {
		u, err = scanUser(row)
		return err
	}); each != nil {
		return directory.User{}, each
	}
	return u, err
}

// User returns one user, or directory.ErrNotFound.
func (s *Store) User(ctx context.Context, org, id string) (directory.User, error) {
	var u directory.User
	err := s.read(ctx, func(ctx context.Context, c conn) (err error) {
		u, err = c.user(ctx, org, id)
		return err
	})
	if err != nil {
		return directory.User{}, fmt.Errorf("read user %s: %w", id, err)
	}
	return u, nil
}

const groupsOfUsers = `
	SELECT u.id, g.id, g.display
	FROM {texts $2 AS j} CROSS JOIN users u
	JOIN members m ON m.user_key = u.key
	JOIN groups g ON g.key = m.group_key
	WHERE u.org = $1 AND u.id = j.value
	ORDER BY g.display_name_key`

// GroupsOf returns the groups of which each user is a direct member, by user
// id, ordered by displayName. Users without a group are left out.
func (s *Store) GroupsOf(ctx context.Context, org string, users []string) (map[string][]directory.GroupRef, error) {
	all := make(map[string][]directory.GroupRef)
	err := s.read(ctx, func(ctx context.Context, c conn) error {
		return c.Each(ctx, groupsOfUsers, []any{org, distinct(users)}, func(row Scanner) error {
			var user string
			var g directory.GroupRef
			if err := row.Scan(&user, &g.ID, &g.DisplayName); err != nil {
				return err
			}
			all[user] = append(all[user], g)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read groups of users: %w", err)
	}
	return all, nil
}
