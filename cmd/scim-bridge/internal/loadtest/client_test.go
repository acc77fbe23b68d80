package loadtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/scim-bridge/scim-bridge/cmd/scim-bridge/internal/programtest"
)

// client sends SCIM requests and notes how long each kind took. Its methods may
// be called at the same time.
type client struct {
	http *http.Client
	base string

	mu    sync.Mutex
	taken map[string][]time.Duration // by kind
	wrong []string                   // answers that nobody should get
}

func newClient(listen string) *client {
	return &client{
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: time.Minute},
		base: "http://" + listen + "/scim/v2", taken: map[string][]time.Duration{},
	}
}

// send sends a request of a kind and decodes the answer into out, unless that is
// nil. It reports whether the answer was one of success.
func (c *client) send(kind, method, path, body string, out any) bool {
	began := time.Now()
	status, text, err := c.exchange(method, path, body)
	took := time.Since(began)
	if err == nil && out != nil && status < 300 {
		err = json.Unmarshal(text, out)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken[kind] = append(c.taken[kind], took)
	if err != nil || status >= 300 {
		c.wrong = append(c.wrong, fmt.Sprintf("%s %s: %d %.200s %v", method, path, status, text, err))
		return false
	}
	return true
}

func (c *client) exchange(method, path, body string) (int, []byte, error) {
	r, err := http.NewRequest(method, c.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+programtest.Token)
	r.Header.Set("Content-Type", "application/scim+json")
	resp, err := c.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, text, err
}

// rest returns, by kind, how long the middle and the slowest hundredth of the
// requests took at least, and begins anew.
func (c *client) rest() map[string][2]time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string][2]time.Duration{}
	for kind, taken := range c.taken {
		slices.Sort(taken)
		all[kind] = [2]time.Duration{taken[len(taken)/2], taken[len(taken)*99/100]}
	}
	c.taken = map[string][]time.Duration{}
	return all
}

func (c *client) createUser(kind, name string) string {
	var made struct{ ID string }
	c.send(kind, http.MethodPost, "/Users", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],
		"userName":"%s@example.com","externalId":"%[1]s","name":{"givenName":"Given","familyName":"%[1]s"},"active":true,
		"emails":[{"value":"%[1]s@example.com","type":"work","primary":true}]}`, name), &made)
	return made.ID
}

func (c *client) patch(kind, path, operations string) bool {
	return c.send(kind, http.MethodPatch, path,
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+operations+`]}`, nil)
}

// fill makes n users, and returns their ids.
func (c *client) fill(n int) []string {
	ids := make([]string, n)
	const clients = 16
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			for u := i; u < n; u += clients {
				ids[u] = c.createUser("fill", fmt.Sprintf("user%07d", u))
			}
		})
	}
	all.Wait()
	return ids
}
