package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
)

func TestBuild_WhoWaitsForAnAddressFailsAndWakesWhenItIsFree(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.mirrored("has", ada)
	l.mirrored("wants", ada.with(func(p *who) { p.login, p.email = "grace@example.com", "grace@example.com" }))
	l.settled()
	l.putUser("wants", ada.with(func(p *who) { p.login = "grace@example.com" }))
	row := l.due[key{plan.KindUser, "wants", ""}]
	l.settle(l.build(plan.Limits{}, 100).Decided)
	require.Equal(t, "bridge.email.in_use", row.problem.Code)
	require.False(t, row.failed)

	l.now = l.now.Add(time.Hour)
	l.settle(l.build(plan.Limits{}, 100).Decided)
	require.Equal(t, "bridge.email.in_use", row.problem.Code)
	require.True(t, row.failed, "a person is to be told")

	l.putUser("has", ada.with(func(p *who) { p.inactive = true }))
	l.run(t)
	require.False(t, row.failed)
	require.Equal(t, ada.email, l.accounts["wants"].Email)
	require.Zero(t, l.pending())
}
