// Package scim is the SCIM 2.0 service provider (RFC 7643, RFC 7644): it lets
// identity providers read and write an org's directory.
//
// Each org is served below its own path and with its own bearer tokens. A
// request passes one pipeline: authenticate, limit the body, parse leniently,
// validate, apply, store, project, respond. What is parsed and projected, and
// by which rules of leniency, is decided in package resource; where it is kept
// is decided behind [Directory].
//
// A success that this package answers has been stored: a 2xx of a write is
// sent after the directory returned, and nothing waits for Adobe. A request
// that is refused changed nothing. Each request carries an id, which is in its
// X-Request-Id header, in the lines that it logs and in the journal.
//
// Failures end as SCIM errors (RFC 7644 section 3.12). A directory whose queue
// is full makes a 429, one that fails a 503, both with Retry-After in whole
// seconds; what it said goes to the log and never to the client. What is no HTTP
// request at all, a broken request line or headers above the server's limit,
// package net/http refuses before any handler, with a 400 or 431 in plain text.
//
// What requests take together is bounded: 512 of authenticated clients are served
// at a time, and 64 MiB of bodies are held, of which large ones take three
// quarters; above that a request is a 429 before it takes anything. Bodies and
// answers get as long as they move, a minute and 64 KiB a second: a body that does
// not is a 408, an answer that is not taken ends the connection. An answer too
// large to be held in memory is streamed: where the directory fails in the
// middle of one, the connection is cut, so that no client takes a part for the
// whole.
package scim
