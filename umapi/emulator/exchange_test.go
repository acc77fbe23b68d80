package emulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

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

func TestEmulator_ConcurrentUse(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	c.seed(nil, "Design")
	require.NoError(t, c.em.Inject(emulator.Fault{Match: actionMatch, Status: http.StatusBadGateway, Rate: 0.1}))
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
