package sqlite

import (
	"context"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// hot are the statements that run often, or on much.
var hot = map[string]struct {
	query string
	using []string // what its plan names
	sorts bool     // whether it may sort what it found
}{
	"user by id":        {query: userByID, using: []string{"users_by_id"}},
	"users to plan":     {query: usersToPlan, using: []string{"users_by_id"}},
	"user's state":      {query: userState, using: []string{"users_by_id"}},
	"user name taken":   {query: userNameTaken, using: []string{"users_by_name"}},
	"count users":       {query: userListing.size},
	"page of users":     {query: pageOf(userListing, ``), using: []string{"users_in_order"}, sorts: true},
	"id eq":             {query: pageOf(userListing, `id eq "x"`), using: []string{"users_by_id (org=? AND id=?)"}, sorts: true},
	"userName eq":       {query: pageOf(userListing, `userName eq "x"`), using: []string{"users_by_name (org=? AND user_name_key=?)"}, sorts: true},
	"userName sw":       {query: pageOf(userListing, `userName sw "x"`), using: []string{"users_by_name (org=? AND user_name_key>? AND user_name_key<?)"}, sorts: true},
	"externalId eq":     {query: pageOf(userListing, `externalId eq "x"`), using: []string{"users_by_external_id (org=? AND no_external_id=? AND external_id=?)"}, sorts: true},
	"displayName eq":    {query: pageOf(userListing, `displayName eq "x"`), using: []string{"users_by_display_name (org=? AND no_display_name=? AND display_name_key=?)"}, sorts: true},
	"emails eq":         {query: pageOf(userListing, `emails.value eq "x"`), using: []string{"emails USING PRIMARY KEY (org=? AND value_key=?)", "users_in_order (org=? AND key=?)"}, sorts: true},
	"work e-mail eq":    {query: pageOf(userListing, `emails[type eq "work"].value eq "x"`), using: []string{"emails USING PRIMARY KEY (org=? AND value_key=?)", "users_in_order (org=? AND key=?)"}, sorts: true},
	"active eq":         {query: pageOf(userListing, `active eq false`), using: []string{"users_by_active (org=? AND active=?)"}, sorts: true},
	"changed since":     {query: pageOf(userListing, `meta.lastModified gt "2026-01-01T00:00:00Z"`), using: []string{"users_by_modified (org=? AND modified>?)"}, sorts: true},
	"one of two":        {query: pageOf(userListing, `userName eq "x" or userName eq "y"`), using: []string{"users_by_name (org=? AND user_name_key=?)"}, sorts: true},
	"one or other":      {query: pageOf(userListing, `userName eq "x" or externalId eq "y" or externalId eq "z"`), using: []string{"UNION ALL", "users_by_name (org=? AND user_name_key=?)", "users_by_external_id (org=? AND no_external_id=? AND external_id=?)", "users_in_order (org=? AND key=?)"}, sorts: true},
	"name or e-mail":    {query: pageOf(userListing, `userName eq "x" or emails[type eq "work"].value eq "y"`), using: []string{"UNION ALL", "users_by_name (org=? AND user_name_key=?)", "emails USING PRIMARY KEY (org=? AND value_key=?)", "users_in_order (org=? AND key=?)"}, sorts: true},
	"either and active": {query: pageOf(userListing, `active eq true and (userName sw "x" or displayName sw "y")`), using: []string{"UNION ALL", "users_by_name (org=? AND user_name_key>? AND user_name_key<?)", "users_by_display_name (org=? AND no_display_name=? AND display_name_key>? AND display_name_key<?)"}, sorts: true},
	"either group":      {query: pageOf(groupListing, `displayName eq "x" or members.value eq "y" or members.value eq "z"`), using: []string{"UNION ALL", "groups_by_name (org=? AND display_name_key=?)", "members_by_user (user_key=?)", "groups_in_order (org=? AND key=?)"}, sorts: true},
	"group holding":     {query: pageOf(groupListing, `id eq "x" and members eq "y"`), using: []string{"groups_by_id (org=? AND id=?)", "members_by_user (user_key=?)"}, sorts: true},
	"users of group":    {query: pageOf(userListing, `groups.value eq "x"`), using: []string{"groups_by_id (org=? AND id=?)"}, sorts: true},
	"by userName":       {query: sortedBy(userListing, "userName", `["x",1]`), using: []string{"users_by_name (org=? AND user_name_key>?)"}, sorts: true},
	"by displayName":    {query: sortedBy(userListing, "displayName", `[0,"x",1]`), using: []string{"users_by_display_name (org=? AND (no_display_name,display_name_key)>(?,?))"}, sorts: true},
	"by id":             {query: sortedBy(userListing, "id", `["x",1]`), using: []string{"users_by_id (org=? AND id>?)"}, sorts: true},
	"by lastModified":   {query: sortedBy(userListing, "meta.lastModified", `[7,1]`), using: []string{"users_by_modified (org=? AND modified>?)"}, sorts: true},
	"by created":        {query: sortedBy(userListing, "meta.created", `[7,1]`), using: []string{"users_by_created (org=? AND created>?)"}, sorts: true},
	"behind":            {query: sortedBy(userListing, "", `[7]`), using: []string{"users_in_order (org=? AND key>?)"}, sorts: true},
	"by group name":     {query: sortedBy(groupListing, "displayName", `["x",1]`), using: []string{"groups_by_name (org=? AND display_name_key>?)"}, sorts: true},
	"page of groups":    {query: pageOf(groupListing, ``), using: []string{"groups_in_order"}, sorts: true},
	"group by name":     {query: pageOf(groupListing, `displayName eq "x"`), using: []string{"groups_by_name (org=? AND display_name_key=?)"}, sorts: true},
	"group by external": {query: pageOf(groupListing, `externalId eq "x"`), using: []string{"groups_by_external_id (org=? AND no_external_id=? AND external_id=?)"}, sorts: true},
	"groups of users":   {query: groupsOfUsers, using: []string{"members_by_user"}, sorts: true},
	"group by id":       {query: groupByID, using: []string{"groups_by_id", "due_stuck_edges"}},
	"groups to plan":    {query: groupsToPlan, using: []string{"groups_by_id"}},
	"members after":     {query: membersAfter, using: []string{"group_key=? AND member_id>?"}},
	"count members":     {query: countMembers, using: []string{"group_key=?"}},
	"is member":         {query: whichAreMembers, using: []string{"group_key=? AND member_id=?"}},
	"resolve members":   {query: resolveMembers, using: []string{"users_by_id", "groups_by_id", "group_key=? AND member_id=?"}},
	"insert members":    {query: insertMembers, using: []string{"users_by_id", "groups_by_id"}},
	"remove listed":     {query: removeListed, using: []string{"group_key=? AND member_id=?"}},
	"remove unlisted":   {query: removeUnlisted, using: []string{"group_key=?"}},
	"users below":       {query: usersBelow, using: []string{"members_children", "group_key=?"}, sorts: true},
	"edges of group":    {query: edgesOfGroup, using: []string{"members_by_child"}},
	"edges of user":     {query: edgesOfUser, using: []string{"members_by_user", "members_by_child"}},
	"leave groups":      {query: leaveGroups, using: []string{"members_by_user"}},
	"leave members":     {query: leaveMembers, using: []string{"members_by_user"}},
	"leave parents":     {query: leaveParents, using: []string{"members_by_child"}},
	"what is due":       {query: dueNow, using: []string{"due_ready (org=?)", "due_later (org=? AND not_before>? AND not_before<?)"}, sorts: true},
	"due next":          {query: nextDue, using: []string{"due_ready (org=?)", "due_later"}},
	"due done":          {query: dueDone, using: []string{"org=? AND kind=? AND group_id=? AND user_id=?"}},
	"due retry":         {query: dueRetry, using: []string{"org=? AND kind=? AND group_id=? AND user_id=?"}},
	"due failed":        {query: dueStuck, using: []string{"org=? AND kind=? AND group_id=? AND user_id=?"}},
	"doubt account":     {query: doubtAccount, using: []string{"org=? AND account=?"}},
	"mirrored in group": {query: mirroredInGroup, using: []string{"edges_by_group (org=? AND adobe_group=?)"}},
	"edges done":        {query: edgesDone, using: []string{"org=? AND kind=? AND group_id=? AND user_id=?"}, sorts: true},
	"edges in group":    {query: edgesInGroup, using: []string{"groups_by_id", "members_children", "group_key=?"}},
	"drop links":        {query: dropLinksOfUsers, using: []string{"kind=? AND directory_id=?", "users_by_id", "due_edges_by_user"}, sorts: true},
	"drop group links":  {query: dropLinksOfGroups, using: []string{"kind=? AND directory_id=?", "groups_by_id", "org=? AND kind=? AND group_id=?"}, sorts: true},
	"put edges":         {query: putEdges},
	"delete edges":      {query: deleteEdges, using: []string{"org=? AND account=? AND adobe_group=?"}},
	"count due":         {query: countDue, using: []string{"work USING PRIMARY KEY (org=?)"}},
	"oldest due":        {query: oldestDue, using: []string{"due_oldest"}},
	"due parked":        {query: dueParked, using: []string{"org=? AND kind=? AND group_id=? AND user_id=?"}},
	"wake of user":      {query: wakeOfUser, using: []string{"due_edges_by_user"}},
	"wake of group":     {query: wakeOfGroup, using: []string{"due_parked_by_group"}},
	"note links":        {query: noteLinks, using: []string{"org=? AND kind=? AND directory_id=?"}},
	"links of users":    {query: linksOfDirectory, using: []string{"org=? AND kind=? AND directory_id=?"}},
	"links of mirror":   {query: linksOfMirror, using: []string{"links_by_mirror"}},
	"accounts by email": {query: accountIDsByEmail, using: []string{"accounts_by_email", "accounts_by_candidate"}, sorts: true},
	"groups by name":    {query: adobeGroupIDsByName, using: []string{"adobe_groups_by_name", "adobe_groups_by_candidate"}, sorts: true},
	"memberships":       {query: membershipsOf, using: []string{"members_by_user", "members_by_child"}, sorts: true},
	"edges of accounts": {query: edgesOfAccounts, using: []string{"org=? AND account=?"}, sorts: true},
	"edges due":         {query: edgesDueOfUsers, using: []string{"due_edges_by_user"}, sorts: true},
	"forget group":      {query: forgetAdobeGroup, using: []string{"edges_by_group"}},
	"open calls":        {query: openCalls, using: []string{"calls_open"}},
	"sent since":        {query: sentSince, using: []string{"calls_sent"}},
	"linked groups":     {query: groupsLinkedTo, using: []string{"links_by_mirror"}},
	"failures":          {query: oldestStuck, using: []string{"due_stuck (org=? AND state=?)"}},
	"wake stuck":        {query: wakeStuck, using: []string{"due_stuck (org=? AND state=?)"}},
	"miss accounts":     {query: missAccounts, using: []string{"SEARCH accounts USING PRIMARY KEY (org=? AND id=?)"}},
	"miss groups":       {query: missAdobeGroups, using: []string{"SEARCH adobe_groups USING PRIMARY KEY (org=? AND id=?)"}},
	"to look at":        {query: toLookAt, using: []string{"accounts_to_look_at (org=? AND look_at>?)"}},
	"removed since":     {query: removedSince, using: []string{"INDEX calls_removals (org=? AND sent_at>?)"}},
	"population":        {query: population, using: []string{"COVERING INDEX accounts_present (org=?)"}},
	"sizes of groups":   {query: sizesOfGroups, using: []string{"edges_by_group (org=? AND adobe_group=?)"}},
	"wake of account":   {query: wakeHeldOfAccount, using: []string{"due_held_by_account (org=? AND user_id=?", "org=? AND kind=? AND directory_id=?"}},
	"wake of its group": {query: wakeHeldOfAdobeGroup, using: []string{"org=? AND kind=? AND group_id=?", "org=? AND kind=? AND directory_id=?"}},
	"wake held":         {query: wakeHeldOfGroup, using: []string{"due_stuck_edges (org=? AND group_id=? AND state=?"}},
	"journal":           {query: allEntries, using: []string{"journal"}},
	"journal about":     {query: entriesAbout, using: []string{"journal_by_user", "journal_by_group"}, sorts: true},
}

// pageOf is the statement of a list.
func pageOf[T any](l listing[T], text string) string { return statement(l, text, "", cut{limit: 10}) }

// sortedBy is the statement of a sorted list, of a page behind another.
func sortedBy[T any](l listing[T], by, after string) string {
	return statement(l, "", by, cut{limit: 10, after: after})
}

func statement[T any](l listing[T], text, by string, c cut) string {
	var q filter.Query
	var err error
	if text != "" {
		if q.Where, err = filter.Parse(text); err != nil {
			panic(err)
		}
	}
	q.By.Attr, q.By.Sub, _ = strings.Cut(by, ".")
	query, _, _, err := l.page("acme", q, c)
	if err != nil {
		panic(err)
	}
	return query
}

// What grows with an org must be found by an index. Whatever is scanned here is
// a list that the caller gave, or the result of a step before.
func TestStatements_AreAnsweredByIndexes(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
	for name, tt := range hot {
		var plan []string
		err := s.update(t.Context(), wait, func(ctx context.Context, w *tx) error {
			var args []any // one for each number
			for n := 1; strings.Contains(tt.query, "?"+strconv.Itoa(n)); n++ {
				args = append(args, nil)
			}
			return w.each(ctx, "EXPLAIN QUERY PLAN "+tt.query, args, func(row scanner) error {
				var id, parent, unused int
				var detail string
				err := row.Scan(&id, &parent, &unused, &detail)
				plan = append(plan, detail)
				return err
			})
		})
		require.NoError(t, err, name)
		whole := strings.Join(plan, "\n")
		for _, part := range tt.using {
			assert.Contains(t, whole, part, name)
		}
		for _, step := range plan {
			if table, ok := strings.CutPrefix(step, "SCAN "); ok && !given(table) {
				assert.Fail(t, "a table is scanned", "%s:\n%s", name, whole)
			}
			if strings.Contains(step, "TEMP B-TREE") && !tt.sorts {
				assert.Fail(t, "it sorts", "%s:\n%s", name, whole)
			}
			assert.NotContains(t, step, "AUTOMATIC", name)
		}
	}
}

// SQLite looks at the value of a parameter while it plans if it is a LIMIT, or is
// compared with a column on which a partial index depends. Such a statement is
// compiled anew at each run, which costs many times what running it does.
var replanned = regexp.MustCompile(`LIMIT \?|\b(WHERE|AND|ON) ([a-km-z]\.)?(kind|state|parked|not_before|settled_at) (=|<>|>) \?`)

func TestStatements_AreCompiledOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range hot {
		if strings.Contains(tt.query, "UPDATE links") {
			continue // the kind of a link, here and as l.kind, which no partial index names
		}
		assert.NotRegexp(t, replanned, tt.query, "%s: write +?", name)
	}
}

// given reports whether what is scanned is a list of the caller or the result
// of a step before.
func given(table string) bool {
	name, _, _ := strings.Cut(table, " ")
	switch name {
	case "up", "down", "p", "CONSTANT":
		return true
	}
	return strings.Contains(table, "VIRTUAL TABLE") || strings.HasPrefix(name, "(subquery-")
}
