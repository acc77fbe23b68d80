package umapi

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// exchangePath is of the legacy exchange; see an earlier UM_Authentication.
	exchangePath = "/ims/exchange/jwt"
	// defaultMetaScope is that of the User Management API.
	defaultMetaScope = "ent_user_sdk"
	// assertionLifetime is how long a signed JWT is good for. It is used at once;
	// the rest is for clocks that differ.
	assertionLifetime = 15 * time.Minute
	// maxKeyBytes bounds the file of a private key; one of 16,384 bits is a
	// fifth of it.
	maxKeyBytes = 64 << 10
	// maxTokenBytes bounds the answer of the token service.
	maxTokenBytes = 1 << 20
)

// JWTCredentials are what a service account (JWT) credential has beside client
// id and secret. Adobe gave out the last of them in June 2024 and ended them all
// by March 2026; see "JWT" in the Developer Console's guide to authentication. They
// are here for tokens from an emulator, or from whatever stands in for Adobe
// where such a credential is still configured.
type JWTCredentials struct {
	// TechnicalAccount is the account that acts, 0A1B2C3D@techacct.adobe.com for
	// instance.
	TechnicalAccount string
	// PrivateKey returns the RSA key that belongs to the credential's
	// certificate, in PEM, as PKCS #1 or PKCS #8 and without a passphrase. It is
	// asked again before each new token, under the terms of
	// [Config.ClientSecret]. See [PrivateKeyFile].
	PrivateKey func() ([]byte, error)
	// MetaScope is what the token is for, ent_user_sdk if empty.
	MetaScope string
}

// PrivateKeyFile returns a function for [JWTCredentials.PrivateKey] that reads
// the file again each time.
func PrivateKeyFile(path string) func() ([]byte, error) {
	return func() ([]byte, error) {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if info.IsDir() || info.Size() > maxKeyBytes {
			return nil, fmt.Errorf("%s: a folder, or more than %d bytes", path, maxKeyBytes)
		}
		return os.ReadFile(path)
	}
}

func (j JWTCredentials) validate() []error {
	var errs []error
	if !isToken(j.TechnicalAccount) || !strings.Contains(j.TechnicalAccount, "@") {
		errs = append(errs, fmt.Errorf("JWT.TechnicalAccount: %q is not a technical account, want one like 0A1B2C3D@techacct.adobe.com", j.TechnicalAccount))
	}
	if j.PrivateKey == nil {
		errs = append(errs, errors.New("JWT.PrivateKey: missing"))
	}
	if j.MetaScope != "" && (!isToken(j.MetaScope) || strings.ContainsAny(j.MetaScope, "/,")) {
		errs = append(errs, errors.New("JWT.MetaScope: want the name of one scope, such as "+defaultMetaScope))
	}
	return errs
}

// exchange obtains a token for a signed JWT. The expiry is zero if the service
// did not say it.
func (t *tokens) exchange(ctx context.Context, secret string) (token string, expiry time.Time, err error) {
	assertion, err := t.assertion(time.Now())
	if err != nil {
		return "", time.Time{}, &Error{Op: opToken, Outcome: OutcomeNotSent, Err: fmt.Errorf("%w: %w", ErrDenied, err)}
	}
	form := url.Values{"client_id": {t.cfg.ClientID}, "client_secret": {secret}, "jwt_token": {assertion}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.cfg.IMSURL+exchangePath, strings.NewReader(form.Encode()))
	if err != nil {
		return "", time.Time{}, noToken(err, secret, assertion)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := t.http.Do(r)
	if err != nil {
		return "", time.Time{}, noToken(err, secret, assertion)
	}
	defer resp.Body.Close()
	body, err := readAll(resp.Body, maxTokenBytes)
	if err != nil && resp.StatusCode == http.StatusOK {
		return "", time.Time{}, noToken(err, secret, assertion)
	}
	var wire struct {
		Token            looseText `json:"access_token"`
		ExpiresIn        looseInt  `json:"expires_in"` // in milliseconds, where OAuth's is in seconds
		Error            looseText `json:"error"`
		ErrorDescription looseText `json:"error_description"`
	}
	if err := json.Unmarshal(body, &wire); err != nil && resp.StatusCode == http.StatusOK {
		return "", time.Time{}, noToken(fmt.Errorf("%w: %w", errUnreadable, err), secret, assertion)
	}
	if resp.StatusCode == http.StatusOK && wire.Token == "" && wire.Error == "" {
		return "", time.Time{}, noToken(fmt.Errorf("%w: it holds no token", errUnreadable))
	}
	if resp.StatusCode != http.StatusOK || wire.Token == "" {
		return "", time.Time{}, tokenRefusal(resp, string(wire.Error), string(wire.ErrorDescription), secret, assertion)
	}
	if wire.ExpiresIn > 0 {
		const most = 30 * 24 * time.Hour // what is longer is the same to us, and less than what overflows
		expiry = time.Now().Add(time.Duration(min(int64(wire.ExpiresIn), most.Milliseconds())) * time.Millisecond)
	}
	return string(wire.Token), expiry, nil
}

// assertion is the JWT that the service exchanges for a token.
func (t *tokens) assertion(now time.Time) (string, error) {
	data, err := t.cfg.JWT.PrivateKey()
	if err != nil {
		return "", fmt.Errorf("read private key: %w", err)
	}
	key, err := parsePrivateKey(data)
	if err != nil {
		return "", fmt.Errorf("read private key: %w", err)
	}
	scope := t.cfg.JWT.MetaScope
	if scope == "" {
		scope = defaultMetaScope
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"exp":                        now.Add(assertionLifetime).Unix(),
		"iss":                        t.cfg.OrgID,
		"sub":                        t.cfg.JWT.TechnicalAccount,
		"aud":                        t.cfg.IMSURL + "/c/" + t.cfg.ClientID,
		t.cfg.IMSURL + "/s/" + scope: true,
	}).SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign with private key: %w", err)
	}
	return signed, nil
}

var errEncryptedKey = errors.New("it is encrypted, and no passphrase can be given: " +
	"decrypt it with `openssl pkey -in private.key -out decrypted.key`, which asks for the passphrase, " +
	"and let only this program read the result")

// parsePrivateKey reads the first private key among the blocks of a PEM file.
func parsePrivateKey(data []byte) (*rsa.PrivateKey, error) {
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			return nil, errors.New("no private key in it, want PEM with BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY")
		}
		data = rest
		if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return nil, errEncryptedKey
		}
		switch block.Type {
		case "RSA PRIVATE KEY":
			return x509.ParsePKCS1PrivateKey(block.Bytes)
		case "PRIVATE KEY":
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				return nil, err
			}
			if rsaKey, ok := key.(*rsa.PrivateKey); ok {
				return rsaKey, nil
			}
			return nil, fmt.Errorf("it is a %T, want an RSA key", key)
		}
	}
}
