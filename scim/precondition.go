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

// checkPreconditions refuses a request that is meant for another version (RFC
// 9110 section 13.1). Tags are compared weakly: all of ours are weak, and the
// SCIM RFC's own examples use them so. A read that names the version that the
// client has already is no failure, see [notModified].
func checkPreconditions(r *http.Request, version int64) error {
	if match := header(r, "If-Match"); match != "" && !listsTag(match, version) {
		return directory.ErrVersion
	}
	if !isRead(r) && listsTag(header(r, "If-None-Match"), version) {
		return refuse(http.StatusPreconditionFailed, "the resource has a version that If-None-Match excludes")
	}
	return nil
}

func isRead(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// notModified reports whether a client that reads has this version already.
func notModified(r *http.Request, version int64) bool {
	return listsTag(header(r, "If-None-Match"), version)
}

// conditional reports whether the request depends on the version, so that what
// was checked must still hold when the change is stored.
func conditional(r *http.Request) bool {
	match := header(r, "If-Match")
	return match != "" && match != "*" || header(r, "If-None-Match") != ""
}

// header is the value of a header that lists something.
func header(r *http.Request, name string) string {
	return strings.TrimSpace(strings.Join(r.Header.Values(name), ","))
}

// listsTag reports whether a list of entity tags has the version's, or is "*".
func listsTag(list string, version int64) bool {
	if list == "*" {
		return true
	}
	want := strings.TrimPrefix(etag(version), "W/")
	for tag := range strings.SplitSeq(list, ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == want {
			return true
		}
	}
	return false
}
