package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scim-bridge/scim-bridge/bridge"
)

func newEraseCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "erase PERSON",
		Short: "Forget somebody who has left",
		Long: `Has the running bridge remove what it keeps of somebody who has left the directory
and Adobe: the lines of the journal, and what the mirror remembers of the account.
It cannot be brought back. Whoever is still there is refused. PERSON is the SCIM
id, or the address in Adobe.

Backups, and what other programs keep, such as logs, are not touched.`,
		Example: `  scim-bridge erase ada@example.com`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return misused(cmd, "want one PERSON, got %d", len(args))
			}
			return nil
		},
	}
	flags := addAdminFlags(cmd)
	yes := cmd.Flags().Bool("yes", false, "do not ask, for scripts")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		client, err := newAdminClient(*flags.config, env)
		if err != nil {
			return err
		}
		if !*yes {
			question := fmt.Sprintf("Everything that is kept of %s is erased, and cannot be brought back. Do it?", args[0])
			if err := confirm(env, question, "erase: not confirmed: nothing was erased"); err != nil {
				return err
			}
		}
		var e bridge.Erased
		if err := client.post(cmd.Context(), "/v1/erase", bridge.Erasure{Org: *flags.org, User: args[0]}, &e); err != nil {
			return err
		}
		return flags.print(env.Stdout, e, func() string { return erasedText(e) })
	}
	return cmd
}

// erasedText says what was removed, for people.
func erasedText(e bridge.Erased) string {
	text := fmt.Sprintf("org %s: erased: lines of the journal: %d, accounts: %d\n", e.Org, e.Lines, e.Accounts)
	if len(e.Kept) > 0 {
		text += fmt.Sprintf("  kept, since it is in Adobe or somebody else has it: %s\n", strings.Join(e.Kept, ", "))
	}
	return text
}
