package search

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// holds is the condition that a value is assigned and compares so.
func (col Column) holds(c filter.Compare, args *Args) string {
	condition := col.compare(c, args)
	switch {
	case col.Missing == "" || condition == never:
		return condition
	case condition == always:
		return "(" + col.Missing + ") = FALSE"
	}
	return "((" + col.Missing + ") = FALSE AND " + condition + ")"
}

// always is a condition that any value meets.
const always = "TRUE"

func (col Column) compare(c filter.Compare, args *Args) string {
	switch {
	case col.SQL == "" && col.Kind != Whole:
		return never // there is no such attribute
	case c.Op == filter.Pr && (col.Missing != "" || col.Kind == Whole):
		return always
	case c.Op == filter.Pr:
		return col.SQL + " IS NOT NULL"
	}
	switch col.Kind {
	case Text, ExactText:
		return col.compareText(c, args)
	case Flag:
		return col.compareFlag(c, "1", "0")
	case FlagText:
		return col.compareFlag(c, "'true'", "'false'")
	case Date:
		return col.compareNumber(c.Op, instant(c.Value), args)
	case Number:
		return col.compareNumber(c.Op, number(c.Value), args)
	}
	return never
}

// text is a literal as text.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

func (col Column) compareText(c filter.Compare, args *Args) string {
	value, ok := text(c.Value)
	if !ok {
		return never
	}
	if value == "" {
		// No value that is assigned is empty.
		switch c.Op {
		case filter.Co, filter.Sw, filter.Ew, filter.Gt, filter.Ge:
			return col.compare(filter.Compare{Op: filter.Pr}, args)
		}
		return never
	}
	if col.Kind == Text {
		value = directory.Fold(value)
	}
	switch c.Op {
	case filter.Co:
		return args.d.Contains(col.SQL, args.Add(value))
	case filter.Ew:
		return args.d.EndsWith(col.SQL, args.Add(value))
	case filter.Sw:
		condition := col.SQL + " >= " + args.Add(value)
		if next, ok := after(value); ok {
			condition = "(" + condition + " AND " + col.SQL + " < " + args.Add(next) + ")"
		}
		return condition
	}
	return ordered(col.SQL, c.Op, args.Add(value))
}

func ordered(sql string, op filter.Op, param string) string {
	if sign := signs[op]; sign != "" {
		return sql + " " + sign + " " + param
	}
	return never
}

var signs = map[filter.Op]string{filter.Eq: "=", filter.Gt: ">", filter.Ge: ">=", filter.Lt: "<", filter.Le: "<="}

// after is the first text, in order of code points, behind all that begin with
// a prefix, if there is one.
func after(prefix string) (string, bool) {
	for prefix != "" {
		r, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		if r++; r == 0xD800 {
			r = 0xE000 // between them are no characters
		}
		if r <= utf8.MaxRune {
			return prefix + string(r), true
		}
	}
	return "", false
}

// compareFlag tries both values, since there are no more.
func (col Column) compareFlag(c filter.Compare, one, other string) string {
	c.Path = filter.Path{Attr: "value"}
	yes := filter.Matches(c, map[string]any{"value": true}, nil)
	no := filter.Matches(c, map[string]any{"value": false}, nil)
	switch {
	case yes && no:
		return always
	case yes:
		return col.SQL + " = " + one
	case no:
		return col.SQL + " = " + other
	}
	return never
}

// bound is a literal that integers are compared with: the largest that is not
// greater, and whether it is equal.
type bound struct {
	floor int64
	exact bool
	ok    bool
}

func instant(v any) bound {
	s, _ := v.(string)
	t, ok := filter.Instant(s)
	return bound{floor: t.UnixMicro(), exact: t.Nanosecond()%int(time.Microsecond) == 0, ok: ok}
}

func number(v any) bound {
	s, ok := text(v)
	if !ok {
		return bound{}
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return bound{floor: i, exact: true, ok: true}
	}
	f, err := strconv.ParseFloat(s, 64)
	floor := math.Floor(f)
	switch {
	case err != nil || f != f:
		return bound{}
	case floor >= math.MaxInt64:
		return bound{floor: math.MaxInt64, ok: true}
	case floor < math.MinInt64:
		return bound{floor: math.MinInt64, ok: true}
	}
	return bound{floor: int64(floor), exact: f == floor, ok: true}
}

func (col Column) compareNumber(op filter.Op, b bound, args *Args) string {
	if !b.ok {
		return never
	}
	if !b.exact {
		switch op {
		case filter.Eq:
			return never
		case filter.Ge:
			op = filter.Gt
		case filter.Lt:
			op = filter.Le
		}
	}
	return ordered(col.SQL, op, args.Add(b.floor))
}
