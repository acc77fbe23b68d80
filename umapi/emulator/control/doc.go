// Package control steers a running emulator over HTTP, for people with curl and
// for tests in other languages: it arms faults, moves the clock, reads the
// ledger, chooses readings, fills the organisation and revokes tokens.
//
// Bodies are JSON both ways. What is refused changes nothing and is answered
// with {"error": "..."} in plain words: 400 for a body, a field or a parameter
// that is wrong, 413 for a body of more than 64 MiB, 404 for a path and 405 for
// a method that is not there.
// GET / says in plain text what there is.
//
// Nobody is asked who they are. Whoever serves it decides who can reach it; only
// web pages of other origins are kept out.
package control
