package emulator

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// scopeUMAPI is the scope without which a token is of no use here.
const scopeUMAPI = "user_management_sdk"

// grantClientCredentials is the only grant of OAuth Server-to-Server.
const grantClientCredentials = "client_credentials"

type tokenBody struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
}

type tokenErrorBody struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

type tokenClaims struct {
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
	jwt.RegisteredClaims
}

// newKey makes a key that no other emulator has. It does not come from the
// seed, so that an emulator started again refuses the tokens of the last.
func newKey() []byte {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return key
}

// RevokeTokens makes every token issued so far invalid.
func (e *Emulator) RevokeTokens() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.key = newKey()
}

// serveToken is the token endpoint of OAuth Server-to-Server credentials. The
// parameters may stand in the body or in the query (UM_Authentication). The
// answers to mistakes are not documented; these are OAuth's own.
func (e *Emulator) serveToken(q *request, _ []string, _ *Entry) reply {
	form, err := url.ParseQuery(string(q.body))
	if err != nil {
		return tokenError(http.StatusBadRequest, "invalid_request", "the body is not a form")
	}
	value := func(name string) string {
		if form.Has(name) {
			return form.Get(name)
		}
		return q.query.Get(name)
	}
	for _, name := range []string{"grant_type", "client_id", "client_secret", "scope"} {
		if value(name) == "" {
			return tokenError(http.StatusBadRequest, "invalid_request", "missing parameter: "+name)
		}
	}
	if value("grant_type") != grantClientCredentials {
		return tokenError(http.StatusBadRequest, "unsupported_grant_type", "")
	}
	if value("client_id") != e.cfg.ClientID {
		return tokenError(http.StatusBadRequest, "invalid_client", "unknown client_id")
	}
	if subtle.ConstantTimeCompare([]byte(value("client_secret")), []byte(e.cfg.ClientSecret)) != 1 {
		return tokenError(http.StatusUnauthorized, "invalid_client", "wrong client_secret")
	}
	if !hasScope(value("scope"), scopeUMAPI) {
		return tokenError(http.StatusBadRequest, "invalid_scope", "scope must hold "+scopeUMAPI)
	}
	return e.issue(value("scope"))
}

// issue makes a token. Older ones stay valid.
func (e *Emulator) issue(scope string) reply {
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, tokenClaims{
		ClientID: e.cfg.ClientID,
		Scope:    scope,
		RegisteredClaims: jwt.RegisteredClaims{
			ID:        rand.Text(),
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(e.cfg.TokenLifetime)),
		},
	}).SignedString(e.key)
	if err != nil {
		return tokenError(http.StatusInternalServerError, "server_error", err.Error())
	}
	// One less than the lifetime: the sample for 24 hours says 86399.
	seconds := int64(e.cfg.TokenLifetime/time.Second) - 1
	r := jsonReply(http.StatusOK, tokenBody{AccessToken: token, TokenType: "bearer", ExpiresIn: seconds})
	r.header.Set("Cache-Control", "no-store")
	return r
}

// serveExchange refuses the exchange of a signed JWT in the shape that the old
// service used for a client that may not.
func (e *Emulator) serveExchange(*request, []string, *Entry) reply {
	return tokenError(http.StatusBadRequest, "invalid_client",
		"service account (JWT) credentials have ended; use OAuth Server-to-Server credentials")
}

func tokenError(status int, code, description string) reply {
	r := jsonReply(status, tokenErrorBody{Error: code, Description: description})
	r.result = code
	return r
}

// hasScope looks for one scope among several, separated by commas or spaces.
func hasScope(scopes, want string) bool {
	for s := range strings.FieldsFuncSeq(scopes, func(r rune) bool { return r == ',' || r == ' ' }) {
		if s == want {
			return true
		}
	}
	return false
}

// authorize checks token, API key and organisation, in this order, and returns
// the refusal if one of them is wrong.
func (e *Emulator) authorize(q *request, org string) *reply {
	scheme, token, _ := strings.Cut(q.header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !e.valid(strings.TrimSpace(token)) {
		r := unauthorized()
		return &r
	}
	if q.header.Get("X-Api-Key") != e.cfg.ClientID {
		r := emptyReply(http.StatusForbidden)
		return &r
	}
	if org == e.cfg.OrgID {
		return nil
	}
	if strings.HasSuffix(org, "@AdobeOrg") {
		// A well-formed organisation for which the token is not good.
		r := unauthorized()
		return &r
	}
	r := refuse(http.StatusBadRequest, "error.organization.invalid_id", "Bad organization Id")
	return &r
}

func (e *Emulator) valid(token string) bool {
	_, err := jwt.ParseWithClaims(token, &tokenClaims{},
		func(*jwt.Token) (any, error) { return e.key, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithExpirationRequired())
	return err == nil
}
