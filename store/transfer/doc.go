// Package transfer moves the whole of a store into a database of another kind,
// and compares both.
//
// It knows the tables, which both have alike, and in which order their rows are
// read. A driver gives them out as they are at one moment ([Reader]), or takes
// them in one transaction ([Writer]), which it undoes if [Move] returns an error.
// Rows go over in batches, so that the size of a store does not matter.
//
// What the target's triggers work out, such as how much is due, is not moved but
// compared like the rest: each table has as many rows, and the same digest, on
// both sides, or nothing was moved.
package transfer
