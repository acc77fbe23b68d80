// Package morning plays an identity provider's morning against a SCIM service
// and remembers what it said.
//
// Two providers speak at the same time, each over several connections and each
// in its own manner: Okta looks everyone up before it creates, sends users back
// whole with PUT and pushes groups in PATCHes of its own shape; Entra capitalises
// its operations, sends booleans as text and adds members in portions. People
// join, groups are pushed, people move between groups, people and groups get
// new names, and some people leave.
//
// [Play] keeps its own record of what was said, which nothing of the service
// under test takes part in. [Said] turns it into a [State] in Adobe's terms,
// which [Differences] compares with what is really there, entry by entry.
//
// The cast and what happens to it follow from the seed. The order in which
// requests arrive does not, since the connections race.
//
// The first request that is not answered as its provider expects ends the
// morning with an error: a record of half a morning could be compared with
// nothing.
package morning
