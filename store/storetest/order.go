package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/search"
)

var orderPromises = []promise{
	{"Lists/AreSortedAndCutLikeInMemory", cutLikeMemory},
	{"Lists/ReadPageByPageMissNobodyWhileOthersComeAndGo", pageWhileChanging},
	{"Lists/RefuseAPositionOfAnotherOrder", refusePosition},
}

// sortable are the paths by which random lists are sorted.
func sortable(kind string) []filter.Path {
	var out []filter.Path
	for _, p := range paths(kind) {
		if p.Attr != "groups" && p.Attr != "members" && (p.Sub != "" || p.Attr != "name" && p.Attr != "meta" && p.Attr != "META" && p.Attr != "sync") {
			out = append(out, p)
		}
	}
	return append(out, filter.Path{})
}

// cutLikeMemory compares the pages of random lists, by index and one after
// another, with a list that was sorted and cut in memory.
func cutLikeMemory(f *fixture) {
	var n atomic.Int64
	rapid.Check(f.T, func(t *rapid.T) {
		w := newWorld(f.ctx(), t, f.Store, fmt.Sprint("org", n.Add(1)))
		for i := range 10 {
			label := fmt.Sprint("list", i)
			q := filter.Query{Descending: rapid.Bool().Draw(t, label+"descending")}
			if rapid.Bool().Draw(t, label+"filtered") {
				q.Where = filters(paths("User"), w.known, 1).Draw(t, label)
			}
			of := func(ids []string, l directory.List[directory.User], err error) shown {
				for _, u := range l.Resources {
					ids = append(ids, u.ID)
				}
				return shown{ids, l.Total, l.Next, err}
			}
			q.By = rapid.SampledFrom(sortable("User")).Draw(t, label+"by")
			w.cut(t, q, w.users, label, func(p directory.Page) shown {
				l, err := w.Users(f.ctx(), w.org, q, p)
				return of(nil, l, err)
			})
			q.By = rapid.SampledFrom(sortable("Group")).Draw(t, label+"groups by")
			q.Where = nil
			w.cut(t, q, w.groups, label, func(p directory.Page) shown {
				l, err := w.Groups(f.ctx(), w.org, q, p)
				out := shown{nil, l.Total, l.Next, err}
				for _, g := range l.Resources {
					out.ids = append(out.ids, g.ID)
				}
				return out
			})
		}
	})
}

// shown is a page in short.
type shown struct {
	ids   []string
	total int
	next  string
	err   error
}

func (w *world) cut(t *rapid.T, q filter.Query, all []entry, label string, read func(directory.Page) shown) {
	want := []string{}
	for _, r := range sorted(all, q) {
		if q.Where == nil || filter.Matches(q.Where, r.doc, search.Exact) {
			want = append(want, r.id)
		}
	}
	start, count := rapid.IntRange(-1, len(all)+2).Draw(t, label+"start"), rapid.IntRange(-1, 4).Draw(t, label+"count")
	from := min(max(start, 1)-1, len(want))
	to := min(from+max(count, 0), len(want))
	got := read(directory.Page{Start: start, Count: count})
	require.NoError(t, got.err)
	require.Equal(t, len(want), got.total, "%+v", q)
	require.Equal(t, want[from:to], append([]string{}, got.ids...), "%+v from %d, %d", q, start, count)
	require.Equal(t, to > from && to < len(want), got.next != "", "%+v from %d, %d", q, start, count)

	seen := append([]string{}, want[:from]...)
	for seen = append(seen, got.ids...); got.next != ""; seen = append(seen, got.ids...) {
		got = read(directory.Page{Count: max(count, 0), After: got.next})
		require.NoError(t, got.err, "%+v", q)
		require.NotEmpty(t, got.ids, "%+v", q)
		require.Zero(t, got.total, "it is not counted again")
	}
	if to > from {
		require.Equal(t, want, seen, "%+v one after another", q)
	}
}

// sorted is the order of RFC 7644, section 3.4.2.3, worked out in memory.
func sorted(all []entry, q filter.Query) []entry {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b entry) int {
		x, y := sortValue(a.doc, q.By), sortValue(b.doc, q.By)
		if c := cmp.Or(cmp.Compare(x.missing, y.missing), cmp.Compare(x.number, y.number), strings.Compare(x.text, y.text)); c != 0 {
			return c
		}
		return cmp.Compare(place(all, a), place(all, b))
	})
	if q.Descending {
		slices.Reverse(out)
	}
	return out
}

func place(all []entry, e entry) int {
	return slices.IndexFunc(all, func(o entry) bool { return o.id == e.id })
}

// key is what a resource is sorted by.
type key struct {
	missing int
	number  int64
	text    string
}

func sortValue(doc map[string]any, by filter.Path) key {
	if by.Attr == "" {
		return key{missing: 1}
	}
	v := named(doc, by)
	switch v := v.(type) {
	case time.Time:
		return key{number: v.UnixMicro()}
	case int:
		return key{number: int64(v)}
	case bool:
		return key{text: strconv.FormatBool(v)}
	case string:
		if v != "" && search.Exact(by) {
			return key{text: v}
		}
		if v != "" {
			return key{text: directory.Fold(v)}
		}
	}
	return key{missing: 1}
}

// named is the value of an attribute, of the primary element or else the first.
func named(doc map[string]any, p filter.Path) any {
	if p.URN != "" && !strings.HasPrefix(p.URN, "urn:ietf:params:scim:schemas:core:") {
		doc, _ = member(doc, p.URN).(map[string]any)
	}
	v := member(doc, p.Attr)
	if list, ok := v.([]any); ok {
		v = nil
		for _, el := range list {
			if m, ok := el.(map[string]any); ok && m["primary"] != true && !given(m) || el == "" {
				continue
			}
			m, _ := el.(map[string]any)
			if v == nil || m["primary"] == true {
				v = el
			}
		}
	}
	if m, ok := v.(map[string]any); ok {
		return member(m, cmp.Or(p.Sub, "value"))
	}
	return v
}

// given reports whether any part of an element is assigned.
func given(m map[string]any) bool {
	for _, v := range m {
		if v != nil && v != "" {
			return true
		}
	}
	return false
}

func member(m map[string]any, name string) any {
	for k, v := range m {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return nil
}

func pageWhileChanging(f *fixture) {
	for _, by := range []filter.Path{{}, {Attr: "userName"}, {Attr: "title"}, {Attr: "meta", Sub: "created"}} {
		org := "org by " + by.String()
		add := func(n int) {
			u := newUser(fmt.Sprintf("%s-%03d", by.Attr, n), "title", fmt.Sprint(n%7))
			_, err := f.CreateUser(f.ctx(), org, u, origin(n))
			require.NoError(f, err)
		}
		id := func(n int) string { return fmt.Sprintf("%s-%03d", by.Attr, n) }
		for n := range 30 {
			add(2 * n)
		}
		seen := map[string]int{}
		page := directory.Page{Start: 1, Count: 4}
		for n := 0; ; n++ {
			l, err := f.Users(f.ctx(), org, filter.Query{By: by}, page)
			require.NoError(f, err)
			for _, u := range l.Resources {
				seen[u.ID]++
			}
			if l.Next == "" {
				break
			}
			page.After = l.Next
			if n < 5 {
				require.NoError(f, f.DeleteUser(f.ctx(), org, id(4*n), 0, origin(n)), "those that were seen and others")
				add(2*n + 1)
			}
		}
		for n := 20; n < 60; n += 2 { // nobody touched these
			require.Equal(f, 1, seen[id(n)], "%s by %s", id(n), by)
		}
		for id, times := range seen {
			require.Equal(f, 1, times, "%s by %s", id, by)
		}
	}
}

func refusePosition(f *fixture) {
	f.user("ada", "bob")
	l, err := f.Users(f.ctx(), acme, filter.Query{}, directory.Page{Start: 1, Count: 1})
	require.NoError(f, err)
	for _, after := range []string{l.Next, "x", "[]", "{}"} {
		_, err = f.Users(f.ctx(), acme, filter.Query{By: filter.Path{Attr: "title"}}, directory.Page{Count: 1, After: after})
		require.Error(f, err, after)
	}
}
