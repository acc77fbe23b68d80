// Package plan turns the difference between the directory and the mirror into
// the fewest calls, and says what a call's reply proves.
//
// The directory is what the identity provider said. The mirror is what Adobe
// was last known to hold: accounts, Adobe groups, and edges, which are
// memberships. A due row says that something may differ. [Build] looks at what
// is due, in order of [Rank], and gives the commands of the next call; [Settle]
// reads the reply. Neither knows a clock, a database or a socket: the same input
// gives the same output.
//
// # Which commands share a call
//
// UMAPI promises no order between the commands of a call, so none may depend on
// another:
//
//   - a user is the root of at most one command: two could arrive in either order;
//   - a group is the root of several only if all of them add, or all of them
//     remove, and none lists a user that another lists: they commute;
//   - a command lists only users and groups that exist and that no other
//     command of the call creates, renames or removes: it might come first;
//   - there is at most one deleteUserGroup, since only the first in a call works.
//
// # Which steps share a command
//
// Steps run in order. A create carries the user's memberships; a change of names
// may carry some too. A change of address travels alone, because a command
// names its user by the address that the step changes; so does a rename of a
// group, for the same reason.
//
// # Which root an edge takes
//
// A membership can travel in the user's command or in the user group's. The
// oldest one that waits decides: it goes with the root that takes the most
// others along. Adobe IDs and users with a bare login never travel in a
// group's command: their e-mail address might name another account there. A
// group that Adobe has not listed as a user group is only ever a root: the name
// might be a product profile's, and a user's command would grant it. What a rule of
// the configuration names may be in a user's command, and is a root only if it is a user
// group for certain: product profiles and administrator groups cannot be one.
//
// # What a group maps to
//
// By its name a group maps to one Adobe group, its own, which is made, renamed and
// deleted with it and is never anything but a user group. A rule maps it to any number
// of others, whatever they are, as a guest: they are expected to be there, and only
// their members change. Those that are not there are mirrored all the same, so that the
// link is known when they come. One that was there and is not seen any more is doubtful
// with its memberships: when it is back, all of them are made or removed once more.
// An Adobe group remembers that a rule named it, since the links may be gone before the
// memberships are: what a user's command gave, a user's command takes away, and no group
// has it by its name before Adobe has said that it is a user group.
//
// # What a reply proves
//
// The mirror says of each thing whether it is absent, present, doubtful or
// unknown, so that no doubt is kept anywhere else. A doubtful one differs from
// whatever the directory says; an unknown one is read back before it is touched.
//
//	a command without an error      is done: subject and memberships are as planned
//	a step before the first error   is done
//	a step after the first error    its memberships are doubtful
//	the step of an error            as the code says, see [Settle]: it was not done, or
//	                                it is doubtful, or the subject is unknown
//	no reply, all repeat-safe       an account that was to be made or to leave is doubtful
//	                                with its memberships; names are forgotten
//	no reply, not repeat-safe       the subject is unknown, under either name
//	a reading                       the subject is there or not; memberships that are not
//	                                listed become doubtful, and none is proven, since a
//	                                reading may be older than a change
//
// Each doubtful thing is due. A pair of a directory user and group is due as
// such; where the mirror changed and not the directory, the mirrored membership is
// ([KindMirrored]), which is found even if no pair leads to it any longer.
package plan
