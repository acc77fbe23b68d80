package sqlite

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
		FROM json_each(?2) j CROSS JOIN accounts a ON a.org = ?1 AND a.id = j.value`

	adobeGroupColumns = `a.id, a.name, a.type, a.presence, a.adopted, a.ruled, a.candidate, a.missed_at`

	adobeGroupsByIDs = `
		SELECT ` + adobeGroupColumns + `
		FROM json_each(?2) j CROSS JOIN adobe_groups a ON a.org = ?1 AND a.id = j.value`
)

func (f *facts) accounts(ctx context.Context, ids []string) error {
	return f.c.each(ctx, accountsByIDs, []any{f.org, list(ids)}, func(row scanner) error {
		a, err := scanAccount(row)
		f.out.Accounts[a.ID] = a
		return err
	})
}

// scanAccount reads accountColumns.
func scanAccount(row scanner) (plan.Account, error) {
	var a plan.Account
	var lookAt int64
	err := row.Scan(&a.ID, &a.Presence, &a.Type, &a.Email, &a.Username, &a.Domain,
		&a.FirstName, &a.LastName, &a.Country, &a.Candidate, &a.Twin, &lookAt, &a.Looks)
	a.LookAt = date(lookAt)
	return a, err
}

const toLookAt = `
	SELECT ` + accountColumns + ` FROM accounts a WHERE a.org = ?1 AND a.look_at > 0 AND a.presence = 'present' ORDER BY a.look_at LIMIT +?2`

// ToLookAt returns up to limit present accounts that are to be looked at, in
// order of when, whether or not that has come.
func (s *Store) ToLookAt(ctx context.Context, org string, limit int) ([]plan.Account, error) {
	var all []plan.Account
	err := s.read(ctx, func(ctx context.Context, c *conn) error {
		return c.each(ctx, toLookAt, []any{org, limit}, func(row scanner) error {
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
	return f.c.each(ctx, adobeGroupsByIDs, []any{f.org, list(ids)}, func(row scanner) error {
		g, err := scanAdobeGroup(row)
		f.out.AdobeGroups[g.ID] = g
		return err
	})
}

// scanAdobeGroup reads adobeGroupColumns.
func scanAdobeGroup(row scanner) (plan.AdobeGroup, error) {
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
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
		ON CONFLICT (org, id) DO UPDATE SET presence = excluded.presence, type = excluded.type,
			email = excluded.email, email_key = excluded.email_key,
			username = excluded.username, domain = excluded.domain,
			first_name = excluded.first_name, last_name = excluded.last_name, country = excluded.country,
			candidate = excluded.candidate, candidate_key = excluded.candidate_key,
			twin = excluded.twin, look_at = excluded.look_at, looks = excluded.looks`

	putAdobeGroup = `
		INSERT INTO adobe_groups (org, id, name, name_key, type, presence, adopted, ruled, candidate, candidate_key, missed_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
		ON CONFLICT (org, id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key,
			type = excluded.type, presence = excluded.presence, adopted = excluded.adopted, ruled = excluded.ruled,
			candidate = excluded.candidate, candidate_key = excluded.candidate_key, missed_at = excluded.missed_at`

	missAccounts    = `UPDATE accounts SET presence = 'unknown' WHERE org = ?1 AND id IN (SELECT value FROM json_each(?2)) AND presence = 'present'`
	missAdobeGroups = `UPDATE adobe_groups SET presence = 'unknown' WHERE org = ?1 AND id IN (SELECT value FROM json_each(?2)) AND presence = 'present'`

	forgetAccount    = `DELETE FROM edges WHERE org = ?1 AND account = ?2`
	doubtAccount     = `UPDATE edges SET doubtful = 1 WHERE org = ?1 AND account = ?2`
	forgetAdobeGroup = `DELETE FROM edges INDEXED BY edges_by_group WHERE org = ?1 AND adobe_group = ?2`
	doubtAdobeGroup  = `UPDATE edges INDEXED BY edges_by_group SET doubtful = 1 WHERE org = ?1 AND adobe_group = ?2`

	// Each of ?2 is a list of an account and a group.
	putEdges = `
		INSERT INTO edges (org, account, adobe_group, doubtful)
		SELECT ?1, value ->> 0, value ->> 1, ?3 FROM json_each(?2) WHERE true
		ON CONFLICT DO UPDATE SET doubtful = excluded.doubtful`
	deleteEdges = `
		DELETE FROM edges WHERE org = ?1 AND (account, adobe_group) IN (
			SELECT value ->> 0, value ->> 1 FROM json_each(?2))`

	putLink = `
		INSERT INTO links (org, kind, directory_id, mirror_id, stale, rule, synced_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)
		ON CONFLICT (org, kind, directory_id, mirror_id) DO UPDATE SET stale = excluded.stale, rule = excluded.rule`
	deleteLink = `DELETE FROM links WHERE org = ?1 AND kind = ?2 AND directory_id = ?3 AND mirror_id = ?4`
)

// mirrorAccount keeps an account. One that is absent loses its memberships, those
// of one that is doubtful become so.
func (t *tx) mirrorAccount(ctx context.Context, org string, a plan.Account) error {
	_, err := t.exec(ctx, putAccount, org, a.ID, string(a.Presence), string(a.Type), a.Email, directory.Fold(a.Email),
		a.Username, a.Domain, a.FirstName, a.LastName, a.Country, a.Candidate, directory.Fold(a.Candidate),
		flag(a.Twin), micros(a.LookAt), a.Looks)
	switch {
	case err != nil:
	case a.Presence == plan.Absent:
		_, err = t.exec(ctx, forgetAccount, org, a.ID)
	case a.Presence == plan.Doubtful:
		_, err = t.exec(ctx, doubtAccount, org, a.ID)
	}
	if err != nil {
		return fmt.Errorf("mirror account %s: %w", a.ID, err)
	}
	return nil
}

// mirrorGroup keeps an Adobe group. One that is absent loses its memberships, those
// of one that is doubtful become so.
func (t *tx) mirrorGroup(ctx context.Context, org string, g plan.AdobeGroup) error {
	_, err := t.exec(ctx, putAdobeGroup, org, g.ID, g.Name, directory.Fold(g.Name), string(g.Type), string(g.Presence),
		flag(g.Adopted), flag(g.Ruled), g.Candidate, directory.Fold(g.Candidate), micros(g.MissedAt))
	switch {
	case err != nil:
	case g.Presence == plan.Absent:
		_, err = t.exec(ctx, forgetAdobeGroup, org, g.ID)
	case g.Presence == plan.Doubtful:
		_, err = t.exec(ctx, doubtAdobeGroup, org, g.ID)
	}
	if err != nil {
		return fmt.Errorf("mirror Adobe group %s: %w", g.ID, err)
	}
	return nil
}

// miss makes unknown what Adobe did not find.
func (t *tx) miss(ctx context.Context, org string, m plan.Missing) error {
	for query, ids := range map[string][]string{missAccounts: m.Accounts, missAdobeGroups: m.AdobeGroups} {
		if len(ids) == 0 {
			continue
		}
		if _, err := t.exec(ctx, query, org, list(ids)); err != nil {
			return fmt.Errorf("mirror what is missing: %w", err)
		}
	}
	return nil
}

// mirrorEdges keeps memberships, and no longer those that are absent. Of one that
// is named twice the last counts.
func (t *tx) mirrorEdges(ctx context.Context, org string, memberships []plan.Membership) error {
	last := make(map[plan.Edge]plan.Presence, len(memberships))
	for _, m := range memberships {
		last[m.Edge] = m.Presence
	}
	pairs := make(map[plan.Presence][][]string)
	for e, p := range last {
		pairs[p] = append(pairs[p], []string{e.Account, e.Group})
	}
	for presence, edges := range pairs {
		var err error
		switch presence {
		case plan.Present, plan.Doubtful:
			_, err = t.exec(ctx, putEdges, org, list(edges), flag(presence == plan.Doubtful))
		case plan.Absent:
			_, err = t.exec(ctx, deleteEdges, org, list(edges))
		default:
			err = fmt.Errorf("presence %q: want present, doubtful or absent", presence)
		}
		if err != nil {
			return fmt.Errorf("mirror memberships: %w", err)
		}
	}
	return nil
}

// link keeps links, and the time of those that are there.
func (t *tx) link(ctx context.Context, org string, links []plan.Link) error {
	for _, l := range links {
		if _, err := t.exec(ctx, putLink, org, string(l.Kind), l.Directory, l.Mirror, flag(l.Stale), flag(l.Rule)); err != nil {
			return fmt.Errorf("link %s %s: %w", l.Kind, l.Directory, err)
		}
	}
	return nil
}

// unlink removes links.
func (t *tx) unlink(ctx context.Context, org string, links []plan.Link) error {
	for _, l := range links {
		if _, err := t.exec(ctx, deleteLink, org, string(l.Kind), l.Directory, l.Mirror); err != nil {
			return fmt.Errorf("unlink %s %s: %w", l.Kind, l.Directory, err)
		}
	}
	return nil
}
