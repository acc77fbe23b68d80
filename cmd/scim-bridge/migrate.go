package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/scim-bridge/scim-bridge/store/postgres"
	"github.com/scim-bridge/scim-bridge/store/sqlite"
	"github.com/scim-bridge/scim-bridge/store/transfer"
)

func newMigrateCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate --to URL",
		Short: "Move the database from SQLite to PostgreSQL",
		Long: `Moves all that is in the SQLite file that store names to a PostgreSQL database,
and compares both table by table. The bridge must be stopped, and the PostgreSQL
database empty. If anything fails, nothing was moved. The file stays as it is.

A password need not stand in the URL: PGPASSWORD, PGPASSFILE and ~/.pgpass are
read as by psql.`,
		Example: `  scim-bridge migrate --to postgres://bridge@db.example.com/bridge`,
		Args:    noArguments,
	}
	config := configFlag(cmd)
	to := cmd.Flags().String("to", "", "the `URL` of the PostgreSQL database")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *to == "" {
			return missingFlags(cmd, []string{"--to"})
		}
		if err := postgres.Validate(*to); err != nil {
			return usagef("--to: %w", err)
		}
		from, err := loadDatabase(*config, env.LookupEnv)
		if err != nil {
			return err
		}
		if from.url != "" {
			return hinted{usagef("store names a PostgreSQL database already, and migrate moves a SQLite file"),
				"if the file is still to be moved, name it in store: sqlite:FILE"}
		}
		sums, err := migrate(cmd.Context(), from, *to)
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(env.Stdout, movedText(sums, from.file, *config))
		return err
	}
	return cmd
}

// migrate moves a file to a database, and returns what both have then.
func migrate(ctx context.Context, from database, url string) (sums map[string]transfer.Sum, err error) {
	if _, err := os.Stat(from.file); errors.Is(err, fs.ErrNotExist) { // it would be made
		return nil, hinted{err, "run it in the folder that the bridge was started in, or name its configuration with --config"}
	}
	source, err := sqlite.Open(ctx, from.file, sqlite.Options{})
	if err != nil {
		return nil, from.hint(err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		return nil, database{url: url}.hint(err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	err = source.Transfer(ctx, func(r transfer.Reader) error {
		return target.Fill(ctx, func(w transfer.Writer) (err error) {
			sums, err = transfer.Move(ctx, r, w)
			return err
		})
	})
	if errors.Is(err, transfer.ErrNotEmpty) {
		err = hinted{err, "nothing was changed: make another one, or drop its tables if nobody needs what is in it"}
	}
	return sums, err
}

// movedText says what was moved and what to do next.
func movedText(sums map[string]transfer.Sum, file, config string) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "table\trows\tdigest on both sides\n")
	for _, table := range transfer.Tables {
		s := sums[table.Name]
		fmt.Fprintf(t, "%s\t%d\t%.16s\n", table.Name, s.Rows, s.Digest)
	}
	_ = t.Flush() // into memory
	fmt.Fprintf(&b, `all of %[1]s was moved, and is the same there
next: in %[2]s, have store name that database, then start the bridge
      %[1]s stays as it was, for a way back until the bridge has been started; start none with it after that
`, file, config)
	return b.String()
}
