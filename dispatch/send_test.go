package dispatch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestRun_ACommandThatBreaksItsCallStandsAloneInTheEnd(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Subject: "bad@example.com", Status: http.StatusInternalServerError}))
		for i := range 9 {
			w.addUser(fmt.Sprintf("user%d", i), nil)
		}
		w.addUser("bad", nil)
		w.start()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		require.Len(t, w.adobe.Users(), 9)

		// Whoever comes later is hardly held up, and shows who is to blame.
		for i := range 30 {
			name := fmt.Sprintf("later%d", i)
			w.addUser(name, nil)
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			w.requireAdobe(name)
		}
		require.Equal(t, directory.SyncFailed, w.sync("bad").State)
	})
}

func TestRun_AnOutageOfAdobesIsNobodysFault(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Status: http.StatusBadGateway, Times: 200}))
		w.addUser("ada", nil)
		w.start()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		require.Equal(t, directory.SyncPending, w.sync("ada").State)
		w.settle()
		w.requireAdobe("ada")
	})
}

func TestRun_CountsCodesThatNobodyKnowsAndGivesUpInTheEnd(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		const code = "error.of.tomorrow"
		for _, name := range []string{"ada", "bob"} {
			require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Subject: name + "@example.com", Code: code, Message: "no"}))
			w.addUser(name, nil)
		}
		w.addUser("zoe", nil)
		var log bytes.Buffer
		w.cfg.Log = slog.New(slog.NewJSONHandler(&log, nil))
		w.start()
		w.settle()
		w.halt()
		w.requireAdobe("zoe")
		require.Equal(t, directory.SyncFailed, w.sync("ada").State)
		require.Contains(t, w.sync("bob").Detail, code)
		require.Contains(t, w.sync("bob").Detail, "not known here")

		last := 0
		for line := range strings.Lines(log.String()) {
			var said struct {
				Org   string
				Code  string `json:"error_code"`
				Times int
				Hint  string
			}
			require.NoError(t, json.Unmarshal([]byte(line), &said))
			if said.Code == "" {
				continue
			}
			require.Equal(t, org, said.Org)
			require.Equal(t, code, said.Code)
			require.Greater(t, said.Times, last, "one line for each answer, with all that came so far")
			require.NotEmpty(t, said.Hint)
			last = said.Times
		}
		require.Equal(t, 2*plan.MaxAttempts, last)
	})
}

func TestRun_AMembershipThatIsThereAlreadyIsDone(t *testing.T) {
	cfg := limited
	cfg.Switches.RepeatedMembershipFails = true
	inWorld(t, cfg, func(t *testing.T, w *world) {
		w.start()
		w.addUser("ada", nil)
		w.addGroup("Design")
		w.addGroup("Film")
		w.settle()
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: actionPath, Moment: emulator.AfterApply, Times: 1}))
		w.members("Design", directory.MemberAdd, "ada")
		w.members("Film", directory.MemberAdd, "ada")
		w.settle() // they travel under the user, and are sent again
		require.Equal(t, directory.SyncSynced, w.sync("ada").State)
		require.Zero(t, total(w.status().Failed))
		w.members("Film", directory.MemberRemove, "ada")
		w.settle()
		require.Len(t, w.adobe.Members("Design"), 1)
		require.Empty(t, w.adobe.Members("Film"))
	})
}

func TestRun_ListsFewerMembershipsWhereAdobeTakesFewer(t *testing.T) {
	cfg := limited
	cfg.MaxListEntries = 3
	inWorld(t, cfg, func(t *testing.T, w *world) {
		w.start()
		names := make([]string, 20)
		for i := range names {
			names[i] = fmt.Sprintf("user%02d", i)
			w.addUser(names[i], nil)
		}
		w.addGroup("Design")
		w.settle()
		w.members("Design", directory.MemberAdd, names...)
		w.settle()
		require.Len(t, w.adobe.Members("Design"), 20)
	})
}
