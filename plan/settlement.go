package plan

import (
	"slices"
	"time"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// Problem is what an operator is told: what happened and what to do.
type Problem struct {
	// Code is Adobe's errorCode, or one of the bridge's own that begins with "bridge.".
	Code    string
	Message string
	Hint    string
}

// Restored is why all is held in a database that was restored from a backup.
var Restored = Problem{
	Code:    "bridge.restored",
	Message: "the database was restored from a backup",
	Hint:    "have the provider send everything again, then let go what is still held with scim-bridge release",
}

// Verdict is what became of one due row. It is applied only while the row's
// generation is still Due.Generation: a newer one is looked at again.
type Verdict struct {
	Due     Due
	Outcome Outcome
	// Problem is kept with the row unless the outcome is Done.
	Problem Problem
	// NotBefore is when a Retry is tried again.
	NotBefore time.Time
	// Attempt counts the try: Retry and Failed only.
	Attempt bool
	// Refused sets the row's Refused.
	Refused int
}

// OutcomeLost is that of a call which had no answer.
const OutcomeLost = "lost"

// Settlement is what was learned, written in one transaction.
type Settlement struct {
	// Call is the call that it settles, empty where none was sent.
	Call string
	// Outcome of the call for the calls row and for people: "success",
	// "partial", "error", "refused", "lost", "not sent".
	Outcome string
	// RequestID is the X-Request-Id of the exchange, for Adobe's support.
	RequestID string
	// Spared is what the call was to take away and surely did not: it is not
	// counted against the brakes.
	Spared Removals
	// Accounts and AdobeGroups replace the mirror's rows of the same id. One
	// that is Absent loses its memberships, those of one that is Doubtful become so.
	Accounts    []Account
	AdobeGroups []AdobeGroup
	// Missing are ends of memberships that the mirror holds as present and that
	// Adobe did not find: those accounts and groups become unknown.
	Missing Missing
	// Memberships replace the mirror's, after that, in this order.
	Memberships []Membership
	// Links are kept, and replace those of the same ends.
	Links []Link
	// Unlinked are removed.
	Unlinked []Link
	Verdicts []Verdict
	// Touched are made due again with a new generation, whatever their state.
	Touched []Touch
	// Freed are codes of problems that may have passed: what waits or failed with
	// one of them is looked at again at once.
	Freed []string
	// Notes go to the journal.
	Notes []Note
}

const (
	codeEmailInUse  = "bridge.email.in_use"
	codeNameInUse   = "bridge.group.name_in_use"
	codeTypeUnknown = "bridge.group.type_unknown"
)

// FreedByListing are the codes of problems that may have passed when Adobe's
// groups were listed, as Settlement.Freed.
func FreedByListing() []string { return []string{codeNameInUse, codeTypeUnknown} }

// freeEmail notes that an account may have given up an address, for which
// another may be waiting.
func (s *Settlement) freeEmail(before, after Account) {
	if gaveUp(before.Presence, after.Presence, after.Email, before.Email, before.Candidate) {
		s.Freed = append(s.Freed, codeEmailInUse)
	}
}

// freeName does the same for a group and a name.
func (s *Settlement) freeName(before, after AdobeGroup) {
	if gaveUp(before.Presence, after.Presence, after.Name, before.Name, before.Candidate) {
		s.Freed = append(s.Freed, codeNameInUse)
	}
}

func gaveUp(before, after Presence, now string, had ...string) bool {
	return before != Absent && slices.ContainsFunc(had, func(name string) bool {
		return name != "" && (after == Absent || !sameText(name, now))
	})
}

// Missing names accounts and Adobe groups by mirror ids.
type Missing struct{ Accounts, AdobeGroups []string }

// Touch makes something due.
type Touch struct {
	Kind Kind `json:"kind"`
	// User and Group are ids as in Due. A KindEdge without a User means every
	// user who is a member of the group, directly or not; a KindMirrored without
	// one, every mirrored membership of the Adobe group.
	User  string `json:"user,omitempty"`
	Group string `json:"group,omitempty"`
	Class Class  `json:"class"`
}

// Note is a line of the journal: prose for people, never read by the engine.
type Note struct {
	// User and Group are the SCIM ids that it is about; either may be empty.
	User, Group string
	// Event is a short word such as "sent", "done", "failed".
	Event string
	Text  string
}

// Call is one POST to the action endpoint: its commands, and for each what it
// is about. It is stored before it is sent, so that after a crash its subjects
// are known.
type Call struct {
	// ID is minted by the dispatcher.
	ID       string    `json:"id"`
	Commands []Command `json:"commands"`
	// Within is the time it was given, from when it was stored. A replica with another
	// configuration may take over from the one that sent it. 0 is of a release that did
	// not say.
	Within time.Duration `json:"within,omitempty"`
}

// Command is one command of a call with what its success would prove.
type Command struct {
	UMAPI umapi.Command `json:"umapi"`
	// Account and AdobeGroup are the subject as it will be if the command
	// succeeds: one of them is set.
	Account    *Account    `json:"account,omitempty"`
	AdobeGroup *AdobeGroup `json:"adobe_group,omitempty"`
	// Before is the subject as the mirror holds it now.
	BeforeAccount    *Account    `json:"before_account,omitempty"`
	BeforeAdobeGroup *AdobeGroup `json:"before_adobe_group,omitempty"`
	// Own are the due rows of the subject itself.
	Own []Due `json:"own,omitempty"`
	// Also are due rows that wait for more than this command: its failure is
	// theirs, its success does not pay them off.
	Also []Due `json:"also,omitempty"`
	// Touched becomes due when the subject's step succeeded: memberships that
	// differ then, that no row is due for, and that the command does not carry.
	Touched []Touch `json:"touched,omitempty"`
	// Steps say what each step of UMAPI.Do carries, by index.
	Steps []Step `json:"steps"`
}

// Step says what one step of a command is about.
type Step struct {
	// Subject is set on the step that creates, changes or removes the subject.
	Subject bool   `json:"subject,omitempty"`
	Added   []Edge `json:"added,omitempty"`
	Removed []Edge `json:"removed,omitempty"`
	// Due are the due memberships that the step pays off.
	Due []Due `json:"due,omitempty"`
	// Also are due memberships that wait for more than this step.
	Also []Due `json:"also,omitempty"`
	// Otherwise becomes due unless the step is done: memberships that it
	// carries and that no row is due for.
	Otherwise []Touch `json:"otherwise,omitempty"`
	// Removes is what it takes away, as brakes count.
	Removes Removals `json:"removes,omitzero"`
}

// SentCall is a stored call.
type SentCall struct {
	Call   Call
	SentAt time.Time
}

// Empty reports whether there is nothing to write.
func (s Settlement) Empty() bool {
	return s.Call == "" && len(s.Accounts)+len(s.AdobeGroups)+len(s.Missing.Accounts)+len(s.Missing.AdobeGroups)+len(s.Memberships)+len(s.Links)+
		len(s.Unlinked)+len(s.Verdicts)+len(s.Touched)+len(s.Freed)+len(s.Notes) == 0
}
