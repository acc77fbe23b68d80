package relational

import (
	"context"
	"fmt"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/lease"
)

const (
	readOrg = `SELECT paused_until, listing_began_at, groups_listed_at FROM orgs WHERE org = $1`

	putPause = `
		INSERT INTO orgs (org, paused_until) VALUES ($1, $2)
		ON CONFLICT (org) DO UPDATE SET paused_until = excluded.paused_until`

	putListingBegan = `
		INSERT INTO orgs (org, listing_began_at) VALUES ($1, $2)
		ON CONFLICT (org) DO UPDATE SET listing_began_at = excluded.listing_began_at`

	putGroupsListed = `
		INSERT INTO orgs (org, groups_listed_at) VALUES ($1, $2)
		ON CONFLICT (org) DO UPDATE SET groups_listed_at = excluded.groups_listed_at`

	// It writes nothing where the fingerprint is the one that is kept.
	putFingerprint = `
		INSERT INTO orgs (org, fingerprint) VALUES ($1, $2)
		ON CONFLICT (org) DO UPDATE SET fingerprint = excluded.fingerprint WHERE orgs.fingerprint <> excluded.fingerprint`

	putGroupRules = `UPDATE orgs SET group_rules = $2 WHERE org = $1 AND group_rules <> $2`

	// Who is away and has an account still has it by the policy that was. What is due
	// of them already keeps its place and its delay.
	awayDue = `
		INSERT INTO due (org, kind, group_id, user_id, generation, rank, since)
		SELECT $1, 'user', '', u.id, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT)
		FROM users u
		WHERE u.org = $1 AND u.active = 0 AND EXISTS (
			SELECT 1 FROM links l JOIN accounts a ON a.org = $1 AND a.id = l.mirror_id
			WHERE l.org = $1 AND l.kind = 'user' AND l.directory_id = u.id AND a.presence <> 'absent')
		ON CONFLICT (org, kind, group_id, user_id) DO UPDATE SET state = 'pending', not_before = 0`

	// Which groups a rule is about only the rules can tell, and groups are few.
	allGroupsDue = `
		INSERT INTO due (org, kind, group_id, user_id, generation, rank, since)
		SELECT $1, 'group', id, '', CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM groups WHERE org = $1` + renew
)

// dates are what an org needs one date of, zero if it was never set.
type dates struct{ paused, began, listed time.Time }

func (s *Store) dates(ctx context.Context, org string) (dates, error) {
	var p, b, l int64
	err := s.read(ctx, func(ctx context.Context, c conn) error {
		_, err := c.Row(ctx, readOrg, []any{org}, &p, &b, &l)
		return err
	})
	return dates{paused: date(p), began: date(b), listed: date(l)}, err
}

// put keeps a date of an org.
func (s *Store) put(ctx context.Context, query string, l *lease.Lease, at time.Time) error {
	return s.fenced(ctx, l, func(ctx context.Context, t tx) error {
		t.Later(query, l.Org, micros(at))
		return nil
	})
}

// Pause returns until when calls to Adobe are forbidden, zero if they are not.
func (s *Store) Pause(ctx context.Context, org string) (time.Time, error) {
	d, err := s.dates(ctx, org)
	if err != nil {
		return time.Time{}, fmt.Errorf("read pause: %w", err)
	}
	return d.paused, nil
}

// SetPause keeps that time.
func (s *Store) SetPause(ctx context.Context, l *lease.Lease, until time.Time) error {
	if err := s.put(ctx, putPause, l, until); err != nil {
		return fmt.Errorf("keep pause: %w", err)
	}
	return nil
}

// ListingBegan returns when Adobe's groups were last begun to be listed, zero if
// never.
func (s *Store) ListingBegan(ctx context.Context, org string) (time.Time, error) {
	d, err := s.dates(ctx, org)
	if err != nil {
		return time.Time{}, fmt.Errorf("read beginning of listing: %w", err)
	}
	return d.began, nil
}

// SetListingBegan keeps that time.
func (s *Store) SetListingBegan(ctx context.Context, l *lease.Lease, at time.Time) error {
	if err := s.put(ctx, putListingBegan, l, at); err != nil {
		return fmt.Errorf("keep beginning of listing: %w", err)
	}
	return nil
}

// GroupsListed returns when Adobe's groups were last listed completely, zero if
// never.
func (s *Store) GroupsListed(ctx context.Context, org string) (time.Time, error) {
	d, err := s.dates(ctx, org)
	if err != nil {
		return time.Time{}, fmt.Errorf("read date of listing: %w", err)
	}
	return d.listed, nil
}

// Configure keeps the fingerprint of what an org is dispatched by, and the rules for
// groups. Where the first is not the one that was kept, or none was, failed rows become
// pending as by Retry, users who are away and whose account is there become due, and
// where the rules are others all groups do, in the same transaction. It returns how
// many failed rows became pending.
func (s *Store) Configure(ctx context.Context, l *lease.Lease, fingerprint, groupRules string, now time.Time) (int, error) {
	org, woken := l.Org, 0
	err := s.fenced(ctx, l, func(ctx context.Context, t tx) error {
		changed, err := t.Exec(ctx, putFingerprint, org, fingerprint)
		if err != nil || changed == 0 {
			return err
		}
		woken, err = t.wakeStuck(ctx, org, stateFailed, store.Selection{}, directory.Origin{Actor: settler, At: now})
		if err != nil {
			return err
		}
		due, err := t.owe(ctx, org, now)
		if err != nil {
			return err
		}
		t.Later(awayDue, org, due.generation, plan.Rank(plan.ClassLeave, now), micros(now))
		return t.mapGroupsAnew(ctx, org, groupRules, now)
	})
	if err != nil {
		return 0, fmt.Errorf("keep fingerprint of configuration: %w", err)
	}
	return woken, nil
}

// mapGroupsAnew makes all groups due where the rules are not those that were kept.
func (t tx) mapGroupsAnew(ctx context.Context, org, rules string, now time.Time) error {
	changed, err := t.Exec(ctx, putGroupRules, org, rules)
	if err != nil || changed == 0 {
		return err
	}
	due, err := t.owe(ctx, org, now)
	if err != nil {
		return err
	}
	t.Later(allGroupsDue, org, due.generation, plan.Rank(plan.ClassAttribute, now), micros(now))
	return nil
}
