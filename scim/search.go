package scim

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
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

// readSearch reads a search from the body, for clients whose filter must not
// stand in a URL, and the page that it asks for.
func readSearch(r *http.Request) (searchRequest, directory.Page, error) {
	body, err := readBody(r)
	if err != nil {
		return searchRequest{}, directory.Page{}, err
	}
	var in searchRequest
	if err := json.Unmarshal(body, &in); err != nil {
		return searchRequest{}, directory.Page{}, notAMessage("search request", err)
	}
	start, count := 1, defaultCount
	if in.StartIndex != nil {
		start = *in.StartIndex
	}
	if in.Count != nil {
		count = *in.Count
	}
	return in, pageOf(start, count), nil
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

// searchOf reads a search for resources of one type.
func (s *service) searchOf(r *http.Request, t *resource.Type) (query, error) {
	in, page, err := readSearch(r)
	if err != nil {
		return query{}, err
	}
	projection, err := resource.ParseProjection(t, in.Attributes, in.ExcludedAttributes)
	if err != nil {
		return query{}, err
	}
	var where filter.Expr
	if in.Filter != "" {
		if where, err = t.ParseFilter(in.Filter, s.options); err != nil {
			return query{}, err
		}
	}
	return query{projection: projection, where: where, page: page}, nil
}

// searchAll is POST /.search (RFC 7644 section 3.4.3): users, and after the last
// of them groups, in one list with one count.
func (s *service) searchAll(w http.ResponseWriter, r *http.Request) error {
	users, groups, err := s.searchOfAll(r)
	if err != nil {
		return err
	}
	start := users.page.Start
	people, err := s.dir.Users(r.Context(), s.org.Name, users.where, users.page)
	if err != nil {
		return err
	}
	groups.page = directory.Page{Start: max(start-people.Total, 1), Count: users.page.Count - len(people.Resources)}
	teams, err := s.dir.Groups(r.Context(), s.org.Name, groups.where, groups.page)
	if err != nil {
		return err
	}
	memberships, err := s.groupsOf(r, people.Resources, users.projection)
	if err != nil {
		return err
	}
	a := newAnswer(w, r, http.StatusOK)
	listHead(&a.buf, people.Total+teams.Total, start, len(people.Resources)+len(teams.Resources))
	if err := s.appendUsers(r, a, people.Resources, memberships, users.projection); err != nil {
		return err
	}
	if len(people.Resources) > 0 && len(teams.Resources) > 0 {
		a.buf.WriteByte(',')
	}
	if err := s.appendGroups(r, a, teams.Resources, groups.projection); err != nil {
		return err
	}
	a.buf.WriteString(listTail)
	return a.end()
}

// searchOfAll reads a search for resources of every type.
func (s *service) searchOfAll(r *http.Request) (users, groups query, err error) {
	in, page, err := readSearch(r)
	if err != nil {
		return query{}, query{}, err
	}
	users.page, groups.page = page, page
	if users.projection, err = resource.ParseProjection(resource.User(), in.Attributes, in.ExcludedAttributes); err != nil {
		return query{}, query{}, err
	}
	if groups.projection, err = resource.ParseProjection(resource.Group(), in.Attributes, in.ExcludedAttributes); err != nil {
		return query{}, query{}, err
	}
	if strings.TrimSpace(in.Filter) == "" {
		return users, groups, nil
	}
	where, err := resource.ParseFilters(in.Filter, s.options, resource.User(), resource.Group())
	if err != nil {
		return query{}, query{}, err
	}
	users.where, groups.where = where[0], where[1]
	return users, groups, nil
}
