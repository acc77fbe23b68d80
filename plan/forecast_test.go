package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
)

// What is foreseen is what happens, though it is worked out at once and not call by
// call.
func TestForesee(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		world func() *fastLedger
		loose bool // which of many memberships comes when depends on what waits along
	}{
		{"nothing", newFastLedger, false},
		{"joiners", func() *fastLedger { return joiners(300) }, false},
		{"leavers", func() *fastLedger { return leavers(300) }, false},
		{"one group", func() *fastLedger { return intoOneGroup(1500) }, false},
		{"moved", func() *fastLedger { return moved(500, 40) }, false},
		{"scattered", func() *fastLedger { return moved(200, 150) }, true},
		{"empty Adobe", func() *fastLedger { return emptyAdobe(400, 30) }, false},
		{"new groups", func() *fastLedger { return newGroups(2000, 30, 50) }, false},
		{"renamed", func() *fastLedger { return renamedGroup(1000) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limits := plan.Limits{}.OrDefaults()
			l := tt.world()
			all := l.dueNow(1 << 20)
			f := plan.Foresee(l.input(all, limits))
			of := map[plan.Kind]int{}
			for _, d := range all {
				of[d.Kind]++
				_, ok := f.Of(d.User, d.Group)
				require.True(t, ok, "%+v", d)
			}
			calls := 0
			l.clear(t, limits, func(p plan.Plan) {
				for _, c := range p.Commands {
					rows := c.Own
					for _, s := range c.Steps {
						rows = append(rows, s.Due...)
					}
					for _, d := range rows {
						if foreseen, ok := f.Of(d.User, d.Group); ok && !tt.loose && d.Kind != plan.KindGroup {
							require.Equal(t, calls, foreseen, "%+v", d)
						}
					}
				}
				calls++
			})
			require.Equal(t, calls, f.Calls)
			for kind, n := range of {
				require.GreaterOrEqual(t, f.Done[kind], n, kind)
			}
		})
	}
}

func TestForesee_LeavesOutWhatWaitsForAPerson(t *testing.T) {
	t.Parallel()
	l := crowd(5)
	l.quit(0, 5)
	l.allowance = &plan.Removals{Departures: 3, Entitlements: plan.Unbraked}
	in := l.input(plan.Limits{}, 100)
	f := plan.Foresee(in)
	require.Equal(t, 1, f.Calls)
	require.Equal(t, map[plan.Kind]int{plan.KindUser: 5}, f.Done)
	_, ok := f.Of(in.Due[2].User, "")
	require.True(t, ok)
	_, ok = f.Of(in.Due[3].User, "")
	require.False(t, ok, "it is held")
}
