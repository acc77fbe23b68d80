package postgres

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store/relational"
)

// company fills a database past the store, with enough that a plan which reads all
// of it costs more than one that does not. Of each ten, one is another org's.
const company = `
	CREATE TEMP TABLE n AS SELECT i, CASE WHEN i % 10 = 0 THEN 'other' ELSE 'acme' END AS org FROM generate_series(1, 20000) i;

	INSERT INTO users (org, id, document, user_name_key, external_id, display_name_key, display, active, version, created, modified, search)
	SELECT org, 'u' || i, '{}', 'user' || i, 'x' || i, 'name ' || i, 'Name ' || i, CASE WHEN i % 50 = 1 THEN 0 ELSE 1 END, 1, i, i,
		jsonb_build_object('emails', jsonb_build_array(jsonb_build_object('type', 'work', 'value', 'user' || i || '@example.com')))
	FROM n ORDER BY i;

	INSERT INTO groups (org, id, document, display_name_key, display, external_id, version, created, modified)
	SELECT org, 'g' || i, '{}', 'group ' || i, 'Group ' || i, 'x' || i, 1, i, i FROM n ORDER BY i;

	INSERT INTO members (group_key, member_id, user_key)
	SELECT g.key, u.id, u.key FROM users u CROSS JOIN generate_series(0, 2) k JOIN groups g ON g.key = (u.key * 7 + k * 6613) % 20000 + 1;
	INSERT INTO members (group_key, member_id, child_key)
	SELECT g.key, h.id, h.key FROM groups g JOIN groups h ON h.key = g.key + 1 WHERE g.key % 20 = 0;

	INSERT INTO accounts (org, id, presence, type, email, email_key, username, domain, first_name, last_name, country, candidate,
		candidate_key, twin, look_at, looks)
	SELECT org, 'a' || i, CASE WHEN i % 100 = 1 THEN 'absent' ELSE 'present' END, 'federatedID', '', 'user' || i || '@example.com', '', '', '', '', '',
		'', CASE WHEN i % 1000 = 1 THEN 'new' || i ELSE '' END, FALSE, CASE WHEN i % 1000 = 2 THEN i ELSE 0 END, 0
	FROM n ORDER BY i;
	INSERT INTO adobe_groups (org, id, name, name_key, type, presence, adopted, ruled, candidate, candidate_key, missed_at)
	SELECT org, 'A' || i, '', 'group ' || i, 'USER_GROUP', 'present', FALSE, FALSE, '', CASE WHEN i % 100 = 1 THEN 'new' || i ELSE '' END, 0
	FROM n WHERE i <= 2000 ORDER BY i;
	INSERT INTO edges (org, account, adobe_group, doubtful)
	SELECT org, 'a' || i, 'A' || ((i * 7 + k * 6613) % 20000 + 1), FALSE FROM n CROSS JOIN generate_series(0, 2) k;
	INSERT INTO links (org, kind, directory_id, mirror_id, stale, rule, synced_at)
	SELECT org, 'user', 'u' || i, 'a' || i, FALSE, FALSE, 1 FROM n
	UNION ALL SELECT org, 'group', 'g' || i, 'A' || i, FALSE, FALSE, 1 FROM n;

	INSERT INTO due (org, kind, group_id, user_id, generation, rank, since, state, parked, not_before, code)
	SELECT org, 'user', '', 'u' || i, 1, i, i, 'pending', FALSE, CASE WHEN i % 10 = 1 THEN i ELSE 0 END, '' FROM n WHERE i <= 5000
	UNION ALL SELECT org, 'group', 'g' || i, '', 1, i, i, 'pending', FALSE, 0, '' FROM n WHERE i <= 500
	UNION ALL SELECT org, 'edge', 'g' || ((i * 7) % 20000 + 1), 'u' || i, 1, i, i,
		CASE WHEN i % 50 = 1 THEN 'failed' WHEN i % 50 = 2 THEN 'held' ELSE 'pending' END, i % 50 = 3, 0,
		CASE WHEN i % 50 = 1 THEN 'error.' || i % 7 ELSE '' END FROM n
	UNION ALL SELECT org, 'mirrored', 'A' || ((i * 7) % 20000 + 1), 'a' || i, 1, i, i,
		CASE WHEN i % 50 = 2 THEN 'held' ELSE 'pending' END, FALSE, 0, '' FROM n;

	INSERT INTO calls (org, id, sent_at, settled_at, outcome, request_id, departures, entitlements, body)
	SELECT org, 'c' || i || k, 3 * i, CASE WHEN i % 1000 = 1 THEN 0 ELSE i END, CASE WHEN i % 10 = 1 THEN 'not sent' ELSE 'success' END, '',
		CASE WHEN i % 20 = 2 THEN 1 ELSE 0 END, 0, '{}' FROM n CROSS JOIN generate_series(0, 2) k;
	INSERT INTO journal (org, at, actor, request_id, user_id, group_id, event, text)
	SELECT org, i, 'okta', '', 'u' || i % 1000, CASE WHEN i % 3 = 1 THEN 'g' || i % 50 ELSE '' END, 'updated', 'updated' FROM n;
	INSERT INTO orgs (org) VALUES ('acme'), ('other');
	ANALYZE`

// plans are the indexes that are expected to answer the statements that run often,
// or on much.
var plans = map[string][]string{
	"accounts by email": {"accounts_by_email", "accounts_by_candidate"},
	"active eq":         {"users_by_active"},
	"behind":            {"users_pkey", "due_pkey", "links_pkey"},
	"by created":        {"users_by_created"},
	"by displayName":    {"users_by_display_name"},
	"by group name":     {"groups_by_name"},
	"by id":             {"users_by_id"},
	"by lastModified":   {"users_by_modified"},
	"by userName":       {"users_by_name"},
	"changed since":     {"users_by_modified"},
	"count due":         {},
	"count members":     {"groups_by_id", "members_pkey"},
	"count users":       {},
	"delete edges":      {"edges_pkey"},
	"displayName eq":    {"users_by_display_name"},
	"doubt account":     {"edges_pkey"},
	"drop group links":  {"due_pkey", "groups_by_id", "links_pkey"},
	"drop links":        {"due_edges_by_user", "users_by_id", "due_pkey", "links_pkey"},
	"due done":          {"due_pkey"},
	"due failed":        {"due_pkey"},
	"due next":          {"due_ready", "due_later"},
	"due parked":        {"due_pkey"},
	"due retry":         {"due_pkey"},
	"edges done":        {},
	"edges due":         {"due_edges_by_user"},
	"edges in group":    {"groups_by_id", "members_children", "members_pkey"},
	"edges of accounts": {"edges_pkey"},
	"edges of group":    {"members_by_child", "groups_pkey"},
	"edges of user":     {"members_by_user", "members_by_child", "groups_pkey"},
	"either and active": {"users_by_name", "users_by_display_name", "users_by_active"},
	"either group":      {"groups_by_name", "users_by_id", "members_by_user", "groups_by_id", "members_by_child", "groups_in_order"},
	"emails eq":         {"emails_pkey", "users_in_order"},
	"externalId eq":     {"users_by_external_id"},
	"failures":          {"due_stuck"},
	"forget group":      {"edges_by_group"},
	"group by external": {"groups_by_external_id"},
	"group by id":       {"groups_by_id", "due_pkey", "work_pkey", "links_pkey", "due_stuck_edges"},
	"group by name":     {"groups_by_name"},
	"group holding":     {"groups_by_id", "users_by_id", "members_by_user", "members_by_child"},
	"groups by name":    {"adobe_groups_by_name", "adobe_groups_by_candidate"},
	"groups of users":   {"users_by_id", "members_by_user", "groups_pkey"},
	"groups to plan":    {"groups_by_id"},
	"id eq":             {"users_by_id"},
	"insert members":    {"users_by_id", "groups_by_id"},
	"is member":         {"groups_by_id", "members_pkey"},
	"journal":           {"journal_pkey"},
	"journal about":     {"journal_by_user", "journal_by_group"},
	"leave groups":      {"members_by_user", "groups_pkey"},
	"leave members":     {"members_by_user"},
	"leave parents":     {"members_by_child", "groups_pkey"},
	"linked groups":     {"links_by_mirror"},
	"links of mirror":   {"links_by_mirror"},
	"links of users":    {"links_pkey"},
	"members after":     {"groups_by_id", "members_pkey"},
	"memberships":       {"users_by_id", "members_by_user", "members_by_child", "groups_pkey"},
	"mirrored in group": {"edges_by_group"},
	"miss accounts":     {"accounts_pkey"},
	"miss groups":       {"adobe_groups_pkey"},
	"name or e-mail":    {"users_by_name", "emails_pkey", "users_in_order"},
	"note links":        {"links_pkey"},
	"lost calls":        {"calls_sent"},
	"trim journal":      {"Index Scan using journal_pkey"},
	"trim calls":        {"calls_settled", "calls_pkey"},
	"user still due":    {"due_pkey", "due_edges_by_user"},
	"account still due": {"due_pkey"},
	"account's links":   {"links_by_mirror"},
	"erase lines":       {"journal_by_user"},
	"note stuck":        {"due_stuck", "links_pkey"},
	"oldest due":        {"due_oldest"},
	"one of two":        {"users_by_name"},
	"one or other":      {"users_by_name", "users_by_external_id", "users_in_order"},
	"open calls":        {"calls_open"},
	"page of groups":    {"groups_pkey", "due_pkey", "work_pkey", "links_pkey", "due_stuck_edges"},
	"page of users":     {"users_pkey", "due_pkey", "links_pkey"},
	"population":        {},
	"put edges":         {},
	"remove listed":     {"members_pkey"},
	"remove unlisted":   {"members_pkey"},
	"removed since":     {"calls_removals"},
	"resolve members":   {"users_by_id", "groups_by_id", "members_pkey"},
	"sent since":        {"calls_sent"},
	"sizes of groups":   {"edges_by_group"},
	"to look at":        {"accounts_to_look_at"},
	"user by id":        {"users_by_id", "due_pkey", "links_pkey"},
	"user name taken":   {"users_by_name"},
	"user's state":      {"users_by_id"},
	"userName eq":       {"users_by_name"},
	"userName sw":       {"users_by_name"},
	"users below":       {"members_children", "members_pkey"},
	"users of group":    {"groups_by_id", "members_pkey"},
	"users to plan":     {"users_by_id"},
	"wake held":         {"due_stuck_edges"},
	"wake of account":   {"links_pkey", "due_held_by_account"},
	"wake of group":     {"due_parked_by_group"},
	"wake of its group": {"links_pkey", "due_pkey"},
	"wake of user":      {"due_edges_by_user"},
	"wake stuck":        {"due_stuck", "links_pkey"},
	"what is due":       {"due_ready", "due_later"},
	"work e-mail eq":    {"emails_pkey", "users_in_order"},
}

var seqScan = regexp.MustCompile(`Seq Scan on (users|groups|members|emails|due|accounts|adobe_groups|edges|links|calls|journal)\b`)

// What grows with an org must be found by an index, whatever the values of the
// parameters are.
func TestStatements_AreAnsweredByIndexes(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	c, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer c.Close(t.Context())
	_, err = c.PgConn().Exec(t.Context(), company).ReadAll()
	require.NoError(t, err)
	hot := relational.Hot(dialect{})
	for i, name := range slices.Sorted(maps.Keys(hot)) {
		whole := explain(t, c, fmt.Sprint("s", i), hot[name])
		using, ok := plans[name]
		assert.True(t, ok, "nothing is expected of %s", name)
		for _, index := range using {
			assert.Contains(t, whole, index, name)
		}
		if name != "population" { // which counts all
			assert.NotRegexp(t, seqScan, whole, name)
		}
	}
}

// explain is the plan of a statement.
func explain(t *testing.T, c *pgx.Conn, name string, s relational.Statement) string {
	t.Helper()
	prepared, err := c.Prepare(t.Context(), name, words.Text(s.Query))
	require.NoError(t, err, s.Query)
	values := make([]string, len(prepared.ParamOIDs))
	for i, oid := range prepared.ParamOIDs {
		values[i] = "'" + strings.ReplaceAll(example(oid), "'", "''") + "'"
		if i < len(s.Args) {
			values[i] = literal(s.Args[i])
		}
	}
	if len(s.Args) == 0 && prepared.ParamOIDs[0] == pgtype.TextOID {
		values[0] = "'acme'"
	}
	query := "EXPLAIN (COSTS OFF) EXECUTE " + name + "(" + strings.Join(values, ", ") + ")"
	rows, err := c.Query(t.Context(), query, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err, query)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err, query)
	return strings.Join(lines, "\n")
}

// example is a value of a type.
func example(oid uint32) string {
	switch oid {
	case pgtype.TextArrayOID:
		return "{u17,u18}"
	case pgtype.Int8ArrayOID:
		return "{17}"
	case pgtype.JSONBOID:
		return `[["u17","A17",1]]`
	case pgtype.TextOID:
		return "u17"
	}
	return "1" // a number or a flag
}

// literal spells an argument of a list.
func literal(arg any) string {
	text := fmt.Sprint(arg)
	if list, ok := arg.([]string); ok {
		text = "{" + strings.Join(list, ",") + "}"
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
