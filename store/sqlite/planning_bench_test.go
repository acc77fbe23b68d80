package sqlite

import (
	"database/sql"
	flags "flag" // flag is a function here
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi"
)

var directorySize = flags.Int("users", 50_000, "how many users the larger directory of BenchmarkPlanning has")

// BenchmarkPlanning is what it costs to look at 1,000 subjects that are due, in a
// small directory and in a large one: the cost follows what is due alone.
func BenchmarkPlanning(b *testing.B) {
	for _, users := range []int{10_000, *directorySize} {
		b.Run(fmt.Sprintf("Of%d", users), func(b *testing.B) { benchmarkPlanning(b, users) })
	}
}

func benchmarkPlanning(b *testing.B, users int) {
	path := filepath.Join(b.TempDir(), "bridge.db")
	fillCompany(b, path, users)
	s := open(b, path)
	rules := mapping.Rules{IdentityType: umapi.FederatedID, Country: "US"}
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		due, err := s.Due(ctx, "acme", now, 2000)
		require.NoError(b, err)
		facts, err := s.Facts(ctx, "acme", plan.First(due))
		require.NoError(b, err)
		more, err := s.Facts(ctx, "acme", plan.Second(due, facts, rules))
		require.NoError(b, err)
		facts.Merge(more)
		p := plan.Build(plan.Input{Due: due, Facts: facts, Rules: rules, Now: now, GroupsKnown: true})
		require.Len(b, due, 1000)
		require.Len(b, p.Commands, 10)
	}
}

// A company has 5,000 groups, and each user is in three. Due are 1,000 subjects,
// spread over the directory: of every four, one leaves, one comes, one has another
// name and one is to be in a group that Adobe does not have it in.
const (
	companyGroups = 5000
	companyDue    = 1000
)

// numbers fills tables of its own with what the others are made of. Those who are
// due are in the same groups however many there are besides.
const numbers = `
	CREATE TEMP TABLE person AS
		WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
		SELECT i, format('user-%07d', i) AS id, format('user-%07d@example.com', i) AS email,
			CASE WHEN i % ?2 > 0 THEN '' ELSE ('["leaves","comes","renamed","moves"]' ->> (i / ?2 % 4)) END AS what
		FROM n;
	CREATE TEMP TABLE team AS
		WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?3)
		SELECT i, format('group-%04d', i) AS id, format('Group %04d', i) AS name FROM n;
	CREATE TEMP TABLE place AS
		SELECT p.i AS person, t.i AS team, p.id AS user_id, t.id AS group_id, k.value = 0 AND p.what = 'moves' AS missing, p.what
		FROM person p, json_each('[0,1663,3326]') k JOIN team t ON t.rowid = ((p.i / ?2 * 2654435761 >> 12) + p.i % ?2 + k.value) % ?3 + 1`

var company = []string{
	`INSERT INTO groups (key, org, id, document, display_name_key, display, external_id, version, created, modified)
	SELECT i + 1, 'acme', id, json_object('displayName', name), lower(name), name, '', 1, 1, 1 FROM team`,

	`INSERT INTO users (key, org, id, document, user_name_key, external_id, display_name_key, display, active, version, created, modified)
	SELECT i + 1, 'acme', id, json_object(
		'active', json(iif(what = 'leaves', 'false', 'true')),
		'addresses', json('[{"country":"US","locality":"San Jose","primary":true,"type":"work"}]'),
		'displayName', 'Ada Byron', 'emails', json_array(json_object('primary', json('true'), 'type', 'work', 'value', email)),
		'externalId', id, 'name', json_object('familyName', iif(what = 'renamed', 'Lovelace', 'Byron'), 'givenName', 'Ada'),
		'title', 'Engineer', 'userName', email
	), email, id, 'ada byron', 'Ada Byron', what <> 'leaves', 1, i + 1, i + 1 FROM person`,

	`INSERT INTO members (group_key, member_id, user_key) SELECT team + 1, user_id, person + 1 FROM place ORDER BY 1, 2`,

	`INSERT INTO adobe_groups (org, id, name, name_key, type, presence, adopted, candidate, candidate_key)
	SELECT 'acme', id, name, lower(name), 'USER_GROUP', 'present', 0, '', '' FROM team`,

	`INSERT INTO accounts (org, id, presence, type, email, email_key, username, domain,
		first_name, last_name, country, candidate, candidate_key, twin, look_at, looks)
	SELECT 'acme', id, 'present', 'federatedID', email, email, email, '', 'Ada', 'Byron', 'US', '', '', 0, 0, 0
	FROM person WHERE what <> 'comes'`,

	`INSERT INTO links (org, kind, directory_id, mirror_id, stale, synced_at)
	SELECT 'acme', 'group', id, id, 0, 1 FROM team UNION ALL SELECT 'acme', 'user', id, id, 0, 1 FROM person WHERE what <> 'comes'`,

	`INSERT INTO edges (org, account, adobe_group, doubtful)
	SELECT 'acme', user_id, group_id, 0 FROM place WHERE what <> 'comes' AND NOT missing ORDER BY 2, 3`,

	`INSERT INTO due (org, kind, group_id, user_id, generation, rank, since)
	SELECT 'acme', 'user', '', id, 1, iif(what = 'leaves', i - (1 << 57), i), 1
	FROM person WHERE what <> '' AND what <> 'moves'
	UNION ALL
	SELECT 'acme', 'edge', group_id, user_id, 1, person, 1 FROM place WHERE missing`,
}

// fillCompany fills a new database past the store, which would take hours.
func fillCompany(b *testing.B, path string, users int) {
	b.Helper()
	require.NoError(b, open(b, path).Close())
	db, err := sql.Open("sqlite", fileURL(path)+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-262144)")
	require.NoError(b, err)
	db.SetMaxOpenConns(1) // which has the temporary tables
	_, err = db.ExecContext(b.Context(), numbers, users, users/companyDue, companyGroups)
	require.NoError(b, err)
	for _, statement := range company {
		_, err := db.ExecContext(b.Context(), statement)
		require.NoError(b, err, statement)
	}
	require.NoError(b, db.Close())
}
