package relational

import (
	"context"
	"fmt"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
)

const (
	accountColumns = `a.id, a.presence, a.type, a.email, a.username, a.domain, a.first_name, a.last_name, a.country,
		a.candidate, a.twin, a.look_at, a.looks`

	accountsByIDs = `
		SELECT ` + accountColumns + `
		FROM {texts $2 AS j} CROSS JOIN accounts a WHERE a.org = $1 AND a.id = j.value`

	adobeGroupColumns = `a.id, a.name, a.type, a.presence, a.adopted, a.ruled, a.candidate, a.missed_at`

	adobeGroupsByIDs = `
		SELECT ` + adobeGroupColumns + `
		FROM {texts $2 AS j} CROSS JOIN adobe_groups a WHERE a.org = $1 AND a.id = j.value`
)

func (f *facts) accounts(ctx context.Context, ids []string) error {
	return f.c.Each(ctx, accountsByIDs, []any{f.org, ids}, func(row Scanner) error {
		a, err := scanAccount(row)
		f.out.Accounts[a.ID] = a
		return err
	})
}

// scanAccount reads accountColumns.
func scanAccount(row Scanner) (plan.Account, error) {
	var a plan.Account
	var lookAt int64
	err := row.Scan(&a.ID, &a.Presence, &a.Type, &a.Email, &a.Username, &a.Domain,
		&a.FirstName, &a.LastName, &a.Country, &a.Candidate, &a.Twin, &lookAt, &a.Looks)
	a.LookAt = date(lookAt)
	return a, err
}

const toLookAt = `
	SELECT ` + accountColumns + ` FROM accounts a WHERE a.org = $1 AND a.look_at > 0 AND a.presence = 'present' ORDER BY a.look_at LIMIT CAST($2 AS BIGINT)`

// ToLookAt returns up to limit present accounts that are to be looked at, in
// order of when, whether or not that has come.
func (s *Store) ToLookAt(ctx context.Context, org string, limit int) ([]plan.Account, error) {
	var all []plan.Account
	err := s.read(ctx, func(ctx context.Context, c conn) error {
		return c.Each(ctx, toLookAt, []any{org, max(limit, 0)}, func(row Scanner) error {
			a, err := scanAccount(row)
			all = append(all, a)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read accounts to look at: %w", err)
	}
	return all, nil
}

func (f *facts) adobeGroups(ctx context.Context, ids []string) error {
	return f.c.Each(ctx, adobeGroupsByIDs, []any{f.org, ids}, func(row Scanner) error {
		g, err := scanAdobeGroup(row)
		f.out.AdobeGroups[g.ID] = g
		return err
	})
}

// scanAdobeGroup reads adobeGroupColumns.
func scanAdobeGroup(row Scanner) (plan.AdobeGroup, error) {
	var g plan.AdobeGroup
	var missedAt int64
	err := row.Scan(&g.ID, &g.Name, &g.Type, &g.Presence, &g.Adopted, &g.Ruled, &g.Candidate, &missedAt)
	g.MissedAt = date(missedAt)
	return g, err
}

const (
	putAccount = `
		INSERT INTO accounts (org, id, presence, type, email, email_key, username, domain,
			first_name, last_name, country, candidate, candidate_key, twin, look_at, looks)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (org, id) DO UPDATE SET presence = excluded.presence, type = excluded.type,
			email = excluded.email, email_key = excluded.email_key,
			username = excluded.username, domain = excluded.domain,
			first_name = excluded.first_name, last_name = excluded.last_name, country = excluded.country,
			candidate = excluded.candidate, candidate_key = excluded.candidate_key,
			twin = excluded.twin, look_at = excluded.look_at, looks = excluded.looks`

	putAdobeGroup = `
		INSERT INTO adobe_groups (org, id, name, name_key, type, presence, adopted, ruled, candidate, candidate_key, missed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (org, id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key,
			type = excluded.type, presence = excluded.presence, adopted = excluded.adopted, ruled = excluded.ruled,
			candidate = excluded.candidate, candidate_key = excluded.candidate_key, missed_at = excluded.missed_at`

	missAccounts    = `UPDATE accounts SET presence = 'unknown' WHERE org = $1 AND id {in $2} AND presence = 'present'`
	missAdobeGroups = `UPDATE adobe_groups SET presence = 'unknown' WHERE org = $1 AND id {in $2} AND presence = 'present'`

	forgetAccount    = `DELETE FROM edges WHERE org = $1 AND account = $2`
	doubtAccount     = `UPDATE edges SET doubtful = TRUE WHERE org = $1 AND account = $2`
	doubtAdobeGroup  = `UPDATE edges {by edges_by_group} SET doubtful = TRUE WHERE org = $1 AND adobe_group = $2`
	forgetAdobeGroup = `DELETE FROM edges {by edges_by_group} WHERE org = $1 AND adobe_group = $2`

	// Each row of $2 is an account and a group.
	putEdges = `
		INSERT INTO edges (org, account, adobe_group, doubtful)
		SELECT $1, j.value ->> 0, j.value ->> 1, CAST($3 AS BOOLEAN) FROM {rows $2 AS j} WHERE TRUE
		ON CONFLICT (org, account, adobe_group) DO UPDATE SET doubtful = excluded.doubtful`
	deleteEdges = `
		DELETE FROM edges WHERE org = $1 AND (account, adobe_group) IN (
			SELECT j.value ->> 0, j.value ->> 1 FROM {rows $2 AS j})`

	putLink = `
		INSERT INTO links (org, kind, directory_id, mirror_id, stale, rule, synced_at) VALUES ($1, $2, $3, $4, $5, $6, 0)
		ON CONFLICT (org, kind, directory_id, mirror_id) DO UPDATE SET stale = excluded.stale, rule = excluded.rule`
	deleteLink = `DELETE FROM links WHERE org = $1 AND kind = $2 AND directory_id = $3 AND mirror_id = $4`
)

// mirrorAccount keeps an account. One that is absent loses its memberships, those
// of one that is doubtful become so.
func (t tx) mirrorAccount(org string, a plan.Account) {
	t.Later(putAccount, org, a.ID, string(a.Presence), string(a.Type), a.Email, directory.Fold(a.Email),
		a.Username, a.Domain, a.FirstName, a.LastName, a.Country, a.Candidate, directory.Fold(a.Candidate),
		a.Twin, micros(a.LookAt), a.Looks)
	switch a.Presence {
	case plan.Absent:
		t.Later(forgetAccount, org, a.ID)
	case plan.Doubtful:
		t.Later(doubtAccount, org, a.ID)
	}
}

// mirrorGroup keeps an Adobe group. One that is absent loses its memberships, those
// of one that is doubtful become so.
func (t tx) mirrorGroup(org string, g plan.AdobeGroup) {
	t.Later(putAdobeGroup, org, g.ID, g.Name, directory.Fold(g.Name), string(g.Type), string(g.Presence),
		g.Adopted, g.Ruled, g.Candidate, directory.Fold(g.Candidate), micros(g.MissedAt))
	switch g.Presence {
	case plan.Absent:
		t.Later(forgetAdobeGroup, org, g.ID)
	case plan.Doubtful:
		t.Later(doubtAdobeGroup, org, g.ID)
	}
}

// miss makes unknown what Adobe did not find.
func (t tx) miss(org string, m plan.Missing) {
	for query, ids := range map[string][]string{missAccounts: m.Accounts, missAdobeGroups: m.AdobeGroups} {
		if len(ids) > 0 {
			t.Later(query, org, ids)
		}
	}
}

// mirrorEdges keeps memberships, and no longer those that are absent. Of one that
// is named twice the last counts.
func (t tx) mirrorEdges(org string, memberships []plan.Membership) error {
	last := make(map[plan.Edge]plan.Presence, len(memberships))
	for _, m := range memberships {
		last[m.Edge] = m.Presence
	}
	edges := make(map[plan.Presence]Rows)
	for e, p := range last {
		edges[p] = append(edges[p], []any{e.Account, e.Group})
	}
	for presence, rows := range edges {
		switch presence {
		case plan.Present, plan.Doubtful:
			t.Later(putEdges, org, rows, presence == plan.Doubtful)
		case plan.Absent:
			t.Later(deleteEdges, org, rows)
		default:
			return fmt.Errorf("mirror memberships: presence %q: want present, doubtful or absent", presence)
		}
	}
	return nil
}

// link keeps links, and the time of those that are there.
func (t tx) link(org string, links []plan.Link) {
	for _, l := range links {
		t.Later(putLink, org, string(l.Kind), l.Directory, l.Mirror, l.Stale, l.Rule)
	}
}

// unlink removes links.
func (t tx) unlink(org string, links []plan.Link) {
	for _, l := range links {
		t.Later(deleteLink, org, string(l.Kind), l.Directory, l.Mirror)
	}
}
