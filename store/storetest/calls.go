package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

var callPromises = []promise{
	{"RecordCall/KeepsCallAndLinksUntilSettled", recordCall},
	{"RecordCall/RefusesTheSameCallTwice", recordTwice},
	{"LostCalls/ReturnsTheLateOnes", lostCalls},
	{"SentSince/LeavesOutWhatWasNotSent", sentSince},
	{"Pause/IsKept", pause},
}

func recordCall(f *fixture) {
	before := adaAccount
	before.Presence = plan.Absent
	call := plan.Call{ID: "c1", Commands: []plan.Command{{
		UMAPI:         umapi.Command{User: "ada@example.com", Do: []umapi.Step{{AddAdobeID: &umapi.Create{Email: "ada@example.com"}}}},
		Account:       &adaAccount,
		BeforeAccount: &before,
		Own:           []plan.Due{{Kind: plan.KindUser, User: "ada", Generation: 3, Since: at(0)}},
		Steps:         []plan.Step{{Added: []plan.Edge{adaEdge}, Due: []plan.Due{{Kind: plan.KindEdge, User: "ada", Group: "eng", Since: at(0)}}}},
	}}}
	require.NoError(f, f.RecordCall(f.ctx(), f.held(acme), call, []plan.Link{adaLink}, at(2)))
	require.NoError(f, f.RecordCall(f.ctx(), f.held(acme), plan.Call{ID: "c2"}, nil, at(1)))
	open, err := f.OpenCalls(f.ctx(), acme)
	require.NoError(f, err)
	require.Len(f, open, 2)
	for _, o := range open {
		if o.Call.ID == "c1" {
			require.Equal(f, plan.SentCall{Call: call, SentAt: at(2)}, o)
		}
	}
	require.Equal(f, []plan.Link{adaLink}, f.links())
	f.settle(3, plan.Settlement{Call: "c1", Outcome: "success"})
	open, err = f.OpenCalls(f.ctx(), acme)
	require.NoError(f, err)
	require.Len(f, open, 1)
	require.Equal(f, "c2", open[0].Call.ID)
	open, err = f.OpenCalls(f.ctx(), globex)
	require.NoError(f, err)
	require.Empty(f, open)
}

func recordTwice(f *fixture) {
	require.NoError(f, f.RecordCall(f.ctx(), f.held(acme), plan.Call{ID: "c1"}, nil, at(1)))
	require.Error(f, f.RecordCall(f.ctx(), f.held(acme), plan.Call{ID: "c1"}, []plan.Link{adaLink}, at(2)))
	require.Empty(f, f.links())
}

func lostCalls(f *fixture) {
	for n, id := range []string{"c0", "c1", "c2", "c3"} {
		require.NoError(f, f.RecordCall(f.ctx(), f.held(acme), plan.Call{ID: id}, nil, at(10-n)))
	}
	f.settle(11, plan.Settlement{Call: "c0", Outcome: "success"})
	f.settle(11, plan.Settlement{Call: "c1", Outcome: plan.OutcomeLost})
	f.settle(11, plan.Settlement{Call: "c3", Outcome: plan.OutcomeLost})
	lost, err := f.LostCalls(f.ctx(), acme, at(6))
	require.NoError(f, err)
	require.Equal(f, []plan.SentCall{
		{Call: plan.Call{ID: "c3"}, SentAt: at(7)}, {Call: plan.Call{ID: "c1"}, SentAt: at(9)},
	}, lost)
	lost, err = f.LostCalls(f.ctx(), acme, at(7))
	require.NoError(f, err)
	require.Len(f, lost, 1, "after, and not at")
	lost, err = f.LostCalls(f.ctx(), globex, at(0))
	require.NoError(f, err)
	require.Empty(f, lost)
}

func sentSince(f *fixture) {
	for n, id := range []string{"c0", "c1", "c2", "c3"} {
		require.NoError(f, f.RecordCall(f.ctx(), f.held(acme), plan.Call{ID: id}, nil, at(10-n)))
	}
	f.settle(11, plan.Settlement{Call: "c1", Outcome: "not sent"})
	f.settle(11, plan.Settlement{Call: "c2", Outcome: "lost"})
	sent, err := f.SentSince(f.ctx(), acme, at(7))
	require.NoError(f, err)
	require.Equal(f, []time.Time{at(8), at(10)}, sent, "after, and not at")
	sent, err = f.SentSince(f.ctx(), acme, time.Time{})
	require.NoError(f, err)
	require.Equal(f, []time.Time{at(7), at(8), at(10)}, sent)
	sent, err = f.SentSince(f.ctx(), globex, time.Time{})
	require.NoError(f, err)
	require.Empty(f, sent)
}

func pause(f *fixture) {
	until, err := f.Pause(f.ctx(), acme)
	require.NoError(f, err)
	require.Zero(f, until)
	f.user("ada")
	require.NoError(f, f.SetPause(f.ctx(), f.held(acme), at(30)))
	until, err = f.Pause(f.ctx(), acme)
	require.NoError(f, err)
	require.Equal(f, at(30), until)
	until, err = f.Pause(f.ctx(), globex)
	require.NoError(f, err)
	require.Zero(f, until)
	require.NoError(f, f.SetPause(f.ctx(), f.held(acme), time.Time{}))
	until, err = f.Pause(f.ctx(), acme)
	require.NoError(f, err)
	require.Zero(f, until)
}
