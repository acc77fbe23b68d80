package scim

import (
	"errors"
	"net/http"
	"slices"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// quietAbove is the number of members above which a PATCH that names no
// attributes is answered without the group: its client knows what it sent, and
// reading them all would cost more than the change.
const quietAbove = 100

// groupEdit makes a group's new document of the current one, and the steps that
// change its members.
type groupEdit func(current resource.Document) (resource.Document, []resource.MemberStep, error)

// putGroup is PUT /Groups/{id} (RFC 7644 section 3.5.1). Members that the
// request does not list are removed, all of them if it lists none.
func (s *service) putGroup(w http.ResponseWriter, r *http.Request) error {
	projection, err := projectionOf(r, resource.Group())
	if err != nil {
		return err
	}
	g, err := s.changeGroup(r, func(body []byte) (groupEdit, error) {
		in, err := resource.Group().Parse(body, s.options)
		if err != nil {
			return nil, err
		}
		steps := []resource.MemberStep{{Op: directory.MemberReplace, IDs: in.Members}}
		return func(current resource.Document) (resource.Document, []resource.MemberStep, error) {
			return resource.Group().ForReplace(current, in), steps, nil
		}, nil
	})
	if err != nil {
		return err
	}
	return s.showGroup(w, r, http.StatusOK, g, projection)
}

// patchGroup is PATCH /Groups/{id} (RFC 7644 section 3.5.2).
func (s *service) patchGroup(w http.ResponseWriter, r *http.Request) error {
	projection, err := projectionOf(r, resource.Group())
	if err != nil {
		return err
	}
	g, err := s.changeGroup(r, func(body []byte) (groupEdit, error) {
		patch, err := resource.Group().ParsePatch(body, s.options)
		if err != nil {
			return nil, err
		}
		return func(current resource.Document) (resource.Document, []resource.MemberStep, error) {
			return resource.Group().Apply(current, patch, s.options)
		}, nil
	})
	if err != nil {
		return err
	}
	if !projection.Given() {
		n, err := s.dir.CountMembers(r.Context(), s.org.Name, g.ID, quietAbove+1)
		if err != nil {
			return err
		}
		if n > quietAbove {
			s.renderer(r, projection).setResourceHeaders(w.Header(), resource.Group(), g.Meta)
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
	}
	return s.showGroup(w, r, http.StatusOK, g, projection)
}

// changeGroup reads a group, works out the change and stores it. Only a change
// of the document, or one that depends on who is a member, is bound to the
// version that was read and made anew when another change came first. All
// others follow each other in the directory, however many come at once.
func (s *service) changeGroup(r *http.Request, parse func(body []byte) (groupEdit, error)) (directory.Group, error) {
	id, err := pathID(r)
	if err != nil {
		return directory.Group{}, err
	}
	body, err := readBody(r)
	if err != nil {
		return directory.Group{}, err
	}
	edit, badBody := parse(body)
	for range maxTries {
		g, err := s.dir.Group(r.Context(), s.org.Name, id)
		if err != nil {
			return directory.Group{}, err
		}
		if err := checkPreconditions(r, g.Version); err != nil {
			return directory.Group{}, err
		}
		if badBody != nil {
			return directory.Group{}, badBody
		}
		c, err := s.planGroupChange(r, g, edit)
		if err != nil {
			return directory.Group{}, err
		}
		if c.Document == nil && len(c.Members) == 0 {
			return g, nil
		}
		after, _, err := s.dir.UpdateGroup(r.Context(), s.org.Name, id, c, origin(r))
		if errors.Is(err, directory.ErrVersion) {
			continue
		}
		if err != nil {
			return directory.Group{}, err
		}
		if after.Sync.State == "" {
			after.Sync = g.Sync
			if after.Version != g.Version {
				after.Sync = directory.Sync{State: directory.SyncPending}
			}
		}
		return after, nil
	}
	return directory.Group{}, directory.ErrOverloaded
}

// planGroupChange works out what a request means for a group as it was read.
func (s *service) planGroupChange(r *http.Request, g directory.Group, edit groupEdit) (directory.GroupChange, error) {
	c := s.groupChange()
	var steps []resource.MemberStep
	doc, err := changed(g.Document, func(current resource.Document) (next resource.Document, err error) {
		next, steps, err = edit(current)
		return next, err
	})
	if err != nil {
		return c, err
	}
	c.Document = doc
	if doc != nil || conditional(r) {
		c.IfVersion = g.Version
	}
	if !slices.ContainsFunc(steps, func(step resource.MemberStep) bool { return step.Where != nil }) {
		for _, step := range steps {
			c.Members = append(c.Members, directory.MemberChange{Op: step.Op, IDs: step.IDs})
		}
		return c, nil
	}
	c.IfVersion = g.Version
	c.Members, err = s.resolve(r, g.ID, steps)
	return c, err
}
