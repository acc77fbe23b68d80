package dispatch

import (
	"context"
	"errors"
	"time"

	"github.com/scim-bridge/scim-bridge/store/lease"
)

const (
	// lapsedWait is how long to wait before a lease is looked at again that could
	// not be renewed in time.
	lapsedWait = time.Second
	// releaseTimeout is how long giving a lease back may take.
	releaseTimeout = 5 * time.Second
)

// Run works until ctx ends, whenever this process has the lease of the org, then lets
// a call under way finish, settles it, gives the lease back and returns nil. Trouble
// with the store or with Adobe is logged and tried again.
func (d *Dispatcher) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		l, err := d.store.Lease(ctx, d.cfg.Org)
		if err != nil {
			if ctx.Err() == nil {
				d.sleep(ctx, d.storeTrouble.store(d.log, err))
			}
			continue
		}
		d.begin(l)
		d.dispatch(ctx)
		d.end(ctx)
	}
	return nil
}

// begin forgets what was learned under an earlier lease: another process may have
// dispatched the org since, and all that matters is in the store.
func (d *Dispatcher) begin(l *lease.Lease) {
	d.log.Info("this process dispatches the org", "token", l.Token)
	d.lease = l
	d.limits = d.cfg.Limits.OrDefaults()
	d.most, d.wider, d.restored = 0, 0, false
	d.trouble, d.readTrouble, d.storeTrouble = trouble{}, trouble{}, trouble{}
	d.listing, d.flights, d.counted = listing{}, nil, counted{}
	d.unknownCodes = map[string]int{}
	d.budget.reset()
	d.gate.Open(l)
}

// end gives the lease back, or says that another has it.
func (d *Dispatcher) end(ctx context.Context) {
	d.gate.Open(nil)
	if errors.Is(d.lease.Held(), lease.ErrLost) {
		d.log.Warn("another process dispatches the org now")
		return
	}
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if err := d.store.EndLease(work, d.lease); err != nil {
		d.log.Warn("the lease cannot be given back: another process waits until it ends", "err", err)
	}
}

// dispatch works until ctx ends or the lease is lost.
func (d *Dispatcher) dispatch(ctx context.Context) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	lost := make(chan struct{})
	go func() {
		defer close(lost)
		select {
		case <-d.lease.Lost():
			stop(lease.ErrLost)
		case <-ctx.Done():
		}
	}()
	defer func() { stop(nil); <-lost }()
	current := false // with the store
	for ctx.Err() == nil {
		next, err := pauseUntil{}, d.lease.Held()
		switch {
		case errors.Is(err, lease.ErrLapsed):
			next, err, current = pauseUntil{at: clockAfter(lapsedWait)}, nil, false
		case err != nil:
			return
		case current:
			next, err = d.step(ctx)
			err = errors.Join(err, d.keepPause(ctx))
			current = err == nil // a call that could not be settled is taken for lost
			if current && d.storeTrouble.over() {
				d.log.Info("the store answers again")
			}
		default:
			if err = d.takeOver(ctx); err == nil {
				current = true
				continue
			}
		}
		if errors.Is(err, lease.ErrLost) {
			d.lease.Lose()
			return
		}
		if err != nil && ctx.Err() == nil {
			next = d.storeTrouble.store(d.log, err)
		}
		d.sleep(ctx, next)
	}
}
