package bridge

import (
	"context"
	"net/http"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/store"
)

// Selection is what an operator acts on. One of the fields must be set, so that
// nothing is ever taken for everything.
type Selection struct {
	// Org is the name of an org. Alone it means all of that org.
	Org string `json:"org,omitempty"`
	// User and Group are SCIM ids or names: a user or a group, each with its
	// memberships, or with both the membership of the one in the other.
	User  string `json:"user,omitempty"`
	Group string `json:"group,omitempty"`
	// All is everything of the org, or of every org.
	All bool `json:"all,omitempty"`
}

// Validate refuses a selection that says nothing, or two things.
func (s Selection) Validate() error {
	switch {
	case s == Selection{}:
		return wrongUse("", "nothing is selected: want an org, a user, a group or all")
	case s.All && s.User+s.Group != "":
		return wrongUse("", "all goes with neither a user nor a group")
	}
	return nil
}

// Woken is what became of a selection.
type Woken struct {
	Orgs []OrgWoken `json:"orgs"`
}

// OrgWoken is how many users, groups and memberships of an org are pending again.
type OrgWoken struct {
	Org   string `json:"org"`
	Count int    `json:"count"`
}

// operator is who the journal names for what is done over the socket.
const operator = "operator"

// release answers POST /v1/release.
func (a *admin) release(r *http.Request) (any, error) {
	return a.wake(r, "release", a.store.Release)
}

// retry answers POST /v1/retry.
func (a *admin) retry(r *http.Request) (any, error) {
	return a.wake(r, "retry", a.store.Retry)
}

// wake has what is selected done by act, org by org.
func (a *admin) wake(r *http.Request, what string, act func(context.Context, string, store.Selection, directory.Origin) (int, error)) (any, error) {
	var s Selection
	if err := readBody(r, &s); err != nil {
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	selected, err := a.selected(r.Context(), s)
	if err != nil {
		return nil, err
	}
	w := Woken{Orgs: []OrgWoken{}}
	for _, of := range selected {
		one := OrgWoken{Org: of.org}
		for _, sel := range of.selections {
			n, err := act(r.Context(), of.org, sel, directory.Origin{Actor: operator, At: now()})
			if err != nil {
				return nil, err
			}
			one.Count += n
		}
		a.log.Info("an operator acted", "did", what, "org", one.Org, "count", one.Count)
		w.Orgs = append(w.Orgs, one)
	}
	return w, nil
}

// orgSelections are a selection in an org, in the store's terms.
type orgSelections struct {
	org        string
	selections []store.Selection
}

// selected finds what a selection names.
func (a *admin) selected(ctx context.Context, s Selection) ([]orgSelections, error) {
	orgs, err := a.only(s.Org)
	if err != nil {
		return nil, err
	}
	if s.User+s.Group == "" {
		var all []orgSelections
		for _, o := range orgs {
			all = append(all, orgSelections{o.name, []store.Selection{{}}})
		}
		return all, nil
	}
	out := orgSelections{selections: []store.Selection{{}}}
	if s.User != "" {
		m, err := a.findOne(ctx, orgs, s.User, plan.KindUser)
		if err != nil {
			return nil, err
		}
		out.org, out.selections = m.org, nil
		for _, id := range m.ids {
			out.selections = append(out.selections, store.Selection{User: id})
		}
		if orgs, err = a.only(m.org); err != nil {
			return nil, err
		}
	}
	if s.Group != "" {
		m, err := a.findOne(ctx, orgs, s.Group, plan.KindGroup)
		if err != nil {
			return nil, err
		}
		out.org = m.org
		var pairs []store.Selection
		for _, sel := range out.selections {
			for _, id := range m.ids {
				pairs = append(pairs, store.Selection{User: sel.User, Group: id})
			}
		}
		out.selections = pairs
	}
	return []orgSelections{out}, nil
}
