// Package resource is what a SCIM resource may hold: its schema, the canonical
// document, and how PATCH and projection change it.
//
// A [Document] is canonical: attributes in the schema's spelling, extensions
// under their URN, values of the schema's types, no null, no empty string, array
// or object. Two documents are equal if their texts are, so a change
// without effect is found by comparing bytes. It leaves out what is derived or
// kept elsewhere: schemas, id, meta, a user's groups, a group's members, the
// sync state. A password is accepted and dropped at once.
//
// Clients take liberties with the protocol, and one refused attribute can stop
// all provisioning of a user. What is tolerated stands in leniencies.go, with who needs it;
// [Options].Strict refuses it, as the RFCs do.
//
// All is pure: no clock, no database, no goroutine. Bad input is answered with
// an [Error] and never with a panic. Nothing that is passed in is modified.
// [User] and [Group] are immutable and may be shared.
package resource
