package scim

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
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
		if proto := first(r.Header.Get("X-Forwarded-Proto")); proto == "http" || proto == "https" {
			scheme = proto
		}
		if forwarded := first(r.Header.Get("X-Forwarded-Host")); isHost(forwarded) {
			host = forwarded
		}
	}
	return scheme + "://" + host + s.org.Path
}

// fromTrustedProxy reports whether the connection comes from a proxy whose
// X-Forwarded headers are believed.
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
