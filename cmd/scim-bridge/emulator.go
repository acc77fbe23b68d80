package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
	"github.com/scim-bridge/scim-bridge/umapi/emulator/control"
)

// emulatorStop bounds the graceful stop of the emulator, which has nothing to
// lose.
const emulatorStop = 5 * time.Second

func newEmulatorCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Run the UMAPI emulator",
		Long: `Runs a User Management API and token service in memory, for trials and tests.
It is not Adobe's, and everything is forgotten when it ends.

It does what the documentation says until a preset, a switch or, through the
control port, a fault makes it do otherwise. docs/emulator.md says more.`,
		Example: `  scim-bridge emulator --listen 127.0.0.1:8081 --org-id ORG@AdobeOrg --client-id ID \
    --client-secret SECRET --domain example.com --actions-per-minute 10 --reads-per-minute 25

  scim-bridge emulator --org-id ORG@AdobeOrg --client-id ID --client-secret SECRET \
    --domain example.com --preset rude --seed 7 --control 127.0.0.1:8082`,
		Args: noArguments,
	}
	flags := addEmulatorFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if missing := flags.missing(); len(missing) > 0 {
			return missingFlags(cmd, missing)
		}
		log, err := flags.logs.logger(env.Stderr)
		if err != nil {
			return err
		}
		flags.cfg.Log = log
		em, err := flags.emulator()
		if err != nil {
			return usageError{fmt.Errorf("emulator: %w", err)}
		}
		return flags.serve(cmd.Context(), em, env.Stdout)
	}
	return cmd
}

// emulator makes the emulator that the flags describe.
func (f *emulatorFlags) emulator() (*emulator.Emulator, error) {
	var err error
	if f.cfg.Clients, err = f.furtherClients(); err != nil {
		return nil, err
	}
	if f.certificate != "" {
		pem, err := os.ReadFile(f.certificate)
		if err != nil {
			return nil, fmt.Errorf("--jwt-certificate: %w", err)
		}
		f.cfg.Certificate = pem
	}
	if err := f.switches.over(&f.cfg.Switches); err != nil {
		return nil, err
	}
	em, err := emulator.New(f.cfg)
	if err != nil {
		return nil, byFlag(err)
	}
	// Once more: a switch that was turned off has no trace in the configuration,
	// and the preset may have turned it on.
	s := em.Switches()
	if err := f.switches.over(&s); err != nil {
		return nil, err
	}
	if err := em.SetSwitches(s); err != nil {
		return nil, err
	}
	if f.state == "" {
		return em, nil
	}
	return em, loadState(em, f.state)
}

// loadState fills em from a file.
func loadState(em *emulator.Emulator, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	var s emulator.State
	if err := control.Decode(bytes.NewReader(text), &s); err != nil {
		return fmt.Errorf("--state: %s: %w", file, err)
	}
	if err := em.Load(s); err != nil {
		return fmt.Errorf("--state: %s: %w", file, err)
	}
	return nil
}

// serve serves em, and its control port if there is to be one, until ctx ends.
func (f *emulatorFlags) serve(ctx context.Context, em *emulator.Emulator, stdout io.Writer) error {
	ca, secured, err := f.tls(time.Now())
	if err != nil {
		return fmt.Errorf("emulator: --tls-self-signed: %w", err)
	}
	api, err := f.listenTo(f.listen, em)
	if err != nil {
		return err
	}
	servers, scheme := []*listening{api}, "http"
	var port *listening
	if f.control != "" {
		if port, err = f.listenTo(f.control, control.New(em)); err != nil {
			return errors.Join(err, api.l.Close())
		}
		servers = append(servers, port)
	}
	if ca != nil {
		api.l, scheme = tls.NewListener(api.l, secured), "https"
	}
	fmt.Fprintf(stdout, "emulator: NOT the User Management API; everything is forgotten on exit\n"+
		"emulator: %s://%s for org %s, domains %s\n"+
		"emulator: preset %s, seed %d\n",
		scheme, api.l.Addr(), f.cfg.OrgID, strings.Join(f.cfg.Domains, ", "), em.Preset(), em.Seed())
	if ca != nil {
		fmt.Fprintf(stdout, "emulator: clients must trust %s\n", ca.file)
	}
	if port != nil {
		fmt.Fprintf(stdout, "emulator: control http://%s\n", port.l.Addr())
		if a, ok := port.l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
			f.cfg.Log.Warn("whoever reaches the control port can do everything: it asks nobody who they are", "addr", a.String())
		}
	}
	all, ctx := errgroup.WithContext(ctx)
	for _, s := range servers {
		all.Go(func() error { return s.serve(ctx) })
	}
	return all.Wait()
}

// tls returns the CA and what a server needs, or nothing where plain http is
// served.
func (f *emulatorFlags) tls(now time.Time) (*authority, *tls.Config, error) {
	if f.tlsDir == "" {
		return nil, nil, nil
	}
	ca, err := openAuthority(f.tlsDir, now)
	if err != nil {
		return nil, nil, err
	}
	secured, err := ca.serverConfig(f.listen, now)
	return ca, secured, err
}

// listening is a server with the address that it has taken.
type listening struct {
	server *http.Server
	l      net.Listener
}

func (f *emulatorFlags) listenTo(address string, handler http.Handler) (*listening, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, listenHint(fmt.Errorf("emulator: %w", err), address)
	}
	return &listening{l: l, server: &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(f.cfg.Log.Handler(), slog.LevelWarn),
	}}, nil
}

// serve serves until ctx ends. Requests that a fault keeps waiting end with it.
func (s *listening) serve(ctx context.Context) error {
	s.server.BaseContext = func(net.Listener) context.Context { return ctx }
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(s.l) }()
	select {
	case err := <-served:
		return fmt.Errorf("emulator: serve %s: %w", s.l.Addr(), err)
	case <-ctx.Done():
	}
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), emulatorStop)
	defer cancel()
	if err := s.server.Shutdown(deadline); err != nil {
		err = errors.Join(err, s.server.Close())
		return fmt.Errorf("emulator: stop: requests were cut off after %s: %w", emulatorStop, err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("emulator: serve %s: %w", s.l.Addr(), err)
	}
	return nil
}
