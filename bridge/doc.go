// Package bridge puts the parts together into one running service: the SCIM
// service provider over a store, and for each org a client of the User
// Management API with the dispatcher that makes Adobe follow.
//
// # Running and stopping
//
// [New] checks, wires and begins to listen, so that [Bridge.Addr] is known; it
// starts nothing. [Bridge.Run] serves until its context ends or a part breaks,
// and then stops in this order:
//
//  1. New connections are refused.
//  2. Requests that are being answered are finished, of providers and of operators,
//     or cut off when three fifths of the time are over: a client that is slow must
//     not keep the calls in flight from being settled.
//  3. The dispatchers take no more work, settle the calls in flight, and give their
//     leases back, so that another replica goes on at once.
//
// The store is the caller's, and is closed after Run has returned. All of this
// has one deadline, [Config.ShutdownTimeout]. What is not done by then is cut
// off, which is what a crash would do: nothing acknowledged is lost, and a call
// whose outcome nobody saw is looked into at the next start.
//
// # Operators
//
// On the Unix domain socket of [Config.Socket] the bridge answers operators: what
// is due, held and failed, what happened to somebody, and the orders to release or
// to try again. Whoever may open the socket may give them, which is the user that
// the process runs as. The socket is of this process, and goes when it stops. What is
// ordered is written to the database: of several replicas each can be asked.
//
// # Upkeep
//
// At the start and every ten minutes what is kept no longer is removed from the
// store, see [Journal], in small steps with pauses, so that nobody waits for it.
//
// # Health
//
// GET /healthz answers 200 while the process serves requests. GET /readyz
// answers 200 while the store can be read, else 503 with the reason. Adobe
// being away makes the bridge neither unhealthy nor unready: identity providers
// are answered from the directory.
package bridge
