package umapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	"unicode"
)

// The defaults of [Config].
const (
	// DefaultURL is the root of the production API; see RefOverview.
	DefaultURL = "https://usermanagement.adobe.io/v2/usermanagement"
	// DefaultIMSURL is the root of the service that issues access tokens.
	DefaultIMSURL = "https://ims-na1.adobelogin.com"
	// DefaultTimeout is long because calls of ten commands take seconds, and a
	// call that is given up leaves its outcome unknown. Adobe's samples use it.
	DefaultTimeout = 120 * time.Second
)

// Config is what a [Client] needs. OrgID, ClientID and ClientSecret are
// required; the zero value of everything else is a good default.
type Config struct {
	// URL and IMSURL are the roots of the API and of the token service,
	// DefaultURL and DefaultIMSURL if empty. Plain http is accepted for
	// loopback addresses only.
	URL, IMSURL string
	// OrgID is the organization, A1B2C3D4E5F60718293A4B5C@AdobeOrg for instance.
	OrgID string
	// ClientID is the client id of the credential, which the API takes as its
	// key too.
	ClientID string
	// ClientSecret returns the secret. It is asked again before each new token,
	// so a rotated secret is found without a restart. It may be called from any
	// goroutine, though never twice at once.
	ClientSecret func() (string, error)
	// JWT, if it is set, has tokens obtained by the legacy exchange of a signed
	// JWT. By default the credential is an OAuth server-to-server one.
	JWT *JWTCredentials
	// Transport carries the requests of both services. If it is nil the client
	// makes its own, which takes proxies from the environment. One that does
	// not report to net/http/httptrace makes each failure to connect an unknown
	// outcome.
	Transport http.RoundTripper
	// RootCAs are the authorities that the client's own transport believes; the
	// system's if nil.
	RootCAs *x509.CertPool
	// Timeout bounds each attempt, from connecting to the end of the answer;
	// DefaultTimeout if 0.
	Timeout time.Duration
	// Once has the client give up a request that was answered 401, though the next
	// gets a fresh token: who counts what is sent repeats it when its turn comes.
	Once bool
	// Allow is asked right before each request to the API, for an action call as late
	// as when its body is to be written: if it returns an error nothing is sent. Nil
	// allows all.
	Allow func() error
	// UserAgent replaces the default, which is scim-bridge, its version and the
	// platform.
	UserAgent string
	// Log receives one line a request at level debug; nil for none.
	Log *slog.Logger
}

// withDefaults returns c with defaults filled in, or all that is wrong with it.
func (c Config) withDefaults() (Config, error) {
	if c.URL == "" {
		c.URL = DefaultURL
	}
	if c.IMSURL == "" {
		c.IMSURL = DefaultIMSURL
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.UserAgent == "" {
		c.UserAgent = defaultUserAgent()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Allow == nil {
		c.Allow = func() error { return nil }
	}
	if c.Transport == nil {
		c.Transport = newTransport(c.RootCAs)
	}
	var errs []error
	errs = appendError(errs, checkURL("URL", c.URL))
	errs = appendError(errs, checkURL("IMSURL", c.IMSURL))
	if !strings.Contains(c.OrgID, "@") || strings.ContainsAny(c.OrgID, "/?#%") || !isToken(c.OrgID) {
		errs = append(errs, fmt.Errorf("OrgID: %q is not an organization id, want one like A1B2C3D4E5F60718293A4B5C@AdobeOrg", c.OrgID))
	}
	if !isToken(c.ClientID) {
		errs = append(errs, errors.New("ClientID: want the client id of a credential, without spaces"))
	}
	if c.ClientSecret == nil {
		errs = append(errs, errors.New("ClientSecret: missing"))
	}
	if c.JWT != nil {
		errs = append(errs, c.JWT.validate()...)
	}
	if c.Timeout < 0 {
		errs = append(errs, fmt.Errorf("Timeout: %s is negative", c.Timeout))
	}
	if strings.ContainsFunc(c.UserAgent, unicode.IsControl) {
		errs = append(errs, errors.New("UserAgent: contains control characters"))
	}
	c.URL = strings.TrimRight(c.URL, "/")
	c.IMSURL = strings.TrimRight(c.IMSURL, "/")
	return c, errors.Join(errs...)
}

// isToken reports whether s is printable ASCII without spaces, and not empty.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func checkURL(field, s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return fmt.Errorf("%s: not a URL", field)
	case u.User != nil:
		return fmt.Errorf("%s: must not hold a user or password", field)
	case u.Host == "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fmt.Errorf("%s: %q: want scheme, host and perhaps a path", field, s)
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return fmt.Errorf("%s: %q: want https", field, s)
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("%s: %q: want https, since http is accepted for loopback addresses only", field, s)
}

// newTransport is the default transport of net/http with three differences:
// connections are given up before the service's load balancer does so, because
// a call that meets a closing connection has an unknown outcome, headers are
// bounded, and who is believed may be said.
func newTransport(roots *x509.CertPool) *http.Transport {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if d, ok := http.DefaultTransport.(*http.Transport); ok {
		t = d.Clone()
	}
	t.IdleConnTimeout = 30 * time.Second
	t.MaxResponseHeaderBytes = 1 << 20
	if roots != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return t
}

var defaultUserAgent = sync.OnceValue(func() string {
	const name, module = "scim-bridge", "github.com/scim-bridge/scim-bridge"
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
			if m.Path == module && m.Version != "" {
				version = strings.Trim(m.Version, "()")
			}
		}
	}
	return name + "/" + version + " (" + runtime.GOOS + "/" + runtime.GOARCH + "; +https://" + module + ")"
})
