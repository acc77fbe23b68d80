// Package postgres keeps the storage contract of package store in one
// PostgreSQL database, of version 13 or newer. The steps themselves are those of
// package relational.
//
// # Several processes
//
// Any number of processes may have the database open. All of them serve SCIM.
//
// All writes of a process go through one goroutine with one connection. Those that
// wait while a commit is on its way share the next one: each runs in a savepoint of its
// own, so that the error of one undoes that one only, and each is answered after
// the common COMMIT, with synchronous_commit on. Between processes, the first statement
// of a transaction that writes takes an advisory lock on the whole database, to its end
// (the function hold). So writes follow one another, of whichever process. Each statement
// of a transaction sees what was committed before the statement began (READ COMMITTED),
// and the second one begins when the lock is there: so it sees all that was
// written before, and two writes of an org are never in each other's way, in what
// they count or, where groups are in groups, in what they make due. Finer locks would
// gain nothing within an org. Nor can such transactions wait for each other in a circle,
// since each has the lock before it has any row. PostgreSQL gives the lock in the order
// in which it was asked for, so none starves. What reads waits for nobody.
//
// A process that stands still in the middle of a write keeps the others from writing
// until the server hangs up on it, which it does after five idle seconds.
//
// # Leases
//
// Each org is dispatched by one process at a time, which has its lease: a row with a
// token, which grows with each change of hands, the process, and a time at which it ends,
// by the database's clock. It lasts ten seconds and is renewed every three, by a session
// that does nothing else. Who wants it waits until it ends, or is given back and told of
// at once. A lease is taken under the lock for writes. So a write under a lease compares
// token and process in its own transaction (the function fence), and nobody else has the
// lease at the COMMIT. Renewing changes no token and needs no lock.
//
// The process that has a lease relies on it for eight of the ten seconds, by its own
// clock and counted from before it asked: see package lease. It sends nothing to Adobe
// after that, even if it stood still meanwhile. Nobody else has the lease before ten
// seconds are over, unless the clock of the database server is set forward.
//
// # Connections
//
// Of a process one connection writes, one listens, one renews, and a few read.
// A transaction that meets a deadlock, a failed serialization or a connection
// that broke is done again. Where the connection broke during COMMIT, the server
// is asked what became of it.
//
// A database that does not answer at all is given up after half a minute, and so is
// the connection; the next write or read makes another.
//
// A write that made something due notifies other processes as it commits (NOTIFY). One
// whose connection broke, which is asked for after a minute of silence, supposes that
// it missed something.
//
// # Releases
//
// Tables are migrated by one process at a time while others go on. Each release knows
// up to which number it knows the tables, and the database, from which number on a
// release may work with them. A step that only adds leaves that one as it is. After one
// that does not, processes of older releases can only read, and lose their leases. A step
// that waits for a lock gives up soon and is tried again, since all who come later wait
// behind it.
//
// Texts compare by bytes, as in SQLite, whatever the locale of the database.
// Dates are stored as microseconds and shown in UTC.
package postgres
