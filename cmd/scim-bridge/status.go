package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scim-bridge/scim-bridge/bridge"
)

func newStatusCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "What is due, held and failed, and when it will be done",
		Long: `Asks the running bridge what Adobe has not followed yet: what is held by a brake
and what failed, each with what to do, and what is due, with the budget of calls
and an estimate of when it is done. Exits 3 if anything is held or failed or Adobe
refuses the credentials, since that waits for a person. docs/operations.md explains
every line.`,
		Args: noArguments,
	}
	flags := addAdminFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		client, err := newAdminClient(*flags.config, env)
		if err != nil {
			return err
		}
		var r bridge.StatusReport
		if err := client.get(cmd.Context(), "/v1/status", url.Values{"org": {*flags.org}}, &r); err != nil {
			return err
		}
		if err := flags.print(env.Stdout, r, func() string { return statusText(r, flags.suffix()) }); err != nil {
			return err
		}
		return verdictOf(r)
	}
	return cmd
}

// verdictOf is an error if anything waits for a person.
func verdictOf(r bridge.StatusReport) error {
	if !slices.ContainsFunc(r.Orgs, bridge.OrgStatus.NeedsPerson) {
		return nil
	}
	held, failed := 0, 0
	var denied []string
	for _, o := range r.Orgs {
		held += o.Held.Total()
		failed += o.Failed.Total()
		if o.Denied() {
			denied = append(denied, o.Org)
		}
	}
	if len(denied) > 0 {
		return needsPerson{fmt.Errorf("status: waiting for a person: %d held, %d failed, credentials refused for %s", held, failed, strings.Join(denied, ", "))}
	}
	return needsPerson{fmt.Errorf("status: waiting for a person: %d held, %d failed", held, failed)}
}
