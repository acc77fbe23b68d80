package emulator

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Emulator is one organisation, with its User Management API and its token
// service. It is an [http.Handler] and an [http.RoundTripper]; all its methods
// may be called concurrently.
type Emulator struct {
	cfg         Config
	certificate *rsa.PublicKey // checks signed JWTs; nil if there is none

	mu       sync.Mutex    // guards everything below, and what a Preset sets in cfg
	ahead    time.Duration // of the clock of package time
	key      []byte        // signs the tokens; made anew by New and RevokeTokens
	org      *org
	throttle throttle
	clients  map[string]*client // by ClientID
	spent    map[string]int64   // the jti of JWTs that were exchanged, and when these expire
	given    presettable        // what the configuration says itself
	preset   Preset
	faults   []*ArmedFault
	ledger   ledger
	// Chance is drawn from streams of one seed, apart from each other, so that
	// one kind of randomness does not depend on how often another was used.
	weather *rand.Rand // which requests a fault strikes
	order   *rand.Rand // in which commands are applied
	ids     *rand.Rand // of requests
	arrange arrangement
}

var (
	_ http.Handler      = (*Emulator)(nil)
	_ http.RoundTripper = (*Emulator)(nil)
)

// New returns an emulator of an organisation without users. Its error names
// every field of cfg that cannot be used, most of them as a [FieldError].
func New(cfg Config) (*Emulator, error) {
	cfg, err := cfg.withDefaults()
	certificate, badPEM := publicKey(cfg.Certificate)
	_, badPreset := ParsePreset(string(cfg.Preset))
	if err := errors.Join(err, badPEM, badPreset); err != nil {
		return nil, fmt.Errorf("emulator configuration: %w", err)
	}
	stream := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(cfg.Seed, n)) }
	e := &Emulator{
		cfg:         cfg,
		certificate: certificate,
		key:         newKey(),
		throttle:    throttle{all: newUsage(), chance: stream(1)},
		clients:     newClients(cfg.credentials()),
		spent:       map[string]int64{},
		ledger:      ledger{limit: cfg.LedgerEntries},
		weather:     stream(2),
		order:       stream(3),
		ids:         stream(4),
		arrange:     arrangement{chance: stream(5), seeds: map[string]uint64{}},
		given:       presettable{cfg.Switches, cfg.ReadLag},
	}
	e.org = newOrg(cfg, stream(0), history{now: e.now, lag: func() time.Duration { return e.cfg.ReadLag }})
	return e, e.SetPreset(cfg.Preset)
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
	r := e.answer(ep, q, args, entry)
	if wrong := ep.query.mistakes(q); wrong != "" {
		entry.Unexpected = strings.TrimPrefix(entry.Unexpected+"; "+wrong, "; ")
	}
	return r
}

// answer is serve for a request that has an endpoint. The caller holds e.mu.
func (e *Emulator) answer(ep endpoint, q *request, args []string, entry *Entry) reply {
	if !ep.managed {
		return ep.serve(e, q, args, entry)
	}
	client, refused := e.authorize(q, args[0])
	if refused != nil {
		return *refused
	}
	if refused := e.admit(client, ep, q, args); refused != nil {
		return *refused
	}
	if ep.method != http.MethodGet {
		return ep.serve(e, q, args[1:], entry)
	}
	var r reply
	e.org.asOf(func() { r = ep.serve(e, q, args[1:], entry) })
	return r
}
