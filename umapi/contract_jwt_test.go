package umapi_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// The legacy exchange is promised by nobody any more: only the emulator is left
// to agree with.
func TestContract_JWTIsExchangedByTheEmulator(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		em, a := newEmulator(t, func(cfg *emulator.Config) {
			cfg.TechnicalAccount = "0A1B2C3D@techacct.adobe.com"
			cfg.Certificate = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
		})
		signedWith := key
		a.config.JWT = &umapi.JWTCredentials{
			TechnicalAccount: "0A1B2C3D@techacct.adobe.com",
			PrivateKey: func() ([]byte, error) {
				return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(signedWith)}), nil
			},
		}
		client, err := umapi.New(a.config)
		require.NoError(t, err)
		for range 3 { // a day each: a token is replaced before it expires
			_, err = client.User(t.Context(), "nobody@example.com", "")
			require.ErrorIs(t, err, umapi.ErrNotFound)
			time.Sleep(24*time.Hour - time.Second)
		}
		require.Equal(t, 3, count(em, "/ims/exchange/jwt"))
		require.Equal(t, 6, len(em.Ledger()), "no request met an expired token")

		signedWith = other
		em.RevokeTokens()
		_, err = client.User(t.Context(), "nobody@example.com", "")
		require.ErrorIs(t, err, umapi.ErrDenied)
		require.ErrorContains(t, err, "invalid_signature")
	})
}

// count is how many requests to a path the emulator had.
func count(em *emulator.Emulator, path string) int {
	n := 0
	for _, e := range em.Ledger() {
		if e.Path == path {
			n++
		}
	}
	return n
}
