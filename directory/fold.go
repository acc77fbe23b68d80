package directory

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Fold gives the form in which two spellings of a name or of an e-mail address
// are equal: by Unicode's full case folding, composed. STRASSE and Straße are one,
// and so are the two ways in which Unicode writes an accented letter.
//
// Databases store this form in columns of its own, since their own folding
// differs from one to the next. It is safe for concurrent use.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s) // the same, and many times as fast
	}
	return norm.NFC.String(cases.Fold().String(norm.NFD.String(s)))
}

// FoldUserName is Fold for user names: wide and narrow forms of a letter are equal,
// too. These are the mappings of PRECIS (RFC 7613 section 3.2, to which RFC 7644
// section 5 refers; case is folded, as it prefers, and not put into lower case,
// as its successor RFC 8265 does). Nothing is refused: what PRECIS forbids, such as
// a space, is a user name at some provider.
func FoldUserName(s string) string { return Fold(Narrow(s)) }

// Narrow replaces wide and narrow forms of letters by the usual ones.
func Narrow(s string) string {
	if isASCII(s) {
		return s
	}
	return width.Fold.String(s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
