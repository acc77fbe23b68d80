package scim

import (
	"fmt"
	"net/http"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// createGroup is POST /Groups (RFC 7644 section 3.3).
func (s *service) createGroup(w http.ResponseWriter, r *http.Request) error {
	projection, err := projectionOf(r, resource.Group())
	if err != nil {
		return err
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	in, err := resource.Group().Parse(body, s.options)
	if err != nil {
		return err
	}
	doc, err := resource.Group().ForCreate(in).Marshal()
	if err != nil {
		return err
	}
	c := s.groupChange()
	if len(in.Members) > 0 {
		c.Members = []directory.MemberChange{{Op: directory.MemberAdd, IDs: in.Members}}
	}
	o := origin(r)
	// Ids that were left out are in the journal: that is for the administrator
	// of the bridge, the provider could not do anything about them.
	g, _, err := s.dir.CreateGroup(r.Context(), s.org.Name, directory.Group{Meta: newMeta(o), Document: doc}, c, o)
	if err != nil {
		return err
	}
	g.Sync = afterWrite(g.Sync)
	return s.showGroup(w, r, http.StatusCreated, g, projection)
}

// afterWrite fills in the state of what was just changed, where the directory
// leaves that to the next read.
func afterWrite(s directory.Sync) directory.Sync {
	if s.State == "" {
		s.State = directory.SyncPending
	}
	return s
}

// groupChange is an empty change under the org's rules.
func (s *service) groupChange() directory.GroupChange {
	return directory.GroupChange{
		RefuseUnknown: s.org.UnknownMembers == UnknownMembersRefuse,
		RefuseNested:  s.org.NestedGroups == NestedGroupsRefuse,
	}
}

// getGroup is GET /Groups/{id} (RFC 7644 section 3.4.1).
func (s *service) getGroup(w http.ResponseWriter, r *http.Request) error {
	projection, err := projectionOf(r, resource.Group())
	if err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	g, err := s.dir.Group(r.Context(), s.org.Name, id)
	if err != nil {
		return err
	}
	if err := checkPreconditions(r, g.Version); err != nil {
		return err
	}
	if notModified(r, g.Version) {
		s.renderer(r, projection).setResourceHeaders(w.Header(), resource.Group(), g.Meta)
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return s.showGroup(w, r, http.StatusOK, g, projection)
}

// deleteGroup is DELETE /Groups/{id} (RFC 7644 section 3.6).
func (s *service) deleteGroup(w http.ResponseWriter, r *http.Request) error {
	return s.remove(w, r,
		func(id string) (int64, error) {
			g, err := s.dir.Group(r.Context(), s.org.Name, id)
			return g.Version, err
		},
		func(id string, ifVersion int64) error {
			return s.dir.DeleteGroup(r.Context(), s.org.Name, id, ifVersion, origin(r))
		})
}

// appendGroups writes groups, with commas between them.
func (s *service) appendGroups(r *http.Request, a *answer, groups []directory.Group, p resource.Projection) error {
	v := s.renderer(r, p)
	for i, g := range groups {
		if i > 0 {
			a.buf.WriteByte(',')
		}
		if err := s.appendGroup(r, v, a, g); err != nil {
			return err
		}
		if err := a.flush(); err != nil {
			return err
		}
	}
	return nil
}

// showGroup answers with a group.
func (s *service) showGroup(w http.ResponseWriter, r *http.Request, status int, g directory.Group, p resource.Projection) error {
	v := s.renderer(r, p)
	a := newAnswer(w, r, status)
	v.setResourceHeaders(w.Header(), resource.Group(), g.Meta)
	if err := s.appendGroup(r, v, a, g); err != nil {
		return err
	}
	return a.end()
}

// appendGroup writes one group, with its members if they are wanted.
func (s *service) appendGroup(r *http.Request, v renderer, a *answer, g directory.Group) error {
	if !v.projection.Given() {
		o := v.whole(resource.Group())
		if err := o.begin(&a.buf, g.Meta, g.Document, g.Sync); err != nil {
			return fmt.Errorf("show group: %s: %w", g.ID, err)
		}
		if err := s.appendMembers(r, v, a, g.ID); err != nil {
			return err
		}
		o.end(&a.buf, g.Meta, g.Sync)
		return nil
	}
	fields, err := v.project(resource.Group(), g.Meta, g.Document, g.Sync, nil)
	if err != nil {
		return fmt.Errorf("show group: %s: %w", g.ID, err)
	}
	a.buf.WriteByte('{')
	if err := writeFields(&a.buf, fields); err != nil {
		return err
	}
	if v.projection.Wants("members") {
		if err := s.appendMembers(r, v, a, g.ID); err != nil {
			return err
		}
	}
	a.buf.WriteByte('}')
	return nil
}
