package umapi

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// CodeClass is what the error of one command means for that command.
type CodeClass string

// The classes of codes. They are a judgement: the documentation lists codes
// and says nothing about trying again.
const (
	// CodePermanent: the command fails again until its content changes.
	CodePermanent CodeClass = "permanent"
	// CodeReread: Adobe holds something else than was believed. Read it, then
	// decide anew; what was wanted may be so already.
	CodeReread CodeClass = "reread"
	// CodeNeedsPerson: something outside the command is in the way, and a
	// person must change it.
	CodeNeedsPerson CodeClass = "needs-person"
	// CodeTransient: try again later.
	CodeTransient CodeClass = "transient"
)

// CodeInfo explains an error code.
type CodeInfo struct {
	Class CodeClass
	// Hint tells an operator what to do, in one or two plain sentences.
	Hint string
}

// unknownCode is what a code means that is not in the table: the service may
// have learnt a new one.
var unknownCode = CodeInfo{CodeTransient, "This code is not known here. It is tried again; " +
	"if it stays, read Adobe's message beside it and look the code up in the User Management API's error reference."}

// Lookup explains the code of a [CommandError]. For a code that it does not
// know it returns false and an explanation that says so, of class
// [CodeTransient].
func Lookup(code string) (CodeInfo, bool) {
	info, ok := codes[code]
	if !ok {
		// Live answers carry the prefix that the list of codes leaves out.
		info, ok = codes[strings.TrimPrefix(code, "error.")]
	}
	if !ok {
		return unknownCode, false
	}
	return info, true
}

// Codes yields every known code with its explanation, in alphabetical order.
func Codes() iter.Seq2[string, CodeInfo] {
	return func(yield func(string, CodeInfo) bool) {
		for _, code := range slices.Sorted(maps.Keys(codes)) {
			if !yield(code, codes[code]) {
				return
			}
		}
	}
}

// Hints that several codes share.
const (
	hintOurFault = "The bridge built a command that the service does not accept, which is a fault of the bridge. " +
		"Report it with the code, the message and the command from the history of this user or group."
	hintOnceMore = "Adobe could not do it this time. It is tried again; if it stays, make the same change by hand in the " +
		"Admin Console to see its own message, and open a support case with the request ID."
	hintTrustee = "Another organization owns this account or its domain. Change the user there, or claim the domain for " +
		"this organization under Settings > Identity in the Admin Console."
	hintReadOnly = "This user group is shared by another organization and is read-only here. Have it changed in the " +
		"organization that owns it, or map the members to a group of your own."
	hintUserGone = "Adobe has no such user, so it was removed, renamed or never created. It is read again and created if " +
		"it should be there; check Users in the Admin Console if it comes back."
	hintGroupGone = "Adobe has no group of that name; it was renamed or deleted. Create it under Users > User Groups in the " +
		"Admin Console, or correct the name in the mapping."
	hintProfileGone = "Adobe has no product profile of that name, and profiles cannot be created through the API. Create it " +
		"under Products in the Admin Console, or correct the name in the mapping."
	hintDirectory = "The identity type does not fit the directory of the user's domain. Compare the directory under " +
		"Settings > Identity in the Admin Console with mapping.identity_type."
	hintName    = "The service requires a first and a last name for this identity type. Send both from the identity provider."
	hintCountry = "Country must be two upper-case letters of ISO 3166-1, of a country Adobe does business in. Correct the address " +
		"that the identity provider sends, or set mapping.country."
	hintTaken = "Another account has this e-mail or username. Find it under Users in the Admin Console, and remove or rename " +
		"one of the two."
	hintBadUsername = "Adobe does not accept this username. Use an e-mail or a plain name of at most 250 characters, without special characters."
	hintOtherDomain = "A user can only move to a domain of the same directory. Add the new domain to that directory under " +
		"Settings > Identity in the Admin Console, or remove the user and create it anew."
	hintAPIKey = "The client ID is not allowed for this organization. Compare adobe.client_id and adobe.org_id with the " +
		"credential in the Adobe Developer Console, and check that the User Management API is added to its project."
	hintOrgID = "Adobe does not know this organization. Compare adobe.org_id with the organization ID that the Adobe Developer " +
		"Console shows beside the credential; it ends in @AdobeOrg."
	hintNothingListed = "The change of members had no effect: the users are members already, or none is known. The group is read again."
	hintAdminRole     = "The administrator role was not changed. It is tried again; if it stays, set the role by hand under " +
		"Products in the Admin Console."
)

// codes is the one list of error codes that can stand inside an answer of 200,
// as ErrorRef names them and as answers were seen to hold them.
var codes = merge(userCodes, commandCodes, groupCodes, platformCodes)

func merge(tables ...map[string]CodeInfo) map[string]CodeInfo {
	all := make(map[string]CodeInfo)
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// Codes about users and identities.
var userCodes = map[string]CodeInfo{
	"error.user.not_found":                                 {CodeReread, hintUserGone},
	"error.user.nonexistent":                               {CodeReread, hintUserGone},
	"error.user.nonexistent_or_has_conflicting_parameters": {CodeReread, hintUserGone},
	"error.user.not_in_org":                                {CodeNeedsPerson, "The user is not in this organization, or another organization owns it. Look for it under Users in the Admin Console and add it there, or change it in the organization that owns it."},
	"error.user.already_in_org":                            {CodeReread, "The user is in the organization already. It is read again and adopted as it is."},
	"error.user.already_invited":                           {CodeReread, "The user was invited already. It is read again; if it does not appear, have the user accept the invitation."},
	"error.user.already_exists":                            {CodeReread, "The user is a member already. The group is read again."},
	"error.user.must_match_email":                          {CodePermanent, "In this directory the username must be the e-mail. Send the same value for both from the identity provider."},
	"error.user.type_must_not_be_adobeid":                  {CodePermanent, "An Adobe ID belongs to its person and cannot be changed. Have the person change it, or give the user another identity type in the mapping."},
	"error.user.type_unknown":                              {CodeTransient, hintOnceMore},
	"error.user.type.missing":                              {CodeTransient, hintOnceMore},
	"error.user.type_not_available":                        {CodeNeedsPerson, "This organization cannot have users of this identity type. Set mapping.identity_type to one that Settings > Identity in the Admin Console offers."},
	"error.user.not_found_or_ambiguous":                    {CodeNeedsPerson, "Several accounts match this user. Search for the e-mail under Users in the Admin Console and remove the one that should not be there."},
	"error.user.name.invalid":                              {CodePermanent, hintBadUsername},
	"error.user.user_list.invalid":                         {CodePermanent, "A list of members holds a bad username. Correct the user in the identity provider."},
	"error.user.email.invalid":                             {CodePermanent, "Adobe takes e-mails of at most 60 characters, in plain ASCII. Correct the e-mail in the identity provider."},
	"error.user.belongs_to_another_org":                    {CodeNeedsPerson, hintTrustee},
	"error.user.type_mismatch":                             {CodeNeedsPerson, hintDirectory},
	"error.user.change_domain_update.no":                   {CodePermanent, hintOtherDomain},
	"error.user.id_missing":                                {CodePermanent, hintOurFault},
	"error.user.firstname_missing":                         {CodePermanent, hintName},
	"error.user.lastname_missing":                          {CodePermanent, hintName},
	"error.user.name_in_use":                               {CodePermanent, hintTaken},
	"error.user.email.name_in_use":                         {CodePermanent, hintTaken},
	"error.user.name.contains.email":                       {CodeNeedsPerson, "The directory uses plain usernames, and an e-mail was sent as one. Send the plain username from the identity provider, or change the directory's login under Settings > Identity in the Admin Console."},
	"error.user.update_failed":                             {CodeTransient, hintOnceMore},
	"error.user.command.missing.arguments":                 {CodePermanent, hintOurFault},
	"error.user.productadmin.group.not_found":              {CodeNeedsPerson, "The product has no group of administrators by that name. Look the product up under Products in the Admin Console and correct the mapping."},
	"error.user.productadmin.add.user.failed":              {CodeTransient, hintAdminRole},
	"error.user.productadmin.remove.admin.failed":          {CodeTransient, hintAdminRole},
	"error.user.domain_enforcement":                        {CodeNeedsPerson, "The organization restricts which domains its users may have. Allow the domain under Settings > Privacy and Security in the Admin Console, or leave the user out in the mapping."},
	"error.domain.trust.nonexistent":                       {CodeNeedsPerson, "The domain is not claimed by this organization. Claim it, or request trust for it, under Settings > Identity > Domains in the Admin Console."},
	"error.api.user.not.parent.org":                        {CodeNeedsPerson, hintTrustee},
	"error.country.invalid":                                {CodePermanent, hintCountry},
	"error.option.illegal":                                 {CodePermanent, hintOurFault},
	"error.update.no":                                      {CodePermanent, "The new e-mail cannot be used. Check in the identity provider that it is spelled correctly, and in the Admin Console that its domain is claimed and nobody has it."},
	"error.update.domain.mismatch":                         {CodePermanent, hintOtherDomain},
	"error.update.username.no":                             {CodePermanent, "The username of this user is always the e-mail. Change the e-mail in the identity provider instead."},
	"error.update.country.no_update":                       {CodePermanent, "The country of a user can never be changed. Remove the user and create it anew, or leave the country as it is."},
	"error.update.adobeid.no":                              {CodePermanent, "An Adobe ID belongs to its person and cannot be changed. Have the person change it, or give the user another identity type in the mapping."},
}

// Codes about the form of a command. The checks of this package make most of
// them impossible.
var commandCodes = map[string]CodeInfo{
	"error.command.malformed":                                  {CodePermanent, hintOurFault},
	"error.command.steps.malformed":                            {CodePermanent, hintOurFault},
	"error.command.user.missing":                               {CodePermanent, hintOurFault},
	"error.command.user_usergroup.missing":                     {CodePermanent, hintOurFault},
	"error.command.illegal_entry":                              {CodePermanent, hintOurFault},
	"error.command.step.unknown":                               {CodePermanent, hintOurFault},
	"error.command.string_expected":                            {CodePermanent, hintOurFault},
	"error.command.string.too_long":                            {CodePermanent, "A value is longer than Adobe accepts; the message names it. Shorten it in the identity provider: names to 250 characters, country to 2."},
	"error.command.boolean_expected":                           {CodePermanent, hintOurFault},
	"error.command.domain.missing":                             {CodePermanent, "A username that is not an e-mail needs the domain of its directory. Name the domain in the mapping, or send an e-mail as the username."},
	"error.command.domain.must_be_used_with_nonemail_username": {CodePermanent, hintOurFault},
	"error.command.domain.string_expected":                     {CodePermanent, hintOurFault},
	"error.command.create.object_expected":                     {CodePermanent, hintOurFault},
	"error.command.create.string_expected":                     {CodePermanent, hintOurFault},
	"error.command.create.more_than_one":                       {CodePermanent, hintOurFault},
	"error.command.create.not_first":                           {CodePermanent, hintOurFault},
	"error.command.create.key.unknown":                         {CodePermanent, hintOurFault},
	"error.command.update.option.no":                           {CodePermanent, hintOurFault},
	"error.command.removefromorg.not_last":                     {CodePermanent, hintOurFault},
	"error.command.object_not_empty":                           {CodePermanent, hintOurFault},
	"error.command.product.not_found":                          {CodePermanent, hintProfileGone},
	"error.command.add_remove.list":                            {CodePermanent, hintOurFault},
	"error.command.add_remove.key.unknown":                     {CodePermanent, hintOurFault},
	"error.command.add_remove.user_usergroup.missing":          {CodePermanent, hintOurFault},
	"error.command.add_remove.missing_list":                    {CodePermanent, hintOurFault},
	"error.command.add_remove.list_too_long":                   {CodePermanent, "Adobe takes fewer steps or memberships in one command than the bridge sent. Lower adobe.limits.steps or adobe.limits.entries in the configuration."},
	"error.command.add_remove.list_not_array":                  {CodePermanent, hintOurFault},
	"error.command.add_remove.group_or_product_name_too_long":  {CodePermanent, "The name of a group is longer than Adobe accepts. Shorten it to 255 characters in the identity provider or in the mapping."},
	"error.command.add_remove.invalid.usergroup_list":          {CodePermanent, hintOurFault},
	"error.command.add_remove.duplicate.user_list":             {CodePermanent, hintOurFault},
	"error.command.add_remove.duplicate.product_list":          {CodePermanent, hintOurFault},
	"error.command.add_remove.duplicate.group_list":            {CodePermanent, hintOurFault},
	"error.command.add_remove.duplicate.usergroup_list":        {CodePermanent, hintOurFault},
	"error.command.add_remove.duplicate.productadmin_list":     {CodePermanent, hintOurFault},
}

// Codes about groups, profiles and administrator roles.
var groupCodes = map[string]CodeInfo{
	"error.group.not_found":                            {CodeReread, hintGroupGone},
	"error.group.invalid_list":                         {CodePermanent, hintOurFault},
	"error.group.invalid_name":                         {CodePermanent, "Adobe does not accept this name of a group. Rename the group in the identity provider or in the mapping."},
	"error.group.remove_failed":                        {CodeTransient, hintOnceMore},
	"error.usergroup.already_exists":                   {CodeReread, "A user group of this name exists already. It is adopted: members are added to it, and it is never renamed or deleted by the bridge."},
	"error.usergroup.not_found":                        {CodeReread, hintGroupGone},
	"error.usergroup.user_list.invalid":                {CodeReread, hintNothingListed},
	"error.usergroup.update.failed":                    {CodeTransient, hintOnceMore},
	"error.usergroup.command.missing.arguments":        {CodePermanent, hintOurFault},
	"error.usergroup.exceeds_maximum_member_count":     {CodeNeedsPerson, "The user group has more members than Adobe lets it change, 200,000. Split the group in the identity provider."},
	"error.usergroup.readonly.update_not_allowed":      {CodeNeedsPerson, hintReadOnly},
	"error.usergroup.readonly.add_user_not_allowed":    {CodeNeedsPerson, hintReadOnly},
	"error.usergroup.readonly.remove_user_not_allowed": {CodeNeedsPerson, hintReadOnly},
	"error.usergroup.readonly.remove_not_allowed":      {CodeNeedsPerson, hintReadOnly},
	"plc.not_found":                                    {CodePermanent, hintProfileGone},
	"plc.admin.group.not_found":                        {CodePermanent, hintProfileGone},
	"plc.admin.already_added":                          {CodeReread, "The user administers the product profile already. It is read again."},
	"plc.add.admin.error":                              {CodeTransient, hintAdminRole},
	"plc.remove.admin.error":                           {CodeTransient, hintAdminRole},
	"error.productadmin.add.user.failed":               {CodeTransient, hintAdminRole},
	"error.productadmin.remove.admin.failed":           {CodeTransient, hintAdminRole},
	"error.developer.add_user.failed":                  {CodeTransient, hintAdminRole},
	"error.developer.remove_user.failed":               {CodeTransient, hintAdminRole},
}

// Codes about the organization and the service itself.
var platformCodes = map[string]CodeInfo{
	"error.organization.invalid":               {CodeNeedsPerson, hintOrgID},
	"error.organization.invalid_id":            {CodeNeedsPerson, hintOrgID},
	"error.organization.invalid_name":          {CodeNeedsPerson, hintOrgID},
	"error.organization.migrating":             {CodeTransient, "Adobe is migrating the organization and takes no changes for some hours. It is tried again by itself."},
	"error.apikey.invalid":                     {CodeNeedsPerson, hintAPIKey},
	"error.api.not_available":                  {CodeTransient, "The User Management API is not available at the moment. It is tried again; status.adobe.com shows outages."},
	"error.throttled_by_external_service":      {CodeTransient, "A service behind Adobe's API is overloaded. It is tried again more slowly; nothing needs to be done."},
	"error.internal.create_failed":             {CodeTransient, "Adobe could not create the user. If it stays, check under Settings > Identity in the Admin Console that the directory is not synchronized from Microsoft Entra or Google, which excludes this API, and that the domain is claimed and first and last name are not blank."},
	"error.internal.update_failed":             {CodeTransient, hintOnceMore},
	"error.internal.removefromorg":             {CodeTransient, hintOnceMore},
	"error.internal.add":                       {CodeTransient, hintOnceMore},
	"error.internal.group.remove":              {CodeTransient, hintOnceMore},
	"error.internal.exceptionflys":             {CodeTransient, hintOnceMore},
	"error.internal.everybody_group.not_found": {CodeTransient, hintOnceMore},
}
