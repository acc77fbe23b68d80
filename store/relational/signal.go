package relational

import (
	"maps"
	"slices"
	"sync"
)

// Signals hold one channel for each org that somebody listens for.
type Signals struct {
	mu sync.Mutex
	of map[string]chan struct{}
}

// Channel returns that of an org.
func (s *Signals) Channel(org string) <-chan struct{} { return s.channel(org) }

func (s *Signals) channel(org string) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = make(map[string]chan struct{})
	}
	c, ok := s.of[org]
	if !ok {
		c = make(chan struct{}, 1)
		s.of[org] = c
	}
	return c
}

// Send signals; one that nobody took yet stands for this one too.
func (s *Signals) Send(org string) {
	select {
	case s.channel(org) <- struct{}{}:
	default:
	}
}

// All signals everybody.
func (s *Signals) All() {
	s.mu.Lock()
	orgs := slices.Collect(maps.Keys(s.of))
	s.mu.Unlock()
	for _, org := range orgs {
		s.Send(org)
	}
}
