package directory_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/cases"

	"github.com/scim-bridge/scim-bridge/directory"
)

func TestFold_IsUnicodesForEveryText(t *testing.T) {
	t.Parallel()
	texts := []string{"", "Ada@Example.com", "STRASSE", "Straße", "ΣΊΣΥΦΟΣ", "Ünal\xff"}
	for r := range rune(0x250) {
		texts = append(texts, "x"+string(r)+"X")
	}
	for _, s := range texts {
		require.Equal(t, cases.Fold().String(s), directory.Fold(s), "%q", s)
	}
	require.Equal(t, directory.Fold("STRASSE"), directory.Fold("Straße"))
}
