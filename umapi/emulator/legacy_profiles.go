package emulator

import "net/http"

// oldProfileBody is a product profile (getProductProfile). It has no name: that
// is found by licenseGroupId in the list of groups.
type oldProfileBody struct {
	ID             string `json:"id"`
	AdminCount     int    `json:"adminCount"`
	UserCount      int    `json:"userCount"`
	LicenseQuota   *int   `json:"licenseQuota"` // null if it has no number
	LicenseGroupID int64  `json:"licenseGroupId"`
	AdminGroupID   int64  `json:"adminGroupId,omitempty"`
	OrgID          string `json:"orgId"`
	ProductID      string `json:"productId"`
}

func (e *Emulator) oldProfileBody(p *oldProduct, g *group) oldProfileBody {
	b := oldProfileBody{
		ID: oldProfileID(g), UserCount: g.members.len(), LicenseQuota: oldQuota(g),
		LicenseGroupID: g.id, OrgID: e.cfg.OrgID, ProductID: p.id,
	}
	if admins := e.org.adminsOf(g); admins != nil {
		b.AdminGroupID = admins.id
		b.AdminCount = admins.members.len()
	}
	return b
}

// oldProfile finds the profile g of product p that args name, or the answer to
// give.
func (e *Emulator) oldProfile(args []string) (p *oldProduct, g *group, refusal *reply) {
	if p = e.org.oldProduct(args[0]); p != nil {
		g = p.profile(args[1])
	}
	if g == nil {
		r := oldRefusal(http.StatusNotFound, oldProfileNotFound)
		return nil, nil, &r
	}
	return p, g, nil
}

// serveOldProfiles lists the profiles of a product (getAllProfilesForOrg). It is
// the only list that is not a bare array: the product is around it.
func (e *Emulator) serveOldProfiles(q *request, args []string, _ *Entry) reply {
	p := e.org.oldProduct(args[0])
	if p == nil {
		return oldRefusal(http.StatusNotFound, oldProfileNotFound)
	}
	cutting, refusal := e.oldPage(q, 0, len(p.profiles), e.cfg.GroupsPerPage)
	if refusal != nil {
		return *refusal
	}
	body := struct {
		oldProductBody
		Profiles []oldProfileBody `json:"licenseConfigurations"`
	}{p.body(), []oldProfileBody{}}
	for _, g := range pageOf(e, "old profiles of "+p.name, cutting, plain[group](p.profiles), idOf) {
		body.Profiles = append(body.Profiles, e.oldProfileBody(p, g))
	}
	r := jsonReply(http.StatusOK, body)
	cutting.describeOld(&r, 0)
	return r
}

// serveOldProfile reads one profile (getProductProfile).
func (e *Emulator) serveOldProfile(_ *request, args []string, _ *Entry) reply {
	p, g, refusal := e.oldProfile(args)
	if refusal != nil {
		return *refusal
	}
	return jsonReply(http.StatusOK, e.oldProfileBody(p, g))
}

// serveOldProfileUsers lists those who hold a profile directly
// (getProductProfileUsers).
func (e *Emulator) serveOldProfileUsers(q *request, args []string, _ *Entry) reply {
	_, g, refusal := e.oldProfile(args)
	if refusal != nil {
		return *refusal
	}
	return e.serveOldMembers(q, g, oldProfileUser)
}

// serveOldProfileAdmins lists the administrators of a profile
// (QueryProductConfigs).
func (e *Emulator) serveOldProfileAdmins(q *request, args []string, _ *Entry) reply {
	_, g, refusal := e.oldProfile(args)
	if refusal != nil {
		return *refusal
	}
	return e.serveOldMembers(q, e.org.adminsOf(g), oldProfileUser)
}
