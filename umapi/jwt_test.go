package umapi

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testKey is one RSA key for all tests: making one takes long.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func pkcs1(key *rsa.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// withJWT makes a configuration one of a service account.
func withJWT(key func() ([]byte, error)) func(*Config) {
	return func(cfg *Config) {
		cfg.JWT = &JWTCredentials{TechnicalAccount: "0A1B2C3D@techacct.adobe.com", PrivateKey: key}
	}
}

func goodKey() ([]byte, error) { return pkcs1(testKey()), nil }

// exchangeOf has s issue tokens for what the test's key signed, in the form of
// the old service.
func exchangeOf(t *testing.T, s *service, lifetime time.Duration) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		claims := jwt.MapClaims{}
		host := "http://" + r.Host
		if r.Host == "ims-na1.adobelogin.com" {
			host = "https://" + r.Host
		}
		_, err := jwt.ParseWithClaims(r.PostFormValue("jwt_token"), claims, func(*jwt.Token) (any, error) { return &testKey().PublicKey, nil },
			jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(), jwt.WithIssuer(testOrg),
			jwt.WithSubject("0A1B2C3D@techacct.adobe.com"), jwt.WithAudience(host+"/c/client-1"))
		if !assert.NoError(t, err) || !assert.Equal(t, true, claims[host+"/s/ent_user_sdk"]) {
			answers(400, `{"error":"invalid_token"}`)(w, r)
			return
		}
		assert.Len(t, claims, 5)
		assert.Equal(t, http.MethodPost, r.Method)
		assert.Equal(t, "/ims/exchange/jwt", r.URL.Path)
		assert.Empty(t, r.URL.RawQuery)
		assert.Len(t, r.PostForm, 3)
		assert.Equal(t, "client-1", r.PostForm.Get("client_id"))
		assert.Equal(t, "application/json", r.Header.Get("Accept"))
		assert.Regexp(t, "^scim-bridge/", r.UserAgent())
		s.issued++
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"bearer","expires_in":%d}`, tokenName(s.issued), lifetime.Milliseconds())
	}
}

func TestJWT_IsExchangedForATokenThatIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "private.key")
	for name, key := range map[string][]byte{
		"PKCS #1":                pkcs1(testKey()),
		"PKCS #8":                pkcs8(t, testKey()),
		"behind its certificate": append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}), pkcs8(t, testKey())...),
	} {
		require.NoError(t, os.WriteFile(path, key, 0o600))
		s := &service{api: answers(200, successBody)}
		s.exchange = exchangeOf(t, s, 24*time.Hour)
		c := newService(t, s, withJWT(PrivateKeyFile(path)))
		for range 3 {
			_, err := c.Act(t.Context(), oneCommand())
			require.NoError(t, err, name)
		}
		require.Equal(t, []string{testSecret}, s.secrets, name)
	}
}

func TestJWT_TokenIsReplacedBeforeItExpiresInMilliseconds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lifetime, good, ending time.Duration
	}{
		"a day":              {86399998 * time.Millisecond, 23*time.Hour + 54*time.Minute, 23*time.Hour + 56*time.Minute},
		"a minute":           {time.Minute, 29 * time.Second, 31 * time.Second},
		"longer than an int": {1 << 62, 29 * 24 * time.Hour, 30 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{api: answers(200, successBody)}
				s.exchange = exchangeOf(t, s, tt.lifetime)
				cfg := testConfig(t)
				cfg.Transport = memory{s}
				withJWT(goodKey)(&cfg)
				c, err := New(cfg)
				require.NoError(t, err)
				for _, step := range []struct {
					wait time.Duration
					want int
				}{{0, 1}, {tt.good, 1}, {tt.ending - tt.good, 2}} {
					time.Sleep(step.wait)
					_, err := c.Act(t.Context(), oneCommand())
					require.NoError(t, err)
					require.Equal(t, step.want, s.tokenCalls())
				}
			})
		})
	}
}

func TestJWT_KeyIsReadAgainForEachToken(t *testing.T) {
	t.Parallel()
	read := 0
	s := &service{api: answers(200, successBody)}
	s.exchange = exchangeOf(t, s, time.Hour)
	c := newService(t, s, withJWT(func() ([]byte, error) { read++; return goodKey() }))
	for range 2 {
		_, err := c.Act(t.Context(), oneCommand())
		require.NoError(t, err)
		s.revoke()
	}
	require.Equal(t, 2, read)
}

func TestJWT_UnusableKeysAreDeniedAndSayWhy(t *testing.T) {
	t.Parallel()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	old := &pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"}, Bytes: []byte("x")}
	file := func(content string) func() ([]byte, error) {
		path := filepath.Join(t.TempDir(), "key")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return PrivateKeyFile(path)
	}
	for want, key := range map[string]func() ([]byte, error){
		"openssl pkey -in private.key -out decrypted.key": file("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"),
		"it is encrypted":           file(string(pem.EncodeToMemory(old))),
		"want PEM with BEGIN":       file("-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n"),
		"no private key in it":      file(""),
		"*ecdsa.PrivateKey":         file(string(pkcs8(t, ec))),
		"asn1":                      file("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"),
		"more than 65536 bytes":     file(strings.Repeat("-", 1<<17)),
		"a folder":                  PrivateKeyFile(t.TempDir()),
		"no such file or directory": PrivateKeyFile(filepath.Join(t.TempDir(), "gone")),
		"the vault does not answer": func() ([]byte, error) { return nil, errors.New("the vault does not answer") },
	} {
		s := &service{}
		_, err := newService(t, s, withJWT(key)).Act(t.Context(), oneCommand())
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "private key")
		require.Equal(t, ClassDenied, ClassOf(err), want)
		require.Equal(t, OutcomeNotSent, OutcomeOf(err), want)
		require.Zero(t, s.tokenCalls(), want)
	}
}

func TestJWT_RefusalsAreDenied(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		body   string
		class  Class
		code   string
	}{
		"unknown client":    {400, `{"error":"invalid_client","error_description":"no such client"}`, ClassDenied, "invalid_client"},
		"bad secret":        {401, `{"error":"invalid_client"}`, ClassDenied, "invalid_client"},
		"expired":           {400, `{"error":"invalid_token","error_description":"JWT has expired"}`, ClassDenied, "invalid_token"},
		"another key":       {400, `{"error":"invalid_signature"}`, ClassDenied, "invalid_signature"},
		"not its scope":     {400, `{"error":"invalid_scope"}`, ClassDenied, "invalid_scope"},
		"used before":       {400, `{"error":"invalid_jti"}`, ClassDenied, "invalid_jti"},
		"malformed":         {400, `{"error":"bad_request"}`, ClassDenied, "bad_request"},
		"refused in a 200":  {200, `{"error":"invalid_token"}`, ClassDenied, "invalid_token"},
		"gone":              {410, "", ClassDenied, ""},
		"throttled":         {429, "", ClassThrottled, ""},
		"down":              {503, "<html>", ClassTransient, ""},
		"HTML with 200":     {200, "<html>", ClassTransient, ""},
		"no token":          {200, `{"token_type":"bearer"}`, ClassTransient, ""},
		"half a token":      {200, `{"access_token":"ey`, ClassTransient, ""},
		"longer than sense": {200, `{"access_token":"` + strings.Repeat("e", maxTokenBytes) + `"}`, ClassTransient, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var assertion string
			s := &service{exchange: func(w http.ResponseWriter, r *http.Request) {
				assertion = r.PostFormValue("jwt_token")
				body := strings.Replace(tt.body, `"JWT has`, `"JWT `+assertion+` has`, 1)
				answers(tt.status, body, "X-Request-Id", assertion)(w, r)
			}}
			_, err := newService(t, s, withJWT(goodKey)).Act(t.Context(), oneCommand())
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, "obtain token", e.Op)
			assert.Equal(t, tt.class, ClassOf(err), "%v", err)
			assert.Equal(t, tt.class == ClassDenied, errors.Is(err, ErrDenied))
			assert.Equal(t, OutcomeNotSent, OutcomeOf(err))
			assert.Equal(t, tt.code, e.Code)
			assert.NotEmpty(t, assertion)
			assert.NotContains(t, err.Error(), assertion)
			assert.Zero(t, s.calls())
		})
	}
}

func TestJWT_BrokenConnectionIsTransientAndTellsNoSecret(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	withJWT(goodKey)(&cfg)
	var form string
	cfg.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
		require.NoError(t, r.ParseForm())
		form = r.PostForm.Get("jwt_token")
		return nil, fmt.Errorf("broken: %v", r.PostForm)
	})
	c, err := New(cfg)
	require.NoError(t, err)
	_, err = c.Act(t.Context(), oneCommand())
	require.Equal(t, ClassTransient, ClassOf(err))
	require.Equal(t, OutcomeNotSent, OutcomeOf(err))
	require.NotEmpty(t, form)
	require.NotContains(t, err.Error(), form)
	require.NotContains(t, err.Error(), testSecret)
}

func TestNew_NamesWhatIsWrongWithAJWTCredential(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.JWT = &JWTCredentials{TechnicalAccount: "0A1B2C3D", MetaScope: "https://ims/s/ent_user_sdk"}
	_, err := New(cfg)
	for _, want := range []string{"JWT.TechnicalAccount:", "techacct.adobe.com", "JWT.PrivateKey: missing", "JWT.MetaScope:"} {
		require.ErrorContains(t, err, want)
	}
}
