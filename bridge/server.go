package bridge

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/scim-bridge/scim-bridge/store"
)

// The server's patience. A client that does not even send its headers gets
// seconds. What the SCIM handler reads and writes gets as long as it moves (see
// package scim); these deadlines are for all else, such as a body that nobody reads.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 2 * time.Minute
	writeTimeout      = 5 * time.Minute
	// idleTimeout is longer than the 60 seconds for which common proxies keep a
	// connection, so that they and not we end it.
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	// pingTimeout is how long /readyz waits for the store. Probes commonly give
	// up after some seconds.
	pingTimeout = 2 * time.Second
)

func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// routes puts the health endpoints before the SCIM handler, which answers 404
// to what it does not know. It is no http.ServeMux, which would redirect the
// doubled slashes that some providers send.
func (b *Bridge) routes(scim http.Handler, st pinger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz":
			writeHealth(w, r, http.StatusOK, health{Status: "ok"})
		case "/readyz":
			b.ready(w, r, st)
		default:
			scim.ServeHTTP(w, r)
		}
	})
}

// ready answers whether the store can be read. The cause stays in the log:
// whoever may ask here need not be anyone who may see it.
func (b *Bridge) ready(w http.ResponseWriter, r *http.Request, st pinger) {
	ctx, cancel := context.WithTimeout(r.Context(), pingTimeout)
	defer cancel()
	if err := st.Ping(ctx); err != nil {
		// Probes come every few seconds: one line for each change.
		if b.unready.CompareAndSwap(false, true) {
			b.log.Warn("not ready", "err", err)
		}
		writeHealth(w, r, http.StatusServiceUnavailable, health{"unavailable", "the store cannot be read; the log has the cause"})
		return
	}
	if b.unready.CompareAndSwap(true, false) {
		b.log.Info("ready again")
	}
	writeHealth(w, r, http.StatusOK, health{Status: "ok"})
}

// pinger is what readiness asks of a [store.Store].
type pinger interface {
	Ping(ctx context.Context) error
}

var _ pinger = store.Store(nil)

// health is the body of both health endpoints.
type health struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

func writeHealth(w http.ResponseWriter, r *http.Request, status int, body health) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A client that went away is no concern of a health check.
	_ = json.NewEncoder(w).Encode(body)
}
