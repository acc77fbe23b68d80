package emulator_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

func TestLedger_KeepsWhatCameInAndNoSecret(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.send(tokenRequest(t, "/ims/token/v2?client_secret="+secret, tokenForm()))
	c.get("/users/" + orgID + "/0?directOnly=false")
	command := `{"user":"ada@example.com","do":[{"add":{"group":["Ghosts"]}}]}`
	c.do(command)
	c.get("/users/" + orgID)
	c.send(c.request(http.MethodDelete, "/users/"+orgID+"/0", ""))

	entries := c.em.Ledger()
	require.Len(t, entries, 5)
	require.Equal(t, "/ims/token/v2", entries[0].Path)
	for _, e := range entries {
		assert.NotContains(t, e.Path+e.Query, secret)
	}
	require.Equal(t, "directOnly=false", entries[1].Query)
	require.Equal(t, "success", entries[1].Result)
	require.Equal(t, http.MethodPost, entries[2].Method)
	require.Len(t, entries[2].Commands, 1)
	require.JSONEq(t, command, string(entries[2].Commands[0]))
	require.Equal(t, "error", entries[2].Result)
	require.Empty(t, entries[2].Unexpected)
	require.NotEmpty(t, entries[3].Unexpected)
	require.Equal(t, http.StatusNotFound, entries[3].Status)
	require.NotEmpty(t, entries[4].Unexpected)
	require.Equal(t, http.StatusMethodNotAllowed, entries[4].Status)
	require.Equal(t, entries[0].Seq+4, entries[4].Seq)

	c.em.ClearLedger()
	require.Empty(t, c.em.Ledger())
	c.get("/groups/" + orgID + "/0")
	require.Equal(t, entries[4].Seq+1, c.em.Ledger()[0].Seq)
}

func TestLedger_KeepsNoSecretThatMissedTheTokenService(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	for _, path := range []string{"/token/v2", "//ims/token/v2", "/v2/usermanagement/ims/token/v2"} {
		c.send(tokenRequest(t, path+"?client_id="+client+"&client_secret="+secret+"&jwt_token="+secret, nil))
		e := c.last()
		require.Equal(t, "client_id="+client, e.Query, path)
		require.NotContains(t, e.Unexpected, secret)
	}
}

func TestLedger_ForgetsTheOldest(t *testing.T) {
	t.Parallel()
	c := start(t, func(cfg *emulator.Config) { cfg.LedgerEntries = 8 })
	for range 30 {
		c.get("/groups/" + orgID + "/0")
		require.LessOrEqual(t, len(c.em.Ledger()), 8)
	}
	entries := c.em.Ledger()
	require.GreaterOrEqual(t, len(entries), 6)
	require.Equal(t, entries[0].Seq+uint64(len(entries)-1), entries[len(entries)-1].Seq)
}

func TestLedger_IsBoundedInMemory(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	query := "?x=" + strings.Repeat("x", 8<<20)
	const requests = 12
	for range requests {
		c.get("/groups/" + orgID + "/0" + query)
	}
	entries := c.em.Ledger()
	held := 0
	for _, e := range entries {
		held += len(e.Query)
	}
	require.LessOrEqual(t, held, 64<<20)
	require.GreaterOrEqual(t, held, 40<<20)
	require.EqualValues(t, 1+requests, entries[len(entries)-1].Seq)
}

// Each command takes more memory than its text, which can be one character.
func TestLedger_IsBoundedInMemoryWhateverTheCommands(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	const commands = 400_000
	body := "[" + strings.Repeat("0,", commands-1) + "0]"
	const requests = 5
	for range requests {
		c.send(c.request(http.MethodPost, "/action/"+orgID, body))
	}
	entries := c.em.Ledger()
	require.Len(t, entries[0].Commands, commands)
	require.Less(t, len(entries), requests)
}

func TestLedger_NamesClientAndRequest(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.send(tokenRequest(t, "/ims/token/v2", tokenForm()))
	c.send(tokenRequest(t, "/ims/token/v2?client_id=other", nil))
	r := c.request(http.MethodGet, "/groups/"+orgID+"/0", "")
	r.Header.Set("X-Request-Id", "mine")
	c.send(r)
	answered := c.get("/groups/" + orgID + "/0")

	entries := c.em.Ledger()
	require.Equal(t, client, entries[0].ClientID)
	require.Equal(t, "other", entries[1].ClientID)
	require.Equal(t, client, entries[2].ClientID)
	require.Equal(t, "mine", entries[2].RequestID)
	require.Len(t, entries[3].RequestID, 32)
	require.Equal(t, answered.header.Get("X-Request-Id"), entries[3].RequestID)
}

func TestLedger_EntriesHaveJSONNames(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.NoError(t, c.em.Inject(emulator.Fault{Code: "error.x", Message: "no"}))
	c.do(`{"user":"ada@example.com","do":[{"remove":"all"}]}`)
	text, err := json.Marshal(c.em.Ledger()[0])
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(text, &got))
	require.Contains(t, got, "time")
	require.Contains(t, got, "requestId")
	delete(got, "time")
	delete(got, "requestId")
	require.Equal(t, map[string]any{
		"seq": 2.0, "method": "POST", "path": "/v2/usermanagement/action/" + orgID, "clientId": client,
		"commands": []any{map[string]any{"user": "ada@example.com", "do": []any{map[string]any{"remove": "all"}}}},
		"status":   200.0, "result": "error", "applied": true,
		"errors": []any{map[string]any{"index": 0.0, "step": 0.0, "code": "error.x"}},
		"fault":  map[string]any{"moment": "before", "code": "error.x", "message": "no"},
	}, got)
}

func TestLedger_EntersWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	unreadable := func() *http.Request {
		r := c.request(http.MethodPost, "/action/"+orgID+"?testOnly=true", "")
		r.Body = io.NopCloser(&failing{errors.New("pipe burst")})
		return r
	}
	_, err := roundTrip(c.em, unreadable())
	require.ErrorContains(t, err, "pipe burst")
	w := httptest.NewRecorder()
	c.em.ServeHTTP(w, unreadable())
	require.Equal(t, http.StatusBadRequest, w.Code)

	entries := c.em.Ledger()
	require.Len(t, entries, 2)
	for i, status := range []int{0, http.StatusBadRequest} {
		e := entries[i]
		require.Equal(t, status, e.Status)
		require.Equal(t, "read request body: pipe burst", e.Unexpected)
		require.Equal(t, "/v2/usermanagement/action/"+orgID, e.Path)
		require.Equal(t, client, e.ClientID)
		require.False(t, e.Applied)
	}
}
