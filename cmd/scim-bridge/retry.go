package main

import "github.com/spf13/cobra"

func newRetryCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "retry",
		Short: "Try again what failed",
		Long: `Has the running bridge try again what failed, at once and with all its attempts.
status shows what that is and what to mend first. What the provider changes, and
what a new configuration may change, is tried again without this.`,
		Example: `  scim-bridge retry --user ada@example.com
  scim-bridge retry --all`,
		Args: noNames,
	}
	flags, selection := addAdminFlags(cmd), addSelectionFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		sel, err := selection.read(cmd, flags)
		if err != nil {
			return err
		}
		client, err := newAdminClient(*flags.config, env)
		if err != nil {
			return err
		}
		retry := waking{path: "/v1/retry", done: "tried again", none: "nothing had failed"}
		return retry.ask(cmd.Context(), client, sel, flags, env.Stdout)
	}
	return cmd
}
