package plan

import (
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/mapping"
)

// Input is what [Build] looks at.
type Input struct {
	// Due is in ascending order of rank.
	Due    []Due
	Facts  Facts
	Rules  mapping.Rules
	Limits Limits
	Now    time.Time
	// Allowance is what may still be removed without a person; nil is no brake.
	// A field that is [Unbraked] is none for what it counts.
	Allowance *Removals
	// GroupsKnown says that Adobe's groups were listed completely: until then
	// no group is mapped, since its name might be a product profile's.
	GroupsKnown bool
	// Flights are calls that had no answer and may still arrive.
	Flights []Flight

	endless bool // the call has room for all: see Foresee
}

// Plan is what to do next.
type Plan struct {
	// Commands are those of the next call; empty if there is nothing to send.
	Commands []Command
	// Links are recorded with the call, unless Decided holds them: what is
	// decided about a resource must not be written without its link.
	Links []Link
	// Decided is what is known without asking Adobe. It is written first.
	Decided Settlement
	// Reads are the subjects that must be read back before anything else.
	Reads []Read
	// NeedsGroups says that a group waits for a listing of Adobe's groups.
	NeedsGroups bool
	// Braked says that Allowance was not enough: a larger one would let more through.
	Braked bool
	// Full says that users who come or leave fill the call: what is due behind would
	// not change it.
	Full bool
}

// Read is a subject whose state in Adobe is not known. One of Account and
// AdobeGroup is set.
type Read struct {
	Account    *Account
	AdobeGroup *AdobeGroup
	// Due are the rows that wait for it.
	Due []Due
	// Linked are the SCIM ids of the users or groups that map to it.
	Linked []string
	// Given says of an Adobe group that it is not ours to make: it is expected to be
	// there, and if it is not a person has to see to it.
	Given bool
}

// First is the query for what Build needs to know of the due rows themselves.
func First(due []Due) Query {
	var q Query
	users, groups := map[string]bool{}, map[string]bool{}
	for _, d := range due {
		if d.Kind == KindMirrored {
			q.Accounts, q.AdobeGroups = append(q.Accounts, d.User), append(q.AdobeGroups, d.Group)
			continue
		}
		if d.User != "" && !users[d.User] {
			users[d.User] = true
			q.Users = append(q.Users, d.User)
		}
		if d.Group != "" && !groups[d.Group] {
			groups[d.Group] = true
			q.Groups = append(q.Groups, d.Group)
		}
	}
	return q
}

// Second is the query for who else in Adobe has the addresses and names that
// the due rows ask for. Its answer is merged into that of [First].
func Second(due []Due, f Facts, rules mapping.Rules) Query {
	q := Query{Known: f}
	linked, users := make(map[string][]string, len(f.Links)), make(map[string][]string, len(f.Links))
	for _, l := range f.Links {
		if l.Kind == KindUser {
			linked[l.Directory] = append(linked[l.Directory], l.Mirror)
			users[l.Mirror] = append(users[l.Mirror], l.Directory)
		}
	}
	wanted := func(user string) {
		if email, ok := f.wantedEmail(user, rules); ok {
			q.Emails = append(q.Emails, directory.Fold(email))
		}
	}
	for _, d := range due {
		switch d.Kind {
		case KindUser:
			for _, id := range linked[d.User] {
				// One that may have been made must not be taken for another's.
				if a := f.Accounts[id]; a.Presence.missing() && a.Email != "" {
					q.Emails = append(q.Emails, directory.Fold(a.Email))
				}
				// When one leaves an account, another of its users may decide what it is.
				for _, other := range users[id] {
					wanted(other)
				}
			}
			wanted(d.User)
		case KindGroup:
			g, ok := f.Groups[d.Group]
			if !ok {
				continue
			}
			if a, err := g.Attributes(); err == nil {
				if t, err := rules.Group(a); err == nil {
					for _, name := range t.Names {
						q.Names = append(q.Names, directory.Fold(name))
					}
				}
			}
		case KindEdge, KindMirrored: // its ends are all that matters
		}
	}
	return q
}

// wantedEmail is the address that the account of an active user should have.
func (f Facts) wantedEmail(user string, rules mapping.Rules) (string, bool) {
	u, ok := f.Users[user]
	if !ok {
		return "", false
	}
	a, err := u.Attributes()
	if err != nil || !a.IsActive() {
		return "", false
	}
	want, err := rules.Account(a)
	return want.Email, err == nil
}

// active reports whether a user is there and active.
func (f Facts) active(user string) bool {
	u, ok := f.Users[user]
	if !ok {
		return false
	}
	a, err := u.Attributes()
	return err != nil || a.IsActive() // a document that cannot be read removes nobody
}

// Merge adds what other knows.
func (f *Facts) Merge(other Facts) {
	mergeMap(&f.Users, other.Users)
	mergeMap(&f.Memberships, other.Memberships)
	mergeMap(&f.Groups, other.Groups)
	mergeMap(&f.Accounts, other.Accounts)
	mergeMap(&f.AdobeGroups, other.AdobeGroups)
	f.Links = appendNew(f.Links, other.Links)
	mergeMap(&f.Edges, other.Edges)
	f.EdgesDue = appendNew(f.EdgesDue, other.EdgesDue)
	mergeMap(&f.Sizes, other.Sizes)
}

func mergeMap[K comparable, V any](into *map[K]V, from map[K]V) {
	if *into == nil {
		*into = make(map[K]V, len(from))
	}
	for k, v := range from {
		(*into)[k] = v
	}
}

func appendNew[T comparable](list, more []T) []T {
	have := make(map[T]bool, len(list))
	for _, v := range list {
		have[v] = true
	}
	for _, v := range more {
		if !have[v] {
			list = append(list, v)
		}
	}
	return list
}

// Build decides what to do about what is due. What it has no answer for in
// this call stays due as it is.
func Build(in Input) Plan {
	in.Limits = in.Limits.OrDefaults()
	w := newWorld(in)
	units := w.landed(w.units())
	w.judgeLater(units)
	w.pack(units)
	w.dropOvertakenReads()
	w.plan.Full = w.isFull()
	if !w.plan.Decided.Empty() {
		w.plan.Decided.Links, w.plan.Links = w.plan.Links, nil
	}
	return w.plan
}
