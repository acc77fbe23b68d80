package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// The longest and the deepest filters that the parser lets through are within
// the limits of the database.
func TestFilter_TheDatabaseTakesWhatTheParserTakes(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "bridge.db"))
	_, err := s.CreateUser(t.Context(), "acme", directory.User{
		Meta: directory.Meta{ID: "ada"}, Document: []byte(`{"userName":"ada","emails":[{"type":"work","value":"ada@example.com"}]}`),
	}, directory.Origin{})
	require.NoError(t, err)
	open, shut := strings.Repeat("not (", filter.MaxDepth-1), strings.Repeat(")", filter.MaxDepth-1)
	for _, term := range []string{
		`userName eq "x"`, `displayName le "x"`, `emails[value sw "x"]`, `groups.display ne "x"`, `meta.created gt 2026-01-01T00:00:00Z`,
		`urn:ietf:params:scim:schemas:extension:scimbridge:2.0:User:sync.detail co "x"`, `title ne null`,
	} {
		for name, text := range map[string]string{
			"or":     strings.Repeat(term+" or ", filter.MaxTerms-1) + `userName eq "ada"`,
			"and":    strings.Repeat("not ("+term+") and ", filter.MaxTerms-1) + `userName eq "ada"`,
			"deep":   open + term + shut,
			"zigzag": strings.Repeat("("+term+" or userName pr and ", filter.MaxDepth-1) + "id pr" + shut,
			"inside": `emails[` + strings.Repeat(`value sw "x" or `, filter.MaxTerms-1) + `value pr]`,
		} {
			e, err := filter.Parse(text)
			require.NoError(t, err, name)
			_, err = s.Users(t.Context(), "acme", filter.Query{Where: e}, directory.Page{Start: 1, Count: 1})
			require.NoError(t, err, "%s of %s", name, term)
		}
	}
}
