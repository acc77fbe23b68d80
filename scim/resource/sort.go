package resource

import (
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scim-bridge/scim-bridge/scim/filter"
)

// ParseSortBy reads the sortBy of a search for several types of resources (RFC
// 7644, section 3.4.2.3), and gives for each the path in the form that stores
// expect. It is zero where nothing is to be sorted by: for a blank text, and for
// a type that lacks what another has. What none has, what has several parts and
// what is made up for answers is an *Error of type invalidValue.
func ParseSortBy(s string, o Options, types ...*Type) ([]filter.Path, error) {
	out := make([]filter.Path, len(types))
	if s = strings.TrimSpace(s); s == "" {
		return out, nil
	}
	found := false
	for i, t := range types {
		path, err := filter.ParsePath(s, t.parser(o).URNs)
		if err != nil || path.Filter != nil {
			return nil, refuse(scimerrors.ScimTypeInvalidValue, "sortBy: %q is no attribute", s)
		}
		g, ok := t.resolve(path.Path, o)
		if !ok || g.attr == nil || g.attr.dropped {
			continue
		}
		if g.sub == nil {
			g.sub = g.attr.valueSub()
		}
		if g.sub == nil && g.attr.typ == typeComplex || g.isMadeUp() || t.isElsewhere(g) {
			return nil, refuse(scimerrors.ScimTypeInvalidValue, "sortBy: %s cannot be sorted by", g.name())
		}
		out[i], found = g.path(), true
	}
	if !found {
		return nil, refuse(scimerrors.ScimTypeInvalidValue, "sortBy: there is no attribute %q", s)
	}
	return out, nil
}

// isElsewhere reports whether the elements of an attribute are resources of their
// own, or made of the others: no one of them is the first.
func (t *Type) isElsewhere(g target) bool {
	switch g.attr {
	case t.core.attrs["members"], t.core.attrs["groups"], t.core.attrs["schemas"]:
		return true
	}
	return false
}
