package relational

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scim-bridge/scim-bridge/plan"
)

// owing makes things due within one write. All rows that one write makes due
// get the same generation, which none had before.
type owing struct {
	t          tx
	org        string
	now        time.Time
	generation int64
}

func (t tx) owe(ctx context.Context, org string, now time.Time) (*owing, error) {
	generation, err := t.Generation(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("make due: %w", err)
	}
	t.Wake(org)
	return &owing{t: t, org: org, now: now, generation: generation}, nil
}

// renew is what becomes of a row that is due already: it counts as new input,
// but keeps its place in the queue, or gets a better one, and its release. A
// leaver's, whose rank is negative, keeps its place whatever its state, and is due
// since the user left last: the delay of offboarding is counted from then.
const renew = `
	ON CONFLICT (org, kind, group_id, user_id) DO UPDATE SET
		generation = excluded.generation,
		rank = CASE WHEN due.state = 'pending' OR due.rank < 0 THEN
			CASE WHEN due.rank < excluded.rank THEN due.rank ELSE excluded.rank END ELSE excluded.rank END,
		since = CASE WHEN excluded.rank >= 0 AND (due.state = 'pending' OR due.rank < 0) THEN due.since ELSE excluded.since END,
		state = 'pending', parked = FALSE, not_before = 0, attempts = 0, refused = 0,
		code = '', message = '', hint = ''`

const dueOne = `
	INSERT INTO due (org, kind, group_id, user_id, generation, rank, since)
	VALUES ($1, $2, $3, $4, $5, $6, $7)` + renew

// user makes a user due.
func (o *owing) user(id string, c plan.Class) {
	o.one(plan.Touch{Kind: plan.KindUser, User: id, Class: c})
}

// group makes a group due.
func (o *owing) group(id string, c plan.Class) {
	o.one(plan.Touch{Kind: plan.KindGroup, Group: id, Class: c})
}

func (o *owing) one(d plan.Touch) {
	o.t.Later(dueOne, o.org, string(d.Kind), d.Group, d.User, o.generation, plan.Rank(d.Class, o.now), micros(o.now))
}

// touch makes due what is named. A membership without a user means all users
// who are in the group, nested ones flattened; a group that is gone has none. A
// mirrored one without an account means all of the Adobe group.
func (o *owing) touch(d plan.Touch) error {
	if err := validate(d); err != nil {
		return fmt.Errorf("make due: %s of group %q and user %q: %w", d.Kind, d.Group, d.User, err)
	}
	rank, since := plan.Rank(d.Class, o.now), micros(o.now)
	switch {
	case d.Kind == plan.KindEdge && d.User == "":
		o.t.Later(edgesInGroup, o.org, d.Group, o.generation, rank, since)
	case d.Kind == plan.KindMirrored && d.User == "":
		o.t.Later(mirroredInGroup, o.org, d.Group, o.generation, rank, since)
	default:
		o.one(d)
	}
	return nil
}

// validate refuses what no due row can be about.
func validate(d plan.Touch) error {
	var ok bool
	switch d.Kind {
	case plan.KindUser:
		ok = d.User != "" && d.Group == ""
	case plan.KindGroup:
		ok = d.Group != "" && d.User == ""
	case plan.KindEdge, plan.KindMirrored:
		ok = d.Group != "" // without a user: all who are in the group
	}
	if !ok {
		return errors.New("wrong ids for that kind")
	}
	return nil
}

// edgesInGroup makes due the memberships of all users below a group in that
// group. A user who is there by several ways is made due once.
const edgesInGroup = `
	WITH RECURSIVE down (key) AS (
		SELECT key FROM groups WHERE org = $1 AND id = $2
		UNION
		SELECT m.child_key FROM down JOIN members m ON m.group_key = down.key WHERE m.child_key IS NOT NULL
	)
	INSERT INTO due (org, kind, group_id, user_id, generation, rank, since)
	SELECT DISTINCT $1, 'edge', $2, m.member_id, CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT)
	FROM down CROSS JOIN members m
	WHERE m.group_key = down.key AND m.user_key IS NOT NULL` + renew

// mirroredInGroup makes due all mirrored memberships of an Adobe group.
const mirroredInGroup = `
	INSERT INTO due (org, kind, group_id, user_id, generation, rank, since)
	SELECT $1, 'mirrored', $2, account, CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT)
	FROM edges {by edges_by_group} WHERE org = $1 AND adobe_group = $2` + renew

// edgesOfGroup makes due the memberships of users in a group and in all groups
// that it is in, at any depth. UNION ends the walk where groups are in a circle.
const edgesOfGroup = `
	WITH RECURSIVE up (key) AS (
		SELECT CAST($6 AS BIGINT)
		UNION
		SELECT m.group_key FROM up JOIN members m ON m.child_key = up.key
	)
	INSERT INTO due (org, kind, group_id, user_id, generation, rank, since)
	SELECT $1, 'edge', (SELECT g.id FROM groups g WHERE g.key = up.key), u.value,
		CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT)
	FROM up CROSS JOIN {texts $5 AS u}
	WHERE TRUE` + renew

// edges makes due the memberships of these users in the group and above it.
func (o *owing) edges(group int64, users []string) {
	if len(users) > 0 {
		o.t.Later(edgesOfGroup, o.org, o.generation, plan.Rank(plan.ClassMembership, o.now), micros(o.now), users, group)
	}
}

// edgesOfUser makes due the memberships of one user in all groups it is in,
// nested ones flattened.
const edgesOfUser = `
	WITH RECURSIVE up (key) AS (
		SELECT group_key FROM members WHERE user_key = $6
		UNION
		SELECT m.group_key FROM up JOIN members m ON m.child_key = up.key
	)
	INSERT INTO due (org, kind, group_id, user_id, generation, rank, since)
	SELECT $1, 'edge', (SELECT g.id FROM groups g WHERE g.key = up.key), $2,
		CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT)
	FROM up
	WHERE TRUE` + renew

// usersBelow are the users of the groups whose keys are given, at any depth.
const usersBelow = `
	WITH RECURSIVE down (key) AS (
		SELECT j.value FROM {numbers $1 AS j}
		UNION
		SELECT m.child_key FROM down JOIN members m ON m.group_key = down.key WHERE m.child_key IS NOT NULL
	)
	SELECT DISTINCT m.member_id FROM down JOIN members m ON m.group_key = down.key WHERE m.user_key IS NOT NULL`

const dueColumns = `kind, group_id, user_id, generation, attempts, refused, released, parked, since`

// scanDue reads dueColumns and what follows them.
func scanDue(row Scanner, d *plan.Due, more ...any) error {
	var since int64
	err := row.Scan(append([]any{&d.Kind, &d.Group, &d.User, &d.Generation, &d.Attempts, &d.Refused, &d.Released, &d.Parked, &since}, more...)...)
	d.Since = date(since)
	return err
}

// dueNow takes those that may be taken at once and those whose time has come
// from an index each, since one index cannot be in order of both.
const dueNow = `
	SELECT ` + dueColumns + ` FROM (
		SELECT * FROM (
			SELECT rank, ` + dueColumns + ` FROM due
			WHERE org = $1 AND state = 'pending' AND NOT parked AND not_before = 0
			ORDER BY rank LIMIT CAST($3 AS BIGINT)) ready
		UNION ALL
		SELECT * FROM (
			SELECT rank, ` + dueColumns + ` FROM due
			WHERE org = $1 AND state = 'pending' AND NOT parked AND not_before > 0 AND not_before <= $2
			ORDER BY rank LIMIT CAST($3 AS BIGINT)) later
	) both_of ORDER BY rank, kind, group_id, user_id LIMIT CAST($3 AS BIGINT)`

// Due returns up to limit rows that are pending, not parked and not before now,
// in ascending order of rank.
func (s *Store) Due(ctx context.Context, org string, now time.Time, limit int) ([]plan.Due, error) {
	if limit <= 0 {
		return nil, nil
	}
	var all []plan.Due
	err := s.read(ctx, func(ctx context.Context, c conn) error {
		return c.Each(ctx, dueNow, []any{org, micros(now), limit}, func(row Scanner) error {
			var d plan.Due
			if err := scanDue(row, &d); err != nil {
				return err
			}
			all = append(all, d)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read what is due: %w", err)
	}
	return all, nil
}

// nextDue is when the first may be taken: one that may be taken at once could
// be since it became due.
const nextDue = `
	SELECT COALESCE(
		(SELECT since FROM due WHERE org = $1 AND state = 'pending' AND NOT parked AND not_before = 0 ORDER BY rank LIMIT 1),
		(SELECT not_before FROM due WHERE org = $1 AND state = 'pending' AND NOT parked AND not_before > 0
			ORDER BY not_before LIMIT 1))`

// NextDue returns when the earliest pending row that is not parked may be taken,
// and false if there is none.
func (s *Store) NextDue(ctx context.Context, org string) (time.Time, bool, error) {
	var at *int64
	err := s.read(ctx, func(ctx context.Context, c conn) error {
		_, err := c.Row(ctx, nextDue, []any{org}, &at)
		return err
	})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read what is due next: %w", err)
	}
	if at == nil {
		return time.Time{}, false, nil
	}
	return date(*at), true, nil
}
