package main

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// trusting returns a client that trusts the CA in dir and nobody else.
func trusting(t *testing.T, dir string) *http.Client {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(text))
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func TestEmulatorTLS_ServesThoseWhoTrustItsCA(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tls")
	e := runEmulator(t, "--tls-self-signed", dir)
	require.Equal(t, "emulator: clients must trust "+filepath.Join(dir, "ca.pem"), e.lines[len(e.lines)-1])
	api := e.api(t)
	require.True(t, strings.HasPrefix(api, "https://127.0.0.1:"))

	client := trusting(t, dir)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(api, "https://"))
	require.NoError(t, err)
	for _, host := range []string{"127.0.0.1", "localhost"} {
		require.Equal(t, http.StatusOK, tokenStatus(t, client, "https://"+net.JoinHostPort(host, port), "0f1e2d3c", "one"), host)
	}
	resp, err := client.Get(api + "/status")
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, 1, resp.ProtoMajor, "a dropped connection is one")

	_, err = http.Get(api + "/status")
	require.ErrorContains(t, err, "certificate signed by unknown authority")
	plain, err := http.Get("http" + strings.TrimPrefix(api, "https") + "/status")
	require.NoError(t, err)
	plain.Body.Close()
	require.Equal(t, http.StatusBadRequest, plain.StatusCode)
}

func TestEmulatorTLS_ClientsKeepTheirTrustOverARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := runEmulator(t, "--tls-self-signed", dir)
	client := trusting(t, dir)
	require.Equal(t, http.StatusOK, tokenStatus(t, client, first.api(t), "0f1e2d3c", "one"))
	first.stop()
	second := runEmulator(t, "--tls-self-signed", dir)
	require.Equal(t, http.StatusOK, tokenStatus(t, client, second.api(t), "0f1e2d3c", "one"))
}

func TestAuthority_KeepsItsKeyToItself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := openAuthority(dir, time.Now())
	require.NoError(t, err)
	for name, want := range map[string]os.FileMode{"ca.pem": 0o644, "ca-key.pem": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, want, info.Mode().Perm())
	}
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 2, "nothing is left over")
}

func TestAuthority_CertifiesTheHostItListensOn(t *testing.T) {
	t.Parallel()
	a, err := openAuthority(t.TempDir(), time.Now())
	require.NoError(t, err)
	for listen, hosts := range map[string][]string{
		"emulator.test:8443": {"emulator.test"}, "192.0.2.7:8443": {"192.0.2.7"}, "[2001:db8::7]:8443": {"2001:db8::7"},
		":8443": nil, "0.0.0.0:8443": nil, "[::]:0": nil, "localhost:1": nil,
	} {
		c, err := a.serverConfig(listen, time.Now())
		require.NoError(t, err)
		leaf, err := x509.ParseCertificate(c.Certificates[0].Certificate[0])
		require.NoError(t, err)
		roots := x509.NewCertPool()
		roots.AddCert(a.cert)
		for _, host := range append(hosts, "localhost", "127.0.0.1", "::1") {
			_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: host})
			require.NoError(t, err, "%s, listening on %s", host, listen)
		}
		require.Len(t, leaf.DNSNames, 1+strings.Count(listen, ".test"))
		require.Error(t, leaf.VerifyHostname("elsewhere.example"))
	}
}

func TestAuthority_IsMadeAnewWhenItHasExpired(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := openAuthority(dir, time.Now())
	require.NoError(t, err)
	again, err := openAuthority(dir, first.cert.NotAfter)
	require.NoError(t, err)
	require.Equal(t, first.cert.Raw, again.cert.Raw)
	c, err := again.serverConfig("127.0.0.1:0", first.cert.NotAfter.Add(-time.Minute))
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(c.Certificates[0].Certificate[0])
	require.NoError(t, err)
	require.Equal(t, first.cert.NotAfter, leaf.NotAfter, "no longer than the CA")

	later := first.cert.NotAfter.Add(time.Second)
	renewed, err := openAuthority(dir, later)
	require.NoError(t, err)
	require.NotEqual(t, first.cert.Raw, renewed.cert.Raw)
	require.True(t, renewed.cert.NotAfter.After(later))
	again, err = openAuthority(dir, later)
	require.NoError(t, err)
	require.Equal(t, renewed.cert.Raw, again.cert.Raw)
}

func TestAuthority_LeavesAloneWhatIsNotIts(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, dir string) string {
		t.Helper()
		var out strings.Builder
		_, err := openAuthority(dir, time.Now())
		require.Error(t, err)
		require.Equal(t, exitFailed, report(&out, err))
		require.Contains(t, out.String(), "hint: ")
		return out.String()
	}
	write := func(t *testing.T, file, text string) {
		t.Helper()
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	t.Run("a file in the place of the folder", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		write(t, file, "x")
		require.Contains(t, open(t, file), "not a directory")
	})
	for name, change := range map[string]struct {
		text func(cert, key string) (string, string)
		want string
	}{
		"no key":            {func(cert, _ string) (string, string) { return cert, "" }, "belong together"},
		"no certificate":    {func(_, key string) (string, string) { return "", key }, "belong together"},
		"no PEM":            {func(_, key string) (string, string) { return "hello", key }, "there is no PEM in it"},
		"half a PEM":        {func(cert, key string) (string, string) { return cert[:100], key }, "there is no PEM in it"},
		"no certificate in": {func(_, key string) (string, string) { return key, key }, "is not a CA of the emulator"},
		"another's key":     {func(cert, _ string) (string, string) { return cert, otherKey(t) }, "ca-key.pem is not its key"},
		"another's":         {func(string, string) (string, string) { return stranger(t) }, `it is the certificate of "stranger"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cert, key := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca-key.pem")
			_, err := openAuthority(dir, time.Now())
			require.NoError(t, err)
			certText, err := os.ReadFile(cert)
			require.NoError(t, err)
			keyText, err := os.ReadFile(key)
			require.NoError(t, err)
			certWant, keyWant := change.text(string(certText), string(keyText))
			for file, text := range map[string]string{cert: certWant, key: keyWant} {
				require.NoError(t, os.Remove(file))
				if text != "" {
					write(t, file, text)
				}
			}
			require.Contains(t, open(t, dir), change.want)
			for file, want := range map[string]string{cert: certWant, key: keyWant} {
				got, err := os.ReadFile(file)
				if want == "" {
					require.ErrorIs(t, err, os.ErrNotExist)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, want, string(got))
			}
		})
	}
}

// otherKey is the key of some other CA.
func otherKey(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	_, err := openAuthority(dir, time.Now())
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(dir, "ca-key.pem"))
	require.NoError(t, err)
	return string(text)
}

// stranger is a certificate that the emulator did not make as a CA, with its
// key.
func stranger(t *testing.T) (certText, keyText string) {
	t.Helper()
	a, err := openAuthority(t.TempDir(), time.Now())
	require.NoError(t, err)
	template := *a.cert
	template.Subject.CommonName = "stranger"
	template.RawSubject = nil
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, a.key.Public(), a.key)
	require.NoError(t, err)
	key, err := x509.MarshalPKCS8PrivateKey(a.key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
}
