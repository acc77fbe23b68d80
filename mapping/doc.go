// Package mapping says what a SCIM user or group means in Adobe's terms, by the
// operator's rules.
//
// It is pure: what it says depends on the rules and on the resource alone, so
// that asking twice gives the same answer. What Adobe cannot hold is an [Error]
// with a code, a message and what to do about it; the provider's request was
// answered long before.
package mapping
