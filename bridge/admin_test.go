package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store/sqlite"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// desk is where an operator asks, over a real store with two orgs, on the clock of
// a synctest bubble.
type desk struct {
	*testing.T
	store *sqlite.Store
	admin *admin
}

// atDesk runs a story in a bubble.
func atDesk(t *testing.T, story func(d *desk)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bridge.db"), sqlite.Options{})
		require.NoError(t, err)
		defer func() { require.NoError(t, st.Close()) }()
		budget := func(context.Context) ([]dispatch.Allowance, error) {
			return []dispatch.Allowance{{Endpoint: dispatch.Actions, Limit: 20, Learned: 10, Spent: 3, Next: now().Add(6 * time.Second)}}, nil
		}
		story(&desk{T: t, store: st, admin: &admin{
			store: st, log: slog.New(slog.NewTextHandler(t.Output(), nil)),
			orgs: []adminOrg{
				{name: "acme", budget: budget, forecast: forecastOf(t, st, "acme")},
				{name: "globex", budget: budget, forecast: forecastOf(t, st, "globex")},
			},
		}})
	})
}

// forecastOf is that of a dispatcher that does not run.
func forecastOf(t *testing.T, st *sqlite.Store, org string) func(context.Context, dispatch.Backlog) (dispatch.Forecast, error) {
	d, err := dispatch.New(dispatch.Config{
		Org: org, Rules: mapping.Rules{IdentityType: umapi.AdobeID}, ActionsPerMinute: 2,
	}, st, nil)
	require.NoError(t, err)
	return d.Forecast
}

func (d *desk) origin() directory.Origin {
	return directory.Origin{Actor: "okta", RequestID: "request", At: now()}
}

// user makes an active user of that id in an org.
func (d *desk) user(org string, ids ...string) {
	d.Helper()
	for _, id := range ids {
		_, err := d.store.CreateUser(d.Context(), org, directory.User{
			Meta:     directory.Meta{ID: id},
			Document: fmt.Appendf(nil, `{"userName": "%s@example.com", "active": true}`, id),
		}, d.origin())
		require.NoError(d, err)
	}
}

// group makes a group of that id in acme, called as the id with a capital.
func (d *desk) group(id string, members ...string) {
	d.Helper()
	_, _, err := d.store.CreateGroup(d.Context(), "acme", directory.Group{
		Meta:     directory.Meta{ID: id},
		Document: fmt.Appendf(nil, `{"displayName": "%s"}`, strings.ToUpper(id[:1])+id[1:]),
	}, directory.GroupChange{Members: []directory.MemberChange{{Op: directory.MemberAdd, IDs: members}}}, d.origin())
	require.NoError(d, err)
}

// settle says of each pending row of acme that is named, as "user ada" or
// "edge design ada", what became of it.
func (d *desk) settle(outcome plan.Outcome, p plan.Problem, s plan.Settlement, rows ...string) {
	d.Helper()
	due, err := d.store.Due(d.Context(), "acme", now().Add(time.Hour), 1000)
	require.NoError(d, err)
	for _, row := range due {
		for _, want := range rows {
			if strings.Join(strings.Fields(fmt.Sprint(row.Kind, " ", row.Group, " ", row.User)), " ") == want {
				s.Verdicts = append(s.Verdicts, plan.Verdict{Due: row, Outcome: outcome, Problem: p, Attempt: outcome == plan.Failed})
			}
		}
	}
	require.Len(d, s.Verdicts, len(rows), "of %v", due)
	l, err := d.store.Lease(d.Context(), "acme")
	require.NoError(d, err)
	require.NoError(d, d.store.Settle(d.Context(), l, s, now()))
}

// inAdobe is what the mirror holds once Adobe has followed.
func inAdobe(accounts, groups []string) plan.Settlement {
	var s plan.Settlement
	for _, id := range accounts {
		s.Accounts = append(s.Accounts, plan.Account{ID: id, Presence: plan.Present, Type: "federatedID", Email: id + "@adobe.example"})
		s.Links = append(s.Links, plan.Link{Kind: plan.KindUser, Directory: id, Mirror: id})
	}
	for _, id := range groups {
		s.AdobeGroups = append(s.AdobeGroups, plan.AdobeGroup{ID: id, Presence: plan.Present, Type: "USER_GROUP", Name: "Adobe " + id})
		s.Links = append(s.Links, plan.Link{Kind: plan.KindGroup, Directory: id, Mirror: id})
	}
	return s
}

// ask asks, and decodes the answer, whose status must be want.
func (d *desk) ask(want int, method, target, body string, out any) {
	d.Helper()
	w := httptest.NewRecorder()
	d.admin.handler().ServeHTTP(w, httptest.NewRequestWithContext(d.Context(), method, target, strings.NewReader(body)))
	require.Equal(d, want, w.Code, w.Body.String())
	require.Equal(d, "application/json", w.Header().Get("Content-Type"))
	require.NoError(d, json.Unmarshal(w.Body.Bytes(), out))
}

// refused asks for what is refused.
func (d *desk) refused(want int, method, target, body, message, hint string) {
	d.Helper()
	var e AdminError
	d.ask(want, method, target, body, &e)
	require.Contains(d, e.Message, message)
	require.Contains(d, e.Hint, hint)
}

// status is the status of acme.
func (d *desk) status() OrgStatus {
	d.Helper()
	var r StatusReport
	d.ask(http.StatusOK, http.MethodGet, "/v1/status?org=acme", "", &r)
	require.Len(d, r.Orgs, 1)
	return r.Orgs[0]
}

var (
	braked   = plan.Problem{Code: "bridge.brake.departures", Message: "would leave", Hint: "look"}
	conflict = plan.Problem{Code: "error.conflict", Message: "taken", Hint: "rename"}
)

func TestAdmin_WhatIsAskedWronglyIsRefused(t *testing.T) {
	atDesk(t, func(d *desk) {
		d.user("acme", "ada")
		d.user("globex", "ada")
		d.group("ada@example.com")
		for _, tt := range []struct {
			name                  string
			status                int
			target, body          string
			wantMessage, wantHint string
		}{
			{"an org that is not there", 400, "/v1/status?org=initech", "", `no org "initech"`, "acme, globex"},
			{"an org that is not there", 400, "/v1/release", `{"org": "initech"}`, `no org "initech"`, "acme"},
			{"nothing selected", 400, "/v1/release", `{}`, "nothing is selected", ""},
			{"nothing selected", 400, "/v1/retry", `{}`, "nothing is selected", ""},
			{"no body", 400, "/v1/retry", ``, "read the request", ""},
			{"a selection that is not understood", 400, "/v1/release", `{"org": "acme", "usr": "ada"}`, "usr", ""},
			{"all, and one", 400, "/v1/release", `{"all": true, "user": "ada"}`, "all goes with neither", ""},
			{"nobody", 404, "/v1/release", `{"user": "bob"}`, `no user goes by "bob"`, "SCIM id"},
			{"nobody in that org", 404, "/v1/retry", `{"org": "globex", "group": "ada@example.com"}`, "no group", ""},
			{"one of two orgs", 400, "/v1/release", `{"user": "ada"}`, "a user of acme and a user of globex", "--org"},
			{"a user in one org, and a group of none", 404, "/v1/release", `{"org": "acme", "user": "ada", "group": "eve"}`, "no group", ""},
			{"no one's history", 400, "/v1/history", "", "nobody is named", ""},
			{"nobody's history", 404, "/v1/history?of=bob", "", "no user or group goes by", ""},
			{"the history of two", 400, "/v1/history?org=acme&of=ada@example.com", "", "a user of acme and a group of acme", "SCIM id"},
			{"a history without an end", 400, "/v1/history?org=acme&of=ada&limit=0", "", `limit: "0"`, ""},
			{"a limit that is none", 400, "/v1/history?org=acme&of=ada&limit=many", "", `limit: "many"`, ""},
		} {
			d.Logf("%s: %s %s", tt.name, tt.target, tt.body)
			method := http.MethodPost
			if strings.Contains(tt.target, "status") || strings.Contains(tt.target, "history") {
				method = http.MethodGet
			}
			d.refused(tt.status, method, tt.target, tt.body, tt.wantMessage, tt.wantHint)
		}
	})
}

func TestAdmin_AStoreThatFailsIsSaid(t *testing.T) {
	atDesk(t, func(d *desk) {
		require.NoError(d, d.store.Close())
		for _, target := range []string{"/v1/status", "/v1/history?of=ada"} {
			d.refused(http.StatusInternalServerError, http.MethodGet, target, "", "closed", "")
		}
		for _, target := range []string{"/v1/release", "/v1/retry"} {
			d.refused(http.StatusInternalServerError, http.MethodPost, target, `{"all": true}`, "closed", "")
			d.refused(http.StatusInternalServerError, http.MethodPost, target, `{"user": "ada"}`, "closed", "")
		}
	})
}
