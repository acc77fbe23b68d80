package plan

import (
	"github.com/scim-bridge/scim-bridge/directory"
)

// Query names what the planner wants to know about. Any part may be empty.
type Query struct {
	// Users and Groups are SCIM ids, of resources that may be gone.
	Users, Groups []string
	// Accounts and AdobeGroups are mirror ids.
	Accounts, AdobeGroups []string
	// Emails and Names are folded by directory.Fold: addresses of accounts and
	// names of Adobe groups.
	Emails, Names []string
	// Known is what was answered before: of the accounts and Adobe groups in it that
	// have such an address or name nothing is said again.
	Known Facts
}

// Facts is what the store knows about the subjects of a query, read at one
// moment. It holds, and nothing else:
//
//   - Users: those asked for, and all users linked to an account in Accounts, each
//     with its ID, Created and Document, as groups are;
//   - Memberships: of each user in Users, the SCIM ids of the groups it is a
//     member of, nested groups flattened;
//   - Groups: those asked for, those in Memberships, and all groups linked to an
//     Adobe group in AdobeGroups;
//   - Links: all links of the users and groups above, and of the users and groups
//     asked for though they are gone from the directory;
//   - Accounts: those asked for, those linked to a user in Users or to one asked
//     for, and those with an address (Email or Candidate) in Emails;
//   - AdobeGroups: those asked for, those linked to a group in Groups or to one asked
//     for, those with a name (Name or Candidate) in Names, and those in Edges;
//   - Edges: all mirrored memberships of the accounts in Accounts, present or doubtful;
//   - EdgesDue: the pending due memberships of the users asked for;
//   - Sizes: how many mirrored memberships each Adobe group has that is linked to
//     a group asked for which is gone from the directory.
type Facts struct {
	Users       map[string]directory.User
	Memberships map[string][]string
	Groups      map[string]directory.Group
	Links       []Link
	Accounts    map[string]Account
	AdobeGroups map[string]AdobeGroup
	Edges       map[Edge]Presence
	EdgesDue    []Due
	Sizes       map[string]int
}

// Outcome is a verdict on something that was due.
type Outcome string

const (
	// Done means that no difference is left.
	Done Outcome = "done"
	// Retry means that it is tried again, not before a time.
	Retry Outcome = "retry"
	// Parked means that a membership waits until its user or group is done.
	Parked Outcome = "parked"
	// Held means that a brake stopped it: it waits for new input, or for a person.
	Held Outcome = "held"
	// Failed means that it waits for new input, new configuration or a person.
	Failed Outcome = "failed"
)
