package scim

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// flushSize is how much of an answer is held in memory. An answer that fits is
// sent whole, with its length, and may still turn into an error until then.
const flushSize = 64 << 10

// answer is a JSON answer that is written piece by piece.
type answer struct {
	w      http.ResponseWriter
	status int
	buf    bytes.Buffer
	begun  bool
}

func newAnswer(w http.ResponseWriter, r *http.Request, status int) *answer {
	w.Header().Set("Content-Type", mediaType(r))
	return &answer{w: w, status: status}
}

// flush sends what is held once it is large enough.
func (a *answer) flush() error {
	if a.buf.Len() < flushSize {
		return nil
	}
	return a.send()
}

// end sends the rest.
func (a *answer) end() error {
	if !a.begun {
		a.w.Header().Set("Content-Length", strconv.Itoa(a.buf.Len()))
	}
	return a.send()
}

func (a *answer) send() error {
	if !a.begun {
		a.begun = true
		a.w.WriteHeader(a.status)
	}
	if _, err := a.buf.WriteTo(a.w); err != nil {
		return fmt.Errorf("send answer: %w", err)
	}
	return nil
}

// setResourceHeaders names the resource that an answer shows.
func (v renderer) setResourceHeaders(h http.Header, t *resource.Type, m directory.Meta) {
	h.Set("Location", v.location(t.Endpoint, m.ID))
	h.Set("ETag", etag(m.Version))
}

// listHead begins a ListResponse (RFC 7644 section 3.4.2), up to its resources.
func listHead(buf *bytes.Buffer, total, start, shown int) {
	fmt.Fprintf(buf, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],`+
		`"totalResults":%d,"startIndex":%d,"itemsPerPage":%d,"Resources":[`, total, start, shown)
}

// listTail ends what listHead began.
const listTail = `]}`
