package umapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	// tokenPath and tokenScope are of the OAuth server-to-server grant; see
	// UM_Authentication. The scope's commas are part of it.
	tokenPath  = "/ims/token/v3"
	tokenScope = "openid,AdobeID,user_management_sdk"

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
	oauth := clientcredentials.Config{
		ClientID:     t.cfg.ClientID,
		ClientSecret: secret,
		TokenURL:     t.cfg.IMSURL + tokenPath,
		Scopes:       []string{tokenScope},
		AuthStyle:    oauth2.AuthStyleInParams,
	}
	token, err := oauth.Token(context.WithValue(attempt, oauth2.HTTPClient, t.http))
	if err != nil {
		return tokenError(err, secret)
	}
	t.current = token.AccessToken
	t.goodTo = usableUntil(time.Now(), token.Expiry)
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

// tokenError turns the failure into an Error. Of a refusal only code and text
// are taken: oauth2's own error holds the whole answer.
func tokenError(err error, secret string) error {
	e := &Error{Op: opToken, Outcome: OutcomeNotSent}
	refusal, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		e.Err = scrubError(withoutURL(err), secret)
		return e
	}
	e.Status = refusal.Response.StatusCode
	e.Code = clean(refusal.ErrorCode, secret)
	e.Message = clean(refusal.ErrorDescription, secret)
	e.RequestID = requestIDOf(refusal.Response.Header, secret)
	e.RetryAfter = retryAfter(refusal.Response.Header)
	// A 400 is a refusal of the client, its secret or its scope, which are the
	// same in each request; so are the codes where the status is another.
	denied := e.Status < 500 && classOfStatus(e.Status, 0) != ClassThrottled && classOfStatus(e.Status, 0) != ClassTransient
	switch e.Code {
	case "invalid_client", "unauthorized_client", "invalid_scope", "access_denied":
		denied = true
	}
	if denied {
		e.Err = ErrDenied
	}
	return e
}

// scrub takes secrets out of a text that came from elsewhere, in the form they
// have and in the one they have in a form body.
func scrub(s string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "<secret>")
			s = strings.ReplaceAll(s, url.QueryEscape(secret), "<secret>")
		}
	}
	return s
}

// clean makes a text of the service fit for errors and logs. The secrets go
// first: one that was cut short would not be found any more.
func clean(s string, secrets ...string) string { return clip(scrub(s, secrets...)) }

// scrubError returns err, or if its text holds a secret an error with the text
// alone.
func scrubError(err error, secrets ...string) error {
	text := err.Error()
	if clean := scrub(text, secrets...); clean != text {
		return errors.New(clean)
	}
	return err
}

// withoutURL takes off what net/http puts around an error: the URL, which for a
// read holds the e-mail of a person.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// userAgentTransport names us to the token service, whose requests are made by
// another package.
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
