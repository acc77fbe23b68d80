package bridge

import (
	"context"

	"github.com/scim-bridge/scim-bridge/plan"
)

// Subject is what something is about: a user, a group, or a membership, which
// has both.
type Subject struct {
	// Kind is "user", "group" or "membership".
	Kind string `json:"kind"`
	// User and Group are SCIM ids, of resources that may be gone from the directory.
	User  string `json:"user,omitempty"`
	Group string `json:"group,omitempty"`
	// UserName and GroupName are what the provider calls them, or Adobe if they are
	// gone from the directory. They are left out where nobody knows.
	UserName  string `json:"user_name,omitempty"`
	GroupName string `json:"group_name,omitempty"`
}

// naming is what ids stand for.
type naming struct{ facts plan.Facts }

// namesOf reads what the rows are about.
func (a *admin) namesOf(ctx context.Context, org string, rows []plan.Due) (naming, error) {
	if len(rows) == 0 {
		return naming{}, nil
	}
	var q plan.Query
	for _, d := range rows {
		// What the bridge made in Adobe has the id of the user or group that it was
		// made for, so that a name can be found when there is no link any longer.
		if d.User != "" {
			q.Users, q.Accounts = append(q.Users, d.User), append(q.Accounts, d.User)
		}
		if d.Group != "" {
			q.Groups, q.AdobeGroups = append(q.Groups, d.Group), append(q.AdobeGroups, d.Group)
		}
	}
	facts, err := a.store.Facts(ctx, org, q)
	return naming{facts}, err
}

// subject says what a row is about.
func (n naming) subject(d plan.Due) Subject {
	switch d.Kind {
	case plan.KindUser:
		return Subject{Kind: "user", User: d.User, UserName: n.user(d.User)}
	case plan.KindGroup:
		return Subject{Kind: "group", Group: d.Group, GroupName: n.group(d.Group)}
	case plan.KindEdge:
		return Subject{Kind: "membership", User: d.User, Group: d.Group, UserName: n.user(d.User), GroupName: n.group(d.Group)}
	default: // of the mirror, whose ids mean nothing to people
		return Subject{Kind: "membership", UserName: n.facts.Accounts[d.User].Email, GroupName: n.facts.AdobeGroups[d.Group].Name}
	}
}

// user is the userName of a user, or where it is gone the address of its account.
func (n naming) user(id string) string {
	if u, ok := n.facts.Users[id]; ok {
		if attrs, err := u.Attributes(); err == nil {
			return attrs.UserName
		}
	}
	for _, l := range n.facts.Links {
		if l.Kind == plan.KindUser && l.Directory == id {
			return n.facts.Accounts[l.Mirror].Email
		}
	}
	return n.facts.Accounts[id].Email // made for this user
}

// group is the displayName of a group, or where it is gone the name of its group
// in Adobe.
func (n naming) group(id string) string {
	if g, ok := n.facts.Groups[id]; ok {
		if attrs, err := g.Attributes(); err == nil {
			return attrs.DisplayName
		}
	}
	for _, l := range n.facts.Links {
		if l.Kind == plan.KindGroup && l.Directory == id {
			return n.facts.AdobeGroups[l.Mirror].Name
		}
	}
	return n.facts.AdobeGroups[id].Name
}
