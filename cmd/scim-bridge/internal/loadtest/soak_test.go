// Package loadtest puts the real program under a load and looks how it bears it.
//
// The soak test keeps a steady mix of requests up for as long as it is told, and
// prints the memory of the process and the size of the database on the way:
//
//	go test ./cmd/scim-bridge/internal/loadtest -v -run Soak/SQLite -for 1h -timeout 2h
//
// or Soak/PostgreSQL. The server that a test starts itself has no autovacuum: for long,
// name one in SCIM_BRIDGE_TEST_POSTGRES that is as servers are in operation.
//
// The benchmark tells how long requests take while something heavy goes on beside
// them, and what memory a directory takes:
//
//	go test ./cmd/scim-bridge/internal/loadtest -run xxx -bench Beside -benchtime 1x -users 1000000 -for 30s -timeout 2h
package loadtest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/cmd/scim-bridge/internal/programtest"
	"github.com/scim-bridge/scim-bridge/store/postgres/postgrestest"
)

var (
	length = flag.Duration("for", 2*time.Second, "how long the load is kept up")
	rate   = flag.Int("rate", 50, "requests a second in the soak test")
	size   = flag.Int("users", 300, "users in the directory")
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

func TestSoak_SteadyLoadIsBornAndAdobeFollows(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		soak(t, programtest.Config{}, func(p *programtest.Program) (bytes int64) {
			for _, file := range []string{"bridge.db", "bridge.db-wal"} {
				if is, err := os.Stat(filepath.Join(p.Dir, file)); err == nil {
					bytes += is.Size()
				}
			}
			return bytes
		})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		url := postgrestest.New(t)
		database, err := pgx.Connect(t.Context(), url)
		require.NoError(t, err)
		soak(t, programtest.Config{Store: url}, func(*programtest.Program) (bytes int64) {
			require.NoError(t, database.QueryRow(t.Context(), "SELECT pg_database_size(current_database())").Scan(&bytes))
			return bytes
		})
		require.NoError(t, database.Close(t.Context()))
	})
}

// soak puts a program under the load. disk returns the bytes of its database.
func soak(t *testing.T, of programtest.Config, disk func(*programtest.Program) int64) {
	of.Actions = 600
	p := programtest.New(t, of)
	p.Start()
	c := newClient(p.Listen)
	pop := newPopulation(c, *size)
	const samples = 20
	began := time.Now()
	tick := time.NewTicker(time.Second / time.Duration(*rate))
	defer tick.Stop()
	for n := 0; n <= samples; {
		if time.Since(began) >= time.Duration(n)*(*length)/samples {
			t.Log(standing(p, c, disk(p), time.Since(began)))
			n++
		}
		pop.step()
		<-tick.C
	}
	require.True(t, p.Synced(2*time.Minute), "Adobe does not follow:\n%s", p.Log())
	assert.Empty(t, strings.Join(c.wrong, "\n"))
	assert.Len(t, p.Adobe.Users(), pop.present())
	p.Stop()
}

// standing is a line about a moment.
func standing(p *programtest.Program, c *client, disk int64, since time.Duration) string {
	c.mu.Lock()
	sent := 0
	for _, taken := range c.taken {
		sent += len(taken)
	}
	c.mu.Unlock()
	memory, _ := p.Resident() // 0 where the system does not tell
	return fmt.Sprintf("after %6.0f s: %7d requests, %6.1f MiB of memory, %6.1f MiB on disk",
		since.Seconds(), sent, memory, float64(disk)/(1<<20))
}

// population is users who come, change, go on leave and go, and groups that they
// are in, so that their number stays.
type population struct {
	c      *client
	chance *rand.Rand
	users  []string // ids
	away   map[string]bool
	groups []string
	made   int
}

func newPopulation(c *client, n int) *population {
	pop := &population{c: c, chance: rand.New(rand.NewPCG(1, 0)), users: c.fill(n), away: map[string]bool{}}
	for g := range 10 {
		var made struct{ ID string }
		c.send("fill", http.MethodPost, "/Groups", fmt.Sprintf(
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Group %d"}`, g), &made)
		pop.groups = append(pop.groups, made.ID)
	}
	return pop
}

// present is how many should be in Adobe.
func (p *population) present() int { return len(p.users) - len(p.away) }

// step sends one request, drawn as a provider's day is made up: reads and
// searches first, then changes, memberships, and who comes and goes.
func (p *population) step() {
	i := p.chance.IntN(len(p.users))
	user := p.users[i]
	group := p.groups[p.chance.IntN(len(p.groups))]
	switch draw := p.chance.IntN(100); {
	case draw < 25:
		p.c.send("get", http.MethodGet, "/Users/"+user, "", nil)
	case draw < 45:
		p.c.send("search", http.MethodGet, fmt.Sprintf("/Users?filter=userName+eq+%%22user%07d@example.com%%22", i), "", nil)
	case draw < 50:
		p.c.send("page", http.MethodGet, fmt.Sprintf("/Users?count=100&startIndex=%d", 1+i), "", nil)
	case draw < 52:
		p.c.send("group", http.MethodGet, "/Groups/"+group, "", nil)
	case draw < 72:
		p.made++
		p.c.patch("patch", "/Users/"+user, fmt.Sprintf(`{"op":"replace","path":"name.familyName","value":"Name %d"}`, p.made))
	case draw < 82:
		p.c.patch("add member", "/Groups/"+group, `{"op":"add","path":"members","value":[{"value":"`+user+`"}]}`)
	case draw < 90:
		p.c.patch("remove member", "/Groups/"+group, `{"op":"remove","path":"members[value eq \"`+user+`\"]"}`)
	case draw < 95:
		if p.c.patch("patch", "/Users/"+user, fmt.Sprintf(`{"op":"replace","path":"active","value":%t}`, p.away[user])) {
			if p.away[user] {
				delete(p.away, user)
			} else {
				p.away[user] = true
			}
		}
	default:
		p.made++
		if p.c.send("delete", http.MethodDelete, "/Users/"+user, "", nil) {
			delete(p.away, user)
			p.users[i] = p.c.createUser("create", fmt.Sprintf("new%d", p.made))
		}
	}
}
