// Package store defines what the bridge needs from a database.
//
// Each method is one transaction named for the business step it performs, so
// that no transaction value crosses the package's edge and each database may
// do the step in its own way. A write that returned nil is on disk: it
// survives the process and the machine. A write that returned an error changed
// nothing, unless the error is the context's, or the database went away during the
// commit and did not come back: then it may have happened.
// Reads see every write that returned before they began.
//
// Every row belongs to one org; an id of one org is unknown in all others.
// All methods may be called concurrently. Times are parameters, in UTC and
// truncated to microseconds. What is promised here is done by package relational, for
// each database that a driver brings, and checked by package storetest, which every
// implementation must pass.
package store

import (
	"context"
	"fmt"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim/filter"
	"github.com/scim-bridge/scim-bridge/store/lease"
)

// Store is the whole contract.
type Store interface {
	Users
	Groups
	Work
	Leases
	Operations
	Upkeep
	// Ping returns nil if a read can be answered now.
	Ping(ctx context.Context) error
	// Close waits for what is being written and releases the database.
	Close() error
}

// Users is the directory's users. Each write makes due what it touches, in the
// same transaction, and leaves a line in the journal.
type Users interface {
	// CreateUser stores a new user at version 1 and makes it due, with class
	// join if it is active, else leave. It returns a directory.ConflictError for
	// "userName" if the name, compared by directory.FoldUserName, is taken. The user that
	// it returns, as that of UpdateUser, does not say when it was last synced.
	CreateUser(ctx context.Context, org string, u directory.User, o directory.Origin) (directory.User, error)
	// User returns one user, or directory.ErrNotFound.
	User(ctx context.Context, org, id string) (directory.User, error)
	// UpdateUser replaces the document of a user whose version is ifVersion,
	// else directory.ErrVersion; zero fits any version. It makes the user due:
	// class leave if it was active and is no longer, join if it is active and
	// was not, else attribute. An equal document changes nothing: no version, no date,
	// nothing due.
	UpdateUser(ctx context.Context, org, id string, ifVersion int64, doc []byte, o directory.Origin) (directory.User, error)
	// DeleteUser removes a user and its memberships, moves the version of the
	// groups that it was in, and makes the user (class leave) and those
	// memberships due. ifVersion as for UpdateUser.
	DeleteUser(ctx context.Context, org, id string, ifVersion int64, o directory.Origin) error
	// Users lists the users that match a query. The order is total and stable: a
	// list that is read page by page, each After the one before, has whoever is
	// there and matches all the time exactly once, whatever changes meanwhile
	// but the value that it is sorted by.
	Users(ctx context.Context, org string, q filter.Query, page directory.Page) (directory.List[directory.User], error)
	// GroupsOf returns the groups of which each user is a direct member, by user id,
	// ordered by displayName. Users without a group are left out.
	GroupsOf(ctx context.Context, org string, users []string) (map[string][]directory.GroupRef, error)
}

// Groups is the directory's groups and their members.
type Groups interface {
	// CreateGroup stores a new group at version 1 with its members and makes
	// the group (class group) and each membership (class membership) due.
	// Ids that are unknown are left out and returned; c.RefuseUnknown and
	// c.RefuseNested make them errors. Only MemberAdd and MemberReplace make sense in c.Members; c.Document
	// and c.IfVersion are not used. It returns a directory.ConflictError for
	// "displayName" if the name, compared by directory.Fold, is taken.
	CreateGroup(ctx context.Context, org string, g directory.Group, c directory.GroupChange, o directory.Origin) (directory.Group, []string, error)
	// Group returns one group without its members, or directory.ErrNotFound.
	Group(ctx context.Context, org, id string) (directory.Group, error)
	// UpdateGroup applies a change and returns the group and the unknown member
	// ids that it left out. It makes due: the group (class attribute) if its
	// document changed, and each membership that came or went (class
	// membership). The cost follows the change, not the size of the group. A
	// change without effect moves neither version nor date. Changes that name
	// no version never fail because of one another.
	UpdateGroup(ctx context.Context, org, id string, c directory.GroupChange, o directory.Origin) (directory.Group, []string, error)
	// DeleteGroup removes a group and its memberships (not its members) and
	// makes the group (class leave) and each membership due.
	DeleteGroup(ctx context.Context, org, id string, ifVersion int64, o directory.Origin) error
	// Groups lists the groups that match a query, as Users does, without their
	// members.
	Groups(ctx context.Context, org string, q filter.Query, page directory.Page) (directory.List[directory.Group], error)
	// Members returns up to limit direct members of a group whose id is greater
	// than after, in order of id: pass the last id to go on. A group that is
	// unknown has none.
	Members(ctx context.Context, org, group, after string, limit int) ([]directory.Member, error)
	// CountMembers counts a group's direct members, up to limit.
	CountMembers(ctx context.Context, org, group string, limit int) (int, error)
	// IsMember reports which of the ids are direct members of a group.
	IsMember(ctx context.Context, org, group string, ids []string) (map[string]bool, error)
}

// Work is what the dispatcher needs: what is due, what is known, and the calls. What
// it writes it writes under its lease: in the same transaction the lease's token is
// compared with the org's, and if that is another nothing is written and the error is
// lease.ErrLost.
type Work interface {
	// Due returns up to limit rows that are pending, not parked and not before
	// now, in ascending order of plan.Rank.
	Due(ctx context.Context, org string, now time.Time, limit int) ([]plan.Due, error)
	// NextDue returns when the earliest pending row that is not parked may be
	// taken, and false if there is none.
	NextDue(ctx context.Context, org string) (time.Time, bool, error)
	// Facts answers a query, from one moment.
	Facts(ctx context.Context, org string, q plan.Query) (plan.Facts, error)
	// RecordCall stores a call as sent at now, and the links.
	RecordCall(ctx context.Context, l *lease.Lease, c plan.Call, links []plan.Link, now time.Time) error
	// Settle writes what was learned. A due row whose verdict is Done goes if
	// its generation is unchanged; with the row of a user or group that is Done,
	// its parked and held memberships wake and its links note the time. The links of a
	// user or group that is gone from the directory are removed once no due row,
	// its own or a membership's, names it. Settling a call twice is refused with
	// directory.ErrVersion and changes nothing.
	Settle(ctx context.Context, l *lease.Lease, s plan.Settlement, now time.Time) error
	// OpenCalls returns the calls that were recorded and not settled.
	OpenCalls(ctx context.Context, org string) ([]plan.SentCall, error)
	// LostCalls returns the calls that were sent after t and settled as plan.OutcomeLost.
	LostCalls(ctx context.Context, org string, t time.Time) ([]plan.SentCall, error)
	// ToLookAt returns up to limit present accounts of the mirror with a LookAt,
	// in order of it, whether or not it has come.
	ToLookAt(ctx context.Context, org string, limit int) ([]plan.Account, error)
	// RemovedSince sums what the calls that were sent after t took away, as
	// plan.Call tells it; calls that were settled as "not sent" or "refused" are
	// left out.
	RemovedSince(ctx context.Context, org string, t time.Time) (plan.Removals, error)
	// Population counts the accounts that are present in the mirror, and its
	// memberships.
	Population(ctx context.Context, org string) (plan.Removals, error)
	// SentSince returns when calls were sent after t, ascending; calls that
	// were settled as "not sent" are left out.
	SentSince(ctx context.Context, org string, t time.Time) ([]time.Time, error)
	// Pause returns until when calls to Adobe are forbidden (Retry-After), zero
	// if they are not.
	Pause(ctx context.Context, org string) (time.Time, error)
	// SetPause keeps that time.
	SetPause(ctx context.Context, l *lease.Lease, until time.Time) error
	// GroupsListed returns when Adobe's groups were last listed completely,
	// zero if never.
	GroupsListed(ctx context.Context, org string) (time.Time, error)
	// ListGroups merges a complete listing of Adobe's groups into the mirror, at now: a
	// name (by directory.Fold) that is new is added as adopted; one that the mirror holds keeps its
	// id, is set present with the listed name and type, and adopted if it was absent, since somebody
	// else has made it then; if it was not present, the directory groups that a rule maps to it are
	// made due with their memberships and its own; a present one that is not listed becomes unknown, and the directory groups linked to it are
	// made due, unless its name begins with "_": Adobe lists those only while they have members.
	ListGroups(ctx context.Context, l *lease.Lease, listed []plan.AdobeGroup, now time.Time) error
	// ListingBegan returns when Adobe's groups were last begun to be listed, zero
	// if never.
	ListingBegan(ctx context.Context, org string) (time.Time, error)
	// SetListingBegan keeps that time.
	SetListingBegan(ctx context.Context, l *lease.Lease, at time.Time) error
	// Configure keeps the fingerprint of what an org is dispatched by, and the rules
	// for groups, empty for none. Where the first is not the one that was kept, or
	// none was, failed rows become pending as by Retry; users who are inactive and have
	// an account that is not absent become due (class leave), and what is due of them
	// is taken at once, held or not, with its place kept; and where the rules are others
	// all groups become due (class attribute). It is one transaction. It returns how
	// many failed rows became pending; the same fingerprint changes nothing.
	Configure(ctx context.Context, l *lease.Lease, fingerprint, groupRules string, now time.Time) (int, error)
	// Changed returns a channel that receives after something became due, for
	// the one dispatcher of an org. Signals may be merged.
	Changed(org string) <-chan struct{}
}

// Operations is what people look at and act on.
type Operations interface {
	// Status counts what is due, by kind and state.
	Status(ctx context.Context, org string) (Status, error)
	// Retry makes the failed rows of a selection pending again, and returns how
	// many. The journal says so for each.
	Retry(ctx context.Context, org string, s Selection, o directory.Origin) (int, error)
	// Release makes the held rows of a selection pending again, and returns how
	// many. No brake holds them any longer. The journal says so for each.
	Release(ctx context.Context, org string, s Selection, o directory.Origin) (int, error)
	// Journal returns up to limit entries about a user or group id, the newest
	// first; with an empty id, about anything.
	Journal(ctx context.Context, org, id string, limit int) ([]Entry, error)
}

// Upkeep is what keeps a database from growing for ever.
type Upkeep interface {
	// Trim removes what is kept no longer, of all orgs, the oldest first: at most
	// limit lines of the journal and limit calls, so that it takes little time. It
	// returns how many rows that were, 0 once nothing is left to remove. A call that
	// is not settled is kept. When the queue of writes is full it is refused with
	// directory.ErrOverloaded.
	Trim(ctx context.Context, k Keep, limit int) (int, error)
	// Erase removes from an org what is known of users who have left: the lines of the
	// journal about them, alone or with a group, or with one of the addresses in the
	// text; their links; and the accounts, unless they are present in Adobe or somebody
	// else is linked to them. One line says that this was done, and not of whom.
	// While a user is in the directory, or anything of them or of the accounts is due
	// or unknown, it is refused with a StillThereError and changes nothing.
	Erase(ctx context.Context, org string, who Traces, o directory.Origin) (Erased, error)
}

// Keep is what Trim leaves.
type Keep struct {
	// Lines is from when on lines of the journal are kept, and MaxLines how many of
	// the newest at most.
	Lines    time.Time
	MaxLines int
	// Calls is from when on settled calls are kept, by when they were settled.
	Calls time.Time
}

// Traces name people who have left.
type Traces struct {
	// Users are SCIM ids, Accounts the mirror's.
	Users, Accounts []string
	// Addresses are e-mail addresses in the form of directory.Fold: lines of the journal
	// in whose text one of them stands go as well, whoever they are about.
	Addresses []string
}

// Erased is what Erase removed: lines of the journal, links and accounts. Kept are
// the accounts that are in Adobe still, or somebody else's, of which nothing was removed.
type Erased struct {
	Lines, Links, Accounts int
	Kept                   []string
}

// String says how much that was, and of nobody.
func (e Erased) String() string {
	return fmt.Sprintf("erased what was kept of somebody who has left: lines: %d, links: %d, accounts: %d", e.Lines, e.Links, e.Accounts)
}

// StillThereError means that somebody has not left yet.
type StillThereError struct {
	// What says so, as "a user of the directory has the id …".
	What string
}

// Error implements error.
func (e *StillThereError) Error() string { return e.What }

// Status is the work of one org in numbers.
type Status struct {
	Pending, Parked, Held, Failed map[plan.Kind]int
	// Oldest is since when the oldest pending row is due, zero if none.
	Oldest time.Time
	// Failures and Holds are up to 20 failed and held rows, the oldest first.
	Failures, Holds []Stuck
}

// Stuck is a row that waits for a person, and why.
type Stuck struct {
	Due     plan.Due
	Problem plan.Problem
}

// Selection names what a person acts on: a user or a group by SCIM id, each with
// its memberships, the memberships of both, or, if it is empty, all.
type Selection struct {
	User, Group string
}

// Entry is one line of the journal.
type Entry struct {
	At               time.Time
	Actor, RequestID string
	User, Group      string
	Event, Text      string
}
