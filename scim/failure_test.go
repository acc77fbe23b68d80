package scim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim"
)

func TestDirectoryErrors_AsTheClientSeesThem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		err    error
		status int
		retry  bool
		logged bool
	}{
		{"a full queue", fmt.Errorf("store: %w", directory.ErrOverloaded), 429, true, false},
		{"a failing database", errors.New("disk I/O error at /secret/path"), 503, true, true},
		{"a deadline", context.DeadlineExceeded, 503, true, true},
		{"a client that left", fmt.Errorf("store: %w", context.Canceled), 503, true, false},
		{"a conflict", fmt.Errorf("store: %w", &directory.ConflictError{Attribute: "userName", Value: "ada"}), 409, false, false},
		{"gone", fmt.Errorf("store: %w", directory.ErrNotFound), 404, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			c := serveOn(t, &broken{err: tt.err}, func(cfg *scim.Config) { cfg.Log = slog.New(slog.NewTextHandler(&log, nil)) })

			r := c.post("/Users", userBody("ada"))

			scimType := ""
			if tt.status == 409 {
				scimType = "uniqueness"
			}
			detail := r.fails(tt.status, scimType)
			assert.NotContains(t, r.Body.String(), "secret")
			if tt.retry {
				seconds, err := strconv.Atoi(r.Header().Get("Retry-After"))
				require.NoError(t, err)
				assert.Positive(t, seconds)
			}
			if tt.logged {
				id := r.Header().Get("X-Request-Id")
				assert.Contains(t, detail, id)
				assert.Contains(t, log.String(), "request_id="+id)
				assert.Contains(t, log.String(), tt.err.Error())
				assert.NotContains(t, log.String(), acmeToken)
			} else {
				assert.Empty(t, log.String())
			}
		})
	}
}

func TestChange_ThatAlwaysComesLateEndsAs429(t *testing.T) {
	t.Parallel()
	c := serveOn(t, &late{Directory: open(t)})
	id := c.addUser("ada")

	r := c.patch("/Users/"+id, ops(`{"op":"add","path":"title","value":"x"}`))

	r.fails(429, "")
	assert.NotEmpty(t, r.Header().Get("Retry-After"))
}

// late finds another version at every update.
type late struct{ scim.Directory }

func (d *late) UpdateUser(context.Context, string, string, int64, []byte, directory.Origin) (directory.User, error) {
	return directory.User{}, directory.ErrVersion
}

func TestPanic_Is500WithNothingOfTheInside(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := serveOn(t, &broken{panic: "secret state"}, func(cfg *scim.Config) { cfg.Log = slog.New(slog.NewTextHandler(&log, nil)) })

	r := c.get("/Users/some-id")

	detail := r.fails(500, "")
	assert.NotContains(t, r.Body.String(), "secret state")
	assert.Contains(t, detail, r.Header().Get("X-Request-Id"))
	assert.Contains(t, log.String(), "secret state")
	assert.Contains(t, log.String(), r.Header().Get("X-Request-Id"))
}

func TestWrongToken_IsLoggedWithoutTheToken(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := serveOn(t, &broken{}, func(cfg *scim.Config) { cfg.Log = slog.New(slog.NewTextHandler(&log, nil)) })

	r := c.with("Authorization", "Bearer almost-right").get("/Users?filter=userName+eq+%22ada@example.com%22")

	r.fails(401, "")
	assert.Contains(t, log.String(), r.Header().Get("X-Request-Id"))
	assert.Contains(t, log.String(), "org=acme")
	assert.NotContains(t, log.String(), "almost-right")
	assert.NotContains(t, log.String(), "ada@example.com", "a query is about people")
}

func TestStreaming_FailsCleanlyBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	c := serveOn(t, &crowd{Directory: open(t), n: 100_000, failing: errors.New("disk gone"), pages: 0})
	id := func() string {
		r := c.post("/Groups?excludedAttributes=members", groupBody("Sales")).status(201)
		return r.text("id")
	}()

	c.get("/Groups/"+id).fails(503, "")
}

func TestStreaming_ThatBreaksCutsTheConnection(t *testing.T) {
	t.Parallel()
	c := serveOn(t, &crowd{Directory: open(t), n: 100_000, failing: errors.New("disk gone"), pages: 20})
	id := c.post("/Groups?excludedAttributes=members", groupBody("Sales")).status(201).text("id")
	srv := httptest.NewServer(c.handler)
	t.Cleanup(srv.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/scim/v2/Groups/"+id, nil)
	require.NoError(t, err)
	r.Header = c.header.Clone()

	resp, err := srv.Client().Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)

	assert.Error(t, err, "a part is never taken for the whole")
}

func TestStreaming_HoldsLittleInMemory(t *testing.T) {
	t.Parallel()
	c := serveOn(t, &crowd{Directory: open(t), n: 100_000})
	id := c.post("/Groups?excludedAttributes=members", groupBody("Sales")).status(201).text("id")
	for _, target := range []string{"/Groups/" + id, "/Groups", "/Groups/" + id + "?attributes=members.value"} {
		r := httptest.NewRequest(http.MethodGet, "/scim/v2"+target, nil)
		r.Header = c.header.Clone()
		w := &chunks{header: http.Header{}}

		c.handler.ServeHTTP(w, r)

		assert.Greater(t, w.total, 100_000*len(`{"value":"member-0000000"}`))
		assert.Less(t, w.largest, 100<<10)
		assert.Empty(t, w.header.Get("Content-Length"))
	}
}

// chunks notes in what pieces an answer comes.
type chunks struct {
	header         http.Header
	total, largest int
}

func (w *chunks) Header() http.Header { return w.header }
func (w *chunks) WriteHeader(int)     {}
func (w *chunks) Write(p []byte) (int, error) {
	w.total += len(p)
	w.largest = max(w.largest, len(p))
	return len(p), nil
}
