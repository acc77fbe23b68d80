package emulator

import "net/http"

// groupBody is a group as the list shows it. Its description is never shown.
type groupBody struct {
	GroupID            int64  `json:"groupId"`
	GroupName          string `json:"groupName"`
	Type               string `json:"type,omitempty"`
	MemberCount        int    `json:"memberCount"`
	AdminGroupName     string `json:"adminGroupName,omitempty"`
	UserGroupName      string `json:"userGroupName,omitempty"`
	ProductProfileName string `json:"productProfileName,omitempty"`
	ProductName        string `json:"productName,omitempty"`
	ContractName       string `json:"contractName,omitempty"`
	LicenseQuota       string `json:"licenseQuota,omitempty"` // a string, even for a number
}

type groupsBody struct {
	LastPage bool        `json:"lastPage"`
	Result   string      `json:"result"`
	Groups   []groupBody `json:"groups"`
}

// serveGroups lists the groups of every type (getGroups).
func (e *Emulator) serveGroups(_ *request, args []string, _ *Entry) reply {
	shown := make(plain[group], 0, e.org.byID.len())
	for g := range e.org.byID.all() {
		if g.shown() {
			shown = append(shown, g)
		}
	}
	p, ok := cut(args[0], len(shown), e.cfg.GroupsPerPage)
	if !ok {
		return badPage(args[0])
	}
	if r := e.beyondEnd(p, BeyondEndEmptyBody); r != nil {
		return *r
	}
	body := groupsBody{LastPage: e.last(p), Result: "success", Groups: []groupBody{}}
	for i, g := range pageOf(e, "groups", p, shown, idOf) {
		b := e.org.groupBody(g)
		if e.cfg.Switches.MissingGroupTypes && (p.from+i)%3 == 2 {
			b.Type = ""
		}
		body.Groups = append(body.Groups, b)
	}
	r := jsonReply(http.StatusOK, body)
	r.result = body.Result
	p.describe(&r)
	return r
}

func (o *org) groupBody(g *group) groupBody {
	b := groupBody{
		GroupID: g.id, GroupName: g.name, Type: g.groupType, MemberCount: g.members.len(),
		ProductName: g.product, ContractName: g.contract, LicenseQuota: g.quota,
	}
	if g.name == nameOrgAdmin {
		b.GroupName = listedOrgAdmin
	}
	if admins := o.adminsOf(g); admins != nil && admins.members.len() > 0 {
		b.AdminGroupName = admins.name
	}
	switch {
	case g.groupType == GroupTypeContractAdmin:
		// The administrators of a contract are its members, and yet have a name.
		b.AdminGroupName = prefixAdmin + g.name
	case g.base == nil:
	case g.base.groupType == GroupTypeUserGroup:
		b.UserGroupName = g.base.name
	default:
		b.ProductProfileName = g.base.name
	}
	return b
}
