package sqlite

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// Filters are answered in two steps. If the filter, or one of the terms that it
// joins by "and", compares an indexed attribute for equality, the index selects
// the candidates; else all resources are candidates. Then each candidate is
// matched in memory, on the same document that clients see.

// lookup is how candidates are selected: the condition on an indexed column,
// and the value that it compares with.
type lookup struct {
	condition string
	value     string
}

// indexed is an attribute with an index: its column, and whether the column
// holds the folded value.
type indexed struct {
	column string
	fold   bool
}

var (
	userIndexes = map[string]indexed{
		"id":          {"u.id", false},
		"username":    {"u.user_name_key", true},
		"externalid":  {"u.external_id", false},
		"displayname": {"u.display_name_key", true},
	}
	groupIndexes = map[string]indexed{
		"id":          {"g.id", false},
		"externalid":  {"g.external_id", false},
		"displayname": {"g.display_name_key", true},
	}
)

// find looks for a term that an index answers.
func find(e filter.Expr, schema string, indexes map[string]indexed) (lookup, bool) {
	switch e := e.(type) {
	case filter.And:
		if l, ok := find(e.Left, schema, indexes); ok {
			return l, true
		}
		return find(e.Right, schema, indexes)
	case filter.Compare:
		value, text := e.Value.(string)
		// The index leaves out empty values, which are not equal to "" anyway.
		if e.Op != filter.Eq || !text || value == "" || e.Path.Sub != "" {
			return lookup{}, false
		}
		if e.Path.URN != "" && !strings.EqualFold(e.Path.URN, schema) {
			return lookup{}, false
		}
		index, ok := indexes[strings.ToLower(e.Path.Attr)]
		if !ok {
			return lookup{}, false
		}
		condition := index.column + " = ?2"
		if index.column != "u.id" && index.column != "g.id" {
			condition += " AND " + index.column + " <> ''" // which the partial indexes ask for
		}
		if index.fold {
			value = directory.Fold(value)
		}
		return lookup{condition, value}, true
	}
	return lookup{}, false
}

// mentions reports whether a filter names an attribute of the core schema.
func mentions(e filter.Expr, attr string) bool {
	switch e := e.(type) {
	case filter.And:
		return mentions(e.Left, attr) || mentions(e.Right, attr)
	case filter.Or:
		return mentions(e.Left, attr) || mentions(e.Right, attr)
	case filter.Not:
		return mentions(e.Expr, attr)
	case filter.Compare:
		return strings.EqualFold(e.Path.Attr, attr)
	case filter.ValuePath:
		return strings.EqualFold(e.Path.Attr, attr)
	}
	return false
}

// exact says which attributes are compared with case (RFC 7643, sections 3.1
// and 4, and 8.7.1: caseExact).
func exact(p filter.Path) bool {
	switch strings.ToLower(p.Attr) {
	case "id", "externalid", "profileurl":
		return true
	case "members", "groups", "manager", "x509certificates":
		return p.Sub == "" || strings.EqualFold(p.Sub, "value") || strings.EqualFold(p.Sub, "$ref")
	case "meta":
		sub := strings.ToLower(p.Sub)
		return sub == "resourcetype" || sub == "version" || sub == "location"
	}
	return false
}

// userDocument is what a filter of users is matched on.
func userDocument(u directory.User) (map[string]any, error) {
	doc, err := decode(u.Document)
	if err != nil {
		return nil, fmt.Errorf("read document: user %s: %w", u.ID, err)
	}
	describe(doc, "User", u.Meta)
	extend(doc, directory.BridgeUserSchema, u.Sync)
	if _, ok := doc["active"]; !ok {
		doc["active"] = true
	}
	return doc, nil
}

// groupDocument is what a filter of groups is matched on.
func groupDocument(g directory.Group) (map[string]any, error) {
	doc, err := decode(g.Document)
	if err != nil {
		return nil, fmt.Errorf("read document: group %s: %w", g.ID, err)
	}
	describe(doc, "Group", g.Meta)
	extend(doc, directory.BridgeGroupSchema, g.Sync)
	return doc, nil
}

func decode(document []byte) (map[string]any, error) {
	d := json.NewDecoder(strings.NewReader(string(document)))
	d.UseNumber()
	var doc map[string]any
	err := d.Decode(&doc)
	return doc, err
}

// describe adds what the bridge knows of a resource.
func describe(doc map[string]any, kind string, m directory.Meta) {
	doc["id"] = m.ID
	doc["meta"] = map[string]any{
		"resourceType": kind,
		"created":      m.Created,
		"lastModified": m.LastModified,
		"version":      `W/"` + strconv.FormatInt(m.Version, 10) + `"`,
	}
}

// extend adds how far Adobe has followed to the bridge's extension.
func extend(doc map[string]any, urn string, s directory.Sync) {
	sync := map[string]any{"state": string(s.State), "detail": s.Detail}
	if !s.LastSynced.IsZero() {
		sync["lastSynced"] = s.LastSynced
	}
	ext := map[string]any{}
	for name, v := range doc {
		if strings.EqualFold(name, urn) {
			if m, ok := v.(map[string]any); ok {
				ext = m
			}
			delete(doc, name)
		}
	}
	ext["sync"] = sync
	doc[urn] = ext
}
