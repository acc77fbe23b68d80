package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store"
)

// Erasure names somebody of whom nothing is to be left.
type Erasure struct {
	// Org is the name of an org, empty where the other says enough.
	Org string `json:"org,omitempty"`
	// User is a SCIM id, or the address in Adobe.
	User string `json:"user"`
}

// Erased is what was removed of somebody.
type Erased struct {
	Org      string `json:"org"`
	Lines    int    `json:"lines"`    // of the journal
	Accounts int    `json:"accounts"` // of the mirror
	// Kept are the addresses of accounts that are in Adobe still, or somebody else's.
	Kept []string `json:"kept,omitempty"`
}

// erase answers POST /v1/erase.
func (a *admin) erase(r *http.Request) (any, error) {
	var e Erasure
	if err := readBody(r, &e); err != nil {
		return nil, err
	}
	orgs, err := a.only(e.Org)
	if err != nil {
		return nil, err
	}
	org, who, facts, err := a.findLeaver(r.Context(), orgs, e.User)
	if err != nil {
		return nil, err
	}
	did, err := a.store.Erase(r.Context(), org, who, directory.Origin{Actor: operator, At: now()})
	if there, ok := errors.AsType[*store.StillThereError](err); ok {
		return nil, &AdminError{
			Message: fmt.Sprintf("%q has not left: %s", e.User, there.What),
			Hint:    "delete the user at the provider, and wait until Adobe has followed: scim-bridge history shows it",
			status:  http.StatusConflict,
		}
	}
	if err != nil {
		return nil, err
	}
	a.log.Info("an operator acted", "did", "erase", "org", org, "lines", did.Lines, "accounts", did.Accounts)
	out := Erased{Org: org, Lines: did.Lines, Accounts: did.Accounts}
	for _, id := range did.Kept {
		out.Kept = append(out.Kept, facts.Accounts[id].Email)
	}
	return out, nil
}

// findLeaver finds what is known of somebody who goes by a name, in one of the orgs.
func (a *admin) findLeaver(ctx context.Context, orgs []adminOrg, name string) (org string, who store.Traces, facts plan.Facts, err error) {
	if name == "" {
		return "", who, facts, wrongUse("", "nobody is named")
	}
	var in []string
	for _, o := range orgs {
		w, f, err := a.traces(ctx, o.name, name)
		if err != nil {
			return "", who, facts, err
		}
		if len(w.Users)+len(w.Accounts) > 0 {
			org, who, facts, in = o.name, w, f, append(in, o.name)
		}
	}
	switch len(in) {
	case 0:
		return "", who, facts, &AdminError{
			Message: fmt.Sprintf("nobody goes by %q", name),
			Hint:    "give the SCIM id, or the address in Adobe; who is not found has left no trace under this name",
			status:  http.StatusNotFound,
		}
	case 1:
		return org, who, facts, nil
	}
	return "", who, facts, wrongUse("say which with --org", "%q is known in %s", name, strings.Join(in, " and "))
}

// traces are those of somebody in an org: who goes by the name, the accounts that were
// made for them or have the address, and the addresses of these that nobody in the
// directory has.
func (a *admin) traces(ctx context.Context, org, name string) (who store.Traces, facts plan.Facts, err error) {
	if who.Users, err = a.find(ctx, org, plan.KindUser, name); err != nil {
		return who, facts, err
	}
	facts, err = a.store.Facts(ctx, org, plan.Query{Accounts: append(slices.Clone(who.Users), name), Emails: []string{directory.Fold(name)}})
	if err != nil {
		return who, facts, err
	}
	addresses := []string{directory.Fold(name)}
	for id, c := range facts.Accounts {
		who.Accounts = append(who.Accounts, id)
		if c.Presence == plan.Absent {
			addresses = append(addresses, directory.Fold(c.Email), directory.Fold(c.Username), directory.Fold(c.Candidate))
		}
	}
	slices.Sort(who.Accounts)
	slices.Sort(addresses)
	for _, address := range slices.Compact(addresses) {
		if !strings.Contains(address, "@") {
			continue // such as an id, or a login that may be any word
		}
		used, err := a.inUse(ctx, org, address)
		if err != nil {
			return who, facts, err
		}
		if !used {
			who.Addresses = append(who.Addresses, address)
		}
	}
	return who, facts, nil
}

// inUse reports whether somebody in the directory has an address.
func (a *admin) inUse(ctx context.Context, org, address string) (bool, error) {
	mail := filter.Compare{Path: filter.Path{Attr: "emails", Sub: "value"}, Op: filter.Eq, Value: address}
	q := filter.Query{Where: filter.Or{Left: named("userName", address), Right: mail}}
	l, err := a.store.Users(ctx, org, q, directory.Page{Start: 1, Count: 1})
	return err == nil && len(l.Resources) > 0, err
}
