package scim

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"
)

// authenticate lets a request pass whose bearer token (RFC 6750 section 2.1) is
// one of the org's, and notes the token's name. A token of another org is as
// wrong as any.
func (s *service) authenticate(next http.Handler) http.Handler {
	return s.endpoint(func(w http.ResponseWriter, r *http.Request) error {
		given, ok := bearer(r.Header.Get("Authorization"))
		if !ok {
			return unauthorized("a bearer token is required", `Bearer realm="scim"`)
		}
		token, ok := match(s.org.Tokens, given)
		if !ok {
			s.log.WarnContext(r.Context(), "bearer token refused", "org", s.org.Name, "request_id", requestID(r.Context()), "remote", r.RemoteAddr)
			return unauthorized("the bearer token is not valid here", `Bearer realm="scim", error="invalid_token"`)
		}
		if token.expired(time.Now()) {
			s.log.WarnContext(r.Context(), "bearer token expired", "org", s.org.Name, "token", token.Name, "request_id", requestID(r.Context()))
			return unauthorized("the bearer token has expired", `Bearer realm="scim", error="invalid_token", error_description="The token has expired"`)
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), actorKey{}, token.Name)))
		return nil
	})
}

// actorKey is the context's key of the name of the token.
type actorKey struct{}

// actor returns the name of the token that a request came with.
func actor(ctx context.Context) string {
	name, _ := ctx.Value(actorKey{}).(string)
	return name
}

// bearer takes the token from an Authorization header.
func bearer(header string) (string, bool) {
	scheme, token, found := strings.Cut(header, " ")
	token = strings.Trim(token, " ")
	if !found || token == "" || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return token, true
}

// match finds the token without telling by its time how much of which one was
// right: hashes are compared, in constant time, and always all of them.
func match(tokens []Token, given string) (Token, bool) {
	sum := sha256.Sum256([]byte(given))
	at := -1
	for i := range tokens {
		at = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(sum[:], tokens[i].SHA256[:]), i, at)
	}
	if at < 0 {
		return Token{}, false
	}
	return tokens[at], true
}

func (t Token) expired(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }
