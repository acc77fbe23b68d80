package postgres

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store/relational"
)

// What everybody did in a year makes the history of one person no slower.
func TestStatements_OfTheJournalAreAnsweredByIndexes(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	c, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer c.Close(context.WithoutCancel(t.Context()))
	_, err = c.Exec(t.Context(), `
		INSERT INTO journal (org, at, actor, request_id, user_id, group_id, event, text)
		SELECT 'acme', n, 'okta', '', 'user ' || n % 1000, CASE n % 3 WHEN 0 THEN 'group ' || n % 50 ELSE '' END, 'sent', 'text' FROM generate_series(1, 20000) n;
		INSERT INTO calls (org, id, sent_at, settled_at, outcome, request_id, departures, entitlements, body)
		SELECT 'acme', 'call ' || n, n, n, 'success', '', 0, 0, '{}' FROM generate_series(1, 50000) n;
		ANALYZE journal, calls`)
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		args []any
		want []string
	}{
		"journal about": {[]any{"acme", 100, "user 7"}, []string{"journal_by_user", "journal_by_group"}},
		"journal":       {[]any{"acme", 100}, []string{"Index Scan Backward using journal_"}},
		"erase lines":   {[]any{"acme", "user 7"}, []string{"journal_by_user"}},
		"trim journal":  {[]any{200, int64(100), 1_000_000}, []string{"Index Scan using journal_pkey"}},
		"trim calls":    {[]any{int64(100), 200}, []string{"calls_settled", "calls_pkey"}},
	} {
		rows, err := c.Query(t.Context(), "EXPLAIN "+words.Text(relational.Hot(dialect{})[name]), tt.args...)
		require.NoError(t, err, name)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err, name)
		whole := strings.Join(plan, "\n")
		for _, part := range tt.want {
			assert.Contains(t, whole, part, name)
		}
		assert.NotContains(t, whole, "Seq Scan", "%s:\n%s", name, whole)
	}
}
