package plan

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/umapi"
)

// Flight is a call that had no answer. Adobe may be at it still, until a time:
// what is sent meanwhile could overtake it. So what it does to an account, a
// group or a membership may be sent again as it is, and nothing else about them
// is sent until then; nor are they read, since that could show what was before.
type Flight struct {
	Call  Call
	Until time.Time
}

// flying is what calls without an answer may still do. A subject or a membership
// is found by the ids of the mirror and by the names in Adobe: whoever else gets
// an address that one of them is about is concerned as well.
type flying struct {
	subjects map[flyingKey][]flyingStep
	edges    map[flyingKey]flyingEdge
	// mentioned are the addresses and names by which memberships find their ends:
	// nobody else may get one of them.
	mentioned map[flyingKey]time.Time
}

// flyingKey is an account or a group, or both for a membership: ids, or folded
// addresses and names.
type flyingKey struct {
	named          bool
	account, group string
}

type flyingStep struct {
	root  umapi.Command // with nothing but the step
	until time.Time
}

type flyingEdge struct {
	add   bool
	until time.Time
}

func newFlying(flights []Flight, now time.Time) flying {
	f := flying{
		subjects: map[flyingKey][]flyingStep{}, edges: map[flyingKey]flyingEdge{}, mentioned: map[flyingKey]time.Time{},
	}
	for _, flight := range flights {
		if !flight.Until.After(now) {
			continue
		}
		for i := range flight.Call.Commands {
			c := &flight.Call.Commands[i]
			for i, s := range c.Steps {
				if s.Subject {
					for _, k := range c.keys() {
						f.subjects[k] = append(f.subjects[k], flyingStep{c.subjectOnly(), flight.Until})
					}
				}
				for _, k := range c.edgeKeys(i) {
					f.edges[k] = flyingEdge{len(s.Added) > 0, flight.Until}
					if k.named && !(c.AdobeGroup == nil && c.changesSubject()) { // else it finds only what it makes
						f.mentioned[flyingKey{true, k.account, ""}] = flight.Until
					}
					if k.named && !(c.AdobeGroup != nil && c.changesSubject()) {
						f.mentioned[flyingKey{true, "", k.group}] = flight.Until
					}
				}
			}
		}
	}
	return f
}

// subjectOnly is what is sent about the subject of the command.
func (c *Command) subjectOnly() umapi.Command {
	only := c.UMAPI
	only.RequestID, only.Do = "", only.Do[:1]
	return only
}

// keys are what the subject of the command is known by, before and after.
func (c *Command) keys() []flyingKey {
	if c.AdobeGroup != nil {
		return []flyingKey{
			{group: c.AdobeGroup.ID}, {true, "", directory.Fold(c.BeforeAdobeGroup.Name)}, {true, "", directory.Fold(c.AdobeGroup.Name)},
		}
	}
	return []flyingKey{
		{account: c.Account.ID}, {true, directory.Fold(c.BeforeAccount.Email), ""}, {true, directory.Fold(c.Account.Email), ""},
	}
}

// gives is the address or name that somebody gets by the command, if one does.
func (c *Command) gives() flyingKey {
	switch before, after := c.BeforeAccount, c.Account; {
	case after != nil && after.Presence != Absent && (before.Presence.missing() || !sameText(before.Email, after.Email)):
		return flyingKey{true, directory.Fold(after.Email), ""}
	case after != nil:
		return flyingKey{}
	}
	if before, after := c.BeforeAdobeGroup, c.AdobeGroup; after.Presence != Absent && (before.Presence == Absent || !sameText(before.Name, after.Name)) {
		return flyingKey{true, "", directory.Fold(after.Name)}
	}
	return flyingKey{}
}

// edgeKeys are what the memberships of a step are known by.
func (c *Command) edgeKeys(step int) []flyingKey {
	var keys []flyingKey
	s := c.Steps[step]
	for _, e := range slices.Concat(s.Added, s.Removed) {
		keys = append(keys, flyingKey{account: e.Account, group: e.Group})
	}
	list := cmp.Or(c.UMAPI.Do[step].Add, c.UMAPI.Do[step].Remove)
	if list == nil {
		return keys
	}
	for _, email := range list.Users {
		keys = append(keys, flyingKey{true, directory.Fold(email), directory.Fold(c.UMAPI.UserGroup)})
	}
	for _, name := range list.Groups {
		keys = append(keys, flyingKey{true, directory.Fold(c.Account.Email), directory.Fold(name)})
	}
	return keys
}

// against returns until when a call that may still arrive does something else to
// the membership, or zero.
func (f flying) against(e *edge) time.Time {
	for _, k := range []flyingKey{
		{account: e.Account, group: e.Group}, {true, directory.Fold(e.account.Email), directory.Fold(e.group.Name)},
	} {
		if other, ok := f.edges[k]; ok && other.add != e.add {
			return other.until
		}
	}
	return time.Time{}
}

// readable returns when what is known by the id, of an account or a group, may be
// read, or zero.
func (f flying) readable(k flyingKey) time.Time {
	var at time.Time
	for _, step := range f.subjects[k] {
		if step.until.After(at) {
			at = step.until
		}
	}
	return at
}

// ReadableAt returns when Adobe shows an account, by its id in the mirror, as flights have
// left it, or zero.
func ReadableAt(flights []Flight, account string, now time.Time) time.Time {
	return newFlying(flights, now).readable(flyingKey{account: account})
}

// ListableAt returns when Adobe lists its groups as flights have left them, or zero:
// before, a listing may show what one of them is about to make, rename or delete.
func ListableAt(flights []Flight) time.Time {
	var at time.Time
	for _, f := range flights {
		changes := slices.ContainsFunc(f.Call.Commands, func(c Command) bool { return c.AdobeGroup != nil && c.changesSubject() })
		if changes && f.Until.After(at) {
			at = f.Until
		}
	}
	return at
}

// landed leaves out the units of whose subject a call that may still arrive does
// something else, and has their rows wait for it.
func (w *world) landed(units []unit) []unit {
	return slices.DeleteFunc(units, func(u unit) bool {
		if u.edge != nil || len(w.in.Flights) == 0 {
			return false
		}
		only := u.command.subjectOnly()
		until := w.flying.mentioned[u.command.gives()]
		for _, k := range u.command.keys() {
			for _, other := range w.flying.subjects[k] {
				if other.until.After(until) && !reflect.DeepEqual(other.root, only) {
					until = other.until
				}
			}
		}
		if until.IsZero() {
			return false
		}
		w.waitForAnswer(u.command.subjectDue(), until)
		return true
	})
}

// waitForAnswer has rows wait until a call cannot arrive any more.
func (w *world) waitForAnswer(due []Due, until time.Time) {
	for _, d := range due {
		w.judge(Verdict{Due: d, Outcome: Retry, NotBefore: until, Problem: lostReply})
	}
}

// lostReply is why something waits that a call without an answer was about.
var lostReply = Problem{
	Code:    "bridge.reply_lost",
	Message: "Adobe did not answer, so it is not known what was done",
	Hint:    "nothing to do: it is sent again, or read back first",
}
