// Package emulator is a User Management API and its token service in memory.
//
// An [Emulator] is one organisation. It is an [http.Handler] without sockets of
// its own, and an [http.RoundTripper], so that a client can be tried inside a
// testing/synctest bubble. It uses the clock of package time, starts no
// goroutines and keeps nothing when it goes. Its wire types are its own: a
// misunderstanding in the client cannot hide in both.
//
// It does what the documentation of the API says, where that is silent what was
// seen in practice, and where both are silent one reading of several, which
// [Switches] can change. It is rude on request: a [Fault] makes requests or
// single commands go wrong, before or after they are applied. Everything that
// comes in is entered in a ledger with what became of it, and what a client
// should never send is marked there as unexpected.
//
// An organisation has one directory or several, each with domains, a type of
// identity and a way to log in; it can be another organisation's, and be filled
// by a synchronisation from elsewhere. What it holds is put in by hand
// ([Emulator.AddUser], [Emulator.AddGroup], [Emulator.AddDirectory]) or as a
// whole ([Emulator.Load]), and looked at through the methods that no client has
// ([Emulator.Users], [Emulator.State]), which see the present. Reads of the API
// can lag behind it ([Config].ReadLag): they are answered from the past then,
// while actions always see the present. It is made for half a million users.
//
// All chance comes from [Config].Seed, with one exception: the key that signs
// tokens, so that an emulator started again refuses the tokens of the last.
//
// # What is modelled
//
//	UM_Authentication        clients with tokens of their own; a form of either kind, or the query; scope; expiry; revocation; 401 and 403 without a body
//	the JWT guide            the exchange of a signed JWT, as it was; its claims, signature and errors
//	ActionsRef               array of at most 10 commands, 1 MB; counts; errors and warnings by index and step; testOnly
//	ActionsCmds              every step for users; options; claimed, trusted and synced domains; twins of Adobe IDs; leaving and returning
//	usergroupActionCommands  every step for user groups; read-only groups; size limit
//	ErrorRef                 the codes that these can provoke, with the messages known from practice; the others as faults
//	getUsersWithPage         pages and their headers, domain, directOnly; active users only; technical accounts are counted
//	getUsersByGroup          by name or id; status, excludeGroups; members beyond the licences are inactive
//	getUser                  by e-mail without case, or by username and domain; Adobe IDs
//	group                    every type of group, with its own fields
//	DeprecatedApis           users, user groups, products and profiles in their old shapes, and the changes of them that once were
//	throttling               minutes for each client and for all, by endpoint; the lock-out for listing too often; Pragma exempts
//
// # What is simplified, and what that could hide
//
//	one organisation                   a client that confuses organisations; the owner of a trusted directory never acts
//	an e-mail is in one directory      one that does not expect error.user.not_found_or_ambiguous (inject a Fault)
//	all reads lag alike                one that trusts a single read more than a list
//	reads and writes take no time      one whose timeouts are too short (inject a Fault with Wait)
//	any country of ISO 3166-1 is good  one that does not handle countries without Adobe's business
//	names of products never change     one that keeps them as keys
//	deprecated reads have no phones    nothing: the organisation has none
//
// # What is unknown, and the reading chosen
//
//	an eleventh command                    400 error.command.malformed
//	an eleventh step                       error.command.add_remove.list_too_long
//	an error in the syntax of a command    nothing of that command is run; its first error is reported
//	steps after a failed one               run, except after a failed create; nothing is taken back
//	one unknown name in a list             nothing of that list is applied; the error names it, unless no user of the list is known
//	an unknown verb, addRoles and the like error.command.step.unknown
//	several verbs in a step                error.command.illegal_entry
//	an empty user                          error.command.user.missing
//	a user twice in a list                 error.command.add_remove.duplicate.user_list; of groups only under the key "usergroup"
//	no list in an add or remove            of a user: ...missing_list; of a user group: ...user_usergroup.missing
//	an empty list under a user             success without change
//	an empty list under a user group       of users error.usergroup.command.missing.arguments, of profiles error.group.invalid_list
//	a bad entry in a list "usergroup"      error.command.add_remove.invalid.usergroup_list
//	remove "all" under a user              spares system administrators, and groups that are read-only
//	remove "all" under a user group        takes out all users and profiles; add "all" is error.command.add_remove.list
//	an unknown name in a list "product"    error.group.not_found, as in every other
//	adding twice, removing twice           success
//	a protected group in a list            error.group.not_found; likewise one of a contract, which only reads show
//	a user only in the directory           error.user.nonexistent for every step but a create and a deletion; error.user.not_in_org in a trusted one
//	a create of one who left               comes back as it was; updateIfAlreadyExists sets the names
//	a create of another's username         is a create of that user again
//	a create, e-mail in another directory  error.user.nonexistent_or_has_conflicting_parameters
//	a create of a type no directory has    in a claimed domain error.user.type_mismatch, else error.user.type_not_available
//	a username with a space in it          error.user.name.invalid
//	a create in a trusted directory        makes the account; of one that is there, joins it and updates nothing
//	an update in a trusted directory       error.api.user.not.parent.org
//	a deletion in a trusted directory      error.domain.trust.nonexistent; leaving without it is done
//	a create in a synced directory         error.internal.create_failed; one that had left returns
//	leaving a synced directory             error.internal.removefromorg, unless another organisation owns it
//	updates in a synced directory          done, as are memberships
//	a create, an Adobe ID has the e-mail   success, and nothing is made
//	the login's domain is not claimed      refused like that of the e-mail
//	removing a user who is not there       error.user.nonexistent
//	username after a change of e-mail      follows if it was the same; the id stays
//	a create of one who was deleted        another id
//	a move to another directory's domain   error.update.domain.mismatch
//	an update of nothing                   success without change, of an Adobe ID or a read-only group too
//	an update of nothing but case          success without change
//	the option "errorIfAlreadyExists"      as no option
//	"option" in an update                  error.command.update.option.no
//	an empty name in an update             error.internal.update_failed
//	a group name that is taken             error.usergroup.already_exists, by a profile too and whatever the option
//	a group name that begins with _        error.group.invalid_name
//	a group name in a path that cannot be  400 error.group.invalid_name: over 255 characters, or with control characters
//	a second deleteUserGroup in a call     success, and the group stays; entered as unexpected
//	a page after the last                  users: the last page again; groups: 200 "Not found"
//	the order of lists                     users by creation, members by joining, groups by id
//	X-Total-Count of a filtered list       what the filter left
//	a read right after a change            sees it
//	a body that is too large               400
//	mistakes in a token request            the errors of OAuth, with 400; a wrong secret 401
//	what a minute is                       the last 60 seconds
//	whom limits and lock-outs concern      one client
//	calls refused with 429                 do not count
//	listing after a lock-out               begins anew
//	too many calls of all clients          429, after 100 or, if that is more, as many as one client may make
//	twins in a single read                 the organisation's own account
//	an e-mail that is another's username   with domain a single read finds the e-mail first; commands never find such a username
//	the domain of an Adobe ID              that of its e-mail
//	what a query gets wrong                is passed over: unknown names, no booleans, what cannot be read; entered as unexpected
//	the order of fields                    that of recorded answers; the documentation's sample has errors before result
//	page 0 of the deprecated user groups   the first page, as page 1 is
//	a deprecated change with a bad entry   400, and nothing of it is done
//	testOnly at a deprecated endpoint      the change is made; entered as unexpected
//	the id and the code of a product       made up from its name
//	the licences of a product              the sum of its profiles' if each has a number, else null
package emulator
