package filter

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
)

// holds compares one assigned value with a literal.
func holds(op Op, v, literal any, exact bool) bool {
	switch v := v.(type) {
	case time.Time:
		s, _ := literal.(string)
		l, ok := Instant(s)
		return ok && ordered(op, v.Compare(l))
	case bool:
		return op == Eq && holdsText(op, strconv.FormatBool(v), literal, false)
	case string:
		return holdsText(op, v, literal, exact)
	}
	n, ok := asNumber(v)
	if !ok {
		return false
	}
	l, ok := asNumber(literal)
	return ok && ordered(op, compareNumbers(n, l))
}

func holdsText(op Op, v string, literal any, exact bool) bool {
	var l string
	switch lit := literal.(type) {
	case string:
		l = lit
	case json.Number:
		l = lit.String()
	case bool:
		l = strconv.FormatBool(lit)
	default:
		return false
	}
	if !exact {
		if op == Eq && isASCII(v) && isASCII(l) {
			return strings.EqualFold(v, l)
		}
		v, l = fold(v), fold(l)
	}
	switch op {
	case Co:
		return strings.Contains(v, l)
	case Sw:
		return strings.HasPrefix(v, l)
	case Ew:
		return strings.HasSuffix(v, l)
	}
	return ordered(op, strings.Compare(v, l))
}

func ordered(op Op, c int) bool {
	switch op {
	case Eq:
		return c == 0
	case Gt:
		return c > 0
	case Ge:
		return c >= 0
	case Lt:
		return c < 0
	case Le:
		return c <= 0
	}
	return false
}

// fold is the form that databases of the bridge keep.
func fold(s string) string { return directory.Fold(s) }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Instant reads a date and time (RFC 7643, section 2.3.5), with any number of
// fractional digits. One without a zone is taken as UTC, and a date alone as its
// first instant. It reports whether the text is one.
func Instant(s string) (time.Time, bool) {
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// number is an integer if it fits, so that large ones stay exact.
type number struct {
	i     int64
	f     float64
	whole bool
}

func asNumber(v any) (number, bool) {
	switch v := v.(type) {
	case json.Number:
		return parseNumber(string(v))
	case string:
		return parseNumber(v)
	case int:
		return number{i: int64(v), f: float64(v), whole: true}, true
	case int64:
		return number{i: v, f: float64(v), whole: true}, true
	case float64:
		return number{f: v}, true
	}
	return number{}, false
}

func parseNumber(s string) (number, bool) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return number{i: i, f: float64(i), whole: true}, true
	}
	f, err := strconv.ParseFloat(s, 64)
	return number{f: f}, err == nil
}

func compareNumbers(a, b number) int {
	if a.whole && b.whole {
		return cmp.Compare(a.i, b.i)
	}
	return cmp.Compare(a.f, b.f)
}
