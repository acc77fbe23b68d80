package emulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

const actionMatch = "POST /v2/usermanagement/action"

func (c *caller) createRequest(email string) *http.Request {
	return c.request(http.MethodPost, "/action/"+orgID, "["+federated(email, "")+"]")
}

func TestFault_DropsTheConnectionOnEitherSideOfTheChange(t *testing.T) {
	t.Parallel()
	for moment, users := range map[emulator.Moment]int{emulator.BeforeApply: 0, emulator.AfterApply: 1, "": 0} {
		c := start(t, nil)
		c.em.Inject(emulator.Fault{Match: actionMatch, Moment: moment, Times: 1})
		_, err := roundTrip(c.em, c.createRequest("ada@example.com"))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Len(t, c.em.Users(), users)
		entry := c.em.Ledger()[0]
		require.Equal(t, users == 1, entry.Applied)
		require.True(t, entry.Dropped)
		require.Zero(t, entry.Status)
		require.NotNil(t, entry.Fault)
		c.ok(federated("zoe@example.com", ""))
	}
}

func TestFault_DropsARealConnection(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	srv := httptest.NewServer(c.em)
	t.Cleanup(srv.Close)
	c.em.Inject(emulator.Fault{Match: actionMatch, Moment: emulator.AfterApply, Times: 1})
	r := c.createRequest("ada@example.com")
	r.URL.Host = strings.TrimPrefix(srv.URL, "http://")
	resp, err := srv.Client().Do(r)
	if err == nil {
		resp.Body.Close()
	}
	require.Error(t, err)
	require.Len(t, c.em.Users(), 1)
}

func TestFault_AnswersOtherwise(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	send := func(f emulator.Fault) answer {
		f.Times = 1
		c.em.Inject(f)
		return c.send(c.createRequest("ada@example.com"))
	}
	a := send(emulator.Fault{Status: http.StatusServiceUnavailable, RetryAfter: 1500 * time.Millisecond})
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.Equal(t, "2", a.header.Get("Retry-After"))
	require.Empty(t, a.body)
	a = send(emulator.Fault{Status: http.StatusTooManyRequests, RetryAfter: time.Hour})
	require.Equal(t, time.Hour, c.retryAfter(a))
	a = send(emulator.Fault{Status: http.StatusTooManyRequests})
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.NotContains(t, a.header, "Retry-After")
	a = send(emulator.Fault{Status: http.StatusUnauthorized})
	require.Contains(t, a.header.Get("WWW-Authenticate"), "invalid_token")
	require.Empty(t, a.body)
	require.Empty(t, c.em.Users(), "nothing was applied so far")
	a = send(emulator.Fault{Status: http.StatusOK, Body: `{"completed":1,`, Moment: emulator.AfterApply})
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, `{"completed":1,`, a.body)
	require.Len(t, c.em.Users(), 1)
}

func TestFault_MatchesMethodPathAndSubject(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.em.Inject(emulator.Fault{Match: actionMatch, Subject: "ADA@example.com", Status: http.StatusBadGateway})
	require.Equal(t, http.StatusOK, c.get("/users/"+orgID+"/0").status)
	require.Equal(t, http.StatusOK, c.send(c.createRequest("zoe@example.com")).status)
	require.Equal(t, http.StatusBadGateway, c.send(c.createRequest("ada@example.com")).status)
	require.Equal(t, http.StatusBadGateway, c.send(c.createRequest("ada@example.com")).status)
	c.em.ClearFaults()
	require.Equal(t, http.StatusOK, c.send(c.createRequest("ada@example.com")).status)
}

func TestFault_EmptyMatchIsTheTokenServiceToo(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.em.Inject(emulator.Fault{Status: http.StatusBadGateway, Times: 2})
	require.Equal(t, http.StatusBadGateway, c.send(tokenRequest(t, "/ims/token/v3", tokenForm())).status)
	require.Equal(t, http.StatusBadGateway, c.get("/groups/"+orgID+"/0").status)
	require.Equal(t, http.StatusOK, c.get("/groups/"+orgID+"/0").status, "used up")
}

func TestFault_RateStrikesAShareAndIsTheSameForASeed(t *testing.T) {
	t.Parallel()
	weather := func() string {
		c := start(t, func(cfg *emulator.Config) { cfg.Seed = 7 })
		c.em.Inject(emulator.Fault{Status: http.StatusBadGateway, Rate: 0.3})
		var b strings.Builder
		for range 300 {
			a := c.get("/groups/" + orgID + "/0")
			b.WriteByte("-x"[min(1, a.status/http.StatusBadGateway)])
		}
		return b.String()
	}
	first := weather()
	struck := strings.Count(first, "x")
	require.Greater(t, struck, 50)
	require.Less(t, struck, 140)
	require.Equal(t, first, weather())
}

func TestFault_ErrorCodeForOneSubjectInsideA200(t *testing.T) {
	t.Parallel()
	for moment, users := range map[emulator.Moment]int{emulator.BeforeApply: 1, emulator.AfterApply: 2} {
		c := start(t, nil)
		c.em.Inject(emulator.Fault{
			Match: actionMatch, Moment: moment, Subject: "Ada@example.com", Times: 1,
			Code: "error.throttled_by_external_service", Message: "try again",
		})
		reply := c.do(federated("zoe@example.com", ""), federated("ada@example.com", "ignoreIfAlreadyExists"))
		require.Equal(t, "partial", reply.Result)
		require.Equal(t, []replyError{{
			Index: 1, User: "ada@example.com", Message: "try again", ErrorCode: "error.throttled_by_external_service",
		}}, reply.Errors)
		require.Len(t, c.em.Users(), users)
		require.Equal(t, "try again", c.em.Ledger()[0].Fault.Message)
		require.Equal(t, []emulator.CommandError{{Index: 1, Code: "error.throttled_by_external_service"}}, c.em.Ledger()[0].Errors)
		c.ok(federated("ada@example.com", "ignoreIfAlreadyExists"))
	}
}

func TestFault_AfterApplyPassesOverWhatIsRefused(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.em.Inject(emulator.Fault{Match: actionMatch, Moment: emulator.AfterApply, Times: 1})
	r := c.createRequest("ada@example.com")
	r.Header.Del("Authorization")
	require.Equal(t, http.StatusUnauthorized, c.send(r).status)
	_, err := roundTrip(c.em, c.createRequest("ada@example.com"))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestFault_WaitHonoursTheContext(t *testing.T) {
	t.Parallel()
	for moment, users := range map[emulator.Moment]int{emulator.BeforeApply: 0, emulator.AfterApply: 1} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, nil)
			c.em.Inject(emulator.Fault{Match: actionMatch, Moment: moment, Wait: time.Hour, Status: http.StatusOK})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			began := time.Now()
			_, err := roundTrip(c.em, c.createRequest("ada@example.com").WithContext(ctx))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, time.Minute, time.Since(began))
			require.Len(t, c.em.Users(), users)

			a := c.send(c.createRequest("zoe@example.com"))
			require.Equal(t, http.StatusOK, a.status)
			require.Contains(t, a.body, `"success"`, "200 without a body is the genuine answer, late")
			require.Equal(t, time.Hour+time.Minute, time.Since(began))
		})
	}
}

func TestRoundTrip_NeverAppliesAfterTheContextEnded(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := roundTrip(c.em, c.createRequest("ada@example.com").WithContext(ctx))
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, c.em.Users())
	require.Empty(t, c.em.Ledger())
}

// closing is a body that remembers being closed.
type closing struct {
	io.Reader
	closed bool
}

func (b *closing) Close() error {
	b.closed = true
	return nil
}

func TestRoundTrip_ClosesTheBodyAndReportsItsError(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	broken := errors.New("pipe burst")
	body := &closing{Reader: io.MultiReader(strings.NewReader("["), &failing{broken})}
	r := c.createRequest("ada@example.com")
	r.Body = body
	_, err := roundTrip(c.em, r)
	require.ErrorIs(t, err, broken)
	require.True(t, body.closed)
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

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

func TestEmulator_ConcurrentUse(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed(nil, "Design")
	c.em.Inject(emulator.Fault{Match: actionMatch, Status: http.StatusBadGateway, Rate: 0.1})
	const workers, rounds = 8, 25
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				email := string(rune('a'+w)) + strings.Repeat("x", i) + "@example.com"
				r := c.request(http.MethodPost, "/action/"+orgID, "["+federated(email, "ignoreIfAlreadyExists", list("add", "group", "Design"))+"]")
				for {
					a, err := roundTrip(c.em, r)
					assert.NoError(t, err)
					if a.status == http.StatusOK {
						break
					}
					r = c.request(http.MethodPost, "/action/"+orgID, "["+federated(email, "ignoreIfAlreadyExists", list("add", "group", "Design"))+"]")
				}
				c.em.Users()
				c.em.Groups()
				c.em.Ledger()
				_, err := roundTrip(c.em, c.request(http.MethodGet, "/users/"+orgID+"/0/Design", ""))
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	require.Len(t, c.em.Users(), workers*rounds)
	require.Len(t, c.em.Members("Design"), workers*rounds)
}
