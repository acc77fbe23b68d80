package directory_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/scim-bridge/scim-bridge/directory"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, a, b string
		equal      bool
	}{
		{"case", "Ada@Example.COM", "ada@example.com", true},
		{"case beyond ASCII", "ÉLODIE", "élodie", true},
		{"composed and decomposed", "\u00e9lodie", "e\u0301lodie", true},
		{"the order of marks", "q\u0307\u0323", "q\u0323\u0307", true},
		{"wide letters are letters of their own", "\uff21\uff44\uff41", "ada", false},
		{"sharp s", "Straße", "STRASSE", true},
		{"final sigma", "ΟΔΥΣΣΕΥΣ", "οδυσσευς", true},
		{"what PRECIS forbids", "Ada Smith #EXT#", "ada smith #ext#", true},
		{"accents tell names apart", "Jose", "José", false},
		{"dotless i is a letter of its own", "ılgaz", "ilgaz", false},
		{"compatible is not equal", "ﬁ²", "fi2", false},
		{"spaces count", "ada smith", "adasmith", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.equal, directory.Fold(tt.a) == directory.Fold(tt.b), "%q %q", directory.Fold(tt.a), directory.Fold(tt.b))
		})
	}
}

func TestFoldUserName_PassesOverWidth(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"\uff21\uff44\uff41", "ADA", "a\uff24a"} {
		assert.Equal(t, "ada", directory.FoldUserName(name))
	}
	assert.Equal(t, directory.FoldUserName("\u30ac"), directory.FoldUserName("\uff76\uff9e"), "a half-width letter and its mark")
}

func TestFold_IsUnicodesForLatin(t *testing.T) {
	t.Parallel()
	for r := range rune(0x250) {
		s := "x" + string(r) + "X"
		assert.Equal(t, norm.NFC.String(cases.Fold().String(s)), directory.Fold(s), "%q", s)
	}
}

// FuzzFold holds Fold to what a key in a database needs: to fold once is enough,
// and the form in which a text came does not matter.
func FuzzFold(f *testing.F) {
	for _, s := range []string{"Ada", "e\u0301", "\u0345\u0301Α", "ẞ", "İ", "ﬀ", "\uff21\u3099", "ΐ", "\u1e9b\u0323"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return // SCIM is UTF-8.
		}
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cherokee, r) }) {
			return // golang.org/x/text swaps the case of Cherokee instead of folding it.
		}
		want := directory.Fold(s)
		assert.Equal(t, want, directory.Fold(want), "again")
		name := directory.FoldUserName(s)
		assert.Equal(t, name, directory.FoldUserName(name), "again")
		assert.Equal(t, want, directory.Fold(norm.NFC.String(s)), "composed")
		assert.Equal(t, want, directory.Fold(norm.NFD.String(s)), "decomposed")
	})
}
