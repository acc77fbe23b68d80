package bridge

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/plan"
)

func TestStatus_SaysWhoIsHeldAndWhoFailedAndWhy(t *testing.T) {
	atDesk(t, func(d *desk) {
		began := now()
		d.user("acme", "ada", "bob", "eve")
		d.group("design", "ada", "bob")
		time.Sleep(time.Minute)
		d.settle(plan.Done, plan.Problem{}, inAdobe([]string{"ada"}, []string{"design"}), "user ada", "group design")
		require.NoError(d, d.store.DeleteUser(d.Context(), "acme", "ada", 0, d.origin()))
		d.settle(plan.Held, braked, plan.Settlement{}, "user ada", "edge design ada")
		d.settle(plan.Failed, conflict, plan.Settlement{}, "user bob")
		d.settle(plan.Parked, conflict, plan.Settlement{}, "edge design bob")

		s := d.status()
		require.Equal(d, Counts{Users: 1}, s.Pending)
		require.Equal(d, Counts{Memberships: 1}, s.Parked)
		require.Equal(d, Counts{Users: 1, Memberships: 1}, s.Held)
		require.Equal(d, Counts{Users: 1}, s.Failed)
		require.Equal(d, began, s.Oldest)
		require.True(d, s.NeedsPerson())
		ada := Subject{Kind: "user", User: "ada", UserName: "ada@adobe.example"} // as Adobe calls who is gone
		require.Equal(d, []Stuck{
			{Subject: Subject{Kind: "membership", User: "ada", UserName: "ada@adobe.example", Group: "design", GroupName: "Design"},
				Since: began, Code: "bridge.brake.departures", Message: "would leave", Hint: "look"},
			{Subject: ada, Since: began.Add(time.Minute), Code: "bridge.brake.departures", Message: "would leave", Hint: "look"},
		}, s.HeldSubjects)
		require.Equal(d, []Stuck{
			{Subject: Subject{Kind: "user", User: "bob", UserName: "bob@example.com"},
				Since: began, Attempts: 1, Code: "error.conflict", Message: "taken", Hint: "rename"},
		}, s.FailedSubjects)
	})
}

func TestStatus_NamesMembershipsOfTheMirror(t *testing.T) {
	atDesk(t, func(d *desk) {
		d.user("acme", "ada")
		s := inAdobe([]string{"ada"}, []string{"adobe:7"})
		s.Touched = []plan.Touch{{Kind: plan.KindMirrored, User: "ada", Group: "adobe:7", Class: plan.ClassMembership}}
		d.settle(plan.Done, plan.Problem{}, s, "user ada")
		d.settle(plan.Failed, conflict, plan.Settlement{}, "mirrored adobe:7 ada")
		require.Equal(d, Counts{Memberships: 1}, d.status().Failed)
		require.Equal(d, Subject{Kind: "membership", UserName: "ada@adobe.example", GroupName: "Adobe adobe:7"}, d.status().FailedSubjects[0].Subject)
	})
}

func TestStatus_EstimatesWhenTheQueueIsClear(t *testing.T) {
	atDesk(t, func(d *desk) {
		require.Nil(d, d.status().ClearBy)
		for range 21 {
			d.user("acme", string(rune('a'+d.status().Pending.Users)))
		}
		s := d.status()
		next := now().Add(6 * time.Second)
		require.Equal(d, []Allowance{{Endpoint: "actions", Limit: 20, Learned: 10, Spent: 3, Next: next}}, s.Budget)
		latest := now().Add(61 * time.Second)
		require.Equal(d, &ClearBy{LeastCalls: 3, MostCalls: 3, Earliest: latest, Latest: latest}, s.ClearBy, "two calls a minute")
	})
}

func TestStatus_EstimatesNothingForWhatWaitsForAFailure(t *testing.T) {
	atDesk(t, func(d *desk) {
		d.user("acme", "ada")
		d.group("design", "ada")
		d.settle(plan.Done, plan.Problem{}, inAdobe(nil, []string{"design"}), "group design")
		d.settle(plan.Parked, conflict, plan.Settlement{}, "edge design ada")
		require.NotNil(d, d.status().ClearBy, "ada goes first")
		d.settle(plan.Failed, conflict, plan.Settlement{}, "user ada")
		require.Equal(d, Counts{Memberships: 1}, d.status().Parked)
		require.Nil(d, d.status().ClearBy)
	})
}

func TestStatus_IsOfAllOrgsInTheOrderOfTheConfiguration(t *testing.T) {
	atDesk(t, func(d *desk) {
		d.user("globex", "ada")
		var r StatusReport
		d.ask(http.StatusOK, http.MethodGet, "/v1/status", "", &r)
		require.Len(d, r.Orgs, 2)
		require.Equal(d, now(), r.At)
		require.Equal(d, []string{"acme", "globex"}, []string{r.Orgs[0].Org, r.Orgs[1].Org})
		require.Zero(d, r.Orgs[0].Waiting())
		require.Equal(d, Counts{Users: 1}, r.Orgs[1].Waiting())
		require.False(d, r.Orgs[1].NeedsPerson())
		require.Zero(d, r.Orgs[0].Oldest)
	})
}

func TestStatus_RefusedCredentialsNeedAPerson(t *testing.T) {
	atDesk(t, func(d *desk) {
		require.False(d, d.status().NeedsPerson())
		until := now().Add(time.Minute)
		d.admin.orgs[0].budget = func(context.Context) ([]dispatch.Allowance, error) {
			return []dispatch.Allowance{{Endpoint: dispatch.Actions, Next: until, PausedUntil: until, Why: dispatch.PauseDenied}}, nil
		}
		s := d.status()
		require.Equal(d, "denied", s.Budget[0].Why)
		require.Equal(d, until, s.Budget[0].PausedUntil)
		require.True(d, s.NeedsPerson())
	})
}
