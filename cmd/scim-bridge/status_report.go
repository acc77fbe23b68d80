package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/bridge"
	"github.com/scim-bridge/scim-bridge/dispatch"
)

// reportWidth is where lists of names are broken.
const reportWidth = 100

// statusText is a status for people: the orgs that need one first, and in each
// what needs one first. suffix makes the commands in it mean the same bridge.
func statusText(r bridge.StatusReport, suffix string) string {
	orgs := slices.Clone(r.Orgs)
	need := func(o bridge.OrgStatus) []int {
		denied := 0
		if o.Denied() {
			denied = 1
		}
		return []int{denied, o.Held.Total(), o.Failed.Total()}
	}
	slices.SortStableFunc(orgs, func(a, b bridge.OrgStatus) int { return slices.Compare(need(b), need(a)) })
	var b strings.Builder
	for i, o := range orgs {
		if i > 0 {
			b.WriteString("\n")
		}
		orgText(&b, o, r.At, suffix)
	}
	return b.String() + replicasText(r)
}

func orgText(b *strings.Builder, o bridge.OrgStatus, at time.Time, suffix string) {
	waiting := o.Waiting()
	fmt.Fprintf(b, "org %s: %d held, %d failed, %d due\n", o.Org, o.Held.Total(), o.Failed.Total(), waiting.Total())
	if o.Denied() {
		b.WriteString("  paused:   Adobe refuses the credentials, nothing is sent: see scim-bridge check\n")
	}
	if o.Held.Total() > 0 {
		stuckText(b, "held", o.Held, o.HeldSubjects)
		fmt.Fprintf(b, "    if it is meant: scim-bridge release --org %s%s\n", o.Org, suffix)
		b.WriteString("    if it is not: put it right at the provider, which takes it back\n")
	}
	if o.Failed.Total() > 0 {
		stuckText(b, "failed", o.Failed, o.FailedSubjects)
		fmt.Fprintf(b, "    once it is mended: scim-bridge retry --org %s%s\n", o.Org, suffix)
	}
	if waiting.Total() > 0 {
		fmt.Fprintf(b, "  due:      %s, the oldest since %s (%s)\n", inWords(waiting), clockTime(o.Oldest), lasted(at.Sub(o.Oldest)))
		if o.Parked.Total() > 0 {
			fmt.Fprintf(b, "            %s of it until the user or the group is in Adobe\n", inWords(o.Parked))
		}
	} else if o.Held.Total()+o.Failed.Total() == 0 {
		b.WriteString("  due:      nothing, Adobe has followed\n")
	}
	fmt.Fprintf(b, "  budget:   %s\n", budgetText(o.Budget, at))
	if o.ClearBy != nil {
		fmt.Fprintf(b, "  clear by: %s\n", clearByText(*o.ClearBy, at))
	}
}

// stuckText says what waits for a person, by the reason why.
func stuckText(b *strings.Builder, state string, counts bridge.Counts, subjects []bridge.Stuck) {
	fmt.Fprintf(b, "  %-9s %s\n", state+":", inWords(counts))
	for rest := subjects; len(rest) > 0; {
		first := rest[0]
		alike := func(s bridge.Stuck) bool { return s.Code == first.Code && s.Hint == first.Hint }
		var same, others []bridge.Stuck
		for _, s := range rest {
			if alike(s) {
				same = append(same, s)
			} else {
				others = append(others, s)
			}
		}
		reasonText(b, same)
		rest = others
	}
	if more := counts.Total() - len(subjects); more > 0 {
		fmt.Fprintf(b, "    and %d more that have not waited as long\n", more)
	}
}

// reasonText says why some wait, and who. What a brake holds needs no hint: what to
// do is said for all of it.
func reasonText(b *strings.Builder, same []bridge.Stuck) {
	first := same[0]
	names := make([]string, len(same))
	oneReason := true
	for i, s := range same {
		names[i] = subjectText(s.Subject)
		oneReason = oneReason && reasonOf(s) == reasonOf(first)
	}
	switch {
	case len(same) == 1:
		fmt.Fprintf(b, "    %s: %s\n      %s\n", first.Code, first.Message, names[0])
	case oneReason:
		fmt.Fprintf(b, "    %s: %s\n", first.Code, reasonOf(first))
		wrap(b, "      ", names)
	default:
		fmt.Fprintf(b, "    %s\n", first.Code)
		for i, s := range same {
			fmt.Fprintf(b, "      %s: %s\n", names[i], s.Message)
		}
	}
	if first.Hint != "" && !strings.HasPrefix(first.Code, "bridge.brake.") {
		fmt.Fprintf(b, "      hint: %s\n", first.Hint)
	}
}

// reasonOf is a message without whom it is about, so that it can be said once for
// many.
func reasonOf(s bridge.Stuck) string {
	message := s.Message
	for _, name := range []string{s.UserName, s.GroupName} {
		if name != "" {
			message = strings.ReplaceAll(message, name, "…")
		}
	}
	return message
}

// wrap writes a list of names in lines.
func wrap(b *strings.Builder, indent string, names []string) {
	line := indent + names[0]
	for _, n := range names[1:] {
		if len(line)+len(", ")+len(n) > reportWidth {
			b.WriteString(line + ",\n")
			line = indent + n
			continue
		}
		line += ", " + n
	}
	b.WriteString(line + "\n")
}

// subjectText names a user, a group, or a membership.
func subjectText(s bridge.Subject) string {
	user, group := cmp.Or(s.UserName, s.User), cmp.Or(s.GroupName, s.Group)
	switch s.Kind {
	case "user":
		return user
	case "group":
		return fmt.Sprintf("group %q", group)
	}
	return fmt.Sprintf("%s in %q", user, group)
}

// inWords counts users, groups and memberships, those there are.
func inWords(c bridge.Counts) string {
	var parts []string
	for _, p := range []struct {
		n    int
		noun string
	}{{c.Users, "user"}, {c.Groups, "group"}, {c.Memberships, "membership"}} {
		switch p.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+p.noun)
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", p.n, p.noun))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// budgetText says what may be sent: calls always, reads only where something is
// in their way.
func budgetText(budget []bridge.Allowance, at time.Time) string {
	var lines []string
	for i, a := range budget {
		if i == 0 || a.PausedUntil.After(at) || a.Learned < a.Limit {
			lines = append(lines, allowanceText(a, at))
		}
	}
	return strings.Join(lines, "\n            ")
}

func allowanceText(a bridge.Allowance, at time.Time) string {
	what := "calls"
	if a.Endpoint != "actions" {
		what = "reads of " + a.Endpoint
	}
	text := fmt.Sprintf("%d of %d %s a minute are spent", a.Spent, a.Learned, what)
	switch {
	case a.Limit == 0:
		text = what + " have no limit"
	case a.Learned < a.Limit:
		text += fmt.Sprintf(" (%d are configured, and Adobe turned some away)", a.Limit)
	}
	switch {
	case a.PausedUntil.After(at):
		return text + fmt.Sprintf("; paused for %s: %s", lasted(a.PausedUntil.Sub(at)), pauseText(a.Why))
	case a.Next.Sub(at).Round(time.Second) > 0:
		return text + ", the next in " + lasted(a.Next.Sub(at))
	}
	return text
}

// pauseText says why nothing is sent.
func pauseText(why string) string {
	switch dispatch.Pause(why) {
	case dispatch.PauseAsked:
		return "Adobe asked to wait"
	case dispatch.PauseDenied:
		return "Adobe refuses the credentials"
	case dispatch.PauseUnreachable:
		return "Adobe cannot be reached"
	case dispatch.PauseBroken:
		return "Adobe's answers are broken"
	}
	return why
}

func clearByText(c bridge.ClearBy, at time.Time) string {
	if c.LeastCalls == c.MostCalls {
		return fmt.Sprintf("about %s (in %s), if nothing fails; calls: %d", clockTime(c.Latest), lasted(c.Latest.Sub(at)), c.MostCalls)
	}
	return fmt.Sprintf("between %s (in %s) and %s (in %s), if nothing fails; calls: %d to %d",
		clockTime(c.Earliest), lasted(c.Earliest.Sub(at)), clockTime(c.Latest), lasted(c.Latest.Sub(at)), c.LeastCalls, c.MostCalls)
}

// clockTime is a time as people read it.
func clockTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// lasted is a duration in its two largest units.
func lasted(d time.Duration) string {
	d = max(0, d.Round(time.Second))
	days, hours, minutes, seconds := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60, int(d/time.Second)%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh %dm", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm %ds", minutes, seconds)
	}
	return fmt.Sprintf("%ds", seconds)
}
