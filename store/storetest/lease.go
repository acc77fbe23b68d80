package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/lease"
)

var leasePromises = []promise{
	{"Lease/EachHasAGreaterTokenAndEndsTheOneBefore", leaseGrows},
	{"Lease/WhatIsDoneUnderAnEarlierOneIsRefusedAndChangesNothing", leaseFences},
	{"Lease/OneThatWasGivenBackIsNoneAnyLonger", leaseEnds},
	{"Replicas/ShowWhoDispatchesByWhichConfiguration", replicas},
}

// lease takes the lease of an org anew.
func (f *fixture) lease(org string) *lease.Lease {
	f.Helper()
	return leaseOf(f, f.Store, org)
}

// held is the lease of an org, taken at the first time.
func (f *fixture) held(org string) *lease.Lease {
	f.Helper()
	if l, ok := f.leases[org]; ok {
		return l
	}
	if f.leases == nil {
		f.leases = make(map[string]*lease.Lease)
	}
	f.leases[org] = f.lease(org)
	return f.leases[org]
}

// leaseOf takes the lease of an org.
func leaseOf(t testing.TB, s store.Store, org string) *lease.Lease {
	t.Helper()
	l, err := s.Lease(t.Context(), org)
	require.NoError(t, err)
	return l
}

func leaseGrows(f *fixture) {
	first, other := f.lease(acme), f.lease(globex)
	require.Equal(f, acme, first.Org)
	require.Positive(f, first.Token)
	require.NoError(f, first.Held())
	second := f.lease(acme)
	require.Greater(f, second.Token, first.Token)
	require.ErrorIs(f, first.Held(), lease.ErrLost)
	<-first.Lost()
	require.NoError(f, second.Held())
	require.NoError(f, other.Held(), "another org's is not touched")
	require.NoError(f, f.EndLease(f.ctx(), first), "there is nothing to give back")
	require.NoError(f, second.Held())
}

// underLease are all writes that need a lease.
func (f *fixture) underLease(l *lease.Lease) map[string]error {
	_, configured := f.Configure(f.ctx(), l, "another", "other rules", at(9))
	return map[string]error{
		"RecordCall":      f.RecordCall(f.ctx(), l, plan.Call{ID: "late"}, []plan.Link{adaLink}, at(9)),
		"Settle":          f.Settle(f.ctx(), l, plan.Settlement{Call: "c1", Outcome: "success", Verdicts: []plan.Verdict{{Due: f.find("user ada"), Outcome: plan.Done}}}, at(9)),
		"SetPause":        f.SetPause(f.ctx(), l, at(9)),
		"ListGroups":      f.ListGroups(f.ctx(), l, []plan.AdobeGroup{{ID: "adobe:1", Name: "Design"}}, at(9)),
		"SetListingBegan": f.SetListingBegan(f.ctx(), l, at(9)),
		"Configure":       configured,
	}
}

func leaseFences(f *fixture) {
	f.user("ada")
	first := f.lease(acme)
	require.NoError(f, f.RecordCall(f.ctx(), first, plan.Call{ID: "c1"}, nil, at(1)))
	second := f.lease(acme)
	earlier := lease.New(acme, first.Token) // of a process that does not know yet
	for what, err := range f.underLease(earlier) {
		require.ErrorIs(f, err, lease.ErrLost, what)
	}
	open, err := f.OpenCalls(f.ctx(), acme)
	require.NoError(f, err)
	require.Len(f, open, 1)
	require.Equal(f, "c1", open[0].Call.ID)
	require.Equal(f, []string{"user ada"}, names(f.due()))
	require.Empty(f, f.links())
	for what, read := range map[string]func() (time.Time, error){
		"pause":           func() (time.Time, error) { return f.Pause(f.ctx(), acme) },
		"beginning":       func() (time.Time, error) { return f.ListingBegan(f.ctx(), acme) },
		"date of listing": func() (time.Time, error) { return f.GroupsListed(f.ctx(), acme) },
	} {
		got, err := read()
		require.NoError(f, err)
		require.Zero(f, got, what)
	}
	for what, err := range f.underLease(second) {
		require.NoError(f, err, what)
	}
}

func leaseEnds(f *fixture) {
	f.user("ada")
	l := f.lease(acme)
	require.NoError(f, f.RecordCall(f.ctx(), l, plan.Call{ID: "c1"}, nil, at(1)))
	require.NoError(f, f.EndLease(f.ctx(), l))
	require.ErrorIs(f, l.Held(), lease.ErrLost)
	for what, err := range f.underLease(l) {
		require.ErrorIs(f, err, lease.ErrLost, what)
	}
	require.Greater(f, f.lease(acme).Token, l.Token)
}

func replicas(f *fixture) {
	require.NoError(f, f.Announce(f.ctx(), map[string]string{acme: "first", globex: "same"}))
	require.NoError(f, f.Announce(f.ctx(), map[string]string{acme: "second", globex: "same"}))
	l := f.lease(acme)
	all, err := f.Replicas(f.ctx())
	require.NoError(f, err)
	require.Len(f, all, 1)
	r := all[0]
	require.True(f, r.Here)
	require.False(f, r.Gone)
	require.NotEmpty(f, r.ID)
	require.NotEmpty(f, r.Name)
	require.Equal(f, map[string]string{acme: "second", globex: "same"}, r.Configs)
	require.Len(f, r.Dispatches, 1)
	require.False(f, r.Dispatches[acme].Before(r.Started))
	require.NoError(f, f.EndLease(f.ctx(), l))
	all, err = f.Replicas(f.ctx())
	require.NoError(f, err)
	require.Empty(f, all[0].Dispatches)
}
