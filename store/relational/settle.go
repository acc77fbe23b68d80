package relational

import (
	"context"
	"fmt"
	"time"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/lease"
)

// settler is who the journal names for what a settlement notes.
const settler = "dispatch"

// Settle writes what was learned. A due row whose verdict is Done goes if its
// generation is unchanged; with the row of a user or group that is Done, its
// parked memberships wake and its links note the time. The links of a user or
// group that is gone from the directory are removed once no due row, its own or
// a membership's, names it. Settling a call twice is refused with
// directory.ErrVersion and changes nothing.
func (s *Store) Settle(ctx context.Context, l *lease.Lease, p plan.Settlement, now time.Time) error {
	org := l.Org
	err := s.fenced(ctx, l, func(ctx context.Context, t tx) error {
		if err := t.settleCall(ctx, org, p, now); err != nil {
			return err
		}
		if err := t.learn(org, p); err != nil {
			return err
		}
		done, err := t.judge(ctx, org, p.Verdicts, now)
		if err != nil {
			return err
		}
		if err := t.touch(ctx, org, p.Touched, now); err != nil {
			return err
		}
		if err := t.free(ctx, org, p.Freed); err != nil {
			return err
		}
		t.dropLinks(org, done)
		for _, n := range p.Notes {
			t.note(org, store.Entry{
				At: now, Actor: settler, RequestID: p.RequestID, User: n.User, Group: n.Group, Event: n.Event, Text: n.Text,
			})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("settle call %q: %w", p.Call, err)
	}
	return nil
}

// learn brings the mirror up to what a settlement says of it.
func (t tx) learn(org string, p plan.Settlement) error {
	for _, a := range p.Accounts {
		t.mirrorAccount(org, a)
	}
	for _, g := range p.AdobeGroups {
		t.mirrorGroup(org, g)
	}
	t.miss(org, p.Missing)
	if err := t.mirrorEdges(org, p.Memberships); err != nil {
		return err
	}
	t.link(org, p.Links)
	t.unlink(org, p.Unlinked)
	return nil
}

const (
	thisDue = ` WHERE org = $1 AND kind = CAST($2 AS TEXT) AND group_id = $3 AND user_id = $4 AND generation = $5`

	dueDone = `DELETE FROM due` + thisDue

	dueRetry = `
		UPDATE due SET state = 'pending', parked = FALSE, not_before = $6, attempts = attempts + $7, refused = $8,
			code = $9, message = $10, hint = $11` + thisDue

	// What waits for a user or group that is not due itself would wait for ever:
	// that one is done, so it is looked at again, though not at once.
	dueParked = `
		UPDATE due SET state = 'pending', not_before = $10, refused = $6, code = $7, message = $8, hint = $9,
			parked = EXISTS (SELECT 1 FROM due u
					WHERE u.org = $1 AND u.kind = 'user' AND u.group_id = '' AND u.user_id = $4)
				OR EXISTS (SELECT 1 FROM due g
					WHERE g.org = $1 AND g.kind = 'group' AND g.group_id = $3 AND g.user_id = '')` + thisDue

	// $11 is failed or held.
	dueStuck = `
		UPDATE due SET state = CAST($11 AS TEXT), parked = FALSE, not_before = 0, attempts = attempts + $6, refused = $7,
			code = $8, message = $9, hint = $10` + thisDue

	// Each row of $2 is a group, a user and a generation.
	edgesDone = `
		DELETE FROM due
		WHERE org = $1 AND kind = 'edge' AND (group_id, user_id, generation) IN (
			SELECT j.value ->> 0, j.value ->> 1, CAST(j.value ->> 2 AS BIGINT) FROM {rows $2 AS j})
		RETURNING group_id, user_id`
)

// parkedAgain is when a membership is looked at again that was to wait for
// something which is not due.
const parkedAgain = 5 * time.Second

// judge applies verdicts, and returns what is no longer due. Memberships that
// are done are most of what there is, so they go together.
func (t tx) judge(ctx context.Context, org string, verdicts []plan.Verdict, now time.Time) ([]plan.Due, error) {
	var done []plan.Due
	var edges Rows
	for _, v := range verdicts {
		if v.Due.Kind == plan.KindEdge && v.Outcome == plan.Done {
			edges = append(edges, []any{v.Due.Group, v.Due.User, v.Due.Generation})
			continue
		}
		gone, err := t.judgeOne(ctx, org, v, now)
		if err != nil {
			return nil, fmt.Errorf("%s of group %q and user %q: %w", v.Due.Kind, v.Due.Group, v.Due.User, err)
		}
		if gone {
			done = append(done, v.Due)
		}
	}
	if len(edges) == 0 {
		return done, nil
	}
	err := t.Each(ctx, edgesDone, []any{org, edges}, func(row Scanner) error {
		d := plan.Due{Kind: plan.KindEdge}
		err := row.Scan(&d.Group, &d.User)
		done = append(done, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("memberships that are done: %w", err)
	}
	return done, nil
}

// judgeOne applies a verdict to its row, unless the directory changed meanwhile,
// and reports whether the row is gone.
func (t tx) judgeOne(ctx context.Context, org string, v plan.Verdict, now time.Time) (bool, error) {
	d, p := v.Due, v.Problem
	args := []any{org, string(d.Kind), d.Group, d.User, d.Generation}
	switch v.Outcome {
	case plan.Done:
		n, err := t.Exec(ctx, dueDone, args...)
		if err != nil || n == 0 {
			return false, err
		}
		return true, t.done(ctx, org, d, now)
	case plan.Retry:
		t.Later(dueRetry, append(args, micros(v.NotBefore), flag(v.Attempt), v.Refused, p.Code, p.Message, p.Hint)...)
	case plan.Parked:
		t.Later(dueParked, append(args, v.Refused, p.Code, p.Message, p.Hint, micros(now.Add(parkedAgain)))...)
	case plan.Failed, plan.Held:
		t.Later(dueStuck, append(args, flag(v.Attempt), v.Refused, p.Code, p.Message, p.Hint, string(v.Outcome))...)
	default:
		return false, fmt.Errorf("outcome %q: want done, retry, parked, held or failed", v.Outcome)
	}
	return false, nil
}

const (
	// Memberships that are held may have gone with what is done.
	wakeOfUser = `
		UPDATE due SET state = 'pending', parked = FALSE, not_before = 0
		WHERE org = $1 AND user_id = $2 AND kind = 'edge' AND (state = 'pending' AND parked OR state = 'held')`
	wakeOfGroup     = `UPDATE due SET parked = FALSE, not_before = 0 WHERE org = $1 AND group_id = $2 AND kind = 'edge' AND parked`
	wakeHeldOfGroup = `
		UPDATE due {by due_stuck_edges} SET state = 'pending'
		WHERE org = $1 AND group_id = $2 AND kind = 'edge' AND state <> 'pending' AND state = 'held'`

	// The mirror's memberships have the ids of what the user or group maps to.
	wakeHeldOfAccount = `
		UPDATE due {by due_held_by_account} SET state = 'pending'
		WHERE org = $1 AND kind = 'mirrored' AND state = 'held'
			AND user_id IN (SELECT l.mirror_id FROM links l WHERE l.org = $1 AND l.kind = 'user' AND l.directory_id = $2)`
	wakeHeldOfAdobeGroup = `
		UPDATE due SET state = 'pending'
		WHERE org = $1 AND kind = 'mirrored' AND state = 'held'
			AND group_id IN (SELECT l.mirror_id FROM links l WHERE l.org = $1 AND l.kind = 'group' AND l.directory_id = $2)`

	noteLinks = `UPDATE links SET synced_at = $4 WHERE org = $1 AND kind = $2 AND directory_id = $3`
)

// done does what follows when a user or a group is no longer due.
func (t tx) done(ctx context.Context, org string, d plan.Due, now time.Time) error {
	id, wakeThose := d.User, []string{wakeOfUser, wakeHeldOfAccount}
	switch d.Kind {
	case plan.KindEdge, plan.KindMirrored:
		return nil
	case plan.KindGroup:
		id, wakeThose = d.Group, []string{wakeOfGroup, wakeHeldOfGroup, wakeHeldOfAdobeGroup}
	}
	for _, query := range wakeThose {
		woken, err := t.Exec(ctx, query, org, id)
		if err != nil {
			return err
		}
		if woken > 0 {
			t.Wake(org)
		}
	}
	t.Later(noteLinks, org, string(d.Kind), id, micros(now))
	return nil
}

const (
	dropLinksOfUsers = `
		DELETE FROM links WHERE org = $1 AND kind = 'user' AND directory_id IN (
			SELECT j.value FROM {texts $2 AS j}
			WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.org = $1 AND u.id = j.value)
				AND NOT EXISTS (SELECT 1 FROM due d
					WHERE d.org = $1 AND d.kind = 'user' AND d.group_id = '' AND d.user_id = j.value)
				AND NOT EXISTS (SELECT 1 FROM due d WHERE d.org = $1 AND d.kind = 'edge' AND d.user_id = j.value))`
	dropLinksOfGroups = `
		DELETE FROM links WHERE org = $1 AND kind = 'group' AND directory_id IN (
			SELECT j.value FROM {texts $2 AS j}
			WHERE NOT EXISTS (SELECT 1 FROM groups g WHERE g.org = $1 AND g.id = j.value)
				AND NOT EXISTS (SELECT 1 FROM due d
					WHERE d.org = $1 AND d.kind = 'group' AND d.group_id = j.value AND d.user_id = '')
				AND NOT EXISTS (SELECT 1 FROM due d WHERE d.org = $1 AND d.kind = 'edge' AND d.group_id = j.value))`
)

// dropLinks removes the links of the users and groups among what is done, or is
// a membership of it, that are gone from the directory and no longer due in any way.
func (t tx) dropLinks(org string, done []plan.Due) {
	var users, groups []string
	for _, d := range done {
		if d.Kind == plan.KindMirrored {
			continue // its ids are the mirror's
		}
		if d.User != "" {
			users = append(users, d.User)
		}
		if d.Group != "" {
			groups = append(groups, d.Group)
		}
	}
	if len(users) > 0 {
		t.Later(dropLinksOfUsers, org, distinct(users))
	}
	if len(groups) > 0 {
		t.Later(dropLinksOfGroups, org, distinct(groups))
	}
}

const wakeByCode = `
	UPDATE due SET not_before = 0, state = 'pending'
	WHERE org = $1 AND code <> '' AND code {in $2} AND state IN ('pending', 'failed') AND NOT parked`

// free wakes what waits or failed with one of these codes.
func (t tx) free(ctx context.Context, org string, codes []string) error {
	if len(codes) == 0 {
		return nil
	}
	woken, err := t.Exec(ctx, wakeByCode, org, distinct(codes))
	if err != nil {
		return fmt.Errorf("wake what waits for it: %w", err)
	}
	if woken > 0 {
		t.Wake(org)
	}
	return nil
}

// touch makes things due again.
func (t tx) touch(ctx context.Context, org string, touched []plan.Touch, now time.Time) error {
	if len(touched) == 0 {
		return nil
	}
	due, err := t.owe(ctx, org, now)
	if err != nil {
		return err
	}
	for _, d := range touched {
		if err := due.touch(d); err != nil {
			return err
		}
	}
	return nil
}
