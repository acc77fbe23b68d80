package scim

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// memberPage is how many members are held in memory at a time.
const memberPage = 1000

// appendMembers writes a group's members page by page, so that the memory that
// an answer takes does not follow the size of the group. Members that come or
// go meanwhile may be shown or not; those who stay are shown once.
func (s *service) appendMembers(r *http.Request, v renderer, a *answer, group string) error {
	a.buf.WriteString(`,"members":[`)
	first := true
	err := s.eachMember(r.Context(), group, func(page []directory.Member) error {
		for _, m := range page {
			shown, err := v.appendMember(&a.buf, m, first)
			if err != nil {
				return err
			}
			first = first && !shown
			if err := a.flush(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	a.buf.WriteByte(']')
	return nil
}

// appendMember writes one member, after a comma unless it is the first, and
// reports whether the client wants anything of it.
func (v renderer) appendMember(buf *bytes.Buffer, m directory.Member, first bool) (bool, error) {
	var fields map[string]any
	if v.projection.Given() {
		if fields = v.projectMember(m); len(fields) == 0 {
			return false, nil
		}
	}
	if !first {
		buf.WriteByte(',')
	}
	if fields != nil {
		return true, writeJSON(buf, fields)
	}
	// The same as writing memberFields, without making them first: there may
	// be 200,000 of them.
	buf.WriteString(`{"value":`)
	writeText(buf, m.ID)
	buf.WriteString(`,"$ref":`)
	writeText(buf, v.location(memberEndpoint(m), m.ID))
	buf.WriteString(`,"type":`)
	writeText(buf, string(m.Type))
	if m.Display != "" {
		buf.WriteString(`,"display":`)
		writeText(buf, m.Display)
	}
	buf.WriteByte('}')
	return true, nil
}

// eachMember reads all members of a group, page by page.
func (s *service) eachMember(ctx context.Context, group string, visit func([]directory.Member) error) error {
	after := ""
	for {
		page, err := s.dir.Members(ctx, s.org.Name, group, after, memberPage)
		if err != nil {
			return err
		}
		if err := visit(page); err != nil {
			return err
		}
		if len(page) < memberPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

// projectMember gives those sub-attributes of a member that the client wants.
func (v renderer) projectMember(m directory.Member) map[string]any {
	full := map[string]any{"members": []any{v.memberFields(m)}}
	members, _ := v.projection.Apply(resource.Group(), full)["members"].([]any)
	if len(members) == 0 {
		return nil
	}
	fields, _ := members[0].(map[string]any)
	return fields
}

// memberFields are all sub-attributes of a member (RFC 7643 section 4.2).
func (v renderer) memberFields(m directory.Member) map[string]any {
	fields := map[string]any{
		"value": m.ID,
		"$ref":  v.location(memberEndpoint(m), m.ID),
		"type":  string(m.Type),
	}
	if m.Display != "" {
		fields["display"] = m.Display
	}
	return fields
}

// memberEndpoint is where a member is found.
func memberEndpoint(m directory.Member) string {
	if m.Type == directory.MemberGroup {
		return groupsPath
	}
	return usersPath
}

// resolve returns the ids of the members that match where, whose paths are the
// sub-attributes of a member, after the earlier steps of the same change.
func (s *service) resolve(r *http.Request, group string, where filter.Expr, earlier []directory.MemberChange) ([]string, error) {
	v := renderer{base: s.base(r)}
	removed, added := effects(earlier)
	var ids []string
	take := func(m directory.Member) {
		if filter.Matches(where, v.memberFields(m), memberIsExact) {
			ids = append(ids, m.ID)
		}
	}
	err := s.eachMember(r.Context(), group, func(page []directory.Member) error {
		for _, m := range page {
			if !removed.has(m.ID) && !added[m.ID] {
				take(m)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(added)) {
		m, err := s.findMember(r.Context(), id)
		if errors.Is(err, directory.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		take(m)
	}
	return ids, nil
}

// memberIsExact says which sub-attributes of a member compare with case.
func memberIsExact(p filter.Path) bool {
	return strings.EqualFold(p.Attr, "value") || strings.EqualFold(p.Attr, "$ref")
}

// removal says who is no longer a member after some steps.
type removal struct {
	all bool
	ids map[string]bool
}

func (m removal) has(id string) bool { return m.all || m.ids[id] }

// effects says what steps do to whoever was a member before them, and whom they
// add.
func effects(steps []directory.MemberChange) (removal, map[string]bool) {
	removed, added := removal{ids: map[string]bool{}}, map[string]bool{}
	for _, step := range steps {
		if step.Op == directory.MemberReplace {
			removed.all = true
			clear(added)
		}
		for _, id := range step.IDs {
			if step.Op == directory.MemberRemove {
				removed.ids[id] = true
				delete(added, id)
			} else {
				added[id] = true
			}
		}
	}
	return removed, added
}

// findMember returns a resource as the member that it would be.
func (s *service) findMember(ctx context.Context, id string) (directory.Member, error) {
	u, err := s.dir.User(ctx, s.org.Name, id)
	if err == nil {
		attributes, err := u.Attributes()
		if err != nil {
			return directory.Member{}, err
		}
		return directory.Member{ID: id, Type: directory.MemberUser, Display: cmp.Or(attributes.DisplayName, attributes.UserName)}, nil
	}
	if !errors.Is(err, directory.ErrNotFound) {
		return directory.Member{}, err
	}
	g, err := s.dir.Group(ctx, s.org.Name, id)
	if err != nil {
		return directory.Member{}, err
	}
	attributes, err := g.Attributes()
	if err != nil {
		return directory.Member{}, err
	}
	return directory.Member{ID: id, Type: directory.MemberGroup, Display: attributes.DisplayName}, nil
}
