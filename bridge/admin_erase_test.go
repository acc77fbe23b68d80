package bridge

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
)

// leaves has a user of acme who is in Adobe leave.
func (d *desk) leaves(id string) {
	d.Helper()
	require.NoError(d, d.store.DeleteUser(d.Context(), "acme", id, 0, d.origin()))
	gone := inAdobe([]string{id}, nil)
	gone.Accounts[0].Presence, gone.Links = plan.Absent, nil
	d.settle(plan.Done, plan.Problem{}, gone, "user "+id)
}

func TestErase_LeavesNothingToBeFound(t *testing.T) {
	atDesk(t, func(d *desk) {
		for _, name := range []string{"ada", "bob"} {
			d.user("acme", name)
			d.settle(plan.Done, plan.Problem{}, inAdobe([]string{name}, nil), "user "+name)
			d.leaves(name)
		}
		d.user("acme", "eve")
		d.settle(plan.Done, plan.Problem{}, plan.Settlement{Notes: []plan.Note{
			{User: "eve", Event: "failed", Text: "ada@adobe.example has that address"}, {User: "eve", Event: "done", Text: "made"},
		}}, "user eve")

		var e Erased
		d.ask(http.StatusOK, http.MethodPost, "/v1/erase", `{"user": "ADA@adobe.example"}`, &e)
		require.Equal(d, Erased{Org: "acme", Lines: 3, Accounts: 1}, e)
		for _, of := range []string{"ada", "ada@adobe.example"} {
			d.refused(http.StatusNotFound, http.MethodGet, "/v1/history?of="+of, "", "no user or group goes by", "")
			d.refused(http.StatusNotFound, http.MethodPost, "/v1/erase", `{"user": "`+of+`"}`, "nobody goes by", "give the SCIM id")
		}
		var h History
		d.ask(http.StatusOK, http.MethodGet, "/v1/history?of=eve", "", &h)
		require.Len(d, h.Lines, 2, "the one that named ada is gone")
		lines, err := d.store.Journal(d.Context(), "acme", "", 1)
		require.NoError(d, err)
		require.Equal(d, []string{"operator", "erased", "", ""}, []string{lines[0].Actor, lines[0].Event, lines[0].User, lines[0].Group})
		require.NotContains(d, lines[0].Text, "ada")

		e = Erased{}
		d.ask(http.StatusOK, http.MethodPost, "/v1/erase", `{"user": "bob", "org": "acme"}`, &e)
		require.Equal(d, Erased{Org: "acme", Lines: 2, Accounts: 1}, e)
	})
}

func TestErase_RefusesWhoHasNotLeft(t *testing.T) {
	atDesk(t, func(d *desk) {
		d.user("acme", "ada")
		d.settle(plan.Done, plan.Problem{}, inAdobe([]string{"ada"}, nil), "user ada")
		refused := func(what string) {
			d.Helper()
			d.refused(http.StatusConflict, http.MethodPost, "/v1/erase", `{"user": "ada@adobe.example"}`,
				`"ada@adobe.example" has not left: `+what, "delete the user at the provider")
		}
		refused("user ada is in the directory")
		require.NoError(d, d.store.DeleteUser(d.Context(), "acme", "ada", 0, d.origin()))
		refused("something of user ada is due")

		// Her account stays in Adobe: what was said of her goes, what Adobe has does not.
		d.settle(plan.Done, plan.Problem{}, plan.Settlement{}, "user ada")
		var e Erased
		d.ask(http.StatusOK, http.MethodPost, "/v1/erase", `{"user": "ada"}`, &e)
		require.Equal(d, Erased{Org: "acme", Lines: 2, Kept: []string{"ada@adobe.example"}}, e)
	})
}

// An address that somebody in the directory has is theirs.
func TestErase_KeepsLinesOfWhoHasTheAddressNow(t *testing.T) {
	atDesk(t, func(d *desk) {
		d.user("acme", "ada")
		d.settle(plan.Done, plan.Problem{}, inAdobe([]string{"ada"}, nil), "user ada")
		d.leaves("ada")
		_, err := d.store.CreateUser(d.Context(), "acme", userCalled("new", "ada@adobe.example"), d.origin())
		require.NoError(d, err)
		d.refused(http.StatusConflict, http.MethodPost, "/v1/erase", `{"user": "ada@adobe.example"}`, "user new is in the directory", "")
		var e Erased
		d.ask(http.StatusOK, http.MethodPost, "/v1/erase", `{"user": "ada"}`, &e)
		require.Equal(d, 2, e.Lines)
		var h History
		d.ask(http.StatusOK, http.MethodGet, "/v1/history?of=new", "", &h)
		require.Len(d, h.Lines, 1)
	})
}

func TestErase_NeedsAPersonOfOneOrg(t *testing.T) {
	atDesk(t, func(d *desk) {
		d.refused(http.StatusBadRequest, http.MethodPost, "/v1/erase", `{}`, "nobody is named", "")
		d.refused(http.StatusBadRequest, http.MethodPost, "/v1/erase", `{"user": "ada", "group": "design"}`, "unknown field", "")
		d.refused(http.StatusBadRequest, http.MethodPost, "/v1/erase", `{"user": "ada", "org": "initech"}`, `there is no org "initech"`, "")
		d.user("acme", "ada")
		d.user("globex", "ada")
		d.refused(http.StatusBadRequest, http.MethodPost, "/v1/erase", `{"user": "ada"}`, `"ada" is known in acme and globex`, "--org")
	})
}

// userCalled is a user with an id and a userName.
func userCalled(id, name string) directory.User {
	return directory.User{Meta: directory.Meta{ID: id}, Document: fmt.Appendf(nil, `{"userName": %q, "active": true}`, name)}
}
