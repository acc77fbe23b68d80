package emulator

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// A technical account is the subject of a JWT.
	technicalAccountSuffix = "@techacct.adobe.com"
	// metascopePath is what follows the host in the claim that asks for the
	// User Management API.
	metascopePath = "/s/ent_user_sdk"
	// audiencePath precedes the client in the path of the audience.
	audiencePath = "/c/"
)

// publicKey reads the key that signed JWTs are checked with from the PEM of a
// certificate or of the key itself. It is nil if there is none.
func publicKey(pem []byte) (*rsa.PublicKey, error) {
	if len(pem) == 0 {
		return nil, nil
	}
	key, err := jwt.ParseRSAPublicKeyFromPEM(pem)
	if err != nil {
		return nil, wrong("Certificate", "%v", err)
	}
	return key, nil
}

// serveExchange gives a token for a JWT that the client signed, as for the
// service accounts that came before OAuth Server-to-Server. Its errors are the
// documented ones of that time (the JWT guide of the Developer Console).
func (e *Emulator) serveExchange(q *request, _ []string, _ *Entry) reply {
	value := q.parameters()
	c, problem := e.checkSecret(value)
	if problem != nil {
		return problem.reply()
	}
	if problem := e.checkAssertion(c, value("jwt_token")); problem != nil {
		return problem.reply()
	}
	// Milliseconds here. The sample for 24 hours is about 86399998.
	return e.issue(c, scopeUMAPI, e.cfg.TokenLifetime.Milliseconds()-2)
}

// checkAssertion says what is wrong with the JWT of c, or notes that it was
// used and returns nil.
func (e *Emulator) checkAssertion(c *client, text string) *tokenProblem {
	bad := func(code, description string) *tokenProblem {
		return &tokenProblem{http.StatusBadRequest, code, description}
	}
	if text == "" {
		return bad("invalid_token", "jwt_token is missing")
	}
	claims := jwt.MapClaims{}
	token, parts, err := jwt.NewParser(jwt.WithJSONNumber()).ParseUnverified(text, claims)
	if err != nil {
		return bad("invalid_token", "jwt_token cannot be decoded: "+err.Error())
	}
	if err := e.checkSignature(c, token, parts); err != nil {
		return bad("invalid_signature", err.Error())
	}
	expires, err := expiry(claims)
	if err != nil {
		return bad("invalid_token", err.Error())
	}
	if now := e.now().Unix(); expires <= now {
		return bad("invalid_token", fmt.Sprintf("the JWT expired %d seconds ago", now-expires))
	}
	if !isFor(claims, c.ClientID) {
		return bad("invalid_client", "aud does not end in "+audiencePath+" and the client_id")
	}
	if iss, _ := claims["iss"].(string); iss != e.cfg.OrgID {
		return bad("bad_request", "iss is not the organisation")
	}
	if sub, _ := claims["sub"].(string); !e.isTechnicalAccount(sub) {
		return bad("bad_request", "sub is not the technical account")
	}
	if !hasMetascope(claims) {
		return bad("invalid_scope", "no claim https://HOST"+metascopePath+" is true")
	}
	return e.spend(c, claims["jti"], expires)
}

// checkSignature holds the JWT to RS256. Without a certificate it cannot check
// more than that, and says so in the log.
func (e *Emulator) checkSignature(c *client, token *jwt.Token, parts []string) error {
	if token.Method != jwt.SigningMethodRS256 {
		return fmt.Errorf("signed with %s, not with RS256", token.Method.Alg())
	}
	if e.certificate == nil {
		e.cfg.Log.Warn("signature of a JWT not checked: Certificate is empty", "client_id", c.ClientID)
		return nil
	}
	if err := token.Method.Verify(strings.Join(parts[:2], "."), token.Signature, e.certificate); err != nil {
		return fmt.Errorf("the certificate does not match: %w", err)
	}
	return nil
}

// expiry returns the claim exp, in seconds since 1970.
func expiry(claims jwt.MapClaims) (int64, error) {
	number, ok := claims["exp"].(json.Number)
	if !ok {
		return 0, fmt.Errorf("exp is %T, not a number", claims["exp"])
	}
	expires, err := number.Int64()
	if err != nil {
		return 0, fmt.Errorf("exp is not an integer: %w", err)
	}
	return expires, nil
}

// isFor says whether the audience is the client, on whatever host: a token
// service for tests has another than Adobe's.
func isFor(claims jwt.MapClaims, clientID string) bool {
	audiences, err := claims.GetAudience()
	return err == nil && slices.ContainsFunc(audiences, func(aud string) bool {
		return pathOnAnyHost(aud) == audiencePath+clientID
	})
}

// isTechnicalAccount accepts any where the configuration names none.
func (e *Emulator) isTechnicalAccount(sub string) bool {
	if e.cfg.TechnicalAccount != "" {
		return sub == e.cfg.TechnicalAccount
	}
	return len(sub) > len(technicalAccountSuffix) && strings.HasSuffix(sub, technicalAccountSuffix)
}

func hasMetascope(claims jwt.MapClaims) bool {
	for name, value := range claims {
		if value == true && pathOnAnyHost(name) == metascopePath {
			return true
		}
	}
	return false
}

// pathOnAnyHost is the path of an absolute address, or empty.
func pathOnAnyHost(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Path
}

// spend refuses a jti that c used before, and remembers this one until its JWT
// expires. A JWT without one may be used again.
func (e *Emulator) spend(c *client, jti any, expires int64) *tokenProblem {
	switch jti.(type) {
	case nil:
		return nil
	case string, json.Number:
	default:
		return &tokenProblem{http.StatusBadRequest, "invalid_token", "jti is neither a string nor a number"}
	}
	now := e.now().Unix()
	for used, until := range e.spent {
		if until <= now {
			delete(e.spent, used)
		}
	}
	used := fmt.Sprintf("%s %v", c.ClientID, jti)
	if _, again := e.spent[used]; again {
		return &tokenProblem{http.StatusBadRequest, "invalid_jti", "the jti was used before"}
	}
	e.spent[used] = expires
	return nil
}
