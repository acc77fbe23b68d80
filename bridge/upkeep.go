package bridge

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/store"
)

// Journal bounds what is kept of the past.
type Journal struct {
	// Keep is how long lines of the journal are kept; 0 means DefaultKeep.
	Keep time.Duration
	// MaxLines is how many are, of all orgs together; 0 means DefaultMaxLines.
	MaxLines int
}

// The defaults of [Journal].
const (
	DefaultKeep     = 365 * 24 * time.Hour
	DefaultMaxLines = 5_000_000
)

const (
	// keepCalls is how long settled calls are kept at least: for people who ask
	// Adobe's support about one.
	keepCalls = 7 * 24 * time.Hour
	// trimEvery is how often it is looked whether something is old enough. What
	// becomes old meanwhile is little.
	trimEvery = 10 * time.Minute
	// trimAtOnce is how many rows are removed in one transaction, and trimPause how
	// long others have the database to themselves after it. A request that comes in
	// between waits for some milliseconds at most.
	trimAtOnce = 200
	trimPause  = 50 * time.Millisecond
)

// shrinker is a store whose file does not become smaller by itself.
type shrinker interface {
	// Shrink gives back a little of what is free if that is much, and reports whether
	// it did.
	Shrink(ctx context.Context) (bool, error)
}

// upkeep removes what is kept no longer, a little at a time.
type upkeep struct {
	store   store.Upkeep
	journal Journal
	calls   time.Duration // how long settled calls are kept
	log     *slog.Logger
	failed  bool // as the last round did, other than for a full queue
}

// newUpkeep works out what the orgs need.
func newUpkeep(cfg Config, st store.Upkeep, log *slog.Logger) *upkeep {
	u := &upkeep{store: st, journal: cfg.Journal, calls: keepCalls, log: log}
	if u.journal.Keep <= 0 {
		u.journal.Keep = DefaultKeep
	}
	if u.journal.MaxLines <= 0 {
		u.journal.MaxLines = DefaultMaxLines
	}
	for _, o := range cfg.Orgs {
		for _, b := range []*dispatch.Brake{o.Dispatch.Brakes.Departures, o.Dispatch.Brakes.Entitlements} {
			if b != nil {
				u.calls = max(u.calls, b.Window)
			}
		}
	}
	return u
}

// run trims at once, and every now and then until ctx ends.
func (u *upkeep) run(ctx context.Context) error {
	for more := true; more; more = pause(ctx, trimEvery) {
		n, err := u.round(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !errors.Is(err, directory.ErrOverloaded) && !u.failed:
			u.log.Warn("remove what is kept no longer: it is tried again", "err", err)
		case n > 0:
			u.log.Debug("removed what is kept no longer", "rows", n)
		}
		u.failed = err != nil && !errors.Is(err, directory.ErrOverloaded)
	}
	return nil
}

// round removes all that is old enough, and returns how many rows that were.
func (u *upkeep) round(ctx context.Context) (rows int, err error) {
	at := now()
	keep := store.Keep{Lines: at.Add(-u.journal.Keep), MaxLines: u.journal.MaxLines, Calls: at.Add(-u.calls)}
	for {
		n, err := u.store.Trim(ctx, keep, trimAtOnce)
		rows += n
		if err != nil || n == 0 {
			return rows, errors.Join(err, u.shrink(ctx))
		}
		if !pause(ctx, trimPause) {
			return rows, nil
		}
	}
}

// shrink makes the store smaller, if much of it is free.
func (u *upkeep) shrink(ctx context.Context) error {
	s, ok := u.store.(shrinker)
	if !ok {
		return nil
	}
	for {
		more, err := s.Shrink(ctx)
		if err != nil || !more || !pause(ctx, trimPause) {
			return err
		}
	}
}

// pause waits, and reports whether it did so to the end.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
