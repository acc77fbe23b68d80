package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// What package dispatch goes by: see window and widest there, and 10 calls a
// minute, spread evenly.
const (
	dispatchWindow = 2000
	dispatchWidest = 4
	callEvery      = 6 * time.Second
)

// tally is what it took.
type tally struct{ commands, calls int }

// clear dispatches until nothing is due, and shows each call to seen, unless
// that is nil.
func (l *fastLedger) clear(t require.TestingT, limits plan.Limits, seen func(plan.Plan)) tally {
	var sum tally
	for {
		p := l.look(t, limits)
		if len(p.Commands) > 0 {
			if seen != nil {
				seen(p)
			}
			l.send(p)
			sum.commands, sum.calls = sum.commands+len(p.Commands), sum.calls+1
			l.now = l.now.Add(callEvery)
			continue
		}
		at, ok := l.next()
		if !ok {
			require.Empty(t, l.due)
			return sum
		}
		l.now = at
	}
}

// look plans as a dispatcher does that waits for its turn: what is decided is
// written, and it looks again, until there is a call or nothing to do.
func (l *fastLedger) look(t require.TestingT, limits plan.Limits) plan.Plan {
	for {
		limit := dispatchWindow << l.wider
		due := l.dueNow(limit)
		if len(due) <= dispatchWindow {
			l.wider = 0
		}
		p, enough := l.glance(due, limits)
		if !enough {
			p = plan.Build(l.input(due, limits))
		}
		require.Empty(t, p.Reads)
		require.False(t, p.NeedsGroups)
		switch {
		case !p.Decided.Empty():
			l.settle(p.Decided)
		case len(p.Commands) == 0 && len(due) == limit && l.wider < dispatchWidest:
			l.wider++
		default:
			return p
		}
	}
}

// glance saves time where joiners fill the call: the rows behind the first few
// would not change it, unless there is one that is put first among them.
func (l *fastLedger) glance(due []plan.Due, limits plan.Limits) (p plan.Plan, enough bool) {
	const few = 32
	if l.thorough || len(due) <= few {
		return plan.Plan{}, false
	}
	for _, d := range due {
		if d.Kind == plan.KindGroup || d.Kind == plan.KindUser && l.due[keyOf(d)].class == plan.ClassLeave {
			return plan.Plan{}, false
		}
	}
	p = plan.Build(l.input(due[:few], limits))
	for _, c := range p.Commands {
		if c.UMAPI.Do[0].CreatesUser() == nil {
			return plan.Plan{}, false
		}
	}
	return p, len(p.Commands) == limits.Commands
}

func (l *fastLedger) input(due []plan.Due, limits plan.Limits) plan.Input {
	facts := l.facts(plan.First(due))
	if q := plan.Second(due, facts, federated); len(q.Emails)+len(q.Names) > 0 {
		facts.Merge(l.facts(q))
	}
	return plan.Input{Due: due, Facts: facts, Rules: federated, Limits: limits, Now: l.now, GroupsKnown: true}
}

// send has Adobe do all that a call says.
func (l *fastLedger) send(p plan.Plan) {
	l.link(p.Links)
	reply := umapi.Reply{Result: umapi.ResultSuccess, Completed: len(p.Commands)}
	l.settle(plan.Settle(plan.Call{ID: "c", Commands: p.Commands}, reply, l.now))
}

func TestFastLedger_AGlanceIsAsGoodAsALook(t *testing.T) {
	t.Parallel()
	var sums []tally
	for _, thorough := range []bool{false, true} {
		l := joiners(300)
		l.thorough = thorough
		sums = append(sums, l.clear(t, plan.Limits{}.OrDefaults(), nil))
		l.follows(t)
	}
	require.Equal(t, sums[1], sums[0])
}
