package filter

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
)

// holds compares one assigned value with a literal. For ne it reports equality,
// which the caller turns around once it has seen all values.
func holds(op Op, v, literal any, exact bool) bool {
	if t, ok := v.(time.Time); ok {
		v = t.Format(time.RFC3339Nano)
	}
	switch v := v.(type) {
	case bool:
		b, ok := asBool(literal)
		return ok && (op == Eq || op == Ne) && v == b
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
	if op != Co && op != Sw && op != Ew {
		if t, ok := instant(v); ok {
			if u, ok := instant(l); ok {
				return ordered(op, t.Compare(u))
			}
		}
	}
	if !exact {
		if (op == Eq || op == Ne) && isASCII(v) && isASCII(l) {
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
	case Eq, Ne:
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

// instant reads an xsd:dateTime. One without a zone is taken as UTC.
func instant(s string) (time.Time, bool) {
	const shortest = len("2006-01-02T15:04:05")
	if len(s) < shortest || s[4] != '-' || s[10]|0x20 != 't' {
		return time.Time{}, false
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, true
	}
	t, err := time.Parse("2006-01-02T15:04:05", s)
	return t, err == nil
}

func asBool(v any) (value, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		switch {
		case strings.EqualFold(v, "true"):
			return true, true
		case strings.EqualFold(v, "false"):
			return false, true
		}
	}
	return false, false
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
