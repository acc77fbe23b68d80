package scim

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/go-chi/chi/v5"
)

const (
	usersPath          = "/Users"
	groupsPath         = "/Groups"
	bulkPath           = "/Bulk"
	schemasPath        = "/Schemas"
	resourceTypesPath  = "/ResourceTypes"
	providerConfigPath = "/ServiceProviderConfig"

	// Names that clients call by mistake and that mean nothing else: Microsoft's
	// Postman collection the one, WSO2's suite the other.
	misnamedProviderConfigPath = "/serviceConfiguration"
	misnamedResourceTypesPath  = "/ResourceType"
)

// protocolVersion is the last segment of an org's path where that names the
// version of the protocol (RFC 7644 section 3.13).
const protocolVersion = "/v2"

// mountVersions serves an org whose path ends in the version without that
// segment, too, in the only version that there is, and refuses any other
// version. Links in answers have the segment.
func (s *service) mountVersions(r chi.Router, routes http.Handler) {
	path, ok := strings.CutSuffix(s.org.Path, protocolVersion)
	if !ok || path == "" {
		return
	}
	r.Mount(path, routes)
	for _, other := range []string{"/v{version:[0-9]+}", "/v{version:[0-9]+}/*"} {
		r.Handle(path+other, s.authenticate(s.endpoint(unsupportedVersion)))
	}
}

func unsupportedVersion(_ http.ResponseWriter, r *http.Request) error {
	return badRequest(scimerrors.ScimTypeInvalidVersion, "version %s of the protocol is not supported, want %s",
		chi.URLParam(r, "version"), strings.TrimPrefix(protocolVersion, "/v"))
}

// cleanSlashes routes a path with doubled slashes or one at its end as if it had
// none: a base URL that ends in a slash is easily entered.
func cleanSlashes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		if strings.Contains(path, "//") || strings.HasSuffix(path, "/") {
			clean := "/" + strings.Join(strings.FieldsFunc(path, func(c rune) bool { return c == '/' }), "/")
			chi.RouteContext(r.Context()).RoutePath = clean
		}
		next.ServeHTTP(w, r)
	})
}

// base is the absolute URL at which the client reaches the org, to which the
// endpoints are appended. Links of one client's answer are seen by no other, so
// that a Host header that lies deceives only who sent it.
func (s *service) base(r *http.Request) string {
	if s.baseURL != "" {
		return s.baseURL + s.org.Path
	}
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if s.fromTrustedProxy(r) {
		proto, forwarded := forwardedBy(r.Header)
		if proto == "http" || proto == "https" {
			scheme = proto
		}
		if isHost(forwarded) {
			host = forwarded
		}
	}
	return scheme + "://" + host + s.org.Path
}

// forwardedBy is what a proxy says of the client's side. The older headers come
// first: whoever sets them may pass on the other one as the client sent it.
func forwardedBy(h http.Header) (proto, host string) {
	proto, host = first(h.Get("X-Forwarded-Proto")), first(h.Get("X-Forwarded-Host"))
	if proto != "" || host != "" {
		return strings.ToLower(proto), host
	}
	// RFC 7239 section 4.
	for pair := range strings.SplitSeq(first(h.Get("Forwarded")), ";") {
		name, value, _ := strings.Cut(pair, "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "proto":
			proto = strings.ToLower(value)
		case "host":
			host = value
		}
	}
	return proto, host
}

// fromTrustedProxy reports whether the connection comes from a proxy whose
// Forwarded headers are believed.
func (s *service) fromTrustedProxy(r *http.Request) bool {
	if len(s.trusted) == 0 {
		return false
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr := peer.Addr().Unmap()
	for _, p := range s.trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// first is the client's side of a header to which each proxy appends.
func first(header string) string {
	value, _, _ := strings.Cut(header, ",")
	return strings.TrimSpace(value)
}

// isHost reports whether a forwarded host is one, with or without a port.
func isHost(host string) bool {
	if host == "" {
		return false
	}
	u, err := url.Parse("//" + host)
	return err == nil && u.Host == host
}
