package bridge

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/plan"
)

func TestHistory_IsTheNewestLinesTheOldestFirst(t *testing.T) {
	atDesk(t, func(d *desk) {
		began := now()
		d.user("acme", "ada", "bob")
		time.Sleep(time.Second)
		d.group("design", "ada")
		time.Sleep(time.Second)
		done := inAdobe([]string{"ada"}, nil)
		done.Notes = []plan.Note{{User: "ada", Event: "done", Text: "made"}, {User: "ada", Group: "design", Event: "done", Text: "added"}}
		d.settle(plan.Done, plan.Problem{}, done, "user ada")

		ada := Subject{Kind: "user", User: "ada", UserName: "ada@example.com"}
		inDesign := Subject{Kind: "membership", User: "ada", UserName: "ada@example.com", Group: "design", GroupName: "Design"}
		want := History{Org: "acme", Of: ada, ClearBy: began.Add(2 * time.Second), Lines: []Line{
			{At: began, Actor: "okta", RequestID: "request", Event: "created", Text: "created user ada@example.com", Subject: ada},
			{At: began.Add(time.Second), Actor: "okta", RequestID: "request", Event: "created", Text: "created group Design, added 1 member", Subject: inDesign},
			{At: began.Add(2 * time.Second), Actor: "dispatch", Event: "done", Text: "made", Subject: ada},
			{At: began.Add(2 * time.Second), Actor: "dispatch", Event: "done", Text: "added", Subject: inDesign},
		}}
		for _, of := range []string{"ada", "ADA@example.com", "ada@adobe.example"} {
			var h History
			d.ask(http.StatusOK, http.MethodGet, "/v1/history?of="+of, "", &h)
			require.Equal(d, want, h, of)
		}

		var h History
		d.ask(http.StatusOK, http.MethodGet, "/v1/history?of=ada&org=acme&limit=2", "", &h)
		require.True(d, h.More)
		require.Equal(d, want.Lines[2:], h.Lines)

		h = History{}
		d.ask(http.StatusOK, http.MethodGet, "/v1/history?of=Design&limit=2", "", &h)
		require.False(d, h.More)
		require.Equal(d, Subject{Kind: "group", Group: "design", GroupName: "Design"}, h.Of)
		require.Len(d, h.Lines, 2)
		require.Equal(d, inDesign, h.Lines[1].Subject)
	})
}

func TestHistory_OfWhoIsGone(t *testing.T) {
	atDesk(t, func(d *desk) {
		d.user("acme", "ada")
		d.settle(plan.Done, plan.Problem{}, inAdobe([]string{"ada"}, nil), "user ada")
		require.NoError(d, d.store.DeleteUser(d.Context(), "acme", "ada", 0, d.origin()))
		gone := inAdobe([]string{"ada"}, nil)
		gone.Accounts[0].Presence, gone.Links = plan.Absent, nil
		d.settle(plan.Done, plan.Problem{}, gone, "user ada")
		// Nothing but the mirror and the journal knows her any longer.
		for _, of := range []string{"ada", "ada@adobe.example"} {
			var h History
			d.ask(http.StatusOK, http.MethodGet, "/v1/history?of="+of, "", &h)
			require.Equal(d, Subject{Kind: "user", User: "ada", UserName: "ada@adobe.example"}, h.Of)
			require.Equal(d, "deleted", h.Lines[len(h.Lines)-1].Event)
		}
	})
}
