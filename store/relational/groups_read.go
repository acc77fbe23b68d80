package relational

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/scim-bridge/scim-bridge/directory"
)

// groupColumns and groupJoins read a group with how far Adobe has followed: d
// is the group's own row, w counts its memberships, and e is one of those that
// stand worst.
const (
	groupColumns = `g.id, g.document, g.version, g.created, g.modified,
		COALESCE(d.state, ''), COALESCE(d.code, ''), COALESCE(d.message, ''), COALESCE(d.hint, ''),
		COALESCE(w.pending, 0), COALESCE(w.held, 0), COALESCE(w.failed, 0),
		COALESCE(e.code, ''), COALESCE(e.message, ''), COALESCE(e.hint, ''),
		COALESCE((SELECT MAX(l.synced_at) FROM links l
			WHERE l.org = g.org AND l.kind = 'group' AND l.directory_id = g.id), 0)`
	groupJoins = `
		LEFT JOIN due d ON d.org = g.org AND d.kind = 'group' AND d.group_id = g.id AND d.user_id = ''
		LEFT JOIN work w ON w.org = g.org AND w.kind = 'edge' AND w.group_id = g.id
		LEFT JOIN due e ON e.org = g.org AND e.kind = 'edge' AND e.group_id = g.id AND e.user_id = (
			SELECT s.user_id FROM due s
			WHERE s.org = g.org AND s.kind = 'edge' AND s.group_id = g.id AND s.state <> 'pending'
				AND s.state = CASE WHEN w.failed > 0 THEN 'failed' WHEN w.held > 0 THEN 'held' END
			LIMIT 1)`

	groupByID = `SELECT ` + groupColumns + ` FROM groups g` + groupJoins + ` WHERE g.org = $1 AND g.id = $2`
)

// scanGroup reads groupColumns.
func scanGroup(row Scanner) (directory.Group, error) {
	var g directory.Group
	var doc string
	var created, modified int64
	var s standing
	err := row.Scan(&g.ID, &doc, &g.Version, &created, &modified,
		&s.own.state, &s.own.problem.Code, &s.own.problem.Message, &s.own.problem.Hint,
		&s.pending, &s.held, &s.failed,
		&s.edge.problem.Code, &s.edge.problem.Message, &s.edge.problem.Hint, &s.synced)
	if err != nil {
		return directory.Group{}, err
	}
	g.Document = json.RawMessage(doc)
	g.Created, g.LastModified = date(created), date(modified)
	g.Sync = s.sync()
	return g, nil
}

// group reads one group, or returns directory.ErrNotFound.
func (c conn) group(ctx context.Context, org, id string) (directory.Group, error) {
	var g directory.Group
	err := directory.ErrNotFound
	if each := c.Each(ctx, groupByID, []any{org, id}, func(row Scanner) error {
		g, err = scanGroup(row)
		return err
	}); each != nil {
		return directory.Group{}, each
	}
	return g, err
}

// Group returns one group without its members, or directory.ErrNotFound.
func (s *Store) Group(ctx context.Context, org, id string) (directory.Group, error) {
	var g directory.Group
	err := s.read(ctx, func(ctx context.Context, c conn) (err error) {
		g, err = c.group(ctx, org, id)
		return err
	})
	if err != nil {
		return directory.Group{}, fmt.Errorf("read group %s: %w", id, err)
	}
	return g, nil
}

const (
	// The order is that of the members' primary key, so that a page costs what
	// it holds.
	membersAfter = `
		SELECT m.member_id, m.child_key IS NOT NULL, COALESCE(u.display, h.display, '')
		FROM groups g CROSS JOIN members m
		LEFT JOIN users u ON u.key = m.user_key
		LEFT JOIN groups h ON h.key = m.child_key
		WHERE g.org = $1 AND g.id = $2 AND m.group_key = g.key AND m.member_id > $3
		ORDER BY m.member_id LIMIT CAST($4 AS BIGINT)`

	countMembers = `
		SELECT COUNT(*) FROM (
			SELECT 1 FROM groups g CROSS JOIN members m
			WHERE g.org = $1 AND g.id = $2 AND m.group_key = g.key LIMIT CAST($3 AS BIGINT)) counted`

	whichAreMembers = `
		SELECT m.member_id
		FROM groups g CROSS JOIN {texts $3 AS j} CROSS JOIN members m
		WHERE g.org = $1 AND g.id = $2 AND m.group_key = g.key AND m.member_id = j.value`
)

// Members returns up to limit direct members of a group whose id is greater
// than after, in order of id: pass the last id to go on. A group that is unknown
// has none.
func (s *Store) Members(ctx context.Context, org, group, after string, limit int) ([]directory.Member, error) {
	if limit <= 0 {
		return nil, nil
	}
	var all []directory.Member
	err := s.snapshot(ctx, func(ctx context.Context, c conn) error {
		return c.Each(ctx, membersAfter, []any{org, group, after, limit}, func(row Scanner) error {
			m := directory.Member{Type: directory.MemberUser}
			var nested bool
			if err := row.Scan(&m.ID, &nested, &m.Display); err != nil {
				return err
			}
			if nested {
				m.Type = directory.MemberGroup
			}
			all = append(all, m)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read members of group %s: %w", group, err)
	}
	return all, nil
}

// CountMembers counts a group's direct members, up to limit.
func (s *Store) CountMembers(ctx context.Context, org, group string, limit int) (int, error) {
	n := 0
	err := s.read(ctx, func(ctx context.Context, c conn) error {
		_, err := c.Row(ctx, countMembers, []any{org, group, max(limit, 0)}, &n)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count members of group %s: %w", group, err)
	}
	return n, nil
}

// IsMember reports which of the ids are direct members of a group.
func (s *Store) IsMember(ctx context.Context, org, group string, ids []string) (map[string]bool, error) {
	is := make(map[string]bool, len(ids))
	for _, id := range ids {
		is[id] = false
	}
	err := s.read(ctx, func(ctx context.Context, c conn) error {
		return c.Each(ctx, whichAreMembers, []any{org, group, ids}, func(row Scanner) error {
			var id string
			if err := row.Scan(&id); err != nil {
				return err
			}
			is[id] = true
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read members of group %s: %w", group, err)
	}
	return is, nil
}
