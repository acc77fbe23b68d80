package filter

import (
	"encoding/json"
	"fmt"
	"strings"
)

// input is the text being read and the position in it.
type input struct {
	text   string
	pos    int
	urns   []string
	strict bool
	terms  int // comparisons so far
}

func (in *input) fail(format string, args ...any) *SyntaxError {
	return &SyntaxError{Pos: in.pos + 1, Msg: fmt.Sprintf(format, args...)}
}

// rest is the beginning of what was not read, for messages.
func (in *input) rest() string {
	const enough = 20
	r := in.text[in.pos:]
	if len(r) > enough {
		r = strings.ToValidUTF8(r[:enough], "") + "..."
	}
	return r
}

func (in *input) spaces() {
	for in.pos < len(in.text) && isSpace(in.text[in.pos]) {
		in.pos++
	}
}

// next reads c if it comes next.
func (in *input) next(c byte) bool {
	if in.pos < len(in.text) && in.text[in.pos] == c {
		in.pos++
		return true
	}
	return false
}

// word reads up to a space, bracket, parenthesis or quote.
func (in *input) word() string {
	start := in.pos
	for in.pos < len(in.text) && !endsWord(in.text[in.pos]) {
		in.pos++
	}
	return in.text[start:in.pos]
}

func (in *input) letters() string {
	start := in.pos
	for in.pos < len(in.text) && isLetter(in.text[in.pos]) {
		in.pos++
	}
	return in.text[start:in.pos]
}

// keyword reads and or or if it comes next. A word that only begins like one
// is left alone.
func (in *input) keyword(k string) bool {
	start := in.pos
	in.spaces()
	if strings.EqualFold(in.letters(), k) && (in.pos == len(in.text) || endsWord(in.text[in.pos])) {
		return true
	}
	in.pos = start
	return false
}

// not reads not and the parenthesis that must follow it.
func (in *input) not() bool {
	start := in.pos
	if strings.EqualFold(in.letters(), "not") {
		in.spaces()
		if in.next('(') {
			return true
		}
	}
	in.pos = start
	return false
}

func operator(s string) (Op, bool) {
	if len(s) != 2 {
		return "", false
	}
	for _, op := range [...]Op{Eq, Pr, Sw, Co, Ne, Ew, Gt, Ge, Lt, Le} {
		if s == string(op) || strings.EqualFold(s, string(op)) {
			return op, true
		}
	}
	return "", false
}

// literal reads a value: as JSON writes it, or a bare word, which RFC 7644's
// own examples and several clients use for strings.
func (in *input) literal() (any, error) {
	if in.pos == len(in.text) {
		return nil, in.fail("a value is missing")
	}
	start := in.pos
	switch c := in.text[in.pos]; {
	case c == '"':
		return in.quoted()
	case c == '\'' && !in.strict:
		return in.singleQuoted()
	}
	word := in.word()
	switch {
	case strings.EqualFold(word, "true"):
		return true, nil
	case strings.EqualFold(word, "false"):
		return false, nil
	case strings.EqualFold(word, "null"):
		return nil, nil
	case isNumber(word):
		return json.Number(word), nil
	}
	reserved := strings.EqualFold(word, "and") || strings.EqualFold(word, "or") || strings.EqualFold(word, "not")
	if word == "" || reserved || in.strict || strings.IndexByte(word, 0) >= 0 {
		in.pos = start
		return nil, in.fail("a value is missing or not in double quotes")
	}
	return word, nil
}

// quoted reads a JSON string.
func (in *input) quoted() (any, error) {
	start := in.pos
	escaped := false
	for in.pos++; in.pos < len(in.text); in.pos++ {
		switch in.text[in.pos] {
		case '\\':
			escaped = true
			in.pos++
		case '"':
			in.pos++
			return in.unquote(start, escaped)
		}
	}
	in.pos = start
	return nil, in.fail("string is not closed")
}

func (in *input) unquote(start int, escaped bool) (any, error) {
	s := in.text[start+1 : in.pos-1]
	if escaped {
		if err := json.Unmarshal([]byte(in.text[start:in.pos]), &s); err != nil {
			in.pos = start
			return nil, in.fail("string with an escape that JSON does not know")
		}
	}
	if strings.IndexByte(s, 0) >= 0 {
		in.pos = start
		return nil, in.fail("string with a NUL character")
	}
	return s, nil
}

// singleQuoted reads a string in single quotes, as RFC 7644 once writes one.
func (in *input) singleQuoted() (any, error) {
	end := strings.IndexByte(in.text[in.pos+1:], '\'')
	if end < 0 {
		return nil, in.fail("string is not closed")
	}
	start := in.pos
	in.pos += end + 2
	return in.unquote(start, false)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func endsWord(c byte) bool {
	switch c {
	case '[', ']', '(', ')', '"':
		return true
	}
	return isSpace(c)
}

// validName reports whether s is an attribute name: RFC 7643, section 2.1,
// where $ stands at the beginning of $ref only by example.
func validName(s string) bool {
	if s == "" || !isLetter(s[0]) && s[0] != '$' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; !isLetter(c) && !isDigit(c) && c != '-' && c != '_' && c != '$' {
			return false
		}
	}
	return true
}

// validURN reports whether s begins like a URN and has no character that a URI
// cannot have (RFC 3986, section 2).
func validURN(s string) bool {
	if !hasPrefixFold(s, "urn:") {
		return false
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return false
		}
	}
	return true
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// isNumber reports whether s is a number as JSON writes it.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	n := digits(s)
	if n == 0 || n > 1 && s[0] == '0' {
		return false
	}
	s = s[n:]
	if strings.HasPrefix(s, ".") {
		n = digits(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s != "" && s[0]|0x20 == 'e' {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		n = digits(s)
		if n == 0 {
			return false
		}
		s = s[n:]
	}
	return s == ""
}

func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}
