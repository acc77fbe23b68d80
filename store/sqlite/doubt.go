package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/scim-bridge/scim-bridge/plan"
)

const (
	allOrgs = `
		SELECT org FROM orgs UNION SELECT org FROM users UNION SELECT org FROM groups UNION SELECT org FROM accounts ORDER BY org`

	// Absent ones, too: somebody may be back since.
	doubtAccounts = `UPDATE accounts SET presence = 'unknown', look_at = 0, looks = 0 WHERE org = ?1`
	doubtGroups   = `UPDATE adobe_groups SET presence = 'unknown', missed_at = 0 WHERE org = ?1 AND presence <> 'absent' AND type = 'USER_GROUP'`

	holdDue = `
		UPDATE due SET state = 'held', parked = 0, not_before = 0, attempts = 0, alone = 0, released = 0,
			code = ?2, message = ?3, hint = ?4
		WHERE org = ?1`

	// A listing of Adobe's groups may have begun just before: another one at once
	// would lock the client out.
	doubtOrg = `UPDATE orgs SET paused_until = MAX(paused_until, ?2), listing_began_at = ?3 WHERE org = ?1`

	everyUserDue = `
		INSERT INTO due (org, kind, group_id, user_id, generation, rank, since,
			state, parked, not_before, attempts, alone, released, code, message, hint)
		SELECT ?1, 'user', '', id, ?2, CASE active WHEN 1 THEN ?3 ELSE ?4 END, ?5, 'pending', 0, 0, 0, 0, 0, '', '', ''
		FROM users WHERE org = ?1` + renew
)

// doubt prepares a database that is older than Adobe: what an org had due, and all
// its users, groups and memberships, are due and held, until the provider says
// something about one or a person lets it go. Then Adobe is read before anything is
// sent, since of nothing is it known that it is there, or that it is not.
// Memberships are looked at with their user. Nothing is sent before the minute is
// over in which the former process may have sent.
func (s *Store) doubt(ctx context.Context, now time.Time) error {
	err := s.update(ctx, wait, func(ctx context.Context, t *tx) error {
		orgs, err := t.strings(ctx, allOrgs)
		if err != nil {
			return err
		}
		for _, org := range orgs {
			if err := t.doubt(ctx, org, now); err != nil {
				return fmt.Errorf("org %s: %w", org, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("doubt the mirror: %w", err)
	}
	return nil
}

func (t *tx) doubt(ctx context.Context, org string, now time.Time) error {
	due, err := t.owe(ctx, org, now)
	if err != nil {
		return err
	}
	at := micros(now)
	rank := func(c plan.Class) int64 { return plan.Rank(c, now) }
	groups, err := t.strings(ctx, `SELECT id FROM groups WHERE org = ?1`, org)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		query string
		args  []any
	}{
		{doubtOrg, []any{micros(now.Add(pauseRestored)), at}},
		{doubtAccounts, nil},
		{doubtGroups, nil},
		{everyUserDue, []any{due.generation, rank(plan.ClassAttribute), rank(plan.ClassLeave), at}},
		{allGroupsDue, []any{due.generation, rank(plan.ClassAttribute), at}},
	} {
		if _, err := t.exec(ctx, step.query, append([]any{org}, step.args...)...); err != nil {
			return err
		}
	}
	for _, g := range groups {
		if err := due.touch(ctx, plan.Touch{Kind: plan.KindEdge, Group: g, Class: plan.ClassMembership}); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, holdDue, org, plan.Restored.Code, plan.Restored.Message, plan.Restored.Hint)
	return err
}

// pauseRestored is a window of Adobe's limits, of which the backup does not know
// how much was spent.
const pauseRestored = 61 * time.Second
