package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/scim"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/lease"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// DefaultShutdownTimeout is how long a graceful stop may take where the
// configuration does not say. It fits into the 30 seconds that Kubernetes
// grants between SIGTERM and SIGKILL.
const DefaultShutdownTimeout = 25 * time.Second

// Config is what a bridge is made of.
type Config struct {
	// Listen is the TCP address for SCIM and the health endpoints, host:port.
	// Port 0 picks a free one; see [Bridge.Addr].
	Listen string
	// SCIM is the side of the identity providers. Its orgs are those of Orgs,
	// by name. Its Log may be nil: then it is Log.
	SCIM scim.Config
	// Orgs is Adobe's side.
	Orgs []Org
	// Socket is the path of the Unix domain socket for operators, see the package
	// comment; empty for none. One that is there is taken for a dead process's.
	Socket string
	// Journal bounds what is kept of the past.
	Journal Journal
	// ShutdownTimeout bounds a graceful stop; 0 means DefaultShutdownTimeout.
	ShutdownTimeout time.Duration
	// Log is told of changes of state; nil discards them. It is also given to
	// the parts whose own is nil.
	Log *slog.Logger
}

// Org is how one Adobe organisation is reached and fed.
type Org struct {
	Adobe umapi.Config
	// Dispatch names the org. Its Target is set by [New].
	Dispatch dispatch.Config
}

// Bridge is the running service. It is made by [New].
type Bridge struct {
	listener    net.Listener
	server      *http.Server
	socket      net.Listener // nil for none
	operators   *http.Server // serves socket
	dispatchers []dispatcher
	upkeep      *upkeep
	clients     []*umapi.Client
	store       store.Leases
	digests     map[string]string // of the configuration of each org
	timeout     time.Duration
	unready     atomic.Bool // as /readyz last said
	log         *slog.Logger
}

// dispatcher is one org's, with its name.
type dispatcher struct {
	org string
	*dispatch.Dispatcher
}

// New checks the configuration, puts the parts together over st and begins to
// listen. It starts no goroutine. A bridge that was made must be run: the
// listener is closed by Run, even if its context has ended already.
func New(cfg Config, st store.Store) (*Bridge, error) {
	if st == nil {
		return nil, errors.New("bridge: no store")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.ShutdownTimeout <= 0 {
		cfg.ShutdownTimeout = DefaultShutdownTimeout
	}
	if err := sameOrgs(cfg); err != nil {
		return nil, fmt.Errorf("bridge: %w", err)
	}
	b := &Bridge{timeout: cfg.ShutdownTimeout, log: cfg.Log.With("component", "bridge")}
	if err := b.addOrgs(cfg, st); err != nil {
		return nil, fmt.Errorf("bridge: %w", err)
	}
	told, err := digests(cfg)
	if err != nil {
		return nil, fmt.Errorf("bridge: %w", err)
	}
	b.store, b.digests = st, told
	b.upkeep = newUpkeep(cfg, st, b.log)
	if cfg.SCIM.Log == nil {
		cfg.SCIM.Log = cfg.Log
	}
	handler, err := scim.New(cfg.SCIM, st)
	if err != nil {
		return nil, fmt.Errorf("bridge: scim: %w", err)
	}
	b.server = newServer(b.routes(handler, st), b.log)
	if b.listener, err = net.Listen("tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("bridge: %w", err)
	}
	b.operators = newServer(b.newAdmin(cfg, st).handler(), b.log)
	if cfg.Socket != "" {
		if b.socket, err = listenSocket(cfg.Socket); err != nil {
			return nil, fmt.Errorf("bridge: %w", errors.Join(err, b.listener.Close()))
		}
	}
	return b, nil
}

// sameOrgs returns an error unless both sides name the same orgs, each once.
func sameOrgs(cfg Config) error {
	served := map[string]bool{}
	for _, o := range cfg.SCIM.Orgs {
		served[o.Name] = true
	}
	for _, o := range cfg.Orgs {
		if !served[o.Dispatch.Org] {
			return fmt.Errorf("org %q: dispatched twice, or without a SCIM side", o.Dispatch.Org)
		}
		delete(served, o.Dispatch.Org)
	}
	for name := range served {
		return fmt.Errorf("org %q: has no Adobe side", name)
	}
	return nil
}

// addOrgs makes the client and the dispatcher of each org.
func (b *Bridge) addOrgs(cfg Config, st store.Store) error {
	for _, o := range cfg.Orgs {
		name := o.Dispatch.Org
		if o.Adobe.Log == nil {
			o.Adobe.Log = cfg.Log.With("org", name)
		}
		if o.Dispatch.Log == nil {
			o.Dispatch.Log = cfg.Log
		}
		o.Dispatch.Target = target(o.Adobe)
		o.Adobe.Once = true // the dispatcher counts what is sent
		o.Dispatch.Gate = &lease.Gate{}
		o.Adobe.Allow = o.Dispatch.Gate.Pass
		client, err := umapi.New(o.Adobe)
		if err != nil {
			return fmt.Errorf("org %s: %w", name, err)
		}
		d, err := dispatch.New(o.Dispatch, st, client)
		if err != nil {
			return fmt.Errorf("org %s: %w", name, err)
		}
		b.clients = append(b.clients, client)
		b.dispatchers = append(b.dispatchers, dispatcher{name, d})
	}
	return nil
}

// target names an organization at Adobe and who acts there, without a secret.
func target(c umapi.Config) string {
	if c.URL == "" {
		c.URL = umapi.DefaultURL
	}
	return strings.TrimRight(c.URL, "/") + " " + c.OrgID + " " + c.ClientID
}

// Addr returns the address that the bridge listens on.
func (b *Bridge) Addr() net.Addr { return b.listener.Addr() }

// Handler returns what the bridge serves: SCIM for each org, and the health
// endpoints. It may be used without Run; then Adobe does not follow.
func (b *Bridge) Handler() http.Handler { return b.server.Handler }

// Run serves until ctx ends or a part breaks, then stops gracefully; see the
// package comment for the order. It returns nil if ctx ended and everything was
// finished within the deadline. It must be called once.
func (b *Bridge) Run(ctx context.Context) error {
	// The dispatchers outlive ctx: they stop after the server has.
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	parts, ended := errgroup.WithContext(ctx)
	parts.Go(func() error { return b.announce(work) })
	for _, d := range b.dispatchers {
		parts.Go(func() error { return d.run(work) })
	}
	parts.Go(func() error { return b.upkeep.run(work) })
	parts.Go(func() error { return serve(b.server, b.listener) })
	if b.socket != nil {
		parts.Go(func() error { return serve(b.operators, b.socket) })
	}
	b.log.Info("running", "addr", b.Addr().String(), "orgs", len(b.dispatchers))

	<-ended.Done()
	b.log.Info("stopping", "timeout", b.timeout.String())
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.timeout)
	defer cancel()
	unfinished := b.stopServing(deadline)
	stopWork()
	all := make(chan error, 1)
	go func() { all <- parts.Wait() }()
	select {
	case err := <-all:
		for _, c := range b.clients {
			c.CloseIdleConnections()
		}
		return errors.Join(err, unfinished)
	case <-deadline.Done():
		return errors.Join(unfinished, fmt.Errorf("stop: calls in flight were not settled within %s: the next start looks into them", b.timeout))
	}
}

// stopServing lets requests finish. They get a part of the time, so that a client
// that is slow does not take what the calls in flight need.
func (b *Bridge) stopServing(ctx context.Context) error {
	patience := b.timeout * 3 / 5
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var unfinished error
	for _, s := range []*http.Server{b.server, b.operators} {
		if err := s.Shutdown(ctx); err != nil {
			err = errors.Join(err, s.Close())
			unfinished = errors.Join(unfinished, fmt.Errorf("stop: requests were cut off after %s: %w", patience, err))
		}
	}
	return unfinished
}

// serve serves until the server is shut down.
func serve(s *http.Server, l net.Listener) error {
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	}
	return nil
}

// run runs a dispatcher until ctx ends. One that ends before is an error,
// whatever it says: its org would be served and never followed.
func (d dispatcher) run(ctx context.Context) error {
	err := d.Run(ctx)
	if err == nil && ctx.Err() == nil {
		err = errors.New("ended by itself")
	}
	if err != nil {
		return fmt.Errorf("dispatch: org %s: %w", d.org, err)
	}
	return nil
}
