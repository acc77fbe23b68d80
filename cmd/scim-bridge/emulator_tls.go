package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// The files of an authority.
const (
	caFile    = "ca.pem"
	caKeyFile = "ca-key.pem"
)

const (
	caName         = "scim-bridge emulator CA"
	caLifetime     = 10 * 365 * 24 * time.Hour
	serverLifetime = 365 * 24 * time.Hour // some clients refuse more than 825 days
	clockSkew      = time.Hour            // by which the clocks of clients may be late
)

// authority is the CA that signs the certificates of emulators. It is kept in
// a folder, so that clients trust every emulator that was started with it.
type authority struct {
	file string // of the certificate
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// openAuthority returns the CA in dir, which is made if there is none, or one
// that has expired. It never touches files that it did not write.
func openAuthority(dir string, now time.Time) (*authority, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, hinted{err, "choose a folder that this user can write in"}
	}
	a := &authority{file: filepath.Join(dir, caFile)}
	keyFile := filepath.Join(dir, caKeyFile)
	certPEM, noCert := os.ReadFile(a.file)
	keyPEM, noKey := os.ReadFile(keyFile)
	switch {
	case errors.Is(noCert, fs.ErrNotExist) && errors.Is(noKey, fs.ErrNotExist):
		return a, a.make(keyFile, now)
	case noCert != nil || noKey != nil:
		return nil, hinted{fmt.Errorf("read the CA: %w", errors.Join(noCert, noKey)),
			caFile + " and " + caKeyFile + " belong together: remove what is left of them, or choose another folder"}
	}
	if err := a.read(certPEM, keyPEM); err != nil {
		return nil, hinted{fmt.Errorf("%s is not a CA of the emulator: %w", a.file, err),
			"choose another folder, or remove " + caFile + " and " + caKeyFile}
	}
	if now.After(a.cert.NotAfter) {
		return a, a.make(keyFile, now)
	}
	return a, nil
}

// read fills a, or says why the files are not those that make writes.
func (a *authority) read(certPEM, keyPEM []byte) error {
	certBlock, _ := pem.Decode(certPEM)
	keyBlock, _ := pem.Decode(keyPEM)
	if certBlock == nil || keyBlock == nil {
		return errors.New("there is no PEM in it or in " + caKeyFile)
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return fmt.Errorf("%s: %w", caKeyFile, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return errors.New(caKeyFile + " is not its key")
	}
	if !cert.IsCA || cert.Subject.CommonName != caName {
		return fmt.Errorf("it is the certificate of %q", cert.Subject.CommonName)
	}
	a.cert, a.key = cert, key
	return nil
}

// make fills a with a CA, and writes it.
func (a *authority) make(keyFile string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make the CA: %w", err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: caName},
		NotBefore:             now.Add(-clockSkew),
		NotAfter:              now.Add(caLifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return fmt.Errorf("make the CA: %w", err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return fmt.Errorf("make the CA: %w", err)
	}
	a.key = key
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("make the CA: %w", err)
	}
	err = writePEM(keyFile, 0o600, "PRIVATE KEY", pkcs8)
	if err == nil {
		err = writePEM(a.file, 0o644, "CERTIFICATE", der)
	}
	if err != nil {
		return hinted{fmt.Errorf("write the CA: %w", err), "choose a folder that this user can write in"}
	}
	return nil
}

// writePEM writes a file whole or not at all.
func writePEM(file string, mode fs.FileMode, kind string, der []byte) error {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	t, err := os.CreateTemp(filepath.Dir(file), ".new-*") // for this user only
	if err != nil {
		return err
	}
	_, err = t.Write(text)
	err = errors.Join(err, t.Chmod(mode), t.Close())
	if err == nil {
		err = os.Rename(t.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(t.Name()))
	}
	return nil
}

// serverConfig returns what a server at the address listen needs: a certificate
// for its host and for every name of this machine's own loopback. It speaks
// HTTP/1.1 only, so that a connection that a fault drops is one.
func (a *authority) serverConfig(listen string, now time.Time) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "scim-bridge emulator"},
		NotBefore:   now.Add(-clockSkew),
		NotAfter:    now.Add(serverLifetime),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip, err := netip.ParseAddr(host); err != nil && host != "" && host != "localhost" {
		template.DNSNames = append(template.DNSNames, host)
	} else if err == nil && !ip.IsUnspecified() {
		template.IPAddresses = append(template.IPAddresses, ip.WithZone("").AsSlice())
	}
	if template.NotAfter.After(a.cert.NotAfter) {
		template.NotAfter = a.cert.NotAfter
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
	}, nil
}
