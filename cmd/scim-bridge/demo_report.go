package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/scim-bridge/scim-bridge/cmd/scim-bridge/internal/morning"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// demoReport is the result of the demo, as --json prints it.
type demoReport struct {
	Seed     uint64          `json:"seed"`
	Changes  morning.Changes `json:"changes"`
	SCIM     []demoRequests  `json:"scim"` // by method, the last for all
	PlayedMS float64         `json:"played_ms"`
	WaitedMS float64         `json:"waited_ms"`
	UMAPI    demoCost        `json:"umapi"`
	Reads    int             `json:"umapi_reads"`
	Naive    demoCost        `json:"naive"`

	Users       int `json:"users"`
	Groups      int `json:"groups"`
	Memberships int `json:"memberships"`
	// Unfinished is what was still due, held or failed at the end.
	Unfinished  []string `json:"unfinished,omitempty"`
	Differences []string `json:"differences,omitempty"`
	Equal       bool     `json:"equal"`

	whole string // the command that prints all of it
}

// demoRequests is how requests of a method were answered.
type demoRequests struct {
	Method   string  `json:"method"`
	Requests int     `json:"requests"`
	P50MS    float64 `json:"p50_ms"`
	P99MS    float64 `json:"p99_ms"`
}

// demoCost is what was spent on Adobe's side, and how long that takes with the
// calls that Adobe allows.
type demoCost struct {
	Calls            int     `json:"calls"`
	Commands         int     `json:"commands"`
	MinutesAtTheRate float64 `json:"minutes_at_10_calls_a_minute"`
}

func newDemoCost(calls, commands int) demoCost {
	return demoCost{calls, commands, float64(calls) / documentedActions}
}

// took is the cost in time, to the second.
func (c demoCost) took() time.Duration {
	return time.Duration(c.MinutesAtTheRate * float64(time.Minute)).Round(time.Second)
}

// newDemoReport compares what the emulator holds with what was said, and counts
// what it cost from the emulator's ledger.
func newDemoReport(seed uint64, said *morning.Said, em *emulator.Emulator, status store.Status, waited time.Duration) demoReport {
	should, is := said.State(string(demoIdentityType), demoCountry), adobeState(em)
	r := demoReport{
		Seed: seed, Changes: said.Changes, PlayedMS: milliseconds(said.Took), WaitedMS: milliseconds(waited),
		Users: len(is.Users), Groups: len(is.Groups), Memberships: is.Memberships(),
		Unfinished: unfinished(status), Differences: morning.Differences(should, is),
	}
	r.Equal = len(r.Differences) == 0 && len(r.Unfinished) == 0
	methods := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	for _, m := range methods {
		others := func(s morning.Sample) bool { return s.Method != m }
		r.SCIM = append(r.SCIM, newDemoRequests(m, slices.DeleteFunc(slices.Clone(said.Samples), others)))
	}
	r.SCIM = append(r.SCIM, newDemoRequests("all", said.Samples))
	calls, commands := 0, 0
	for _, e := range em.Ledger() {
		switch {
		case isAction(e.Method, e.Path):
			calls++
			commands += len(e.Commands)
		case e.Method == http.MethodGet:
			r.Reads++
		}
	}
	r.UMAPI = newDemoCost(calls, commands)
	// Without a plan each change is a command. Ten of them share a call at best.
	naive := said.Changes.Total()
	r.Naive = newDemoCost((naive+umapi.MaxCommands-1)/umapi.MaxCommands, naive)
	return r
}

func newDemoRequests(method string, samples []morning.Sample) demoRequests {
	return demoRequests{
		Method: method, Requests: len(samples),
		P50MS: milliseconds(morning.Took(samples, 0.50)), P99MS: milliseconds(morning.Took(samples, 0.99)),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// adobeState reads the emulator, past its interface and past the bridge.
func adobeState(em *emulator.Emulator) morning.State {
	s := morning.State{Users: map[string]morning.User{}, Groups: map[string][]string{}}
	for _, u := range em.Users() {
		s.Users[u.Email] = morning.User{
			Username: u.Username, FirstName: u.FirstName, LastName: u.LastName, Country: u.Country, Type: u.Type,
		}
	}
	for _, g := range em.Groups() {
		s.Groups[g.Name] = em.Members(g.Name)
	}
	return s
}

// unfinished says what a status still holds: how much, and then what failed.
func unfinished(s store.Status) []string {
	var lines []string
	for _, c := range []struct {
		state string
		count int
	}{{"pending", total(s.Pending)}, {"parked", total(s.Parked)}, {"held", total(s.Held)}, {"failed", total(s.Failed)}} {
		if c.count > 0 {
			lines = append(lines, fmt.Sprintf("%d %s", c.count, c.state))
		}
	}
	for _, f := range s.Failures {
		lines = append(lines, fmt.Sprintf("failed: %s %s%s: %s: %s (%s)",
			f.Due.Kind, f.Due.User, f.Due.Group, f.Problem.Code, f.Problem.Message, f.Problem.Hint))
	}
	return lines
}

// verdict is nil only if Adobe holds what was said.
func (r demoReport) verdict() error {
	if r.Equal {
		return nil
	}
	return fmt.Errorf("demo: Adobe does not hold what was said: differences: %d, lines of unfinished work: %d",
		len(r.Differences), len(r.Unfinished))
}

func (d *demo) print(r demoReport) error {
	if d.json {
		out := json.NewEncoder(d.env.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(r)
	}
	return r.table(d.env.Stdout)
}

// table prints the report for people.
func (r demoReport) table(w io.Writer) error {
	c := r.Changes
	fmt.Fprintf(w, "\nThe morning of seed %d: %d people joined, %d left; %d groups; %d memberships given or taken; %d renames\n\n",
		r.Seed, c.Joins, c.Leaves, c.Teams, c.Memberships, c.Renames+c.TeamRenames)
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(t, "SCIM answered\t%8s\t%10s\t%10s\n", "requests", "p50", "p99")
	for _, s := range r.SCIM {
		fmt.Fprintf(t, "  %s\t%8d\t%7.1f ms\t%7.1f ms\n", s.Method, s.Requests, s.P50MS, s.P99MS)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	fmt.Fprintf(t, "UMAPI spent\t%8s\t%8s\t%s\n", "calls", "commands", "at 10 calls a minute")
	fmt.Fprintf(t, "  this bridge\t%8d\t%8d\t%20s\n", r.UMAPI.Calls, r.UMAPI.Commands, r.UMAPI.took())
	fmt.Fprintf(t, "  a command for each change\t%8d\t%8d\t%20s\n", r.Naive.Calls, r.Naive.Commands, r.Naive.took())
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nSaid in %.1f s; Adobe had followed %.1f s later. Reads of Adobe: %d.\n", r.PlayedMS/1000, r.WaitedMS/1000, r.Reads)
	r.list(w, "unfinished", r.Unfinished)
	r.list(w, "different", r.Differences)
	if r.Equal {
		_, err := fmt.Fprintf(w, "EQUAL: %d users, %d groups and %d memberships in Adobe are what was said, entry by entry.\n",
			r.Users, r.Groups, r.Memberships)
		return err
	}
	_, err := fmt.Fprintf(w, "NOT EQUAL: Adobe does not hold what was said. Differences: %d.\n", len(r.Differences))
	return err
}

// maxListed is how many lines of a kind are printed for people.
const maxListed = 20

// list prints the first of some lines, and says where the others are.
func (r demoReport) list(w io.Writer, what string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(w, "  %s:\n", what)
	for _, line := range lines[:min(len(lines), maxListed)] {
		fmt.Fprintf(w, "    %s\n", line)
	}
	if n := len(lines) - maxListed; n > 0 {
		fmt.Fprintf(w, "    and %d more lines, to be had with: %s\n", n, r.whole)
	}
}
