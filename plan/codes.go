package plan

import (
	"iter"
	"maps"
	"slices"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// OwnCode explains a code of the bridge's own, as a [Problem] holds it.
type OwnCode struct {
	// Class is what becomes of the row, as for Adobe's codes: it waits if the
	// code is transient, else it fails until something changes.
	Class umapi.CodeClass
	// Meaning says in one sentence what is wrong.
	Meaning string
	// Hint says what to do. The problem's own may say more.
	Hint string
}

// OwnCodes yields every code of the bridge's own, in alphabetical order: those of
// this package, those of package mapping, whose errors become problems here, and
// those of package dispatch.
func OwnCodes() iter.Seq2[string, OwnCode] {
	return func(yield func(string, OwnCode) bool) {
		for _, code := range slices.Sorted(maps.Keys(ownCodes)) {
			if !yield(code, ownCodes[code]) {
				return
			}
		}
	}
}

var ownCodes = map[string]OwnCode{
	"bridge.adobe_id.twin": {umapi.CodeNeedsPerson, "The organization has an Adobe ID with the address, and Adobe makes no other account beside it.",
		"Remove the Adobe ID under Users in the Admin Console, or give the user the identity type adobeID; then scim-bridge retry."},
	"bridge.brake.departures": {umapi.CodeNeedsPerson, "A user would leave Adobe, and more have left lately than the brake lets through.",
		"If it is meant, let it go with scim-bridge release; else put it right in the identity provider, which takes it back."},
	"bridge.brake.entitlements": {umapi.CodeNeedsPerson, "A membership would be removed, and more were removed lately than the brake lets through.",
		"If it is meant, let it go with scim-bridge release; else put it right in the identity provider, which takes it back."},
	"bridge.call_refused": {umapi.CodePermanent, "Adobe refused a call with nothing but this in it as malformed.",
		"Report it with the request ID: the command should have been checked before it was sent."},
	"bridge.command.invalid": {umapi.CodePermanent, "What would be sent breaks a rule of Adobe's.",
		"Correct the attribute that the message names in the identity provider."},
	"bridge.country.missing": {umapi.CodePermanent, "Adobe requires a country for this identity type, and there is none.",
		"Map a two-letter country to addresses in the identity provider, or set mapping.country."},
	"bridge.document.damaged": {umapi.CodePermanent, "What is stored of the resource cannot be read.",
		"Have the identity provider send the whole resource again."},
	codeEmailInUse: {umapi.CodeTransient, "Another account has the address. It fails after an hour, and goes on when the address is free.",
		"Nothing, unless it stays so: then give one of the two another address in the identity provider, or remove the other account in the Admin Console."},
	"bridge.email.invalid": {umapi.CodePermanent, "The e-mail address is none.",
		"Correct the user's e-mail address in the identity provider."},
	"bridge.email.missing": {umapi.CodePermanent, "There is no e-mail address.",
		"Map an e-mail address in the identity provider."},
	"bridge.email.not_ascii": {umapi.CodePermanent, "The e-mail address has characters other than ASCII, which Adobe refuses.",
		"Give the user an e-mail address in ASCII in the identity provider."},
	"bridge.email.too_long": {umapi.CodePermanent, "The e-mail address has more than the 60 characters that Adobe takes.",
		"Give the user a shorter e-mail address in the identity provider."},
	"bridge.group.missed": {umapi.CodeTransient, "Adobe does not show a group that the bridge made. It may be late to.",
		"Nothing: it is looked for once more some minutes later, and made again if it is not there."},
	codeNameInUse: {umapi.CodeTransient, "Another group has the name in Adobe. It fails after an hour, and goes on when the bridge has freed the name.",
		"Nothing, unless it stays so: then rename one of the two in the identity provider, or delete the other under Users > User Groups in the Admin Console."},
	"bridge.group.name_missing": {umapi.CodePermanent, "The group has no name.",
		"Give the group a displayName in the identity provider."},
	"bridge.group.name_too_long": {umapi.CodePermanent, "The name has more than the 255 characters that Adobe takes.",
		"Shorten the group's name in the identity provider."},
	"bridge.group.not_a_user_group": {umapi.CodeNeedsPerson, "Adobe has something else than a user group by that name, and its members would be given what it grants.",
		"Rename the group in the identity provider, or assign the product profile to a user group in the Admin Console."},
	"bridge.group.reserved": {umapi.CodePermanent, "The name begins with an underscore, as those of Adobe's administrator groups do.",
		"Rename the group in the identity provider, or do not push it: its members would be given rights."},
	codeTypeUnknown: {umapi.CodeTransient, "Adobe does not say whether the group is a user group, and its members may hold rights that a rule gave, or the user has no address of their own to be added by. It fails after six hours.",
		"Nothing: Adobe's groups are listed again. If it stays, look for the group's name under Products and Users > User Groups in the Admin Console."},
	"bridge.group.target_missing": {umapi.CodeNeedsPerson, "A rule of the configuration maps the group to one that Adobe does not have. Where another group is about to make it, it is waited for.",
		"Correct the name in mapping.groups, or make the user group or product profile in the Admin Console and then scim-bridge retry."},
	"bridge.identity_type.differs": {umapi.CodeNeedsPerson, "Adobe has the account as another identity type, or with another kind of username.",
		"Change mapping.identity_type or the user's identityType, or remove the account in the Admin Console and send the user again: Adobe cannot turn one into the other."},
	"bridge.identity_type.invalid": {umapi.CodePermanent, "The identity type that came with the user is unknown.",
		"Correct identityType in the identity provider's attribute mapping."},
	"bridge.name.missing": {umapi.CodePermanent, "Adobe requires a first and a last name.",
		"Map name.givenName and name.familyName in the identity provider, or fill them in for this user."},
	"bridge.name.too_long": {umapi.CodePermanent, "A name has more than the 250 characters that Adobe takes.",
		"Shorten the name in the identity provider."},
	"bridge.leaves_later": {umapi.CodeTransient, "The user is inactive or gone, and leaves Adobe after the delay of the configuration.",
		"Nothing: who is active again before that stays as they were."},
	"bridge.protected": {umapi.CodePermanent, "The user or group is protected by the configuration, so nothing of it is changed.",
		"Unassign it in the identity provider, or take it out of protect in the configuration."},
	"bridge.read_failed": {umapi.CodeTransient, "Adobe was asked what it holds of this, and did not answer.",
		"Nothing, unless it stays so: then ask Adobe's support with the request ID."},
	"bridge.reply_lost": {umapi.CodeTransient, "Adobe did not answer a call, so it is not known what was done.",
		"Nothing: it is sent again, or read back first."},
	"bridge.restored": {umapi.CodeNeedsPerson, "The database was restored from a backup, and Adobe and the provider may have gone on since.",
		"Have the identity provider send everything again, then let go what is still held with scim-bridge release."},
	"bridge.user.duplicate": {umapi.CodePermanent, "Another active user maps to the same account.",
		"Deactivate one of the two users in the identity provider, or give them different e-mail addresses."},
	"bridge.username.too_long": {umapi.CodePermanent, "The user name has more than the 250 characters that Adobe takes.",
		"Shorten userName in the identity provider."},
	"bridge.waits": {umapi.CodeTransient, "A membership waits until its user and its group are in Adobe.",
		"Nothing, unless the user or the group failed: then see to that one."},
}
