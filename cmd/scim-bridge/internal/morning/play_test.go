package morning

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlay_EndsWithTheFirstRequestThatIsRefused(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"detail":"userName is taken"}`))
			return
		}
		_, _ = w.Write([]byte(`{"totalResults":0}`))
	}))
	t.Cleanup(srv.Close)

	said, err := Play(t.Context(), Config{BaseURL: srv.URL, OktaToken: "o", EntraToken: "e", Seed: 1, Size: Full})

	require.Nil(t, said)
	require.ErrorContains(t, err, "joiners: POST /Users: answered 409")
	require.ErrorContains(t, err, "userName is taken")
}

func TestPlay_RefusesToCreateWhatAlreadyExists(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"totalResults":1}`))
	}))
	t.Cleanup(srv.Close)

	_, err := Play(t.Context(), Config{BaseURL: srv.URL, OktaToken: "o", EntraToken: "e", Seed: 1, Size: Full})

	require.ErrorContains(t, err, "want a list of nothing")
}
