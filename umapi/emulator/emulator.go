package emulator

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Emulator is one organisation, with its User Management API and its token
// service. It is an [http.Handler] and an [http.RoundTripper]; all its methods
// may be called concurrently.
type Emulator struct {
	cfg Config

	mu       sync.Mutex // guards everything below
	key      []byte     // signs the tokens; made anew by New and RevokeTokens
	org      *org
	throttle *throttle
	faults   []*armedFault
	ledger   ledger
	// Chance is drawn from streams of one seed, apart from each other, so that
	// one kind of randomness does not depend on how often another was used.
	weather *rand.Rand // which requests a fault strikes
	order   *rand.Rand // in which commands are applied
	ids     *rand.Rand // of requests
}

var (
	_ http.Handler      = (*Emulator)(nil)
	_ http.RoundTripper = (*Emulator)(nil)
)

// New returns an emulator of an organisation without users. Its error names
// every field of cfg that cannot be used.
func New(cfg Config) (*Emulator, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("emulator configuration: %w", err)
	}
	stream := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(cfg.Seed, n)) }
	return &Emulator{
		cfg:      cfg,
		key:      newKey(),
		org:      newOrg(cfg, stream(0)),
		throttle: newThrottle(cfg, stream(1)),
		ledger:   ledger{limit: cfg.LedgerEntries},
		weather:  stream(2),
		order:    stream(3),
		ids:      stream(4),
	}, nil
}

// serve answers q genuinely: what the service would say were nothing to go
// wrong on the way. It notes in entry what was done.
func (e *Emulator) serve(q *request, entry *Entry) reply {
	e.mu.Lock()
	defer e.mu.Unlock()

	ep, args, refusal := e.route(q)
	if refusal != nil {
		entry.Unexpected = fmt.Sprintf("%s %s is not modelled", q.method, q.path)
		return *refusal
	}
	if !ep.managed {
		return ep.serve(e, q, args, entry)
	}
	if refused := e.authorize(q, args[0]); refused != nil {
		return *refused
	}
	if wait := e.throttle.admit(ep, q, args, time.Now()); wait > 0 {
		return throttled(wait)
	}
	return ep.serve(e, q, args[1:], entry)
}
