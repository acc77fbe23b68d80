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

	"github.com/scim-bridge/scim-bridge/store/relational"
)

// plans are what is expected of the statements that run often, or on much.
var plans = map[string]struct {
	using []string // what its plan names
	sorts bool     // whether it may sort what it found
}{
	"user by id":        {using: []string{"users_by_id"}},
	"users to plan":     {using: []string{"users_by_id"}},
	"user's state":      {using: []string{"users_by_id"}},
	"user name taken":   {using: []string{"users_by_name"}},
	"count users":       {},
	"page of users":     {using: []string{"users_in_order"}, sorts: true},
	"id eq":             {using: []string{"users_by_id (org=? AND id=?)"}, sorts: true},
	"userName eq":       {using: []string{"users_by_name (org=? AND user_name_key=?)"}, sorts: true},
	"userName sw":       {using: []string{"users_by_name (org=? AND user_name_key>? AND user_name_key<?)"}, sorts: true},
	"externalId eq":     {using: []string{"users_by_external_id (org=? AND no_external_id=? AND external_id=?)"}, sorts: true},
	"displayName eq":    {using: []string{"users_by_display_name (org=? AND no_display_name=? AND display_name_key=?)"}, sorts: true},
	"emails eq":         {using: []string{"emails USING PRIMARY KEY (org=? AND value_key=?)", "users_in_order (org=? AND key=?)"}, sorts: true},
	"work e-mail eq":    {using: []string{"emails USING PRIMARY KEY (org=? AND value_key=?)", "users_in_order (org=? AND key=?)"}, sorts: true},
	"active eq":         {using: []string{"users_by_active (org=? AND active=?)"}, sorts: true},
	"changed since":     {using: []string{"users_by_modified (org=? AND modified>?)"}, sorts: true},
	"one of two":        {using: []string{"users_by_name (org=? AND user_name_key=?)"}, sorts: true},
	"one or other":      {using: []string{"UNION ALL", "users_by_name (org=? AND user_name_key=?)", "users_by_external_id (org=? AND no_external_id=? AND external_id=?)", "users_in_order (org=? AND key=?)"}, sorts: true},
	"name or e-mail":    {using: []string{"UNION ALL", "users_by_name (org=? AND user_name_key=?)", "emails USING PRIMARY KEY (org=? AND value_key=?)", "users_in_order (org=? AND key=?)"}, sorts: true},
	"either and active": {using: []string{"UNION ALL", "users_by_name (org=? AND user_name_key>? AND user_name_key<?)", "users_by_display_name (org=? AND no_display_name=? AND display_name_key>? AND display_name_key<?)"}, sorts: true},
	"either group":      {using: []string{"UNION ALL", "groups_by_name (org=? AND display_name_key=?)", "members_by_user (user_key=?)", "groups_in_order (org=? AND key=?)"}, sorts: true},
	"group holding":     {using: []string{"groups_by_id (org=? AND id=?)", "members_by_user (user_key=?)"}, sorts: true},
	"users of group":    {using: []string{"groups_by_id (org=? AND id=?)"}, sorts: true},
	"by userName":       {using: []string{"users_by_name (org=? AND user_name_key>?)"}, sorts: true},
	"by displayName":    {using: []string{"users_by_display_name (org=? AND (no_display_name,display_name_key)>(?,?))"}, sorts: true},
	"by id":             {using: []string{"users_by_id (org=? AND id>?)"}, sorts: true},
	"by lastModified":   {using: []string{"users_by_modified (org=? AND modified>?)"}, sorts: true},
	"by created":        {using: []string{"users_by_created (org=? AND created>?)"}, sorts: true},
	"behind":            {using: []string{"users_in_order (org=? AND key>?)"}, sorts: true},
	"by group name":     {using: []string{"groups_by_name (org=? AND display_name_key>?)"}, sorts: true},
	"page of groups":    {using: []string{"groups_in_order"}, sorts: true},
	"group by name":     {using: []string{"groups_by_name (org=? AND display_name_key=?)"}, sorts: true},
	"group by external": {using: []string{"groups_by_external_id (org=? AND no_external_id=? AND external_id=?)"}, sorts: true},
	"groups of users":   {using: []string{"members_by_user"}, sorts: true},
	"group by id":       {using: []string{"groups_by_id", "due_stuck_edges"}},
	"groups to plan":    {using: []string{"groups_by_id"}},
	"members after":     {using: []string{"group_key=? AND member_id>?"}},
	"count members":     {using: []string{"group_key=?"}},
	"is member":         {using: []string{"group_key=? AND member_id=?"}},
	"resolve members":   {using: []string{"users_by_id", "groups_by_id", "group_key=? AND member_id=?"}},
	"insert members":    {using: []string{"users_by_id", "groups_by_id"}},
	"remove listed":     {using: []string{"group_key=? AND member_id=?"}},
	"remove unlisted":   {using: []string{"group_key=?"}},
	"users below":       {using: []string{"members_children", "group_key=?"}, sorts: true},
	"edges of group":    {using: []string{"members_by_child"}},
	"edges of user":     {using: []string{"members_by_user", "members_by_child"}},
	"leave groups":      {using: []string{"members_by_user"}},
	"leave members":     {using: []string{"members_by_user"}},
	"leave parents":     {using: []string{"members_by_child"}},
	"what is due":       {using: []string{"due_ready (org=?)", "due_later (org=? AND not_before>? AND not_before<?)"}, sorts: true},
	"due next":          {using: []string{"due_ready (org=?)", "due_later"}},
	"due done":          {using: []string{"org=? AND kind=? AND group_id=? AND user_id=?"}},
	"due retry":         {using: []string{"org=? AND kind=? AND group_id=? AND user_id=?"}},
	"due failed":        {using: []string{"org=? AND kind=? AND group_id=? AND user_id=?"}},
	"doubt account":     {using: []string{"org=? AND account=?"}},
	"mirrored in group": {using: []string{"edges_by_group (org=? AND adobe_group=?)"}},
	"edges done":        {using: []string{"org=? AND kind=? AND group_id=? AND user_id=?"}, sorts: true},
	"edges in group":    {using: []string{"groups_by_id", "members_children", "group_key=?"}, sorts: true},
	"drop links":        {using: []string{"kind=? AND directory_id=?", "users_by_id", "due_edges_by_user"}, sorts: true},
	"drop group links":  {using: []string{"kind=? AND directory_id=?", "groups_by_id", "org=? AND kind=? AND group_id=?"}, sorts: true},
	"put edges":         {},
	"delete edges":      {using: []string{"org=? AND account=? AND adobe_group=?"}},
	"count due":         {using: []string{"work USING PRIMARY KEY (org=?)"}},
	"oldest due":        {using: []string{"due_oldest"}},
	"due parked":        {using: []string{"org=? AND kind=? AND group_id=? AND user_id=?"}},
	"wake of user":      {using: []string{"due_edges_by_user"}},
	"wake of group":     {using: []string{"due_parked_by_group"}},
	"note links":        {using: []string{"org=? AND kind=? AND directory_id=?"}},
	"links of users":    {using: []string{"org=? AND kind=? AND directory_id=?"}},
	"links of mirror":   {using: []string{"links_by_mirror"}},
	"accounts by email": {using: []string{"accounts_by_email", "accounts_by_candidate"}, sorts: true},
	"groups by name":    {using: []string{"adobe_groups_by_name", "adobe_groups_by_candidate"}, sorts: true},
	"memberships":       {using: []string{"members_by_user", "members_by_child"}, sorts: true},
	"edges of accounts": {using: []string{"org=? AND account=?"}, sorts: true},
	"edges due":         {using: []string{"due_edges_by_user"}, sorts: true},
	"forget group":      {using: []string{"edges_by_group"}},
	"open calls":        {using: []string{"calls_open"}},
	"lost calls":        {using: []string{"calls_sent"}},
	"sent since":        {using: []string{"calls_sent"}},
	"linked groups":     {using: []string{"links_by_mirror"}},
	"failures":          {using: []string{"due_stuck (org=? AND state=?)"}},
	"wake stuck":        {using: []string{"due_stuck (org=? AND state=?)"}},
	"miss accounts":     {using: []string{"SEARCH accounts USING PRIMARY KEY (org=? AND id=?)"}},
	"miss groups":       {using: []string{"SEARCH adobe_groups USING PRIMARY KEY (org=? AND id=?)"}},
	"to look at":        {using: []string{"accounts_to_look_at (org=? AND look_at>?)"}},
	"removed since":     {using: []string{"INDEX calls_removals (org=? AND sent_at>?)"}},
	"population":        {using: []string{"COVERING INDEX accounts_present (org=?)"}},
	"sizes of groups":   {using: []string{"edges_by_group (org=? AND adobe_group=?)"}},
	"wake of account":   {using: []string{"due_held_by_account (org=? AND user_id=?", "org=? AND kind=? AND directory_id=?"}},
	"wake of its group": {using: []string{"org=? AND kind=? AND group_id=?", "org=? AND kind=? AND directory_id=?"}},
	"wake held":         {using: []string{"due_stuck_edges (org=? AND group_id=? AND state=?"}},
	"journal":           {using: []string{"journal"}},
	"journal about":     {using: []string{"journal_by_user", "journal_by_group"}, sorts: true},
	"trim journal":      {using: []string{"INTEGER PRIMARY KEY (rowid<?)"}},
	"trim calls":        {using: []string{"calls_settled (settled_at>? AND settled_at<?)", "calls USING PRIMARY KEY (org=? AND id=?)"}},
	"user still due":    {using: []string{"org=? AND kind=? AND group_id=? AND user_id=?", "due_edges_by_user (org=? AND user_id=?"}},
	"account still due": {using: []string{"PRIMARY KEY (org=? AND kind=?)"}},
	"account's links":   {using: []string{"links_by_mirror (org=? AND kind=? AND mirror_id=?)"}},
	"erase lines":       {using: []string{"journal_by_user (org=? AND user_id=?)"}},
	"note stuck":        {using: []string{"due_stuck (org=? AND state=?)"}},
}

// What grows with an org must be found by an index. Whatever is scanned here is
// a list that the caller gave, or the result of a step before.
func TestStatements_AreAnsweredByIndexes(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
	for name, statement := range relational.Hot(dialect{}) {
		query := statement.Query
		tt, ok := plans[name]
		require.True(t, ok, "nothing is expected of %s", name)
		var plan []string
		err := s.update(t.Context(), relational.Wait, func(ctx context.Context, w *tx) error {
			var args []any // one for each number
			for n := 1; strings.Contains(query, "$"+strconv.Itoa(n)); n++ {
				args = append(args, nil)
			}
			return w.Each(ctx, "EXPLAIN QUERY PLAN "+query, args, func(row relational.Scanner) error {
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
var replanned = regexp.MustCompile(`LIMIT \$|\b(WHERE|AND|ON) ([a-km-z]\.)?(kind|state|parked|not_before|settled_at) (=|<>|>) \$`)

func TestStatements_AreCompiledOnce(t *testing.T) {
	t.Parallel()
	for name, statement := range relational.Hot(dialect{}) {
		query := statement.Query
		if strings.Contains(query, "UPDATE links") {
			continue // the kind of a link, here and as l.kind, which no partial index names
		}
		assert.NotRegexp(t, replanned, query, "%s: write CAST", name)
	}
}

// given reports whether what is scanned is a list of the caller or the result
// of a step before.
func given(table string) bool {
	name, _, _ := strings.Cut(table, " ")
	switch name {
	case "up", "down", "p", "CONSTANT", "of_user", "of_group", "ready", "later", "both_of", "counted", "earliest":
		return true
	}
	return strings.Contains(table, "VIRTUAL TABLE") || strings.HasPrefix(name, "(subquery-")
}
