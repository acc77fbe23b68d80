package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/lease"
)

// The orgs of the tests. What happens in one must not be seen in the other.
const (
	acme   = "acme"
	globex = "globex"
)

// fixture is a fresh store with short words for what tests say often. Its
// methods fail the test on an error.
type fixture struct {
	*testing.T
	store.Store
	leases map[string]*lease.Lease // see held
}

func (f *fixture) ctx() context.Context { return f.Context() }

// at is a time: n seconds after the story begins.
func at(n int) time.Time {
	return time.Date(2026, 11, 21, 9, 0, n, 123456000, time.UTC)
}

// origin is a request accepted at(n).
func origin(n int) directory.Origin {
	return directory.Origin{Actor: "okta", RequestID: fmt.Sprintf("request-%d", n), At: at(n)}
}

// doc makes a document of names and values in turn.
func doc(pairs ...any) json.RawMessage {
	m := make(map[string]any)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

// newUser is an active user named after its id.
func newUser(id string, pairs ...any) directory.User {
	return directory.User{
		Meta:     directory.Meta{ID: id},
		Document: doc(append([]any{"userName", id + "@example.com", "active", true}, pairs...)...),
	}
}

// newGroup is a group named after its id.
func newGroup(id string, pairs ...any) directory.Group {
	return directory.Group{
		Meta:     directory.Meta{ID: id},
		Document: doc(append([]any{"displayName", "Group " + id}, pairs...)...),
	}
}

// user creates active users at(0).
func (f *fixture) user(ids ...string) {
	f.Helper()
	for _, id := range ids {
		_, err := f.CreateUser(f.ctx(), acme, newUser(id), origin(0))
		require.NoError(f, err)
	}
}

// group creates a group with members at(0).
func (f *fixture) group(id string, members ...string) {
	f.Helper()
	var c directory.GroupChange
	if len(members) > 0 {
		c = adding(members...)
	}
	_, unknown, err := f.CreateGroup(f.ctx(), acme, newGroup(id), c, origin(0))
	require.NoError(f, err)
	require.Empty(f, unknown)
}

func adding(ids ...string) directory.GroupChange { return changing(directory.MemberAdd, ids...) }

func removing(ids ...string) directory.GroupChange { return changing(directory.MemberRemove, ids...) }

func replacing(ids ...string) directory.GroupChange { return changing(directory.MemberReplace, ids...) }

func changing(op directory.MemberOp, ids ...string) directory.GroupChange {
	return directory.GroupChange{Members: []directory.MemberChange{{Op: op, IDs: ids}}}
}

// change updates a group at(n).
func (f *fixture) change(n int, id string, c directory.GroupChange) directory.Group {
	f.Helper()
	g, _, err := f.UpdateGroup(f.ctx(), acme, id, c, origin(n))
	require.NoError(f, err)
	return g
}

// members reads the ids of a group's members.
func (f *fixture) members(group string) []string {
	f.Helper()
	all, err := f.Members(f.ctx(), acme, group, "", 1_000_000)
	require.NoError(f, err)
	var ids []string
	for _, m := range all {
		ids = append(ids, m.ID)
	}
	return ids
}

// later is after everything that a story does.
var later = at(0).AddDate(1, 0, 0)

// due reads all that may be taken.
func (f *fixture) due() []plan.Due {
	f.Helper()
	all, err := f.Due(f.ctx(), acme, later, 1_000_000)
	require.NoError(f, err)
	return all
}

// names says what is due in short: "user ada", "group eng", "eng ada".
func names(all []plan.Due) []string {
	out := []string{}
	for _, d := range all {
		switch d.Kind {
		case plan.KindEdge:
			out = append(out, d.Group+" "+d.User)
		case plan.KindGroup:
			out = append(out, "group "+d.Group)
		default:
			out = append(out, "user "+d.User)
		}
	}
	return out
}

// find returns the due row of that short name.
func (f *fixture) find(name string) plan.Due {
	f.Helper()
	for _, d := range f.due() {
		if names([]plan.Due{d})[0] == name {
			return d
		}
	}
	require.FailNow(f, "not due", name)
	return plan.Due{}
}

// settle settles without a call at(n).
func (f *fixture) settle(n int, s plan.Settlement) {
	f.Helper()
	require.NoError(f, f.Settle(f.ctx(), f.held(acme), s, at(n)))
}

// verdict settles one outcome for what is due under those names.
func (f *fixture) verdict(n int, o plan.Outcome, due ...plan.Due) {
	f.Helper()
	var s plan.Settlement
	for _, d := range due {
		s.Verdicts = append(s.Verdicts, plan.Verdict{Due: d, Outcome: o})
	}
	f.settle(n, s)
}

// quiet settles all that is due, so that only what follows is.
func (f *fixture) quiet() {
	f.Helper()
	f.verdict(0, plan.Done, f.due()...)
	require.Empty(f, f.due())
}

// order names what is due, in the order in which it is taken.
func (f *fixture) order() []string {
	f.Helper()
	return names(f.due())
}
