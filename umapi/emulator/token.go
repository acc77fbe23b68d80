package emulator

import (
	"bytes"
	"crypto/rand"
	"io"
	"mime"
	"mime/multipart"
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
	ExpiresIn   int64  `json:"expires_in"`
}

// tokenProblem is why the token service gives no token, and the body that says
// so.
type tokenProblem struct {
	status      int
	Code        string `json:"error"`
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

// RevokeTokens makes every token issued so far invalid, whichever client has it.
func (e *Emulator) RevokeTokens() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.key = newKey()
}

// serveToken is the token endpoint of OAuth Server-to-Server credentials
// (UM_Authentication). The answers to mistakes are not documented; these are
// OAuth's own.
func (e *Emulator) serveToken(q *request, _ []string, _ *Entry) reply {
	value := q.parameters()
	c, problem := e.checkGrant(value)
	if problem != nil {
		if e.cfg.Switches.TokenErrorsUnauthorized {
			problem.status = http.StatusUnauthorized
		}
		return problem.reply()
	}
	// One less than the lifetime: the sample for 24 hours says 86399. But never
	// 0, which clients take for a token that does not expire.
	seconds := max(1, int64(e.cfg.TokenLifetime/time.Second)-1)
	return e.issue(c, value("scope"), seconds)
}

// checkGrant returns the client that may have a token.
func (e *Emulator) checkGrant(value func(string) string) (*client, *tokenProblem) {
	for _, name := range []string{"grant_type", "client_id", "client_secret", "scope"} {
		if value(name) == "" {
			return nil, &tokenProblem{http.StatusBadRequest, "invalid_request", "missing parameter: " + name}
		}
	}
	if value("grant_type") != grantClientCredentials {
		return nil, &tokenProblem{http.StatusBadRequest, "unsupported_grant_type", ""}
	}
	c, problem := e.checkSecret(value)
	if problem != nil {
		return nil, problem
	}
	if !hasScope(value("scope"), scopeUMAPI) {
		return nil, &tokenProblem{http.StatusBadRequest, "invalid_scope", "scope must hold " + scopeUMAPI}
	}
	return c, nil
}

// checkSecret returns the client that the parameters name and prove to be.
func (e *Emulator) checkSecret(value func(string) string) (*client, *tokenProblem) {
	c := e.clients[value("client_id")]
	if c == nil {
		return nil, &tokenProblem{http.StatusBadRequest, "invalid_client", "unknown client_id"}
	}
	if !c.hasSecret(value("client_secret")) {
		return nil, &tokenProblem{http.StatusUnauthorized, "invalid_client", "wrong client_secret"}
	}
	return c, nil
}

// issue makes a token for c. Older ones stay valid. expiresIn is what to say of
// its lifetime, in the unit of the endpoint.
func (e *Emulator) issue(c *client, scope string, expiresIn int64) reply {
	now := e.now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, tokenClaims{
		ClientID: c.ClientID,
		Scope:    scope,
		RegisteredClaims: jwt.RegisteredClaims{
			ID:        rand.Text(),
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(e.cfg.TokenLifetime)),
		},
	}).SignedString(e.key)
	if err != nil {
		return (&tokenProblem{http.StatusInternalServerError, "server_error", err.Error()}).reply()
	}
	r := tokenReply(http.StatusOK, tokenBody{AccessToken: token, TokenType: "bearer", ExpiresIn: expiresIn})
	r.header.Set("Cache-Control", "no-store")
	return r
}

func (p *tokenProblem) reply() reply {
	r := tokenReply(p.status, p)
	r.result = p.Code
	return r
}

// tokenReply is jsonReply with the content type of the token service.
func tokenReply(status int, v any) reply {
	r := jsonReply(status, v)
	r.header.Set("Content-Type", "application/json;charset=UTF-8")
	return r
}

// parameters finds those of a request to the token service in its body, else in
// its query. The body is read as a form whatever its content type is, unless
// that is multipart/form-data. What cannot be read of it is missing, and
// answered so.
func (q *request) parameters() func(name string) string {
	var form url.Values
	if kind, params, err := mime.ParseMediaType(q.header.Get("Content-Type")); err == nil && kind == "multipart/form-data" {
		form = readParts(multipart.NewReader(bytes.NewReader(q.body), params["boundary"]))
	} else {
		form, _ = url.ParseQuery(string(q.body))
	}
	return func(name string) string {
		if form.Has(name) {
			return form.Get(name)
		}
		return q.query.Get(name)
	}
}

// readParts reads the fields of a form up to the first that is broken.
func readParts(parts *multipart.Reader) url.Values {
	form := url.Values{}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return form
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return form
		}
		form.Add(part.FormName(), string(value))
	}
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
