package plan_test

import (
	"cmp"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
)

// pairs is a relation that can be asked from one side.
type pairs map[string]map[string]bool

func (p pairs) set(a, b string, there bool) {
	switch {
	case !there:
		delete(p[a], b)
		if len(p[a]) == 0 {
			delete(p, a)
		}
	case p[a] == nil:
		p[a] = map[string]bool{b: true}
	default:
		p[a][b] = true
	}
}

func (p pairs) of(a string) []string { return slices.Sorted(maps.Keys(p[a])) }

// linkEnd is one end of links.
type linkEnd struct {
	kind   plan.Kind
	mirror bool
	id     string
}

// fastRow is a due row in its place in the order of rank.
type fastRow struct {
	row
	rank int64
	gone bool // paid off, or replaced
}

// fastLedger is a ledger for worlds of a hundred thousand rows, with indices
// where the other looks at everything. It promises what package store does,
// where Adobe does all that it is told and no brake is on:
//
//   - facts, due rows in order of rank, links and touches are as there;
//   - since nothing is lost, nothing is doubtful, unknown or to be found under
//     another name, and a row that fails or is held is an error, see follows;
//   - groups are not nested, and Facts.Sizes is left out.
//
// It also keeps what the mirror was, so that [fastLedger.need] can tell what
// was to be done.
type fastLedger struct {
	now         time.Time
	generation  int64
	users       map[string]directory.User
	groups      map[string]directory.Group
	memberOf    pairs // groups by user
	members     pairs // users by group
	accounts    map[string]plan.Account
	adobeGroups map[string]plan.AdobeGroup
	byEmail     pairs // accounts by folded address
	byName      pairs // Adobe groups by folded name
	holds       pairs // mirrored memberships: Adobe groups by account
	holders     pairs // accounts by Adobe group
	links       map[linkEnd][]plan.Link
	due         map[key]*fastRow
	naming      map[string]map[*fastRow]bool // rows by the SCIM ids that they name
	order       []*fastRow                   // by rank, some of them gone
	fresh       []*fastRow                   // the latest, not yet among those
	gone        int                          // rows that are, in those lists
	failures    []plan.Verdict
	was         pastMirror
	wider       int  // how often the dispatcher's window is doubled
	thorough    bool // looks are never glances
}

func newFastLedger() *fastLedger {
	l := &fastLedger{
		now: epoch, users: map[string]directory.User{}, groups: map[string]directory.Group{}, memberOf: pairs{}, members: pairs{},
		accounts: map[string]plan.Account{}, adobeGroups: map[string]plan.AdobeGroup{},
		byEmail: pairs{}, byName: pairs{}, holds: pairs{}, holders: pairs{},
		links: map[linkEnd][]plan.Link{}, due: map[key]*fastRow{}, naming: map[string]map[*fastRow]bool{},
	}
	l.mark()
	return l
}

// owe makes a row due, as a directory's change or a touch does.
func (l *fastLedger) owe(kind plan.Kind, user, group string, c plan.Class) {
	l.generation++
	r := &fastRow{row: row{class: c, Due: plan.Due{Kind: kind, User: user, Group: group, Since: l.now, Generation: l.generation}}}
	k := keyOf(r.Due)
	if old := l.due[k]; old != nil {
		r.Since = old.Since
		if plan.Rank(old.class, old.Since) < plan.Rank(c, old.Since) {
			r.class = old.class
		}
		l.forget(old)
	}
	r.rank = plan.Rank(r.class, r.Since)
	l.due[k] = r
	for _, id := range r.names() {
		if l.naming[id] == nil {
			l.naming[id] = map[*fastRow]bool{}
		}
		l.naming[id][r] = true
	}
	l.fresh = append(l.fresh, r)
}

// names lists the SCIM ids that a row is about.
func (r *fastRow) names() []string {
	var out []string
	for _, id := range []string{r.User, r.Group} {
		if id != "" && r.Kind != plan.KindMirrored {
			out = append(out, id)
		}
	}
	return out
}

// forget takes a row out, and with the last one that names what is gone from
// the directory its links.
func (l *fastLedger) forget(r *fastRow) {
	r.gone = true
	l.gone++
	delete(l.due, keyOf(r.Due))
	for _, id := range r.names() {
		delete(l.naming[id], r)
		if len(l.naming[id]) == 0 {
			delete(l.naming, id)
		}
	}
}

func (l *fastLedger) putUser(id string, p who) {
	old, existed := l.users[id]
	u := directory.User{Meta: directory.Meta{ID: id, Created: l.now}, Document: p.document()}
	wasActive := false
	if existed {
		u.Created = old.Created
		a, err := old.Attributes()
		wasActive = err == nil && a.IsActive()
	}
	l.users[id] = u
	class := plan.ClassAttribute
	switch {
	case p.inactive && (wasActive || !existed):
		class = plan.ClassLeave
	case !p.inactive && !wasActive:
		class = plan.ClassJoin
	}
	l.owe(plan.KindUser, id, "", class)
}

func (l *fastLedger) deleteUser(id string) {
	delete(l.users, id)
	l.owe(plan.KindUser, id, "", plan.ClassLeave)
	for _, g := range l.memberOf.of(id) {
		l.leave(g, id)
	}
}

func (l *fastLedger) putGroup(id, name string) {
	doc, err := json.Marshal(map[string]any{"displayName": name})
	if err != nil {
		panic(err)
	}
	class := plan.ClassAttribute
	if _, existed := l.groups[id]; !existed {
		class = plan.ClassGroup
	}
	l.groups[id] = directory.Group{Meta: directory.Meta{ID: id, Created: l.now}, Document: doc}
	l.owe(plan.KindGroup, "", id, class)
}

func (l *fastLedger) deleteGroup(id string) {
	delete(l.groups, id)
	l.owe(plan.KindGroup, "", id, plan.ClassLeave)
	for _, u := range l.members.of(id) {
		l.leave(id, u)
	}
}

func (l *fastLedger) join(group string, users ...string) {
	for _, u := range users {
		l.memberOf.set(u, group, true)
		l.members.set(group, u, true)
		l.owe(plan.KindEdge, u, group, plan.ClassMembership)
	}
}

func (l *fastLedger) leave(group, user string) {
	l.memberOf.set(user, group, false)
	l.members.set(group, user, false)
	l.owe(plan.KindEdge, user, group, plan.ClassMembership)
}

// dueNow lists up to limit rows that may be taken.
func (l *fastLedger) dueNow(limit int) []plan.Due {
	slices.SortFunc(l.fresh, byRank)
	if l.gone+len(l.fresh) > dispatchWindow {
		l.order, l.fresh, l.gone = slices.Collect(l.inOrder()), nil, 0
	}
	var out []plan.Due
	for r := range l.inOrder() {
		if len(out) == limit {
			break
		}
		if !r.parked && !r.notBefore.After(l.now) {
			out = append(out, r.Due)
		}
	}
	return out
}

// inOrder are the rows by rank.
func (l *fastLedger) inOrder() iter.Seq[*fastRow] {
	return func(yield func(*fastRow) bool) {
		old, fresh := l.order, l.fresh
		for len(old)+len(fresh) > 0 {
			first := &fresh
			if len(fresh) == 0 || len(old) > 0 && byRank(old[0], fresh[0]) < 0 {
				first = &old
			}
			r := (*first)[0]
			*first = (*first)[1:]
			if !r.gone && !yield(r) {
				return
			}
		}
	}
}

func byRank(a, b *fastRow) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Group, b.Group), cmp.Compare(a.User, b.User))
}

// next is when the earliest row that only waits may be taken.
func (l *fastLedger) next() (time.Time, bool) {
	var at time.Time
	found := false
	for _, r := range l.due {
		if !r.parked && r.notBefore.After(l.now) && (!found || r.notBefore.Before(at)) {
			at, found = r.notBefore, true
		}
	}
	return at, found
}
