package relational

import (
	"context"
	"fmt"

	"github.com/scim-bridge/scim-bridge/store"
)

const addEntry = `
	INSERT INTO journal (org, at, actor, request_id, user_id, group_id, event, text)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

// note adds a line to the journal.
func (t tx) note(org string, e store.Entry) {
	t.Later(addEntry, org, micros(e.At), e.Actor, e.RequestID, e.User, e.Group, e.Event, e.Text)
}

const (
	entryColumns = `seq, at, actor, request_id, user_id, group_id, event, text`

	allEntries = `SELECT ` + entryColumns + ` FROM journal WHERE org = $1 ORDER BY seq DESC LIMIT CAST($2 AS BIGINT)`

	// UNION, since a line may be about a user and a group of one id.
	entriesAbout = `
		SELECT * FROM (
			SELECT ` + entryColumns + ` FROM journal WHERE org = $1 AND user_id = $3 AND user_id <> ''
			ORDER BY seq DESC LIMIT CAST($2 AS BIGINT)) of_user
		UNION
		SELECT * FROM (
			SELECT ` + entryColumns + ` FROM journal WHERE org = $1 AND group_id = $3 AND group_id <> ''
			ORDER BY seq DESC LIMIT CAST($2 AS BIGINT)) of_group
		ORDER BY seq DESC LIMIT CAST($2 AS BIGINT)`
)

// Journal returns up to limit entries about a user or group id, the newest
// first; with an empty id, about anything.
func (s *Store) Journal(ctx context.Context, org, id string, limit int) ([]store.Entry, error) {
	if limit <= 0 {
		return nil, nil
	}
	query, args := allEntries, []any{org, limit}
	if id != "" {
		query, args = entriesAbout, append(args, id)
	}
	var all []store.Entry
	err := s.read(ctx, func(ctx context.Context, c conn) error {
		return c.Each(ctx, query, args, func(row Scanner) error {
			var e store.Entry
			var seq, at int64
			if err := row.Scan(&seq, &at, &e.Actor, &e.RequestID, &e.User, &e.Group, &e.Event, &e.Text); err != nil {
				return err
			}
			e.At = date(at)
			all = append(all, e)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	return all, nil
}
