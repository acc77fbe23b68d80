package relational

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/umapi"
)

const (
	allAdobeGroups = `
		SELECT ` + adobeGroupColumns + ` FROM adobe_groups a WHERE a.org = $1 ORDER BY a.id`

	groupsLinkedTo = `
		SELECT DISTINCT directory_id FROM links {by links_by_mirror} WHERE org = $1 AND kind = 'group' AND mirror_id = $2`

	groupsRuledTo = groupsLinkedTo + ` AND rule`
)

// ListGroups merges a complete listing of Adobe's groups into the mirror, at
// now: a name (by directory.Fold) that is new is added as adopted; one that the
// mirror holds keeps its id, is set present with the listed name and type, and adopted
// if it was absent, since somebody else has made it then; if it was not present, the
// directory groups that a rule maps to it are made due with their memberships and its
// own; a present one that is not listed becomes unknown, since a listing may be older than a change, and the directory groups linked
// to it are made due. What waits for a listing is looked at again.
//
// A group whose rename has an unknown outcome is found under either name. Of
// several that are listed under one name the one that is no user group counts,
// since a command that names them could give its rights.
func (s *Store) ListGroups(ctx context.Context, l *lease.Lease, listed []plan.AdobeGroup, now time.Time) error {
	org := l.Org
	err := s.fenced(ctx, l, func(ctx context.Context, t tx) error {
		var held []plan.AdobeGroup
		if err := t.Each(ctx, allAdobeGroups, []any{org}, func(row Scanner) error {
			g, err := scanAdobeGroup(row)
			held = append(held, g)
			return err
		}); err != nil {
			return err
		}
		m := merge(held, listed)
		for _, g := range append(append(m.added, m.found...), m.missing...) {
			t.mirrorGroup(org, g)
		}
		var touched []plan.Touch
		for _, id := range m.back {
			ruled, err := texts(ctx, t, groupsRuledTo, org, id)
			if err != nil {
				return err
			}
			for _, group := range ruled {
				touched = append(touched, plan.Touch{Kind: plan.KindGroup, Group: group, Class: plan.ClassGroup},
					plan.Touch{Kind: plan.KindEdge, Group: group, Class: plan.ClassMembership},
					plan.Touch{Kind: plan.KindMirrored, Group: id, Class: plan.ClassMembership})
			}
		}
		for _, g := range m.missing {
			linked, err := texts(ctx, t, groupsLinkedTo, org, g.ID)
			if err != nil {
				return err
			}
			for _, id := range linked {
				touched = append(touched, plan.Touch{Kind: plan.KindGroup, Group: id, Class: plan.ClassGroup})
			}
		}
		if err := t.touch(ctx, org, touched, now); err != nil {
			return err
		}
		if err := t.free(ctx, org, plan.FreedByListing()); err != nil {
			return err
		}
		t.Later(putGroupsListed, org, micros(now))
		return nil
	})
	if err != nil {
		return fmt.Errorf("merge listing of Adobe's groups: %w", err)
	}
	return nil
}

// merged is what a listing changes in the mirror.
type merged struct {
	added, found, missing []plan.AdobeGroup
	back                  []string // ids of those found that were not known to be there
}

func merge(held, listed []plan.AdobeGroup) merged {
	byName := make(map[string]plan.AdobeGroup, len(listed))
	for _, g := range listed {
		key := directory.Fold(g.Name)
		if old, ok := byName[key]; !ok || old.Type == umapi.UserGroup {
			byName[key] = g
		}
	}
	var m merged
	ids := make(map[string]bool, len(held))
	for _, g := range held {
		ids[g.ID] = true
	}
	taken := make(map[string]bool, len(listed))
	find := func(name string) (plan.AdobeGroup, bool) {
		key := directory.Fold(name)
		l, ok := byName[key]
		if !ok || name == "" || taken[key] {
			return plan.AdobeGroup{}, false
		}
		taken[key] = true
		return l, true
	}
	// Two rows may hold one name, one of them absent: the one that lives is the one listed.
	for _, absent := range []bool{false, true} {
		for _, g := range held {
			if (g.Presence == plan.Absent) != absent {
				continue
			}
			l, ok := find(g.Name)
			if !ok && g.Presence == plan.Unknown {
				l, ok = find(g.Candidate)
			}
			switch {
			case ok:
				if g.Presence != plan.Present {
					m.back = append(m.back, g.ID)
				}
				g.Adopted = g.Adopted || g.Presence == plan.Absent // somebody else made it
				g.Name, g.Type, g.Presence, g.Candidate, g.MissedAt = l.Name, l.Type, plan.Present, "", time.Time{}
				m.found = append(m.found, g)
			case g.Presence == plan.Present && !strings.HasPrefix(g.Name, "_"): // those are listed only while they have members
				g.Presence = plan.Unknown
				m.missing = append(m.missing, g)
			}
		}
	}
	for _, l := range listed {
		key := directory.Fold(l.Name)
		if taken[key] {
			continue
		}
		taken[key] = true
		g := byName[key]
		g.ID = free(ids, g.ID)
		g.Presence, g.Adopted, g.Candidate = plan.Present, true, ""
		m.added = append(m.added, g)
	}
	return m
}

// free returns an id that is not in use. Adobe's id of a group that was renamed
// there is in use, by the row that stands for its former name.
func free(ids map[string]bool, id string) string {
	unused := id
	for n := 2; ids[unused]; n++ {
		unused = id + "/" + strconv.Itoa(n)
	}
	ids[unused] = true
	return unused
}
