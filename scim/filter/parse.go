package filter

import (
	"strings"
	"unicode/utf8"
)

const (
	// MaxLength is the most bytes of a filter or path.
	MaxLength = 64 << 10
	// MaxDepth is how deep parentheses and brackets may nest.
	MaxDepth = 32
	// MaxTerms is the most comparisons of a filter or path. A list joined by or
	// is as deep a tree as it is long, and databases bound the depth they take.
	MaxTerms = 500
)

// Parser reads filters and paths. The zero Parser is ready for use.
type Parser struct {
	// URNs are the schemas in front of attribute names; the longest that fits
	// wins, without regard to case. Needed since URNs have dots and colons of
	// their own; other URNs end at their last colon.
	URNs []string
	// Strict refuses literals without double quotes, comparisons after brackets
	// and a dot after a URN.
	Strict bool
}

// Parse reads a filter. An error is a *SyntaxError.
func Parse(s string) (Expr, error) { return Parser{}.Filter(s) }

// ParseWith reads a filter whose attributes may be prefixed with the given
// schema URNs. An error is a *SyntaxError.
func ParseWith(s string, knownURNs []string) (Expr, error) {
	return Parser{URNs: knownURNs}.Filter(s)
}

// ParsePath reads the path of a PATCH operation. An error is a *SyntaxError.
func ParsePath(s string, knownURNs []string) (PatchPath, error) {
	return Parser{URNs: knownURNs}.Path(s)
}

// Filter reads a filter (RFC 7644, figure 1). An error is a *SyntaxError.
func (p Parser) Filter(s string) (Expr, error) {
	in, err := newInput(s, p)
	if err != nil {
		return nil, err
	}
	e, err := in.or(0, false)
	if err != nil {
		return nil, err
	}
	in.spaces()
	if in.pos < len(in.text) {
		return nil, in.fail("unexpected %q", in.rest())
	}
	return e, nil
}

// Path reads the path of a PATCH operation (RFC 7644, figure 7). An error is a
// *SyntaxError.
func (p Parser) Path(s string) (PatchPath, error) {
	in, err := newInput(s, p)
	if err != nil {
		return PatchPath{}, err
	}
	var out PatchPath
	if out.Path, err = in.path(true); err != nil {
		return PatchPath{}, err
	}
	if in.next('[') {
		if out.Path.Attr == "" {
			return PatchPath{}, in.fail("an attribute must stand before the bracket")
		}
		if out.Filter, err = in.brackets(0); err != nil {
			return PatchPath{}, err
		}
		if out.Sub, err = in.subAfterBrackets(); err != nil {
			return PatchPath{}, err
		}
	}
	in.spaces()
	if in.pos < len(in.text) {
		return PatchPath{}, in.fail("unexpected %q", in.rest())
	}
	return out, nil
}

func newInput(s string, p Parser) (*input, error) {
	if len(s) > MaxLength {
		return nil, &SyntaxError{Pos: MaxLength + 1, Msg: "too long"}
	}
	in := &input{text: s, urns: p.URNs, strict: p.Strict}
	if !utf8.ValidString(s) {
		return nil, in.fail("not UTF-8")
	}
	return in, nil
}

// or reads a list joined by or, up to a closing bracket or the end. inside
// says that brackets are open, where another pair is refused.
func (in *input) or(depth int, inside bool) (Expr, error) {
	if depth > MaxDepth {
		return nil, in.fail("nested more than %d deep", MaxDepth)
	}
	left, err := in.and(depth, inside)
	if err != nil {
		return nil, err
	}
	for in.keyword("or") {
		right, err := in.and(depth, inside)
		if err != nil {
			return nil, err
		}
		left = Or{Left: left, Right: right}
	}
	return left, nil
}

func (in *input) and(depth int, inside bool) (Expr, error) {
	left, err := in.term(depth, inside)
	if err != nil {
		return nil, err
	}
	for in.keyword("and") {
		right, err := in.term(depth, inside)
		if err != nil {
			return nil, err
		}
		left = And{Left: left, Right: right}
	}
	return left, nil
}

func (in *input) term(depth int, inside bool) (Expr, error) {
	in.spaces()
	if in.next('(') {
		return in.group(depth, inside)
	}
	if in.not() {
		e, err := in.group(depth, inside)
		if err != nil {
			return nil, err
		}
		return Not{Expr: e}, nil
	}
	path, err := in.path(false)
	if err != nil {
		return nil, err
	}
	if in.next('[') {
		if inside {
			return nil, in.fail("brackets inside brackets")
		}
		return in.valuePath(path, depth)
	}
	return in.comparison(path)
}

// group reads what follows an opening parenthesis.
func (in *input) group(depth int, inside bool) (Expr, error) {
	e, err := in.or(depth+1, inside)
	if err != nil {
		return nil, err
	}
	in.spaces()
	if !in.next(')') {
		return nil, in.fail("parenthesis is not closed")
	}
	return e, nil
}

// brackets reads what follows an opening bracket.
func (in *input) brackets(depth int) (Expr, error) {
	e, err := in.or(depth+1, true)
	if err != nil {
		return nil, err
	}
	in.spaces()
	if !in.next(']') {
		return nil, in.fail("bracket is not closed")
	}
	return e, nil
}

// valuePath reads what follows emails[. Entra ID puts a comparison after the
// brackets, emails[type eq "work"].value eq "x": the same element must satisfy it.
func (in *input) valuePath(path Path, depth int) (Expr, error) {
	inner, err := in.brackets(depth)
	if err != nil {
		return nil, err
	}
	sub, err := in.subAfterBrackets()
	if err != nil {
		return nil, err
	}
	if sub == "" {
		return ValuePath{Path: path, Filter: inner}, nil
	}
	if in.strict {
		return nil, in.fail("nothing is compared after brackets")
	}
	c, err := in.comparison(Path{Attr: sub})
	if err != nil {
		return nil, err
	}
	return ValuePath{Path: path, Filter: And{Left: inner, Right: c}}, nil
}

// subAfterBrackets reads .sub if there is one.
func (in *input) subAfterBrackets() (string, error) {
	if !in.next('.') {
		return "", nil
	}
	start := in.pos
	sub := in.word()
	if !validName(sub) {
		in.pos = start
		return "", in.fail("%q is no name of a sub-attribute", sub)
	}
	return sub, nil
}

func (in *input) comparison(path Path) (Expr, error) {
	in.spaces()
	if in.terms++; in.terms > MaxTerms {
		return nil, in.fail("more than %d comparisons", MaxTerms)
	}
	start := in.pos
	op, ok := operator(in.letters())
	if !ok {
		in.pos = start
		return nil, in.fail("an operator must follow %s: eq, ne, co, sw, ew, gt, ge, lt, le or pr", path)
	}
	if op == Pr {
		return Compare{Path: path, Op: Pr}, nil
	}
	in.spaces()
	v, err := in.literal()
	if err != nil {
		return nil, err
	}
	return Compare{Path: path, Op: op, Value: v}, nil
}

// path reads an attribute name with its URN and sub-attribute. bareURN allows
// a schema without an attribute.
func (in *input) path(bareURN bool) (Path, error) {
	in.spaces()
	start := in.pos
	word := in.word()
	path, ok := in.split(word, bareURN)
	if !ok {
		in.pos = start
		if word == "" {
			return Path{}, in.fail("an attribute name is missing")
		}
		return Path{}, in.fail("%q is no attribute name", word)
	}
	return path, nil
}

// split takes a path apart. Old jobs of Entra ID put a dot after a URN.
func (in *input) split(word string, bareURN bool) (Path, bool) {
	if strings.IndexByte(word, ':') < 0 {
		attr, sub, dotted := strings.Cut(word, ".")
		return Path{Attr: attr, Sub: sub}, validName(attr) && (!dotted || validName(sub))
	}
	n := 0
	for _, u := range in.urns {
		if len(u) > n && hasPrefixFold(word, u) && (len(word) == len(u) || word[len(u)] == ':' || word[len(u)] == '.' && !in.strict) {
			n = len(u)
		}
	}
	if n == len(word) {
		return Path{URN: word}, bareURN
	}
	if n == 0 {
		n = strings.LastIndexByte(word, ':')
		if !validURN(word[:n]) {
			return Path{}, false
		}
	}
	attr, sub, dotted := strings.Cut(word[n+1:], ".")
	return Path{URN: word[:n], Attr: attr, Sub: sub}, validName(attr) && (!dotted || validName(sub))
}
