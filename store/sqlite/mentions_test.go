package sqlite

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store/relational"
)

func TestMentions_LeavesOtherLinesInTheDatabase(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
	l, err := s.Lease(t.Context(), "acme")
	require.NoError(t, err)
	var note plan.Settlement
	for _, text := range []string{"created Ada@Example.com", "nada@example.com", "bob@example.com", "add 3 memberships", "STRA\u00dfe"} {
		note.Notes = append(note.Notes, plan.Note{User: "u", Event: "sent", Text: text})
	}
	require.NoError(t, s.Settle(t.Context(), l, note, time.Now()))
	for _, tt := range []struct {
		org       string
		addresses []string
		want      []string
	}{
		{"acme", []string{"ada@example.com"}, []string{"created Ada@Example.com", "nada@example.com", "STRA\u00dfe"}},
		{"acme", []string{"eve@example.com", "bob@example.com"}, []string{"bob@example.com", "STRA\u00dfe"}},
		{"globex", []string{"ada@example.com"}, nil},
	} {
		var got []string
		query, args := relational.Mentions(dialect{}, tt.org, tt.addresses)
		require.NoError(t, s.read(t.Context(), func(ctx context.Context, c *conn) error {
			return c.Each(ctx, query, args, func(row relational.Scanner) error {
				var seq int64
				var text string
				err := row.Scan(&seq, &text)
				got = append(got, text)
				return err
			})
		}))
		require.ElementsMatch(t, tt.want, got)
	}
}
