package bridge

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

// DefaultHistory and MaxHistory are how many lines a history has where nobody says,
// and at most.
const (
	DefaultHistory = 100
	MaxHistory     = 10_000
)

// History is the journal of one user or group: the newest lines, the oldest of
// them first.
type History struct {
	Org string `json:"org"`
	// Of is whom it is about. Its id is one of several where users share an account.
	Of Subject `json:"of"`
	// ClearBy is when all that is due of it has been sent, if nothing more comes and
	// nothing fails. It is left out where nothing is due, or where that is not worked out.
	ClearBy time.Time `json:"clear_by,omitzero"`
	// More says that there are older lines.
	More  bool   `json:"more"`
	Lines []Line `json:"lines"`
}

// Line is one line of the journal.
type Line struct {
	At time.Time `json:"at"`
	// Actor is the name of the bearer token, or of the part of the bridge.
	Actor     string `json:"actor"`
	RequestID string `json:"request_id,omitempty"`
	Event     string `json:"event"`
	Text      string `json:"text"`
	// Subject is whom the line is about.
	Subject
}

// history answers GET /v1/history.
func (a *admin) history(r *http.Request) (any, error) {
	orgs, err := a.only(r.FormValue("org"))
	if err != nil {
		return nil, err
	}
	limit := DefaultHistory
	if text := r.FormValue("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > MaxHistory {
			return nil, wrongUse("", "limit: %q is wrong, want 1 to %d", text, MaxHistory)
		}
	}
	m, err := a.findOne(r.Context(), orgs, r.FormValue("of"), plan.KindUser, plan.KindGroup)
	if err != nil {
		return nil, err
	}
	h, err := a.historyOf(r.Context(), m, limit)
	if err == nil {
		h.ClearBy, err = a.clearBy(r.Context(), m)
	}
	return h, err
}

// clearBy is when the last of what is due of somebody has been sent, or zero.
func (a *admin) clearBy(ctx context.Context, m match) (time.Time, error) {
	orgs, err := a.only(m.org)
	if err != nil {
		return time.Time{}, err
	}
	f, err := orgs[0].forecast(ctx, dispatch.Backlog{}) // the rest of the queue does not matter here
	if err != nil {
		return time.Time{}, err
	}
	var last time.Time
	for _, id := range m.ids {
		user, group := id, ""
		if m.kind == plan.KindGroup {
			user, group = "", id
		}
		if at, ok := f.Of(user, group); ok && at.After(last) {
			last = at
		}
	}
	return last, nil
}

func (a *admin) historyOf(ctx context.Context, m match, limit int) (History, error) {
	h := History{Org: m.org, Lines: []Line{}}
	var entries []store.Entry
	for _, id := range m.ids {
		of, err := a.store.Journal(ctx, m.org, id, limit+1)
		if err != nil {
			return History{}, err
		}
		entries = append(entries, of...)
	}
	slices.Reverse(entries)
	slices.SortStableFunc(entries, func(x, y store.Entry) int { return x.At.Compare(y.At) })
	if len(entries) > limit {
		entries, h.More = entries[len(entries)-limit:], true
	}
	rows := []plan.Due{m.row()}
	for _, e := range entries {
		rows = append(rows, rowOf(e))
	}
	names, err := a.namesOf(ctx, m.org, rows)
	if err != nil {
		return History{}, err
	}
	h.Of = names.subject(m.row())
	for i, e := range entries {
		h.Lines = append(h.Lines, Line{
			At: e.At, Actor: e.Actor, RequestID: e.RequestID, Event: e.Event, Text: e.Text, Subject: names.subject(rows[i+1]),
		})
	}
	return h, nil
}

// row is the row of the first of who goes by the name.
func (m match) row() plan.Due {
	if m.kind == plan.KindGroup {
		return plan.Due{Kind: plan.KindGroup, Group: m.ids[0]}
	}
	return plan.Due{Kind: plan.KindUser, User: m.ids[0]}
}

// rowOf is the row that a line would be about.
func rowOf(e store.Entry) plan.Due {
	d := plan.Due{Kind: plan.KindUser, User: e.User, Group: e.Group}
	switch {
	case e.User != "" && e.Group != "":
		d.Kind = plan.KindEdge
	case e.Group != "":
		d.Kind = plan.KindGroup
	}
	return d
}
