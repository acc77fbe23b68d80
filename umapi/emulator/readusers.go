package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// userBody is a user as reads show it. What is not set is left out.
type userBody struct {
	ID        string   `json:"id"`
	Email     string   `json:"email"`
	Status    string   `json:"status"`
	Groups    []string `json:"groups,omitempty"`
	Username  string   `json:"username,omitempty"`
	Domain    string   `json:"domain,omitempty"`
	FirstName string   `json:"firstname,omitempty"`
	LastName  string   `json:"lastname,omitempty"`
	Country   string   `json:"country,omitempty"`
	Type      string   `json:"type"`
}

type usersBody struct {
	LastPage  bool       `json:"lastPage"`
	Result    string     `json:"result"`
	GroupName string     `json:"groupName,omitempty"`
	Users     []userBody `json:"users"`
}

// body shows a with the groups it is directly in, and with the profiles that
// its user groups grant unless only the direct ones are asked for.
func (a *account) body(directOnly bool) userBody {
	b := userBody{
		ID: a.id, Email: a.email, Status: a.status, Username: a.username, Domain: a.domain,
		FirstName: a.first, LastName: a.last, Country: a.country, Type: a.idType,
	}
	held := make([]*group, 0, len(a.groups))
	for g := range a.groups {
		held = append(held, g)
		if directOnly {
			continue
		}
		for p := range g.profiles {
			held = append(held, p)
		}
	}
	slices.SortFunc(held, func(x, y *group) int { return cmp.Compare(x.id, y.id) })
	for _, g := range slices.Compact(held) {
		b.Groups = append(b.Groups, g.name)
	}
	return b
}

// serveUsers lists the active users of the organisation (getUsersWithPage).
func (e *Emulator) serveUsers(q *request, args []string, _ *Entry) reply {
	users := e.org.active()
	if q.query.Has("domain") {
		home := e.org.domains[fold(q.query.Get("domain"))]
		users = slices.DeleteFunc(slices.Clone(users), func(a *account) bool { return home == nil || a.home != home })
	}
	return e.userPage(args[0], "", users, func(a *account) userBody {
		return a.body(flag(q.query, "directOnly", true))
	})
}

// userPage cuts a page out of users and shows each of its own.
func (e *Emulator) userPage(number, groupName string, users []*account, show func(*account) userBody) reply {
	p, ok := cut(number, len(users), e.cfg.UsersPerPage)
	if !ok {
		return badPage(number)
	}
	if r := e.beyondEnd(p, BeyondEndRepeat); r != nil {
		return *r
	}
	body := usersBody{LastPage: p.last(), Result: "success", GroupName: groupName, Users: []userBody{}}
	for _, a := range users[p.from:p.to] {
		body.Users = append(body.Users, show(a))
	}
	r := jsonReply(http.StatusOK, body)
	r.result = body.Result
	p.describe(&r)
	return r
}

// serveMembers lists the members of a group of any type, by its name or its
// numeric id (getUsersByGroup).
func (e *Emulator) serveMembers(q *request, args []string, _ *Entry) reply {
	g := e.org.readable(args[1])
	if g == nil {
		r := jsonReply(http.StatusNotFound, listEnd{Result: "error.group.not_found", Message: "Not found: Group " + args[1]})
		r.result = "error.group.not_found"
		return r
	}
	directOnly := flag(q.query, "directOnly", true)
	members := e.org.holders(g, directOnly)
	licensed := g.licensed(members)
	unlicensed := map[*account]bool{}
	for _, a := range members[licensed:] {
		unlicensed[a] = true
	}
	switch strings.ToLower(q.query.Get("status")) {
	case "active":
		members = members[:licensed]
	case "inactive":
		members = members[licensed:]
	}
	return e.userPage(args[0], g.name, members, func(a *account) userBody {
		b := a.body(directOnly)
		if unlicensed[a] {
			b.Status = "inactive"
		}
		if flag(q.query, "excludeGroups", false) {
			b.Groups = nil
		}
		return b
	})
}

// readable finds a group by name or by id. An administrative group that nobody
// has joined is found too, and is empty.
func (o *org) readable(nameOrID string) *group {
	if g := o.group(nameOrID); g != nil {
		return g
	}
	if id, err := strconv.ParseInt(nameOrID, 10, 64); err == nil {
		for _, g := range o.allGroups() {
			if g.id == id {
				return g
			}
		}
	}
	if strings.EqualFold(nameOrID, listedOrgAdmin) {
		return o.group(nameOrgAdmin)
	}
	return o.impliedGroup(nameOrID)
}

// holders returns the active members of g in the order in which they joined,
// and unless only direct ones are asked for also those who hold a profile
// through a user group.
func (o *org) holders(g *group, directOnly bool) []*account {
	var found []*account
	seen := map[*account]bool{}
	collect := func(g *group) {
		for _, a := range g.inOrder() {
			if a.status == statusActive && !seen[a] {
				seen[a] = true
				found = append(found, a)
			}
		}
	}
	collect(g)
	if !directOnly && g.groupType == GroupTypeProductProfile {
		for _, h := range o.allGroups() {
			if h.profiles[g] {
				collect(h)
			}
		}
	}
	return found
}

// licensed is how many of members, from the first, have a licence. The others
// are members without one.
func (g *group) licensed(members []*account) int {
	quota, err := strconv.Atoi(g.quota)
	if g.groupType != GroupTypeProductProfile || err != nil {
		return len(members)
	}
	return min(quota, len(members))
}

// serveUser reads one user by e-mail, or by username and domain (getUser).
func (e *Emulator) serveUser(q *request, args []string, _ *Entry) reply {
	login, domain := args[0], q.query.Get("domain")
	if !strings.Contains(login, "@") && domain == "" {
		return refuse(http.StatusBadRequest, "error.user.email.invalid", "Email is invalid: "+login)
	}
	a := e.org.lookUp(login, domain)
	if a == nil || a.status != statusActive {
		return refuse(http.StatusNotFound, "error.user.not_found", "User not found "+login)
	}
	r := jsonReply(http.StatusOK, struct {
		Result string   `json:"result"`
		User   userBody `json:"user"`
	}{"success", a.body(flag(q.query, "directOnly", true))})
	r.result = "success"
	return r
}

// lookUp is find for reads, where domain narrows the search and may go with an
// e-mail.
func (o *org) lookUp(login, domain string) *account {
	switch {
	case domain == "":
		return o.find(login, "", false)
	case strings.EqualFold(domain, "AdobeID"):
		return o.find(login, "", true)
	}
	home := o.domains[fold(domain)]
	if home == nil {
		return nil
	}
	a := o.owned[fold(login)]
	if !strings.Contains(login, "@") {
		a = home.logins[fold(login)]
	}
	if a == nil || !a.member || a.home != home {
		return nil
	}
	return a
}
