package emulator

import (
	"errors"
	"fmt"
)

// Switches choose between readings of what is not documented or is documented
// in two ways. The zero value is the default reading.
type Switches struct {
	// StopOnFirstError ends a command at its first failed step. By default
	// only a failed create does, and each other failed step gives one error.
	StopOnFirstError bool `json:"stopOnFirstError"`
	// ContinueAfterFailedCreate runs the steps after a failed create.
	ContinueAfterFailedCreate bool `json:"continueAfterFailedCreate"`
	// ShuffleCommands applies the commands of a call in a random order.
	ShuffleCommands bool `json:"shuffleCommands"`
	// SkipBadEntries applies the rest of a list of which an entry is unknown:
	// unknown groups and profiles are still reported, unknown users only when
	// no user of the list is known. By default one such entry voids the list.
	SkipBadEntries bool `json:"skipBadEntries"`
	// EmptyListRefused answers error.group.invalid_list to an empty list under a
	// user, as the documentation has it. By default it changes nothing: Adobe's
	// tools send it. Under a user group it is refused either way.
	EmptyListRefused bool `json:"emptyListRefused"`
	// UnchangedListFails answers error.usergroup.user_list.invalid to a user
	// list that changes nothing. By default that is success.
	UnchangedListFails bool `json:"unchangedListFails"`
	// RepeatedMembershipFails answers error.user.already_exists to adding, under
	// a user, a membership that is there, and error.group.remove_failed to
	// removing one that is not. By default both are success.
	RepeatedMembershipFails bool `json:"repeatedMembershipFails"`
	// SeveralVerbsInAStep accepts step objects of several keys, as in 2017.
	SeveralVerbsInAStep bool `json:"severalVerbsInAStep"`
	// UnknownVerbIsIllegalEntry answers error.command.illegal_entry to an
	// unknown step. By default: error.command.step.unknown.
	UnknownVerbIsIllegalEntry bool `json:"unknownVerbIsIllegalEntry"`
	// TestOnlyObserved makes testOnly as strict as was reported from practice:
	// users and groups that do not exist yet are errors, even to the steps after
	// the create in their own command.
	TestOnlyObserved bool `json:"testOnlyObserved"`
	// NoDeprecationWarnings leaves out the warning about the key "product", as
	// recorded answers did.
	NoDeprecationWarnings bool `json:"noDeprecationWarnings"`
	// SecondDelete says what becomes of a second deleteUserGroup in one call.
	SecondDelete SecondDelete `json:"secondDelete"`

	// LenientCreate accepts creates without names or country.
	LenientCreate bool `json:"lenientCreate"`
	// CreateBesideAdobeID creates the account of the organisation although an
	// Adobe ID with its e-mail is in it. By default nothing is created and
	// success is reported.
	CreateBesideAdobeID bool `json:"createBesideAdobeID"`
	// UnclaimedBelongsToAnother answers error.user.belongs_to_another_org to a
	// create in an unclaimed domain. By default: error.domain.trust.nonexistent.
	UnclaimedBelongsToAnother bool `json:"unclaimedBelongsToAnother"`
	// TrusteeCannotCreate refuses to make accounts in a trusted directory. By
	// default that is possible; either way existing ones can join.
	TrusteeCannotCreate bool `json:"trusteeCannotCreate"`
	// UsernamesUniqueInOrg makes usernames unique across all directories. By
	// default they are so in each.
	UsernamesUniqueInOrg bool `json:"usernamesUniqueInOrg"`
	// UsernameKeepsOnEmailChange leaves the username of a user with e-mail
	// login alone when the e-mail changes. By default it follows.
	UsernameKeepsOnEmailChange bool `json:"usernameKeepsOnEmailChange"`
	// CaseChangeRefused answers error.update.no to an e-mail that differs only
	// in case. By default that is success without change.
	CaseChangeRefused bool `json:"caseChangeRefused"`
	// OtherDomainOldCode answers error.user.change_domain_update.no to a move to
	// another directory. By default: error.update.domain.mismatch.
	OtherDomainOldCode bool `json:"otherDomainOldCode"`
	// UpdateOptionIgnored accepts "option" in an update. By default:
	// error.command.update.option.no.
	UpdateOptionIgnored bool `json:"updateOptionIgnored"`
	// RenameChangesID gives a user another id with another e-mail. By default
	// it stays.
	RenameChangesID bool `json:"renameChangesID"`
	// RecreationKeepsID gives a user whose account was deleted, and who is
	// created again with the same e-mail, the id of before. By default another.
	RecreationKeepsID bool `json:"recreationKeepsID"`
	// SoftRemoveOfUnknownSucceeds answers success to removing, without
	// deletion, a user who is not there. By default: error.user.nonexistent.
	SoftRemoveOfUnknownSucceeds bool `json:"softRemoveOfUnknownSucceeds"`
	// RemoveAllSparesNobody lets remove "all" end the role of system
	// administrator too. By default it does not.
	RemoveAllSparesNobody bool `json:"removeAllSparesNobody"`
	// SyncedMembershipsRefused refuses changes of membership of users of a
	// synced directory. By default they are done.
	SyncedMembershipsRefused bool `json:"syncedMembershipsRefused"`
	// RenameCollisionUpdateFailed answers error.usergroup.update.failed to the
	// rename of a group onto a name that is taken. By default:
	// error.usergroup.already_exists.
	RenameCollisionUpdateFailed bool `json:"renameCollisionUpdateFailed"`

	// PageBeyondEnd is what a page after the last one is. By default users
	// repeat the last page and groups answer 200 with "Not found".
	PageBeyondEnd PageBeyondEnd `json:"pageBeyondEnd"`
	// FullPageContinues says of a last page that is full that it is not the
	// last, and answers 404 to the next, which made published clients stop
	// early. By default a full last page is the last.
	FullPageContinues bool `json:"fullPageContinues"`
	// ListOrder is the order of lists of users and groups.
	ListOrder ListOrder `json:"listOrder"`
	// UnstableGroupOrder shuffles the groups of a user at each reading.
	UnstableGroupOrder bool `json:"unstableGroupOrder"`
	// UpperCaseUsernames shows the usernames of the organisation's accounts in
	// capitals.
	UpperCaseUsernames bool `json:"upperCaseUsernames"`
	// MissingGroupTypes leaves the type out of every third group in a list.
	MissingGroupTypes bool `json:"missingGroupTypes"`
	// TotalCountUnfiltered counts in X-Total-Count what "domain" and "status"
	// left out.
	TotalCountUnfiltered bool `json:"totalCountUnfiltered"`
	// SingleReadPrefersAdobeID shows the Adobe ID of two accounts with one
	// e-mail. By default the organisation's own.
	SingleReadPrefersAdobeID bool `json:"singleReadPrefersAdobeID"`

	// FixedWindow counts calls in minutes of the clock. By default in the last
	// 60 seconds, whenever it is.
	FixedWindow bool `json:"fixedWindow"`
	// RefusedCallsCount counts calls that were refused with 429 as well.
	RefusedCallsCount bool `json:"refusedCallsCount"`
	// LimitsPerOrg shares the limits of one client among all.
	LimitsPerOrg bool `json:"limitsPerOrg"`
	// PragmaIgnored counts listings that say they are the start of a sync. By
	// default those are exempt.
	PragmaIgnored bool `json:"pragmaIgnored"`
	// RetryAfterDate sends Retry-After as a date. By default in seconds.
	RetryAfterDate bool `json:"retryAfterDate"`
	// GlobalLimit503 answers 503 beyond the limit of all clients together, as
	// the documentation once said. By default 429.
	GlobalLimit503 bool `json:"globalLimit503"`
	// RequestIDTwice sends the header X-Request-Id twice, as recorded answers did.
	RequestIDTwice bool `json:"requestIDTwice"`
	// GatewayBodies gives 401 and 403 the body that Adobe's gateway has for
	// other APIs. By default they have none.
	GatewayBodies bool `json:"gatewayBodies"`
	// TokenErrorsUnauthorized answers 401 to every mistake in a token request.
	// By default 400, and 401 only to a wrong secret.
	TokenErrorsUnauthorized bool `json:"tokenErrorsUnauthorized"`
	// LargeBody413 answers 413 to a body that is too large. By default 400.
	LargeBody413 bool `json:"largeBody413"`
}

// PageBeyondEnd is a way to answer a page after the last one.
type PageBeyondEnd string

// The answers to a page after the last one.
const (
	BeyondEndDefault   PageBeyondEnd = ""          // users as BeyondEndRepeat, groups as BeyondEndEmptyBody
	BeyondEndRepeat    PageBeyondEnd = "repeat"    // the last page once more
	BeyondEndEmptyBody PageBeyondEnd = "emptyBody" // 200 {"lastPage":true,"result":"Not found"}
	BeyondEndNotFound  PageBeyondEnd = "notFound"  // the same body with 404
)

// SecondDelete is what becomes of the second deleteUserGroup in one call: that
// it does not work is known, how it fails is not.
type SecondDelete string

// The fates of a second deleteUserGroup.
const (
	SecondDeleteSilent SecondDelete = ""      // success, and the group stays
	SecondDeleteFails  SecondDelete = "fails" // error.usergroup.update.failed
	SecondDeleteWorks  SecondDelete = "works" // the group goes
)

// ListOrder is the order of a list.
type ListOrder string

// The orders of a list.
const (
	OrderCreation   ListOrder = ""           // always that of creation
	OrderPerListing ListOrder = "perListing" // another each time page 0 is read
	OrderPerPage    ListOrder = "perPage"    // another for each page, so that entries are missed or come twice
)

// check returns all that is unknown in s.
func (s Switches) check() error {
	var problems []error
	switch s.PageBeyondEnd {
	case BeyondEndDefault, BeyondEndRepeat, BeyondEndEmptyBody, BeyondEndNotFound:
	default:
		problems = append(problems, fmt.Errorf("pageBeyondEnd: %q is unknown", s.PageBeyondEnd))
	}
	switch s.SecondDelete {
	case SecondDeleteSilent, SecondDeleteFails, SecondDeleteWorks:
	default:
		problems = append(problems, fmt.Errorf("secondDelete: %q is unknown", s.SecondDelete))
	}
	switch s.ListOrder {
	case OrderCreation, OrderPerListing, OrderPerPage:
	default:
		problems = append(problems, fmt.Errorf("listOrder: %q is unknown", s.ListOrder))
	}
	return errors.Join(problems...)
}

// Switches returns the readings in force.
func (e *Emulator) Switches() Switches {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cfg.Switches
}

// SetSwitches puts other readings in force, from the next request on. Its error
// names what is unknown; then nothing changes.
func (e *Emulator) SetSwitches(s Switches) error {
	if err := s.check(); err != nil {
		return fmt.Errorf("switches: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cfg.Switches = s
	return nil
}
