package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// match is who goes by a name in one org.
type match struct {
	org  string
	kind plan.Kind
	// ids are SCIM ids: several where users share an account that goes by the name.
	ids []string
}

func (m match) String() string { return fmt.Sprintf("a %s of %s", m.kind, m.org) }

// findOne returns who goes by a name, of the kinds and in the orgs that are given.
// That nobody does, or that it could be several, is an error.
func (a *admin) findOne(ctx context.Context, orgs []adminOrg, name string, kinds ...plan.Kind) (match, error) {
	if name == "" {
		return match{}, wrongUse("", "nobody is named")
	}
	var all []match
	for _, o := range orgs {
		for _, kind := range kinds {
			ids, err := a.find(ctx, o.name, kind, name)
			if err != nil {
				return match{}, err
			}
			if len(ids) > 0 {
				all = append(all, match{o.name, kind, ids})
			}
		}
	}
	switch len(all) {
	case 0:
		what := make([]string, len(kinds))
		for i, kind := range kinds {
			what[i] = string(kind)
		}
		return match{}, &AdminError{
			Message: fmt.Sprintf("no %s goes by %q", strings.Join(what, " or "), name),
			Hint:    "give the SCIM id, the userName or the displayName as the provider sent it, or the address or name in Adobe",
			status:  http.StatusNotFound,
		}
	case 1:
		return all[0], nil
	}
	texts := make([]string, len(all))
	for i, m := range all {
		texts[i] = m.String()
	}
	return match{}, wrongUse("say which with --org, or with the SCIM id", "%q is %s", name, strings.Join(texts, " and "))
}

// find returns the SCIM ids of the users or groups of an org that go by a name:
// the id itself, else userName or displayName, else the address or name in Adobe,
// which is how those are found who are gone from the directory.
func (a *admin) find(ctx context.Context, org string, kind plan.Kind, name string) ([]string, error) {
	look := a.userIn
	q := plan.Query{Users: []string{name}, Emails: []string{directory.Fold(name)}}
	if kind == plan.KindGroup {
		look = a.groupIn
		q = plan.Query{Groups: []string{name}, Names: []string{directory.Fold(name)}}
	}
	if id, err := look(ctx, org, name); err != nil || id != "" {
		return []string{id}, err
	}
	facts, err := a.store.Facts(ctx, org, q)
	if err != nil {
		return nil, err
	}
	if ids := linkedTo(facts, kind, name); len(ids) > 0 {
		return ids, nil
	}
	return a.remembered(ctx, org, kind, append(called(facts, kind, name), name))
}

// named is the filter for an attribute with a value.
func named(attr, value string) filter.Expr {
	return filter.Compare{Path: filter.Path{Attr: attr}, Op: filter.Eq, Value: value}
}

// userIn returns the id of the user of the directory who has an id or a userName, or "".
func (a *admin) userIn(ctx context.Context, org, name string) (string, error) {
	u, err := a.store.User(ctx, org, name)
	if !errors.Is(err, directory.ErrNotFound) {
		return u.ID, err
	}
	l, err := a.store.Users(ctx, org, filter.Query{Where: named("userName", name)}, directory.Page{Start: 1, Count: 1})
	if err != nil || len(l.Resources) == 0 {
		return "", err
	}
	return l.Resources[0].ID, nil
}

// groupIn returns the id of the group of the directory that has an id or a displayName, or "".
func (a *admin) groupIn(ctx context.Context, org, name string) (string, error) {
	g, err := a.store.Group(ctx, org, name)
	if !errors.Is(err, directory.ErrNotFound) {
		return g.ID, err
	}
	l, err := a.store.Groups(ctx, org, filter.Query{Where: named("displayName", name)}, directory.Page{Start: 1, Count: 1})
	if err != nil || len(l.Resources) == 0 {
		return "", err
	}
	return l.Resources[0].ID, nil
}

// called lists what goes by a name in Adobe, by ids of the mirror.
func called(facts plan.Facts, kind plan.Kind, name string) []string {
	var ids []string
	key := directory.Fold(name)
	if kind == plan.KindGroup {
		for id, g := range facts.AdobeGroups {
			if directory.Fold(g.Name) == key || directory.Fold(g.Candidate) == key {
				ids = append(ids, id)
			}
		}
		return ids
	}
	for id, c := range facts.Accounts {
		if directory.Fold(c.Email) == key || directory.Fold(c.Candidate) == key {
			ids = append(ids, id)
		}
	}
	return ids
}

// linkedTo returns who is linked to what goes by a name in Adobe, or the name
// itself if it is an id with a link. Links outlive what is gone from the directory
// until Adobe has followed.
func linkedTo(facts plan.Facts, kind plan.Kind, name string) []string {
	var ids []string
	mirror := called(facts, kind, name)
	for _, l := range facts.Links {
		if l.Kind == kind && (l.Directory == name || slices.Contains(mirror, l.Mirror)) {
			ids = append(ids, l.Directory)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// remembered returns those of the ids that the journal has lines about: what the
// bridge made in Adobe has the id of the user or group that it was made for.
func (a *admin) remembered(ctx context.Context, org string, kind plan.Kind, ids []string) ([]string, error) {
	var out []string
	for _, id := range ids {
		lines, err := a.store.Journal(ctx, org, id, 1)
		if err != nil {
			return nil, err
		}
		if len(lines) > 0 && (kind == plan.KindUser && lines[0].User == id || kind == plan.KindGroup && lines[0].Group == id) {
			out = append(out, id)
		}
	}
	return out, nil
}
