package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// AccountRead says what was learned by reading an account back: found is nil if
// Adobe has none under either address. f is what the store knows of the account.
//
// A mirrored membership that Adobe does not list is doubtful and not gone, since
// its group may have another name by now and a removal must not be forgotten.
// One that Adobe lists is not proof either: a read may be older than a change.
func AccountRead(r Read, found *umapi.User, f Facts) Settlement {
	a := *r.Account
	a.Candidate = ""
	var s Settlement
	if found == nil || !sharesDirectory(a, found.Type) {
		for _, id := range r.Linked {
			s.touch(r, Touch{Kind: KindUser, User: id, Class: ClassJoin})
			s.Notes = append(s.Notes, Note{User: id, Event: "read", Text: fmt.Sprintf("Adobe has no account %s", a.Email)})
		}
		a.Presence, a.Email = Absent, "" // no address is left that it may be found under
	} else {
		a.Presence, a.Type, a.Email = Present, found.Type, found.Email
		a.FirstName, a.LastName, a.Country = found.FirstName, found.LastName, found.Country
		if found.Username != "" {
			a.Username = found.Username
		}
		s.doubtOthers(r, found.Groups, f)
		for _, id := range r.Linked {
			s.touch(r, Touch{Kind: KindUser, User: id, Class: ClassAttribute})
			s.Notes = append(s.Notes, Note{User: id, Event: "read", Text: fmt.Sprintf("Adobe has the account as %s", a.Email)})
		}
	}
	s.Accounts = []Account{a}
	return s
}

// doubtOthers doubts the mirrored memberships of an account that are not among
// the names that Adobe lists, and has all that are doubtful looked at.
func (s *Settlement) doubtOthers(r Read, names []string, f Facts) {
	listed := make(map[string]bool, len(names))
	for _, name := range names {
		listed[directory.Fold(name)] = true
	}
	for e, p := range f.Edges {
		if e.Account == r.Account.ID && (p == Doubtful || !listed[directory.Fold(f.AdobeGroups[e.Group].Name)]) {
			s.Memberships = append(s.Memberships, Membership{Edge: e, Presence: Doubtful})
		}
	}
	slices.SortFunc(s.Memberships, func(x, y Membership) int { return cmp.Compare(x.Group, y.Group) })
	for _, m := range s.Memberships {
		s.touch(r, Touch{Kind: KindMirrored, User: m.Account, Group: m.Group, Class: ClassMembership})
	}
}

// GroupRead says what was learned by reading a group back under the name
// given: empty if Adobe has none under either name. A group whose creation had
// no reply stays adopted even if it is found: somebody may have made it.
func GroupRead(r Read, name string) Settlement {
	g := *r.AdobeGroup
	g.Candidate = ""
	var s Settlement
	text := fmt.Sprintf("Adobe has no group %q", g.Name)
	g.Presence = Absent
	if name != "" {
		g.Presence, g.Name = Present, name
		text = fmt.Sprintf("Adobe has the group as %q", name)
	}
	for _, id := range r.Linked {
		s.touch(r, Touch{Kind: KindGroup, Group: id, Class: ClassAttribute})
		s.Notes = append(s.Notes, Note{Group: id, Event: "read", Text: text})
	}
	s.AdobeGroups = []AdobeGroup{g}
	return s
}

// ReadFailed says what follows when a subject could not be read though others
// might be: its rows wait, and fail when their attempts have run out.
func ReadFailed(r Read, p Problem, now time.Time) Settlement {
	var s Settlement
	for _, d := range r.Due {
		v := Verdict{Due: d, Outcome: Retry, Problem: p, NotBefore: now.Add(Backoff(d.Attempts)), Attempt: true, Alone: d.Alone}
		if d.Attempts+1 >= MaxAttempts {
			v.Outcome, v.NotBefore = Failed, time.Time{}
		}
		s.Verdicts = append(s.Verdicts, v)
	}
	return s
}

// touch makes a linked resource due, unless it waits for the read anyway: it
// would lose count of its attempts.
func (s *Settlement) touch(r Read, t Touch) {
	for _, d := range r.Due {
		if d.Kind == t.Kind && d.User == t.User && d.Group == t.Group {
			return
		}
	}
	s.Touched = append(s.Touched, t)
}
