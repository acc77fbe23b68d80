package umapi

// Codes about the organization, the credential and the service itself.
var serviceCodes = map[string]CodeInfo{
	"error.organization.invalid":      {TopicService, CodeNeedsPerson, EffectNone, "There is no such organization.", hintOrgID},
	"error.organization.invalid_id":   {TopicService, CodeNeedsPerson, EffectNone, "There is no organization of that id.", hintOrgID},
	"error.organization.invalid_name": {TopicService, CodeNeedsPerson, EffectNone, "There is no organization of that name.", hintOrgID},
	"error.organization.migrating": {TopicService, CodeTransient, EffectNone, "The organization is being migrated and cannot be changed.",
		"Adobe is migrating the organization and takes no changes for some hours. It is tried again by itself; the Admin Console says when it is over."},
	"error.apikey.invalid": {TopicService, CodeNeedsPerson, EffectNone, "The client id is not allowed for the organization.", hintAPIKey},
	"error.api.not_available": {TopicService, CodeTransient, EffectUncertain, "The API is not available.",
		"The User Management API is not available at the moment. It is tried again; status.adobe.com shows outages."},
	"error.throttled_by_external_service": {TopicService, CodeTransient, EffectUncertain, "A service behind the API was asked too often.",
		"A service behind Adobe's API is overloaded. It is tried again more slowly; nothing needs to be done."},
	"error.internal.create_failed": {TopicUser, CodeTransient, EffectUncertain, "The user could not be created.",
		"Adobe could not create the user. If it stays, check under Settings > Identity in the Admin Console that the directory is not synchronized from Microsoft Entra or Google, which excludes this API, and that the domain is claimed and first and last name are not blank."},
	"error.internal.update_failed":             {TopicUser, CodeTransient, EffectUncertain, "The user could not be changed.", hintOnceMore},
	"error.internal.removefromorg":             {TopicUser, CodeTransient, EffectUncertain, "The user could not be removed.", hintOnceMore},
	"error.internal.add":                       {TopicMembership, CodeTransient, EffectUncertain, "The user could not be added.", hintOnceMore},
	"error.internal.group.remove":              {TopicMembership, CodeTransient, EffectUncertain, "The user could not be taken out of a group.", hintOnceMore},
	"error.internal.exceptionflys":             {TopicService, CodeTransient, EffectUncertain, "Something went wrong inside the service.", hintOnceMore},
	"error.internal.everybody_group.not_found": {TopicService, CodeTransient, EffectUncertain, "Something went wrong inside the service.", hintOnceMore},
}
