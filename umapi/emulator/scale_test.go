package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// The populations of the benchmarks. Each user is in three of the groups.
const (
	benchGroups = 2000
	benchSmall  = 10_000
	benchLarge  = 500_000
)

// bench runs measure with a populated organisation of each size; the large one
// only without -short.
func bench(b *testing.B, measure func(l *load, users int)) {
	for _, users := range []int{benchSmall, benchLarge} {
		b.Run(fmt.Sprint(users), func(b *testing.B) {
			if users == benchLarge && testing.Short() {
				b.Skip("it takes half a gigabyte and most of a minute; run without -short")
			}
			cfg := config()
			cfg.LedgerEntries = 100
			em, err := emulator.New(cfg)
			require.NoError(b, err)
			l := &load{b: b, em: em}
			l.login()
			before := liveBytes()
			populate(b, em, users)
			bytes := float64(liveBytes()-before) / float64(users)
			b.ResetTimer()
			measure(l, users)
			b.ReportMetric(bytes, "B/user")
		})
	}
}

func liveBytes() uint64 {
	runtime.GC()
	runtime.GC() // what had a finalizer goes the second time
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func populate(b *testing.B, em *emulator.Emulator, users int) {
	b.Helper()
	for i := range benchGroups {
		require.NoError(b, em.AddGroup(emulator.Group{Name: fmt.Sprintf("Team %d", i)}))
	}
	for i := range users {
		if err := em.AddUser(benchUser(i)); err != nil {
			b.Fatal(err)
		}
	}
}

func benchEmail(i int) string { return fmt.Sprintf("first.last%d@example.com", i) }

func benchUser(i int) emulator.User {
	team := func(n int) string { return fmt.Sprintf("Team %d", n%benchGroups) }
	return emulator.User{
		Email: benchEmail(i), FirstName: fmt.Sprintf("First%d", i), LastName: fmt.Sprintf("Last%d", i), Country: "GB",
		Groups: []string{team(i), team(i*7 + 1), team(i*13 + 2)},
	}
}

// BenchmarkListing reads all users and all groups, page by page, and between
// the pages of the "busy" one a call of actions comes in.
func BenchmarkListing(b *testing.B) {
	for _, busy := range []bool{false, true} {
		name := "quiet"
		if busy {
			name = "busy"
		}
		b.Run(name, func(b *testing.B) {
			bench(b, func(l *load, users int) {
				calls := 0
				for l.b.Loop() {
					listed := l.listUsers(func() {
						if busy {
							l.do(benchCall(calls, users))
							calls++
						}
					})
					if !busy {
						require.Equal(l.b, users, listed)
					}
					l.listGroups()
				}
				l.b.ReportMetric(perOp(l.b), "ns/listing")
			})
		})
	}
}

// BenchmarkActions sends calls of ten commands: leavers, joiners, changes of
// names and of memberships.
func BenchmarkActions(b *testing.B) {
	bench(b, func(l *load, users int) {
		calls := 0
		for l.b.Loop() {
			body := l.do(benchCall(calls, users))
			if !strings.Contains(body, `"notCompleted":0`) {
				l.b.Fatal(body)
			}
			calls++
		}
		l.b.ReportMetric(perOp(l.b)/10, "ns/command")
	})
}

func perOp(b *testing.B) float64 { return float64(b.Elapsed().Nanoseconds()) / float64(b.N) }

// listUsers reads all pages of users, does what is given between them, and
// counts the users.
func (l *load) listUsers(between func()) int {
	users := 0
	for page := 0; ; page++ {
		body := l.get("/users/%s/%d", orgID, page)
		users += strings.Count(body, `"status":"active"`)
		if strings.HasPrefix(body, `{"lastPage":true`) {
			return users
		}
		between()
	}
}

func (l *load) listGroups() {
	for page := 0; !strings.HasPrefix(l.get("/groups/%s/%d", orgID, page), `{"lastPage":true`); page++ {
	}
}

// benchCall is the n-th of many calls that can all be done.
func benchCall(n, users int) []string {
	commands := make([]string, 0, 10)
	for i := range 5 {
		// First they leave, from all over the list, and one round later return.
		email := benchEmail((n*5 + i) * 7919 % users)
		if round := (n*5 + i) / users; round%2 == 0 {
			commands = append(commands, on(email, `{"removeFromOrg":{}}`))
		} else {
			commands = append(commands, federated(email, "ignoreIfAlreadyExists", list("add", "group", "Team 1")))
		}
	}
	email := fmt.Sprintf("new%d@example.com", n)
	return append(commands,
		federated(email, "", list("add", "group", "Team 3", "Team 4")),
		on(email, `{"update":{"lastname":"King"}}`),
		on(email, list("add", "group", "Team 5"), list("remove", "group", "Team 4")),
		onGroup("Team 3", list("remove", "user", email)),
		onGroup("Team 6", list("add", "user", email)),
	)
}

// load is a caller for benchmarks.
type load struct {
	b     *testing.B
	em    *emulator.Emulator
	token string
}

func (l *load) login() {
	body := l.send(http.MethodPost, "http://ims.test/ims/token/v3?"+tokenForm().Encode(), "")
	_, rest, _ := strings.Cut(body, `"access_token":"`)
	l.token, _, _ = strings.Cut(rest, `"`)
}

// get reads a path below the root of the API.
func (l *load) get(path string, args ...any) string {
	return l.send(http.MethodGet, root+fmt.Sprintf(path, args...), "")
}

func (l *load) do(commands []string) string {
	return l.send(http.MethodPost, root+"/action/"+orgID, "["+strings.Join(commands, ",")+"]")
}

func (l *load) send(method, url, body string) string {
	l.b.Helper()
	r, err := http.NewRequestWithContext(l.b.Context(), method, url, strings.NewReader(body))
	require.NoError(l.b, err)
	r.Header.Set("Authorization", "Bearer "+l.token)
	r.Header.Set("X-Api-Key", client)
	resp, err := l.em.RoundTrip(r)
	require.NoError(l.b, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(l.b, err)
	require.Equal(l.b, http.StatusOK, resp.StatusCode, string(answer))
	return string(answer)
}
