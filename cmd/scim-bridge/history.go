package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/scim-bridge/scim-bridge/bridge"
)

func newHistoryCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history ID-OR-NAME",
		Short: "Everything that happened to one person or group",
		Long: `Asks the running bridge for its journal of one user or group: what providers
asked for, what was sent to Adobe and what became of it, the newest last. Whoever
left the directory is found by the SCIM id, or by the address or name in Adobe.`,
		Example: `  scim-bridge history ada@example.com
  scim-bridge history "Design" --limit 20`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return misused(cmd, "want one id or name, got %d", len(args))
			}
			return nil
		},
	}
	flags := addAdminFlags(cmd)
	limit := cmd.Flags().Int("limit", bridge.DefaultHistory, "at most so many `LINES`, the newest")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *limit < 1 || *limit > bridge.MaxHistory {
			return usagef("--limit: %d is out of range, want 1 to %d", *limit, bridge.MaxHistory)
		}
		client, err := newAdminClient(*flags.config, env)
		if err != nil {
			return err
		}
		var h bridge.History
		query := url.Values{"of": {args[0]}, "org": {*flags.org}, "limit": {strconv.Itoa(*limit)}}
		if err := client.get(cmd.Context(), "/v1/history", query, &h); err != nil {
			return err
		}
		return flags.print(env.Stdout, h, func() string { return historyText(h) })
	}
	return cmd
}

// historyText is a history for people.
func historyText(h bridge.History) string {
	var b strings.Builder
	fmt.Fprintf(&b, "org %s, %s %s", h.Org, h.Of.Kind, h.Of.User+h.Of.Group)
	if name := h.Of.UserName + h.Of.GroupName; name != "" {
		fmt.Fprintf(&b, ", %s", name)
	}
	b.WriteString("\n")
	if !h.ClearBy.IsZero() {
		fmt.Fprintf(&b, "due: sent by about %s, if nothing fails\n", clockTime(h.ClearBy))
	}
	if h.More {
		fmt.Fprintf(&b, "(there are lines before these %d: --limit shows more)\n", len(h.Lines))
	}
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, l := range h.Lines {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s%s\n", clockTime(l.At), l.Actor, l.Event, l.Text, otherText(h.Of, l.Subject))
	}
	_ = t.Flush() // into memory
	return b.String()
}

// otherText is whom else a line is about.
func otherText(of, line bridge.Subject) string {
	if line.Kind != "membership" {
		return ""
	}
	line.Kind = "user"
	if of.Kind == "user" {
		line.Kind = "group"
	}
	return " (" + subjectText(line) + ")"
}
