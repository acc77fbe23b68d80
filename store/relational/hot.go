package relational

import (
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/search"
)

// Statement is one that a database is asked to explain.
type Statement struct {
	Query string
	// Args are those of a list; of other statements any are as good.
	Args []any
}

// Hot are the statements that run often, or on much, by name. What grows with an
// org each must find by an index: a driver's test asks its database.
func Hot(d search.Dialect) map[string]Statement {
	users := request[directory.User]{listing: userListing, filter: d, org: "acme"}
	groups := request[directory.Group]{listing: groupListing, filter: d, org: "acme"}
	return map[string]Statement{
		"user by id":        {Query: userByID},
		"users to plan":     {Query: usersToPlan},
		"user's state":      {Query: userState},
		"user name taken":   {Query: userNameTaken},
		"count users":       {Query: userListing.size},
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
		"groups of users":   {Query: groupsOfUsers},
		"group by id":       {Query: groupByID},
		"groups to plan":    {Query: groupsToPlan},
		"members after":     {Query: membersAfter},
		"count members":     {Query: countMembers},
		"is member":         {Query: whichAreMembers},
		"resolve members":   {Query: resolveMembers},
		"insert members":    {Query: insertMembers},
		"remove listed":     {Query: removeListed},
		"remove unlisted":   {Query: removeUnlisted},
		"users below":       {Query: usersBelow},
		"edges of group":    {Query: edgesOfGroup},
		"edges of user":     {Query: edgesOfUser},
		"leave groups":      {Query: leaveGroups},
		"leave members":     {Query: leaveMembers},
		"leave parents":     {Query: leaveParents},
		"what is due":       {Query: dueNow},
		"due next":          {Query: nextDue},
		"due done":          {Query: dueDone},
		"due retry":         {Query: dueRetry},
		"due failed":        {Query: dueStuck},
		"doubt account":     {Query: doubtAccount},
		"mirrored in group": {Query: mirroredInGroup},
		"edges done":        {Query: edgesDone},
		"edges in group":    {Query: edgesInGroup},
		"drop links":        {Query: dropLinksOfUsers},
		"drop group links":  {Query: dropLinksOfGroups},
		"put edges":         {Query: putEdges},
		"delete edges":      {Query: deleteEdges},
		"count due":         {Query: countDue},
		"oldest due":        {Query: oldestDue},
		"due parked":        {Query: dueParked},
		"wake of user":      {Query: wakeOfUser},
		"wake of group":     {Query: wakeOfGroup},
		"note links":        {noteLinks, []any{"acme", "user", "u17"}},
		"links of users":    {Query: linksOfDirectory},
		"links of mirror":   {Query: linksOfMirror},
		"accounts by email": {Query: accountIDsByEmail},
		"groups by name":    {Query: adobeGroupIDsByName},
		"memberships":       {Query: membershipsOf},
		"edges of accounts": {Query: edgesOfAccounts},
		"edges due":         {Query: edgesDueOfUsers},
		"forget group":      {Query: forgetAdobeGroup},
		"open calls":        {Query: openCalls},
		"sent since":        {Query: sentSince},
		"linked groups":     {Query: groupsLinkedTo},
		"failures":          {Query: oldestStuck},
		"wake stuck":        {Query: wakeStuck},
		"miss accounts":     {Query: missAccounts},
		"miss groups":       {Query: missAdobeGroups},
		"to look at":        {Query: toLookAt},
		"removed since":     {Query: removedSince},
		"population":        {Query: population},
		"sizes of groups":   {Query: sizesOfGroups},
		"wake of account":   {Query: wakeHeldOfAccount},
		"wake of its group": {Query: wakeHeldOfAdobeGroup},
		"wake held":         {Query: wakeHeldOfGroup},
		"journal":           {Query: allEntries},
		"journal about":     {Query: entriesAbout},
		"lost calls":        {lostCalls, []any{"acme", 59_000}},
		"trim journal":      {trimJournal, []any{200, 100, 1_000_000}},
		"trim calls":        {trimCalls, []any{100, 200}},
		"user still due":    {Query: userStillDue},
		"account still due": {Query: accountStillDue},
		"account's links":   {Query: linkedToAccount},
		"erase lines":       {Query: eraseLines},
		"note stuck":        {Query: noteStuck},
	}
}

// first is the statement of the first page of those that match.
func (r request[T]) first(text string) Statement {
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
func (r request[T]) behindOne(by, after string) Statement {
	r.q.By.Attr, r.q.By.Sub, _ = strings.Cut(by, ".")
	return r.statement(cut{limit: 10, after: after})
}

func (r request[T]) statement(c cut) Statement {
	query, args, _, err := r.page(c)
	if err != nil {
		panic(err)
	}
	return Statement{query, args}
}
