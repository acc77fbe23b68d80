package emulator_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

const technicalAccount = "0A1B2C3D@techacct.adobe.com"

// signer makes the key pair of the service account, once.
var signer = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func publicPEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// serviceAccount configures the public key of signer.
func serviceAccount(t *testing.T) func(*emulator.Config) {
	t.Helper()
	certificate := publicPEM(t, &signer().PublicKey)
	return func(cfg *emulator.Config) { cfg.Certificate, cfg.TechnicalAccount = certificate, technicalAccount }
}

// claims are good ones for em, for the next minute.
func claims(em *emulator.Emulator) jwt.MapClaims {
	return jwt.MapClaims{
		"exp": em.Now().Add(time.Minute).Unix(), "iss": orgID, "sub": technicalAccount, "aud": "https://ims.test/c/" + client,
		"https://ims.test/s/ent_user_sdk": true,
	}
}

func signed(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	text, err := jwt.NewWithClaims(method, claims).SignedString(key)
	require.NoError(t, err)
	return text
}

func exchangeForm(text string) url.Values {
	return url.Values{"client_id": {client}, "client_secret": {secret}, "jwt_token": {text}}
}

// exchange exchanges what claims say, signed well.
func (c *caller) exchange(claims jwt.MapClaims) answer {
	c.t.Helper()
	text := signed(c.t, jwt.SigningMethodRS256, signer(), claims)
	return c.send(tokenRequest(c.t, "/ims/exchange/jwt", exchangeForm(text)))
}

// refused wants the answer of the token service to a mistake.
func (c *caller) refused(a answer, status int, code, message string) {
	c.t.Helper()
	require.Equal(c.t, status, a.status, message)
	var body map[string]string
	require.NoError(c.t, json.Unmarshal([]byte(a.body), &body))
	require.Equal(c.t, code, body["error"], message)
	require.NotEmpty(c.t, body["error_description"], message)
	require.NotContains(c.t, a.body, secret)
}

func TestExchange_OnBothPathsInBodyAndQuery(t *testing.T) {
	t.Parallel()
	c := start(t, serviceAccount(t))
	for _, path := range []string{"/ims/exchange/jwt", "/ims/exchange/jwt/"} {
		form := exchangeForm(signed(t, jwt.SigningMethodRS256, signer(), claims(c.em)))
		for _, r := range []*http.Request{
			tokenRequest(t, path, form), tokenRequest(t, path+"?"+form.Encode(), nil), multipartRequest(t, path, form),
		} {
			a := c.send(r)
			require.Equal(t, http.StatusOK, a.status, a.body)
			require.Equal(t, "application/json;charset=UTF-8", a.header.Get("Content-Type"))
			var body struct {
				AccessToken string `json:"access_token"`
				TokenType   string `json:"token_type"`
				ExpiresIn   int64  `json:"expires_in"`
			}
			require.NoError(t, json.Unmarshal([]byte(a.body), &body))
			require.Equal(t, "bearer", body.TokenType)
			require.EqualValues(t, 86399998, body.ExpiresIn, "milliseconds")
			c.token = body.AccessToken
			c.ok(federated("ada@example.com", "ignoreIfAlreadyExists"))
		}
	}
	for _, entry := range c.em.Ledger() {
		require.Empty(t, entry.Unexpected)
		require.NotContains(t, entry.Path+entry.Query, secret)
	}
}

func TestExchange_TokenExpiresAndCanBeRevoked(t *testing.T) {
	t.Parallel()
	account := serviceAccount(t)
	synctest.Test(t, func(t *testing.T) {
		c := start(t, func(cfg *emulator.Config) { account(cfg); cfg.TokenLifetime = time.Hour })
		groups := "/groups/" + orgID + "/0"
		exchange := func() {
			var body struct {
				AccessToken string `json:"access_token"`
				ExpiresIn   int64  `json:"expires_in"`
			}
			require.NoError(t, json.Unmarshal([]byte(c.exchange(claims(c.em)).body), &body))
			require.EqualValues(t, time.Hour.Milliseconds()-2, body.ExpiresIn)
			c.token = body.AccessToken
		}
		exchange()
		time.Sleep(time.Hour - time.Second)
		require.Equal(t, http.StatusOK, c.get(groups).status)
		time.Sleep(time.Second)
		require.Equal(t, http.StatusUnauthorized, c.get(groups).status)
		exchange()
		c.em.RevokeTokens()
		require.Equal(t, http.StatusUnauthorized, c.get(groups).status)
	})
}

func TestExchange_ClaimsRefused(t *testing.T) {
	t.Parallel()
	account := serviceAccount(t)
	for _, tt := range []struct {
		name, claim string
		value       any // nil leaves the claim out
		code        string
	}{
		{"no end", "exp", nil, "invalid_token"},
		{"an end that is no number", "exp", "tomorrow", "invalid_token"},
		{"an end that is no integer", "exp", 4e9 + 0.5, "invalid_token"},
		{"no audience", "aud", nil, "invalid_client"},
		{"the audience of another client", "aud", "https://ims.test/c/second", "invalid_client"},
		{"an audience without a host", "aud", "/c/" + client, "invalid_client"},
		{"an audience with more behind", "aud", "https://ims.test/c/" + client + "/x", "invalid_client"},
		{"an audience that is a number", "aud", 7, "invalid_client"},
		{"no issuer", "iss", nil, "bad_request"},
		{"another organisation", "iss", "FFFF@AdobeOrg", "bad_request"},
		{"no subject", "sub", nil, "bad_request"},
		{"another subject", "sub", "9Z@techacct.adobe.com", "bad_request"},
		{"no metascope", "https://ims.test/s/ent_user_sdk", nil, "invalid_scope"},
		{"a metascope that is a string", "https://ims.test/s/ent_user_sdk", "true", "invalid_scope"},
		{"a metascope that is false", "https://ims.test/s/ent_user_sdk", false, "invalid_scope"},
		{"a jti that is a list", "jti", []string{"x"}, "invalid_token"},
	} {
		c := start(t, account)
		with := claims(c.em)
		with[tt.claim] = tt.value
		if tt.value == nil {
			delete(with, tt.claim)
		}
		c.refused(c.exchange(with), http.StatusBadRequest, tt.code, tt.name)
	}
}

func TestExchange_ClaimsAccepted(t *testing.T) {
	t.Parallel()
	account := serviceAccount(t)
	for _, tt := range []struct {
		name, claim string
		value       any
	}{
		{"a list of audiences", "aud", []string{"https://elsewhere.test/c/" + client}},
		{"an audience over plain http", "aud", "http://127.0.0.1:8081/c/" + client},
		{"a second metascope", "https://ims.test/s/ent_other_sdk", false},
		{"a claim that is no address", "://", true},
	} {
		c := start(t, account)
		with := claims(c.em)
		with[tt.claim] = tt.value
		a := c.exchange(with)
		require.Equal(t, http.StatusOK, a.status, tt.name+a.body)
	}
}

func TestExchange_AnyTechnicalAccountUnlessOneIsNamed(t *testing.T) {
	t.Parallel()
	account := serviceAccount(t)
	c := start(t, func(cfg *emulator.Config) { account(cfg); cfg.TechnicalAccount = "" })
	for sub, want := range map[string]int{
		"9Z@techacct.adobe.com": http.StatusOK, "@techacct.adobe.com": http.StatusBadRequest, "ada@example.com": http.StatusBadRequest,
	} {
		with := claims(c.em)
		with["sub"] = sub
		require.Equal(t, want, c.exchange(with).status, sub)
	}
}

func TestExchange_Expired(t *testing.T) {
	t.Parallel()
	account := serviceAccount(t)
	synctest.Test(t, func(t *testing.T) {
		c := start(t, account)
		with := claims(c.em)
		time.Sleep(time.Minute - time.Second)
		require.Equal(t, http.StatusOK, c.exchange(with).status)
		time.Sleep(time.Second)
		c.refused(c.exchange(with), http.StatusBadRequest, "invalid_token", "at its end")
	})
}

func TestExchange_CredentialsAndTokenRefused(t *testing.T) {
	t.Parallel()
	account := serviceAccount(t)
	for _, tt := range []struct {
		name, field, value string
		status             int
		code               string
	}{
		{"no client", "client_id", "", http.StatusBadRequest, "invalid_client"},
		{"an unknown client", "client_id", "someone", http.StatusBadRequest, "invalid_client"},
		{"no secret", "client_secret", "", http.StatusUnauthorized, "invalid_client"},
		{"a wrong secret", "client_secret", "guess", http.StatusUnauthorized, "invalid_client"},
		{"no token", "jwt_token", "", http.StatusBadRequest, "invalid_token"},
		{"no JWT", "jwt_token", "nonsense", http.StatusBadRequest, "invalid_token"},
		{"a JWT of nonsense", "jwt_token", "e30.x.x", http.StatusBadRequest, "invalid_token"},
	} {
		for _, unauthorized := range []bool{false, true} {
			c := start(t, account)
			require.NoError(t, c.em.SetSwitches(emulator.Switches{TokenErrorsUnauthorized: unauthorized}))
			form := exchangeForm(signed(t, jwt.SigningMethodRS256, signer(), claims(c.em)))
			form.Set(tt.field, tt.value)
			c.refused(c.send(tokenRequest(t, "/ims/exchange/jwt", form)), tt.status, tt.code, tt.name)
		}
	}
}

func TestExchange_SignatureIsCheckedWithTheCertificate(t *testing.T) {
	t.Parallel()
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &signer().PublicKey, signer())
	require.NoError(t, err)
	for name, certificate := range map[string][]byte{
		"certificate": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		"PKIX":        publicPEM(t, &signer().PublicKey),
		"PKCS 1":      pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&signer().PublicKey)}),
	} {
		c := start(t, func(cfg *emulator.Config) { cfg.Certificate = certificate })
		require.Equal(t, http.StatusOK, c.exchange(claims(c.em)).status, name)
		for how, text := range map[string]string{
			"by a stranger":        signed(t, jwt.SigningMethodRS256, stranger, claims(c.em)),
			"in another algorithm": signed(t, jwt.SigningMethodRS512, signer(), claims(c.em)),
			"with a shared secret": signed(t, jwt.SigningMethodHS256, certificate, claims(c.em)),
			"not at all":           signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(c.em)),
		} {
			a := c.send(tokenRequest(t, "/ims/exchange/jwt", exchangeForm(text)))
			c.refused(a, http.StatusBadRequest, "invalid_signature", name+" "+how)
		}
	}
}

func TestExchange_WithoutACertificateAnySignatureOfTheAlgorithmIsTaken(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := start(t, func(cfg *emulator.Config) { cfg.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	require.Equal(t, http.StatusOK, c.exchange(claims(c.em)).status)
	require.Contains(t, log.String(), "signature of a JWT not checked")
	require.Contains(t, log.String(), client)
	require.NotContains(t, log.String(), secret)

	text := signed(t, jwt.SigningMethodHS256, []byte("x"), claims(c.em))
	c.refused(c.send(tokenRequest(t, "/ims/exchange/jwt", exchangeForm(text))), http.StatusBadRequest, "invalid_signature", "HS256")
}

func TestExchange_JTIIsGoodOnceForEachClient(t *testing.T) {
	t.Parallel()
	account := serviceAccount(t)
	for _, jti := range []any{"1767225600-1", json.Number("1767225600000000001")} {
		c := start(t, func(cfg *emulator.Config) { account(cfg); two(cfg) })
		with := claims(c.em)
		with["jti"], with["iss"] = jti, "FFFF@AdobeOrg"
		require.Equal(t, http.StatusBadRequest, c.exchange(with).status, "a JWT that is refused uses nothing up")
		with["iss"] = orgID
		require.Equal(t, http.StatusOK, c.exchange(with).status)
		c.refused(c.exchange(with), http.StatusBadRequest, "invalid_jti", "used before")

		with["aud"] = "https://ims.test/c/second"
		form := exchangeForm(signed(t, jwt.SigningMethodRS256, signer(), with))
		form.Set("client_id", "second")
		require.Equal(t, http.StatusOK, c.send(tokenRequest(t, "/ims/exchange/jwt", form)).status)

		// After the end of the JWT another one may have its jti.
		c.em.Advance(2 * time.Minute)
		again := claims(c.em)
		again["jti"] = jti
		require.Equal(t, http.StatusOK, c.exchange(again).status)
	}
}

func TestExchange_NumbersThatDifferInTheLastDigitAreTwoJTIs(t *testing.T) {
	t.Parallel()
	c := start(t, serviceAccount(t))
	for i := range 3 {
		with := claims(c.em)
		with["jti"] = json.Number("176722560000000000" + strconv.Itoa(i))
		require.Equal(t, http.StatusOK, c.exchange(with).status)
	}
}

func TestExchange_WithoutAJTIAJWTIsGoodAgain(t *testing.T) {
	t.Parallel()
	c := start(t, serviceAccount(t))
	with := claims(c.em)
	for range 3 {
		require.Equal(t, http.StatusOK, c.exchange(with).status)
	}
}

func TestNew_CertificateMustHoldAnRSAKey(t *testing.T) {
	t.Parallel()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for name, certificate := range map[string][]byte{
		"no PEM":      []byte("nonsense"),
		"a PEM of it": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("nonsense")}),
		"another key": publicPEM(t, &curve.PublicKey),
	} {
		cfg := config()
		cfg.Certificate = certificate
		_, err := emulator.New(cfg)
		require.ErrorContains(t, err, "Certificate", name)
	}
}
