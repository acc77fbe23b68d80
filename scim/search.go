package scim

import (
	"encoding/json"
	"errors"
	"net/http"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// searchRequest is the body of a POST to .search (RFC 7644 section 3.4.3, RFC
// 9865 section 3).
type searchRequest struct {
	Attributes         []string `json:"attributes"`
	ExcludedAttributes []string `json:"excludedAttributes"`
	Filter             string   `json:"filter"`
	SortBy             string   `json:"sortBy"`
	SortOrder          string   `json:"sortOrder"`
	StartIndex         *int     `json:"startIndex"`
	Count              *int     `json:"count"`
	Cursor             *string  `json:"cursor"`
}

// search is POST to .search below a collection or the root (RFC 7644 section
// 3.4.3), for clients whose filter must not stand in a URL.
func (s *service) search(types ...*resource.Type) endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		body, err := readBody(r)
		if err != nil {
			return err
		}
		if err := resource.CheckObject(body); err != nil {
			return err
		}
		var in searchRequest
		if err := json.Unmarshal(body, &in); err != nil {
			return notAMessage("search request", err)
		}
		a := asked{
			attributes: in.Attributes, excluded: in.ExcludedAttributes,
			sortBy: in.SortBy, sortOrder: in.SortOrder,
			start: in.StartIndex, count: in.Count, cursor: in.Cursor,
		}
		if in.Filter != "" {
			a.filter = &in.Filter
		}
		q, err := s.newQuery(r, a, types)
		if err != nil {
			return err
		}
		return s.showList(w, r, q)
	}
}

// notAMessage says in the client's terms what is wrong with the body of a
// request that has a schema of its own.
func notAMessage(kind string, err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &wrong):
		return badRequest(scimerrors.ScimTypeInvalidSyntax, "the body is no valid JSON: %v", err)
	case wrong.Field == "":
		return badRequest(scimerrors.ScimTypeInvalidSyntax, "the body is not a %s: want a JSON object, not %s", kind, wrong.Value)
	}
	return badRequest(scimerrors.ScimTypeInvalidSyntax, "the body is not a %s: %s does not take %s", kind, wrong.Field, wrong.Value)
}
