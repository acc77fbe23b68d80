package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scim-bridge/scim-bridge/bridge"
)

func newReleaseCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "release",
		Short: "Let go what a brake held",
		Long: `Has the running bridge remove from Adobe what a brake held back. status shows
what that is. One person or one group, with its memberships, is let go at once;
before a whole org, or all of them, is let go, it says how much that is and asks.`,
		Example: `  scim-bridge release --user ada@example.com
  scim-bridge release --group "Design"
  scim-bridge release --org acme --yes`,
		Args: noNames,
	}
	flags, selection := addAdminFlags(cmd), addSelectionFlags(cmd)
	yes := cmd.Flags().Bool("yes", false, "do not ask, for scripts")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		sel, err := selection.read(cmd, flags)
		if err != nil {
			return err
		}
		client, err := newAdminClient(*flags.config, env)
		if err != nil {
			return err
		}
		if wide := sel.User+sel.Group == ""; wide && !*yes {
			if err := confirmRelease(cmd.Context(), client, sel, env); err != nil {
				return err
			}
		}
		release := waking{path: "/v1/release", done: "let go", none: "nothing was held"}
		return release.ask(cmd.Context(), client, sel, flags, env.Stdout)
	}
	return cmd
}

// confirmRelease says how much would be let go, and asks. It is silent if nothing
// would.
func confirmRelease(ctx context.Context, client *adminClient, sel bridge.Selection, env environment) error {
	var r bridge.StatusReport
	if err := client.get(ctx, "/v1/status", url.Values{"org": {sel.Org}}, &r); err != nil {
		return err
	}
	held := 0
	for _, o := range r.Orgs {
		if o.Held.Total() > 0 {
			held += o.Held.Total()
			fmt.Fprintf(env.Stderr, "org %s: held: %s\n", o.Org, inWords(o.Held))
		}
	}
	if held == 0 {
		return nil
	}
	return confirm(env, "Removals that were held go to Adobe. Let them go?", "release: not confirmed: nothing was let go")
}

// selectionFlags say what release and retry act on.
type selectionFlags struct {
	user, group *string
	all         *bool
}

func addSelectionFlags(cmd *cobra.Command) selectionFlags {
	return selectionFlags{
		user:  cmd.Flags().String("user", "", "only this user and its memberships: the SCIM id, the `USERNAME`, or the address in Adobe"),
		group: cmd.Flags().String("group", "", "only this group and its memberships: the SCIM id, or the `NAME`; with --user only the one's membership in the other"),
		all:   cmd.Flags().Bool("all", false, "everything, of all orgs or of --org"),
	}
}

// noNames refuses arguments of commands that select by flags: whether a name is a
// user's or a group's is not guessed.
func noNames(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return hinted{
		usagef("%s: takes no argument, got %q", cmd.Name(), args[0]),
		fmt.Sprintf("say whose name that is: --user %[1]q or --group %[1]q", args[0]),
	}
}

// read makes a selection of the flags, which must say something. One that is there
// and empty, as a script's variable may be, must not widen it.
func (f selectionFlags) read(cmd *cobra.Command, flags adminFlags) (bridge.Selection, error) {
	for _, name := range []string{"user", "group", "org"} {
		if flag := cmd.Flags().Lookup(name); flag.Changed && flag.Value.String() == "" {
			return bridge.Selection{}, misused(cmd, "--%s is empty", name)
		}
	}
	sel := bridge.Selection{Org: *flags.org, User: *f.user, Group: *f.group, All: *f.all}
	switch {
	case sel == bridge.Selection{}:
		return sel, hinted{usagef("%s: nothing is selected", cmd.Name()), "say what with --user, --group, --org or --all"}
	case sel.Validate() != nil:
		return sel, misused(cmd, "--all goes with neither --user nor --group")
	}
	return sel, nil
}

// waking is what release and retry have in common: a selection is made pending.
type waking struct {
	path       string // of the bridge's route
	done, none string // what became of what is selected, and if it was nothing
}

func (w waking) ask(ctx context.Context, client *adminClient, sel bridge.Selection, flags adminFlags, stdout io.Writer) error {
	var woken bridge.Woken
	if err := client.post(ctx, w.path, sel, &woken); err != nil {
		return err
	}
	return flags.print(stdout, woken, func() string {
		var b strings.Builder
		for _, o := range woken.Orgs {
			if o.Count == 0 {
				fmt.Fprintf(&b, "org %s: %s\n", o.Org, w.none)
				continue
			}
			fmt.Fprintf(&b, "org %s: %s: %d\n", o.Org, w.done, o.Count)
		}
		return b.String()
	})
}
