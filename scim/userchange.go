package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// maxTries is how often a change is applied anew because another one came
// first. Each round somebody's change was stored, so this many clients would
// have to change one resource at the same moment.
const maxTries = 20

// putUser is PUT /Users/{id} (RFC 7644 section 3.5.1).
func (s *service) putUser(w http.ResponseWriter, r *http.Request) error {
	return s.changeUser(w, r, func(body []byte) (change, error) {
		in, err := resource.User().Parse(body, s.options)
		if err != nil {
			return nil, err
		}
		return func(current resource.Document) (resource.Document, error) {
			return resource.User().ForReplace(current, in), nil
		}, nil
	})
}

// patchUser is PATCH /Users/{id} (RFC 7644 section 3.5.2).
func (s *service) patchUser(w http.ResponseWriter, r *http.Request) error {
	return s.changeUser(w, r, func(body []byte) (change, error) {
		patch, err := resource.User().ParsePatch(body, s.options)
		if err != nil {
			return nil, err
		}
		return func(current resource.Document) (resource.Document, error) {
			next, _, err := resource.User().Apply(current, patch, s.options)
			return next, err
		}, nil
	})
}

// change makes a new document of the current one.
type change func(current resource.Document) (resource.Document, error)

// changeUser reads a user, changes it and stores it in the version after the
// one that was read, from the start again when another change came first. An
// unknown user is 404 whatever the body holds.
func (s *service) changeUser(w http.ResponseWriter, r *http.Request, parse func(body []byte) (change, error)) error {
	projection, err := projectionOf(r, resource.User())
	if err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	apply, badBody := parse(body)
	for range maxTries {
		u, err := s.dir.User(r.Context(), s.org.Name, id)
		if err != nil {
			return err
		}
		if err := checkPreconditions(r, u.Version); err != nil {
			return err
		}
		if badBody != nil {
			return badBody
		}
		next, err := changed(u.Document, apply)
		if err != nil {
			return err
		}
		if next == nil {
			return s.showStoredUser(w, r, u, projection)
		}
		after, err := s.dir.UpdateUser(r.Context(), s.org.Name, id, u.Version, next, origin(r))
		if errors.Is(err, directory.ErrVersion) {
			continue
		}
		if err != nil {
			return err
		}
		after.Sync.LastSynced = u.Sync.LastSynced // which a write does not tell
		return s.showStoredUser(w, r, after, projection)
	}
	return directory.ErrOverloaded
}

// changed returns the text of the document after a change, nil if it is the same.
func changed(doc json.RawMessage, apply change) (json.RawMessage, error) {
	current, err := resource.Decode(doc)
	if err != nil {
		return nil, err
	}
	next, err := apply(current)
	if err != nil {
		return nil, err
	}
	text, err := next.Marshal()
	if err != nil || bytes.Equal(text, doc) {
		return nil, err
	}
	return text, nil
}

// deleteUser is DELETE /Users/{id} (RFC 7644 section 3.6).
func (s *service) deleteUser(w http.ResponseWriter, r *http.Request) error {
	return s.remove(w, r,
		func(id string) (int64, error) {
			u, err := s.dir.User(r.Context(), s.org.Name, id)
			return u.Version, err
		},
		func(id string, ifVersion int64) error {
			return s.dir.DeleteUser(r.Context(), s.org.Name, id, ifVersion, origin(r))
		})
}

// remove deletes a resource, in the version that the preconditions were checked on.
func (s *service) remove(w http.ResponseWriter, r *http.Request, version func(id string) (int64, error), del func(id string, ifVersion int64) error) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var ifVersion int64
	if conditional(r) {
		if ifVersion, err = version(id); err != nil {
			return err
		}
		if err := checkPreconditions(r, ifVersion); err != nil {
			return err
		}
	}
	if err := del(id, ifVersion); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
