package sqlite

import "sync"

// signals hold one channel for each org that somebody listens for.
type signals struct {
	mu sync.Mutex
	of map[string]chan struct{}
}

func (s *signals) channel(org string) chan struct{} {
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

// send signals; one that nobody took yet stands for this one too.
func (s *signals) send(org string) {
	select {
	case s.channel(org) <- struct{}{}:
	default:
	}
}

// Changed returns a channel that receives after something became due, for the
// one dispatcher of an org. Signals may be merged.
func (s *Store) Changed(org string) <-chan struct{} { return s.signals.channel(org) }
