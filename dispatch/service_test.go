package dispatch

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// counting is a way to count requests. Adobe does not say which is its own.
type counting struct {
	fixed         bool // in minutes of the clock, and not in the last sixty seconds
	countsRefused bool
}

// service is a limit of Adobe's, as small as it can be.
type service struct {
	limit int
	counting

	mu      sync.Mutex // guards what is below
	counted []time.Time
}

// ask returns nil, or a refusal with the time until the next is let through.
func (s *service) ask() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for len(s.counted) > 0 && !s.leaves(0).After(now) {
		s.counted = s.counted[1:]
	}
	if len(s.counted) < s.limit {
		s.counted = append(s.counted, now)
		return nil
	}
	if s.countsRefused {
		s.counted = append(s.counted, now)
	}
	return refusal(s.leaves(len(s.counted) - s.limit).Sub(now))
}

// leaves returns when the i-th of those that are counted is not any more.
func (s *service) leaves(i int) time.Time {
	if s.fixed {
		return s.counted[i].Truncate(time.Minute).Add(time.Minute)
	}
	return s.counted[i].Add(time.Minute)
}

// refusal is a 429 with Retry-After, in whole seconds.
func refusal(wait time.Duration) error {
	return &umapi.Error{
		Op: "action", Status: http.StatusTooManyRequests, Outcome: umapi.OutcomeRefused,
		RetryAfter: time.Duration(math.Ceil(wait.Seconds())) * time.Second,
	}
}

// rivals are what else may use the same client: each takes half of the limit.
var rivals = map[string]func(s *service, half int){
	"nobody": func(*service, int) { time.Sleep(time.Minute) },
	"evenly": func(s *service, half int) {
		_ = s.ask()
		time.Sleep(time.Minute / time.Duration(half))
	},
	"at once": func(s *service, half int) {
		for range half {
			_ = s.ask()
		}
		time.Sleep(time.Minute)
	},
	"politely": func(s *service, half int) {
		for range half {
			var refused *umapi.Error
			if errors.As(s.ask(), &refused) {
				time.Sleep(refused.RetryAfter)
			}
		}
		time.Sleep(time.Minute)
	},
}

// tally is what a client that always has something to send got.
type tally struct{ passed, refused int }

// press sends for a time as often as the budget allows. Each answer takes a while.
func (b *budget) press(s *service, during, latency time.Duration) tally {
	var got tally
	for end := time.Now().Add(during); time.Now().Before(end); {
		at, ok := b.begin(Actions)
		if !ok {
			time.Sleep(time.Until(at))
			continue
		}
		time.Sleep(latency)
		err := s.ask()
		if got.passed++; err != nil {
			got.passed--
			got.refused++
		}
		b.end(Actions, err)
	}
	return got
}

func TestBudget_UsesWhatThereIsAndIsSeldomRefused(t *testing.T) {
	t.Parallel()
	limits := []struct{ believed, real int }{{10, 10}, {10, 6}, {15, 10}, {10, 3}, {25, 16}}
	countings := []counting{{}, {fixed: true}, {countsRefused: true}, {fixed: true, countsRefused: true}}
	for rival, compete := range rivals {
		for _, l := range limits {
			for _, c := range countings {
				for _, latency := range []time.Duration{0, time.Second} {
					name := fmt.Sprintf("%s/%d of %d/%+v/%s", rival, l.real, l.believed, c, latency)
					t.Run(name, func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							time.Sleep(17 * time.Second) // begin somewhere in a minute of the clock
							s := &service{limit: l.real, counting: c}
							end, gone := time.Now().Add(3*time.Hour), make(chan struct{})
							go func() {
								defer close(gone)
								for time.Now().Before(end) {
									compete(s, l.real/2)
								}
							}()
							b := newBudget(l.believed, 0, slog.New(slog.DiscardHandler))
							first, later := b.press(s, time.Hour, latency), b.press(s, 2*time.Hour, latency)
							<-gone

							left := l.real
							if rival != "nobody" {
								left -= l.real / 2
							}
							require.LessOrEqual(t, first.refused, 20)
							require.LessOrEqual(t, later.refused, 2*20)
							require.GreaterOrEqual(t, first.passed+later.passed, 85*left*180/100)
							if left == l.believed {
								require.Zero(t, first.refused+later.refused)
							}
						})
					})
				}
			}
		}
	}
}

func TestBudget_ComesBackWhenARivalIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{limit: 10}
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			for end := time.Now().Add(20 * time.Minute); time.Now().Before(end); {
				rivals["evenly"](s, 5)
			}
		}()
		b := newBudget(10, 0, slog.New(slog.DiscardHandler))
		b.press(s, 20*time.Minute, 0)
		<-gone
		require.LessOrEqual(t, b.look()[0].Learned, 7)
		b.press(s, 45*time.Minute, 0)
		require.Equal(t, 10, b.look()[0].Learned)
		require.GreaterOrEqual(t, b.press(s, time.Hour, 0).passed, 585)
	})
}

func TestBudget_IsNotDrivenDownByChance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s := newBudget(10, 0, slog.New(slog.DiscardHandler)), &service{limit: 10}
		var got tally
		for range 24 {
			got.passed += b.press(s, 5*time.Minute, 0).passed
			require.NoError(t, b.follow(t.Context(), Actions))
			b.end(Actions, refusal(5*time.Second))
		}
		require.Greater(t, got.passed, 24*5*9)
		require.Equal(t, 10, b.look()[0].Learned)
	})
}

func TestBudget_LearnsAgainAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{limit: 6}
		refused := 0
		for range 3 {
			b := newBudget(10, 0, slog.New(slog.DiscardHandler))
			b.restore(time.Time{}, s.counted, nil, nil)
			refused += b.press(s, 20*time.Minute, 0).refused
			require.LessOrEqual(t, b.look()[0].Learned, 7)
		}
		require.LessOrEqual(t, refused, 18)
	})
}
