package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// What package dispatch goes by: see glance, window and widest there.
const (
	dispatchGlance = 50
	dispatchWindow = 4000
	dispatchWidest = 3
	perMinute      = 10
	callEvery      = time.Minute / perMinute
)

// tally is what it took, and how long until the last call was sent.
type tally struct {
	commands, calls int
	took            time.Duration
}

// clear dispatches until nothing is due, at the pace that package dispatch keeps,
// and shows each call to seen, unless that is nil.
func (l *fastLedger) clear(t require.TestingT, limits plan.Limits, seen func(plan.Plan)) tally {
	var sum tally
	turns, began := dispatch.NewTurns(perMinute), l.now
	for {
		l.now = turns.Next(l.now)
		p := l.look(t, limits)
		if len(p.Commands) > 0 {
			if seen != nil {
				seen(p)
			}
			turns.Take(l.now)
			l.send(p)
			sum.commands, sum.calls, sum.took = sum.commands+len(p.Commands), sum.calls+1, l.now.Sub(began)
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
		due := l.dueNow(dispatchGlance)
		p := plan.Build(l.input(due, limits))
		if len(due) == dispatchGlance && (l.thorough || !p.Full) {
			due = l.dueNow(limit)
			p = plan.Build(l.input(due, limits))
		}
		if len(due) <= dispatchWindow {
			l.wider = 0
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

func TestBuild_AGlanceIsAsGoodAsALook(t *testing.T) {
	t.Parallel()
	for name, world := range map[string]func() *fastLedger{
		"joiners": func() *fastLedger { return joiners(300) },
		"leavers": func() *fastLedger { return leavers(300) },
		"both, and a group of thousands": func() *fastLedger {
			l := intoOneGroup(3000)
			for i := range 100 {
				l.deleteUser(id("u", i))
				l.putUser(id("new", i), numbered(3000+i))
				l.join(id("g", 0), id("new", i))
			}
			return l
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var commands [2][]umapi.Command
			for i, thorough := range []bool{false, true} {
				l := world()
				l.thorough = thorough
				glances := 0
				l.clear(t, plan.Limits{}.OrDefaults(), func(p plan.Plan) {
					glances += oneIf(p.Full)
					for _, c := range p.Commands {
						commands[i] = append(commands[i], c.UMAPI)
					}
				})
				l.follows(t)
				require.Greater(t, glances, 10)
			}
			require.Equal(t, commands[1], commands[0])
		})
	}
}
