package relational

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/search"
)

// userRow is what a user's document says, as the columns hold it.
type userRow struct {
	document, search                           string
	name, nameKey, external, displayKey, shown string
	active                                     bool
}

func newUserRow(id string, doc []byte) (userRow, error) {
	if id == "" {
		return userRow{}, errors.New("id is empty")
	}
	text, m, err := canonical(doc)
	if err != nil {
		return userRow{}, err
	}
	searched, err := search.Document(m)
	if err != nil {
		return userRow{}, err
	}
	a, err := directory.User{Meta: directory.Meta{ID: id}, Document: doc}.Attributes()
	if err != nil {
		return userRow{}, err
	}
	r := userRow{
		document:   text,
		search:     string(searched),
		name:       a.UserName,
		nameKey:    directory.FoldUserName(a.UserName),
		external:   a.ExternalID,
		displayKey: directory.Fold(a.DisplayName),
		shown:      a.DisplayName,
		active:     a.IsActive(),
	}
	if r.shown == "" {
		r.shown = a.UserName
	}
	return r, nil
}

// SearchedBy returns what a user of an older database is searched by, and the key of
// its name.
func SearchedBy(id string, doc []byte) (searched, nameKey string, err error) {
	r, err := newUserRow(id, doc)
	return r.search, r.nameKey, err
}

const insertUser = `
	INSERT INTO users (org, id, document, user_name_key, external_id, display_name_key, display,
		active, version, created, modified, search)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9, {document $10})
	ON CONFLICT (org, user_name_key) DO NOTHING`

// CreateUser stores a new user at version 1 and makes it due, with class join
// if it is active, else leave. It returns a directory.ConflictError for
// "userName" if the name, compared by directory.FoldUserName, is taken.
func (s *Store) CreateUser(ctx context.Context, org string, u directory.User, o directory.Origin) (directory.User, error) {
	r, err := newUserRow(u.ID, u.Document)
	if err != nil {
		return directory.User{}, fmt.Errorf("create user: %w", err)
	}
	err = s.update(ctx, Refuse, func(ctx context.Context, t tx) error {
		n, err := t.Exec(ctx, insertUser, org, u.ID, r.document, r.nameKey, r.external, r.displayKey, r.shown,
			flag(r.active), micros(o.At), r.search)
		if err != nil {
			return err
		}
		if n == 0 {
			return &directory.ConflictError{Attribute: "userName", Value: r.name}
		}
		class := plan.ClassLeave
		if r.active {
			class = plan.ClassJoin
		}
		return t.userChanged(ctx, org, u.ID, class, o, "created", "created user "+r.name)
	})
	if err != nil {
		return directory.User{}, fmt.Errorf("create user %s: %w", u.ID, err)
	}
	return written(u.ID, r, 1, micros(o.At), o), nil
}

// written is a user as a write leaves it. To read it back would take the writer's
// time, for which all writes wait.
func written(id string, r userRow, version, created int64, o directory.Origin) directory.User {
	return directory.User{
		Meta:     directory.Meta{ID: id, Version: version, Created: date(created), LastModified: date(micros(o.At))},
		Document: json.RawMessage(r.document),
		Sync:     directory.Sync{State: directory.SyncPending},
	}
}

// userChanged makes a user due and says so in the journal.
func (t tx) userChanged(ctx context.Context, org, id string, c plan.Class, o directory.Origin, event, text string) error {
	due, err := t.owe(ctx, org, o.At)
	if err != nil {
		return err
	}
	due.user(id, c)
	t.note(org, store.Entry{
		At: o.At, Actor: o.Actor, RequestID: o.RequestID, User: id, Event: event, Text: text,
	})
	return nil
}

const (
	userState = `
		SELECT key, version, created, document, user_name_key, external_id, display_name_key, display, active = 1
		FROM users WHERE org = $1 AND id = $2`

	userNameTaken = `SELECT EXISTS (SELECT 1 FROM users WHERE org = $1 AND user_name_key = $2)`

	updateUser = `
		UPDATE users SET document = $2, active = $3, version = version + 1, modified = $4, search = {document $5}
		WHERE key = $1`

	// Apart from the rest, since a statement may rewrite every index of a column
	// that it sets, and names seldom change.
	renameUser = `
		UPDATE users SET user_name_key = $2, external_id = $3, display_name_key = $4, display = $5
		WHERE key = $1`
)

// UpdateUser replaces the document of a user whose version is ifVersion, else
// directory.ErrVersion; zero fits any version. It makes the user due: class
// leave if it was active and is no longer, join if it is active and was not,
// else attribute. An equal document changes nothing: no version, no date,
// nothing due.
func (s *Store) UpdateUser(
	ctx context.Context, org, id string, ifVersion int64, doc []byte, o directory.Origin,
) (directory.User, error) {
	r, err := newUserRow(id, doc)
	if err != nil {
		return directory.User{}, fmt.Errorf("update user %s: %w", id, err)
	}
	var stored directory.User
	err = s.update(ctx, Refuse, func(ctx context.Context, t tx) error {
		var key, version, created int64
		var old userRow
		found, err := t.Row(ctx, userState, []any{org, id}, &key, &version, &created,
			&old.document, &old.nameKey, &old.external, &old.displayKey, &old.shown, &old.active)
		if err != nil {
			return err
		}
		if err := fits(found, version, ifVersion); err != nil {
			return err
		}
		if r.document == old.document {
			stored, err = conn{t}.user(ctx, org, id)
			return err
		}
		stored = written(id, r, version+1, created, o)
		return t.updateUser(ctx, org, id, key, old, r, o)
	})
	if err != nil {
		return directory.User{}, fmt.Errorf("update user %s: %w", id, err)
	}
	return stored, nil
}

func (t tx) updateUser(ctx context.Context, org, id string, key int64, old, r userRow, o directory.Origin) error {
	if r.nameKey != old.nameKey {
		var taken bool
		if _, err := t.Row(ctx, userNameTaken, []any{org, r.nameKey}, &taken); err != nil {
			return err
		}
		if taken {
			return &directory.ConflictError{Attribute: "userName", Value: r.name}
		}
	}
	t.Later(updateUser, key, r.document, flag(r.active), micros(o.At), r.search)
	if r.nameKey != old.nameKey || r.external != old.external || r.displayKey != old.displayKey || r.shown != old.shown {
		t.Later(renameUser, key, r.nameKey, r.external, r.displayKey, r.shown)
	}
	class, event, text := plan.ClassAttribute, "updated", "updated user "+r.name
	switch {
	case old.active && !r.active:
		class, event, text = plan.ClassLeave, "deactivated", "deactivated user "+r.name
	case !old.active && r.active:
		class, event, text = plan.ClassJoin, "activated", "activated user "+r.name
	}
	return t.userChanged(ctx, org, id, class, o, event, text)
}

// fits checks that a resource is there, in the version that is asked for.
func fits(found bool, version, ifVersion int64) error {
	if !found {
		return directory.ErrNotFound
	}
	if ifVersion != 0 && ifVersion != version {
		return fmt.Errorf("it has version %d and not %d: %w", version, ifVersion, directory.ErrVersion)
	}
	return nil
}

// nameIn is the userName as a stored document spells it. One that cannot be
// read is no reason to keep the user.
func nameIn(document string) string {
	a, err := directory.User{Document: []byte(document)}.Attributes()
	if err != nil {
		return "whose document is damaged"
	}
	return a.UserName
}

const (
	leaveGroups = `
		UPDATE groups SET version = version + 1, modified = $2
		WHERE key IN (SELECT group_key FROM members WHERE user_key = $1)`
	leaveMembers = `DELETE FROM members WHERE user_key = $1`
	deleteUser   = `DELETE FROM users WHERE key = $1`
)

// DeleteUser removes a user and its memberships, moves the version of the
// groups that it was in, and makes the user (class leave) and those memberships
// due. ifVersion as for UpdateUser.
func (s *Store) DeleteUser(ctx context.Context, org, id string, ifVersion int64, o directory.Origin) error {
	err := s.update(ctx, Refuse, func(ctx context.Context, t tx) error {
		var key, version, created int64
		var old userRow
		found, err := t.Row(ctx, userState, []any{org, id}, &key, &version, &created,
			&old.document, &old.nameKey, &old.external, &old.displayKey, &old.shown, &old.active)
		if err != nil {
			return err
		}
		if err := fits(found, version, ifVersion); err != nil {
			return err
		}
		name := nameIn(old.document)
		due, err := t.owe(ctx, org, o.At)
		if err != nil {
			return err
		}
		due.user(id, plan.ClassLeave)
		t.Later(edgesOfUser, org, id, due.generation, plan.Rank(plan.ClassMembership, o.At), micros(o.At), key)
		t.Later(leaveGroups, key, micros(o.At))
		t.Later(leaveMembers, key)
		t.Later(deleteUser, key)
		t.note(org, store.Entry{
			At: o.At, Actor: o.Actor, RequestID: o.RequestID, User: id, Event: "deleted", Text: "deleted user " + name,
		})
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete user %s: %w", id, err)
	}
	return nil
}
