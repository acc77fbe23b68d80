package dispatch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/internal/crashpoint"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// send records a call whose turn has come, sends it, and settles it. An error is
// the store's.
func (d *Dispatcher) send(ctx context.Context, p plan.Plan) error {
	began, at := time.Now(), clock()
	call, err := d.record(ctx, p, at)
	if err != nil {
		d.budget.cancel(Actions)
		return err
	}
	commands := make([]umapi.Command, len(call.Commands))
	for i := range call.Commands {
		commands[i] = call.Commands[i].UMAPI
	}

	// From here on the call is settled even if the program is stopping. Its time counts
	// from what is recorded, as it does for who takes over: the record may have waited.
	work, cancel := graceful(ctx, d.cfg.CallTimeout-time.Since(began))
	crashpoint.Pass(crashpoint.Recorded)
	reply, err := d.adobe.Act(work, commands)
	crashpoint.Pass(crashpoint.Answered)
	cancel()
	until := d.budget.end(Actions, err)
	s := d.judge(call, reply, err, until)
	if s.Outcome == plan.OutcomeLost {
		f := d.flight(plan.SentCall{Call: call, SentAt: at})
		d.flights = append(d.flights, f)
		if !answered(err) { // else Adobe has counted it, whatever it still does
			d.budget.linger(f.Until)
		}
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	return errors.Join(d.keepPause(ctx), d.settle(settle, s))
}

// answered reports whether a request that failed had an answer of any kind.
func answered(err error) bool {
	e, ok := errors.AsType[*umapi.Error](err)
	return ok && e.Status != 0
}

// record names the call that a plan asks for and stores it as sent at a time.
func (d *Dispatcher) record(ctx context.Context, p plan.Plan, at time.Time) (plan.Call, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return plan.Call{}, fmt.Errorf("name a call: %w", err)
	}
	call := plan.Call{ID: id.String(), Commands: p.Commands, Within: d.cfg.CallTimeout}
	for i := range call.Commands {
		call.Commands[i].UMAPI.RequestID = fmt.Sprintf("%s-%d", call.ID, i)
	}
	return call, d.store.RecordCall(ctx, d.lease, call, p.Links, at)
}

// keepPause has the store know until when Adobe asked to wait, so that a restart
// does not forget it: even if the program is stopping.
func (d *Dispatcher) keepPause(ctx context.Context) error {
	until, ok := d.budget.toKeep()
	if !ok {
		return nil
	}
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	if err := d.store.SetPause(work, d.lease, until); err != nil {
		return err
	}
	d.budget.keep(until)
	return nil
}

// settle writes what was learned, trying again while the store cannot: what is
// not written would have to be taken for lost. Under a lease that is lost nothing is
// settled: who has the org now takes the call for one without a reply.
func (d *Dispatcher) settle(ctx context.Context, s plan.Settlement) error {
	first := true
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := d.store.Settle(ctx, d.lease, s, clock())
		if !first && errors.Is(err, directory.ErrVersion) {
			return nil // an earlier try did it, though its answer was lost
		}
		if err == nil || ctx.Err() != nil || errors.Is(err, lease.ErrLost) {
			return err
		}
		first = false
		d.log.Error("what Adobe answered cannot be written, trying again", "call_id", s.Call, "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// graceful returns a context that ends after timeout, or stopGrace after ctx.
func graceful(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	stop := context.AfterFunc(ctx, func() {
		t := time.NewTimer(stopGrace)
		defer t.Stop()
		select {
		case <-t.C:
			cancel()
		case <-work.Done():
		}
	})
	return work, func() { stop(); cancel() }
}

// judge turns the outcome of a call into what is known after it. until is when
// Adobe asked to wait until, if it did.
func (d *Dispatcher) judge(call plan.Call, reply umapi.Reply, err error, until time.Time) plan.Settlement {
	now := clock()
	if err == nil {
		if d.trouble.over() {
			d.log.Info("Adobe answers again")
		}
		if d.most *= 2; d.most >= d.limits.Commands {
			d.most = 0
		}
		if plan.ListTooLong(reply) {
			d.lowerLimits()
		}
		d.countUnknown(reply)
		return plan.Settle(call, reply, now)
	}
	if errors.Is(err, umapi.ErrInvalid) || umapi.ClassOf(err) == umapi.ClassRejected && umapi.OutcomeOf(err) == umapi.OutcomeRefused {
		d.log.Warn("Adobe refused a call as malformed: smaller ones follow, to find the command", "call_id", call.ID, "commands", len(call.Commands), "err", err)
		if len(call.Commands) > 1 { // else it stands alone, and stays so
			d.split(call)
		}
		return plan.Refused(call, problemOfCall(err), now)
	}
	throttled, fresh := umapi.ClassOf(err) == umapi.ClassThrottled, false
	if !throttled {
		if fresh = d.trouble.call(err); fresh {
			d.trouble.say(d.log, err)
		}
		d.budget.hold(now.Add(d.trouble.wait), d.trouble.why)
	}
	switch umapi.OutcomeOf(err) {
	case umapi.OutcomeNotSent:
		return plan.NotSent(call, "not sent")
	case umapi.OutcomeRefused:
		return plan.NotSent(call, "refused")
	}
	if throttled { // no command is to blame
		return plan.Lost(call, until, until)
	}
	d.split(call)
	again := maxTime(until, now.Add(d.trouble.beyond()))
	s := plan.Lost(call, again, again)
	if fresh && len(call.Commands) == 1 {
		s = s.Blamed()
	}
	return s
}

// countUnknown counts the errors of a reply whose code is not known, and says so
// once for each code of it. They are tried again like what may pass, and somebody
// should find out what they mean.
func (d *Dispatcher) countUnknown(reply umapi.Reply) {
	came := map[string]bool{}
	for _, e := range reply.Errors {
		if _, known := umapi.Lookup(e.Code); !known {
			d.unknownCodes[e.Code]++
			came[e.Code] = true
		}
	}
	for _, code := range slices.Sorted(maps.Keys(came)) {
		info, _ := umapi.Lookup(code)
		d.log.Warn("Adobe answered with an error code that is not known",
			"error_code", code, "times", d.unknownCodes[code], "request_id", reply.RequestID, "hint", info.Hint)
	}
}

// split has the next calls hold fewer commands, so that one that is to blame for
// what became of this call stands alone in the end. Each that is answered lets
// the next hold more.
func (d *Dispatcher) split(call plan.Call) { d.most = max(1, len(call.Commands)/2) }

// lowerLimits has later calls list fewer memberships in a step, and in the end
// have fewer steps in a command: Adobe's answer may mean either.
func (d *Dispatcher) lowerLimits() {
	if d.limits.Entries > 1 {
		d.limits.Entries = min(d.limits.Entries, umapi.MaxEntries) / 2
	} else {
		d.limits.Steps = max(1, min(d.limits.Steps, umapi.MaxSteps)/2)
	}
	d.log.Warn("Adobe takes fewer memberships in one command than was thought", "entries", d.limits.Entries, "steps", d.limits.Steps)
}

func problemOfCall(err error) plan.Problem {
	p := plan.Problem{Code: "bridge.call_refused", Message: err.Error(), Hint: "report this with the request id: the command should have been checked before it was sent"}
	var e *umapi.Error
	if errors.As(err, &e) && e.Code != "" {
		p.Code = e.Code
	}
	return p
}
