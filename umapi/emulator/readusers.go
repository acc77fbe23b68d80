package emulator

import (
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
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
// its user groups grant unless only the direct ones are asked for. An Adobe ID
// has the domain of its e-mail, as recorded answers had it.
func (a *account) body(directOnly bool) userBody {
	b := userBody{
		ID: a.id, Email: a.email, Status: a.status, Username: a.username, Domain: a.domain,
		FirstName: a.first, LastName: a.last, Country: a.country, Type: a.idType,
	}
	if a.home == nil {
		_, b.Domain, _ = strings.Cut(a.email, "@")
	}
	for _, g := range a.held(directOnly) {
		b.Groups = append(b.Groups, g.name)
	}
	return b
}

// show is body as the switches disguise it.
func (e *Emulator) show(a *account, directOnly bool) userBody {
	b := a.body(directOnly)
	if e.cfg.Switches.UpperCaseUsernames && a.home != nil {
		b.Username = strings.ToUpper(b.Username)
	}
	if e.cfg.Switches.UnstableGroupOrder {
		e.arrange.chance.Shuffle(len(b.Groups), func(i, j int) { b.Groups[i], b.Groups[j] = b.Groups[j], b.Groups[i] })
	}
	return b
}

// userList is a list of users before a page is cut out of it.
type userList struct {
	list    string // "users", or for members the name of their group
	group   string // what the answer has as its name; empty for all users
	users   roll[account]
	counted int // in X-Total-Count, which may be more than there are
	show    func(*account) userBody
}

// serveUsers lists the active users of the organisation (getUsersWithPage).
func (e *Emulator) serveUsers(q *request, args []string, _ *Entry) reply {
	l := userList{list: "users", users: &e.org.listed, counted: e.org.listed.len() + e.cfg.TechnicalAccounts}
	if q.query.Has("domain") {
		home := e.org.domains[fold(q.query.Get("domain"))]
		var found plain[account]
		for a := range e.org.listed.all() {
			if home != nil && a.home == home {
				found = append(found, a)
			}
		}
		l.users = found
		if !e.cfg.Switches.TotalCountUnfiltered {
			l.counted = len(found)
		}
	}
	directOnly := flag(q.query, "directOnly", true)
	l.show = func(a *account) userBody { return e.show(a, directOnly) }
	return e.userPage(args[0], l)
}

// userPage cuts the page with that number out of l.
func (e *Emulator) userPage(number string, l userList) reply {
	p, ok := cut(number, l.users.len(), e.cfg.UsersPerPage)
	if !ok {
		return badPage(number)
	}
	if r := e.beyondEnd(p, BeyondEndRepeat); r != nil {
		return *r
	}
	p.total = l.counted
	body := usersBody{LastPage: e.last(p), Result: "success", GroupName: l.group, Users: make([]userBody, 0, p.to-p.from)}
	for _, a := range pageOf(e, l.list, p, l.users, seqOf) {
		body.Users = append(body.Users, l.show(a))
	}
	r := jsonReply(http.StatusOK, body)
	r.result = body.Result
	p.describe(&r)
	return r
}

// serveMembers lists the members of a group of any type, by its name or its
// numeric id (getUsersByGroup).
func (e *Emulator) serveMembers(q *request, args []string, _ *Entry) reply {
	if !readableName(args[1]) {
		return refuse(http.StatusBadRequest, "error.group.invalid_name", "Group name is invalid: "+args[1])
	}
	g := e.org.readable(args[1])
	if g == nil {
		r := jsonReply(http.StatusNotFound, listEnd{Result: "error.group.not_found", Message: "Not found: Group " + args[1]})
		r.result = "error.group.not_found"
		return r
	}
	directOnly := flag(q.query, "directOnly", true)
	members := e.org.holders(g, directOnly)
	l := userList{list: "members of " + g.name, group: g.name, counted: len(members)}
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
	l.users = plain[account](members)
	if !e.cfg.Switches.TotalCountUnfiltered {
		l.counted = len(members)
	}
	excludeGroups := flag(q.query, "excludeGroups", false)
	l.show = func(a *account) userBody {
		b := e.show(a, directOnly)
		if unlicensed[a] {
			b.Status = "inactive"
		}
		if excludeGroups {
			b.Groups = nil
		}
		return b
	}
	return e.userPage(args[0], l)
}

// readableName reports whether a group could have that name. What the service
// takes for an invalid one is not documented.
func readableName(name string) bool {
	return utf8.RuneCountInString(name) <= maxGroupName && !strings.ContainsFunc(name, unicode.IsControl)
}

// readable finds a group by name or by id. An administrative group that nobody
// has joined is found too, and is empty.
func (o *org) readable(nameOrID string) *group {
	if g := o.group(nameOrID); g != nil {
		return g
	}
	if id, err := strconv.ParseInt(nameOrID, 10, 64); err == nil {
		if g := o.byID.get(uint64(id)); g != nil {
			return g
		}
	}
	if strings.EqualFold(nameOrID, listedOrgAdmin) {
		return o.group(nameOrgAdmin)
	}
	return o.impliedGroup(nameOrID)
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
	a := e.lookUp(login, domain)
	if a == nil || a.status != statusActive {
		return refuse(http.StatusNotFound, "error.user.not_found", "User not found "+login)
	}
	r := jsonReply(http.StatusOK, struct {
		Result string   `json:"result"`
		User   userBody `json:"user"`
	}{"success", e.show(a, flag(q.query, "directOnly", true))})
	r.result = "success"
	return r
}

// lookUp is find for reads, where domain narrows the search and may go with an
// e-mail. A username that looks like one is found where no e-mail in that
// directory is the same.
func (e *Emulator) lookUp(login, domain string) *account {
	switch {
	case domain == "" && e.cfg.Switches.SingleReadPrefersAdobeID:
		if a := e.org.find(login, "", true); a != nil {
			return a
		}
		return e.org.find(login, "", false)
	case domain == "":
		return e.org.find(login, "", false)
	case strings.EqualFold(domain, "AdobeID"):
		return e.org.find(login, "", true)
	}
	home := e.org.domains[fold(domain)]
	if home == nil {
		return nil
	}
	for _, a := range []*account{e.org.owned[fold(login)], e.org.byUsername(home, login)} {
		if a != nil && a.member && a.home == home {
			return a
		}
	}
	return nil
}
