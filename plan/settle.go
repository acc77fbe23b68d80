package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// Settle reads the reply to a call, command by command.
//
// What a command without an error planned is so. In one with errors, what came
// before the first error is so. The code of the error decides about the step
// that it names. Its effect says what becomes of the mirror: something that had
// been reached anyway is done, a subject that is not what the mirror says is
// unknown and read back, and what may have been done is taken for either. Its
// class says what becomes of the rows: what may pass is tried again later, and what
// needs a person or can never succeed fails.
//
// A reply whose numbers do not add up proves nothing about the commands that it
// names no error for: they are treated as [Lost].
func Settle(c Call, r umapi.Reply, now time.Time) Settlement {
	s := settling{now: now, Settlement: Settlement{Call: c.ID, Outcome: r.Result, RequestID: r.RequestID}}
	consistent := r.Consistent(len(c.Commands))
	for i := range c.Commands {
		cmd := &c.Commands[i]
		switch errs := r.ErrorsOf(i); {
		case len(errs) > 0:
			s.failed(cmd, errs)
		case consistent:
			s.succeeded(cmd)
		default:
			s.lost(cmd, now.Add(firstBackoff), now.Add(firstBackoff))
		}
	}
	return s.Settlement
}

// ListTooLong reports whether Adobe accepts fewer entries in a list than it was sent.
func ListTooLong(r umapi.Reply) bool {
	return slices.ContainsFunc(r.Errors, func(e umapi.CommandError) bool { return e.Code == codeListTooLong })
}

// codeListTooLong tells about a limit of Adobe's, and nothing about what it holds.
const codeListTooLong = "error.command.add_remove.list_too_long"

// settling is a settlement under construction.
type settling struct {
	Settlement
	now time.Time
	// neverMade: see Command.neverMade, of the command that is being settled.
	neverMade bool
}

func (c *Command) allDue() []Due {
	out := c.subjectDue()
	for _, s := range c.Steps {
		out = append(out, s.rows()...)
	}
	return out
}

// subjectDue are the rows that a failure of the subject's step is about.
func (c *Command) subjectDue() []Due { return slices.Concat(c.Own, c.Also) }

// rows are those that a failure of the step is about.
func (s Step) rows() []Due { return slices.Concat(s.Due, s.Also) }

func (s *settling) done(due []Due) {
	for _, d := range due {
		s.Verdicts = append(s.Verdicts, Verdict{Due: d, Outcome: Done})
	}
}

func (s *settling) succeeded(c *Command) {
	for i := range c.Steps {
		s.stepDone(c, i)
	}
	s.note(c, "done", c.describe())
}

// stepDone mirrors what one step did.
func (s *settling) stepDone(c *Command, i int) {
	step := c.Steps[i]
	s.mirror(step.Added, Present)
	s.mirror(step.Removed, Absent)
	s.done(step.Due)
	if step.Subject {
		s.subject(c)
	}
}

func (s *settling) mirror(edges []Edge, p Presence) {
	for _, e := range edges {
		s.Memberships = append(s.Memberships, Membership{Edge: e, Presence: p})
	}
}

// subject mirrors the subject as planned.
func (s *settling) subject(c *Command) {
	if c.Account != nil {
		a := *c.Account
		if c.UMAPI.Do[0].CreatesUser() != nil {
			a.LookAt, a.Looks = s.now.Add(lookAfter), 0
		}
		s.Accounts = append(s.Accounts, a)
		s.freeEmail(*c.BeforeAccount, a)
	}
	if c.AdobeGroup != nil {
		s.AdobeGroups = append(s.AdobeGroups, *c.AdobeGroup)
		s.freeName(*c.BeforeAdobeGroup, *c.AdobeGroup)
	}
	s.Touched = append(s.Touched, c.Touched...)
	s.done(c.Own)
}

// failed settles a command with errors.
func (s *settling) failed(c *Command, errs []umapi.CommandError) {
	byStep := map[int]umapi.CommandError{}
	first := len(c.Steps)
	for _, e := range errs {
		step := min(max(e.Step, 0), len(c.Steps)-1)
		if _, ok := byStep[step]; !ok {
			byStep[step] = e
		}
		first = min(first, step)
	}
	s.neverMade = c.neverMade(byStep)
	defer func() { s.neverMade = false }()
	for i, step := range c.Steps {
		e, bad := byStep[i]
		switch {
		case i < first:
			s.stepDone(c, i)
		case bad && step.Subject:
			s.subjectFailed(c, e)
		case bad:
			known := len(s.Memberships)
			s.membershipsFailed(c, i, e)
			if len(s.Memberships) == known { // none was done, or may have been
				s.spare(step)
			}
			s.Touched = append(s.Touched, step.Otherwise...)
		default: // nothing is known; the rows stay due, and the steps are repeat-safe
			s.maybe(step)
			s.again(step.rows())
			s.Touched = append(s.Touched, step.Otherwise...)
		}
	}
	e := byStep[first]
	s.note(c, "failed", fmt.Sprintf("%s: %s", c.describe(), describeProblem(problemOfCode(e))))
}

// maybe mirrors that a step may have been done. What it was to add to something
// that was never made was not.
func (s *settling) maybe(step Step) {
	if !s.neverMade {
		s.mirror(step.Added, Doubtful)
	}
	s.mirror(step.Removed, Doubtful)
}

// again leaves rows due, for the next call but one.
func (s *settling) again(due []Due) {
	for _, d := range due {
		s.Verdicts = append(s.Verdicts, Verdict{Due: d, Outcome: Retry, NotBefore: s.now.Add(firstBackoff)})
	}
}

// neverMade reports whether the subject is not there because the step that
// makes it failed: then the steps after it did nothing either.
func (c *Command) neverMade(byStep map[int]umapi.CommandError) bool {
	e, bad := byStep[0]
	info, _ := umapi.Lookup(e.Code)
	step := c.UMAPI.Do[0]
	switch {
	case !bad || info.Effect == umapi.EffectPresent:
		return false
	case step.CreatesUser() != nil:
		return info.Effect != umapi.EffectUncertain
	}
	return step.CreateUserGroup != nil
}

// doubt mirrors an account that a create or a removal without a good answer may
// have left there.
func (s *settling) doubt(c *Command) {
	a := *c.Account
	if a.Presence == Absent {
		a = *c.BeforeAccount
	}
	a.Presence = Doubtful
	s.Accounts = append(s.Accounts, a)
}

// forgetNames mirrors that the names which an update was to change may be either,
// so that they differ from whatever any user of the account says.
func (s *settling) forgetNames(c *Command) {
	a, u := *c.BeforeAccount, c.UMAPI.Do[0].Update
	if u.FirstName != "" {
		a.FirstName = ""
	}
	if u.LastName != "" {
		a.LastName = ""
	}
	s.Accounts = append(s.Accounts, a)
}

// subjectFailed judges the step that should have made, changed or removed the subject.
func (s *settling) subjectFailed(c *Command, e umapi.CommandError) {
	step := c.UMAPI.Do[0]
	info, _ := umapi.Lookup(e.Code)
	switch {
	case (step.RemoveFromOrg != nil || step.DeleteUserGroup != nil) && info.Effect == umapi.EffectAbsent:
		s.subject(c) // it is not there, which is what was wanted
	case step.CreateUserGroup != nil && info.Effect == umapi.EffectPresent:
		adopted := *c.AdobeGroup
		// Nobody listed it yet, so it may be no user group: see the package comment.
		adopted.Adopted, adopted.Type = true, ""
		s.AdobeGroups = append(s.AdobeGroups, adopted)
		s.Touched = append(s.Touched, c.Touched...)
		s.done(c.Own)
	case step.CreatesUser() != nil && info.Effect == umapi.EffectPresent:
		s.rootUnknown(c) // what it is like is not known
		s.retry(c.subjectDue(), e)
	case belies(info) && c.BeforeAccount != nil && !c.BeforeAccount.Presence.missing(),
		belies(info) && c.BeforeAdobeGroup != nil && c.BeforeAdobeGroup.Presence != Absent,
		// Who was deleted may be made again before the next try, and what was renamed
		// is not found under its old name.
		info.Effect == umapi.EffectUncertain && !c.UMAPI.RepeatSafe():
		name := c.newName()
		if info.Effect == umapi.EffectPresent {
			name = "" // who has it is another
		}
		s.unknown(c, name)
		s.retry(c.subjectDue(), e)
	case step.Update != nil && info.Effect == umapi.EffectUncertain:
		s.forgetNames(c)
		s.retry(c.subjectDue(), e)
	case (step.CreatesUser() != nil || step.RemoveFromOrg != nil) && info.Effect == umapi.EffectUncertain:
		s.doubt(c)
		s.retry(c.subjectDue(), e)
	default:
		s.spare(c.Steps[0])
		s.judge(c.subjectDue(), e)
	}
}

// spare notes that a step was not done, so that no brake counts it.
func (s *settling) spare(step Step) { s.Spared = s.Spared.plus(step.Removes) }

// membershipsFailed judges a step that lists memberships. One entry may have
// spoilt the list: then each is tried by itself.
func (s *settling) membershipsFailed(c *Command, i int, e umapi.CommandError) {
	step := c.Steps[i]
	info, _ := umapi.Lookup(e.Code)
	entries := len(step.Added) + len(step.Removed)
	switch {
	case e.Code == codeListTooLong && entries == 1: // no list is shorter, though there may be fewer steps
		s.retry(step.rows(), e)
	case e.Code == codeListTooLong:
		for _, d := range step.rows() { // the limit is lowered: no attempt of theirs
			s.Verdicts = append(s.Verdicts, Verdict{Due: d, Outcome: Retry, NotBefore: s.now})
		}
	case belies(info) && c.isRoot(info.Topic): // no entry is to blame
		s.rootUnknown(c)
		s.retry(step.rows(), e)
	case info.Effect == umapi.EffectUncertain:
		s.maybe(step)
		s.retry(step.rows(), e)
	case info.Class == umapi.CodeTransient: // no entry is to blame here either
		s.retry(step.rows(), e)
	case entries == 1 && info.Topic == umapi.TopicMembership &&
		(info.Effect == umapi.EffectStale || info.Effect == umapi.EffectPresent && len(step.Added) == 1):
		s.stepDone(c, i) // it changed nothing, or is there: it is as was wanted
	case len(step.Removed) == 1 && entries == 1 && info.Topic == umapi.TopicListed && info.Effect == umapi.EffectAbsent &&
		c.Account != nil && strings.HasPrefix(c.UMAPI.Do[i].Remove.Groups[0], "_"):
		s.stepDone(c, i) // an administrator group that is not there has no members
	case entries > 1: // whether the others were done is not known
		s.maybe(step)
		for _, d := range step.rows() {
			s.Verdicts = append(s.Verdicts, Verdict{
				Due: d, Outcome: Retry, Problem: problemOfCode(e), NotBefore: s.now, Attempt: true,
			})
		}
	case info.Topic == umapi.TopicListed && info.Effect == umapi.EffectAbsent:
		s.missing(c, step)
		s.retry(step.rows(), e)
	default:
		s.judge(step.Due, e)
		s.retry(step.Also, e) // they wait for others too, which may succeed
	}
}

// missing marks the end of a membership that is not the root of its command: Adobe
// did not find it.
func (s *settling) missing(c *Command, step Step) {
	for _, e := range slices.Concat(step.Added, step.Removed) {
		if c.Account != nil {
			s.Missing.AdobeGroups = append(s.Missing.AdobeGroups, e.Group)
		} else {
			s.Missing.Accounts = append(s.Missing.Accounts, e.Account)
		}
	}
}

// belies reports whether a code says that Adobe does not hold what it is about
// as the mirror does.
func belies(info umapi.CodeInfo) bool {
	switch info.Effect {
	case umapi.EffectAbsent, umapi.EffectPresent, umapi.EffectStale:
		return true
	}
	return false
}

// isRoot reports whether a code on the topic is about the root of the command.
func (c *Command) isRoot(t umapi.Topic) bool {
	return c.Account != nil && t == umapi.TopicUser || c.AdobeGroup != nil && t == umapi.TopicUserGroup
}

// unknown marks the subject as it was before as unknown; candidate is what it
// may be called now.
func (s *settling) unknown(c *Command, candidate string) {
	if a := c.BeforeAccount; a != nil {
		u := *a
		u.Presence, u.Candidate = Unknown, candidate
		s.Accounts = append(s.Accounts, u)
	}
	if g := c.BeforeAdobeGroup; g != nil {
		u := *g
		if u.Presence == Absent {
			// If it is found, who made it is not known, nor whether it is a user group.
			u.Adopted, u.Type = true, ""
		}
		u.Presence, u.Candidate = Unknown, candidate
		s.AdobeGroups = append(s.AdobeGroups, u)
	}
}

// rootUnknown marks the root of a command as unknown that is there: its subject's
// step, if it has one, was done, or was to make what was there already.
func (s *settling) rootUnknown(c *Command) {
	now := Command{BeforeAccount: c.Account, BeforeAdobeGroup: c.AdobeGroup}
	s.unknown(&now, "")
}

// judge decides by the class of the code.
func (s *settling) judge(due []Due, e umapi.CommandError) {
	info, _ := umapi.Lookup(e.Code)
	switch info.Class {
	case umapi.CodePermanent, umapi.CodeNeedsPerson:
		for _, d := range due {
			s.Verdicts = append(s.Verdicts, Verdict{Due: d, Outcome: Failed, Problem: problemOfCode(e), Attempt: true})
		}
	default:
		s.retry(due, e)
	}
}

// retry tries again later, until the attempts run out.
func (s *settling) retry(due []Due, e umapi.CommandError) {
	for _, d := range due {
		v := Verdict{
			Due: d, Outcome: Retry, Problem: problemOfCode(e), NotBefore: s.now.Add(Backoff(d.Attempts)), Attempt: true,
		}
		if d.Attempts+1 >= MaxAttempts {
			v = Verdict{Due: d, Outcome: Failed, Problem: problemOfCode(e), Attempt: true}
		}
		s.Verdicts = append(s.Verdicts, v)
	}
}

func (c *Command) changesSubject() bool {
	return slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Subject })
}

// newName is what the subject is called after the command, if it is another name.
func (c *Command) newName() string {
	if c.AdobeGroup != nil {
		return otherThan(c.AdobeGroup.Name, c.BeforeAdobeGroup.Name)
	}
	return otherThan(c.Account.Email, c.BeforeAccount.Email)
}

func otherThan(name, old string) string {
	if name == old {
		return ""
	}
	return name
}

func problemOfCode(e umapi.CommandError) Problem {
	info, _ := umapi.Lookup(e.Code)
	return Problem{Code: e.Code, Message: e.Message, Hint: info.Hint}
}

func describeProblem(p Problem) string {
	if p.Hint == "" {
		return p.Code + ": " + p.Message
	}
	return p.Code + ": " + p.Message + " (" + p.Hint + ")"
}

// note adds a line to the journal for each user and group that the command is for.
func (s *settling) note(c *Command, event, text string) {
	seen := map[Note]bool{}
	for _, d := range c.allDue() {
		n := Note{User: d.User, Group: d.Group, Event: event, Text: text}
		if c.Account != nil || d.Kind == KindMirrored {
			n.Group = "" // one line says what became of the user
		}
		if !seen[n] {
			seen[n] = true
			s.Notes = append(s.Notes, n)
		}
	}
}

// describe says in words what the command does.
func (c *Command) describe() string {
	var parts []string
	for i, step := range c.UMAPI.Do {
		switch {
		case len(c.Steps[i].Added) > 0:
			parts = append(parts, "add "+memberships(len(c.Steps[i].Added)))
		case len(c.Steps[i].Removed) > 0:
			parts = append(parts, "remove "+memberships(len(c.Steps[i].Removed)))
		default:
			parts = append(parts, step.Verb())
		}
	}
	return strings.Join(parts, ", ") + " for " + c.UMAPI.User + c.UMAPI.UserGroup
}

func memberships(n int) string {
	if n == 1 {
		return "1 membership"
	}
	return fmt.Sprintf("%d memberships", n)
}
