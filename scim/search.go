package scim

import (
	"encoding/json"
	"net/http"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// searchRequest is the body of a POST to .search (RFC 7644 section 3.4.3).
type searchRequest struct {
	Attributes         []string `json:"attributes"`
	ExcludedAttributes []string `json:"excludedAttributes"`
	Filter             string   `json:"filter"`
	StartIndex         *int     `json:"startIndex"`
	Count              *int     `json:"count"`
}

// searchOf reads a search from the body, for clients whose filter must not
// stand in a URL.
func (s *service) searchOf(r *http.Request, t *resource.Type) (query, error) {
	body, err := readBody(r)
	if err != nil {
		return query{}, err
	}
	var in searchRequest
	if err := json.Unmarshal(body, &in); err != nil {
		return query{}, badRequest(scimerrors.ScimTypeInvalidSyntax, "the body is not a search request: %v", err)
	}
	projection, err := resource.ParseProjection(t, in.Attributes, in.ExcludedAttributes)
	if err != nil {
		return query{}, err
	}
	where, err := s.parseFilter(t, in.Filter)
	if err != nil {
		return query{}, err
	}
	start, count := 1, defaultCount
	if in.StartIndex != nil {
		start = *in.StartIndex
	}
	if in.Count != nil {
		count = *in.Count
	}
	return query{projection: projection, where: where, page: pageOf(start, count)}, nil
}
