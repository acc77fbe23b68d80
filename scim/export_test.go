package scim

import "net/http"

// NewWatched is New, with room for so many bytes of bodies unless it is 0, and what
// tells how many bytes are held, how many ever were, and how many may be.
func NewWatched(cfg Config, dir Directory, room int64) (http.Handler, func() (held, largest, most int64), error) {
	s, err := newServer(cfg, dir)
	if err != nil {
		return nil, nil, err
	}
	if room > 0 {
		s.load.most = room
	}
	return s.handler, func() (int64, int64, int64) {
		s.load.mu.Lock()
		defer s.load.mu.Unlock()
		return s.load.bytes, s.load.largest, s.load.most
	}, nil
}

// MaxRequests is how many requests are served at a time.
const MaxRequests = maxRequests
