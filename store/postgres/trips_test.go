package postgres

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

// trips counts what a connection sends and waits for.
type trips struct{ n atomic.Int64 }

// TraceQueryStart implements pgx.QueryTracer.
func (t *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	t.n.Add(1)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (*trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements pgx.BatchTracer.
func (t *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	t.n.Add(1)
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (*trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements pgx.BatchTracer.
func (*trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// Statements whose answer nobody waits for share a round trip. Each write is alone
// in its transaction here; of those that share one, only the first begins it and the
// last commits.
func TestWriter_RoundTripsOfEachWrite(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	var made trips
	s.write.connect = func(ctx context.Context) (*pgx.Conn, error) {
		cfg := s.pool.Config().ConnConfig.Copy()
		cfg.Tracer = &made
		return pgx.ConnectConfig(ctx, cfg)
	}
	ctx, now := t.Context(), time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	o := directory.Origin{At: now, Actor: "okta"}
	create := func(id string) error {
		_, err := s.CreateUser(ctx, "acme", user(id), o)
		return err
	}
	change := func(op directory.MemberOp, ids ...string) error {
		_, _, err := s.UpdateGroup(ctx, "acme", "g", directory.GroupChange{Members: []directory.MemberChange{{Op: op, IDs: ids}}}, o)
		return err
	}
	settlement := func() plan.Settlement {
		due, err := s.Due(ctx, "acme", now, 100)
		require.NoError(t, err)
		p := plan.Settlement{Call: "c", Outcome: "success", Accounts: []plan.Account{{ID: "ada", Presence: plan.Present}},
			AdobeGroups: []plan.AdobeGroup{{ID: "G", Name: "G", Presence: plan.Present}},
			Memberships: []plan.Membership{{Edge: plan.Edge{Account: "ada", Group: "G"}, Presence: plan.Present}},
			Links:       []plan.Link{{Kind: plan.KindUser, Directory: "ada", Mirror: "ada"}},
			Notes:       []plan.Note{{User: "ada", Event: "synced", Text: "ada is there"}}}
		for _, d := range due {
			p.Verdicts = append(p.Verdicts, plan.Verdict{Due: d, Outcome: plan.Done})
		}
		return p
	}
	require.NoError(t, create("first")) // which connects
	l, err := s.Lease(ctx, "acme")
	require.NoError(t, err)
	for _, tt := range []struct {
		what string
		most int64
		do   func() error
	}{
		{"create a user", 2, func() error { return create("ada") }},
		{"update a user", 3, func() error {
			_, err := s.UpdateUser(ctx, "acme", "ada", 0, []byte(`{"userName":"ada","title":"Dr"}`), o)
			return err
		}},
		{"rename a user", 3, func() error {
			_, err := s.UpdateUser(ctx, "acme", "ada", 0, []byte(`{"userName":"ada2"}`), o)
			return err
		}},
		{"create a group", 4, func() error {
			_, _, err := s.CreateGroup(ctx, "acme", directory.Group{Meta: directory.Meta{ID: "g"}, Document: []byte(`{"displayName":"G"}`)},
				directory.GroupChange{Members: []directory.MemberChange{{Op: directory.MemberAdd, IDs: []string{"ada"}}}}, o)
			return err
		}},
		{"add a member", 4, func() error { return change(directory.MemberAdd, "first") }},
		{"remove a member", 4, func() error { return change(directory.MemberRemove, "first") }},
		{"record a call", 2, func() error { return s.RecordCall(ctx, l, plan.Call{ID: "c"}, nil, now) }},
		{"settle a call", 13, func() error { return s.Settle(ctx, l, settlement(), now) }},
		{"retry", 3, func() error { _, err := s.Retry(ctx, "acme", store.Selection{}, o); return err }},
		{"delete a group", 3, func() error { return s.DeleteGroup(ctx, "acme", "g", 0, o) }},
		{"delete a user", 2, func() error { return s.DeleteUser(ctx, "acme", "ada", 0, o) }},
		{"set a pause", 2, func() error { return s.SetPause(ctx, l, now) }},
	} {
		before := made.n.Load()
		require.NoError(t, tt.do(), tt.what)
		assert.LessOrEqual(t, made.n.Load()-before, tt.most, tt.what)
	}
}
