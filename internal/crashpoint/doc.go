// Package crashpoint names the moments at which a kill is most likely to lose or
// to repeat something, so that a test can have the process die in exactly one.
//
// In what ships [Pass] does nothing, and the compiler leaves nothing of it. Built
// on Unix with the tag crashpoints, the process kills itself, as SIGKILL would, when it
// comes to the point that the environment variable [Variable] names, in the form
// POINT:N, for the Nth time. In the form POINT:N:stop it says so on standard error
// and stands still there, as SIGSTOP has it, until it is told to go on.
package crashpoint

// Variable names the environment variable that says where to die.
const Variable = "SCIM_BRIDGE_CRASH_AT"

// Standing is what a process says before it stands still, followed by the point.
const Standing = "stands still at"

// Point is a moment.
type Point string

// The points.
const (
	BeforeCommit Point = "commit.before" // a transaction is complete, and not on disk
	AfterCommit  Point = "commit.after"  // it is on disk, and nobody was told
	Recorded     Point = "call.recorded" // a call to Adobe is on disk as sent, and was not sent
	Answered     Point = "call.answered" // its answer is here, and what it proves is not on disk
)

// Points are all of them.
var Points = []Point{BeforeCommit, AfterCommit, Recorded, Answered}
