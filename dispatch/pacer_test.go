package dispatch

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var morning = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func TestPacer_GivesHalfAtOnceAndSpreadsTheRest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pacer pacer
		want  []float64 // seconds at which requests go that are answered at once
	}{
		"ten":          {spread(10, 0), []float64{0, 0, 0, 0, 0, 10.166, 20.333, 30.5, 40.666, 50.833, 61, 63.033}},
		"one":          {spread(1, 0), []float64{0, 61, 122}},
		"two":          {spread(2, 0), []float64{0, 30.5, 61, 91.5}},
		"three":        {spread(3, 0), []float64{0, 0, 30.5, 61, 76.25}},
		"one is spare": {spread(3, 1), []float64{0, 30.5, 61, 91.5}},
		"not spread":   {newPacer(3), []float64{0, 0, 0, 61, 61, 61}},
		"no limit":     {newPacer(0), []float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, now := test.pacer, morning
			for i, want := range test.want {
				now = p.next(now)
				require.InDelta(t, want, now.Sub(morning).Seconds(), 0.001, "request %d", i)
				p.begin()
				p.end(now, false)
			}
		})
	}
}

func spread(configured, spare int) pacer {
	p := newPacer(configured)
	p.spread, p.spare = true, spare
	return p
}

func TestPacer_WhatIsSpareGoesAtOnce(t *testing.T) {
	t.Parallel()
	p := spread(3, 1)
	for range 2 {
		p.begin()
		p.end(morning, false)
	}
	require.Equal(t, morning.Add(perMinuteWindow), p.next(morning))
	require.Equal(t, morning, p.again(morning))
	p.begin()
	require.Equal(t, morning.Add(perMinuteWindow), p.again(morning), "what is under way counts")
	p.cancel()
	require.Equal(t, morning, p.again(morning))
}

func TestPacer_AClockThatIsSetBackStopsItForNoMoreThanAWindow(t *testing.T) {
	t.Parallel()
	p := newPacer(1)
	p.begin()
	p.end(morning, false)
	back := morning.Add(-time.Hour)
	require.Equal(t, back.Add(perMinuteWindow), p.next(back))
}

// requireNoMoreThan fails if any minute holds more than limit of the times: in
// sixty seconds from any moment, and so in the minutes of any clock.
func requireNoMoreThan(t require.TestingT, limit int, times []time.Time) {
	slices.SortFunc(times, time.Time.Compare)
	for i := limit; i < len(times); i++ {
		require.GreaterOrEqual(t, times[i].Sub(times[i-limit]), time.Minute, "%d requests in a minute", limit+1)
	}
}

// Requests overlap, Adobe counts each at some moment between its beginning and
// its end, and some of them are refused.
func TestPacer_KeepsTheLimitWheneverAdobeCounts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 12).Draw(t, "limit")
		p := spread(limit, rapid.IntRange(0, 1).Draw(t, "spare"))
		p.spread = rapid.Bool().Draw(t, "spread")
		now := morning
		var begun, counted []time.Time
		begin := func(turn func(*pacer, time.Time) time.Time) {
			if now = turn(&p, now); turn(&p, now).After(now) {
				return // not before one that is under way has ended
			}
			p.begin()
			begun = append(begun, now)
		}
		wait := func(name string, most time.Duration) time.Duration {
			return time.Duration(rapid.Int64Range(0, int64(most/time.Microsecond)).Draw(t, name)) * time.Microsecond
		}
		for range rapid.IntRange(1, 100).Draw(t, "events") {
			p.stepUp(now)
			switch event := rapid.SampledFrom([]string{"idle", "begin", "again", "end", "end", "refused"}).Draw(t, "event"); {
			case event == "idle":
				now = now.Add(wait("idle", 90*time.Second))
			case event == "begin":
				begin((*pacer).next)
			case event == "again":
				begin((*pacer).again)
			case len(begun) > 0:
				i := rapid.IntRange(0, len(begun)-1).Draw(t, "which")
				now = now.Add(wait("latency", 20*time.Second))
				counted = append(counted, begun[i].Add(wait("counted", now.Sub(begun[i]))))
				begun = slices.Delete(begun, i, i+1)
				p.end(now, event == "refused")
				if event == "refused" {
					p.refuse(p.passed(now.Add(-perMinuteWindow)), now, now.Add(wait("retry", time.Minute)))
				} else {
					p.pass(now)
				}
			}
			require.True(t, 1 <= p.limit && p.limit <= limit, "limit %d of %d", p.limit, limit)
		}
		requireNoMoreThan(t, limit, counted)
	})
}

// Calls come one after the other; the process dies now and then, also with a call
// under way, and the next knows only when calls were recorded.
func TestPacer_KeepsTheLimitAcrossRestarts(t *testing.T) {
	t.Parallel()
	const timeout = 30 * time.Second
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 12).Draw(t, "limit")
		p := spread(limit, 0)
		now := morning
		wait := func(name string, most time.Duration) time.Duration {
			return time.Duration(rapid.Int64Range(0, int64(most/time.Microsecond)).Draw(t, name)) * time.Microsecond
		}
		var recorded, counted, flying []time.Time
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			now = now.Add(wait("idle", 20*time.Second))
			for at := p.next(now); at.After(now); at = p.next(now) {
				now = at
			}
			recorded = append(recorded, now)
			p.begin()
			latency := wait("latency", timeout)
			if rapid.IntRange(0, 3).Draw(t, "dies") > 0 {
				counted = append(counted, now.Add(wait("counted", latency)))
				now = now.Add(latency)
				p.end(now, false)
				continue
			}
			// What it had sent may still be on its way when another takes over.
			arrives := now.Add(timeout)
			counted = append(counted, now.Add(wait("arrives", timeout)))
			now = now.Add(latency)
			p = spread(limit, 0)
			flying = append(slices.DeleteFunc(flying, func(at time.Time) bool { return !at.After(now) }), arrives)
			p.restore(endedBy(recorded, timeout, now), flying)
		}
		requireNoMoreThan(t, limit, counted)
	})
}
