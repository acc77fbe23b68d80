package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// environment is what a command may know of the process around it. Only main
// fills it from the real one.
type environment struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	LookupEnv      func(string) (string, bool)
	Args           []string // as they were typed, without the program's name
}

func main() {
	ctx, stop := untilSignal()
	err := run(ctx, os.Args[1:], environment{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, LookupEnv: os.LookupEnv})
	stop()
	os.Exit(report(os.Stderr, err))
}

// untilSignal returns a context that ends with the first signal that asks for a
// graceful stop. Before anything can see that it did, signals have their usual effect
// again: a second one ends the process at once, however early it comes.
func untilSignal() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	came := make(chan os.Signal, 1)
	signal.Notify(came, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-came
		signal.Stop(came)
		cancel()
	}()
	return ctx, cancel
}

// run is the whole program. It returns when the work is done or ctx ends.
func run(ctx context.Context, args []string, env environment) error {
	env.Args = args
	root := newRootCommand(env)
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

// newRootCommand returns the tree of commands.
func newRootCommand(env environment) *cobra.Command {
	root := &cobra.Command{
		Use:   "scim-bridge",
		Short: "Makes an Adobe organisation follow an identity provider, from SCIM 2.0 to the User Management API",
		// Errors are printed in one place, report.
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(env.Stderr)
			if err := cmd.Help(); err != nil {
				return err
			}
			return usagef("no command given")
		},
	}
	root.SuggestionsMinimumDistance = 2 // as where cobra itself suggests
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return hinted{usageError{err}, "see: " + cmd.CommandPath() + " --help"}
	})
	root.AddCommand(
		newServeCommand(env),
		newEmulatorCommand(env),
		newDemoCommand(env),
		newCheckCommand(env),
		newStatusCommand(env),
		newHistoryCommand(env),
		newReleaseCommand(env),
		newRetryCommand(env),
		newEraseCommand(env),
		newBackupCommand(env),
		newRestoreCommand(env),
		newMigrateCommand(env),
		newHealthcheckCommand(env),
		newVersionCommand(env),
	)
	return root
}

// knownCommand refuses arguments of the root, which are commands that do not
// exist, and names those that look alike.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := usagef("%q is not a command", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return hinted{err, "did you mean " + strings.Join(near, " or ") + "?"}
	}
	return hinted{err, "see: " + cmd.CommandPath() + " --help"}
}

// noArguments refuses arguments that are not flags.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return misused(cmd, "takes no argument, got %q", args[0])
}
