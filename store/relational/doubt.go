package relational

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
	doubtAccounts = `UPDATE accounts SET presence = 'unknown', look_at = 0, looks = 0 WHERE org = $1`
	doubtGroups   = `UPDATE adobe_groups SET presence = 'unknown', missed_at = 0 WHERE org = $1 AND presence <> 'absent' AND type = 'USER_GROUP'`

	holdDue = `
		UPDATE due SET state = 'held', parked = FALSE, not_before = 0, attempts = 0, refused = 0, released = FALSE,
			code = $2, message = $3, hint = $4
		WHERE org = $1`

	// A listing of Adobe's groups may have begun just before: another one at once
	// would lock the client out.
	doubtOrg = `UPDATE orgs SET listing_began_at = $3,
			paused_until = CASE WHEN paused_until > $2 THEN paused_until ELSE $2 END
		WHERE org = $1`

	everyUserDue = `
		INSERT INTO due (org, kind, group_id, user_id, generation, rank, since)
		SELECT $1, 'user', '', id, CAST($2 AS BIGINT), CASE active WHEN 1 THEN CAST($3 AS BIGINT) ELSE CAST($4 AS BIGINT) END,
			CAST($5 AS BIGINT)
		FROM users WHERE org = $1` + renew
)

// Doubt prepares a database that is older than Adobe, as one from a backup is: what
// an org had due, and all its users, groups and memberships, are due and held, until
// the provider says something about one or a person lets it go. Then Adobe is read
// before anything is sent, since of nothing is it known that it is there, or that it
// is not. Memberships are looked at with their user. Nothing is sent before the
// minute is over in which the former process may have sent.
func (s *Store) Doubt(ctx context.Context, now time.Time) error {
	err := s.update(ctx, Wait, func(ctx context.Context, t tx) error {
		orgs, err := texts(ctx, t, allOrgs)
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

func (t tx) doubt(ctx context.Context, org string, now time.Time) error {
	due, err := t.owe(ctx, org, now)
	if err != nil {
		return err
	}
	at := micros(now)
	rank := func(c plan.Class) int64 { return plan.Rank(c, now) }
	groups, err := texts(ctx, t, `SELECT id FROM groups WHERE org = $1`, org)
	if err != nil {
		return err
	}
	t.Later(doubtOrg, org, micros(now.Add(PauseRestored)), at)
	t.Later(doubtAccounts, org)
	t.Later(doubtGroups, org)
	t.Later(everyUserDue, org, due.generation, rank(plan.ClassAttribute), rank(plan.ClassLeave), at)
	t.Later(allGroupsDue, org, due.generation, rank(plan.ClassAttribute), at)
	for _, g := range groups {
		if err := due.touch(plan.Touch{Kind: plan.KindEdge, Group: g, Class: plan.ClassMembership}); err != nil {
			return err
		}
	}
	t.Later(holdDue, org, plan.Restored.Code, plan.Restored.Message, plan.Restored.Hint)
	return nil
}

// PauseRestored is a window of Adobe's limits, of which the backup does not know
// how much was spent.
const PauseRestored = 61 * time.Second
