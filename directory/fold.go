package directory

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// Fold gives the form in which two spellings of a name, an e-mail address or a
// user name are equal without regard to case, by Unicode's full case folding.
// Databases store this form in columns of its own, since their own folding
// differs from one to the next. It is safe for concurrent use.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s) // the same, and many times as fast
	}
	return cases.Fold().String(s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
