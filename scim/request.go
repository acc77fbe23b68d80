package scim

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/go-chi/chi/v5"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

const (
	// defaultCount is the size of a page where the client names none.
	defaultCount = 100
	// maxCount is the size that larger pages are cut to, as
	// /ServiceProviderConfig says in filter.maxResults.
	maxCount = 1000
	// maxIDLength is more than any id of ours has.
	maxIDLength = 64
)

// readBody reads the body of a request that must have one.
func readBody(r *http.Request) ([]byte, error) {
	if err := checkMediaType(r); err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		// What a client announces is not yet what it sends.
		buf.Grow(int(min(r.ContentLength, 1<<20)) + bytes.MinRead)
	}
	if _, err := io.Copy(&buf, r.Body); err != nil {
		var tooLarge *http.MaxBytesError
		var known *failure
		if errors.As(err, &tooLarge) || errors.As(err, &known) {
			return nil, err
		}
		return nil, badRequest(scimerrors.ScimTypeInvalidSyntax, "the body ended before it was complete")
	}
	body := bytes.TrimPrefix(buf.Bytes(), []byte(byteOrderMark))
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, badRequest(scimerrors.ScimTypeInvalidSyntax, "the body is empty, want a JSON object")
	}
	return body, nil
}

// byteOrderMark begins what some libraries send as UTF-8. It says nothing, and
// whoever reads JSON may pass over it (RFC 8259 section 8.1).
const byteOrderMark = "\uFEFF"

// pathID returns the id in the path. One that we cannot have minted is unknown
// before any directory is asked.
func pathID(r *http.Request) (string, error) {
	id, err := url.PathUnescape(chi.URLParam(r, "id"))
	if err != nil || id == "" || len(id) > maxIDLength || !isURLSafe(id) {
		return "", directory.ErrNotFound
	}
	return id, nil
}

// isURLSafe reports whether a string needs no escaping in a URL (RFC 3986
// section 2.3).
func isURLSafe(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// parameterNames are those that searches take. They are found in any case:
// clients differ in startIndex and startindex.
var parameterNames = []string{"attributes", "excludedAttributes", "filter", "sortBy", "sortOrder", "startIndex", "count", "cursor"}

// parameters reads the query string. Unlike net/url it takes a semicolon for
// what RFC 3986 says it is, and does not silently drop what it cannot read: a
// search whose filter went missing would find everybody. For the same reason it
// refuses two that differ where there can be only one.
func parameters(r *http.Request) (url.Values, error) {
	v := url.Values{}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			continue
		}
		known := slices.IndexFunc(parameterNames, func(p string) bool { return strings.EqualFold(p, name) })
		if known < 0 {
			continue
		}
		name = parameterNames[known]
		text, err := url.QueryUnescape(value)
		if err != nil {
			return nil, badRequest(scimerrors.ScimTypeInvalidValue, "%s: %v", name, err)
		}
		isList := name == "attributes" || name == "excludedAttributes"
		if !isList && v.Has(name) && v.Get(name) != text {
			return nil, badRequest(scimerrors.ScimTypeInvalidValue, "%s is given twice: %q and %q", name, v.Get(name), text)
		}
		v.Add(name, text)
	}
	return v, nil
}

// projectionOf reads attributes and excludedAttributes (RFC 7644 section 3.9).
func projectionOf(r *http.Request, t *resource.Type) (resource.Projection, error) {
	v, err := parameters(r)
	if err != nil {
		return resource.Projection{}, err
	}
	return resource.ParseProjection(t, v["attributes"], v["excludedAttributes"])
}

// number reads an integer, nil if there is none. One that no machine holds is as good as the largest.
func number(name, text string) (*int, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil, badRequest(scimerrors.ScimTypeInvalidValue, "%s: %q is not an integer", name, text)
	}
	return &n, nil
}
