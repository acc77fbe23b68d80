package umapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// tokenPath and tokenScope are of the OAuth server-to-server grant; see
// UM_Authentication. The scope's commas are part of it.
const (
	tokenPath  = "/ims/token/v3"
	tokenScope = "openid,AdobeID,user_management_sdk"
)

// grant obtains a token for the OAuth server-to-server credential. The expiry is
// zero if the service did not say it.
func (t *tokens) grant(ctx context.Context, secret string) (token string, expiry time.Time, err error) {
	oauth := clientcredentials.Config{
		ClientID:     t.cfg.ClientID,
		ClientSecret: secret,
		TokenURL:     t.cfg.IMSURL + tokenPath,
		Scopes:       []string{tokenScope},
		AuthStyle:    oauth2.AuthStyleInParams,
	}
	granted, err := oauth.Token(context.WithValue(ctx, oauth2.HTTPClient, t.http))
	if err == nil {
		return granted.AccessToken, granted.Expiry, nil
	}
	// Of a refusal only code and text are taken: oauth2's own error holds the
	// whole answer.
	refusal, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return "", time.Time{}, noToken(err, secret)
	}
	return "", time.Time{}, tokenRefusal(refusal.Response, refusal.ErrorCode, refusal.ErrorDescription, secret)
}

// noToken is about a token that could not be asked for, or an answer that is
// neither a token nor a refusal.
func noToken(err error, secrets ...string) *Error {
	return &Error{Op: opToken, Outcome: OutcomeNotSent, Err: scrubError(withoutURL(err), secrets...)}
}

// tokenRefusal is about an answer of the token service that is not a token.
func tokenRefusal(r *http.Response, code, description string, secrets ...string) *Error {
	e := &Error{
		Op:         opToken,
		Status:     r.StatusCode,
		Code:       clean(code, secrets...),
		Message:    clean(description, secrets...),
		RequestID:  requestIDOf(r.Header, secrets...),
		RetryAfter: retryAfter(r.Header),
		Outcome:    OutcomeNotSent,
	}
	// A 400 is a refusal of the client, its secret, its key or its scope, which
	// are the same in each request; so are the codes where the status is another.
	switch classOfStatus(e.Status, 0) {
	case ClassDenied, ClassRejected:
		e.Err = ErrDenied
	}
	switch e.Code {
	case "invalid_client", "unauthorized_client", "invalid_scope", "access_denied", "invalid_token", "invalid_signature":
		e.Err = ErrDenied
	}
	return e
}
