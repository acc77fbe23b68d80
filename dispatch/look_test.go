package dispatch_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// looked lets the time pass after which new accounts are looked at.
func (w *world) looked() {
	w.t.Helper()
	w.settle()
	time.Sleep(5 * time.Minute)
	w.settle()
}

// byHand is what somebody else does at Adobe.
func (w *world) byHand(commands ...umapi.Command) {
	w.t.Helper()
	c, err := umapi.New(umapi.Config{
		OrgID: orgID, ClientID: client, ClientSecret: func() (string, error) { return w.secret, nil }, Transport: w.adobe,
	})
	require.NoError(w.t, err)
	reply, err := c.Act(w.t.Context(), commands)
	require.NoError(w.t, err)
	require.Equal(w.t, umapi.ResultSuccess, reply.Result, reply.Errors)
}

func TestRun_SaysThatAnAdobeIDStandsInTheWay(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.AddUser(emulator.User{Email: "ada@example.com", Type: emulator.TypeAdobeID, Country: "US"}))
		w.start()
		w.addUser("ada", nil)
		w.addUser("bob", nil)
		w.addGroup("Design", "ada", "bob")
		w.looked()
		ada := w.sync("ada")
		require.Equal(t, directory.SyncFailed, ada.State)
		require.Contains(t, ada.Detail, "bridge.adobe_id.twin")
		require.Equal(t, directory.SyncSynced, w.sync("bob").State)
		require.Equal(t, []string{"bob@example.com"}, w.adobe.Members("Design"), "nothing is given to another's account")

		// Who leaves does not take the Adobe ID along.
		w.setUser("ada", func(doc map[string]any) { doc["active"] = false })
		w.looked()
		require.Equal(t, directory.SyncSynced, w.sync("ada").State)
		w.requireAdobe("ada")
		w.setUser("ada", nil)
		w.looked()
		require.Equal(t, directory.SyncFailed, w.sync("ada").State)
	})
}

func TestRun_MakesTheAccountWhenTheAdobeIDIsGone(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.AddUser(emulator.User{Email: "ada@example.com", Type: emulator.TypeAdobeID, Country: "US"}))
		w.start()
		w.addUser("ada", nil)
		w.addGroup("Design", "ada")
		w.looked()
		require.Equal(t, directory.SyncFailed, w.sync("ada").State)

		w.byHand(umapi.Command{
			User: "ada@example.com", UseAdobeID: true, Do: []umapi.Step{{RemoveFromOrg: &umapi.RemoveFromOrg{}}},
		})
		n, err := w.store.Retry(t.Context(), org, store.Selection{}, origin())
		require.NoError(t, err)
		require.Equal(t, 1, n)
		synctest.Wait()
		w.looked()
		require.Equal(t, directory.SyncSynced, w.sync("ada").State)
		require.Equal(t, emulator.TypeFederatedID, w.requireAdobe("ada").Type)
		require.Equal(t, []string{"ada@example.com"}, w.adobe.Members("Design"))
	})
}

func TestRun_ALookThatFailsTellsNothing(t *testing.T) {
	const userPath = "GET /v2/usermanagement/organizations"
	for name, fault := range map[string]emulator.Fault{
		"broken":    {Status: http.StatusBadGateway},
		"refused":   {Status: http.StatusBadRequest},
		"very slow": {Status: http.StatusOK, Wait: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, limited, func(t *testing.T, w *world) {
				require.NoError(t, w.adobe.AddUser(emulator.User{
					Email: "ada@example.com", FirstName: "Ada", LastName: "Byron", Country: "GB", Type: emulator.TypeFederatedID,
				}))
				fault.Match = userPath
				require.NoError(t, w.adobe.Inject(fault))
				w.start()
				w.addUser("ada", nil)
				time.Sleep(24 * time.Hour)
				w.adobe.ClearFaults()
				time.Sleep(time.Hour)
				synctest.Wait()
				entries, err := w.store.Journal(t.Context(), org, "u-ada", 100)
				require.NoError(t, err)
				var text string
				for _, e := range entries {
					text += e.Text + "\n"
				}
				require.NotContains(t, text, "does not show it")
				require.Contains(t, text, "Adobe has the country GB")
			})
		})
	}
}

func TestRun_NobodyWaitsForALook(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		w.start()
		for i := range 5 {
			w.addUser(fmt.Sprintf("user%d", i), nil)
		}
		w.settle()
		require.NoError(t, w.adobe.Inject(emulator.Fault{Match: "GET /v2", Status: http.StatusOK, Wait: time.Minute}))
		time.Sleep(2*time.Minute - time.Second)
		for i := range 10 { // a look is under way, then and then
			time.Sleep(5 * time.Second)
			name := fmt.Sprintf("later%d", i)
			w.addUser(name, nil)
			time.Sleep(15 * time.Second)
			synctest.Wait()
			w.requireAdobe(name)
		}
	})
}

func TestRun_TakesOverWhatAnAccountThatWasThereIsLike(t *testing.T) {
	inWorld(t, limited, func(t *testing.T, w *world) {
		require.NoError(t, w.adobe.AddUser(emulator.User{
			Email: "ADA@example.com", Username: "a.byron@example.com", FirstName: "A", LastName: "B", Country: "GB", Type: emulator.TypeFederatedID,
		}))
		w.start()
		w.addUser("ada", nil)
		w.looked()
		require.Equal(t, directory.SyncSynced, w.sync("ada").State)
		u := w.requireAdobe("ada")
		require.Equal(t, "ada@example.com", u.Username, "a login can be changed")
		require.Equal(t, "GB", u.Country)
		entries, err := w.store.Journal(t.Context(), org, "u-ada", 100)
		require.NoError(t, err)
		var text string
		for _, e := range entries {
			text += e.Text + "\n"
		}
		require.Contains(t, text, "a country can never be changed")
	})
}
