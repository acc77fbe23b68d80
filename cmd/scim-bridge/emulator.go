package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// emulatorStop bounds the graceful stop of the emulator, which has nothing to
// lose.
const emulatorStop = 5 * time.Second

func newEmulatorCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Run the UMAPI emulator",
		Long: `Runs a User Management API and token service in memory, for trials and tests.
It is not Adobe's, and everything is forgotten when it ends.`,
		Example: `  scim-bridge emulator --listen 127.0.0.1:8081 --org-id ORG@AdobeOrg --client-id ID \
    --client-secret SECRET --domain example.com --actions-per-minute 10 --reads-per-minute 25`,
		Args: noArguments,
	}
	var cfg emulator.Config
	f := cmd.Flags()
	listen := f.String("listen", "127.0.0.1:8081", "`ADDRESS` to listen on")
	f.StringVar(&cfg.OrgID, "org-id", "", "`ID` of the organisation, such as ORG@AdobeOrg (required)")
	f.StringVar(&cfg.ClientID, "client-id", "", "`ID` of the only client (required)")
	f.StringVar(&cfg.ClientSecret, "client-secret", "", "`SECRET` of the only client (required)")
	f.StringArrayVar(&cfg.Domains, "domain", nil, "claimed `DOMAIN`; may be repeated (at least one)")
	f.IntVar(&cfg.ActionsPerMinute, "actions-per-minute", documentedActions, "action calls a minute; 0 is no limit")
	f.IntVar(&cfg.ReadsPerMinute, "reads-per-minute", documentedReads, "reads a minute of users, a fifth of it of groups; 0 is no limit, and no lock-out for listing too often")
	logs := addLogFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var missing []string
		for name, given := range map[string]bool{
			"--org-id": cfg.OrgID != "", "--client-id": cfg.ClientID != "",
			"--client-secret": cfg.ClientSecret != "", "--domain": len(cfg.Domains) > 0,
		} {
			if !given {
				missing = append(missing, name)
			}
		}
		if len(missing) > 0 {
			return missingFlags(cmd, missing)
		}
		log, err := logs.logger(env.Stderr)
		if err != nil {
			return err
		}
		cfg.Log = log
		em, err := emulator.New(cfg)
		if err != nil {
			return usageError{fmt.Errorf("emulator: %w", err)}
		}
		return serveEmulator(cmd.Context(), em, *listen, cfg, env.Stdout)
	}
	return cmd
}

// serveEmulator serves em until ctx ends.
func serveEmulator(ctx context.Context, em http.Handler, listen string, cfg emulator.Config, stdout io.Writer) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return listenHint(fmt.Errorf("emulator: %w", err), listen)
	}
	srv := &http.Server{
		Handler:           em,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(cfg.Log.Handler(), slog.LevelWarn),
	}
	fmt.Fprintf(stdout, "emulator: NOT the User Management API; everything is forgotten on exit\n"+
		"emulator: http://%s for org %s, domains %s\n", l.Addr(), cfg.OrgID, strings.Join(cfg.Domains, ", "))
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("emulator: serve %s: %w", listen, err)
	case <-ctx.Done():
	}
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), emulatorStop)
	defer cancel()
	if err := srv.Shutdown(deadline); err != nil {
		err = errors.Join(err, srv.Close())
		return fmt.Errorf("emulator: stop: requests were cut off after %s: %w", emulatorStop, err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("emulator: serve %s: %w", listen, err)
	}
	return nil
}
