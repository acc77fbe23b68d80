// Package umapi is a client of Adobe's User Management API (UMAPI).
//
// # Credentials
//
// A [Config] names the organization and its credential: an OAuth
// server-to-server credential of the Adobe Developer Console, with the User
// Management API added to its project. [New] checks it and makes no request;
// access tokens are obtained when one is needed, replaced before they expire, and
// replaced once when the service refuses one. The secret is asked for before each
// token, so that it can be rotated while a program runs.
//
// [Config.JWT] has tokens obtained in the older way, for which a JWT is signed
// with the key of a service account. Adobe's own service has taken none since
// March 2026. It remains for what still speaks it: organizations whose tools
// were never moved, behind something that stands in for Adobe, and emulators.
//
// # A call
//
// A [Command] is what should happen to one Adobe user or one Adobe user group.
// It has a root (the user or the user group) and [Step] values that the service
// attempts in order. [Client.Act] sends up to [MaxCommands] commands as one
// call; [Client.Try] has them checked without being applied. What the service
// would refuse whatever it holds is refused here, by [Command.Validate] and
// [ValidateCall], with all that is wrong at once.
//
// The service promises no order between the commands of a call. Two commands
// of one call must therefore never depend on each other.
//
// # A reply
//
// A call can be answered "200" although every command in it failed, so a [Reply]
// is read command by command, by index:
//
//	reply, err := client.Act(ctx, commands)
//	// err: the call as a whole; ask ClassOf(err) and OutcomeOf(err)
//	// reply.Consistent(len(commands)): can the reply be believed?
//	// reply.ErrorsOf(i): what went wrong with commands[i]; Lookup explains a code
//
// A command is not undone when one of its steps fails: the steps before it stay,
// and of those after it nothing is known.
//
// # Errors, and what to do about them
//
// Every error of a [Client] is an *[Error], found with errors.As. It carries
// what the service said, never the access token, the client secret or the
// private key, which appear in no log line either. [ClassOf] says what it means
// for the caller:
//
//	ClassTransient   try again later
//	ClassThrottled   try again, not before Error.RetryAfter has passed, which can be an hour
//	ClassDenied      stop until a person has corrected credentials, rights or addresses
//	ClassRejected    never as it is; send the commands in smaller calls to find the one to blame
//	ClassReread      what was believed is out of date; read again
//
// A call is sent at most once, except that an answer of 401, which changed
// nothing, is followed by one more try with a fresh access token, unless
// [Config].Once says not. Everything
// else is the caller's decision, and [OutcomeOf] says what it may assume:
// [OutcomeNotSent] is claimed only when it is certain that the request never
// left, [OutcomeRefused] only when the service answered that it refused, and
// whatever is left is [OutcomeUnknown]. [Command.RepeatSafe] says whether a
// call of unknown outcome can simply be sent again; else read first.
//
// An error of a single command has a code. [Lookup] knows those that are
// documented or were seen: whether to try again ([CodeClass]), what the answer
// tells about what Adobe holds ([Effect]), and what to tell an operator.
//
// # Reads
//
// [Client.User] reads one user. [Client.Users], [Client.Groups] and
// [Client.Members] read a listing to its end, page by page. One that ends without
// an error was read to its end. One that was cut short, that was moved under its
// reader, or that holds noticeably less than the service counted ends with
// [ErrIncomplete]: nothing may be concluded from what it lacks.
//
// A user who is not there and a listing that could not be read are told apart
// with care: [ErrNotFound] is claimed only on the service's own word. An account
// that is disabled or locked is not there for any read.
//
// # Limits are the caller's
//
// Nothing is retried, paced or waited for here. Adobe documents 10 calls and 25
// reads a minute, 5 for pages of groups, for each client id; and whoever begins
// to list all users, or all groups, more often than about every two hours is
// locked out of everything for up to 75 minutes. Sharing a client id means
// sharing its limits.
//
// # Concurrency
//
// All methods of a [Client] may be called concurrently, and share one token.
// Commands on one user that are sent in two calls at the same time are done in
// either order.
package umapi
