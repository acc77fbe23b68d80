package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHealthcheck_FailsWithTheReasonOfTheBridge(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"status": "unavailable", "reason": "the store cannot be read"}`))
	}))
	t.Cleanup(srv.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(srv.URL, "http://"), ":")

	var out strings.Builder
	// Whoever listens everywhere is asked on loopback.
	for _, listen := range []string{"127.0.0.1:" + port, "0.0.0.0:" + port, ":" + port} {
		err := healthcheck(t.Context(), listen, &out)
		require.ErrorContains(t, err, "503 Service Unavailable: the store cannot be read", listen)
		require.Equal(t, exitFailed, report(&out, err))
	}
}

func TestHealthcheck_SaysThatNobodyListens(t *testing.T) {
	t.Parallel()
	ports, err := freePorts(1)
	require.NoError(t, err)
	var out strings.Builder
	err = healthcheck(t.Context(), "127.0.0.1:"+ports[0], &out)
	require.Equal(t, exitFailed, report(&out, err))
	require.Equal(t, "scim-bridge: healthcheck: nothing listens on 127.0.0.1:"+ports[0]+
		"\n  hint: no bridge is running, or it has another listen than this configuration\n", out.String())
}

func TestHealthcheck_NeedsAnAddressItCanReach(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := healthcheck(t.Context(), "127.0.0.1:0", &out)
	require.Equal(t, exitWrongUse, report(&out, err))
}

func TestLoadListen_NeedsNoSecrets(t *testing.T) {
	t.Parallel()
	file := writeConfig(t, "listen: 127.0.0.1:${PORT}\norgs: [{tokens: [{secret_file: /nowhere}]}]\nnonsense: true\n")
	listen, err := loadListen(file, func(name string) (string, bool) { return "18080", name == "PORT" })
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:18080", listen)

	_, err = loadListen(file, func(string) (string, bool) { return "", false })
	require.ErrorContains(t, err, "environment variable PORT is not set")
	_, err = loadListen(writeConfig(t, "listen: [\n"), testEnv)
	require.ErrorContains(t, err, "not valid YAML")
}
