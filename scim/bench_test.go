package scim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/scim"
	"github.com/scim-bridge/scim-bridge/store/sqlite"
)

// clients is how many requests are under way at once.
const clients = 16

// loadTest is a server on a socket with a directory on disk.
type loadTest struct {
	b   *testing.B
	dir *sqlite.Store
	srv *httptest.Server
}

func load(b *testing.B) *loadTest {
	dir := open(b)
	h, err := scim.New(config(b), dir)
	require.NoError(b, err)
	srv := httptest.NewServer(h)
	b.Cleanup(srv.Close)
	srv.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = clients
	return &loadTest{b: b, dir: dir, srv: srv}
}

// send makes one request and reports an answer that is not the wanted one.
func (l *loadTest) send(method, target, body string, want int) {
	r, err := http.NewRequestWithContext(context.Background(), method, l.srv.URL+"/scim/v2"+target, bytes.NewReader([]byte(body)))
	if err != nil {
		l.b.Error(err)
		return
	}
	r.Header.Set("Authorization", "Bearer "+acmeToken)
	r.Header.Set("Content-Type", "application/scim+json")
	resp, err := l.srv.Client().Do(r)
	if err != nil {
		l.b.Error(err)
		return
	}
	text, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != want {
		l.b.Errorf("%s %s: %d %s %v", method, target, resp.StatusCode, text, err)
	}
}

// run calls f from all clients until there were b.N calls, with a number that
// no other call has.
func (l *loadTest) run(f func(n int)) {
	var n atomic.Int64
	l.b.SetParallelism(max(1, clients/runtime.GOMAXPROCS(0)))
	l.b.ReportAllocs()
	l.b.ResetTimer()
	l.b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			f(int(n.Add(1)))
		}
	})
	l.b.ReportMetric(float64(l.b.N)/l.b.Elapsed().Seconds(), "req/s")
}

// users stores users without going over HTTP, and returns their ids.
func (l *loadTest) users(n int) []string {
	l.b.Helper()
	ids := make([]string, n)
	limit := make(chan struct{}, 64)
	for i := range ids {
		ids[i] = fmt.Sprintf("user-%020d", i)
		limit <- struct{}{}
		go func() {
			defer func() { <-limit }()
			o := directory.Origin{Actor: "bench", At: time.Now().UTC().Truncate(time.Microsecond)}
			name := fmt.Sprintf("user%d@example.com", i)
			_, err := l.dir.CreateUser(context.Background(), "acme", directory.User{
				Meta: directory.Meta{ID: ids[i], Version: 1, Created: o.At, LastModified: o.At},
				Document: fmt.Appendf(nil, `{"active":true,"emails":[{"primary":true,"type":"work","value":%[1]q}],`+
					`"name":{"familyName":"Example","givenName":"User"},"userName":%[1]q}`, name),
			}, o)
			if err != nil {
				l.b.Error(err)
			}
		}()
	}
	for range cap(limit) {
		limit <- struct{}{}
	}
	return ids
}

// group stores a group with members without going over HTTP.
func (l *loadTest) group(id string, members []string) {
	l.b.Helper()
	o := directory.Origin{Actor: "bench", At: time.Now().UTC().Truncate(time.Microsecond)}
	_, _, err := l.dir.CreateGroup(context.Background(), "acme", directory.Group{
		Meta:     directory.Meta{ID: id, Version: 1, Created: o.At, LastModified: o.At},
		Document: fmt.Appendf(nil, `{"displayName":%q}`, id),
	}, directory.GroupChange{Members: []directory.MemberChange{{Op: directory.MemberAdd, IDs: members}}}, o)
	require.NoError(l.b, err)
}

// BenchmarkAddOneMember adds and removes members in turn, so that the group
// keeps its size however long it runs.
func BenchmarkAddOneMember(b *testing.B) {
	for _, size := range []int{100, 10_000, 200_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			l := load(b)
			ids := l.users(size + 1000)
			l.group("group", ids[:size])
			others := ids[size:]
			l.run(func(n int) {
				body := ops(`{"op":"add","path":"members","value":[{"value":"` + others[n%len(others)] + `"}]}`)
				if n/len(others)%2 == 1 {
					body = ops(`{"op":"remove","path":"members[value eq \"` + others[n%len(others)] + `\"]"}`)
				}
				l.send("PATCH", "/Groups/group?attributes=displayName", body, 200)
			})
		})
	}
}

// BenchmarkGetLargeGroup shows that an answer's memory does not follow the size
// of the group: compare the bytes per operation with those of the answer.
func BenchmarkGetLargeGroup(b *testing.B) {
	h, err := scim.New(config(b), &crowd{Directory: open(b), n: 100_000})
	require.NoError(b, err)
	c := &client{t: b, handler: h, path: "/scim/v2", header: http.Header{"Authorization": {"Bearer " + acmeToken}}}
	id := c.post("/Groups?excludedAttributes=members", groupBody("Sales")).status(201).text("id")
	r := httptest.NewRequest(http.MethodGet, "/scim/v2/Groups/"+id, nil)
	r.Header = c.header
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(discard{http.Header{}}, r)
	}
}

// BenchmarkGetStoredGroup reads a group of 200,000 members from the database over
// a socket: until the first byte, until the last, and the most memory that the
// process held meanwhile, client and all, beside what it held before.
func BenchmarkGetStoredGroup(b *testing.B) {
	l := load(b)
	l.group("group", l.users(200_000))
	for name, query := range map[string]string{"members": "", "no members": "?excludedAttributes=members"} {
		b.Run(name, func(b *testing.B) {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, l.srv.URL+"/scim/v2/Groups/group"+query, nil)
			require.NoError(b, err)
			r.Header.Set("Authorization", "Bearer "+acmeToken)
			debug.FreeOSMemory()
			before := resident(b, "VmRSS")
			// Begins VmHWM anew, see proc_pid_clear_refs(5).
			require.NoError(b, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0))
			var first time.Duration
			var size int64
			for b.Loop() {
				began := time.Now()
				resp, err := l.srv.Client().Do(r)
				require.NoError(b, err)
				_, err = io.ReadFull(resp.Body, make([]byte, 1))
				require.NoError(b, err)
				first += time.Since(began)
				size, err = io.Copy(io.Discard, resp.Body)
				require.NoError(b, err)
				resp.Body.Close()
			}
			b.ReportMetric(float64(first.Microseconds())/float64(b.N)/1000, "ms-to-first-byte")
			b.ReportMetric(float64(size)/(1<<20), "MiB-answer")
			b.ReportMetric(resident(b, "VmHWM")-before, "MiB-more-at-peak")
			b.ReportMetric(before, "MiB-at-rest")
		})
	}
}

// resident is a figure of this process's memory in MiB, as Linux tells it.
func resident(b *testing.B, name string) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if errors.Is(err, fs.ErrNotExist) {
		b.Skip("this system does not tell")
	}
	require.NoError(b, err)
	_, line, found := strings.Cut(string(status), name+":")
	require.True(b, found)
	var kib float64
	_, err = fmt.Sscan(line, &kib)
	require.NoError(b, err)
	return kib / 1024
}

// discard is a client that reads everything and keeps nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
