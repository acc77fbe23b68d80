// Package sqlite keeps the storage contract of package store in one SQLite file. The
// steps themselves are those of package relational.
//
// The file belongs to one process: [Open] takes a lock beside it, which the
// operating system frees when the process ends in whatever way; one that is taken
// is waited for a second, for a process that is just ending. It runs in WAL
// mode with synchronous=FULL, so that what a write acknowledged is on disk.
//
// All writes go through one goroutine with one connection. Writes that wait
// while a commit is being written to disk share the next one: each runs in a
// savepoint of its own, so that the error of one undoes that one only, and each
// is answered after the common COMMIT. That makes an fsync for each batch and
// not for each write. A failed COMMIT fails the whole batch, and nothing of it
// is kept; so does a full disk, and as soon as there is room the next batch
// succeeds. When the queue of writes is full, writes of the directory are refused
// with directory.ErrOverloaded, while those of the dispatcher wait.
//
// The log of writes (WAL) is written back into the file beside the writer: see
// checkpointer.
//
// Reads use a few connections of their own. Each sees the state at its first
// statement, in which every write is that returned before it began.
//
// Each connection compiles a statement once. How statements see to that package
// relational says.
//
// Dates are stored as microseconds and shown in UTC.
package sqlite
