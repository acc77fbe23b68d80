package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/search"
)

var matchPromises = []promise{
	{"Lists/MatchWhatPlainEvaluationMatches", matchLikeMemory},
	{"Lists/TakeTheLongestAndDeepestFilters", matchLimits},
}

// matchLimits asks what the parser just lets through.
func matchLimits(f *fixture) {
	ada := newUser("ada", "emails", []any{map[string]any{"type": "work", "value": "ada@example.com"}})
	_, err := f.CreateUser(f.ctx(), acme, ada, origin(0))
	require.NoError(f, err)
	open, shut := strings.Repeat("not (", filter.MaxDepth-1), strings.Repeat(")", filter.MaxDepth-1)
	for _, term := range []string{
		`userName eq "x"`, `displayName le "x"`, `emails[value sw "x"]`, `groups.display ne "x"`, `meta.created gt 2026-01-01T00:00:00Z`,
		`urn:ietf:params:scim:schemas:extension:scimbridge:2.0:User:sync.detail co "x"`, `title ne null`,
	} {
		for name, text := range map[string]string{
			"or":     strings.Repeat(term+" or ", filter.MaxTerms-1) + `userName eq "ada"`,
			"and":    strings.Repeat("not ("+term+") and ", filter.MaxTerms-1) + `userName eq "ada"`,
			"deep":   open + term + shut,
			"zigzag": strings.Repeat("("+term+" or userName pr and ", filter.MaxDepth-1) + "id pr" + shut,
			"inside": `emails[` + strings.Repeat(`value sw "x" or `, filter.MaxTerms-1) + `value pr]`,
		} {
			e, err := filter.Parse(text)
			require.NoError(f, err, name)
			_, err = f.Users(f.ctx(), acme, filter.Query{Where: e}, directory.Page{Start: 1, Count: 1})
			require.NoError(f, err, "%s of %s", name, term)
		}
	}
}

// world is a random org, and what its resources are to a filter.
type world struct {
	store.Store
	org           string
	users, groups []entry
	known         []string
}

// entry is a resource as filters see it.
type entry struct {
	id  string
	doc map[string]any
}

// matchLikeMemory compares what a store finds with what filter.Matches does, on
// random resources with random filters.
func matchLikeMemory(f *fixture) {
	var n atomic.Int64
	rapid.Check(f.T, func(t *rapid.T) {
		w := newWorld(f.ctx(), t, f.Store, fmt.Sprint("org", n.Add(1)))
		for i := range 20 {
			w.compare(f.ctx(), t, filters(paths("User"), w.known, 3).Draw(t, fmt.Sprint("of users", i)), filter.Expr(nil))
			w.compare(f.ctx(), t, filter.Expr(nil), filters(paths("Group"), w.known, 3).Draw(t, fmt.Sprint("of groups", i)))
		}
	})
}

// compare lists what matches; a filter that is nil is none of that kind.
func (w *world) compare(ctx context.Context, t *rapid.T, ofUsers, ofGroups filter.Expr) {
	page := directory.Page{Start: 1, Count: 100}
	if ofUsers != nil {
		got, err := w.Users(ctx, w.org, filter.Query{Where: ofUsers}, page)
		require.NoError(t, err, ofUsers)
		var ids []string
		for _, u := range got.Resources {
			ids = append(ids, u.ID)
		}
		require.Equal(t, matching(w.users, ofUsers), ids, "%s", ofUsers)
		require.Equal(t, len(ids), got.Total, "%s", ofUsers)
		none, err := w.Users(ctx, w.org, filter.Query{Where: ofUsers}, directory.Page{Start: 1})
		require.NoError(t, err, ofUsers)
		require.Equal(t, len(ids), none.Total, "%s", ofUsers)
	}
	if ofGroups != nil {
		got, err := w.Groups(ctx, w.org, filter.Query{Where: ofGroups}, page)
		require.NoError(t, err, ofGroups)
		var ids []string
		for _, g := range got.Resources {
			ids = append(ids, g.ID)
		}
		require.Equal(t, matching(w.groups, ofGroups), ids, "%s", ofGroups)
	}
}

func matching(all []entry, e filter.Expr) (ids []string) {
	for _, r := range all {
		if filter.Matches(e, r.doc, search.Exact) {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// newWorld makes a random org and reads it back.
func newWorld(ctx context.Context, t *rapid.T, s store.Store, org string) *world {
	w := &world{Store: s, org: org}
	var members []string
	taken := map[string]bool{}
	for i := range rapid.IntRange(1, 6).Draw(t, "users") {
		name := words.Draw(t, fmt.Sprint("userName", i))
		if taken[directory.Fold(name)] {
			name = fmt.Sprint("user", i)
		}
		taken[directory.Fold(name)] = true
		id := fmt.Sprint("u", i)
		_, err := s.CreateUser(ctx, org, directory.User{Meta: directory.Meta{ID: id}, Document: randomUser(t, "first"+name)}, origin(i%3))
		require.NoError(t, err)
		if rapid.Bool().Draw(t, "changed") {
			_, err = s.UpdateUser(ctx, org, id, 0, randomUser(t, name), origin(i))
			require.NoError(t, err)
		}
		members = append(members, id)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "groups") {
		m := map[string]any{"displayName": fmt.Sprint(words.Draw(t, fmt.Sprint("group", i)), i)}
		some(t, "group", m, "externalId", words.Draw(t, "externalId"))
		id := fmt.Sprint("g", i)
		c := adding(rapid.SliceOfDistinct(rapid.SampledFrom(members), rapid.ID).Draw(t, "members")...)
		_, _, err := s.CreateGroup(ctx, org, directory.Group{Meta: directory.Meta{ID: id}, Document: doc(pairsOf(m)...)}, c, origin(i))
		require.NoError(t, err)
		members = append(members, id)
	}
	if rapid.Bool().Draw(t, "one leaves") {
		require.NoError(t, s.DeleteUser(ctx, org, members[0], 0, origin(3)))
	}
	due, err := s.Due(ctx, org, later, 1000)
	require.NoError(t, err)
	l, err := s.Lease(ctx, org)
	require.NoError(t, err)
	require.NoError(t, s.Settle(ctx, l, randomVerdicts(t, due), at(3)))
	w.read(ctx, t)
	return w
}

// read reads all there is through the rest of the contract.
func (w *world) read(ctx context.Context, t *rapid.T) {
	users, err := w.Users(ctx, w.org, filter.Query{}, directory.Page{Start: 1, Count: 100})
	require.NoError(t, err)
	for _, u := range users.Resources {
		doc := asSeen(t, u.Document, "User", directory.BridgeUserSchema, u.Meta, u.Sync)
		if active, _ := doc["active"].(bool); !active {
			doc["active"] = doc["active"] == nil
		}
		of, err := w.GroupsOf(ctx, w.org, []string{u.ID})
		require.NoError(t, err)
		var refs []any
		for _, g := range of[u.ID] {
			refs = append(refs, map[string]any{"value": g.ID, "display": g.DisplayName})
		}
		doc["groups"] = refs
		w.users = append(w.users, entry{u.ID, doc})
	}
	groups, err := w.Groups(ctx, w.org, filter.Query{}, directory.Page{Start: 1, Count: 100})
	require.NoError(t, err)
	for _, g := range groups.Resources {
		doc := asSeen(t, g.Document, "Group", directory.BridgeGroupSchema, g.Meta, g.Sync)
		all, err := w.Members(ctx, w.org, g.ID, "", 100)
		require.NoError(t, err)
		var refs []any
		for _, m := range all {
			refs = append(refs, map[string]any{"value": m.ID, "type": string(m.Type), "display": m.Display})
		}
		doc["members"] = refs
		w.groups = append(w.groups, entry{g.ID, doc})
	}
	w.known = []string{"x"}
	for _, r := range append(append([]entry(nil), w.users...), w.groups...) {
		w.known = append(w.known, r.id)
		for _, v := range r.doc {
			if s, ok := v.(string); ok {
				w.known = append(w.known, s, strings.ToUpper(s))
			}
		}
	}
	w.known = append(w.known, "failed", "error.X: No seat", "error.X")
}

// asSeen is a document with what the bridge knows of the resource.
func asSeen(t *rapid.T, raw []byte, kind, urn string, m directory.Meta, s directory.Sync) map[string]any {
	var doc map[string]any
	require.NoError(t, json.Unmarshal(raw, &doc))
	doc["id"] = m.ID
	doc["meta"] = map[string]any{
		"resourceType": kind, "created": m.Created, "lastModified": m.LastModified, "version": fmt.Sprintf(`W/"%d"`, m.Version),
	}
	sync := map[string]any{"state": string(s.State), "detail": s.Detail}
	if !s.LastSynced.IsZero() {
		sync["lastSynced"] = s.LastSynced
	}
	if kind == "Group" {
		sync["pending"], sync["held"], sync["failed"] = s.Pending, s.Held, s.Failed
	}
	extension, _ := doc[urn].(map[string]any)
	if extension == nil {
		extension = map[string]any{}
	}
	extension["sync"] = sync
	doc[urn] = extension
	return doc
}
