// Package postgres keeps the storage contract of package store in one
// PostgreSQL database, of version 13 or newer. The steps themselves are those of
// package relational.
//
// The database belongs to one process: [Open] takes an advisory lock in a session
// of its own, and raises an epoch that each write checks, so that a process that
// lost the lock without knowing cannot write. Whoever gives several processes
// one database must put something finer in this place: which of them dispatches
// an org, since Due, RecordCall and Settle suppose that nobody else does.
//
// All writes go through one goroutine with one connection. Those that wait while
// a commit is on its way share the next one: each runs in a savepoint of its
// own, so that the error of one undoes that one only, and each is answered after
// the common COMMIT, with synchronous_commit on. That is not for the disk alone.
// Two writes of an org at once would be in each other's way anyway: in what they
// count, and, where groups are in groups, in what they make due, which only the
// strictest isolation would show. One after the other there is nothing to find.
//
// A transaction that meets a deadlock, a failed serialization or a connection
// that broke is done again. Where the connection broke during COMMIT, the server
// is asked what became of it.
//
// A database that does not answer at all is given up after half a minute, and so is
// the connection; the next write or read makes another.
//
// A write that made something due notifies other processes as it commits.
//
// Texts compare by bytes, as in SQLite, whatever the locale of the database.
// Dates are stored as microseconds and shown in UTC.
package postgres
