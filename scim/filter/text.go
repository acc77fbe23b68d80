package filter

import (
	"encoding/json"
	"fmt"
	"strings"
)

// appendExpr writes a tree as text. The parser leans to the left, so an equal
// operator on the right keeps its parentheses.
func appendExpr(b []byte, e Expr) []byte {
	switch e := e.(type) {
	case And:
		_, left := e.Left.(Or)
		b = appendOperand(b, e.Left, left)
		b = append(b, " and "...)
		return appendOperand(b, e.Right, joins(e.Right))
	case Or:
		b = appendExpr(b, e.Left)
		b = append(b, " or "...)
		_, right := e.Right.(Or)
		return appendOperand(b, e.Right, right)
	case Not:
		b = append(b, "not "...)
		return appendOperand(b, e.Expr, true)
	case ValuePath:
		b = append(b, e.Path.String()...)
		b = append(b, '[')
		return append(appendExpr(b, e.Filter), ']')
	case Compare:
		b = append(b, e.Path.String()...)
		b = append(b, ' ')
		b = append(b, e.Op...)
		if e.Op == Pr {
			return b
		}
		return append(append(b, ' '), literal(e.Value)...)
	}
	panic(fmt.Sprintf("filter: %T is no filter", e))
}

func joins(e Expr) bool {
	switch e.(type) {
	case And, Or:
		return true
	}
	return false
}

func appendOperand(b []byte, e Expr, group bool) []byte {
	if !group {
		return appendExpr(b, e)
	}
	return append(appendExpr(append(b, '('), e), ')')
}

func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		if v {
			return "true"
		}
		return "false"
	case json.Number:
		return v.String()
	case string:
		return quote(v)
	}
	panic(fmt.Sprintf("filter: %T is no value of a comparison", v))
}

// quote writes a JSON string without the escapes that encoding/json adds for
// the sake of HTML.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return strings.TrimSuffix(b.String(), "\n")
}
