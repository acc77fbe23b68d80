// Package directory holds what the identity provider last said: users, groups
// and who is in which group. It also holds the errors that every layer shares.
//
// A resource is its SCIM document: the attributes in the spelling of their
// schema, extensions under their URN, and nothing that is derived. The document
// leaves out schemas, id, meta, password, a user's groups, a group's members and
// the sync state: those are fields here, rows of their own, or computed when a
// resource is shown. [UserAttributes] and [GroupAttributes] are typed views of
// the document for those who only read a few attributes, so that there is one
// copy of the truth.
//
// Everything here is plain data: no clock, no database, no goroutine.
package directory
