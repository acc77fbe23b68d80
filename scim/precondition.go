package scim

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
)

// etag is the entity tag of a version (RFC 7644 section 3.14). It is weak,
// since projections of one version share it.
func etag(version int64) string {
	return `W/"` + strconv.FormatInt(version, 10) + `"`
}

// checkIfMatch returns directory.ErrVersion if the request is meant for another
// version. Tags are compared weakly: all of ours are weak, and the RFC's own
// examples use them so.
func checkIfMatch(r *http.Request, version int64) error {
	headers := r.Header.Values("If-Match")
	if len(headers) == 0 || listsTag(headers, version) {
		return nil
	}
	return directory.ErrVersion
}

// notModified reports whether the client has this version already.
func notModified(r *http.Request, version int64) bool {
	return listsTag(r.Header.Values("If-None-Match"), version)
}

// conditional reports whether the request names a version: "*" fits any.
func conditional(r *http.Request) bool {
	for _, h := range r.Header.Values("If-Match") {
		if strings.TrimSpace(h) != "*" {
			return true
		}
	}
	return false
}

// listsTag reports whether a list of entity tags has the version's, or is "*".
func listsTag(headers []string, version int64) bool {
	want := strings.TrimPrefix(etag(version), "W/")
	for _, header := range headers {
		for _, tag := range strings.Split(header, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || strings.TrimPrefix(tag, "W/") == want {
				return true
			}
		}
	}
	return false
}
