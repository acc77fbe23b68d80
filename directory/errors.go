package directory

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrNotFound means that the org has no such resource.
	ErrNotFound = errors.New("not found")
	// ErrConflict means that another resource of the org holds a value that
	// must be unique. It is always wrapped in a ConflictError.
	ErrConflict = errors.New("conflict")
	// ErrVersion means that the resource is no longer in the version that the
	// change was meant for.
	ErrVersion = errors.New("version does not match")
	// ErrOverloaded means that a queue is full: nothing was done, try later.
	ErrOverloaded = errors.New("overloaded")
)

// ConflictError names the attribute whose value is taken.
type ConflictError struct {
	Attribute, Value string
}

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s %q is taken", e.Attribute, e.Value)
}

// Unwrap makes errors.Is(err, ErrConflict) true.
func (e *ConflictError) Unwrap() error { return ErrConflict }

// UnknownMemberError names member ids that are no resource of the org.
type UnknownMemberError struct {
	IDs []string
}

// Error implements error.
func (e *UnknownMemberError) Error() string {
	return "unknown members: " + strings.Join(e.IDs, ", ")
}

// NestedGroupError names members that are groups where that is refused, or
// that would make a group a member of itself.
type NestedGroupError struct {
	IDs []string
}

// Error implements error.
func (e *NestedGroupError) Error() string {
	return "members that are groups: " + strings.Join(e.IDs, ", ")
}
