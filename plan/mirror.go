package plan

import (
	"time"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// Presence says whether Adobe is known to hold something.
type Presence string

const (
	// Absent means that Adobe does not hold it, or that nobody ever looked.
	Absent Presence = "absent"
	// Present means that Adobe holds it as the mirror says.
	Present Presence = "present"
	// Doubtful means that a call was to make or to remove an account or a membership
	// and had no good answer: it may be there. It is made again, or removed, as the
	// directory says; both are safe. So it differs from whatever the directory says. Of
	// an Adobe group that is not ours to make it means that Adobe does not show it any
	// more: if it is there again, its memberships may be others.
	Doubtful Presence = "doubtful"
	// Unknown means that a call touched it whose outcome is not known: it is
	// read back before it is touched again.
	Unknown Presence = "unknown"
)

// missing reports whether what has it as its presence may not be there.
func (p Presence) missing() bool { return p == Absent || p == Doubtful }

// Account is the mirror of one Adobe user: what Adobe was last known to hold.
type Account struct {
	// ID is the mirror's own: for an account that the bridge made, the SCIM id
	// of the first user that mapped to it.
	ID string
	// Presence says what is known. An absent account has no memberships, and
	// those of a doubtful one are doubtful.
	Presence Presence
	Type     umapi.IdentityType
	// Email is the current address, as Adobe has it: the key of commands.
	Email string
	// Username is the login name; it equals Email unless the login is another.
	Username string
	// Domain is set where the login name is not an e-mail address.
	Domain string

	FirstName, LastName, Country string
	// Candidate is the e-mail address that Adobe may hold instead of Email
	// while Presence is Unknown after a change of address.
	Candidate string

	// Twin says that this is an Adobe ID which stands where an account of the
	// organization was to be made: Adobe reports success then, and makes none. It
	// is a person's own, so it is given nothing and never removed.
	Twin bool `json:",omitempty"`
	// LookAt is when to look at what a create has made, and Looks counts how
	// often that was in vain. Zero is not.
	LookAt time.Time `json:",omitzero"`
	Looks  int       `json:",omitempty"`
}

// AdobeGroup is the mirror of one group as Adobe lists it.
type AdobeGroup struct {
	// ID is the mirror's own: for a group that the bridge made, the SCIM id of
	// the first group that mapped to it, for a listed one "adobe:" and the
	// number that Adobe gave it. One that a rule names and nobody has seen begins
	// with the SCIM id of the group that the rule is about.
	ID string
	// Name is the current name, as Adobe has it: the key of commands.
	Name     string
	Type     umapi.GroupType
	Presence Presence
	// Adopted means that the group was there before the bridge: it is never
	// renamed or deleted, and only members that the bridge added are removed.
	Adopted bool
	// Ruled means that a rule of the configuration maps groups to it, or did: what its
	// members hold may be rights, and is taken from them as it was given. The link that
	// says so may be gone before the memberships are.
	Ruled bool `json:",omitempty"`
	// Candidate is the name that Adobe may hold instead of Name while Presence
	// is Unknown after a rename.
	Candidate string
	// MissedAt is when a reading first lacked a group that the bridge made, or when those
	// whom a rule maps to the group were told that it is to be looked for, while Presence
	// is Unknown or Doubtful; else zero. See [GroupRead].
	MissedAt time.Time `json:",omitzero"`
}

// Edge names a membership of the mirror.
type Edge struct {
	// Account and Group are mirror ids.
	Account, Group string
}

// Membership is an edge with what is known of it. One that is present was added
// by the bridge, or found there where the directory says it too; one that is
// doubtful may have been. A row is due for each that is doubtful.
type Membership struct {
	Edge
	// Presence is Present, Doubtful or Absent.
	Presence Presence
}

// Link says that a directory user maps to an account, or a directory group to
// an Adobe group. It outlives the directory's resource until Adobe has followed.
type Link struct {
	Kind Kind // KindUser or KindGroup
	// Directory is the SCIM id, Mirror the mirror's.
	Directory, Mirror string
	// Stale means that the resource maps elsewhere now: what this link's end
	// holds because of it has to go.
	Stale bool
	// Rule means that a rule of the configuration maps the group there, and not its
	// name: the Adobe group is not the group's own.
	Rule bool
}

// Kind says what a due row or a link is about.
type Kind string

const (
	// KindUser is a directory user.
	KindUser Kind = "user"
	// KindGroup is a directory group.
	KindGroup Kind = "group"
	// KindEdge is a membership: a pair of a directory group and user.
	KindEdge Kind = "edge"
	// KindMirrored is a membership of the mirror: a pair of an account and an Adobe
	// group. It is due where the mirror changed and not the directory, or where no
	// pair of the directory leads to it any longer.
	KindMirrored Kind = "mirrored"
)

// Due is a user, group or membership whose mirror may differ from the directory.
type Due struct {
	Kind Kind
	// User is set for KindUser and KindEdge, Group for KindGroup and KindEdge:
	// SCIM ids, whose resources may be gone from the directory. For KindMirrored
	// they are the mirror's ids of an account and an Adobe group.
	User, Group string
	// Generation counts the directory's changes. A verdict counts only if it
	// is still the same.
	Generation int64
	// Attempts counts what was tried in vain since the last change.
	Attempts int
	// Refused counts the calls in a row that held it and little else and were refused
	// as a whole. From one on it asks for a call that holds nothing else.
	Refused int
	// Released says that a person let it go: no brake holds it any longer.
	Released bool
	// Parked says that it waits for its user or group, see the outcome of that
	// name. It is never so of what is taken.
	Parked bool
	// Since is when it became due.
	Since time.Time
}

// Alone reports whether it must stand alone in its call.
func (d Due) Alone() bool { return d.Refused > 0 }

// Class orders what is due. Leavers always come first; of the others one that
// waited is overtaken only by classes before it, and only for Ageing a class.
type Class string

const (
	// ClassLeave is a user who is deactivated or deleted.
	ClassLeave Class = "leave"
	// ClassGroup is a group that is new. It goes before those who join: a command
	// that makes a user carries memberships only of groups that are there.
	ClassGroup Class = "group"
	// ClassJoin is a user who is new or active again.
	ClassJoin Class = "join"
	// ClassMembership is a membership.
	ClassMembership Class = "membership"
	// ClassAttribute is a change of a name or an address, or of a group's name.
	ClassAttribute Class = "attribute"
)

// Ageing is how much longer each class waits than the one before it.
const Ageing = 10 * time.Minute

// Rank turns a class and the time since when something is due into one number:
// what is due is taken in ascending order of rank, so that nothing waits for
// ever. A leaver's is negative and so before all others.
func Rank(c Class, since time.Time) int64 {
	t := since.UnixMicro()
	switch c {
	case ClassLeave:
		return t - leaveBonus
	case ClassGroup:
		return t - groupLead.Microseconds()
	case ClassJoin:
		return t
	case ClassMembership:
		return t + Ageing.Microseconds()
	default:
		return t + 2*Ageing.Microseconds()
	}
}

// groupLead is how much longer a user who joins has to have waited than a new
// group to go before it. Groups are few.
const groupLead = 24 * time.Hour

// leaveBonus is larger than any date in microseconds before the year 5000.
const leaveBonus = int64(1) << 57
