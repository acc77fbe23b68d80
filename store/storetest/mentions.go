package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

// Mentions requires that erasing has the database find the lines of the journal that may
// mention somebody, whom found looks for by folded addresses. The store is a fresh one.
func Mentions(t *testing.T, s store.Store, found func(org string, addresses ...string) []string) {
	t.Helper()
	l, err := s.Lease(t.Context(), "acme")
	require.NoError(t, err)
	var note plan.Settlement
	for _, text := range []string{"created Ada@Example.com", "nada@example.com", "bob@example.com", "add 3 memberships", "STRA\u00dfe"} {
		note.Notes = append(note.Notes, plan.Note{User: "u", Event: "sent", Text: text})
	}
	require.NoError(t, s.Settle(t.Context(), l, note, time.Now()))
	// What is not ASCII is not folded in the database.
	require.ElementsMatch(t, []string{"created Ada@Example.com", "nada@example.com", "STRA\u00dfe"}, found("acme", "ada@example.com"))
	require.ElementsMatch(t, []string{"bob@example.com", "STRA\u00dfe"}, found("acme", "eve@example.com", "bob@example.com"))
	require.Empty(t, found("globex", "ada@example.com"))
}
