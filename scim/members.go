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

// resolve makes changes of steps, of which some say by a filter whom they remove,
// whose paths are the sub-attributes of a member. The members are read once,
// however many filters there are, and each goes through all of them; or only
// those whom the filters name, if they all do.
func (s *service) resolve(r *http.Request, group string, steps []resource.MemberStep) ([]directory.MemberChange, error) {
	c := newCandidates(steps)
	v := renderer{base: s.base(r)}
	few, bounded := c.among()
	switch {
	case c.replaced:
	case bounded:
		// To remove somebody who is no member changes nothing, so that it need not
		// be known who is one.
		if err := s.passEach(r, c, few, true); err != nil {
			return nil, err
		}
	default:
		err := s.eachMember(r.Context(), group, func(page []directory.Member) error {
			for _, m := range page {
				c.pass(m.ID, true, v.memberFields(m))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if err := s.passEach(r, c, slices.Sorted(maps.Keys(c.added)), false); err != nil {
		return nil, err
	}
	return c.changes(), nil
}

// passEach takes those of some ids that are resources through the steps.
func (s *service) passEach(r *http.Request, c *candidates, ids []string, member bool) error {
	v := renderer{base: s.base(r)}
	for _, id := range ids {
		m, err := s.findMember(r.Context(), id)
		if errors.Is(err, directory.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		c.pass(id, member, v.memberFields(m))
	}
	return nil
}

// candidates are all who may be members between the steps of one change.
type candidates struct {
	steps []resource.MemberStep
	// replaced says that a step replaces all members. Of the steps before it,
	// nothing is left.
	replaced bool
	// filters are the steps that have one, listed those that list an id, both
	// in ascending order.
	filters []int
	listed  map[string][]int
	// added are whom a step makes a member and who did not pass yet.
	added map[string]bool
	// selected are the ids that the filter of a step meant.
	selected map[int][]string
}

func newCandidates(steps []resource.MemberStep) *candidates {
	c := &candidates{steps: steps}
	for i, step := range steps {
		if i == 0 || step.Op == directory.MemberReplace {
			c.replaced = step.Op == directory.MemberReplace
			c.filters, c.listed, c.added = nil, map[string][]int{}, map[string]bool{}
			c.selected = map[int][]string{}
		}
		if step.Where != nil {
			c.filters = append(c.filters, i)
		}
		for _, id := range step.IDs {
			c.listed[id] = append(c.listed[id], i)
			if step.Op != directory.MemberRemove {
				c.added[id] = true
			}
		}
	}
	return c
}

// among gives the ids that the filters can mean, sorted, if all of them say so.
func (c *candidates) among() ([]string, bool) {
	var ids []string
	for _, i := range c.filters {
		if c.steps[i].Among == nil {
			return nil, false
		}
		ids = append(ids, c.steps[i].Among...)
	}
	slices.Sort(ids)
	return slices.Compact(ids), true
}

// pass takes one through the steps, and notes which filters mean it while it is
// a member.
func (c *candidates) pass(id string, member bool, fields map[string]any) {
	delete(c.added, id)
	listed := c.listed[id]
	for _, i := range c.filters {
		for ; len(listed) > 0 && listed[0] < i; listed = listed[1:] {
			member = c.steps[listed[0]].Op != directory.MemberRemove
		}
		if member && filter.Matches(c.steps[i].Where, fields, memberIsExact) {
			c.selected[i] = append(c.selected[i], id)
			member = false
		}
	}
}

// changes are the steps with ids in the place of filters.
func (c *candidates) changes() []directory.MemberChange {
	var out []directory.MemberChange
	for i, step := range c.steps {
		switch {
		case step.Where == nil:
			out = append(out, directory.MemberChange{Op: step.Op, IDs: step.IDs})
		case len(c.selected[i]) > 0:
			out = append(out, directory.MemberChange{Op: step.Op, IDs: c.selected[i]})
		}
	}
	return out
}

// memberIsExact says which sub-attributes of a member compare with case.
func memberIsExact(p filter.Path) bool {
	return strings.EqualFold(p.Attr, "value") || strings.EqualFold(p.Attr, "$ref")
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
