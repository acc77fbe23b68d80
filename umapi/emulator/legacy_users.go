package emulator

import "strings"

// oldUserBody is a user under the old names of its fields. Which of them are
// there depends on the list. There is also a phoneNumber in the documentation,
// which the organisation has for nobody.
type oldUserBody struct {
	ID         string   `json:"id,omitempty"`
	Email      string   `json:"email"`
	Status     string   `json:"status,omitempty"`
	AdminRoles []string `json:"adminRoles,omitempty"`
	Groups     []string `json:"groups,omitempty"`
	Username   string   `json:"username,omitempty"`
	Domain     string   `json:"domain,omitempty"`
	FirstName  string   `json:"firstName,omitempty"`
	LastName   string   `json:"lastName,omitempty"`
	Country    string   `json:"countryCode,omitempty"`
	Type       string   `json:"userType"`
}

// oldUser renames the fields of a user.
func oldUser(b userBody) oldUserBody {
	return oldUserBody{
		ID: b.ID, Email: b.Email, Status: b.Status, AdminRoles: oldRoles(b.Groups), Groups: b.Groups,
		Username: b.Username, Domain: b.Domain, FirstName: b.FirstName, LastName: b.LastName,
		Country: b.Country, Type: b.Type,
	}
}

// oldRoles are the administrative groups among groups, by their old names: the
// user group or profile that they administer, or a word for the whole
// organisation.
func oldRoles(groups []string) []string {
	var roles []string
	for _, name := range groups {
		switch fold(name) {
		case nameOrgAdmin:
			roles = append(roles, "org")
		case "_deployment_admin":
			roles = append(roles, "deployment")
		case "_support_admin":
			roles = append(roles, "support")
		default:
			if of, ok := strings.CutPrefix(name, prefixAdmin); ok {
				roles = append(roles, of)
			}
		}
	}
	return roles
}

// oldGroupUser is a member or an administrator of a user group
// (QueryUserGroups).
func oldGroupUser(b userBody) oldUserBody {
	return oldUserBody{
		Email: b.Email, Status: b.Status, FirstName: b.FirstName, LastName: b.LastName, Country: b.Country, Type: b.Type,
	}
}

// oldProfileUser is a member or an administrator of a product profile
// (getProductProfileUsers).
func oldProfileUser(b userBody) oldUserBody {
	return oldUserBody{
		ID: b.ID, Email: b.Email, Username: b.Username, Domain: b.Domain,
		FirstName: b.FirstName, LastName: b.LastName, Type: b.Type,
	}
}

// serveOldUsers lists the active users of the organisation (getUsersREST).
func (e *Emulator) serveOldUsers(q *request, _ []string, _ *Entry) reply {
	directOnly := flag(q.query, "directOnly", true)
	return oldList[account, oldUserBody]{
		name: "old users", size: e.cfg.UsersPerPage, entries: &e.org.listed, hidden: e.cfg.TechnicalAccounts,
		number: seqOf, show: func(a *account) oldUserBody { return oldUser(e.show(a, directOnly)) },
	}.serve(e, q)
}

// serveOldMembers lists the active direct members of g, which is nil for an
// administrative group that nobody has joined yet.
func (e *Emulator) serveOldMembers(q *request, g *group, as func(userBody) oldUserBody) reply {
	l := oldList[account, oldUserBody]{
		name: "old members", size: e.cfg.UsersPerPage, entries: plain[account]{},
		number: seqOf, show: func(a *account) oldUserBody { return as(e.show(a, true)) },
	}
	if g != nil {
		l.name, l.entries = "old members of "+g.name, plain[account](e.org.holders(g, true))
	}
	return l.serve(e, q)
}
