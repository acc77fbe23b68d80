// Package umapi is a client of Adobe's User Management API (UMAPI).
//
// # Words
//
// A [Command] is what should happen to one Adobe user or one Adobe user group.
// It has a root (the user or the user group) and [Step] values that the service
// attempts in order. [Client.Act] sends up to [MaxCommands] commands as one
// call and returns a [Reply]. A call can be answered "200" although every
// command in it failed, so a reply is read command by command, by index:
//
//	reply, err := client.Act(ctx, commands)
//	// err: the call as a whole; ask ClassOf(err) and OutcomeOf(err)
//	// reply.Consistent(len(commands)): can the reply be believed?
//	// reply.ErrorsOf(i): what went wrong with commands[i]; Lookup explains a code
//
// The service promises no order between the commands of a call. Two commands
// of one call must therefore never depend on each other.
//
// # Promise
//
// A call is sent at most once, except that an answer of 401, which changed
// nothing, is followed by one more try with a fresh access token. Everything
// else is the caller's decision, and [OutcomeOf] says what it may assume:
// [OutcomeNotSent] is claimed only when it is certain that the request never
// left, [OutcomeRefused] only when the service answered that it refused, and
// whatever is left is [OutcomeUnknown]. [Command.RepeatSafe] says whether a
// call of unknown outcome can simply be sent again.
//
// A listing ([Client.Users], [Client.Groups], [Client.Members]) that ends
// without an error was read to its end. One that was cut short, or that holds
// noticeably less than the service counted, ends with [ErrIncomplete]: nothing
// may be concluded from what it lacks.
//
// # Failure
//
// Every error of a [Client] is an *[Error], found with errors.As. It carries
// what the service said, never the access token or the client secret, which
// appear in no log line either. Nothing is retried, paced or waited for here,
// a Retry-After is reported in [Error.RetryAfter]; [Config.Pace] is where the
// caller's limits are hooked in.
package umapi
