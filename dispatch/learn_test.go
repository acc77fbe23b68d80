package dispatch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// refusedAfter is a pacer that was refused when so many had been let through.
func refusedAfter(configured, passed int) pacer {
	p := newPacer(configured)
	for range passed {
		p.begin()
		p.end(morning, false)
		p.pass(morning)
	}
	p.begin()
	p.end(morning, true)
	p.refuse(passed, morning, morning)
	return p
}

func TestPacer_LearnsWhatWasLetThrough(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ configured, passed, want int }{
		"what was let through":           {10, 6, 6},
		"all but one":                    {10, 9, 9},
		"as much as was sent":            {10, 10, 9},
		"no less than half":              {10, 3, 5},
		"though nothing was let through": {10, 0, 5},
		"half of an odd limit":           {5, 0, 2},
		"never below one":                {2, 0, 1},
		"and one stays":                  {1, 0, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := refusedAfter(test.configured, test.passed)
			require.Equal(t, test.want, p.limit)
			require.Equal(t, test.want < test.configured, p.lower)
		})
	}
}

// steps are when the limit went up, in windows from the first refusal, and when
// the configured one was no longer in doubt.
func steps(p *pacer, windows int) (ups []int, back int) {
	for w := 1; w <= windows; w++ {
		before := p.limit
		if p.stepUp(morning.Add(time.Duration(w) * perMinuteWindow)) {
			back = w
		}
		if p.limit > before {
			ups = append(ups, w)
		}
	}
	return ups, back
}

func TestPacer_TriesOneMoreWithEachWindow(t *testing.T) {
	t.Parallel()
	p := refusedAfter(10, 6)
	ups, back := steps(&p, 60)
	require.Equal(t, []int{1, 2, 3, 4}, ups)
	require.Equal(t, 5, back)
	require.Equal(t, 10, p.limit)
}

func TestPacer_MakesUpForAnIdleHourAtOnce(t *testing.T) {
	t.Parallel()
	p := refusedAfter(10, 6)
	require.True(t, p.stepUp(morning.Add(time.Hour)))
	require.Equal(t, 10, p.limit)
	require.False(t, p.stepUp(morning.Add(2*time.Hour)), "said once")
}

func TestPacer_WaitsLongerEachTimeItIsRefusedAgain(t *testing.T) {
	t.Parallel()
	p := refusedAfter(10, 6)
	now := morning
	for _, windows := range []time.Duration{1, 2, 4, 8, 16, 32, 32} {
		require.Equal(t, 6, p.limit)
		now = now.Add(windows * perMinuteWindow)
		p.stepUp(now.Add(-time.Microsecond))
		require.Equal(t, 6, p.limit, "not before %d windows", windows)
		p.stepUp(now)
		require.Equal(t, 7, p.limit, "after %d windows", windows)
		for range 7 {
			p.begin()
			p.end(now, true)
		}
		require.False(t, p.refuse(6, now, now), "said before")
	}
}

func TestPacer_GoesOnFasterOnceItHolds(t *testing.T) {
	t.Parallel()
	p := refusedAfter(10, 6)
	p.wait = 8 * perMinuteWindow
	p.later(morning)
	ups, back := steps(&p, 60)
	require.Equal(t, []int{8, 16, 17, 18}, ups, "the first step has as long to be refused")
	require.Equal(t, 19, back)
}

func TestPacer_TakesARefusalForChanceIfTheLimitHeld(t *testing.T) {
	t.Parallel()
	for held := range 4 {
		p, now := newPacer(3), morning
		for range held {
			for range 3 {
				p.begin()
				p.end(now, false)
				p.pass(now)
			}
			now = now.Add(perMinuteWindow)
		}
		p.begin()
		p.end(now, true)
		learned := p.refuse(2, now, now)
		require.Equal(t, held < enough, learned, "held for %d windows", held)
		require.Equal(t, learned, p.limit == 2)
		p.begin()
		p.end(now, true)
		require.Equal(t, !learned, p.refuse(2, now, now), "a second one counts")
		require.Less(t, p.limit, 3)
	}
}
