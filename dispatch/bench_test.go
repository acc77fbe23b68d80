package dispatch_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/store/sqlite"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// BenchmarkRun_Joiners is how fast the dispatcher works off users with three
// groups each where Adobe sets no limit: each call is recorded and settled on
// disk.
func BenchmarkRun_Joiners(b *testing.B) {
	const users = 1000
	benchmark(b, users, func(ctx context.Context, s *sqlite.Store) {
		for g := range 10 {
			_, _, err := s.CreateGroup(ctx, org, directory.Group{
				Meta: directory.Meta{ID: fmt.Sprintf("g-%d", g)}, Document: groupDoc(fmt.Sprintf("group %d", g)),
			}, directory.GroupChange{}, origin())
			require.NoError(b, err)
		}
		createUsers(b, ctx, s, users)
		for g := range 10 {
			var members []string
			for u := range users {
				if (u+g)%10 < 3 {
					members = append(members, fmt.Sprintf("u-%d", u))
				}
			}
			_, _, err := s.UpdateGroup(ctx, org, fmt.Sprintf("g-%d", g), directory.GroupChange{
				Members: []directory.MemberChange{{Op: directory.MemberAdd, IDs: members}},
			}, origin())
			require.NoError(b, err)
		}
	}, nil)
}

// BenchmarkRun_GroupOfThousands is how fast 5,000 existing users get into one
// group where Adobe sets no limit.
func BenchmarkRun_GroupOfThousands(b *testing.B) {
	const users = 5000
	benchmark(b, users, func(ctx context.Context, s *sqlite.Store) { createUsers(b, ctx, s, users) },
		func(ctx context.Context, s *sqlite.Store) {
			var members []string
			for u := range users {
				members = append(members, fmt.Sprintf("u-%d", u))
			}
			_, _, err := s.CreateGroup(ctx, org, directory.Group{Meta: directory.Meta{ID: "g"}, Document: groupDoc("Everyone")},
				directory.GroupChange{Members: []directory.MemberChange{{Op: directory.MemberAdd, IDs: members}}}, origin())
			require.NoError(b, err)
		})
}

func createUsers(b *testing.B, ctx context.Context, s *sqlite.Store, n int) {
	b.Helper()
	for u := range n {
		_, err := s.CreateUser(ctx, org, directory.User{
			Meta: directory.Meta{ID: fmt.Sprintf("u-%d", u)}, Document: userDoc(fmt.Sprintf("user%d", u), nil),
		}, origin())
		require.NoError(b, err)
	}
}

// benchmark measures how long the dispatcher takes until nothing is pending,
// after the second step if there is one, else after the first.
func benchmark(b *testing.B, things int, first, second func(context.Context, *sqlite.Store)) {
	var took time.Duration
	for b.Loop() {
		b.StopTimer()
		ctx, cancel := context.WithCancel(b.Context())
		s, err := sqlite.Open(ctx, filepath.Join(b.TempDir(), "bridge.db"), sqlite.Options{})
		require.NoError(b, err)
		e, err := emulator.New(emulator.Config{OrgID: orgID, ClientID: client, ClientSecret: "correct", Domains: []string{"example.com"}})
		require.NoError(b, err)
		c, err := umapi.New(umapi.Config{OrgID: orgID, ClientID: client, ClientSecret: func() (string, error) { return "correct", nil }, Transport: e})
		require.NoError(b, err)
		d, err := dispatch.New(dispatch.Config{Org: org, Rules: mapping.Rules{IdentityType: umapi.FederatedID, Country: "US"}}, s, c)
		require.NoError(b, err)
		first(ctx, s)
		done := make(chan error)
		if second != nil {
			go func() { done <- d.Run(ctx) }()
			waitIdle(b, ctx, s)
			cancel()
			require.NoError(b, <-done)
			ctx, cancel = context.WithCancel(b.Context())
			e.ClearLedger()
			second(ctx, s)
		}
		began := time.Now()
		b.StartTimer()
		go func() { done <- d.Run(ctx) }()
		waitIdle(b, ctx, s)
		b.StopTimer()
		took += time.Since(began)
		cancel()
		require.NoError(b, <-done)
		calls := 0
		for _, entry := range e.Ledger() {
			if strings.HasPrefix(entry.Path, "/v2/usermanagement/action/") {
				calls++
			}
		}
		b.ReportMetric(float64(calls), "calls/op")
		require.NoError(b, s.Close())
		b.StartTimer()
	}
	b.ReportMetric(float64(things)*float64(b.N)/took.Seconds(), "subjects/s")
}

func waitIdle(b *testing.B, ctx context.Context, s *sqlite.Store) {
	b.Helper()
	for {
		st, err := s.Status(ctx, org)
		require.NoError(b, err)
		require.Empty(b, st.Failures)
		if total(st.Pending) == 0 {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}
