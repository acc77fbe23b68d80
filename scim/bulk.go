package scim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
)

const bulkRequestSchema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

// bulkRequest is the body of a POST to /Bulk (RFC 7644 section 3.7).
type bulkRequest struct {
	schemas json.RawMessage
	// failOnErrors is how many failures end the job, below 1 for none.
	failOnErrors int
	operations   []bulkOperation
}

// bulkOperation is one request in a bulk request.
type bulkOperation struct {
	Method  string          `json:"method"`
	Path    string          `json:"path"`
	BulkID  string          `json:"bulkId"`
	Version string          `json:"version"`
	Data    json.RawMessage `json:"data"`
}

// bulkResult is what became of an operation (RFC 7644 section 3.7.3).
type bulkResult struct {
	Location string          `json:"location,omitempty"`
	Method   string          `json:"method"`
	BulkID   string          `json:"bulkId,omitempty"`
	Version  string          `json:"version,omitempty"`
	Status   string          `json:"status"`
	Response json.RawMessage `json:"response,omitempty"`
	// retryAfter is what a Retry-After said, in seconds.
	retryAfter int
}

// bulk is POST /Bulk. Each operation is a request of its own, which is done or
// not whatever becomes of the others, and passes through the same endpoint as
// if it came alone. The answer lists those that were processed, in the order in
// which they were given.
func (s *service) bulk(w http.ResponseWriter, r *http.Request) error {
	in, err := s.readBulk(r)
	if err != nil {
		return err
	}
	job, err := s.newBulkJob(r, in)
	if err != nil {
		return err
	}
	job.runAll()
	if err := r.Context().Err(); err != nil {
		return err
	}
	if seconds := job.retryAfter(); seconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	a := newAnswer(w, r, http.StatusOK)
	a.buf.WriteString(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[`)
	first := true
	for _, result := range job.results {
		if result == nil {
			continue
		}
		if !first {
			a.buf.WriteByte(',')
		}
		first = false
		if err := writeJSON(&a.buf, result); err != nil {
			return err
		}
		if err := a.flush(); err != nil {
			return err
		}
	}
	a.buf.WriteString(`]}`)
	return a.end()
}

// bulkLimit names the limit that a bulk request exceeds as discovery does (RFC
// 7644 section 3.7.4).
func bulkLimit(next endpoint) endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := next(w, r)
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return refuse(http.StatusRequestEntityTooLarge, "the bulk request has more bytes than maxPayloadSize, which is %d", tooLarge.Limit)
		}
		return err
	}
}

// readBulk reads a bulk request. All of it is read before any of it is done, and
// no more of it than the limits allow.
func (s *service) readBulk(r *http.Request) (bulkRequest, error) {
	if err := checkMediaType(r); err != nil {
		return bulkRequest{}, err
	}
	body := bufio.NewReader(r.Body)
	if mark, err := body.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		_, _ = body.Discard(len(mark)) // which is there
	}
	in, err := decodeBulk(json.NewDecoder(body), s.org.Limits.BulkOperations)
	var known *failure
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &known), errors.As(err, &tooLarge):
		return in, err
	case errors.Is(err, io.EOF):
		return in, badRequest(scimerrors.ScimTypeInvalidSyntax, "the body ended before it was complete")
	case err != nil:
		return in, notAMessage("bulk request", err)
	}
	if s.org.Strict && !listsSchema(in.schemas, bulkRequestSchema) {
		return in, badRequest(scimerrors.ScimTypeInvalidSyntax, "schemas must list %s", bulkRequestSchema)
	}
	return in, nil
}

func listsSchema(schemas json.RawMessage, urn string) bool {
	var list []string
	if err := json.Unmarshal(schemas, &list); err != nil {
		return false
	}
	for _, s := range list {
		if strings.EqualFold(s, urn) {
			return true
		}
	}
	return false
}

// decodeBulk reads operation by operation, so that it can stop at one too many.
func decodeBulk(d *json.Decoder, maxOperations int) (bulkRequest, error) {
	var in bulkRequest
	if err := expect(d, json.Delim('{')); err != nil {
		return in, err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return in, err
		}
		switch name, _ := key.(string); strings.ToLower(name) {
		case "schemas":
			err = d.Decode(&in.schemas)
		case "failonerrors":
			err = d.Decode(&in.failOnErrors)
		case "operations":
			in.operations, err = decodeOperations(d, maxOperations)
		default:
			err = d.Decode(new(json.RawMessage))
		}
		if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) && wrong.Field == "" {
			wrong.Field = fmt.Sprint(key)
		}
		if err != nil {
			return in, err
		}
	}
	if err := expect(d, json.Delim('}')); err != nil {
		return in, err
	}
	switch _, err := d.Token(); {
	case err == nil:
		return in, badRequest(scimerrors.ScimTypeInvalidSyntax, "something follows the bulk request")
	case !errors.Is(err, io.EOF):
		return in, err
	case in.operations == nil:
		return in, badRequest(scimerrors.ScimTypeInvalidSyntax, "the bulk request has no Operations")
	}
	return in, nil
}

func decodeOperations(d *json.Decoder, most int) ([]bulkOperation, error) {
	if err := expect(d, json.Delim('[')); err != nil {
		return nil, err
	}
	out := []bulkOperation{}
	for d.More() {
		if len(out) == most {
			return nil, refuse(http.StatusRequestEntityTooLarge, "the bulk request has more operations than maxOperations, which is %d", most)
		}
		var op bulkOperation
		if err := d.Decode(&op); err != nil {
			return nil, err
		}
		out = append(out, op)
	}
	return out, expect(d, json.Delim(']'))
}

// expect reads one token, which must be the wanted one.
func expect(d *json.Decoder, want json.Delim) error {
	got, err := d.Token()
	if err != nil {
		return err
	}
	if got != want {
		return badRequest(scimerrors.ScimTypeInvalidSyntax, "the body is not a bulk request: want %v, not %v", want, got)
	}
	return nil
}
