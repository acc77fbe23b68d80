// Package killtest kills the real program, and looks whether anything is lost.
//
// Several clients write to it over HTTP, each remembering what was acknowledged
// and what is in doubt. It is killed with SIGKILL at random moments and at the
// points of package crashpoint, or while Adobe has a call, and started again;
// then each client compares all that it wrote since the last kill. Where the
// database is a server, that is killed too, ends connections, and is cut off, and
// the program must go on by itself. Of three replicas the one that dispatches is
// killed, stopped, paused, and cut off from the database, and another must go on.
// At the end, and now and then before, Adobe must equal what was said. Each call that
// was cut off must have been taken for lost, and none may come from a replica while
// another one dispatches, or beyond the limit.
//
//	go test ./cmd/scim-bridge/internal/killtest -v -timeout 2h -kills 500 -seed 7
package killtest

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/internal/crashpoint"
)

var (
	kills = flag.Int("kills", 0, "how often the program is killed; 0 is once at each moment")
	seed  = flag.Uint64("seed", 1, "what is said, and when it is killed, as far as that is ours")
)

const (
	clients = 4
	// between is how many kills there are between two comparisons with Adobe.
	between = 100
	// reach is how long a process may take to come to where it is to die; then it
	// is killed wherever it is.
	reach = 5 * time.Second
)

// The moments of a kill that are not points of the program.
const (
	atRandom = "at random"
	starting = "while it starts"
	received = "call.received" // by Adobe, which then did nothing
	applied  = "call.applied"  // by Adobe, which did not answer
	missed   = ", not reached" // and killed elsewhere
)

// patient reports whether there is time for what takes Adobe's readings minutes to
// prove after a kill: that a group is gone.
func patient() bool { return *kills >= between }

// moments are those of a kill, with those after a trouble of a database.
func moments(d database) []string {
	all := []string{atRandom, starting, received, applied}
	for _, p := range crashpoint.Points {
		all = append(all, string(p))
	}
	return append(all, d.troubles()...)
}

func TestKill_NothingIsLostAndAdobeFollowsWithSQLite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, file{}, 1)
	live(w, moments(w.database), w.kill)
}

func TestKill_NothingIsLostAndAdobeFollowsWithPostgreSQL(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newServer(t), 1)
	live(w, moments(w.database), w.kill)
}

// live has clients write to a program that is killed, at one moment after the other, and
// compares. kill returns at which moment it was.
func live(w *world, moments []string, kill func(moment string, chance *rand.Rand) string) {
	t := w.t
	chance := rand.New(rand.NewPCG(*seed, 0))
	began, met := time.Now(), map[string]int{}
	w.open()
	all := newClients(w)
	w.awaitSynced() // with Adobe's groups listed, which may not be done again for two hours
	w.close()
	total := cmp.Or(*kills, len(moments))
	for i := range total {
		if i%between == 0 {
			for _, c := range all {
				c.start()
			}
		}
		met[kill(moments[i%len(moments)], chance)]++
		if (i+1)%between == 0 || i+1 == total {
			w.open()
			for _, c := range all {
				c.stop()
			}
			w.awaitSynced()
			w.compare(all)
			w.close()
		}
	}

	var sum counts
	for _, c := range all {
		sum.add(c.counts)
	}
	lines := []string{fmt.Sprintf("%d kills in %d s: %s; %s", total, int(time.Since(began).Seconds()), sum, w.watch)}
	for _, m := range slices.Sorted(maps.Keys(met)) {
		lines = append(lines, fmt.Sprintf("  %4d %s", met[m], m))
	}
	t.Log(strings.Join(lines, "\n"))
	assert.Empty(t, strings.Join(sum.wrong, "\n"))
	assert.Empty(t, strings.Join(w.watch.wrong, "\n"))
	assert.Empty(t, strings.Join(w.audit(), "\n"))
	require.Positive(t, sum.acknowledged)
	require.Positive(t, w.watch.commands)
	assert.EqualValues(t, 1, w.calling.most.Load(), "one replica calls Adobe at a time, and sends a call after the other")
}
