// Package dispatch makes Adobe follow the directory.
//
// One [Dispatcher] works for one org. It takes what is due, has package plan
// turn it into the commands of one call, waits for the call's turn, sends it,
// and writes what the reply proves. What is due, the mirror and the calls are the
// store's. The little that it keeps for itself, such as the pages of a listing under
// way or a limit that Adobe turned out to have, it can learn again.
//
// A call is recorded before it is sent and settled after its reply, so at each
// point where the process may die:
//
//   - before the call is recorded, nothing happened;
//   - between recording and sending, and between sending and settling, the next
//     start, or another process, finds an open call and treats it as one without a
//     reply: what is repeat-safe is sent again, the rest is read back first, and
//     nothing else about its subjects is sent until it cannot arrive any more,
//     however often the process dies meanwhile;
//   - after settling, all is known.
//
// So a command may be sent twice, and only when sending it twice is harmless.
//
// # Leases
//
// A dispatcher works only while it has the lease of its org, which the store gives to one
// process at a time, and begins each time with what the store knows: of an earlier lease
// it keeps nothing. What it writes is refused under a lease that is lost, and what it
// sends is held back once the lease may have ended. But Adobe knows no fencing. A call
// that was sent just before may still be under way when another process takes over. So
// it is not settled by who sent it. The other process counts it against the budget,
// takes it for lost, and reads again what is not repeat-safe in it, when the call has had
// its time.
//
// One call is under way at a time, which keeps the promise that a subject is in
// at most one. While it runs, what becomes due gathers for the next.
//
// # Pacing
//
// All that an org sends to Adobe is taken from one budget, with a window for
// calls and one for each kind of read that Adobe counts by itself. A request counts
// from its beginning until 61 seconds after its end, whatever came of it, so that
// no minute holds more than the limit however Adobe counts. A call without an answer
// ends when it has had its time. The first half of a
// window is free and the rest is spread evenly, except for pages of a listing.
// Recorded calls restore their window after a restart; reads, which are not
// recorded, wait for a minute where there may have been any.
//
// When Adobe says to wait, nothing of that kind is sent until then. Nothing at all
// is sent if it turned a call away, or says two minutes or more, which no limit a
// minute explains; a restart does not forget it. Who is turned away at once after that waits a little
// longer each time. A 429 within the limit also says that the limit is lower than
// configured, or that somebody else uses the same client: less is sent, and the
// configured limit is tried again step by step, more and more seldom if that is
// refused. A refusal after a limit held for two minutes is taken for chance, until
// the next. A command that was throttled inside an answered call backs off alone.
// [Dispatcher.Budget] tells where all of this stands.
//
// # Failure
//
// When Adobe refuses the credentials, the org pauses and says so; no attempt is used
// up, and the secret is read again before each new try. When it cannot be
// reached, tries go on, further and further apart. A command that fails never
// holds up another: after a call that was refused as a whole, or had no answer,
// smaller ones follow until what is to blame stands alone, and fails.
package dispatch
