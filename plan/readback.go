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
	a.Candidate, a.LookAt, a.Looks = "", time.Time{}, 0
	var s Settlement
	switch {
	case found == nil && a.Presence == Present && !a.Twin: // a read may be older than what made it
	case found == nil:
		s.tell(r, ClassJoin, fmt.Sprintf("Adobe has no account %s", a.Email))
		a.Presence, a.Twin, a.Email = Absent, false, "" // no address is left that it may be found under
	case found.Type == umapi.AdobeID && (a.Twin || a.Type != umapi.AdobeID):
		s.twin(r, &a, *found, f)
	case !sharesDirectory(a, found.Type) && !a.Twin:
		s.tell(r, ClassJoin, fmt.Sprintf("Adobe has no Adobe ID %s", a.Email))
		a.Presence, a.Email = Absent, ""
	default:
		a.is(*found)
		s.doubtOthers(r, found.Groups, f)
		s.tell(r, ClassAttribute, fmt.Sprintf("Adobe has the account as %s", a.Email))
	}
	s.Accounts = []Account{a}
	s.freeEmail(*r.Account, a)
	return s
}

// is takes over what Adobe says of an account.
func (a *Account) is(u umapi.User) {
	a.Presence, a.Twin = Present, false
	a.Type, a.Email = u.Type, u.Email
	a.FirstName, a.LastName, a.Country = u.FirstName, u.LastName, u.Country
	if u.Username != "" {
		a.Username = u.Username
	}
}

// tell has the linked users looked at, and notes why.
func (s *Settlement) tell(r Read, c Class, text string) {
	for _, id := range r.Linked {
		s.touch(r, Touch{Kind: KindUser, User: id, Class: c})
		s.Notes = append(s.Notes, Note{User: id, Event: "read", Text: text})
	}
}

// twin mirrors that there is an Adobe ID instead of the account. What was meant
// for the account was given to it, and is taken back.
func (s *Settlement) twin(r Read, a *Account, u umapi.User, f Facts) {
	a.is(u)
	a.Twin, a.Domain = true, ""
	p := Problem{
		Code:    "bridge.adobe_id.twin",
		Message: fmt.Sprintf("the organization has an Adobe ID with the e-mail %s, and Adobe makes no other account beside it", u.Email),
		Hint:    "remove the Adobe ID under Users in the Admin Console, or give the user identityType adobeID in the provider; then scim-bridge retry",
	}
	for _, d := range r.Due {
		if d.Kind == KindUser && f.active(d.User) {
			s.Verdicts = append(s.Verdicts, Verdict{Due: d, Outcome: Failed, Problem: p})
		}
	}
	if !r.Account.Twin { // else who else maps to it knows, and would have it read again, and so on
		s.tell(r, ClassAttribute, p.Message)
	}
	s.doubtOthers(r, nil, f)
}

// AccountLooked says what was learned by looking at what a create has made, at
// now. What differs from what the create said, and can be changed, is due.
func AccountLooked(r Read, found *umapi.User, f Facts, now time.Time) Settlement {
	a := *r.Account
	if found == nil {
		a.LookAt, a.Looks = now.Add(a.untilNextLook()), a.Looks+1
		s := Settlement{Accounts: []Account{a}}
		if a.Looks >= maxLooks {
			s.Accounts[0].LookAt = time.Time{}
			for _, id := range r.Linked {
				s.Notes = append(s.Notes, Note{User: id, Event: "read", Text: fmt.Sprintf(
					"Adobe said that it made %s and does not show it: the account may be disabled; look for it in the Admin Console", a.Email)})
			}
		}
		return s
	}
	if !sharesDirectory(a, found.Type) {
		return AccountRead(r, found, f)
	}
	was := a
	a.LookAt, a.Looks = time.Time{}, 0
	a.is(*found)
	s := Settlement{Accounts: []Account{a}}
	s.doubtOthers(r, found.Groups, f)
	for _, id := range r.Linked {
		if was.Type != a.Type || was.FirstName != a.FirstName || was.LastName != a.LastName ||
			!sameText(was.Email, a.Email) || !sameText(was.Username, a.Username) {
			s.touch(r, Touch{Kind: KindUser, User: id, Class: ClassAttribute})
		}
		if was.Country != a.Country && was.Country != "" {
			s.Notes = append(s.Notes, Note{User: id, Event: "read", Text: fmt.Sprintf(
				"Adobe has the country %s for %s and not %s: it was there before, and a country can never be changed", a.Country, a.Email, was.Country)})
		}
	}
	return s
}

// LookFailed says when to look again at what a create has made after a look that had
// no answer: it tells nothing, and does not count.
func LookFailed(r Read, now time.Time) Settlement {
	a := *r.Account
	a.LookAt = now.Add(a.untilNextLook())
	return Settlement{Accounts: []Account{a}}
}

func (a Account) untilNextLook() time.Duration { return time.Duration(a.Looks+1) * 5 * lookAfter }

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
//
// A reading may be older than what made or renamed the group, and one that is
// gone takes its memberships along: so a group that the bridge made is read
// again, some minutes after now, before it is taken for gone.
//
// One that is not ours to make is doubtful then, so that nothing of it is forgotten
// when it comes back; the groups that a rule maps to it fail until then.
func GroupRead(r Read, name string, now time.Time) Settlement {
	g := *r.AdobeGroup
	var s Settlement
	if name == "" && r.Given {
		return s.unseen(r, g)
	}
	if name == "" && !g.Adopted {
		if g.MissedAt.IsZero() {
			g.MissedAt = now
		}
		if again := g.MissedAt.Add(missedFor); again.After(now) {
			return s.missed(r, g, again)
		}
	}
	g.Candidate, g.MissedAt = "", time.Time{}
	g.Adopted = g.Adopted || g.Presence == Absent // what is there now somebody else made
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
	if r.Given {
		s.Touched = append(s.Touched, Touch{Kind: KindMirrored, Group: g.ID, Class: ClassMembership})
		for _, id := range r.Linked {
			s.Touched = append(s.Touched, Touch{Kind: KindEdge, Group: id, Class: ClassMembership})
		}
	}
	s.AdobeGroups = []AdobeGroup{g}
	s.freeName(*r.AdobeGroup, g)
	return s
}

// unseen fails the groups that a rule maps to an Adobe group which is not there.
func (s Settlement) unseen(r Read, g AdobeGroup) Settlement {
	known := g.Presence.missing()
	if g.Presence != Absent {
		g.Presence = Doubtful
	}
	for _, d := range r.Due {
		if d.Kind == KindGroup {
			s.Verdicts = append(s.Verdicts, Verdict{Due: d, Outcome: Failed, Problem: targetMissing(g.Name)})
		}
	}
	for _, id := range r.Linked {
		s.Notes = append(s.Notes, Note{Group: id, Event: "read", Text: fmt.Sprintf("Adobe has no group %q", g.Name)})
		if !known { // each that maps to it fails by itself
			s.touch(r, Touch{Kind: KindGroup, Group: id, Class: ClassGroup})
		}
	}
	s.AdobeGroups = []AdobeGroup{g}
	return s
}

// targetMissing is what is wrong where Adobe has no group that a rule names.
func targetMissing(name string) Problem {
	return Problem{
		Code:    "bridge.group.target_missing",
		Message: fmt.Sprintf("Adobe has no group %q, which a rule maps the group to", name),
		Hint:    "correct the name in mapping.groups, or make it in the Admin Console and then scim-bridge retry",
	}
}

// missed has the rows of a group that Adobe did not show wait for another reading.
func (s Settlement) missed(r Read, g AdobeGroup, again time.Time) Settlement {
	g.Presence = Unknown
	s.AdobeGroups = []AdobeGroup{g}
	for _, d := range r.Due {
		s.Verdicts = append(s.Verdicts, Verdict{Due: d, Outcome: Retry, NotBefore: again, Refused: d.Refused, Problem: Problem{
			Code:    "bridge.group.missed",
			Message: fmt.Sprintf("Adobe does not show the group %q, and may be late", g.Name),
			Hint:    "nothing to do: it is looked for once more, and made again if it is not there",
		}})
	}
	return s
}

// ReadFailed says what follows when a subject could not be read though others
// might be: its rows wait, and fail when their attempts have run out.
func ReadFailed(r Read, p Problem, now time.Time) Settlement {
	var s Settlement
	for _, d := range r.Due {
		v := Verdict{Due: d, Outcome: Retry, Problem: p, NotBefore: now.Add(Backoff(d.Attempts)), Attempt: true, Refused: d.Refused}
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
