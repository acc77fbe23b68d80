package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/bridge"
)

// replicasText says which processes have the database open and who dispatches what.
// Where there is one there is nothing to say.
func replicasText(r bridge.StatusReport) string {
	if len(r.Replicas) < 2 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\nreplicas:\n")
	for _, replica := range r.Replicas {
		replicaText(&b, r, replica)
	}
	for _, o := range r.Orgs {
		if o.Dispatcher == nil {
			fmt.Fprintf(&b, "  nobody dispatches %s at the moment: that ends by itself within seconds\n", o.Org)
		}
	}
	return b.String()
}

func replicaText(b *strings.Builder, r bridge.StatusReport, replica bridge.Replica) {
	here := ""
	if replica.Here {
		here = " (asked)"
	}
	if replica.Gone {
		fmt.Fprintf(b, "  %s%s: not seen for %s\n", replica.Name, here, lasted(r.At.Sub(replica.Seen)))
		return
	}
	fmt.Fprintf(b, "  %s%s: runs for %s\n", replica.Name, here, lasted(r.At.Sub(replica.Started)))
	for _, org := range replica.Dispatches {
		fmt.Fprintf(b, "    dispatches %s for %s\n", org, lasted(r.At.Sub(since(r, org))))
	}
	if len(replica.Differs) > 0 {
		fmt.Fprintf(b, "    is configured in another way than the one that was asked, for: %s\n", strings.Join(replica.Differs, ", "))
	}
}

// since is when an org's dispatcher took over.
func since(r bridge.StatusReport, org string) time.Time {
	for _, o := range r.Orgs {
		if o.Org == org && o.Dispatcher != nil {
			return o.Dispatcher.Since
		}
	}
	return r.At
}
