package umapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// refreshEarly is how long before its end a token is not used any more, so
	// that none expires on its way. A token that lives for less than twice as
	// long is used for half of its life.
	refreshEarly = 5 * time.Minute

	opToken = "obtain token"
)

// tokens hands out one access token until shortly before it expires. A channel
// is the lock, so that waiting for someone else's refresh ends with the waiter's
// context.
type tokens struct {
	cfg  Config
	http *http.Client

	lock    chan struct{}
	fetched atomic.Int64 // refreshes that ended

	// Guarded by lock.
	current string
	goodTo  time.Time // zero if the token did not say when it expires
	failure error     // of the last refresh
}

func newTokens(cfg Config) *tokens {
	return &tokens{
		cfg: cfg,
		http: &http.Client{
			Transport:     userAgentTransport{cfg.Transport, cfg.UserAgent},
			CheckRedirect: noRedirect,
		},
		lock: make(chan struct{}, 1),
	}
}

// get returns the current token, and obtains one if there is none that will do.
// Callers that wait while another one's attempt fails share its failure, so
// that a refused credential is not tried once for each of them.
func (t *tokens) get(ctx context.Context) (string, error) {
	before := t.fetched.Load()
	if err := t.acquire(ctx); err != nil {
		return "", err
	}
	defer t.release()
	if t.current != "" && (t.goodTo.IsZero() || time.Now().Before(t.goodTo)) {
		return t.current, nil
	}
	if t.fetched.Load() != before && t.failure != nil {
		return "", t.failure
	}
	t.current = ""
	err := t.fetch(ctx)
	if ctx.Err() == nil {
		// A failure by the caller's own context is not the next one's failure.
		t.failure = err
		t.fetched.Add(1)
	}
	return t.current, err
}

// drop forgets token after the service refused it, unless a newer one has taken
// its place already.
func (t *tokens) drop(ctx context.Context, token string) error {
	if err := t.acquire(ctx); err != nil {
		return err
	}
	defer t.release()
	if t.current == token {
		t.current = ""
	}
	return nil
}

func (t *tokens) acquire(ctx context.Context) error {
	select {
	case t.lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &Error{Op: opToken, Outcome: OutcomeNotSent, Err: ctx.Err()}
	}
}

func (t *tokens) release() { <-t.lock }

// fetch obtains a token. The lock is held.
func (t *tokens) fetch(ctx context.Context) error {
	secret, err := t.cfg.ClientSecret()
	if err == nil && secret == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return &Error{Op: opToken, Outcome: OutcomeNotSent, Err: fmt.Errorf("%w: read client secret: %w", ErrDenied, err)}
	}
	attempt, cancel := context.WithTimeout(ctx, t.cfg.Timeout)
	defer cancel()
	obtain := t.grant
	if t.cfg.JWT != nil {
		obtain = t.exchange
	}
	start := time.Now()
	token, expiry, err := obtain(attempt, secret)
	if err == nil && !isToken(token) {
		err = noToken(fmt.Errorf("%w: its token has characters that no header takes", errUnreadable))
	}
	logRequest(ctx, t.cfg.Log, opToken, answer{status: http.StatusOK}, err, time.Since(start))
	if err != nil {
		return err
	}
	t.current = token
	t.goodTo = usableUntil(time.Now(), expiry)
	return nil
}

// usableUntil says when a token should be replaced. The clock reading is by the
// wall, because a machine that sleeps does not stop the token from expiring.
func usableUntil(now, expiry time.Time) time.Time {
	if expiry.IsZero() {
		return time.Time{}
	}
	now, expiry = now.Round(0), expiry.Round(0)
	return expiry.Add(-min(refreshEarly, expiry.Sub(now)/2))
}

// userAgentTransport names us to the token service, whose requests are made by
// another package for the one grant.
type userAgentTransport struct {
	next http.RoundTripper
	name string
}

func (u userAgentTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", u.name)
	r.Header.Set("Accept", "application/json")
	return u.next.RoundTrip(r)
}
