package scim_test

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/scim-bridge/scim-bridge/scim"
)

func TestToken_EndsWhenItExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := serve(t, func(cfg *scim.Config) {
			cfg.Orgs[0].Tokens[0].Expires = time.Now().Add(time.Hour)
			cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
		})
		time.Sleep(time.Hour - time.Nanosecond)
		c.addUser("ada")
		before := c.everything()
		time.Sleep(time.Nanosecond)

		for _, r := range []*reply{c.get("/Users"), c.post("/Users", userBody("bob")), c.get("/Schemas")} {
			assert.Contains(t, r.fails(401, ""), "expired")
			assert.Contains(t, r.Header().Get("WWW-Authenticate"), `error="invalid_token"`)
		}
		assert.Contains(t, log.String(), "token=okta")
		assert.NotContains(t, log.String(), acmeToken)
		assert.Equal(t, before, c.with("Authorization", "Bearer another-"+acmeToken).everything(), "the other one goes on")
	})
}
