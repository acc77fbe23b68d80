package main

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/bridge"
	"github.com/scim-bridge/scim-bridge/dispatch"
)

// operations is docs/operations.md, and block what stands in the block of code of a kind.
func operations(t *testing.T) (text string, block func(kind string) string) {
	t.Helper()
	file, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	return string(file), func(kind string) string {
		m := regexp.MustCompile("(?s)```" + kind + "\n(.*?)```").FindSubmatch(file)
		require.NotNil(t, m, kind)
		return string(m[1])
	}
}

// TestDocs_JSONIsWhatIsPrinted holds the examples to the structs, and each of
// their fields to a mention on the page.
func TestDocs_JSONIsWhatIsPrinted(t *testing.T) {
	t.Parallel()
	text, block := operations(t)
	for kind, out := range map[string]any{
		"json status": &bridge.StatusReport{}, "json woken": &bridge.Woken{}, "json history": &bridge.History{}, "json erased": &bridge.Erased{},
	} {
		d := json.NewDecoder(strings.NewReader(block(kind)))
		d.DisallowUnknownFields()
		require.NoError(t, d.Decode(out), kind)
		again, err := json.Marshal(out)
		require.NoError(t, err)
		require.JSONEq(t, block(kind), string(again), kind)
		for _, field := range fieldsOf(reflect.TypeOf(out).Elem()) {
			require.Regexp(t, "[\"`]"+field+"[\"`]", text, "a field of %s that is not on the page", kind)
		}
	}
}

// fieldsOf lists the names of a struct's fields in JSON, those below them included.
func fieldsOf(t reflect.Type) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return nil
	}
	var all []string
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			all = append(all, name)
		}
		all = append(all, fieldsOf(f.Type)...)
	}
	return all
}

// documented is the status of the page's example.
func documented() bridge.StatusReport {
	at := time.Date(2026, 10, 14, 9, 13, 2, 0, time.UTC)
	stuck := func(code, message, hint string, s bridge.Subject) bridge.Stuck {
		return bridge.Stuck{Subject: s, Since: at.Add(-10 * time.Minute), Code: code, Message: message, Hint: hint}
	}
	user := func(name string) bridge.Subject { return bridge.Subject{Kind: "user", User: "id", UserName: name} }
	leaves := func(name string) bridge.Stuck {
		return stuck("bridge.brake.departures", name+" would leave Adobe, and more have left lately than the brake lets through", "look", user(name))
	}
	unclaimed := func(name string) bridge.Stuck {
		return stuck("error.domain.trust.nonexistent", "Domain for email is not claimed", "Claim the domain in the Admin Console.", user(name))
	}
	return bridge.StatusReport{At: at, Orgs: []bridge.OrgStatus{{
		Org: "acme", Oldest: at.Add(-12 * time.Minute),
		Pending: bridge.Counts{Users: 1200}, Parked: bridge.Counts{Memberships: 4},
		Held: bridge.Counts{Users: 22, Memberships: 1}, Failed: bridge.Counts{Users: 2, Groups: 1},
		HeldSubjects: []bridge.Stuck{
			leaves("bob@example.com"),
			stuck("bridge.brake.entitlements", `zoe@example.com would lose the group "Design", and more memberships were removed lately than the brake lets through`, "look",
				bridge.Subject{Kind: "membership", User: "id", UserName: "zoe@example.com", Group: "id", GroupName: "Design"}),
			leaves("eve@example.com"),
		},
		FailedSubjects: []bridge.Stuck{
			unclaimed("ada@example.org"), unclaimed("adele@example.org"),
			stuck("bridge.group.reserved", `"_staff" begins with an underscore, as the names of Adobe's administrator groups do`,
				"rename the group in the provider, or do not push it: its members would be given rights",
				bridge.Subject{Kind: "group", Group: "id", GroupName: "_staff"}),
		},
		Budget: []bridge.Allowance{
			{Endpoint: "actions", Limit: 10, Learned: 10, Spent: 6, Next: at.Add(9 * time.Second)},
			{Endpoint: "user", Limit: 24, Learned: 24},
		},
		ClearBy: &bridge.ClearBy{LeastCalls: 121, MostCalls: 121, Earliest: at.Add(745 * time.Second), Latest: at.Add(745 * time.Second)},
	}}}
}

func TestDocs_StatusIsWhatIsPrinted(t *testing.T) {
	t.Parallel()
	_, block := operations(t)
	require.Equal(t, block("text"), statusText(documented(), ""))
}

func TestDocs_ReplicasAreWhatIsPrinted(t *testing.T) {
	t.Parallel()
	_, block := operations(t)
	r := documented()
	ago := func(d time.Duration) time.Time { return r.At.Add(-d) }
	r.Orgs[0].Dispatcher = &bridge.OrgDispatcher{Replica: "bridge-0/1", Since: ago(26 * time.Minute)}
	r.Replicas = []bridge.Replica{
		{Name: "bridge-0/1", Started: ago(27 * time.Minute), Dispatches: []string{"acme"}},
		{Name: "bridge-1/1", Here: true, Started: ago(24 * time.Minute)},
		{Name: "bridge-2/1", Started: ago(30 * time.Second), Differs: []string{"acme"}},
		{Name: "bridge-2/1", Started: ago(50 * time.Hour), Seen: ago(3 * time.Minute), Gone: true},
	}
	require.Equal(t, block("text replicas"), strings.TrimPrefix(replicasText(r), "\n"))
	require.True(t, strings.HasSuffix(statusText(r, ""), replicasText(r)))
	r.Orgs[0].Dispatcher = nil
	require.Contains(t, replicasText(r), "\n  nobody dispatches acme at the moment")
	r.Replicas = r.Replicas[:1]
	require.Empty(t, replicasText(r), "one is nothing to speak of")
}

func TestStatusText_OrgsThatNeedAPersonComeFirst(t *testing.T) {
	t.Parallel()
	text := statusText(bridge.StatusReport{Orgs: []bridge.OrgStatus{
		{Org: "quiet"},
		{Org: "failed", Failed: bridge.Counts{Users: 9}},
		{Org: "held", Held: bridge.Counts{Users: 1}},
		{Org: "denied", Budget: []bridge.Allowance{{Endpoint: "actions", Why: "denied"}}},
	}}, "")
	var order []string
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, "org "); ok {
			order = append(order, name[:strings.Index(name, ":")])
		}
	}
	require.Equal(t, []string{"denied", "held", "failed", "quiet"}, order)
	require.Contains(t, text, "org denied: 0 held, 0 failed, 0 due\n  paused:   Adobe refuses the credentials, nothing is sent: see scim-bridge check\n")
	require.Contains(t, text, "org quiet: 0 held, 0 failed, 0 due\n  due:      nothing, Adobe has followed\n")
}

func TestStatusText_ManyNamesAreWrappedAndDifferentReasonsAreNot(t *testing.T) {
	t.Parallel()
	o := documented().Orgs[0]
	o.Held, o.HeldSubjects, o.Failed, o.FailedSubjects = bridge.Counts{}, nil, bridge.Counts{Users: 12}, nil
	for range 10 {
		o.FailedSubjects = append(o.FailedSubjects, bridge.Stuck{
			Subject: bridge.Subject{Kind: "user", User: "an-id-of-somebody-without-a-name"}, Code: "error.a", Message: "no",
		})
	}
	for _, message := range []string{"one", "two"} {
		o.FailedSubjects = append(o.FailedSubjects, bridge.Stuck{
			Subject: bridge.Subject{Kind: "user", UserName: "ada@example.com"}, Code: "error.b", Message: message,
		})
	}
	text := statusText(bridge.StatusReport{Orgs: []bridge.OrgStatus{o}}, " --config x.yaml")
	names := strings.Repeat("an-id-of-somebody-without-a-name, ", 2)
	require.Contains(t, text, "    error.a: no\n      "+strings.TrimSpace(names)+"\n      an-id")
	require.Contains(t, text, "    error.b\n      ada@example.com: one\n      ada@example.com: two\n")
	require.Contains(t, text, "scim-bridge retry --org acme --config x.yaml\n")
	for line := range bytes.Lines([]byte(text)) {
		require.LessOrEqual(t, len(line), reportWidth+2, string(line))
	}
}

func TestBudgetText(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 14, 9, 0, 0, 0, time.UTC)
	hour := at.Add(time.Hour + time.Minute)
	for _, tt := range []struct {
		name   string
		budget []bridge.Allowance
		want   string
	}{
		{"no limit", []bridge.Allowance{{Endpoint: "actions"}}, "calls have no limit"},
		{"at once", []bridge.Allowance{{Endpoint: "actions", Limit: 10, Learned: 10, Spent: 1, Next: at}}, "1 of 10 calls a minute are spent"},
		{"in a moment", []bridge.Allowance{{Endpoint: "actions", Limit: 10, Learned: 10, Spent: 1, Next: at.Add(400 * time.Millisecond)}}, "1 of 10 calls a minute are spent"},
		{"a lower limit", []bridge.Allowance{{Endpoint: "actions", Limit: 10, Learned: 4, Next: at.Add(2 * time.Second)}},
			"0 of 4 calls a minute are spent (10 are configured, and Adobe turned some away), the next in 2s"},
		{"reads that wait", []bridge.Allowance{
			{Endpoint: "actions", Limit: 10, Learned: 10}, {Endpoint: "user", Limit: 24, Learned: 24, Spent: 24},
			{Endpoint: "groups", Limit: 5, Learned: 5, PausedUntil: hour, Why: string(dispatch.PauseAsked)},
		}, "0 of 10 calls a minute are spent\n            0 of 5 reads of groups a minute are spent; paused for 1h 1m: Adobe asked to wait"},
		{"credentials", []bridge.Allowance{{Endpoint: "actions", PausedUntil: hour, Why: string(dispatch.PauseDenied)}},
			"calls have no limit; paused for 1h 1m: Adobe refuses the credentials"},
		{"the network", []bridge.Allowance{{Endpoint: "actions", PausedUntil: hour, Why: string(dispatch.PauseUnreachable)}},
			"calls have no limit; paused for 1h 1m: Adobe cannot be reached"},
		{"answers", []bridge.Allowance{{Endpoint: "actions", PausedUntil: hour, Why: string(dispatch.PauseBroken)}},
			"calls have no limit; paused for 1h 1m: Adobe's answers are broken"},
		{"what a newer bridge says", []bridge.Allowance{{Endpoint: "actions", PausedUntil: hour, Why: "closed"}},
			"calls have no limit; paused for 1h 1m: closed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, budgetText(tt.budget, at))
		})
	}
}

func TestClearByText(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 14, 9, 0, 0, 0, time.UTC)
	require.Equal(t, "between 2026-10-14 09:00:55 UTC (in 55s) and 2026-10-15 10:00:00 UTC (in 1d 1h), if nothing fails; calls: 10 to 1000",
		clearByText(bridge.ClearBy{LeastCalls: 10, MostCalls: 1000, Earliest: at.Add(55 * time.Second), Latest: at.Add(25 * time.Hour)}, at))
}

func TestVerdict_SaysWhatWaitsForAPerson(t *testing.T) {
	t.Parallel()
	require.NoError(t, verdictOf(bridge.StatusReport{Orgs: []bridge.OrgStatus{{Pending: bridge.Counts{Users: 5}, Parked: bridge.Counts{Memberships: 1}}}}))
	for want, o := range map[string]bridge.OrgStatus{
		"1 held, 0 failed": {Held: bridge.Counts{Groups: 1}},
		"0 held, 2 failed": {Failed: bridge.Counts{Memberships: 2}},
		"0 held, 0 failed, credentials refused for acme": {Org: "acme", Budget: []bridge.Allowance{{Why: "denied"}}},
	} {
		var out strings.Builder
		require.Equal(t, exitNeedsPerson, report(&out, verdictOf(bridge.StatusReport{Orgs: []bridge.OrgStatus{{}, o}})))
		require.Equal(t, "scim-bridge: status: waiting for a person: "+want+"\n", out.String())
	}
}
