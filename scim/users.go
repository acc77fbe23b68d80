package scim

import (
	"fmt"
	"net/http"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// createUser is POST /Users (RFC 7644 section 3.3).
func (s *service) createUser(w http.ResponseWriter, r *http.Request) error {
	projection, err := projectionOf(r, resource.User())
	if err != nil {
		return err
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	in, err := resource.User().Parse(body, s.options)
	if err != nil {
		return err
	}
	doc, err := resource.User().ForCreate(in).Marshal()
	if err != nil {
		return err
	}
	o := origin(r)
	u, err := s.dir.CreateUser(r.Context(), s.org.Name, directory.User{Meta: newMeta(o), Document: doc}, o)
	if err != nil {
		return err
	}
	return s.showUser(w, r, http.StatusCreated, u, nil, projection)
}

// newMeta is what the bridge knows of a resource that comes into being.
func newMeta(o directory.Origin) directory.Meta {
	return directory.Meta{ID: newID(), Version: 1, Created: o.At, LastModified: o.At}
}

// getUser is GET /Users/{id} (RFC 7644 section 3.4.1).
func (s *service) getUser(w http.ResponseWriter, r *http.Request) error {
	projection, err := projectionOf(r, resource.User())
	if err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	u, err := s.dir.User(r.Context(), s.org.Name, id)
	if err != nil {
		return err
	}
	if err := checkPreconditions(r, u.Version); err != nil {
		return err
	}
	if notModified(r, u.Version) {
		s.renderer(r, projection).setResourceHeaders(w.Header(), resource.User(), u.Meta)
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return s.showStoredUser(w, r, u, projection)
}

// showStoredUser answers with a user and the groups that it is in.
func (s *service) showStoredUser(w http.ResponseWriter, r *http.Request, u directory.User, p resource.Projection) error {
	groups, err := s.groupsOf(r, []directory.User{u}, p)
	if err != nil {
		return err
	}
	return s.showUser(w, r, http.StatusOK, u, groups[u.ID], p)
}

// showUser answers with a user.
func (s *service) showUser(w http.ResponseWriter, r *http.Request, status int, u directory.User, groups []directory.GroupRef, p resource.Projection) error {
	v := s.renderer(r, p)
	a := newAnswer(w, r, status)
	if err := v.appendUser(a, u, groups); err != nil {
		return err
	}
	v.setResourceHeaders(w.Header(), resource.User(), u.Meta)
	return a.end()
}

// appendUser writes one user.
func (v renderer) appendUser(a *answer, u directory.User, groups []directory.GroupRef) error {
	if v.projection.Given() {
		derived := map[string]any{}
		if len(groups) > 0 {
			derived["groups"] = v.groupRefs(groups)
		}
		fields, err := v.project(resource.User(), u.Meta, u.Document, u.Sync, derived)
		if err != nil {
			return fmt.Errorf("show user: %s: %w", u.ID, err)
		}
		return writeDocument(&a.buf, fields)
	}
	o := v.whole(resource.User())
	if err := o.begin(&a.buf, u.Meta, u.Document, u.Sync); err != nil {
		return fmt.Errorf("show user: %s: %w", u.ID, err)
	}
	if len(groups) > 0 {
		a.buf.WriteString(`,"groups":`)
		if err := writeJSON(&a.buf, v.groupRefs(groups)); err != nil {
			return err
		}
	}
	o.end(&a.buf, u.Meta, u.Sync)
	return nil
}

// groupsOf returns the groups that users are in, by user id, if they are wanted.
func (s *service) groupsOf(r *http.Request, users []directory.User, p resource.Projection) (map[string][]directory.GroupRef, error) {
	if len(users) == 0 || !p.Wants("groups") {
		return nil, nil
	}
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	return s.dir.GroupsOf(r.Context(), s.org.Name, ids)
}

// appendUsers writes users, with commas between them.
func (s *service) appendUsers(r *http.Request, a *answer, users []directory.User, groups map[string][]directory.GroupRef, p resource.Projection) error {
	v := s.renderer(r, p)
	for i, u := range users {
		if i > 0 {
			a.buf.WriteByte(',')
		}
		if err := v.appendUser(a, u, groups[u.ID]); err != nil {
			return err
		}
		if err := a.flush(); err != nil {
			return err
		}
	}
	return nil
}
