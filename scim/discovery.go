package scim

import (
	"bytes"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

const (
	providerConfigSchema = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	resourceTypeSchema   = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
)

// discovery refuses filters, as RFC 7644 section 4 wants it, and passes over all
// other parameters.
func discovery(get endpoint) endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := parameters(r)
		if err != nil {
			return err
		}
		if v.Has("filter") {
			return refuse(http.StatusForbidden, "discovery cannot be filtered")
		}
		return get(w, r)
	}
}

// getProviderConfig is GET /ServiceProviderConfig (RFC 7643 section 5). It says
// what this package does, no more and no less.
func (s *service) getProviderConfig(w http.ResponseWriter, r *http.Request) error {
	supported := func(yes bool) map[string]any { return map[string]any{"supported": yes} }
	return showDocument(w, r, map[string]any{
		"schemas": []string{providerConfigSchema},
		"patch":   supported(true),
		"bulk": map[string]any{
			"supported": true, "maxOperations": s.org.Limits.BulkOperations, "maxPayloadSize": s.org.Limits.GroupBody,
		},
		"filter":         map[string]any{"supported": true, "maxResults": maxCount},
		"changePassword": supported(false),
		"sort":           supported(true),
		"etag":           supported(true),
		"pagination": map[string]any{
			"cursor": true, "index": true, "defaultPaginationMethod": "index",
			"defaultPageSize": defaultCount, "maxPageSize": maxCount, "cursorTimeout": int(cursorTimeout.Seconds()),
		},
		"authenticationSchemes": []any{map[string]any{
			"type":        "oauthbearertoken",
			"name":        "OAuth Bearer Token",
			"description": "A bearer token in the Authorization header",
			"specUri":     "https://www.rfc-editor.org/info/rfc6750",
			"primary":     true,
		}},
		"meta": map[string]any{
			"resourceType": "ServiceProviderConfig",
			"location":     s.base(r) + providerConfigPath,
		},
	})
}

// resourceTypes are the documents of RFC 7643 section 6.
func (s *service) resourceTypes(r *http.Request) []map[string]any {
	document := func(t *resource.Type, description string) map[string]any {
		extensions := []any{}
		for _, urn := range t.Extensions() {
			extensions = append(extensions, map[string]any{"schema": urn, "required": false})
		}
		return map[string]any{
			"schemas":          []string{resourceTypeSchema},
			"id":               t.Name,
			"name":             t.Name,
			"description":      description,
			"endpoint":         t.Endpoint,
			"schema":           t.Schema(),
			"schemaExtensions": extensions,
			"meta": map[string]any{
				"resourceType": "ResourceType",
				"location":     s.base(r) + resourceTypesPath + "/" + t.Name,
			},
		}
	}
	return []map[string]any{
		document(resource.User(), "User Account"),
		document(resource.Group(), "Group"),
	}
}

// listResourceTypes is GET /ResourceTypes.
func (s *service) listResourceTypes(w http.ResponseWriter, r *http.Request) error {
	return showDocuments(w, r, s.resourceTypes(r))
}

// getResourceType is GET /ResourceTypes/{id}.
func (s *service) getResourceType(w http.ResponseWriter, r *http.Request) error {
	return showOne(w, r, s.resourceTypes(r), func(id, wanted string) bool { return id == wanted })
}

// schemas are the documents of RFC 7643 section 7.
func (s *service) schemas(r *http.Request) []map[string]any {
	documents := slices.Clone(resource.SchemaDocuments())
	for i, d := range documents {
		id, _ := d["id"].(string)
		d = maps.Clone(d)
		d["meta"] = map[string]any{
			"resourceType": "Schema",
			"location":     s.base(r) + schemasPath + "/" + id,
		}
		documents[i] = d
	}
	return documents
}

// listSchemas is GET /Schemas.
func (s *service) listSchemas(w http.ResponseWriter, r *http.Request) error {
	return showDocuments(w, r, s.schemas(r))
}

// getSchema is GET /Schemas/{urn}; URNs compare without case (RFC 7644 section
// 3.10).
func (s *service) getSchema(w http.ResponseWriter, r *http.Request) error {
	return showOne(w, r, s.schemas(r), strings.EqualFold)
}

// showOne answers with the document that the path names.
func showOne(w http.ResponseWriter, r *http.Request, documents []map[string]any, equal func(id, wanted string) bool) error {
	wanted, err := url.PathUnescape(chi.URLParam(r, "id"))
	if err != nil {
		return directory.ErrNotFound
	}
	for _, d := range documents {
		if id, _ := d["id"].(string); equal(id, wanted) {
			return showDocument(w, r, d)
		}
	}
	return directory.ErrNotFound
}

// showDocument answers with one document.
func showDocument(w http.ResponseWriter, r *http.Request, document map[string]any) error {
	a := newAnswer(w, r, http.StatusOK)
	if err := writeDocument(&a.buf, document); err != nil {
		return err
	}
	return a.end()
}

// showDocuments answers with all documents of a kind; there are no pages.
func showDocuments(w http.ResponseWriter, r *http.Request, documents []map[string]any) error {
	a := newAnswer(w, r, http.StatusOK)
	listHead(&a.buf, len(documents), 1, len(documents))
	for i, d := range documents {
		if i > 0 {
			a.buf.WriteByte(',')
		}
		if err := writeDocument(&a.buf, d); err != nil {
			return err
		}
	}
	a.buf.WriteString(listTail)
	return a.end()
}

func writeDocument(buf *bytes.Buffer, document map[string]any) error {
	buf.WriteByte('{')
	if err := writeFields(buf, document); err != nil {
		return err
	}
	buf.WriteByte('}')
	return nil
}
