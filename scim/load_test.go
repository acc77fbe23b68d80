package scim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim"
)

// large is a body of n bytes that pauses behind its first byte until go on is
// closed.
func large(text string, n int, pause func()) io.Reader {
	return io.MultiReader(strings.NewReader(text[:1]), &pausing{pause: pause},
		strings.NewReader(text[1:]), io.LimitReader(spaces{}, int64(n-len(text))))
}

type pausing struct{ pause func() }

func (p *pausing) Read([]byte) (int, error) { p.pause(); return 0, io.EOF }

type spaces struct{}

var blank = strings.Repeat(" ", 1<<20)

func (spaces) Read(p []byte) (int, error) {
	return copy(p, blank), nil
}

// send makes a request over a connection and returns its status, after a look at
// what an answer owes.
func (c *client) send(srv *httptest.Server, target string, body io.Reader, length int) int {
	r, err := http.NewRequest(http.MethodPost, srv.URL+c.path+target, io.NopCloser(body))
	if !assert.NoError(c.t, err) {
		return 0
	}
	r.Header, r.ContentLength = c.header.Clone(), int64(length)
	resp, err := srv.Client().Do(r)
	if !assert.NoError(c.t, err) {
		return 0
	}
	defer resp.Body.Close()
	var v map[string]any
	assert.NoError(c.t, json.NewDecoder(resp.Body).Decode(&v))
	assert.Equal(c.t, "application/scim+json", resp.Header.Get("Content-Type"))
	if resp.StatusCode >= 400 {
		assert.Equal(c.t, fmt.Sprint(resp.StatusCode), v["status"])
		assert.Equal(c.t, []any{errorURN}, v["schemas"])
		assert.NotEmpty(c.t, resp.Header.Get("Retry-After"))
		assert.Contains(c.t, v["detail"], "try again in")
	}
	return resp.StatusCode
}

func TestLoad_LargeBodiesTakeNoMoreThanTheirRoom(t *testing.T) {
	t.Parallel()
	length := int(scim.DefaultLimits.GroupBody)
	for announced, clients := range map[bool]int{true: 64, false: 8} {
		c := serve(t)
		h, watch, err := scim.NewWatched(config(t), open(t))
		require.NoError(t, err)
		c.handler = h
		srv := httptest.NewServer(h)
		defer srv.Close()

		var all, begun sync.WaitGroup
		begun.Add(clients)
		statuses := make([]int, clients)
		for i := range clients {
			said := length
			if !announced {
				said = -1
			}
			target, text := "/Groups", groupBody(fmt.Sprint("team", i))
			if i%2 == 1 {
				target, text = "/Bulk", bulkBody("", bulkPost("/Groups", "b", text))
			}
			all.Go(func() {
				statuses[i] = c.send(srv, target, large(text, length, sync.OnceFunc(func() { begun.Done(); begun.Wait() })), said)
			})
		}
		// Users are small, and get through while all of them wait.
		begun.Wait()
		assert.Equal(t, 201, c.send(srv, "/Users", strings.NewReader(userBody("ada")), -1))
		all.Wait()

		count := map[int]int{}
		for _, s := range statuses {
			count[s]++
		}
		assert.Equal(t, clients, count[200]+count[201]+count[429], "%v", count)
		assert.Positive(t, count[200]+count[201], "%v", count)
		assert.Positive(t, count[429], "%v", count)
		held, largest, most := watch()
		assert.Zero(t, held)
		assert.LessOrEqual(t, largest, most)
		assert.Greater(t, largest, int64(length))
		c.get("/Groups").resources(count[200] + count[201])
	}
}

// waiting lets nobody read a user before it is told to.
type waiting struct {
	scim.Directory
	arrived sync.WaitGroup
	release chan struct{}
}

func (d *waiting) User(ctx context.Context, org, id string) (directory.User, error) {
	d.arrived.Done()
	<-d.release
	return d.Directory.User(ctx, org, id)
}

func TestLoad_RequestsAboveTheLimitAre429(t *testing.T) {
	t.Parallel()
	dir := &waiting{Directory: open(t), release: make(chan struct{})}
	c := serveOn(t, dir)
	id := c.addUser("ada")
	dir.arrived.Add(scim.MaxRequests)
	var all sync.WaitGroup
	for range scim.MaxRequests {
		all.Go(func() { assert.Equal(t, 200, c.do("GET", "/Users/"+id, "").Code) })
	}
	dir.arrived.Wait()

	r := c.get("/Users")
	r.fails(429, "")
	assert.Equal(t, "1", r.Header().Get("Retry-After"))
	c.with("Authorization", "").get("/Users").fails(401, "")

	close(dir.release)
	all.Wait()
	c.get("/Users").resources(1)
}

// overloaded stores users of one name only.
type overloaded struct{ scim.Directory }

func (d overloaded) CreateUser(ctx context.Context, org string, u directory.User, o directory.Origin) (directory.User, error) {
	if !strings.Contains(string(u.Document), "lucky") {
		return directory.User{}, directory.ErrOverloaded
	}
	return d.Directory.CreateUser(ctx, org, u, o)
}

func TestBulk_SaysHowLongToWait(t *testing.T) {
	t.Parallel()
	c := serveOn(t, overloaded{open(t)})
	one := func(name string) string { return bulkPost("/Users", name, userBody(name)) }
	missing := `{"method":"DELETE","path":"/Users/nobody"}`

	got := c.bulk("", one("a"), one("b"))
	assert.Equal(t, []string{"429", "429"}, statuses(got))
	assert.Contains(t, got[1].Response["detail"], "try again in 1 s")
	assert.Equal(t, "1", c.post("/Bulk", bulkBody("", one("a"), one("b"))).Header().Get("Retry-After"))
	for _, other := range []string{one("lucky"), missing} {
		assert.Empty(t, c.post("/Bulk", bulkBody("", one("a"), other)).status(200).Header().Get("Retry-After"), "something was settled")
	}
	assert.Empty(t, c.post("/Bulk", bulkBody("")).Header().Get("Retry-After"))
}
