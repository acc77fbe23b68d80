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

// large is a body of n bytes that calls a function before its last.
func large(text string, n int, ending func()) io.Reader {
	return io.MultiReader(strings.NewReader(text), io.LimitReader(spaces{}, int64(n-len(text)-1)),
		&calling{ending}, strings.NewReader(" "))
}

type calling struct{ call func() }

func (c *calling) Read([]byte) (int, error) { c.call(); return 0, io.EOF }

type spaces struct{}

var blank = strings.Repeat(" ", 1<<20)

func (spaces) Read(p []byte) (int, error) {
	return copy(p, blank), nil
}

// send makes a request, whose length is announced unless it is -1, and returns its
// status, after a look at what an answer owes.
func (c *client) send(target string, body io.Reader, length int) int {
	r := httptest.NewRequest(http.MethodPost, c.path+target, body)
	r.Header, r.ContentLength = c.header.Clone(), int64(length)
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	var v map[string]any
	assert.NoError(c.t, json.Unmarshal(w.Body.Bytes(), &v))
	assert.Equal(c.t, "application/scim+json", w.Header().Get("Content-Type"))
	if w.Code >= 400 {
		assert.Equal(c.t, fmt.Sprint(w.Code), v["status"])
		assert.Equal(c.t, []any{errorURN}, v["schemas"])
		assert.NotEmpty(c.t, w.Header().Get("Retry-After"))
		assert.Contains(c.t, v["detail"], "try again in")
	}
	return w.Code
}

// TestLoad_LargeBodiesTakeNoMoreThanTheirRoom has all bodies but their last bytes be
// there at the same time, in the proportions of the defaults, which are 24 MiB each and
// 64 MiB for all.
func TestLoad_LargeBodiesTakeNoMoreThanTheirRoom(t *testing.T) {
	t.Parallel()
	_, watch, err := scim.NewWatched(config(t), open(t), 0)
	require.NoError(t, err)
	_, _, most := watch()
	require.EqualValues(t, 64<<20, most)

	limit, room := scim.DefaultLimits.GroupBody/16, most/16
	for _, tt := range []struct {
		announced bool
		clients   int
		length    int64
	}{
		{true, 64, limit},
		{false, 8, limit * 3 / 4}, // room is taken in steps, which may be more than is used
	} {
		c, cfg, length := serve(t), config(t), int(tt.length)
		cfg.Orgs[0].Limits.GroupBody = limit
		c.handler, watch, err = scim.NewWatched(cfg, open(t), room)
		require.NoError(t, err)

		var all, there sync.WaitGroup
		end := make(chan struct{})
		statuses := make([]int, tt.clients)
		for i := range tt.clients {
			said := length
			if !tt.announced {
				said = -1
			}
			target, text := "/Groups", groupBody(fmt.Sprint("team", i))
			if i%2 == 1 {
				target, text = "/Bulk", bulkBody("", bulkPost("/Groups", "b", text))
			}
			there.Add(1)
			all.Go(func() {
				arrive := sync.OnceFunc(there.Done)
				defer arrive()
				statuses[i] = c.send(target, large(text, length, func() { arrive(); <-end }), said)
			})
			if !tt.announced {
				there.Wait() // those that grow at the same time may all be refused
			}
		}
		// Users are small, and get through while all of them wait.
		there.Wait()
		assert.Equal(t, 201, c.send("/Users", strings.NewReader(userBody("ada")), -1))
		close(end)
		all.Wait()

		count := map[int]int{}
		for _, s := range statuses {
			count[s]++
		}
		done := count[200] + count[201]
		assert.Equal(t, tt.clients, done+count[429], "%v", count)
		assert.Equal(t, 2, done, "there is room for no more: %v", count)
		held, largest, most := watch()
		assert.Zero(t, held)
		assert.Equal(t, room, most)
		assert.LessOrEqual(t, largest, most)
		assert.Greater(t, largest, tt.length)
		c.get("/Groups").resources(done)
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
