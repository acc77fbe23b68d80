package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// healthcheckTimeout is less than the 5 seconds that compose files commonly
// give a health check.
const healthcheckTimeout = 4 * time.Second

func newHealthcheckCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the running bridge whether it is ready",
		Long: `Asks /readyz of the address in the configuration and exits 0 if the bridge is
ready, else 1. It is made for images without a shell:

  HEALTHCHECK CMD ["/scim-bridge", "healthcheck", "--config", "/etc/scim-bridge.yaml"]

It asks for readiness rather than for life, since what waits for a healthy
bridge wants one that answers. Adobe being away is not unhealthy.`,
		Args: noArguments,
	}
	file := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		listen, err := loadListen(*file, env.LookupEnv)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), healthcheckTimeout)
		defer cancel()
		return healthcheck(ctx, listen, env.Stdout)
	}
	return cmd
}

// healthcheck asks the bridge that listens on listen.
func healthcheck(ctx context.Context, listen string, stdout io.Writer) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" {
		return usagef("listen: %q does not say where the bridge can be reached", listen)
	}
	switch host {
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	target := "http://" + net.JoinHostPort(host, port) + "/readyz"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	// Not through a proxy: this is the same machine.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return hinted{fmt.Errorf("healthcheck: nothing listens on %s", req.URL.Host), "no bridge is running, or it has another listen than this configuration"}
	}
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	defer resp.Body.Close()
	var body struct{ Reason string }
	_ = json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&body) // the status counts
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("healthcheck: %s: %s: %s", target, resp.Status, body.Reason)
	}
	_, err = fmt.Fprintln(stdout, "ok")
	return err
}
