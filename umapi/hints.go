package umapi

// Hints that several codes share.
const (
	hintOurFault = "The bridge built a command that the service does not accept, which is a fault of the bridge. " +
		"Report it with the code, the message and the command from the history of this user or group."
	hintOnceMore = "Adobe could not do it this time. It is tried again; if it stays, make the same change by hand in the " +
		"Admin Console to see its own message, and open a support case with the request ID."
	hintTrustee = "Another organization owns this account or its domain. Change the user there, or claim the domain for " +
		"this organization under Settings > Identity in the Admin Console."
	hintReadOnly = "This user group is shared by another organization and is read-only here. Have it changed in the " +
		"organization that owns it, or rename the group in the identity provider, so that you get one of your own."
	hintUserGone = "Adobe has no such user, so it was removed, renamed or never created. It is read again and created if " +
		"it should be there; check Users in the Admin Console if it comes back."
	hintGroupGone = "Adobe has no group of that name; it was renamed or deleted. Create it under Users > User Groups in the " +
		"Admin Console, or correct the group's name in the identity provider."
	hintProfileGone = "Adobe has no product profile of that name, and profiles cannot be created through the API. Create it " +
		"under Products in the Admin Console, or correct the group's name in the identity provider."
	hintDirectory = "The identity type does not fit the directory of the user's domain. Compare the directory under " +
		"Settings > Identity in the Admin Console with mapping.identity_type."
	hintName    = "The service requires a first and a last name for this identity type. Send both from the identity provider."
	hintCountry = "Country must be two upper-case letters of ISO 3166-1, of a country Adobe does business in. Correct the address " +
		"that the identity provider sends, or set mapping.country."
	hintTaken = "Another account has this e-mail or username. Find it under Users in the Admin Console, and remove or rename " +
		"one of the two."
	hintBadUsername = "Use an e-mail or a plain name of at most 250 characters, without special characters, as userName in the identity provider."
	hintOtherDomain = "A user can only move to a domain of the same directory. Add the new domain to that directory under " +
		"Settings > Identity in the Admin Console, or remove the user and create it anew."
	hintAdobeID = "An Adobe ID belongs to its person and cannot be changed. Have the person change it, or give the user another " +
		"identity type: mapping.identity_type for all, identityType in the identity provider for one."
	hintAPIKey = "The client ID is not allowed for this organization. Compare adobe.client_id and adobe.org_id with the " +
		"credential in the Adobe Developer Console, and check that the User Management API is added to its project."
	hintOrgID = "Adobe does not know this organization. Compare adobe.org_id with the organization ID that the Adobe Developer " +
		"Console shows beside the credential; it ends in @AdobeOrg."
	hintAdminRole = "The administrator or developer role was not changed. It is tried again; if it stays, set the role by hand under " +
		"Products in the Admin Console."
)
