package emulator

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// client is one credential, with what it used up of its limits.
type client struct {
	Credential
	usage *usage
}

// credentials are all clients that may call the API.
func (c *Config) credentials() []Credential {
	return append([]Credential{{ClientID: c.ClientID, ClientSecret: c.ClientSecret}}, c.Clients...)
}

// checkClients returns all that is wrong with the further clients of c.
func (c *Config) checkClients() []error {
	var problems []error
	known := map[string]bool{c.ClientID: true}
	for i, further := range c.Clients {
		if further.ClientSecret == "" {
			problems = append(problems, wrong(fmt.Sprintf("Clients[%d].ClientSecret", i), "it is empty"))
		}
		switch {
		case further.ClientID == "":
			problems = append(problems, wrong(fmt.Sprintf("Clients[%d].ClientID", i), "it is empty"))
		case known[further.ClientID]:
			problems = append(problems, wrong(fmt.Sprintf("Clients[%d].ClientID", i), "%q is there already", further.ClientID))
		}
		known[further.ClientID] = true
	}
	return problems
}

func newClients(credentials []Credential) map[string]*client {
	clients := map[string]*client{}
	for _, c := range credentials {
		clients[c.ClientID] = &client{Credential: c, usage: newUsage()}
	}
	return clients
}

// hasSecret compares in a time that says nothing about the secret.
func (c *client) hasSecret(secret string) bool {
	return subtle.ConstantTimeCompare([]byte(secret), []byte(c.ClientSecret)) == 1
}

// authorize checks token, API key and organisation, in this order, and returns
// the client that calls, or the refusal if one of them is wrong.
func (e *Emulator) authorize(q *request, org string) (*client, *reply) {
	scheme, token, _ := strings.Cut(q.header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, e.badToken()
	}
	c := e.holder(strings.TrimSpace(token))
	if c == nil {
		return nil, e.badToken()
	}
	// The token was issued to one client, and is of no use with the key of
	// another.
	switch q.header.Get("X-Api-Key") {
	case c.ClientID:
	case "":
		return nil, e.denied(emptyReply(http.StatusForbidden), "403000", "Api Key is required")
	default:
		return nil, e.denied(emptyReply(http.StatusForbidden), "403003", "Api Key is invalid")
	}
	if org == e.cfg.OrgID {
		return c, nil
	}
	if strings.HasSuffix(org, "@AdobeOrg") {
		// A well-formed organisation for which the token is not good.
		return nil, e.badToken()
	}
	r := refuse(http.StatusBadRequest, "error.organization.invalid_id", "Bad organization Id")
	return nil, &r
}

// holder returns the client that token was issued to, or nil if it is not good
// any more or never was.
func (e *Emulator) holder(token string) *client {
	var claims tokenClaims
	_, err := jwt.ParseWithClaims(token, &claims,
		func(*jwt.Token) (any, error) { return e.key, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(e.now))
	if err != nil {
		return nil
	}
	return e.clients[claims.ClientID]
}

func (e *Emulator) badToken() *reply {
	return e.denied(unauthorized(), "401013", "Oauth token is not valid")
}

// denied gives r the body of the gateway, if that is the reading in force. The
// codes and messages are those of its other APIs.
func (e *Emulator) denied(r reply, code, message string) *reply {
	if e.cfg.Switches.GatewayBodies {
		r.header.Set("Content-Type", "application/json")
		r.body = encode(struct {
			Code    string `json:"error_code"`
			Message string `json:"message"`
		}{code, message})
	}
	return &r
}
