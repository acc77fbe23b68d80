package directory

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold gives the form in which two spellings of a name, an e-mail address or a
// user name are equal: by Unicode's full case folding, composed. Of what PRECIS
// does to user names (RFC 7613 section 3.2, to which RFC 7644 section 5 refers),
// it leaves wide letters as they are, since names of Adobe's groups compare by
// it, too, and it refuses nothing: what PRECIS forbids, such as a space, is a
// user name at some provider. Case is folded, as RFC 7613 prefers, and not put
// into lower case, as its successor RFC 8265 does: STRASSE and Straße are one.
//
// Databases store this form in columns of its own, since their own folding
// differs from one to the next. It is safe for concurrent use.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s) // the same, and many times as fast
	}
	return norm.NFC.String(cases.Fold().String(norm.NFD.String(s)))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
