package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/scim-bridge/scim-bridge/bridge"
)

func newServeCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the bridge",
		Long: `Runs the bridge until SIGTERM or SIGINT. Then no new requests are taken, running
ones are finished and calls to Adobe are settled; a second signal ends it at
once, which loses nothing that was acknowledged.`,
		Args: noArguments,
	}
	file, logs := configFlag(cmd), addLogFlags(cmd)
	timeout := cmd.Flags().Duration("shutdown-timeout", bridge.DefaultShutdownTimeout, "longest graceful stop")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		log, err := logs.logger(env.Stderr)
		if err != nil {
			return err
		}
		if *timeout <= 0 {
			return usagef("--shutdown-timeout: %s is out of range, want more than 0", *timeout)
		}
		s, err := loadSettings(*file, env.LookupEnv)
		if err != nil {
			return err
		}
		s.Bridge.ShutdownTimeout = *timeout
		return serve(cmd.Context(), s, log, env.Stdout)
	}
	return cmd
}

// serve runs a bridge until ctx ends.
func serve(ctx context.Context, s settings, log *slog.Logger, stdout io.Writer) (err error) {
	for _, w := range s.Warnings {
		log.Warn("configuration", "key", w.path, "line", w.line, "warning", w.text)
	}
	st, err := s.Database.open(ctx, log)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := st.Close(); cerr != nil {
			err = errors.Join(err, fmt.Errorf("close store: %w", cerr))
		}
	}()
	s.Bridge.Log = log
	b, err := bridge.New(s.Bridge, st)
	if err != nil {
		return listenHint(err, s.Bridge.Listen)
	}
	for _, o := range s.Bridge.SCIM.Orgs {
		fmt.Fprintf(stdout, "%s: %s%s\n", o.Name, publicURL(s.Bridge.SCIM.BaseURL, b.Addr()), o.Path)
	}
	start := time.Now()
	if err := b.Run(ctx); err != nil {
		return err
	}
	log.Info("stopped", "ran", time.Since(start).Round(time.Second).String())
	return nil
}

// publicURL is what identity providers are told, as far as it is known here:
// where the bridge listens on every address, the one that works on this machine.
func publicURL(base string, addr net.Addr) string {
	if base != "" {
		return base
	}
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
	}
	return "http://" + addr.String()
}

// listenHint adds what to do where an address cannot be listened on.
func listenHint(err error, listen string) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return hinted{err, "another process listens on " + listen + ": stop it, or choose another address"}
	case errors.Is(err, syscall.EACCES):
		return hinted{err, "ports below 1024 need privileges: choose a higher one"}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return hinted{err, "this machine does not have the address " + listen}
	}
	return err
}
