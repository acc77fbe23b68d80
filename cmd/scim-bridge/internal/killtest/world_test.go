package killtest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/cmd/scim-bridge/internal/programtest"
	"github.com/scim-bridge/scim-bridge/internal/crashpoint"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// actions is the limit of calls a minute, low enough to be met all the time.
const actions = 120

// world is a program that lives and dies, and Adobe and a database, which stay.
type world struct {
	t        *testing.T
	adobe    *emulator.Emulator
	watch    *watch
	database database
	replicas []*replica
	calling  calling
	// life counts what befell the program: then clients compare what they wrote.
	life atomic.Int64
}

// newWorld builds the program, for so many replicas, and starts Adobe.
func newWorld(t *testing.T, d database, replicas int) *world {
	w := &world{t: t, database: d}
	create := func(c programtest.Config) *programtest.Program { return programtest.New(t, c) }
	for range replicas {
		r := &replica{gate: &gate{all: &w.calling}}
		r.Program = create(programtest.Config{
			Tags: "crashpoints", Actions: actions, Store: d.store(t),
			Timeout: time.Second, // after a kill, what is not safe to repeat is looked for when it is over
			Before:  r.gate.before,
		})
		r.gate.kill = r.Kill
		w.replicas = append(w.replicas, r)
		create = r.Replica
	}
	w.adobe = w.only().Adobe
	w.watch = newWatch(w.adobe)
	return w
}

// open has all replicas run.
func (w *world) open() {
	for _, r := range w.replicas {
		if !r.Runs() {
			r.start("")
		}
	}
	for _, r := range w.replicas {
		r.AwaitReady()
	}
	w.life.Add(1)
}

// close stops all replicas.
func (w *world) close() {
	for _, r := range w.replicas {
		r.Stop()
	}
	w.look()
}

// only is the one replica there is.
func (w *world) only() *replica { return w.replicas[0] }

// start starts a process that is to die at a point, if one is named.
func (w *world) start(at string) {
	w.only().start(at)
	w.life.Add(1)
}

// look reads what was said and done since it was called last.
func (w *world) look() {
	var logs []string
	for _, r := range w.replicas {
		logs = append(logs, r.newLog())
	}
	w.watch.read(logs)
}

// kill starts a process, has it die at a moment, and returns which it was.
func (w *world) kill(moment string, chance *rand.Rand) string {
	defer w.look()
	defer w.database.forget(w.t)
	r, at, patience := w.only(), "", reach
	switch moment {
	case starting:
		patience = time.Duration(chance.IntN(150)) * time.Millisecond
	case atRandom:
		patience = time.Duration(200+chance.IntN(1000)) * time.Millisecond
	case received:
		r.gate.received.Store(1 + chance.Int64N(3))
	case applied:
		r.gate.applied.Store(1 + chance.Int64N(3))
	case string(crashpoint.BeforeCommit), string(crashpoint.AfterCommit):
		at = fmt.Sprintf("%s:%d", moment, 1+chance.IntN(40))
	case string(crashpoint.Recorded), string(crashpoint.Answered):
		at = fmt.Sprintf("%s:%d", moment, 1+chance.IntN(3))
	default:
		w.start("")
		r.AwaitReady()
		w.database.trouble(w.t, moment, chance)
		r.AwaitReady() // again, by itself
		w.life.Add(1)
		r.die(time.Duration(chance.IntN(500)) * time.Millisecond)
		return moment
	}
	w.start(at)
	if byItself := r.die(patience); !byItself && patience == reach {
		return moment + missed
	}
	return moment
}

// waiting returns the users and groups that Adobe has not followed, and why.
func (w *world) waiting() string {
	var all []string
	for endpoint, kind := range map[string]string{"/Users": "User", "/Groups": "Group"} {
		extension := "urn:ietf:params:scim:schemas:extension:scimbridge:2.0:" + kind
		var found struct{ Resources []map[string]any }
		filter := url.QueryEscape(extension + `:sync.state ne "synced"`)
		_, err := newSpeaker(w).exchange(http.MethodGet, endpoint+"?filter="+filter, nil, &found)
		for _, r := range found.Resources {
			all = append(all, fmt.Sprint(r["userName"], r["displayName"], r[extension]))
		}
		if err != nil {
			all = append(all, err.Error())
		}
	}
	return strings.Join(all, "\n")
}

// awaitSynced waits until nothing is due.
func (w *world) awaitSynced() {
	most := time.Minute
	if patient() {
		most = 5 * time.Minute
	}
	if r := w.only(); !r.Synced(most) {
		require.FailNow(w.t, "Adobe does not follow", "%s\n%s", w.waiting(), r.Log())
	}
}
