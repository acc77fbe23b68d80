package emulator

import (
	"net/http"
	"strconv"
)

// oldGroupBody is a user group. What is empty or zero is left out.
type oldGroupBody struct {
	GroupID        int64  `json:"groupId"`
	Name           string `json:"name"`
	Type           string `json:"type"`
	AdminGroupID   string `json:"adminGroupId,omitempty"` // a string, unlike groupId
	AdminGroupName string `json:"adminGroupName,omitempty"`
	UserCount      int    `json:"userCount,omitempty"`
	AdminCount     string `json:"adminCount,omitempty"` // a string, unlike userCount
	ReadOnly       bool   `json:"isReadOnly,omitempty"`
}

func (o *org) oldGroupBody(g *group) oldGroupBody {
	b := oldGroupBody{GroupID: g.id, Name: g.name, Type: g.groupType, UserCount: g.members.len(), ReadOnly: g.readOnly}
	if admins := o.adminsOf(g); admins != nil && admins.shown() {
		b.AdminGroupID = strconv.FormatInt(admins.id, 10)
		b.AdminGroupName = admins.name
		b.AdminCount = strconv.Itoa(admins.members.len())
	}
	return b
}

// adminsOf returns the administrators of a user group or profile, or nil if
// there never were any.
func (o *org) adminsOf(g *group) *group { return o.group(prefixAdmin + g.name) }

// oldGroup finds a user group by its id.
func (o *org) oldGroup(text string) *group {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil
	}
	if g := o.byID.get(uint64(id)); g != nil && g.groupType == GroupTypeUserGroup {
		return g
	}
	return nil
}

// serveOldGroups lists the user groups (getUserGroups).
func (e *Emulator) serveOldGroups(q *request, _ []string, _ *Entry) reply {
	var groups plain[group]
	for g := range e.org.byID.all() {
		if g.groupType == GroupTypeUserGroup {
			groups = append(groups, g)
		}
	}
	return oldList[group, oldGroupBody]{
		name: "old groups", first: oldFirstGroupPage, size: e.cfg.GroupsPerPage, entries: groups,
		number: idOf, show: e.org.oldGroupBody,
	}.serve(e, q)
}

// serveOldGroup reads one user group (getUserGroup).
func (e *Emulator) serveOldGroup(_ *request, args []string, _ *Entry) reply {
	g := e.org.oldGroup(args[0])
	if g == nil {
		return oldRefusal(http.StatusNotFound, oldGroupNotFound)
	}
	return jsonReply(http.StatusOK, e.org.oldGroupBody(g))
}

// serveOldGroupUsers lists the members of a user group (QueryUserGroups).
func (e *Emulator) serveOldGroupUsers(q *request, args []string, _ *Entry) reply {
	g := e.org.oldGroup(args[0])
	if g == nil {
		return oldRefusal(http.StatusNotFound, oldGroupNotFound)
	}
	return e.serveOldMembers(q, g, oldGroupUser)
}

// serveOldGroupAdmins lists the administrators of a user group, as the
// documentation had it until 2022 (QueryUserGroups).
func (e *Emulator) serveOldGroupAdmins(q *request, args []string, _ *Entry) reply {
	g := e.org.oldGroup(args[0])
	if g == nil {
		return oldRefusal(http.StatusNotFound, oldGroupNotFound)
	}
	return e.serveOldMembers(q, e.org.adminsOf(g), oldGroupUser)
}
