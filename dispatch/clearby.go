package dispatch

import (
	"context"
	"time"

	"github.com/scim-bridge/scim-bridge/plan"
)

// foreseen is how many due rows a forecast looks at: about half a second's work.
const foreseen = 10_000

// Backlog is what waits to be sent, in numbers.
type Backlog struct {
	Users, Groups, Memberships int
}

// Forecast says when what is due has been sent, if nothing more comes and each command
// succeeds. The calls for the first rows are worked out, as they will be packed. For
// what is behind those, and for what waits for a time of its own, it bounds them.
type Forecast struct {
	// LeastCalls and MostCalls are how many it takes.
	LeastCalls, MostCalls int
	// Earliest and Latest are when the last of so many is sent.
	Earliest, Latest time.Time

	calls plan.Forecast
	turns []time.Time // of those that are worked out
	now   time.Time
}

// Of returns when the last that is due of a user or a group has been sent, by SCIM ids,
// and false if that is not worked out.
func (f Forecast) Of(user, group string) (time.Time, bool) {
	call, ok := f.calls.Of(user, group)
	if ok && call < len(f.turns) {
		return f.turns[call], true
	}
	return f.now, ok // it needs no call
}

// Forecast looks at what is due now, which is so much in all. It may be called at any
// time, from any goroutine.
func (d *Dispatcher) Forecast(ctx context.Context, all Backlog) (Forecast, error) {
	f := Forecast{now: clock()}
	limits := d.cfg.Limits.OrDefaults()
	spent, err := d.spent(ctx)
	if err != nil {
		return Forecast{}, err
	}
	turns := spent.turns()
	from := turns.Next(f.now)
	due, err := d.store.Due(ctx, d.cfg.Org, f.now, foreseen)
	if err != nil {
		return Forecast{}, err
	}
	if len(due) > 0 {
		in, err := d.input(ctx, due, f.now)
		if err != nil {
			return Forecast{}, err
		}
		in.Limits = limits
		f.calls, err = withBrakes(ctx, d, &counted{}, in, func(in plan.Input) (plan.Forecast, bool) {
			calls := plan.Foresee(in)
			return calls, calls.Braked
		})
		if err != nil {
			return Forecast{}, err
		}
	} else if at, ok, err := d.store.NextDue(ctx, d.cfg.Org); err != nil {
		return Forecast{}, err
	} else if ok {
		from = maxTime(from, at) // all of it waits for a time, a delay of offboarding for instance
	}
	for range f.calls.Calls {
		from = turns.Take(from)
		f.turns = append(f.turns, from)
	}
	f.LeastCalls, f.MostCalls = all.without(f.calls.Done).calls(limits)
	f.LeastCalls, f.MostCalls = f.LeastCalls+f.calls.Calls, f.MostCalls+f.calls.Calls
	f.Earliest, f.Latest = from, from
	for n := f.calls.Calls + 1; n <= f.MostCalls; n++ {
		f.Latest = turns.Take(f.Latest)
		if n <= f.LeastCalls {
			f.Earliest = f.Latest
		}
	}
	return f, nil
}

// without leaves out what is done with. The numbers were read a moment before.
func (b Backlog) without(done map[plan.Kind]int) Backlog {
	return Backlog{
		Users:       max(0, b.Users-done[plan.KindUser]),
		Groups:      max(0, b.Groups-done[plan.KindGroup]),
		Memberships: max(0, b.Memberships-done[plan.KindEdge]-done[plan.KindMirrored]),
	}
}

// calls bounds how many it takes. Each user and each group takes a command. Memberships
// take none as long as the users' commands have room for them, and fill commands of
// their own then; at worst each takes one.
func (b Backlog) calls(l plan.Limits) (least, most int) {
	perCommand := l.Steps * l.Entries
	subjects := b.Users + b.Groups
	rest := max(0, b.Memberships-b.Users*perCommand)
	return parts(subjects+parts(rest, perCommand), l.Commands), parts(subjects+b.Memberships, l.Commands)
}

// parts is how many parts of a size it takes to hold n.
func parts(n, size int) int { return (n + size - 1) / size }
