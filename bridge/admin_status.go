package bridge

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

// StatusReport is what there is to say of each org, in the order of the
// configuration.
type StatusReport struct {
	At   time.Time   `json:"at"`
	Orgs []OrgStatus `json:"orgs"`
	// Replicas are the processes that have the database open, this one among them,
	// and those that were not seen for a while and did not say goodbye.
	Replicas []Replica `json:"replicas"`
}

// OrgStatus is the work of one org.
type OrgStatus struct {
	Org string `json:"org"`
	// Pending is sent as soon as may be, Parked waits for its user or group to be
	// in Adobe, Held for a person, Failed for new input, new configuration or a
	// person.
	Pending Counts `json:"pending"`
	Parked  Counts `json:"parked"`
	Held    Counts `json:"held"`
	Failed  Counts `json:"failed"`
	// Oldest is since when the oldest of what is pending or parked is due.
	Oldest time.Time `json:"oldest,omitzero"`
	// HeldSubjects and FailedSubjects are those that wait longest, 20 at most,
	// the oldest first.
	HeldSubjects   []Stuck `json:"held_subjects"`
	FailedSubjects []Stuck `json:"failed_subjects"`
	// Dispatcher is who sends to Adobe, left out if nobody does at the moment.
	Dispatcher *OrgDispatcher `json:"dispatcher,omitempty"`
	// Budget is what may be sent to Adobe, action calls first.
	Budget []Allowance `json:"budget"`
	// ClearBy is left out where nothing is pending: what is parked then waits for
	// something that waits for a person.
	ClearBy *ClearBy `json:"clear_by,omitempty"`
}

// Counts are numbers of users, of groups, and of memberships of users in groups.
type Counts struct {
	Users       int `json:"users"`
	Groups      int `json:"groups"`
	Memberships int `json:"memberships"`
}

// Total is all of them.
func (c Counts) Total() int { return c.Users + c.Groups + c.Memberships }

// plus adds two numbers each.
func (c Counts) plus(o Counts) Counts {
	return Counts{c.Users + o.Users, c.Groups + o.Groups, c.Memberships + o.Memberships}
}

// Waiting is what Adobe will be told by itself.
func (s OrgStatus) Waiting() Counts { return s.Pending.plus(s.Parked) }

// Stuck is one user, group or membership that waits for a person, and why.
type Stuck struct {
	Subject
	Since    time.Time `json:"since"`
	Attempts int       `json:"attempts"`
	Code     string    `json:"code"`
	Message  string    `json:"message"`
	Hint     string    `json:"hint,omitempty"`
}

// Allowance is what may be sent to one endpoint of Adobe's, see dispatch.Allowance.
type Allowance struct {
	// Endpoint is "actions", or what is read: "user", "members", "users" or "groups".
	Endpoint string `json:"endpoint"`
	// Limit is what may be sent in a minute as configured, 0 for any number, and
	// Learned what is sent at most, since Adobe turned more away.
	Limit   int `json:"limit"`
	Learned int `json:"learned"`
	// Spent is what counts against it.
	Spent int `json:"spent"`
	// Next is when the next may be sent: at once, if it has passed.
	Next time.Time `json:"next"`
	// PausedUntil is set while nothing is sent at all, and Why says why: "asked",
	// "denied", "unreachable" or "broken".
	PausedUntil time.Time `json:"paused_until,omitzero"`
	Why         string    `json:"why,omitempty"`
}

// ClearBy is when all that is pending or parked has been sent, if nothing more comes
// and nothing fails, as package dispatch forecasts it. Least and most differ where it
// is too much to be worked out, or waits for a time of its own.
type ClearBy struct {
	LeastCalls int       `json:"least_calls"`
	MostCalls  int       `json:"most_calls"`
	Earliest   time.Time `json:"earliest"`
	Latest     time.Time `json:"latest"`
}

// NeedsPerson reports whether anything waits for a person.
func (s OrgStatus) NeedsPerson() bool { return s.Held.Total()+s.Failed.Total() > 0 || s.Denied() }

// Denied reports whether nothing is sent because Adobe refuses the credentials.
func (s OrgStatus) Denied() bool {
	return slices.ContainsFunc(s.Budget, func(a Allowance) bool { return a.Why == string(dispatch.PauseDenied) })
}

// status answers GET /v1/status.
func (a *admin) status(r *http.Request) (any, error) {
	orgs, err := a.only(r.FormValue("org"))
	if err != nil {
		return nil, err
	}
	report := StatusReport{At: now(), Orgs: []OrgStatus{}}
	all, err := a.store.Replicas(r.Context())
	if err != nil {
		return nil, err
	}
	report.Replicas = replicasOf(all, orgs)
	for _, o := range orgs {
		s, err := a.statusOf(r.Context(), o)
		if err != nil {
			return nil, err
		}
		s.Dispatcher = dispatcherOf(all, o.name)
		report.Orgs = append(report.Orgs, s)
	}
	return report, nil
}

func (a *admin) statusOf(ctx context.Context, o adminOrg) (OrgStatus, error) {
	st, err := a.store.Status(ctx, o.name)
	if err != nil {
		return OrgStatus{}, err
	}
	var rows []plan.Due
	for _, stuck := range append(st.Holds[:len(st.Holds):len(st.Holds)], st.Failures...) {
		rows = append(rows, stuck.Due)
	}
	names, err := a.namesOf(ctx, o.name, rows)
	if err != nil {
		return OrgStatus{}, err
	}
	budget, err := o.budget(ctx)
	if err != nil {
		return OrgStatus{}, err
	}
	s := OrgStatus{
		Org: o.name, Oldest: st.Oldest,
		Pending: countsOf(st.Pending), Parked: countsOf(st.Parked), Held: countsOf(st.Held), Failed: countsOf(st.Failed),
		HeldSubjects: names.stuck(st.Holds), FailedSubjects: names.stuck(st.Failures),
		Budget: allowancesOf(budget),
	}
	if s.Pending.Total() > 0 {
		f, err := o.forecast(ctx, dispatch.Backlog(s.Waiting()))
		if err != nil {
			return OrgStatus{}, err
		}
		s.ClearBy = &ClearBy{LeastCalls: f.LeastCalls, MostCalls: f.MostCalls, Earliest: f.Earliest, Latest: f.Latest}
	}
	return s, nil
}

func allowancesOf(budget []dispatch.Allowance) []Allowance {
	out := make([]Allowance, 0, len(budget))
	for _, a := range budget {
		out = append(out, Allowance{
			Endpoint: string(a.Endpoint), Limit: a.Limit, Learned: a.Learned, Spent: a.Spent,
			Next: a.Next, PausedUntil: a.PausedUntil, Why: string(a.Why),
		})
	}
	return out
}

// countsOf adds the memberships of the mirror to those of the directory.
func countsOf(of map[plan.Kind]int) Counts {
	return Counts{Users: of[plan.KindUser], Groups: of[plan.KindGroup], Memberships: of[plan.KindEdge] + of[plan.KindMirrored]}
}

// stuck names what rows are about.
func (n naming) stuck(rows []store.Stuck) []Stuck {
	out := make([]Stuck, 0, len(rows))
	for _, r := range rows {
		out = append(out, Stuck{
			Subject: n.subject(r.Due), Since: r.Due.Since, Attempts: r.Due.Attempts,
			Code: r.Problem.Code, Message: r.Problem.Message, Hint: r.Problem.Hint,
		})
	}
	return out
}

// now is the time as the store keeps it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
