package relational

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
)

// Facts answers a query, from one moment.
func (s *Store) Facts(ctx context.Context, org string, q plan.Query) (plan.Facts, error) {
	f := facts{org: org, out: plan.Facts{
		Users:       make(map[string]directory.User),
		Memberships: make(map[string][]string),
		Groups:      make(map[string]directory.Group),
		Accounts:    make(map[string]plan.Account),
		AdobeGroups: make(map[string]plan.AdobeGroup),
		Edges:       make(map[plan.Edge]plan.Presence),
		Sizes:       make(map[string]int),
	}}
	err := s.snapshot(ctx, func(ctx context.Context, c conn) error {
		f.c = c
		return f.gather(ctx, q)
	})
	if err != nil {
		return plan.Facts{}, fmt.Errorf("read facts: %w", err)
	}
	return f.out, nil
}

// facts are gathered from the users to the groups: who is asked for, the
// accounts, what both are members of, and the groups of that.
type facts struct {
	c   conn
	org string
	out plan.Facts
}

const (
	accountIDsByEmail = `
		SELECT a.id FROM {texts $2 AS j} CROSS JOIN accounts a WHERE a.org = $1 AND a.email_key = j.value
		UNION
		SELECT a.id FROM {texts $2 AS j} CROSS JOIN accounts a
		WHERE a.org = $1 AND a.candidate_key = j.value AND a.candidate_key <> ''`

	adobeGroupIDsByName = `
		SELECT a.id FROM {texts $2 AS j} CROSS JOIN adobe_groups a WHERE a.org = $1 AND a.name_key = j.value
		UNION
		SELECT a.id FROM {texts $2 AS j} CROSS JOIN adobe_groups a
		WHERE a.org = $1 AND a.candidate_key = j.value AND a.candidate_key <> ''`

	membershipsOf = `
		WITH RECURSIVE up (user_id, key) AS (
			SELECT u.id, m.group_key
			FROM {texts $2 AS j} CROSS JOIN users u CROSS JOIN members m
			WHERE u.org = $1 AND u.id = j.value AND m.user_key = u.key
			UNION
			SELECT up.user_id, m.group_key FROM up CROSS JOIN members m WHERE m.child_key = up.key
		)
		SELECT up.user_id, (SELECT g.id FROM groups g WHERE g.key = up.key) FROM up ORDER BY 1, 2`

	edgesOfAccounts = `
		SELECT e.account, e.adobe_group, e.doubtful
		FROM {texts $2 AS j} CROSS JOIN edges e WHERE e.org = $1 AND e.account = j.value`

	sizesOfGroups = `
		SELECT j.value, (SELECT COUNT(*) FROM edges e WHERE e.org = $1 AND e.adobe_group = j.value) FROM {texts $2 AS j}`

	edgesDueOfUsers = `
		SELECT d.kind, d.group_id, d.user_id, d.generation, d.attempts, d.refused, d.released, d.parked, d.since
		FROM {texts $2 AS j} CROSS JOIN due d
		WHERE d.org = $1 AND d.user_id = j.value AND d.kind = 'edge' AND d.state = 'pending'
		ORDER BY d.rank, d.group_id, d.user_id`
)

func (f *facts) gather(ctx context.Context, q plan.Query) error {
	byEmail, err := texts(ctx, f.c, accountIDsByEmail, f.org, q.Emails)
	if err != nil {
		return err
	}
	byEmail = slices.DeleteFunc(byEmail, known(q.Known.Accounts))
	users, accounts, err := f.linked(ctx, plan.KindUser, q.Users, append(byEmail, q.Accounts...))
	if err != nil {
		return err
	}
	if err := f.users(ctx, users); err != nil {
		return err
	}
	if err := f.accounts(ctx, accounts); err != nil {
		return err
	}
	groups, err := f.memberships(ctx)
	if err != nil {
		return err
	}
	held, err := f.edges(ctx)
	if err != nil {
		return err
	}
	byName, err := texts(ctx, f.c, adobeGroupIDsByName, f.org, q.Names)
	if err != nil {
		return err
	}
	byName = slices.DeleteFunc(byName, known(q.Known.AdobeGroups))
	groups, adobe, err := f.linked(ctx, plan.KindGroup, append(groups, q.Groups...), slices.Concat(held, byName, q.AdobeGroups))
	if err != nil {
		return err
	}
	if err := f.groups(ctx, groups); err != nil {
		return err
	}
	if err := f.adobeGroups(ctx, adobe); err != nil {
		return err
	}
	if err := f.sizes(ctx, q.Groups); err != nil {
		return err
	}
	return f.edgesDue(ctx, q.Users)
}

// known reports of an id whether it was answered before.
func known[V any](before map[string]V) func(id string) bool {
	return func(id string) bool {
		_, ok := before[id]
		return ok
	}
}

const (
	linksOfDirectory = `
		SELECT l.directory_id, l.mirror_id, l.stale, l.rule
		FROM {texts $3 AS j} CROSS JOIN links l
		WHERE l.org = $1 AND l.kind = $2 AND l.directory_id = j.value`
	linksOfMirror = `
		SELECT l.directory_id, l.mirror_id, l.stale, l.rule
		FROM {texts $3 AS j} CROSS JOIN links l {by links_by_mirror}
		WHERE l.org = $1 AND l.kind = $2 AND l.mirror_id = j.value`
)

// linked follows links to and fro until nothing new is found, and returns the
// ids on both sides. It keeps the links.
func (f *facts) linked(ctx context.Context, kind plan.Kind, dir, mirror []string) ([]string, []string, error) {
	dirs, mirrors := set(dir), set(mirror)
	links := make(map[plan.Link]bool)
	dir, mirror = slices.Collect(maps.Keys(dirs)), slices.Collect(maps.Keys(mirrors))
	for len(dir) > 0 || len(mirror) > 0 {
		var newDir, newMirror []string
		found := func(row Scanner) error {
			l := plan.Link{Kind: kind}
			if err := row.Scan(&l.Directory, &l.Mirror, &l.Stale, &l.Rule); err != nil {
				return err
			}
			links[l] = true
			if !dirs[l.Directory] {
				dirs[l.Directory] = true
				newDir = append(newDir, l.Directory)
			}
			if !mirrors[l.Mirror] {
				mirrors[l.Mirror] = true
				newMirror = append(newMirror, l.Mirror)
			}
			return nil
		}
		if err := f.c.Each(ctx, linksOfDirectory, []any{f.org, string(kind), dir}, found); err != nil {
			return nil, nil, err
		}
		if err := f.c.Each(ctx, linksOfMirror, []any{f.org, string(kind), mirror}, found); err != nil {
			return nil, nil, err
		}
		dir, mirror = newDir, newMirror
	}
	sorted := slices.SortedFunc(maps.Keys(links), func(a, b plan.Link) int {
		return cmp.Or(cmp.Compare(a.Directory, b.Directory), cmp.Compare(a.Mirror, b.Mirror))
	})
	f.out.Links = append(f.out.Links, sorted...)
	return slices.Sorted(maps.Keys(dirs)), slices.Sorted(maps.Keys(mirrors)), nil
}

func set(values []string) map[string]bool {
	m := make(map[string]bool, len(values))
	for _, v := range values {
		m[v] = true
	}
	return m
}

// A plan needs of a resource what it is, and not how far Adobe has followed.
const (
	usersToPlan  = `SELECT u.id, u.document, u.created FROM {texts $2 AS j} CROSS JOIN users u WHERE u.org = $1 AND u.id = j.value`
	groupsToPlan = `SELECT g.id, g.document, g.created FROM {texts $2 AS j} CROSS JOIN groups g WHERE g.org = $1 AND g.id = j.value`
)

func (f *facts) users(ctx context.Context, ids []string) error {
	return f.resources(ctx, usersToPlan, ids, func(m directory.Meta, doc json.RawMessage) {
		f.out.Users[m.ID] = directory.User{Meta: m, Document: doc}
	})
}

func (f *facts) groups(ctx context.Context, ids []string) error {
	return f.resources(ctx, groupsToPlan, ids, func(m directory.Meta, doc json.RawMessage) {
		f.out.Groups[m.ID] = directory.Group{Meta: m, Document: doc}
	})
}

func (f *facts) resources(ctx context.Context, query string, ids []string, found func(directory.Meta, json.RawMessage)) error {
	return f.c.Each(ctx, query, []any{f.org, ids}, func(row Scanner) error {
		var m directory.Meta
		var doc string
		var created int64
		err := row.Scan(&m.ID, &doc, &created)
		m.Created = date(created)
		found(m, json.RawMessage(doc))
		return err
	})
}

// memberships reads those of all users, and returns the groups.
func (f *facts) memberships(ctx context.Context) ([]string, error) {
	groups := make(map[string]bool)
	users := slices.Collect(maps.Keys(f.out.Users))
	err := f.c.Each(ctx, membershipsOf, []any{f.org, users}, func(row Scanner) error {
		var user, group string
		if err := row.Scan(&user, &group); err != nil {
			return err
		}
		f.out.Memberships[user] = append(f.out.Memberships[user], group)
		groups[group] = true
		return nil
	})
	return slices.Collect(maps.Keys(groups)), err
}

// edges reads those of all accounts, and returns the Adobe groups.
func (f *facts) edges(ctx context.Context) ([]string, error) {
	groups := make(map[string]bool)
	accounts := slices.Collect(maps.Keys(f.out.Accounts))
	err := f.c.Each(ctx, edgesOfAccounts, []any{f.org, accounts}, func(row Scanner) error {
		var e plan.Edge
		var doubtful bool
		if err := row.Scan(&e.Account, &e.Group, &doubtful); err != nil {
			return err
		}
		f.out.Edges[e] = plan.Present
		if doubtful {
			f.out.Edges[e] = plan.Doubtful
		}
		groups[e.Group] = true
		return nil
	})
	return slices.Collect(maps.Keys(groups)), err
}

// sizes counts the memberships of what the groups among ids map to that are gone.
func (f *facts) sizes(ctx context.Context, ids []string) error {
	var adobe []string
	asked := set(ids)
	for _, l := range f.out.Links {
		_, there := f.out.Groups[l.Directory]
		if l.Kind == plan.KindGroup && !there && asked[l.Directory] {
			adobe = append(adobe, l.Mirror)
		}
	}
	if len(adobe) == 0 {
		return nil
	}
	return f.c.Each(ctx, sizesOfGroups, []any{f.org, distinct(adobe)}, func(row Scanner) error {
		var id string
		var n int
		err := row.Scan(&id, &n)
		f.out.Sizes[id] = n
		return err
	})
}

func (f *facts) edgesDue(ctx context.Context, users []string) error {
	return f.c.Each(ctx, edgesDueOfUsers, []any{f.org, distinct(users)}, func(row Scanner) error {
		var d plan.Due
		err := scanDue(row, &d)
		f.out.EdgesDue = append(f.out.EdgesDue, d)
		return err
	})
}
