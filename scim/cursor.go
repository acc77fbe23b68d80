package scim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"
)

// The error types of RFC 9865 section 2.1.
const (
	invalidCursor scimerrors.ScimType = "invalidCursor"
	expiredCursor scimerrors.ScimType = "expiredCursor"
	invalidCount  scimerrors.ScimType = "invalidCount"
)

const (
	// cursorTimeout is how long a cursor can be used, as /ServiceProviderConfig
	// says. It costs nothing to keep one: what it says is all in it.
	cursorTimeout = 24 * time.Hour
	// sealLength is how much of a cursor shows that it is ours.
	sealLength = 16
)

// cursor is where a list goes on (RFC 9865 section 2). It is sent to the client
// sealed, so that it works only for the search and the org that it is of.
type cursor struct {
	// Part is the part of the list, After the place in it, empty for its begin.
	Part  int    `json:"p"`
	After string `json:"a"`
	// Count is the size of the pages, Total that of the list when it began.
	Count int `json:"c"`
	Total int `json:"t"`
	// Sent is when it was, in seconds since 1970.
	Sent int64 `json:"s"`
}

// cursorKey seals the cursors of an org. It survives a restart, and changes with
// the tokens: who lost the right to read has no use for a cursor.
func cursorKey(o Org) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "cursor of %q", o.Name)
	for _, t := range o.Tokens {
		h.Write(t.SHA256[:])
	}
	return h.Sum(nil)
}

// seal says that a cursor is the org's and belongs to a search, whatever its
// projection is.
func (s *service) seal(body []byte, q query) []byte {
	h := hmac.New(sha256.New, cursorKey(s.org))
	for _, p := range q.parts {
		where := ""
		if p.find.Where != nil {
			where = p.find.Where.String()
		}
		fmt.Fprintf(h, "%q %q %q %t\n", p.t.Name, where, p.find.By, p.find.Descending)
	}
	h.Write(body)
	return h.Sum(nil)[:sealLength]
}

// sealCursor gives a cursor in characters that need no escaping.
func (s *service) sealCursor(c cursor, q query) (string, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("write cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(s.seal(body, q), body...)), nil
}

// openCursor is the reverse of sealCursor. It tells nobody which cursors there
// might be.
func (s *service) openCursor(text string, q query, now time.Time) (cursor, error) {
	refused := badRequest(invalidCursor, "cursor: it is none of this list: begin again without it")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < sealLength || !hmac.Equal(raw[:sealLength], s.seal(raw[sealLength:], q)) {
		return cursor{}, refused
	}
	var c cursor
	if err := json.Unmarshal(raw[sealLength:], &c); err != nil || c.Part < 0 || c.Part >= len(q.parts) {
		return cursor{}, refused
	}
	if now.Sub(time.Unix(c.Sent, 0)) > cursorTimeout {
		return cursor{}, badRequest(expiredCursor, "cursor: it is older than %s: begin again without it", cursorTimeout)
	}
	return c, nil
}
