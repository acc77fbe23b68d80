package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// kind names an endpoint. Each has its own rate limit.
type kind string

const (
	kindToken    kind = "token"
	kindExchange kind = "exchange"
	kindStatus   kind = "status"
	kindAction   kind = "action"
	kindUsers    kind = "users"
	kindMembers  kind = "members"
	kindUser     kind = "user"
	kindGroups   kind = "groups"

	// Those of the deprecated endpoints. Single products count as the list of
	// them, administrators as members, and all changes of user groups, and all
	// changes of profiles and products, as one endpoint.
	kindOldUsers         kind = "oldUsers"
	kindOldGroups        kind = "oldGroups"
	kindOldGroup         kind = "oldGroup"
	kindOldGroupUsers    kind = "oldGroupUsers"
	kindOldGroupChange   kind = "oldGroupChange"
	kindOldProducts      kind = "oldProducts"
	kindOldProfiles      kind = "oldProfiles"
	kindOldProfile       kind = "oldProfile"
	kindOldProfileUsers  kind = "oldProfileUsers"
	kindOldProfileChange kind = "oldProfileChange"
)

// endpoint is one thing that can be asked for. In its pattern a star stands
// for one segment of the path, which becomes an argument; the first argument
// of a managed endpoint is the organisation.
type endpoint struct {
	kind    kind
	method  string
	pattern []string
	managed bool // part of the API proper: needs a token, is rate limited
	serve   func(e *Emulator, q *request, args []string, entry *Entry) reply
	query   parameters
}

var endpoints = []endpoint{
	{kindToken, http.MethodPost, segments("ims/token/v2"), false, (*Emulator).serveToken, tokenQuery},
	{kindToken, http.MethodPost, segments("ims/token/v3"), false, (*Emulator).serveToken, tokenQuery},
	{kindExchange, http.MethodPost, segments("ims/exchange/jwt"), false, (*Emulator).serveExchange, exchangeQuery},
	{kindStatus, http.MethodGet, segments("status"), false, (*Emulator).serveStatus, nil},
	{kindAction, http.MethodPost, segments("v2/usermanagement/action/*"), true, (*Emulator).serveAction, actionQuery},
	{kindUsers, http.MethodGet, segments("v2/usermanagement/users/*/*"), true, (*Emulator).serveUsers, usersQuery},
	{kindMembers, http.MethodGet, segments("v2/usermanagement/users/*/*/*"), true, (*Emulator).serveMembers, membersQuery},
	{kindUser, http.MethodGet, segments("v2/usermanagement/organizations/*/users/*"), true, (*Emulator).serveUser, usersQuery},
	{kindGroups, http.MethodGet, segments("v2/usermanagement/groups/*/*"), true, (*Emulator).serveGroups, nil},

	{kindOldUsers, http.MethodGet, segments("v2/usermanagement/*/users"), true, (*Emulator).serveOldUsers, oldUsersQuery},
	{kindOldGroups, http.MethodGet, segments("v2/usermanagement/*/user-groups"), true, (*Emulator).serveOldGroups, oldListQuery},
	{kindOldGroupChange, http.MethodPost, segments("v2/usermanagement/*/user-groups"), true, (*Emulator).serveOldGroupCreate, nil},
	{kindOldGroup, http.MethodGet, segments("v2/usermanagement/*/user-groups/*"), true, (*Emulator).serveOldGroup, nil},
	{kindOldGroupChange, http.MethodPut, segments("v2/usermanagement/*/user-groups/*"), true, (*Emulator).serveOldGroupUpdate, nil},
	{kindOldGroupChange, http.MethodDelete, segments("v2/usermanagement/*/user-groups/*"), true, (*Emulator).serveOldGroupDelete, nil},
	{kindOldGroupUsers, http.MethodGet, segments("v2/usermanagement/*/user-groups/*/users"), true, (*Emulator).serveOldGroupUsers, oldListQuery},
	{kindOldGroupUsers, http.MethodGet, segments("v2/usermanagement/*/user-groups/*/admins"), true, (*Emulator).serveOldGroupAdmins, oldListQuery},
	{kindOldProducts, http.MethodGet, segments("v2/usermanagement/*/products"), true, (*Emulator).serveOldProducts, oldListQuery},
	{kindOldProducts, http.MethodGet, segments("v2/usermanagement/*/products/*"), true, (*Emulator).serveOldProduct, nil},
	{kindOldProfileChange, http.MethodPost, segments("v2/usermanagement/*/products/*/admin"), true, (*Emulator).serveOldProductAdmin, nil},
	{kindOldProfiles, http.MethodGet, segments("v2/usermanagement/*/products/*/configurations"), true, (*Emulator).serveOldProfiles, oldListQuery},
	{kindOldProfile, http.MethodGet, segments("v2/usermanagement/*/products/*/configurations/*"), true, (*Emulator).serveOldProfile, nil},
	{kindOldProfileChange, http.MethodPost, segments("v2/usermanagement/*/products/*/configurations/*"), true, (*Emulator).serveOldProfileChange, nil},
	{kindOldProfileUsers, http.MethodGet, segments("v2/usermanagement/*/products/*/configurations/*/users"), true, (*Emulator).serveOldProfileUsers, oldListQuery},
	{kindOldProfileUsers, http.MethodGet, segments("v2/usermanagement/*/products/*/configurations/*/admins"), true, (*Emulator).serveOldProfileAdmins, oldListQuery},
}

func segments(path string) []string { return strings.Split(path, "/") }

// route finds the endpoint of q and its arguments, or says why there is none.
func (e *Emulator) route(q *request) (endpoint, []string, *reply) {
	var allowed []string
	for _, ep := range endpoints {
		args, ok := match(ep.pattern, q.segments)
		if !ok {
			continue
		}
		if ep.method == q.method {
			return ep, args, nil
		}
		allowed = append(allowed, ep.method)
	}
	refusal := refuse(http.StatusNotFound, "error", "Not found: "+q.path)
	if len(allowed) > 0 {
		slices.Sort(allowed)
		refusal = refuse(http.StatusMethodNotAllowed, "error", "Method not allowed: "+q.method)
		refusal.header.Set("Allow", strings.Join(slices.Compact(allowed), ", "))
	}
	return endpoint{}, nil, &refusal
}

// match compares a path with a pattern. A trailing slash does not matter:
// Adobe's own client asks for tokens with one.
func match(pattern, path []string) ([]string, bool) {
	if n := len(path); n > 0 && path[n-1] == "" {
		path = path[:n-1]
	}
	if len(pattern) != len(path) {
		return nil, false
	}
	var args []string
	for i, p := range pattern {
		switch {
		case p == "*" && path[i] != "":
			args = append(args, path[i])
		case p != path[i]:
			return nil, false
		}
	}
	return slices.Clip(args), true
}

// serveStatus answers GET /status at the root of the host, as Adobe's client
// expects it.
func (e *Emulator) serveStatus(*request, []string, *Entry) reply {
	return jsonReply(http.StatusOK, struct {
		Build   string `json:"build"`
		Version string `json:"version"`
		State   string `json:"state"`
	}{"emulator", "2", "LIVE"})
}
