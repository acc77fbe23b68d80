package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/go-chi/chi/v5"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// stage is how far an operation of a bulk request is.
type stage int

const (
	untouched stage = iota
	// waiting means that those to which it refers are done first.
	waiting
	// begun means that its resource was created without some references, since
	// one that it refers to refers back to it.
	begun
	done
)

// bulkJob is a bulk request that is being processed. Operations are done in the
// order in which they were given, but for those that refer to one that comes
// later: they are done after it. Resources that refer to each other in a circle
// are made in two steps: one of them without the reference at first.
type bulkJob struct {
	*service
	r *http.Request
	bulkRequest
	header http.Header
	// posts finds the operation that a bulkId names.
	posts map[string]int
	// references are the bulkIds to which each operation refers.
	references [][]string
	stages     []stage
	// completion is the PATCH that an operation which has begun still needs.
	completion map[int][]byte
	// ids are those of the resources that were created, by bulkId.
	ids      map[string]string
	results  []*bulkResult
	failures int
}

func (s *service) newBulkJob(r *http.Request, in bulkRequest) (*bulkJob, error) {
	j := &bulkJob{
		service: s, r: r, bulkRequest: in, header: r.Header.Clone(),
		posts:      map[string]int{},
		references: make([][]string, len(in.operations)),
		stages:     make([]stage, len(in.operations)),
		completion: map[int][]byte{},
		ids:        map[string]string{},
		results:    make([]*bulkResult, len(in.operations)),
	}
	for _, name := range []string{"If-Match", "If-None-Match", "Content-Type", "Content-Length", "Accept"} {
		j.header.Del(name)
	}
	for i := range j.operations {
		op := &j.operations[i]
		if op.Method = strings.ToUpper(op.Method); op.Method != http.MethodPost || op.BulkID == "" {
			continue
		}
		if _, taken := j.posts[op.BulkID]; taken {
			return nil, badRequest(scimerrors.ScimTypeInvalidValue, "Operations[%d]: bulkId %q is taken by another operation", i, op.BulkID)
		}
		j.posts[op.BulkID] = i
	}
	return j, nil
}

// runAll processes all operations, or as many as failOnErrors allows.
func (j *bulkJob) runAll() {
	for i := range j.operations {
		if j.stages[i] == untouched && !j.ended() {
			j.run(i)
		}
	}
}

// ended reports whether no further operation is to be begun.
func (j *bulkJob) ended() bool {
	return j.failOnErrors > 0 && j.failures >= j.failOnErrors || j.r.Context().Err() != nil
}

// run processes an operation after those to which it refers.
func (j *bulkJob) run(i int) {
	j.stages[i] = waiting
	if err := j.check(i); err != nil {
		j.note(i, j.refused(j.operations[i], err))
		return
	}
	for _, bulkID := range j.references[i] {
		switch n := j.posts[bulkID]; {
		case j.stages[n] == untouched && !j.ended():
			j.run(n)
		case j.stages[n] == waiting:
			j.begin(n)
		}
	}
	switch {
	case j.stages[i] == begun:
		j.complete(i)
	case j.stages[i] == waiting && !j.ended():
		j.note(i, j.attempt(i, j.operations[i]))
	}
}

// check finds out to what an operation refers, and whether it can be a request
// at all.
func (j *bulkJob) check(i int) error {
	op := j.operations[i]
	collection, id, err := splitBulkPath(op.Path)
	switch {
	case err != nil:
		return err
	case op.Method == http.MethodPost && op.BulkID == "":
		return badRequest(scimerrors.ScimTypeInvalidSyntax, "a POST needs a bulkId")
	case op.Method == http.MethodPost && id != "":
		return badRequest(scimerrors.ScimTypeInvalidValue, "path %q: a POST goes to %s", op.Path, collection)
	case op.Method == http.MethodPost:
	case op.Method != http.MethodPut && op.Method != http.MethodPatch && op.Method != http.MethodDelete:
		return badRequest(scimerrors.ScimTypeInvalidSyntax, "method %q: want POST, PUT, PATCH or DELETE", op.Method)
	case id == "":
		return badRequest(scimerrors.ScimTypeInvalidValue, "path %q: a %s goes to a resource, such as %s/ID", op.Path, op.Method, collection)
	}
	if op.Method != http.MethodDelete {
		j.references[i] = resource.BulkReferences(op.Data)
	}
	if bulkID, ok := strings.CutPrefix(id, resource.BulkPrefix); ok {
		j.references[i] = append(j.references[i], bulkID)
	}
	for _, bulkID := range j.references[i] {
		if _, ok := j.posts[bulkID]; !ok {
			return badRequest(scimerrors.ScimTypeInvalidValue, "%s%s: no POST of this request has that bulkId", resource.BulkPrefix, bulkID)
		}
	}
	return nil
}

// splitBulkPath parts the path of an operation in the endpoint of a type and an
// id, which is empty for the endpoint itself.
func splitBulkPath(text string) (collection, id string, err error) {
	collection, id, _ = strings.Cut(strings.Trim(text, "/"), "/")
	collection = "/" + collection
	if (collection != usersPath && collection != groupsPath) || strings.Contains(id, "/") || strings.ContainsAny(text, "?#") {
		return "", "", badRequest(scimerrors.ScimTypeInvalidValue, "path %q: want %s or %s, for methods other than POST with an id", text, usersPath, groupsPath)
	}
	return collection, id, nil
}

// begin creates a resource without its references to those that do not exist
// yet, so that they can refer to it.
func (j *bulkJob) begin(i int) {
	op := j.operations[i]
	create, completion, err := resource.SplitBulk(op.Data, j.ids)
	if err != nil {
		j.note(i, j.refused(op, err))
		return
	}
	op.Data = resource.ResolveBulk(create, j.ids)
	if result := j.send(op); j.note(i, result) {
		j.stages[i], j.completion[i] = begun, completion
	}
}

// complete adds the references that begin left out. A resource that cannot get
// them was not what the client asked for: it is removed again.
func (j *bulkJob) complete(i int) {
	created := j.results[i]
	op := bulkOperation{
		Method: http.MethodPatch, Path: j.operations[i].Path + "/" + path.Base(created.Location), Data: j.completion[i],
	}
	result := j.attempt(i, op)
	if isSuccess(result) {
		created.Version, j.stages[i] = result.Version, done
		return
	}
	delete(j.ids, j.operations[i].BulkID)
	op.Method, op.Data = http.MethodDelete, nil
	if removed := j.send(op); !isSuccess(removed) {
		j.log.ErrorContext(j.r.Context(), "bulk operation left half a resource behind", "request_id", requestID(j.r.Context()),
			"location", created.Location, "status", removed.Status)
	}
	result.Method = http.MethodPost
	j.note(i, result)
}

// attempt makes a request of an operation if all that it refers to exists.
func (j *bulkJob) attempt(i int, op bulkOperation) *bulkResult {
	for _, bulkID := range j.references[i] {
		if _, ok := j.ids[bulkID]; !ok {
			return j.refused(op, refuse(http.StatusConflict, "%s%s: that resource was not created", resource.BulkPrefix, bulkID))
		}
	}
	op.Data = resource.ResolveBulk(op.Data, j.ids)
	return j.send(op)
}

// note keeps what became of an operation, and reports whether that is good.
func (j *bulkJob) note(i int, result *bulkResult) bool {
	result.BulkID = j.operations[i].BulkID
	if result.Method != http.MethodPost && result.Location == "" {
		if target, ok := j.target(j.operations[i].Path); ok {
			result.Location = j.base(j.r) + target
		}
	}
	j.results[i], j.stages[i] = result, done
	if !isSuccess(result) {
		j.failures++
		return false
	}
	if result.Method == http.MethodPost {
		j.ids[result.BulkID] = path.Base(result.Location)
	}
	return true
}

func isSuccess(result *bulkResult) bool { return strings.HasPrefix(result.Status, "2") }

// target is the path of an operation below the org's, false if that names
// nothing that exists.
func (j *bulkJob) target(text string) (string, bool) {
	collection, id, err := splitBulkPath(text)
	if err != nil || id == "" {
		return collection, err == nil
	}
	if bulkID, ok := strings.CutPrefix(id, resource.BulkPrefix); ok {
		if id, ok = j.ids[bulkID]; !ok {
			return "", false
		}
	}
	return collection + "/" + id, true
}

// send makes a request of an operation, which is carried out whether or not the
// client waits for the rest. Of a resource that it changes, no more is shown
// than its id, since nobody reads it.
func (j *bulkJob) send(op bulkOperation) *bulkResult {
	route := chi.NewRouteContext()
	route.RoutePath, _ = j.target(op.Path)
	r := j.r.WithContext(context.WithValue(context.WithoutCancel(j.r.Context()), chi.RouteCtxKey, route))
	r.Method, r.URL, r.RequestURI = op.Method, &url.URL{Path: j.org.Path + route.RoutePath, RawQuery: "attributes=id"}, ""
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(op.Data)), int64(len(op.Data))
	r.Header = j.header
	r.Header.Del("If-Match")
	if op.Version != "" {
		r.Header.Set("If-Match", op.Version)
	}
	w := &heldAnswer{header: http.Header{}}
	j.resources.ServeHTTP(w, r)
	return w.result(op.Method)
}

// refused is what became of an operation that is no request.
func (j *bulkJob) refused(op bulkOperation, err error) *bulkResult {
	w := &heldAnswer{header: http.Header{}}
	j.writeError(w, j.r, err)
	return w.result(op.Method)
}

// heldAnswer keeps an answer for the bulk response.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *heldAnswer) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *heldAnswer) WriteHeader(status int) { w.status = status }

// Write implements http.ResponseWriter.
func (w *heldAnswer) Write(p []byte) (int, error) { return w.body.Write(p) }

func (w *heldAnswer) result(method string) *bulkResult {
	result := &bulkResult{
		Method: method, Status: strconv.Itoa(w.status),
		Location: w.header.Get("Location"), Version: w.header.Get("ETag"),
	}
	if !isSuccess(result) {
		result.Response = json.RawMessage(w.body.Bytes())
		result.retryAfter, _ = strconv.Atoi(w.header.Get("Retry-After"))
	}
	return result
}

// retryAfter is how many seconds a client should wait that got nothing done since
// the service was overloaded or unavailable, 0 if anything else happened.
func (j *bulkJob) retryAfter() int {
	longest := 0
	for _, result := range j.results {
		switch {
		case result == nil:
		case result.retryAfter == 0:
			return 0
		default:
			longest = max(longest, result.retryAfter)
		}
	}
	return longest
}
