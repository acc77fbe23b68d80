package postgrestest

import (
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Proxy is a network before a server that can be slow, or carry nothing for a
// while. What was sent meanwhile arrives when it is whole again, as it does where
// packets are sent again: also on connections that one side has given up.
type Proxy struct {
	listener net.Listener
	server   string
	url      string

	mu    sync.Mutex
	whole chan struct{} // closed while the network is whole
	delay time.Duration
	deaf  string         // the address of a client that loses the next answer; empty for none
	under sync.WaitGroup // connections
	conns map[net.Conn]bool
	over  bool
}

// NewProxy puts a network before the server that a URL names, for a test.
func NewProxy(t testing.TB, server string) *Proxy {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, server: u.Host, whole: make(chan struct{}), conns: map[net.Conn]bool{}}
	close(p.whole)
	u.Host = l.Addr().String()
	p.url = u.String()
	p.under.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// URL names the database, by way of the network.
func (p *Proxy) URL() string { return p.url }

// Cut has the network carry nothing, not even that a connection was closed. New
// connections are begun, and get no answer.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isWhole() {
		p.whole = make(chan struct{})
	}
}

// Mend ends Cut.
func (p *Proxy) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.isWhole() {
		close(p.whole)
	}
}

// Delay has whatever is sent take longer.
func (p *Proxy) Delay(by time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = by
}

// LoseAnswer has the next answer to a client get lost, and its connection break.
func (p *Proxy) LoseAnswer(client net.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deaf = client.String()
}

// loses reports, once, whether that is so.
func (p *Proxy) loses(client net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.deaf == "" || client.RemoteAddr().String() != p.deaf {
		return false
	}
	p.deaf = ""
	return true
}

func (p *Proxy) isWhole() bool {
	select {
	case <-p.whole:
		return true
	default:
		return false
	}
}

// pass waits until something that was sent arrives.
func (p *Proxy) pass() {
	p.mu.Lock()
	delay := p.delay
	p.mu.Unlock()
	time.Sleep(delay)
	for {
		p.mu.Lock()
		whole := p.whole
		p.mu.Unlock()
		<-whole
		p.mu.Lock()
		still := p.whole == whole
		p.mu.Unlock()
		if still {
			return
		}
	}
}

// accept takes connections until close.
func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.under.Go(func() { p.connect(c) })
	}
}

// connect carries what is said on a connection, to the server and back.
func (p *Proxy) connect(client net.Conn) {
	defer p.forget(client)
	if !p.keep(client) {
		return
	}
	p.pass()
	s, err := net.Dial("tcp", p.server)
	if err != nil {
		return // the server is down
	}
	defer p.forget(s)
	if !p.keep(s) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.carry(s, client) })
	both.Go(func() { p.carry(client, s) })
	both.Wait()
}

// carry carries one direction, and in the end that there is no more.
func (p *Proxy) carry(to, from net.Conn) {
	chunk := make([]byte, 64<<10)
	for {
		n, err := from.Read(chunk)
		p.pass()
		if p.loses(to) {
			_ = to.Close()
			_ = from.Close()
			return
		}
		if n > 0 {
			if _, werr := to.Write(chunk[:n]); werr != nil {
				return // from notices when it writes
			}
		}
		if err != nil {
			_ = to.(*net.TCPConn).CloseWrite()
			return
		}
	}
}

// keep notes a connection, unless the proxy is closed.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = true
	return !p.over
}

func (p *Proxy) forget(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	_ = c.Close()
}

// close ends all connections.
func (p *Proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.over = true
	for c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.Mend()
	p.under.Wait()
}
