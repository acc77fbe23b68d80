package relational

import (
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/store/search"
)

// userTable is how users are searched: u is the row.
var userTable = search.Table{
	Key: "u.key", Keys: "SELECT u.key FROM users u WHERE u.org = $1",
	Document: "u.search",
	Columns: map[string]search.Column{
		"id":                {SQL: "u.id", Kind: search.ExactText, Indexed: true},
		"username":          {SQL: "u.user_name_key", Kind: search.Text, Indexed: true},
		"externalid":        {SQL: "u.external_id", Kind: search.ExactText, Missing: "u.no_external_id", Indexed: true},
		"displayname":       {SQL: "u.display_name_key", Kind: search.Text, Missing: "u.no_display_name", Indexed: true},
		"active":            {SQL: "u.active", Kind: search.Flag},
		"meta":              {Kind: search.Whole},
		"meta.resourcetype": {SQL: `('User' {bytewise})`, Kind: search.ExactText},
		"meta.created":      {SQL: "u.created", Kind: search.Date},
		"meta.lastmodified": {SQL: "u.modified", Kind: search.Date},
		"meta.version":      {SQL: `('W/"' || u.version || '"' {bytewise})`, Kind: search.ExactText},
		userSync:            {Kind: search.Whole},
		userSync + ".state": {SQL: ofUser(`COALESCE(d.state, 'synced')`), Kind: search.Text},
		userSync + ".detail": {SQL: ofUser(detailOf("d")), Kind: search.ExactText,
			Missing: ofUser(detailOf("d")) + " = ''"},
		userSync + ".lastsynced": {SQL: syncedAt("u", "user"), Kind: search.Date, Missing: syncedAt("u", "user") + " = 0"},
	},
	Lists: map[string]search.List{
		"emails": {
			Holding: `u.key IN (SELECT user_key FROM emails WHERE org = $1 AND value_key = %s)`,
		},
		"groups": {
			From: `FROM members m JOIN groups h ON h.key = m.group_key WHERE m.user_key = u.key`,
			Columns: map[string]search.Column{
				"value":   {SQL: "h.id", Kind: search.ExactText},
				"display": {SQL: "h.display_name_key", Kind: search.Text},
			},
			Holding: `u.key IN (SELECT m.user_key FROM groups h JOIN members m ON m.group_key = h.key WHERE h.org = $1 AND h.id = %s)`,
		},
	},
}

// groupTable is how groups are searched: g is the row.
var groupTable = search.Table{
	Key: "g.key", Keys: "SELECT g.key FROM groups g WHERE g.org = $1",
	Columns: map[string]search.Column{
		"id":                 {SQL: "g.id", Kind: search.ExactText, Indexed: true},
		"externalid":         {SQL: "g.external_id", Kind: search.ExactText, Missing: "g.no_external_id", Indexed: true},
		"displayname":        {SQL: "g.display_name_key", Kind: search.Text, Indexed: true},
		"meta":               {Kind: search.Whole},
		"meta.resourcetype":  {SQL: `('Group' {bytewise})`, Kind: search.ExactText},
		"meta.created":       {SQL: "g.created", Kind: search.Date},
		"meta.lastmodified":  {SQL: "g.modified", Kind: search.Date},
		"meta.version":       {SQL: `('W/"' || g.version || '"' {bytewise})`, Kind: search.ExactText},
		groupSync:            {Kind: search.Whole},
		groupSync + ".state": {SQL: ofGroup(worstOf), Kind: search.Text},
		groupSync + ".detail": {SQL: ofGroup(worstDetail), Kind: search.ExactText,
			Missing: ofGroup(worstDetail) + " = ''"},
		groupSync + ".lastsynced": {SQL: syncedAt("g", "group"), Kind: search.Date, Missing: syncedAt("g", "group") + " = 0"},
		groupSync + ".pending":    {SQL: ofGroup("COALESCE(w.pending, 0)"), Kind: search.Number},
		groupSync + ".held":       {SQL: ofGroup("COALESCE(w.held, 0)"), Kind: search.Number},
		groupSync + ".failed":     {SQL: ofGroup("COALESCE(w.failed, 0)"), Kind: search.Number},
	},
	Lists: map[string]search.List{
		"members": {
			From: `FROM members m LEFT JOIN users x ON x.key = m.user_key LEFT JOIN groups h ON h.key = m.child_key WHERE m.group_key = g.key`,
			Columns: map[string]search.Column{
				"value":   {SQL: "m.member_id", Kind: search.ExactText},
				"type":    {SQL: "CASE WHEN m.child_key IS NULL THEN 'user' ELSE 'group' END", Kind: search.Text},
				"display": {SQL: "COALESCE(NULLIF(x.display_name_key, ''), x.user_name_key, h.display_name_key)", Kind: search.Text},
			},
			Holding: `g.key IN (
				SELECT m.group_key FROM users x JOIN members m ON m.user_key = x.key WHERE x.org = $1 AND x.id = %[1]s
				UNION ALL
				SELECT m.group_key FROM groups h JOIN members m ON m.child_key = h.key WHERE h.org = $1 AND h.id = %[1]s)`,
		},
	},
}

// The attribute of the bridge's extensions that says how far Adobe has followed.
var (
	userSync  = strings.ToLower(directory.BridgeUserSchema) + ":sync"
	groupSync = strings.ToLower(directory.BridgeGroupSchema) + ":sync"
)

// worstOf and worstDetail say in SQL what standing.sync says.
const (
	ownRank  = `CASE d.state WHEN 'failed' THEN 3 WHEN 'held' THEN 2 WHEN 'pending' THEN 1 ELSE 0 END`
	edgeRank = `CASE WHEN w.failed > 0 THEN 3 WHEN w.held > 0 THEN 2 WHEN w.pending > 0 THEN 1 ELSE 0 END`
	worstOf  = `CASE CASE WHEN ` + edgeRank + ` > ` + ownRank + ` THEN ` + edgeRank + ` ELSE ` + ownRank + ` END
		WHEN 3 THEN 'failed' WHEN 2 THEN 'held' WHEN 1 THEN 'pending' ELSE 'synced' END`
)

var worstDetail = `CASE WHEN ` + edgeRank + ` > ` + ownRank + ` THEN ` + detailOf("e") + ` ELSE ` + detailOf("d") + ` END`

// detailOf says in SQL what detail says of a due row.
func detailOf(due string) string {
	return strings.ReplaceAll(`(COALESCE(d.code, '')
		|| CASE WHEN d.code <> '' AND d.message <> '' THEN ': ' ELSE '' END || COALESCE(d.message, '')
		|| CASE WHEN (d.code <> '' OR d.message <> '') AND d.hint <> '' THEN '; ' ELSE '' END || COALESCE(d.hint, ''))`, "d.", due+".")
}

// ofUser and ofGroup evaluate an expression of what is joined to a resource.
func ofUser(sql string) string  { return `(SELECT ` + sql + ` FROM (SELECT 1) one` + userJoins + `)` }
func ofGroup(sql string) string { return `(SELECT ` + sql + ` FROM (SELECT 1) one` + groupJoins + `)` }

// syncedAt is when Adobe was last known to equal a resource, 0 if never.
func syncedAt(table, kind string) string {
	return strings.ReplaceAll(`COALESCE((SELECT MAX(l.synced_at) FROM links l
		WHERE l.org = t.org AND l.kind = '`+kind+`' AND l.directory_id = t.id), 0)`, "t.", table+".")
}
