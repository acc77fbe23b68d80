package dispatch

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// failure is an error as a client gives it.
func failure(status int, outcome umapi.Outcome, retryAfter time.Duration) error {
	return &umapi.Error{Op: "action", Status: status, Outcome: outcome, RetryAfter: retryAfter}
}

// pauses are how long each endpoint is paused from now on.
func (b *budget) pauses() map[Endpoint]time.Duration {
	all := map[Endpoint]time.Duration{}
	for _, a := range b.look() {
		if !a.PausedUntil.IsZero() {
			all[a.Endpoint] = time.Until(a.PausedUntil)
		}
	}
	return all
}

func everything(wait time.Duration) map[Endpoint]time.Duration {
	all := map[Endpoint]time.Duration{}
	for _, e := range endpoints {
		all[e] = wait
	}
	return all
}

func TestBudget_ObeysRetryAfter(t *testing.T) {
	t.Parallel()
	only := func(wait time.Duration) map[Endpoint]time.Duration {
		return map[Endpoint]time.Duration{ReadUser: wait}
	}
	none := map[Endpoint]time.Duration{}
	tests := map[string]struct {
		err     error
		want    map[Endpoint]time.Duration
		counts  bool // against the limit
		learned int
	}{
		"an answer":                   {nil, none, true, 25},
		"seconds":                     {failure(429, umapi.OutcomeRefused, 38*time.Second), only(38 * time.Second), true, 12},
		"one second":                  {failure(429, umapi.OutcomeRefused, time.Second), only(time.Second), true, 12},
		"not said":                    {failure(429, umapi.OutcomeRefused, 0), only(time.Minute), true, 12},
		"above a minute":              {failure(429, umapi.OutcomeRefused, 119*time.Second), only(119 * time.Second), true, 12},
		"a lock-out":                  {failure(429, umapi.OutcomeRefused, 2*time.Minute), everything(2 * time.Minute), true, 25},
		"a long lock-out":             {failure(429, umapi.OutcomeRefused, 75*time.Minute), everything(75 * time.Minute), true, 25},
		"a day":                       {failure(429, umapi.OutcomeRefused, 24*time.Hour), everything(24 * time.Hour), true, 25},
		"the limit of all clients":    {failure(503, umapi.OutcomeUnknown, 7*time.Second), only(7 * time.Second), true, 25},
		"out of service":              {failure(503, umapi.OutcomeUnknown, 0), none, true, 25},
		"out of service for an hour":  {failure(503, umapi.OutcomeUnknown, time.Hour), everything(time.Hour), true, 25},
		"a gateway that says when":    {failure(502, umapi.OutcomeUnknown, 20*time.Second), only(20 * time.Second), true, 25},
		"a gateway":                   {failure(502, umapi.OutcomeUnknown, 0), none, true, 25},
		"not found":                   {failure(404, umapi.OutcomeRefused, 0), none, true, 25},
		"no token for a while":        {failure(429, umapi.OutcomeNotSent, 30*time.Second), everything(30 * time.Second), false, 25},
		"no token, not said how long": {failure(429, umapi.OutcomeNotSent, 0), everything(time.Minute), false, 25},
		"no connection":               {failure(0, umapi.OutcomeNotSent, 0), none, false, 25},
		"another's error":             {errors.New("unexpected"), none, true, 25},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBudget(10, 25, slog.New(slog.DiscardHandler))
				_, ok := b.begin(ReadUser)
				require.True(t, ok)
				until := b.end(ReadUser, test.err)
				require.Equal(t, test.want, b.pauses())
				require.Equal(t, len(test.want) == 0, until.IsZero())
				at := b.look()[1]
				require.Equal(t, ReadUser, at.Endpoint)
				require.Equal(t, test.learned, at.Learned)
				require.Equal(t, 25, at.Limit)
				require.Equal(t, test.counts, at.Spent == 1)
				kept, toKeep := b.toKeep()
				require.Equal(t, len(test.want) > 0, toKeep, "across restarts")
				require.Equal(t, until, kept)
				if toKeep {
					time.Sleep(time.Until(until) - time.Microsecond)
					next, ok := b.begin(ReadUser)
					require.False(t, ok)
					require.Equal(t, until, next, "exactly")
					time.Sleep(time.Microsecond)
				}
				_, ok = b.begin(ReadUser)
				require.True(t, ok)
			})
		})
	}
}

// What was let through in the minute before counts, however long the wait.
func TestBudget_LearnsFromALongWaitWhatPassed(t *testing.T) {
	t.Parallel()
	for _, asked := range []time.Duration{time.Minute, 119 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			b := newBudget(10, 25, slog.New(slog.DiscardHandler))
			for range 20 {
				require.NoError(t, b.follow(t.Context(), ReadUser))
				b.end(ReadUser, nil)
			}
			require.NoError(t, b.follow(t.Context(), ReadUser))
			b.end(ReadUser, failure(429, umapi.OutcomeRefused, asked))
			require.Equal(t, 20, b.look()[1].Learned, asked)
		})
	}
}

func TestBudget_IsNotANanosecondEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Nanosecond)
		b := newBudget(10, 25, slog.New(slog.DiscardHandler))
		_, ok := b.begin(Actions)
		require.True(t, ok)
		refused := time.Now()
		b.end(Actions, failure(429, umapi.OutcomeRefused, time.Hour))
		require.NoError(t, b.follow(t.Context(), Actions))
		require.GreaterOrEqual(t, time.Since(refused), time.Hour)
	})
}

func TestBudget_WaitsLongerThanIsAskedIfThatWasNotEnough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(10, 25, slog.New(slog.DiscardHandler))
		refused := func() time.Duration {
			require.NoError(t, b.follow(t.Context(), Actions))
			return time.Until(b.end(Actions, failure(429, umapi.OutcomeRefused, 30*time.Second)))
		}
		for _, margin := range []time.Duration{0, 1, 2, 4, 8, 16, 32, 60, 60} {
			require.Equal(t, (30+margin)*time.Second, refused().Round(time.Microsecond))
		}
		require.Equal(t, 5, b.look()[0].Learned, "that says nothing of the limit")
		require.NoError(t, b.follow(t.Context(), Actions))
		b.end(Actions, nil)
		require.Equal(t, 30*time.Second, refused())
	})
}

func TestBudget_SaysOnceThatALimitIsLowerAndOnceThatItIsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b := newBudget(10, 0, slog.New(slog.NewTextHandler(&log, nil)))
		low := &service{limit: 6}
		require.Greater(t, b.press(low, time.Hour, 0).refused, 3)
		require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
		require.Contains(t, log.String(), `level=WARN msg="Adobe lets through less than the configured limit, fewer requests are sent" endpoint=actions limit=10 learned=6`)
		log.Reset()
		low.limit = 10
		b.press(low, 2*time.Hour, 0)
		require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
		require.Contains(t, log.String(), `level=INFO msg="the configured limit holds again" endpoint=actions limit=10`)
	})
}

func TestBudget_CountsEachEndpointByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(10, 25, slog.New(slog.DiscardHandler))
		limits := map[Endpoint]int{}
		for _, e := range endpoints {
			for {
				if _, ok := b.begin(e); !ok {
					break
				}
				b.end(e, nil)
				limits[e]++
			}
		}
		require.Equal(t, map[Endpoint]int{
			Actions: 5, ReadUser: 12, ReadMembers: 12, // half of them at once
			ReadUsers: 25, ReadGroups: 5,
		}, limits)
	})
}

func TestBudget_MayBeSharedByMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(10, 25, slog.New(slog.DiscardHandler))
		var mu sync.Mutex
		var all []time.Time
		var work sync.WaitGroup
		for worker := range 7 {
			work.Go(func() {
				for i := range 20 {
					if b.follow(t.Context(), ReadUsers) != nil {
						return
					}
					time.Sleep(time.Duration(worker*i) * 100 * time.Millisecond)
					mu.Lock()
					all = append(all, time.Now())
					mu.Unlock()
					b.look()
					b.opens()
					b.end(ReadUsers, nil)
				}
			})
		}
		work.Wait()
		require.Len(t, all, 140)
		requireNoMoreThan(t, 25, all)
	})
}

func TestBudget_FollowEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(1, 0, slog.New(slog.DiscardHandler))
		require.NoError(t, b.follow(t.Context(), Actions))
		b.end(Actions, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, b.follow(ctx, Actions), context.DeadlineExceeded)
		require.Equal(t, 1, b.look()[0].Spent, "it was not sent")
	})
}

func TestBudget_TakesOverWhatAFormerProcessLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(3, 25, slog.New(slog.DiscardHandler))
		now := time.Now().UTC()
		calls := []time.Time{now.Add(-2 * time.Minute), now.Add(-50 * time.Second), now.Add(-time.Second)}
		b.restore(now.Add(5*time.Second), calls, nil, []Endpoint{ReadUser})
		require.Equal(t, everything(5*time.Second), b.pauses())
		_, toKeep := b.toKeep()
		require.False(t, toKeep, "it is where it came from")
		time.Sleep(5 * time.Second)
		require.Equal(t, 2, b.look()[0].Spent)
		at, ok := b.begin(ReadUser)
		require.False(t, ok)
		require.Equal(t, now.Add(perMinuteWindow), at)
		_, ok = b.begin(ReadMembers)
		require.True(t, ok)
	})
}

func TestBudget_KeepsRoomForACallThatMayStillArrive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, now := newBudget(2, 0, slog.New(slog.DiscardHandler)), time.Now().UTC()
		b.restore(time.Time{}, nil, []time.Time{now.Add(2 * time.Minute)}, nil)
		sent := func() bool {
			_, ok := b.begin(Actions)
			if ok {
				b.end(Actions, nil)
			}
			return ok
		}
		require.True(t, sent())
		require.False(t, sent(), "the other one is not ours")
		require.Equal(t, 2, b.look()[0].Spent)
		time.Sleep(90 * time.Second)
		require.True(t, sent())
		time.Sleep(30*time.Second + perMinuteWindow - time.Second)
		require.Equal(t, 1, b.look()[0].Spent, "it may just have arrived")
		time.Sleep(time.Second)
		require.Zero(t, b.look()[0].Spent)

		b.restore(time.Time{}, nil, []time.Time{time.Now().Add(time.Minute), time.Now().Add(2 * time.Minute)}, nil)
		at, ok := b.begin(Actions)
		require.False(t, ok)
		require.Equal(t, time.Now().Add(time.Minute), at)
	})
}

func TestBudget_WhatMayStillArriveIsOfTheFirstHalf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(10, 0, slog.New(slog.DiscardHandler))
		sent := func() bool {
			_, ok := b.begin(Actions)
			if ok {
				b.end(Actions, nil)
			}
			return ok
		}
		for range 3 {
			require.True(t, sent())
			b.linger(time.Now().Add(2 * time.Minute))
		}
		turns := b.turns()
		require.True(t, sent())
		b.linger(time.Now().Add(time.Minute))
		require.Equal(t, time.Now().Add(2*time.Minute), turns.pacer.arriving[0], "a forecast knows only what was")
		require.Equal(t, 4, b.look()[0].Spent)
		require.True(t, sent())
		require.False(t, sent(), "half of the limit is spent, the rest is spread")
	})
}

func TestBudget_OpensWhenTheFirstPauseEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, now := newBudget(10, 25, slog.New(slog.DiscardHandler)), time.Now().UTC()
		require.True(t, b.opens().IsZero())
		b.hold(now.Add(time.Minute), PauseDenied, reading...)
		require.True(t, b.opens().IsZero(), "calls may go")
		b.hold(now.Add(time.Second), PauseBroken)
		require.Equal(t, now.Add(time.Second), b.opens())
		a := b.look()
		require.Equal(t, PauseBroken, a[0].Why)
		require.Equal(t, PauseDenied, a[1].Why, "the longer one")
		require.Equal(t, now.Add(time.Minute), a[1].Next)
		_, toKeep := b.toKeep()
		require.False(t, toKeep, "Adobe did not ask for it")
	})
}
