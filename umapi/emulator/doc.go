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
// All chance comes from [Config].Seed, with one exception: the key that signs
// tokens, so that an emulator started again refuses the tokens of the last.
//
// # What is modelled
//
//	UM_Authentication        tokens from body or query; scope; expiry; revocation; 401 and 403 without a body
//	ActionsRef               array of at most 10 commands, 1 MB; counts; errors and warnings by index and step; testOnly
//	ActionsCmds              every step for users; options; claimed domains; twins of Adobe IDs; leaving and returning
//	usergroupActionCommands  every step for user groups; read-only groups; size limit
//	ErrorRef                 the codes that these can provoke, with the messages known from practice
//	getUsersWithPage         pages and their headers, domain, directOnly; active users only
//	getUsersByGroup          by name or id; status, excludeGroups; members beyond the licences are inactive
//	getUser                  by e-mail without case, or by username and domain; Adobe IDs
//	group                    every type of group, with its own fields
//	throttling               a sliding minute for each endpoint; the lock-out for listing too often; Pragma exempts
//
// # What is simplified, and what that could hide
//
//	one organisation, one directory    a client that confuses directories, or owners with trustees
//	no limit for all clients together  one that does not expect 429 below its own rate (inject a Fault)
//	reads see writes at once           one that takes a read right after a write as the truth
//	lists are in order of creation     one that relies on an order; the order of groups of a user likewise
//	reads and writes take no time      one whose timeouts are too short (inject a Fault with Wait)
//	any country of ISO 3166-1 is good  one that does not handle countries without Adobe's business
//	no technical accounts              one that takes X-Total-Count as exact
//	names of products never change     one that keeps them as keys
//	the old JWT exchange is refused    nothing: such credentials have ended
//	the old reads are not there        nothing: only old clients use them
//
// # What is unknown, and the reading chosen
//
//	an eleventh command                    400 error.command.malformed
//	an eleventh step                       error.command.add_remove.list_too_long
//	an error in the syntax of a command    nothing of that command is run; its first error is reported
//	steps after a failed one               run, except after a failed create; nothing is taken back
//	one unknown name in a list             nothing of that list is applied
//	an unknown verb                        error.command.step.unknown
//	several verbs in a step                error.command.illegal_entry
//	a protected group in a list            error.group.not_found
//	a user only in the directory           error.user.nonexistent for every step but a create and a deletion
//	a create of one who left               comes back as it was; updateIfAlreadyExists sets the names
//	a create of another's username         is a create of that user again
//	a create, an Adobe ID has the e-mail   success, and nothing is made
//	the login's domain is not claimed      refused like that of the e-mail
//	removing a user who is not there       error.user.nonexistent
//	username after a change of e-mail      follows if it was the same
//	an empty name in an update             error.internal.update_failed
//	a group name that is taken             error.usergroup.already_exists, by a profile too and whatever the option
//	a group name that begins with _        error.group.invalid_name
//	a second deleteUserGroup in a call     success, and the group stays; entered as unexpected
//	a page after the last                  users: the last page again; groups: 200 "Not found"
//	mistakes in a token request            the errors of OAuth, with 400; a wrong secret 401
//	calls refused with 429                 do not count
//	twins in a single read                 the organisation's own account
package emulator
