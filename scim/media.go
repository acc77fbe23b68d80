package scim

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

const (
	scimJSON  = "application/scim+json"
	plainJSON = "application/json"
	// formData is how curl labels every body that it is given with -d.
	formData = "application/x-www-form-urlencoded"
)

// mediaType is the Content-Type of the answer: SCIM's own (RFC 7644 section
// 3.8), unless the client knows no JSON but the plain one. It carries no
// charset, since some clients compare the header as a whole.
func mediaType(r *http.Request) string {
	if name := accepted(header(r, "Accept")); name != "" {
		return name
	}
	return scimJSON
}

// accepted is the better of the media types that a client accepts, empty if it
// accepts neither.
func accepted(list string) string {
	best := ""
	for entry := range strings.SplitSeq(list, ",") {
		name, params, err := mime.ParseMediaType(entry)
		if err != nil {
			continue
		}
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil && q == 0 {
			continue
		}
		switch name {
		case scimJSON, "application/*", "*/*":
			return scimJSON
		case plainJSON:
			best = plainJSON
		}
	}
	return best
}

// negotiate refuses a client that accepts no JSON if the org is strict. RFC 9110
// section 12.5.1 leaves it open, and an answer in JSON does more good than none.
func (s *service) negotiate(next http.Handler) http.Handler {
	if !s.org.Strict {
		return next
	}
	return s.endpoint(func(w http.ResponseWriter, r *http.Request) error {
		if given := header(r, "Accept"); given != "" && accepted(given) == "" {
			return refuse(http.StatusNotAcceptable, "answers are of type %s or %s, not %q", scimJSON, plainJSON, given)
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// checkMediaType refuses a body that is labelled as something other than JSON.
// A label is not asked for, and a charset is passed over: JSON is UTF-8.
func checkMediaType(r *http.Request) error {
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return refuse(http.StatusUnsupportedMediaType, "the body's encoding %q is not supported", coding)
	}
	header := r.Header.Get("Content-Type")
	if strings.TrimSpace(header) == "" {
		return nil
	}
	name, _, _ := strings.Cut(header, ";")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case scimJSON, plainJSON, formData:
		return nil
	}
	return refuse(http.StatusUnsupportedMediaType, "a body of type %q is not supported, send %s", header, scimJSON)
}
