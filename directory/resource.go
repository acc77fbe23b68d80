package directory

import (
	"encoding/json"
	"time"
)

// Meta is what the bridge itself knows of a resource.
type Meta struct {
	// ID is the SCIM id: minted by the bridge, never reused, URL-safe.
	ID string
	// Version counts the changes of what the resource stores, from 1. A group's
	// moves with its members; derived attributes do not move it.
	Version int64
	// Created and LastModified are UTC, truncated to microseconds.
	Created, LastModified time.Time
}

// User is one user of an org.
type User struct {
	Meta
	// Document is a JSON object, see the package comment.
	Document json.RawMessage
	// Sync says what became of the user in Adobe. It is set on reads and
	// ignored on writes.
	Sync Sync
}

// Group is one group of an org, without its members.
type Group struct {
	Meta
	// Document is a JSON object, see the package comment.
	Document json.RawMessage
	// Sync says what became of the group and its memberships in Adobe. It is
	// set on reads and ignored on writes.
	Sync Sync
}

// MemberType says what a member is. The text is SCIM's members.type.
type MemberType string

const (
	// MemberUser is a user who is a direct member.
	MemberUser MemberType = "User"
	// MemberGroup is a nested group.
	MemberGroup MemberType = "Group"
)

// Member is one direct member of a group, as stored.
type Member struct {
	// ID is the SCIM id of the member.
	ID   string
	Type MemberType
	// Display is the member's displayName, else its userName. It is set on reads.
	Display string
}

// GroupRef is one group that a user is a direct member of.
type GroupRef struct {
	ID, DisplayName string
}

// SyncState says how far Adobe has followed.
type SyncState string

const (
	// SyncSynced means that nothing is due.
	SyncSynced SyncState = "synced"
	// SyncPending means that something is due, backing off included.
	SyncPending SyncState = "pending"
	// SyncHeld means that a brake stopped it until a person releases it.
	SyncHeld SyncState = "held"
	// SyncFailed means that it waits for new input, new configuration or a person.
	SyncFailed SyncState = "failed"
)

// Sync is what became of a resource in Adobe.
type Sync struct {
	State SyncState
	// Detail is the code, the message and what to do, empty when all is well.
	Detail string
	// LastSynced is when Adobe was last known to equal the directory, zero if never.
	LastSynced time.Time
	// Pending, Held and Failed count a group's memberships in these states.
	Pending, Held, Failed int
}

// MemberOp is one step of a change to a group's members.
type MemberOp string

const (
	// MemberAdd adds the listed members; those who are there already stay.
	MemberAdd MemberOp = "add"
	// MemberRemove removes the listed members; those who are absent are passed over.
	MemberRemove MemberOp = "remove"
	// MemberReplace makes the listed members the only ones.
	MemberReplace MemberOp = "replace"
)

// MemberChange is one step of a change to a group's members. A change is a list
// of them, applied in order, so that its cost follows what changes and not the
// size of the group.
type MemberChange struct {
	Op MemberOp
	// IDs are SCIM ids of users or groups. Duplicates count once.
	IDs []string
}

// GroupChange is a change to one group, applied wholly or not at all.
type GroupChange struct {
	// IfVersion makes the change fail with ErrVersion unless the group has this
	// version. Zero applies it to any version.
	IfVersion int64
	// Document replaces the group's document unless it is nil.
	Document json.RawMessage
	// Members are applied in order.
	Members []MemberChange
	// RefuseUnknown makes an unknown member id an error, an
	// UnknownMemberError. Otherwise unknown ids are left out and returned.
	RefuseUnknown bool
	// RefuseNested makes a member that is a group an error, a NestedGroupError.
	RefuseNested bool
}

// Page says which part of a listing is wanted.
type Page struct {
	// Start is the 1-based index of the first resource.
	Start int
	// Count is the most resources to return. Zero asks for the total only.
	Count int
	// After is the Next of a page of the same query. The page begins behind the
	// last resource of that one, whatever came or went meanwhile, and Start
	// does not count.
	After string
}

// List is a page of resources, the number of all that match, and how it goes on.
type List[T any] struct {
	// Total is not counted for a page that has an After: it stays zero.
	Total     int
	Resources []T
	// Next is where the next page begins, empty if there is none. It can be kept
	// and used by another process.
	Next string
}

// Origin says who asked for a change, for the journal.
type Origin struct {
	// Actor is the name of the bearer token, or of the part of the bridge.
	Actor string
	// RequestID joins the lines that one request caused.
	RequestID string
	// At is when the request was accepted: UTC, truncated to microseconds.
	At time.Time
}
