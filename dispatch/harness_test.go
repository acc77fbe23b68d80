package dispatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/sqlite"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

const (
	org    = "acme"
	orgID  = "A1B2C3D4E5F60718293A4B5C@AdobeOrg"
	client = "0f1e2d3c"
)

var (
	_ dispatch.Store = store.Store(nil)
	_ dispatch.Adobe = (*umapi.Client)(nil)
)

// world is a real store, a real client and the emulator, without sockets, on the
// clock of a synctest bubble.
type world struct {
	t          *testing.T
	store      *sqlite.Store
	through    dispatch.Store // to store; nil is store itself
	adobe      *emulator.Emulator
	transport  http.RoundTripper // to adobe
	cfg        dispatch.Config
	secret     string
	dispatcher *dispatch.Dispatcher // the last that was started
	stop       func()
}

// blank is a database with nothing in it. To make one takes longer than many a
// story does.
var blank = sync.OnceValue(func() []byte {
	dir, err := os.MkdirTemp("", "dispatch")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "blank.db")
	s, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		panic(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return data
})

// inWorld runs a story in a bubble. Nothing is dispatched until start.
func inWorld(t *testing.T, cfg emulator.Config, story func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	inWorldNow(t, cfg, story)
}

// inWorldNow does so before it returns.
func inWorldNow(t *testing.T, cfg emulator.Config, story func(t *testing.T, w *world)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bridge.db")
	require.NoError(t, os.WriteFile(path, blank(), 0o600))
	synctest.Test(t, func(t *testing.T) {
		cfg.OrgID, cfg.ClientID, cfg.ClientSecret = orgID, client, "correct"
		cfg.Domains = []string{"example.com"}
		e, err := emulator.New(cfg)
		require.NoError(t, err)
		s, err := sqlite.Open(t.Context(), path, sqlite.Options{Volatile: true})
		require.NoError(t, err)
		w := &world{t: t, store: s, adobe: e, transport: e, secret: "correct", cfg: dispatch.Config{
			Org:              org,
			Rules:            mapping.Rules{IdentityType: umapi.FederatedID, Country: "US"},
			ActionsPerMinute: cfg.ActionsPerMinute,
			ReadsPerMinute:   cfg.ReadsPerMinute,
			Log:              slog.New(slog.NewTextHandler(t.Output(), nil)),
		}}
		defer func() {
			w.halt()
			require.NoError(t, s.Close())
		}()
		story(t, w)
	})
}

// start begins to dispatch with a dispatcher and a client of their own.
func (w *world) start() {
	w.t.Helper()
	c, err := umapi.New(umapi.Config{
		OrgID: orgID, ClientID: client,
		ClientSecret: func() (string, error) { return w.secret, nil },
		Transport:    w.transport,
		Once:         true,
	})
	require.NoError(w.t, err)
	through := w.through
	if through == nil {
		through = w.store
	}
	d, err := dispatch.New(w.cfg, through, c)
	require.NoError(w.t, err)
	w.dispatcher = d
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	w.stop = func() {
		cancel()
		require.NoError(w.t, <-done)
	}
}

func (w *world) halt() {
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

// settle lets time pass until nothing is pending, and fails after a day.
func (w *world) settle() {
	w.t.Helper()
	deadline := time.Now().Add(24 * time.Hour)
	for wait := time.Second; time.Now().Before(deadline); wait += time.Second {
		synctest.Wait()
		st := w.status()
		if total(st.Pending) == 0 {
			return
		}
		time.Sleep(wait)
	}
	st := w.status()
	w.t.Fatalf("still pending after a day: %v, parked %v, failed %v", st.Pending, st.Parked, st.Failed)
}

func (w *world) status() store.Status {
	w.t.Helper()
	st, err := w.store.Status(w.t.Context(), org)
	require.NoError(w.t, err)
	return st
}

func total[K comparable](m map[K]int) int {
	n := 0
	for _, v := range m {
		n += v
	}
	return n
}

func origin() directory.Origin {
	return directory.Origin{Actor: "test", At: time.Now().UTC().Truncate(time.Microsecond)}
}

// userDoc is a user with good defaults; edit may change it.
func userDoc(name string, edit func(map[string]any)) json.RawMessage {
	doc := map[string]any{
		"userName": name + "@example.com",
		"active":   true,
		"name":     map[string]any{"givenName": strings.ToUpper(name[:1]) + name[1:], "familyName": "Byron"},
		"emails":   []any{map[string]any{"value": name + "@example.com", "type": "work", "primary": true}},
	}
	if edit != nil {
		edit(doc)
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return raw
}

func inactive(doc map[string]any) { doc["active"] = false }

func surname(s string) func(map[string]any) {
	return func(doc map[string]any) { doc["name"].(map[string]any)["familyName"] = s }
}

func address(name string) func(map[string]any) {
	return func(doc map[string]any) {
		doc["userName"] = name + "@example.com"
		doc["emails"] = []any{map[string]any{"value": name + "@example.com", "type": "work", "primary": true}}
	}
}

func (w *world) addUser(name string, edit func(map[string]any)) string {
	w.t.Helper()
	u, err := w.store.CreateUser(w.t.Context(), org, directory.User{
		Meta: directory.Meta{ID: "u-" + name}, Document: userDoc(name, edit),
	}, origin())
	require.NoError(w.t, err)
	return u.ID
}

func (w *world) setUser(name string, edit func(map[string]any)) {
	w.t.Helper()
	_, err := w.store.UpdateUser(w.t.Context(), org, "u-"+name, 0, userDoc(name, edit), origin())
	require.NoError(w.t, err)
}

func (w *world) addGroup(name string, members ...string) string {
	w.t.Helper()
	g, _, err := w.store.CreateGroup(w.t.Context(), org, directory.Group{
		Meta: directory.Meta{ID: "g-" + name}, Document: groupDoc(name),
	}, directory.GroupChange{Members: []directory.MemberChange{{Op: directory.MemberAdd, IDs: ids(members)}}}, origin())
	require.NoError(w.t, err)
	return g.ID
}

func groupDoc(name string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"displayName":%q}`, name))
}

func ids(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = "u-" + n
	}
	return out
}

func (w *world) members(group string, op directory.MemberOp, names ...string) {
	w.t.Helper()
	_, _, err := w.store.UpdateGroup(w.t.Context(), org, "g-"+group, directory.GroupChange{
		Members: []directory.MemberChange{{Op: op, IDs: ids(names)}},
	}, origin())
	require.NoError(w.t, err)
}

// adobeUser returns the Adobe user of that address.
func (w *world) adobeUser(name string) (emulator.User, bool) {
	for _, u := range w.adobe.Users() {
		if strings.EqualFold(u.Email, name+"@example.com") {
			return u, true
		}
	}
	return emulator.User{}, false
}

func (w *world) requireAdobe(name string) emulator.User {
	w.t.Helper()
	u, ok := w.adobeUser(name)
	require.True(w.t, ok, "Adobe has no %s", name)
	return u
}

func (w *world) requireNotInAdobe(name string) {
	w.t.Helper()
	_, ok := w.adobeUser(name)
	require.False(w.t, ok, "Adobe has %s", name)
}

// sync is what a provider would see of a user.
func (w *world) sync(name string) directory.Sync {
	w.t.Helper()
	u, err := w.store.User(w.t.Context(), org, "u-"+name)
	require.NoError(w.t, err)
	return u.Sync
}

// calls are the action calls that reached Adobe.
func (w *world) calls() []emulator.Entry {
	var out []emulator.Entry
	for _, e := range w.adobe.Ledger() {
		require.Empty(w.t, e.Unexpected)
		if strings.HasPrefix(e.Path, "/v2/usermanagement/action/") {
			out = append(out, e)
		}
	}
	return out
}

func (w *world) commands() (n int) {
	for _, c := range w.calls() {
		n += len(c.Commands)
	}
	return n
}
