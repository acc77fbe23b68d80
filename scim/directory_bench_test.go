package scim_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

var directories = flag.String("directories", "1000", "sizes of the directories that requests are measured on")

// BenchmarkDirectory measures how requests grow with the directory. It takes all
// that is asked of a directory before the next one is filled:
//
//	go test -run '^$' -bench Directory -directories 1000,100000,1000000 ./scim
func BenchmarkDirectory(b *testing.B) {
	for text := range strings.SplitSeq(*directories, ",") {
		size, err := strconv.Atoi(text)
		require.NoError(b, err)
		b.Run(text, func(b *testing.B) {
			all := load(b)
			ids := all.users(size)
			benchmarkLists(b, all, size)
			benchmarkUsers(b, all, ids) // which changes the directory
		})
	}
}

func benchmarkUsers(b *testing.B, all *loadTest, ids []string) {
	var made, changed atomic.Int64
	for _, tt := range []struct {
		name string
		send func(l *loadTest, n int)
	}{
		{"Get", func(l *loadTest, n int) { l.send("GET", "/Users/"+ids[n*7919%len(ids)], "", 200) }},
		{"Patch", func(l *loadTest, _ int) {
			n := int(changed.Add(1))
			body := ops(fmt.Sprintf(`{"op":"replace","value":{"active":%t}}`, n/len(ids)%2 == 1))
			l.send("PATCH", "/Users/"+ids[n*7919%len(ids)], body, 200)
		}},
		{"Create", func(l *loadTest, _ int) {
			l.send("POST", "/Users", userBody(fmt.Sprint("new", made.Add(1))), 201)
		}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			l := *all
			l.b = b
			l.run(func(n int) { tt.send(&l, n) })
		})
	}
}

func benchmarkLists(b *testing.B, all *loadTest, size int) {
	eq := func(path string) func(int) string {
		return func(n int) string {
			return "/Users?filter=" + url.QueryEscape(fmt.Sprintf(`%s eq "user%d@example.com"`, path, n*7919%size))
		}
	}
	page := func(parameters string) func(int) string {
		return func(int) string { return "/Users?count=100&" + parameters }
	}
	for _, tt := range []struct {
		name   string
		target func(n int) string
	}{
		{"UserNameEq", eq("userName")},
		{"WorkEmailEq", eq(`emails[type eq "work"].value`)},
		{"NotIndexed", func(int) string { return "/Users?filter=" + url.QueryEscape(`name.givenName co "nobody"`) }},
		{"FirstPage", page("startIndex=1")},
		{"MiddlePage", page(fmt.Sprint("startIndex=", size/2))},
		{"LastPage", page(fmt.Sprint("startIndex=", max(size-99, 1)))},
		{"FirstPageByUserName", page("sortBy=userName")},
		{"LastPageByUserName", page(fmt.Sprint("sortBy=userName&startIndex=", max(size-99, 1)))},
		{"FirstPageOfActive", page("filter=active+eq+true")},
	} {
		b.Run(tt.name, func(b *testing.B) {
			l := *all
			l.b = b
			l.run(func(n int) { l.send("GET", tt.target(n), "", 200) })
		})
	}
	for name, parameters := range map[string]string{
		"NextPage": "", "NextPageByUserName": "&sortBy=userName", "NextPageOfActive": "&filter=active+eq+true",
	} {
		b.Run(name, func(b *testing.B) {
			l := *all
			l.b = b
			var cursors sync.Map // each of the clients walks through the list
			l.run(func(n int) {
				at, _ := cursors.LoadOrStore(n%clients, "")
				cursors.Store(n%clients, l.next("/Users?count=100"+parameters+"&cursor="+at.(string)))
			})
		})
	}
}

// next reads a page and returns the cursor of the next one.
func (l *loadTest) next(target string) string {
	r, err := http.NewRequestWithContext(l.b.Context(), http.MethodGet, l.srv.URL+"/scim/v2"+target, nil)
	if err != nil {
		l.b.Error(err)
		return ""
	}
	r.Header.Set("Authorization", "Bearer "+acmeToken)
	resp, err := l.srv.Client().Do(r)
	if err != nil {
		l.b.Error(err)
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	var page struct{ NextCursor string }
	// The cursor stands before the resources, which need not be read for it.
	head, _, _ := strings.Cut(string(body), `"Resources"`)
	if json.Unmarshal([]byte(strings.TrimSuffix(head, ",")+"}"), &page) != nil || err != nil || resp.StatusCode != http.StatusOK {
		l.b.Errorf("%s: %d %s %v", target, resp.StatusCode, body, err)
	}
	return page.NextCursor
}
