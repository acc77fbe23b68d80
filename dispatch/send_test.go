package dispatch_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestRun_ACommandThatBreaksItsCallStandsAloneInTheEnd(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.adobe.Inject(emulator.Fault{Match: actionPath, Subject: "bad@example.com", Status: http.StatusInternalServerError})
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
		w.adobe.Inject(emulator.Fault{Match: actionPath, Status: http.StatusBadGateway, Times: 200})
		w.addUser("ada", nil)
		w.start()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		require.Equal(t, directory.SyncPending, w.sync("ada").State)
		w.settle()
		w.requireAdobe("ada")
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
