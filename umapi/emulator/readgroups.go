package emulator

import (
	"net/http"
	"slices"
)

// groupBody is a group as the list shows it. Its description is never shown.
type groupBody struct {
	GroupID            int64  `json:"groupId"`
	GroupName          string `json:"groupName"`
	Type               string `json:"type"`
	MemberCount        int    `json:"memberCount"`
	AdminGroupName     string `json:"adminGroupName,omitempty"`
	UserGroupName      string `json:"userGroupName,omitempty"`
	ProductProfileName string `json:"productProfileName,omitempty"`
	ProductName        string `json:"productName,omitempty"`
	LicenseQuota       string `json:"licenseQuota,omitempty"` // a string, even for a number
}

type groupsBody struct {
	LastPage bool        `json:"lastPage"`
	Result   string      `json:"result"`
	Groups   []groupBody `json:"groups"`
}

// serveGroups lists the groups of every type (getGroups).
func (e *Emulator) serveGroups(_ *request, args []string, _ *Entry) reply {
	shown := slices.DeleteFunc(e.org.allGroups(), func(g *group) bool { return !g.shown() })
	p, ok := cut(args[0], len(shown), e.cfg.GroupsPerPage)
	if !ok {
		return badPage(args[0])
	}
	if r := e.beyondEnd(p, BeyondEndEmptyBody); r != nil {
		return *r
	}
	body := groupsBody{LastPage: p.last(), Result: "success", Groups: []groupBody{}}
	for _, g := range shown[p.from:p.to] {
		body.Groups = append(body.Groups, e.org.groupBody(g))
	}
	r := jsonReply(http.StatusOK, body)
	r.result = body.Result
	p.describe(&r)
	return r
}

func (o *org) groupBody(g *group) groupBody {
	b := groupBody{
		GroupID: g.id, GroupName: g.name, Type: g.groupType, MemberCount: len(g.members),
		ProductName: g.product, LicenseQuota: g.quota,
	}
	if g.name == nameOrgAdmin {
		b.GroupName = listedOrgAdmin
	}
	if admins := o.group(prefixAdmin + g.name); admins != nil && len(admins.members) > 0 {
		b.AdminGroupName = admins.name
	}
	switch {
	case g.base == nil:
	case g.base.groupType == GroupTypeUserGroup:
		b.UserGroupName = g.base.name
	default:
		b.ProductProfileName = g.base.name
	}
	return b
}
