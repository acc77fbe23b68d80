package bridge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// patient is a store that says how it is.
type patient struct{ err error }

func (p *patient) Ping(context.Context) error { return p.err }

func TestReady_LogsEachChangeOnceAndIsNotCached(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	b, st := &Bridge{log: slog.New(slog.NewTextHandler(&log, nil))}, &patient{}
	ask := func() int {
		w := httptest.NewRecorder()
		b.ready(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil), st)
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		return w.Code
	}
	require.Equal(t, http.StatusOK, ask())
	for range 2 {
		st.err = errors.New("disk is gone")
		for range 3 {
			require.Equal(t, http.StatusServiceUnavailable, ask())
		}
		st.err = nil
		for range 3 {
			require.Equal(t, http.StatusOK, ask())
		}
	}
	require.Equal(t, 2, strings.Count(log.String(), `msg="not ready" err="disk is gone"`), log.String())
	require.Equal(t, 2, strings.Count(log.String(), `msg="ready again"`), log.String())
}
