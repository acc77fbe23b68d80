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
	plain := false
	for _, header := range r.Header.Values("Accept") {
		for _, entry := range strings.Split(header, ",") {
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
				plain = true
			}
		}
	}
	if plain {
		return plainJSON
	}
	return scimJSON
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
