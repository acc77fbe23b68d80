package bridge

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
)

// heldAtDesk is a desk at which all of ada and bob is held who were both in the
// groups design and ops; ada is gone from the directory.
func heldAtDesk(t *testing.T, story func(d *desk)) {
	t.Helper()
	atDesk(t, func(d *desk) {
		d.user("acme", "ada", "bob")
		d.group("design", "ada", "bob")
		d.group("ops", "ada", "bob")
		done := inAdobe([]string{"ada", "bob"}, []string{"design", "ops"})
		d.settle(plan.Done, plan.Problem{}, done, "user ada", "user bob", "group design", "group ops")
		require.NoError(d, d.store.DeleteUser(d.Context(), "acme", "ada", 0, d.origin()))
		_, err := d.store.UpdateUser(d.Context(), "acme", "bob", 0, []byte(`{"userName": "bob@example.com", "active": false}`), d.origin())
		require.NoError(d, err)
		d.settle(plan.Held, braked, plan.Settlement{},
			"user ada", "edge design ada", "edge ops ada", "user bob", "edge design bob", "edge ops bob")
		story(d)
	})
}

func TestRelease_LetsGoWhatIsNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, selection string
		count           int
		left            Counts
	}{
		{"one by userName", `{"user": "BOB@example.com"}`, 3, Counts{Users: 1, Memberships: 2}},
		{"one by SCIM id", `{"user": "bob"}`, 3, Counts{Users: 1, Memberships: 2}},
		{"one who is gone, by SCIM id", `{"user": "ada", "org": "acme"}`, 3, Counts{Users: 1, Memberships: 2}},
		{"one who is gone, by the address in Adobe", `{"user": "Ada@adobe.example"}`, 3, Counts{Users: 1, Memberships: 2}},
		{"a group by displayName", `{"group": "DESIGN"}`, 2, Counts{Users: 2, Memberships: 2}},
		{"a group by its name in Adobe", `{"group": "adobe ops"}`, 2, Counts{Users: 2, Memberships: 2}},
		{"one membership", `{"user": "ada", "group": "ops"}`, 1, Counts{Users: 2, Memberships: 3}},
		{"an org", `{"org": "acme"}`, 6, Counts{}},
		{"all of an org", `{"org": "acme", "all": true}`, 6, Counts{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			heldAtDesk(t, func(d *desk) {
				var w Woken
				d.ask(http.StatusOK, http.MethodPost, "/v1/release", tt.selection, &w)
				require.Equal(d, []OrgWoken{{"acme", tt.count}}, w.Orgs)
				s := d.status()
				require.Equal(d, tt.left, s.Held)
				require.Equal(d, tt.count, s.Pending.Total())
				d.ask(http.StatusOK, http.MethodPost, "/v1/release", tt.selection, &w)
				require.Zero(d, total(w), "it is held no longer")
			})
		})
	}
}

func TestRelease_AllIsOfEveryOrg(t *testing.T) {
	heldAtDesk(t, func(d *desk) {
		var w Woken
		d.ask(http.StatusOK, http.MethodPost, "/v1/release", `{"all": true}`, &w)
		require.Equal(d, []OrgWoken{{"acme", 6}, {"globex", 0}}, w.Orgs)
		require.Equal(d, 6, total(w))
	})
}

func TestRelease_OfAnotherOrgChangesNothing(t *testing.T) {
	heldAtDesk(t, func(d *desk) {
		var w Woken
		d.ask(http.StatusOK, http.MethodPost, "/v1/release", `{"org": "globex"}`, &w)
		require.Equal(d, []OrgWoken{{"globex", 0}}, w.Orgs)
		require.Equal(d, 6, d.status().Held.Total())
	})
}

func TestRelease_IsOfAllWhoShareAnAccount(t *testing.T) {
	atDesk(t, func(d *desk) {
		d.user("acme", "old", "new")
		shared := inAdobe([]string{"old"}, nil)
		shared.Links = append(shared.Links, plan.Link{Kind: plan.KindUser, Directory: "new", Mirror: "old"})
		d.settle(plan.Held, braked, shared, "user old", "user new")
		var w Woken
		d.ask(http.StatusOK, http.MethodPost, "/v1/release", `{"user": "old@adobe.example"}`, &w)
		require.Equal(d, 2, total(w))
	})
}

func TestRetry_TriesAgainWhatFailedAndNotWhatIsHeld(t *testing.T) {
	heldAtDesk(t, func(d *desk) {
		d.user("acme", "eve", "zoe")
		d.settle(plan.Failed, conflict, plan.Settlement{}, "user eve", "user zoe")
		var w Woken
		d.ask(http.StatusOK, http.MethodPost, "/v1/retry", `{"user": "eve@example.com"}`, &w)
		require.Equal(d, []OrgWoken{{"acme", 1}}, w.Orgs)
		require.Equal(d, Counts{Users: 1}, d.status().Failed)
		d.ask(http.StatusOK, http.MethodPost, "/v1/retry", `{"all": true}`, &w)
		require.Equal(d, 1, total(w))
		s := d.status()
		require.Zero(d, s.Failed)
		require.Equal(d, 6, s.Held.Total())
		require.Equal(d, Counts{Users: 2}, s.Pending)
	})
}

// total is the sum over all orgs.
func total(w Woken) int {
	n := 0
	for _, o := range w.Orgs {
		n += o.Count
	}
	return n
}
