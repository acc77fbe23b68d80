package emulator_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// Whatever is sent, the answer is one of the documented two, its counts add up,
// the same call in test mode changes nothing, and what is left can be loaded.
func FuzzAction(f *testing.F) {
	f.Add("[" + federated("zoe@example.com", "", list("add", "group", "Design", "_admin_Design")) + "]")
	f.Add("[" + on("ada@example.com", `{"update":{"email":"a@example.org","username":"x"}}`, `{"remove":"all"}`) + "," + onGroup("Design", `{"deleteUserGroup":{}}`) + "]")
	f.Add("[" + onGroup("Design", `{"updateUserGroup":{"name":"Other"}}`, `{"add":{"user":["ada@example.com"],"productConfiguration":["PS"]}}`) + "]")
	f.Add("[" + onGroup("Design", `{"updateUserGroup":{}}`, `{"remove":"all"}`) + "," + on("ada@example.com", `{"update":{}}`, `{"add":{"group":[]}}`) + "]")
	f.Add(`[{"user":"ada@example.com","do":[{"removeFromOrg":{"deleteAccount":true}}]},{}]`)
	f.Add(`[{"user":"\u0130@example.com","useAdobeID":true,"do":[{"addAdobeID":{"email":"K@example.com"}}]}]`)
	f.Fuzz(func(t *testing.T, body string) {
		c := start(t, nil)
		profile(c, "PS", "Photoshop", "1")
		c.seed([]emulator.User{ada("Design", "_admin_Design"), {Email: "bob@elsewhere.example"}}, "Design")
		users, groups := c.em.Users(), c.em.Groups()
		c.send(c.request(http.MethodPost, "/action/"+orgID+"?testOnly=true", body))
		require.Equal(t, users, c.em.Users())
		require.Equal(t, groups, c.em.Groups())

		a := c.send(c.request(http.MethodPost, "/action/"+orgID, body))
		if a.status != http.StatusOK {
			require.Equal(t, http.StatusBadRequest, a.status)
			require.Contains(t, a.body, "error.command.malformed")
			require.Equal(t, users, c.em.Users())
			return
		}
		var reply actionReply
		require.NoError(t, json.Unmarshal([]byte(a.body), &reply))
		require.Len(t, c.em.Ledger()[1].Commands, reply.Completed+reply.NotCompleted)
		failed := map[int]bool{}
		for _, e := range reply.Errors {
			require.NotEmpty(t, e.ErrorCode)
			failed[e.Index] = true
		}
		require.Len(t, failed, reply.NotCompleted)

		again := start(t, nil)
		require.NoError(t, again.em.Load(c.em.State()))
		require.Equal(t, c.em.State(), again.em.State())
	})
}
