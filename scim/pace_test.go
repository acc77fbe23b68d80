package scim_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim"
)

// pipes is a listener of connections in memory, whose deadlines follow the clock
// of a test.
type pipes struct {
	conns chan net.Conn
	done  <-chan struct{}
	stop  context.CancelFunc
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p pipes) Close() error   { p.stop(); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{} }

// dial connects a client.
func (p pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// listen serves c's handler with deadlines that would cut off whatever is slow.
func (c *client) listen() pipes {
	ctx, stop := context.WithCancel(c.t.Context())
	p := pipes{make(chan net.Conn), ctx.Done(), stop}
	srv := &http.Server{Handler: c.handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, WriteTimeout: 2 * time.Minute}
	ended := make(chan error)
	go func() { ended <- srv.Serve(p) }()
	c.t.Cleanup(func() {
		require.NoError(c.t, srv.Shutdown(context.Background()))
		require.ErrorIs(c.t, <-ended, http.ErrServerClosed)
	})
	return p
}

// head begins a request whose body has a length.
func (c *client) head(conn net.Conn, method, target string, length int) {
	_, err := fmt.Fprintf(conn, "%s %s%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", method, c.path, target, acmeToken, length)
	require.NoError(c.t, err)
}

func TestPace_ABodyThatMovesMayTakeLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := serve(t)
		conn := c.listen().dial()
		defer conn.Close()
		length, chunk := int(scim.DefaultLimits.GroupBody), 1<<20
		body := groupBody("Sales")
		begun := time.Now()
		c.head(conn, "POST", "/Groups", length)
		_, err := io.WriteString(conn, body)
		require.NoError(t, err)
		for sent := len(body); sent < length; {
			n := min(chunk, length-sent)
			time.Sleep(15 * time.Second) // 68 KiB a second
			_, err := io.WriteString(conn, strings.Repeat(" ", n))
			require.NoError(t, err)
			sent += n
		}

		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)

		require.NoError(t, err)
		assert.Equal(t, 201, resp.StatusCode)
		assert.Greater(t, time.Since(begun), 5*time.Minute, "longer than the server's own deadlines")
	})
}

func TestPace_ABodyThatDripsIs408(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/Groups", "/Bulk", "/Users/.search"} {
		synctest.Test(t, func(t *testing.T) {
			c := serve(t)
			conn := c.listen().dial()
			defer conn.Close()
			c.head(conn, "POST", target, 1<<20)
			dripping := make(chan struct{})
			go func() {
				defer close(dripping)
				for {
					time.Sleep(5 * time.Second)
					if _, err := io.WriteString(conn, " "); err != nil {
						return
					}
				}
			}()

			in := bufio.NewReader(conn)
			resp, err := http.ReadResponse(in, nil)

			require.NoError(t, err)
			text, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			assert.Equal(t, 408, resp.StatusCode)
			assert.Equal(t, "application/scim+json", resp.Header.Get("Content-Type"))
			assert.Contains(t, string(text), `"status":"408"`)
			assert.True(t, resp.Close)
			_, err = in.ReadByte()
			assert.ErrorIs(t, err, io.EOF, "the connection is closed")
			<-dripping
			c.get("/Groups").resources(0)
		})
	}
}

func TestPace_AnAnswerThatNobodyReadsEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := serveOn(t, &crowd{Directory: open(t), n: 200_000})
		id := c.post("/Groups?excludedAttributes=members", groupBody("Sales")).status(201).text("id")
		p := c.listen()
		stuck := p.dial()
		defer stuck.Close()
		c.head(stuck, "GET", "/Groups/"+id, 0)
		in := bufio.NewReader(stuck)
		_, err := in.Peek(1) // it begins
		require.NoError(t, err)
		time.Sleep(time.Hour)
		_, err = io.Copy(io.Discard, in)
		assert.NoError(t, err)
		_, err = stuck.Write([]byte("x"))
		assert.ErrorIs(t, err, io.ErrClosedPipe, "the server is gone")

		slow := p.dial()
		defer slow.Close()
		go c.head(slow, "GET", "/Groups/"+id, 0)
		resp, err := http.ReadResponse(bufio.NewReader(slow), nil)
		require.NoError(t, err)
		begun, total := time.Now(), 0
		for buf := make([]byte, 1<<20); err == nil; {
			var n int
			n, err = io.ReadFull(resp.Body, buf)
			total += n
			time.Sleep(12 * time.Second) // 85 KiB a second
		}
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF, "the last piece is short")
		assert.Greater(t, total, 200_000*len(`{"value":"member-0000000"}`))
		assert.Greater(t, time.Since(begun), 4*time.Minute, "longer than the server's own deadlines")
	})
}
