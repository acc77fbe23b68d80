package emulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// parameters are those that an endpoint knows in a query, each with what its
// value has to be; nil is anything.
type parameters map[string]*choice

// choice is what the value of a parameter has to be.
type choice struct {
	is   string // in words
	fits []string
}

var (
	boolean = &choice{"true or false", []string{"true", "false"}}
	licence = &choice{"active or inactive", []string{"active", "inactive"}}
)

// The parameters of each endpoint. Those of the token service may stand in its
// query too.
var (
	tokenQuery    = parameters{"grant_type": nil, "client_id": nil, "client_secret": nil, "scope": nil}
	exchangeQuery = parameters{"client_id": nil, "client_secret": nil, "jwt_token": nil}
	actionQuery   = parameters{"testOnly": boolean}
	usersQuery    = parameters{"domain": nil, "directOnly": boolean}
	membersQuery  = parameters{"directOnly": boolean, "status": licence, "excludeGroups": boolean}
	oldUsersQuery = parameters{"page": nil, "directOnly": boolean}
	oldListQuery  = parameters{"page": nil}
)

// mistakes says what in the query of q is wrong, empty for nothing. The service
// passes over all of it. Of the token service it quotes nothing, since that
// could be a secret.
func (p parameters) mistakes(q *request) string {
	secret := q.segments[0] == "ims"
	var found []string
	switch {
	case q.badQuery == nil:
	case secret:
		found = append(found, "the query cannot be read")
	default:
		found = append(found, fmt.Sprintf("the query cannot be read: %v", q.badQuery))
	}
	for _, name := range slices.Sorted(maps.Keys(q.query)) {
		wanted, known := p[name]
		switch {
		case known && wanted.allows(q.query[name]):
		case known:
			found = append(found, fmt.Sprintf("the parameter %s is not %s", name, wanted.is))
		case secret:
			found = append(found, "a parameter in the query is unknown here")
		default:
			found = append(found, fmt.Sprintf("the parameter %q is unknown here", name))
		}
	}
	return strings.Join(found, "; ")
}

// allows reports whether each of values is as c wants it, in any case.
func (c *choice) allows(values []string) bool {
	return c == nil || !slices.ContainsFunc(values, func(value string) bool {
		return !slices.ContainsFunc(c.fits, func(fit string) bool { return strings.EqualFold(fit, value) })
	})
}
