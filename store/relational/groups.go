package relational

import (
	"context"
	"errors"
	"fmt"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

// groupRow is what a group's document says, as the columns hold it.
type groupRow struct {
	document, name, nameKey, external string
}

func newGroupRow(id string, doc []byte) (groupRow, error) {
	if id == "" {
		return groupRow{}, errors.New("id is empty")
	}
	text, _, err := canonical(doc)
	if err != nil {
		return groupRow{}, err
	}
	a, err := directory.Group{Meta: directory.Meta{ID: id}, Document: doc}.Attributes()
	if err != nil {
		return groupRow{}, err
	}
	return groupRow{document: text, name: a.DisplayName, nameKey: directory.Fold(a.DisplayName), external: a.ExternalID}, nil
}

const insertGroup = `
	INSERT INTO groups (org, id, document, display_name_key, display, external_id, version, created, modified)
	VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7)
	ON CONFLICT (org, display_name_key) DO NOTHING
	RETURNING key`

// CreateGroup stores a new group at version 1 with its members and makes the
// group (class join) and each membership (class membership) due. Ids that are
// unknown are left out and returned; c.RefuseUnknown and c.RefuseNested make
// them errors. It returns a directory.ConflictError for "displayName" if the
// name, compared by directory.Fold, is taken.
func (s *Store) CreateGroup(
	ctx context.Context, org string, g directory.Group, c directory.GroupChange, o directory.Origin,
) (directory.Group, []string, error) {
	r, err := newGroupRow(g.ID, g.Document)
	if err != nil {
		return directory.Group{}, nil, fmt.Errorf("create group: %w", err)
	}
	var stored directory.Group
	var unknown []string
	err = s.update(ctx, Refuse, func(ctx context.Context, t tx) error {
		var key int64
		found, err := t.Row(ctx, insertGroup,
			[]any{org, g.ID, r.document, r.nameKey, r.name, r.external, micros(o.At)}, &key)
		if err != nil {
			return err
		}
		if !found {
			return &directory.ConflictError{Attribute: "displayName", Value: r.name}
		}
		m := &membership{t: t, org: org, group: g.ID, key: key, change: c}
		if err := m.apply(ctx); err != nil {
			return err
		}
		unknown = m.unknown
		due, err := t.owe(ctx, org, o.At)
		if err != nil {
			return err
		}
		due.group(g.ID, plan.ClassGroup)
		if err := m.due(ctx, due); err != nil {
			return err
		}
		t.note(org, m.entry(o, "created", "created group "+r.name))
		stored, err = conn{t}.group(ctx, org, g.ID)
		return err
	})
	if err != nil {
		return directory.Group{}, nil, fmt.Errorf("create group %s: %w", g.ID, err)
	}
	return stored, unknown, nil
}

const (
	groupState = `SELECT key, version, document, display_name_key, display FROM groups WHERE org = $1 AND id = $2`

	groupNameTaken = `SELECT EXISTS (SELECT 1 FROM groups WHERE org = $1 AND display_name_key = $2)`

	updateGroup = `
		UPDATE groups SET document = $2, display_name_key = $3, display = $4, external_id = $5,
			version = version + 1, modified = $6
		WHERE key = $1`

	moveGroup = `UPDATE groups SET version = version + 1, modified = $2 WHERE key = $1`
)

// UpdateGroup applies a change and returns the group and the unknown member ids
// that it left out. It makes due: the group (class attribute) if its document
// changed, and each membership that came or went (class membership). The cost
// follows the change, not the size of the group. A change without effect moves
// neither version nor date. Changes that name no version never fail because of
// one another.
func (s *Store) UpdateGroup(
	ctx context.Context, org, id string, c directory.GroupChange, o directory.Origin,
) (directory.Group, []string, error) {
	var r *groupRow
	if c.Document != nil {
		row, err := newGroupRow(id, c.Document)
		if err != nil {
			return directory.Group{}, nil, fmt.Errorf("update group %s: %w", id, err)
		}
		r = &row
	}
	var stored directory.Group
	var unknown []string
	err := s.update(ctx, Refuse, func(ctx context.Context, t tx) error {
		var version int64
		var old groupRow
		m := &membership{t: t, org: org, group: id, change: c}
		found, err := t.Row(ctx, groupState, []any{org, id}, &m.key, &version, &old.document, &old.nameKey, &old.name)
		if err != nil {
			return err
		}
		if err := fits(found, version, c.IfVersion); err != nil {
			return err
		}
		if err := m.apply(ctx); err != nil {
			return err
		}
		unknown = m.unknown
		if r != nil && r.document == old.document {
			r = nil
		}
		if err := t.updateGroup(ctx, m, old, r, o); err != nil {
			return err
		}
		stored, err = conn{t}.group(ctx, org, id)
		return err
	})
	if err != nil {
		return directory.Group{}, nil, fmt.Errorf("update group %s: %w", id, err)
	}
	return stored, unknown, nil
}

// updateGroup writes a new document, if there is one, and what follows from it
// and from the members that came and went.
func (t tx) updateGroup(ctx context.Context, m *membership, old groupRow, r *groupRow, o directory.Origin) error {
	if r == nil && m.same() {
		if len(m.unknown) > 0 {
			t.note(m.org, m.entry(o, "updated", ""))
		}
		return nil
	}
	due, err := t.owe(ctx, m.org, o.At)
	if err != nil {
		return err
	}
	text := ""
	if r != nil {
		if r.nameKey != old.nameKey {
			var taken bool
			if _, err := t.Row(ctx, groupNameTaken, []any{m.org, r.nameKey}, &taken); err != nil {
				return err
			}
			if taken {
				return &directory.ConflictError{Attribute: "displayName", Value: r.name}
			}
		}
		t.Later(updateGroup, m.key, r.document, r.nameKey, r.name, r.external, micros(o.At))
		due.group(m.group, plan.ClassAttribute)
		text = "updated group " + r.name
	} else {
		t.Later(moveGroup, m.key, micros(o.At))
	}
	if err := m.due(ctx, due); err != nil {
		return err
	}
	t.note(m.org, m.entry(o, "updated", text))
	return nil
}

const (
	leaveParents = `
		UPDATE groups SET version = version + 1, modified = $2
		WHERE key IN (SELECT group_key FROM members WHERE child_key = $1) AND key <> $1`
	leaveAsChild  = `DELETE FROM members WHERE child_key = $1`
	removeMembers = `DELETE FROM members WHERE group_key = $1`
	deleteGroup   = `DELETE FROM groups WHERE key = $1`
)

// DeleteGroup removes a group and its memberships (not its members) and makes
// the group (class leave) and each membership due. The version of a group that
// it was a member of moves.
func (s *Store) DeleteGroup(ctx context.Context, org, id string, ifVersion int64, o directory.Origin) error {
	err := s.update(ctx, Refuse, func(ctx context.Context, t tx) error {
		var key, version int64
		var old groupRow
		found, err := t.Row(ctx, groupState, []any{org, id}, &key, &version, &old.document, &old.nameKey, &old.name)
		if err != nil {
			return err
		}
		if err := fits(found, version, ifVersion); err != nil {
			return err
		}
		due, err := t.owe(ctx, org, o.At)
		if err != nil {
			return err
		}
		due.group(id, plan.ClassLeave)
		users, err := texts(ctx, t, usersBelow, []int64{key})
		if err != nil {
			return err
		}
		due.edges(key, users)
		t.Later(leaveParents, key, micros(o.At))
		t.Later(leaveAsChild, key)
		t.Later(removeMembers, key)
		t.Later(deleteGroup, key)
		t.note(org, store.Entry{
			At: o.At, Actor: o.Actor, RequestID: o.RequestID, Group: id, Event: "deleted", Text: "deleted group " + old.name,
		})
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete group %s: %w", id, err)
	}
	return nil
}
