package morning

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// object is a JSON object as it is sent.
type object = map[string]any

// list is a JSON array as it is sent.
type list = []any

// client sends one provider's requests and keeps how long each took.
type client struct {
	http        *http.Client
	base, token string
	userAgent   string
	contentType string

	mu    sync.Mutex
	taken []Sample
}

// Sample is one answered request.
type Sample struct {
	Method string
	Took   time.Duration // from the first byte sent to the last byte read
}

// expected are the statuses with which a provider is content (RFC 7644 section 3).
var expected = map[string][]int{
	http.MethodGet:    {http.StatusOK},
	http.MethodPost:   {http.StatusCreated},
	http.MethodPut:    {http.StatusOK},
	http.MethodPatch:  {http.StatusOK, http.StatusNoContent},
	http.MethodDelete: {http.StatusNoContent},
}

// do sends a request and decodes the answer into out, unless that is nil. An
// answer of an unexpected status is an error with what the service said.
func (c *client) do(ctx context.Context, method, path string, body, out any) error {
	if err := c.exchange(ctx, method, path, body, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func (c *client) exchange(ctx context.Context, method, path string, body, out any) error {
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, payload)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/scim+json")
	req.Header.Set("User-Agent", c.userAgent)
	if body != nil {
		req.Header.Set("Content-Type", c.contentType)
	}
	start := time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	c.record(Sample{method, time.Since(start)})
	if want := expected[method]; !slices.Contains(want, res.StatusCode) {
		return fmt.Errorf("answered %d, want %v: %.500s", res.StatusCode, want, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

func (c *client) record(s Sample) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = append(c.taken, s)
}

// samples returns what was answered so far.
func (c *client) samples() []Sample {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.taken)
}

// listed is what the providers read of a ListResponse (RFC 7644 section 3.4.2).
type listed struct {
	TotalResults *int `json:"totalResults"`
}

// created is what the providers need of a new resource.
type created struct {
	ID string `json:"id"`
}

// absent looks for a resource as providers do before they create it, and fails
// if there is one.
func (c *client) absent(ctx context.Context, path string) error {
	var found listed
	if err := c.do(ctx, http.MethodGet, path, nil, &found); err != nil {
		return err
	}
	if found.TotalResults == nil || *found.TotalResults != 0 {
		return fmt.Errorf("GET %s: want a list of nothing", path)
	}
	return nil
}

// create posts a resource and returns the id that it got.
func (c *client) create(ctx context.Context, path string, body any) (string, error) {
	var made created
	if err := c.do(ctx, http.MethodPost, path, body, &made); err != nil {
		return "", err
	}
	if made.ID == "" {
		return "", fmt.Errorf("POST %s: the answer has no id", path)
	}
	return made.ID, nil
}

// filter is the query of a lookup by one attribute.
func filter(attribute, value string) string {
	literal, _ := json.Marshal(value) // a string always has a JSON form
	return "filter=" + url.QueryEscape(attribute+" eq "+string(literal))
}

// patch sends the operations of a PATCH.
func (c *client) patch(ctx context.Context, path string, operations ...any) error {
	return c.do(ctx, http.MethodPatch, path, patchOp(operations...), nil)
}

// patchOp is the body of a PATCH (RFC 7644 section 3.5.2).
func patchOp(operations ...any) object {
	return object{"schemas": list{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": operations}
}
