package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scim-bridge/scim-bridge/store/sqlite"
)

func newRestoreCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of the database",
		Long: `Puts the backup FILE in the place of the database. The bridge must be stopped.
What was there stays beside it under another name.

Adobe and the identity provider have gone on since the backup, so everything is
held at first. Start the bridge, have the provider send everything again, which
goes to Adobe at once where it is news; then "scim-bridge release --all" has the
rest compared with Adobe.`,
		Args: oneFile,
	}
	file := configFlag(cmd)
	yes := cmd.Flags().Bool("yes", false, "do not ask whether to replace a database, for scripts")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		database, err := loadFile(*file, env.LookupEnv)
		if err != nil {
			return err
		}
		if info, err := os.Stat(database); err == nil && info.Size() > 0 && !*yes {
			question := fmt.Sprintf("%s is replaced, and what was said since the backup is lost. Do it?", database)
			if err := confirm(env, question, "restore: not confirmed: nothing was changed"); err != nil {
				return err
			}
		}
		return restore(cmd.Context(), args[0], database, env)
	}
	return cmd
}

func restore(ctx context.Context, from, database string, env environment) error {
	kept, err := sqlite.Restore(ctx, from, database, time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s: restored from %s\n", database, from)
	if kept != "" {
		fmt.Fprintf(env.Stdout, "what was there is now %s\n", kept)
	}
	fmt.Fprintln(env.Stdout, "everything is held: start the bridge, have the provider send everything again, then: scim-bridge release --all")
	return nil
}

// confirm asks a question and returns an error unless the answer is yes.
func confirm(env environment, question, otherwise string) error {
	fmt.Fprint(env.Stderr, question+" [y/N] ")
	answer, err := bufio.NewReader(env.Stdin).ReadString('\n')
	if err != nil && answer == "" {
		fmt.Fprintln(env.Stderr)
		return hinted{usagef("nobody answered: nothing was done"), "--yes says yes without being asked"}
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New(otherwise)
}
