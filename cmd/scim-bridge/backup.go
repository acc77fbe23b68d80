package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/scim-bridge/scim-bridge/store/sqlite"
)

func newBackupCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the database to a file, while the bridge runs or not",
		Long: `Copies the database as it is at one moment to FILE, which must not exist and is
readable by this user alone. It has its name only once it is complete and on
disk, so a backup that is there is a good one. The bridge goes on meanwhile.`,
		Args: oneFile,
	}
	file := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		database, err := loadFile(*file, env.LookupEnv)
		if err != nil {
			return err
		}
		return backup(cmd.Context(), database, args[0], env.Stdout)
	}
	return cmd
}

func backup(ctx context.Context, database, to string, stdout io.Writer) error {
	err := sqlite.Backup(ctx, database, to)
	switch {
	case errors.Is(err, fs.ErrExist):
		return hinted{err, "name another file, or move that one away"}
	case errors.Is(err, fs.ErrNotExist):
		return hinted{err, "run it in the folder that the bridge was started in, or name its configuration with --config; the folder of FILE must exist"}
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: a copy of %s\n", to, database)
	return err
}

// oneFile wants exactly one argument.
func oneFile(cmd *cobra.Command, args []string) error {
	if len(args) == 1 && args[0] != "" {
		return nil
	}
	return misused(cmd, "want one FILE, got %d", len(args))
}
