package plan

import "time"

// Lost says what is known after a call that had no reply: nothing. Commands of
// which each step is repeat-safe are sent again, not before resend; the subjects
// of the others are unknown and read back, not before readBack.
func Lost(c Call, resend, readBack time.Time) Settlement {
	s := settling{Settlement: Settlement{Call: c.ID, Outcome: OutcomeLost}}
	for i := range c.Commands {
		s.lost(&c.Commands[i], resend, readBack)
	}
	return s.Settlement
}

// Blamed counts the try against the rows that are to be tried again: the call
// held one command and had no answer, where the call before it had one. So what
// breaks every call that holds it fails in the end, and what meets an outage of
// Adobe's does not.
func (s Settlement) Blamed() Settlement {
	for i := range s.Verdicts {
		v := &s.Verdicts[i]
		v.Attempt = true
		if v.Due.Attempts+1 >= MaxAttempts {
			v.Outcome, v.NotBefore = Failed, time.Time{}
		}
	}
	return s
}

// NotSent says that a call never reached Adobe: all is as it was.
func NotSent(c Call, outcome string) Settlement {
	return Settlement{Call: c.ID, Outcome: outcome}
}

// Refused says what follows when Adobe refused a call as a whole as malformed.
// Of one with several commands nothing is known but that: they stay due, for
// smaller calls. Of a single command each row is sent alone. One that was alone
// fails after so many refusals: what stands between may have stumbled.
func Refused(c Call, p Problem, now time.Time) Settlement {
	if len(c.Commands) != 1 {
		return NotSent(c, "refused")
	}
	s := settling{now: now, Settlement: NotSent(c, "refused")}
	rows := c.Commands[0].allDue()
	for _, d := range rows {
		v := Verdict{Due: d, Outcome: Retry, Problem: p, NotBefore: now, Refused: 1}
		if d.Alone() || len(rows) == 1 {
			v.NotBefore, v.Refused = now.Add(Backoff(2*d.Refused)), d.Refused+1
		}
		if v.Refused == maxRefusals {
			v = Verdict{Due: d, Outcome: Failed, Problem: p, Attempt: true}
		}
		s.Verdicts = append(s.Verdicts, v)
	}
	s.note(&c.Commands[0], "failed", describeProblem(p))
	return s.Settlement
}

// lost marks what a command without an answer leaves behind.
func (s *settling) lost(c *Command, resend, readBack time.Time) {
	notBefore := resend
	for _, step := range c.Steps {
		s.maybe(step)
	}
	switch {
	case c.AdobeGroup != nil && c.changesSubject():
		s.Touched = append(s.Touched, c.Touched...) // it may be read back as there
		s.unknown(c, c.newName())
		notBefore = readBack
	case c.UMAPI.RepeatSafe() && c.Account != nil && (c.BeforeAccount.Presence.missing() || c.Account.Presence == Absent):
		s.doubt(c)
	case !c.UMAPI.RepeatSafe() && c.Account != nil:
		s.unknown(c, c.newName())
		notBefore = readBack
	case c.Account != nil && c.changesSubject():
		s.forgetNames(c)
	}
	for _, d := range c.allDue() {
		s.Verdicts = append(s.Verdicts, Verdict{Due: d, Outcome: Retry, Problem: lostReply, NotBefore: notBefore})
	}
	s.note(c, "lost", "no answer to: "+c.describe())
}
