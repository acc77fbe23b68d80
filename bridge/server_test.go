package bridge

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pipe is a listener of one connection in memory, whose deadlines follow the
// clock of a test.
type pipe struct {
	conn chan net.Conn
	done <-chan struct{}
	stop context.CancelFunc
}

func (p pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conn:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p pipe) Close() error   { p.stop(); return nil }
func (p pipe) Addr() net.Addr { return &net.UnixAddr{} }

// dialServer connects a client to the bridge's server.
func dialServer(t *testing.T) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	p := pipe{make(chan net.Conn, 1), ctx.Done(), stop}
	p.conn <- server
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	srv := newServer(ok, slog.New(slog.DiscardHandler))
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(p) }()
	t.Cleanup(func() {
		require.NoError(t, srv.Shutdown(context.Background()))
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
		require.NoError(t, client.Close())
	})
	return client
}

func TestServer_CutsOffWhoDripsHeaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := dialServer(t)
		begun, dripped := time.Now(), make(chan struct{})
		go func() {
			defer close(dripped)
			_, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Drip: ")
			for ; err == nil; _, err = io.WriteString(conn, "x") {
				time.Sleep(time.Second)
			}
		}()
		_, err := io.ReadAll(conn)
		require.NoError(t, err)
		assert.Equal(t, readHeaderTimeout, time.Since(begun))
		<-dripped // it finds out with its next drop
	})
}

func TestServer_EndsIdleConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := dialServer(t)
		_, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		in := bufio.NewReader(conn)
		resp, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusNoContent, resp.StatusCode)
		begun := time.Now()
		_, err = io.ReadAll(in)
		require.NoError(t, err)
		assert.Equal(t, idleTimeout, time.Since(begun))
	})
}
