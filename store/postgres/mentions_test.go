package postgres

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/store/relational"
	"github.com/scim-bridge/scim-bridge/store/storetest"
)

func TestMentions_LeavesOtherLinesInTheDatabase(t *testing.T) {
	t.Parallel()
	s := open(t, migrated(t))
	storetest.Mentions(t, s, func(org string, addresses ...string) (texts []string) {
		query, args := relational.Mentions(dialect{}, org, addresses)
		require.NoError(t, s.read(t.Context(), func(ctx context.Context, c *conn) error {
			return c.Each(ctx, query, args, func(row relational.Scanner) error {
				var seq int64
				var text string
				err := row.Scan(&seq, &text)
				texts = append(texts, text)
				return err
			})
		}))
		return texts
	})
}
