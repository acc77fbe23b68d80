package scim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// renderer shows the resources of one answer.
type renderer struct {
	base       string
	projection resource.Projection
}

func (s *service) renderer(r *http.Request, p resource.Projection) renderer {
	return renderer{base: s.base(r), projection: p}
}

// location is the absolute URL of a resource.
func (v renderer) location(endpoint, id string) string { return v.base + endpoint + "/" + id }

// project gives the attributes of a resource that the client wants to see, of
// all but a group's members, and says which schemas those are of (RFC 7643
// section 3). derived are attributes that are not stored.
func (v renderer) project(t *resource.Type, m directory.Meta, doc json.RawMessage, s directory.Sync, derived map[string]any) (map[string]any, error) {
	full, err := resource.Decode(doc)
	if err != nil {
		return nil, err
	}
	maps.Copy(full, derived)
	if _, said := full["active"]; !said && t == resource.User() {
		full["active"] = true
	}
	addSync(full, t, s)
	full["id"] = m.ID
	full["meta"] = map[string]any{
		"resourceType": t.Name,
		"created":      timestamp(m.Created),
		"lastModified": timestamp(m.LastModified),
		"location":     v.location(t.Endpoint, m.ID),
		"version":      etag(m.Version),
	}
	full["schemas"] = []string{t.Schema()}
	return v.projection.Apply(t, full), nil
}

// bridgeSchema is the bridge's own extension of a type.
func bridgeSchema(t *resource.Type) string {
	if t == resource.Group() {
		return directory.BridgeGroupSchema
	}
	return directory.BridgeUserSchema
}

// addSync adds what became of the resource in Adobe to the bridge's extension.
func addSync(full map[string]any, t *resource.Type, s directory.Sync) {
	if s.State == "" {
		return
	}
	sync := map[string]any{"state": string(s.State)}
	if s.Detail != "" {
		sync["detail"] = s.Detail
	}
	if !s.LastSynced.IsZero() {
		sync["lastSynced"] = timestamp(s.LastSynced)
	}
	if t == resource.Group() {
		sync["pending"], sync["held"], sync["failed"] = s.Pending, s.Held, s.Failed
	}
	extension, ok := full[bridgeSchema(t)].(map[string]any)
	if !ok {
		extension = map[string]any{}
	}
	extension["sync"] = sync
	full[bridgeSchema(t)] = extension
}

// groupRefs are the groups that a user is in (RFC 7643 section 4.1.2).
func (v renderer) groupRefs(groups []directory.GroupRef) []any {
	refs := make([]any, len(groups))
	for i, g := range groups {
		refs[i] = map[string]any{
			"value":   g.ID,
			"$ref":    v.location(groupsPath, g.ID),
			"display": g.DisplayName,
			"type":    "direct",
		}
	}
	return refs
}

// timestamp is a SCIM dateTime (RFC 7643 section 2.3.5), in UTC and as exact as
// it is stored.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999Z") }

// writeFields writes attributes as the members of a JSON object, without its
// braces: first what names the resource, then the rest in order of name.
func writeFields(buf *bytes.Buffer, fields map[string]any) error {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		if i > 0 {
			buf.WriteByte(',')
		}
		writeText(buf, name)
		buf.WriteByte(':')
		if err := writeJSON(buf, fields[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// rank orders attributes for people who read an answer.
func rank(name string) int {
	switch {
	case name == "schemas":
		return 0
	case name == "id":
		return 1
	case name == "meta":
		return 4
	case strings.HasPrefix(name, "urn:"):
		return 3
	}
	return 2
}

// writeJSON appends a value.
func writeJSON(buf *bytes.Buffer, value any) error {
	e := json.NewEncoder(buf)
	// A browser is not what reads this.
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return err
	}
	buf.Truncate(buf.Len() - 1) // Encode ends with a line feed
	return nil
}

// writeText appends a JSON string.
func writeText(buf *bytes.Buffer, text string) {
	for _, c := range []byte(text) {
		if c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			// A string always encodes.
			_ = writeJSON(buf, text)
			return
		}
	}
	buf.WriteByte('"')
	buf.WriteString(text)
	buf.WriteByte('"')
}
