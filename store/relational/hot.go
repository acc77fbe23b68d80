package relational

import (
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/search"
)

// Hot are the statements that run often, or on much, by name. What grows with an
// org each must find by an index: a driver's test asks its database.
func Hot(d search.Dialect) map[string]string {
	users := request[directory.User]{listing: userListing, filter: d, org: "acme"}
	groups := request[directory.Group]{listing: groupListing, filter: d, org: "acme"}
	return map[string]string{
		"user by id":        userByID,
		"users to plan":     usersToPlan,
		"user's state":      userState,
		"user name taken":   userNameTaken,
		"count users":       userListing.size,
		"page of users":     users.first(``),
		"id eq":             users.first(`id eq "x"`),
		"userName eq":       users.first(`userName eq "x"`),
		"userName sw":       users.first(`userName sw "x"`),
		"externalId eq":     users.first(`externalId eq "x"`),
		"displayName eq":    users.first(`displayName eq "x"`),
		"emails eq":         users.first(`emails.value eq "x"`),
		"work e-mail eq":    users.first(`emails[type eq "work"].value eq "x"`),
		"active eq":         users.first(`active eq false`),
		"changed since":     users.first(`meta.lastModified gt "2026-01-01T00:00:00Z"`),
		"one of two":        users.first(`userName eq "x" or userName eq "y"`),
		"one or other":      users.first(`userName eq "x" or externalId eq "y" or externalId eq "z"`),
		"name or e-mail":    users.first(`userName eq "x" or emails[type eq "work"].value eq "y"`),
		"either and active": users.first(`active eq true and (userName sw "x" or displayName sw "y")`),
		"either group":      groups.first(`displayName eq "x" or members.value eq "y" or members.value eq "z"`),
		"group holding":     groups.first(`id eq "x" and members eq "y"`),
		"users of group":    users.first(`groups.value eq "x"`),
		"by userName":       users.behindOne("userName", `["x",1]`),
		"by displayName":    users.behindOne("displayName", `[0,"x",1]`),
		"by id":             users.behindOne("id", `["x",1]`),
		"by lastModified":   users.behindOne("meta.lastModified", `[7,1]`),
		"by created":        users.behindOne("meta.created", `[7,1]`),
		"behind":            users.behindOne("", `[7]`),
		"by group name":     groups.behindOne("displayName", `["x",1]`),
		"page of groups":    groups.first(``),
		"group by name":     groups.first(`displayName eq "x"`),
		"group by external": groups.first(`externalId eq "x"`),
		"groups of users":   groupsOfUsers,
		"group by id":       groupByID,
		"groups to plan":    groupsToPlan,
		"members after":     membersAfter,
		"count members":     countMembers,
		"is member":         whichAreMembers,
		"resolve members":   resolveMembers,
		"insert members":    insertMembers,
		"remove listed":     removeListed,
		"remove unlisted":   removeUnlisted,
		"users below":       usersBelow,
		"edges of group":    edgesOfGroup,
		"edges of user":     edgesOfUser,
		"leave groups":      leaveGroups,
		"leave members":     leaveMembers,
		"leave parents":     leaveParents,
		"what is due":       dueNow,
		"due next":          nextDue,
		"due done":          dueDone,
		"due retry":         dueRetry,
		"due failed":        dueStuck,
		"doubt account":     doubtAccount,
		"mirrored in group": mirroredInGroup,
		"edges done":        edgesDone,
		"edges in group":    edgesInGroup,
		"drop links":        dropLinksOfUsers,
		"drop group links":  dropLinksOfGroups,
		"put edges":         putEdges,
		"delete edges":      deleteEdges,
		"count due":         countDue,
		"oldest due":        oldestDue,
		"due parked":        dueParked,
		"wake of user":      wakeOfUser,
		"wake of group":     wakeOfGroup,
		"note links":        noteLinks,
		"links of users":    linksOfDirectory,
		"links of mirror":   linksOfMirror,
		"accounts by email": accountIDsByEmail,
		"groups by name":    adobeGroupIDsByName,
		"memberships":       membershipsOf,
		"edges of accounts": edgesOfAccounts,
		"edges due":         edgesDueOfUsers,
		"forget group":      forgetAdobeGroup,
		"open calls":        openCalls,
		"lost calls":        lostCalls,
		"sent since":        sentSince,
		"linked groups":     groupsLinkedTo,
		"failures":          oldestStuck,
		"wake stuck":        wakeStuck,
		"miss accounts":     missAccounts,
		"miss groups":       missAdobeGroups,
		"to look at":        toLookAt,
		"removed since":     removedSince,
		"population":        population,
		"sizes of groups":   sizesOfGroups,
		"wake of account":   wakeHeldOfAccount,
		"wake of its group": wakeHeldOfAdobeGroup,
		"wake held":         wakeHeldOfGroup,
		"journal":           allEntries,
		"journal about":     entriesAbout,
		"trim journal":      trimJournal,
		"trim calls":        trimCalls,
		"user still due":    userStillDue,
		"account still due": accountStillDue,
		"account's links":   linkedToAccount,
		"erase lines":       eraseLines,
		"note stuck":        noteStuck,
	}
}

// first is the statement of the first page of those that match.
func (r request[T]) first(text string) string {
	if text != "" {
		where, err := filter.Parse(text)
		if err != nil {
			panic(err)
		}
		r.q.Where = where
	}
	return r.statement(cut{limit: 10})
}

// behindOne is the statement of a page behind a position of a sorted list.
func (r request[T]) behindOne(by, after string) string {
	r.q.By.Attr, r.q.By.Sub, _ = strings.Cut(by, ".")
	return r.statement(cut{limit: 10, after: after})
}

func (r request[T]) statement(c cut) string {
	query, _, _, err := r.page(c)
	if err != nil {
		panic(err)
	}
	return query
}
