package filter

import (
	"fmt"
	"strings"
)

// Path names an attribute. Names keep the spelling in which they were written
// and are compared without regard to case (RFC 7643, section 2.1).
type Path struct {
	// URN is the schema in front of the name, empty if none was written.
	URN string
	// Attr is the attribute; inside the brackets of a value path, the
	// sub-attribute. It is empty where a PATCH path is a schema's URN alone.
	Attr string
	// Sub is the sub-attribute, empty if there is none.
	Sub string
}

// String gives the path as it is written in a filter.
func (p Path) String() string {
	s := p.Attr
	if p.Sub != "" {
		s += "." + p.Sub
	}
	switch {
	case p.URN == "":
		return s
	case s == "":
		return p.URN
	}
	return p.URN + ":" + s
}

// Equal reports whether two paths name the same attribute.
func (p Path) Equal(q Path) bool {
	return strings.EqualFold(p.URN, q.URN) && strings.EqualFold(p.Attr, q.Attr) && strings.EqualFold(p.Sub, q.Sub)
}

// Op is a comparison operator, in lower case (RFC 7644, table 3).
type Op string

// The operators of RFC 7644, table 3.
const (
	Eq Op = "eq" // equal
	Ne Op = "ne" // not equal
	Co Op = "co" // contains
	Sw Op = "sw" // starts with
	Ew Op = "ew" // ends with
	Gt Op = "gt" // greater than
	Ge Op = "ge" // greater than or equal
	Lt Op = "lt" // less than
	Le Op = "le" // less than or equal
	Pr Op = "pr" // present, has no value
)

// Expr is a filter: And, Or, Not, Compare or ValuePath, always as a value and
// never as a pointer.
type Expr interface {
	isExpr()
	// String gives text that parses to the same tree.
	String() string
}

// And matches what both sides match.
type And struct{ Left, Right Expr }

// Or matches what either side matches.
type Or struct{ Left, Right Expr }

// Not matches what Expr does not.
type Not struct{ Expr Expr }

// Compare compares an attribute with a value.
type Compare struct {
	Path Path
	Op   Op
	// Value is a string, a bool, a json.Number, or nil for null. For Pr it is nil.
	Value any
}

// ValuePath matches when one element of a multi-valued attribute matches a
// filter alone. The paths inside it are names of sub-attributes in Path.Attr.
type ValuePath struct {
	Path   Path
	Filter Expr
}

func (And) isExpr()       {}
func (Or) isExpr()        {}
func (Not) isExpr()       {}
func (Compare) isExpr()   {}
func (ValuePath) isExpr() {}

// String implements Expr.
func (e And) String() string { return string(appendExpr(nil, e)) }

// String implements Expr.
func (e Or) String() string { return string(appendExpr(nil, e)) }

// String implements Expr.
func (e Not) String() string { return string(appendExpr(nil, e)) }

// String implements Expr.
func (e Compare) String() string { return string(appendExpr(nil, e)) }

// String implements Expr.
func (e ValuePath) String() string { return string(appendExpr(nil, e)) }

// Query is what a list is asked for: the resources that match Where, nil for
// all, in an order.
type Query struct {
	Where Expr
	// By is the attribute by which the list is sorted (RFC 7644, section
	// 3.4.2.3), zero for the order of creation. Resources without it come last,
	// and first where the order descends; of several values the primary one
	// counts, else the first. What is equal is in order of creation.
	By         Path
	Descending bool
}

// PatchPath is the path of a PATCH operation: attr, attr.sub (in Path.Sub),
// attr[filter] or attr[filter].sub. A schema's URN alone has an empty Path.Attr.
type PatchPath struct {
	Path Path
	// Filter selects elements of a multi-valued attribute, nil if there are no brackets.
	Filter Expr
	// Sub is the sub-attribute that follows the brackets.
	Sub string
}

// String gives the path as it is written in a PATCH operation.
func (p PatchPath) String() string {
	s := p.Path.String()
	if p.Filter != nil {
		s += "[" + p.Filter.String() + "]"
	}
	if p.Sub != "" {
		s += "." + p.Sub
	}
	return s
}

// SyntaxError says why a filter or path cannot be read, and where.
type SyntaxError struct {
	// Pos counts bytes from 1.
	Pos int
	Msg string
}

// Error implements error.
func (e *SyntaxError) Error() string { return fmt.Sprintf("position %d: %s", e.Pos, e.Msg) }
