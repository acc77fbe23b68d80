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
//     start finds an open call and treats it as one without a reply: what is
//     repeat-safe is sent again, the rest is read back first;
//   - after settling, all is known.
//
// So a command may be sent twice, and only when sending it twice is harmless.
//
// One call is under way at a time, which keeps the promise that a subject is in
// at most one. While it runs, what becomes due gathers for the next.
//
// When Adobe says to wait, nothing is sent until then, even across a restart.
// When it refuses the credentials, the org pauses and says so; no attempt is used
// up, and the secret is read again before each new try. When it cannot be
// reached, tries go on, further and further apart. A command that fails never
// holds up another: after a call that was refused as a whole, or had no answer,
// smaller ones follow until what is to blame stands alone, and fails.
package dispatch
