package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim/resource"
)

const (
	// typeUniqueness is the only scimType of RFC 7644 table 9 that goes with
	// a status other than 400 here.
	typeUniqueness = "uniqueness"
	// retryOverloaded is when a client may come back after a full queue. Queues
	// drain in well under a second.
	retryOverloaded = 1 * time.Second
	// retryUnavailable is when a client may come back after the directory failed.
	retryUnavailable = 10 * time.Second
	// maxNamed is how many ids an error names.
	maxNamed = 20
)

// failure is an answer that is an error, and the headers that go with it.
type failure struct {
	status           int
	scimType, detail string
	header           map[string]string
	// unexpected means that the cause goes to the log: it is not the client's.
	unexpected bool
}

// Error implements error.
func (f *failure) Error() string { return fmt.Sprintf("%d: %s", f.status, f.detail) }

// refuse makes a failure without a scimType.
func refuse(status int, format string, args ...any) *failure {
	return &failure{status: status, detail: fmt.Sprintf(format, args...)}
}

// badRequest makes a 400 with a scimType of RFC 7644 table 9.
func badRequest(scimType scimerrors.ScimType, format string, args ...any) *failure {
	return &failure{status: http.StatusBadRequest, scimType: string(scimType), detail: fmt.Sprintf(format, args...)}
}

// unauthorized makes a 401 with its challenge (RFC 6750 section 3).
func unauthorized(detail, challenge string) *failure {
	return &failure{
		status: http.StatusUnauthorized,
		detail: detail,
		header: map[string]string{"WWW-Authenticate": challenge},
	}
}

// notAllowed makes a 405 that names the methods that are.
func notAllowed(method, allow string) *failure {
	f := refuse(http.StatusMethodNotAllowed, "method %s is not allowed here, but %s", method, allow)
	f.header = map[string]string{"Allow": allow}
	return f
}

// later makes an answer after which the client should try again. Whole seconds
// are the only form of Retry-After that all clients understand. The detail says
// it too: an operation of a bulk request has no headers.
func later(status int, after time.Duration, detail string) *failure {
	seconds := strconv.Itoa(int(after.Seconds()))
	f := refuse(status, "%s: try again in %s s", detail, seconds)
	f.header = map[string]string{"Retry-After": seconds}
	return f
}

// toFailure is the one place that decides what a client is told. Whatever it
// does not know comes from the directory, which cannot answer now.
func toFailure(err error) *failure {
	var (
		known    *failure
		document *resource.Error
		tooLarge *http.MaxBytesError
		conflict *directory.ConflictError
		unknown  *directory.UnknownMemberError
		nested   *directory.NestedGroupError
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &document):
		return &failure{status: document.Status, scimType: string(document.Type), detail: document.Detail}
	case errors.As(err, &tooLarge):
		return refuse(http.StatusRequestEntityTooLarge, "the body is larger than the limit of %d bytes", tooLarge.Limit)
	case errors.As(err, &conflict):
		f := refuse(http.StatusConflict, "%s %q is in use by another resource", conflict.Attribute, conflict.Value)
		f.scimType = typeUniqueness
		return f
	case errors.As(err, &unknown):
		return badRequest(scimerrors.ScimTypeInvalidValue, "members: no such resource: %s", some(unknown.IDs))
	case errors.As(err, &nested):
		return badRequest(scimerrors.ScimTypeInvalidValue, "members: a group cannot be a member here: %s", some(nested.IDs))
	case errors.Is(err, directory.ErrNotFound):
		return refuse(http.StatusNotFound, "there is no such resource")
	case errors.Is(err, directory.ErrVersion):
		return refuse(http.StatusPreconditionFailed, "the resource has another version than If-Match asks for")
	case errors.Is(err, directory.ErrConflict):
		f := refuse(http.StatusConflict, "another resource has a value that must be unique")
		f.scimType = typeUniqueness
		return f
	case errors.Is(err, directory.ErrOverloaded):
		return later(http.StatusTooManyRequests, retryOverloaded, "too many changes are waiting to be stored; nothing was changed")
	case errors.Is(err, context.Canceled):
		// The client is gone, nobody reads this.
		return later(http.StatusServiceUnavailable, retryUnavailable, "the request was cancelled")
	default:
		f := later(http.StatusServiceUnavailable, retryUnavailable, "the directory cannot answer now")
		f.unexpected = true
		return f
	}
}

// some lists ids, but not without end.
func some(ids []string) string {
	if len(ids) <= maxNamed {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:maxNamed], ", "), len(ids)-maxNamed)
}

// writeError answers with an error. Where the cause is the bridge's own, the
// client is told the request's id, by which an operator finds the cause in the
// log.
func (s *server) writeError(w http.ResponseWriter, r *http.Request, err error) {
	f := toFailure(err)
	detail, id := f.detail, requestID(r.Context())
	if f.unexpected {
		s.log.ErrorContext(r.Context(), "directory failed", "request_id", id, "method", r.Method, "path", r.URL.Path, "err", err)
		detail += " (request " + id + ")"
	}
	s.writeFailure(w, r, f, detail)
}

// writeFailure sends the SCIM error of RFC 7644 section 3.12.
func (s *server) writeFailure(w http.ResponseWriter, r *http.Request, f *failure, detail string) {
	body, err := json.Marshal(scimerrors.ScimError{
		ScimType: scimerrors.ScimType(f.scimType),
		Detail:   detail,
		Status:   f.status,
	})
	if err != nil {
		s.log.ErrorContext(r.Context(), "error cannot be encoded", "request_id", requestID(r.Context()), "err", err)
	}
	h := w.Header()
	// An answer that came to nothing may have named its resource already.
	h.Del("Location")
	h.Del("ETag")
	for name, value := range f.header {
		h.Set(name, value)
	}
	h.Set("Content-Type", mediaType(r))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(f.status)
	// An error here means that the client is gone.
	_, _ = w.Write(body)
}
