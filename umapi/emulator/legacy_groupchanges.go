package emulator

import (
	"encoding/json"
	"net/http"
)

// oldGroupChange is the body of a request that makes or changes a user group.
type oldGroupChange struct {
	name        string
	description *string // nil if there is none
}

// readOldGroupChange reads the body and judges the name: it must be there, and
// be that of no group but self, which is nil for one to be made.
func (e *Emulator) readOldGroupChange(q *request, entry *Entry, self *group) (oldGroupChange, *reply) {
	if refusal := e.checkOldBody(q); refusal != nil {
		return oldGroupChange{}, refusal
	}
	values, p := readStrings(json.RawMessage(q.body), []string{"name", "description"}, "error.command.illegal_entry")
	c := oldGroupChange{name: values["name"]}
	if text, ok := values["description"]; ok {
		c.description = &text
	}
	p = firstProblem(p, checkGroupName(c.name), limit("description", values["description"], maxString))
	var r reply
	switch {
	case p != nil:
		if p.foreign {
			entry.Unexpected = p.message
		}
		r = oldMistake(http.StatusBadRequest, "%s", p.message)
	case c.name == "":
		r = oldMistake(http.StatusBadRequest, "Group name is missing")
	default:
		if taken := e.org.group(c.name); taken == nil || taken == self {
			return c, nil
		}
		r = oldRefusal(http.StatusBadRequest, oldDuplicateGroupName)
	}
	return c, &r
}

// serveOldGroupCreate makes a user group, as the documentation had it until
// 2022 (createUserGroup).
func (e *Emulator) serveOldGroupCreate(q *request, _ []string, entry *Entry) reply {
	c, refusal := e.readOldGroupChange(q, entry, nil)
	if refusal != nil {
		return *refusal
	}
	g := &group{name: c.name, groupType: GroupTypeUserGroup}
	if c.description != nil {
		g.description = *c.description
	}
	e.org.insertGroup(g)
	entry.Applied = true
	return jsonReply(http.StatusOK, e.org.oldGroupBody(g))
}

// serveOldGroupUpdate names a user group anew, as the documentation had it
// until 2022 (updateUserGroup).
func (e *Emulator) serveOldGroupUpdate(q *request, args []string, entry *Entry) reply {
	g := e.org.oldGroup(args[0])
	if g == nil {
		return oldRefusal(http.StatusNotFound, oldGroupNotFound)
	}
	c, refusal := e.readOldGroupChange(q, entry, g)
	if refusal != nil {
		return *refusal
	}
	if g.readOnly {
		return oldReadOnly(readOnlyUpdate(g))
	}
	if c.name != g.name {
		e.org.renameGroup(g, c.name)
	}
	if c.description != nil {
		e.org.describe(g, *c.description)
	}
	entry.Applied = true
	return jsonReply(http.StatusOK, e.org.oldGroupBody(g))
}

// serveOldGroupDelete deletes a user group; its members stay in the
// organisation. The documentation had it until 2022 (deleteUserGroup).
func (e *Emulator) serveOldGroupDelete(q *request, args []string, entry *Entry) reply {
	g := e.org.oldGroup(args[0])
	if g == nil {
		return oldRefusal(http.StatusNotFound, oldGroupNotFound)
	}
	if g.readOnly {
		return oldReadOnly(newProblem("error.usergroup.readonly.remove_not_allowed",
			"User group owned by another organization. Remove not allowed: %s", g.name))
	}
	e.org.deleteGroup(g)
	entry.Applied = true
	return reply{status: http.StatusNoContent, header: http.Header{}}
}

// oldReadOnly refuses a change of a group that another organisation owns, with
// the code and message that actions have for it.
func oldReadOnly(p *problem) reply {
	return oldError(http.StatusBadRequest, oldProblem{Message: p.message, Code: p.code})
}
