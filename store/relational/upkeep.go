package relational

import (
	"context"
	"fmt"
	"slices"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

const (
	// Lines are numbered as they are written, so the oldest come first.
	trimJournal = `
		DELETE FROM journal
		WHERE seq < (SELECT MIN(seq) FROM journal) + CAST($1 AS BIGINT) AND (at < $2 OR seq <= (SELECT MAX(seq) FROM journal) - CAST($3 AS BIGINT))`

	trimCalls = `
		DELETE FROM calls WHERE (org, id) IN (
			SELECT org, id FROM calls WHERE settled_at > 0 AND settled_at < CAST($1 AS BIGINT) ORDER BY settled_at LIMIT CAST($2 AS BIGINT))`
)

// Trim removes what is kept no longer, at most limit rows of each table, and returns
// how many it removed.
func (s *Store) Trim(ctx context.Context, k store.Keep, limit int) (int, error) {
	var lines, calls int64
	err := s.update(ctx, Refuse, func(ctx context.Context, t tx) (err error) {
		if lines, err = t.Exec(ctx, trimJournal, limit, micros(k.Lines), k.MaxLines); err != nil {
			return err
		}
		calls, err = t.Exec(ctx, trimCalls, micros(k.Calls), limit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("trim: %w", err)
	}
	return int(lines + calls), nil
}

const (
	userStillThere = `SELECT EXISTS (SELECT 1 FROM users WHERE org = $1 AND id = $2)`

	userStillDue = `
		SELECT EXISTS (SELECT 1 FROM due WHERE org = $1 AND kind = 'user' AND group_id = '' AND user_id = $2)
			OR EXISTS (SELECT 1 FROM due WHERE org = $1 AND kind = 'edge' AND user_id = $2)`

	accountStillDue = `SELECT EXISTS (SELECT 1 FROM due WHERE org = $1 AND kind = 'mirrored' AND user_id = $2)`

	presenceOf = `SELECT presence FROM accounts WHERE org = $1 AND id = $2`

	linkedToAccount = `SELECT directory_id FROM links WHERE org = $1 AND kind = 'user' AND mirror_id = $2`

	eraseLinks   = `DELETE FROM links WHERE org = $1 AND kind = 'user' AND directory_id = $2`
	eraseAccount = `DELETE FROM accounts WHERE org = $1 AND id = $2`
	eraseLines   = `DELETE FROM journal WHERE org = $1 AND user_id = $2 AND user_id <> ''`
)

// Erase removes what is known of users who have left.
func (s *Store) Erase(ctx context.Context, org string, who store.Traces, o directory.Origin) (store.Erased, error) {
	var e store.Erased
	err := s.update(ctx, Wait, func(ctx context.Context, t tx) (err error) {
		if err := t.left(ctx, org, who.Users); err != nil {
			return err
		}
		e, err = t.erase(ctx, org, who)
		if err != nil {
			return err
		}
		t.note(org, store.Entry{At: o.At, Actor: o.Actor, RequestID: o.RequestID, Event: "erased", Text: e.String()})
		return nil
	})
	if err != nil {
		return store.Erased{}, fmt.Errorf("erase: %w", err)
	}
	return e, nil
}

// left returns an error unless all users are gone, and Adobe has followed.
func (t tx) left(ctx context.Context, org string, users []string) error {
	for _, id := range users {
		var there, due bool
		if _, err := t.Row(ctx, userStillThere, []any{org, id}, &there); err != nil {
			return err
		}
		if _, err := t.Row(ctx, userStillDue, []any{org, id}, &due); err != nil {
			return err
		}
		switch {
		case there:
			return &store.StillThereError{What: "user " + id + " is in the directory"}
		case due:
			return &store.StillThereError{What: "something of user " + id + " is due"}
		}
	}
	return nil
}

func (t tx) erase(ctx context.Context, org string, who store.Traces) (e store.Erased, err error) {
	for _, id := range who.Users {
		for _, step := range []struct {
			query string
			count *int
		}{{eraseLinks, &e.Links}, {eraseLines, &e.Lines}} {
			n, err := t.Exec(ctx, step.query, org, id)
			if err != nil {
				return e, err
			}
			*step.count += int(n)
		}
	}
	for _, id := range who.Accounts {
		goes, err := t.accountGoes(ctx, org, id)
		if err != nil {
			return e, err
		}
		if !goes {
			e.Kept = append(e.Kept, id)
			continue
		}
		n, err := t.Exec(ctx, eraseAccount, org, id)
		if err != nil {
			return e, err
		}
		e.Accounts += int(n)
	}
	return e, nil
}

// accountGoes reports whether an account is nobody's any more. The links of those
// who are erased are gone by then.
func (t tx) accountGoes(ctx context.Context, org, id string) (bool, error) {
	var due bool
	var presence string
	known, err := t.Row(ctx, presenceOf, []any{org, id}, &presence)
	if err != nil || !known {
		return true, err
	}
	if _, err := t.Row(ctx, accountStillDue, []any{org, id}, &due); err != nil {
		return false, err
	}
	linked, err := texts(ctx, t, linkedToAccount, org, id)
	switch {
	case err != nil:
		return false, err
	case due || !slices.Contains([]string{string(plan.Absent), string(plan.Present)}, presence):
		return false, &store.StillThereError{What: "what Adobe has of account " + id + " is still to be found out"}
	}
	return presence == string(plan.Absent) && len(linked) == 0, nil
}
