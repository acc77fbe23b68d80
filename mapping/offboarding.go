package mapping

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/directory"
)

// Fate is what becomes of an Adobe account that no active user maps to.
type Fate string

// The fates of an account.
const (
	// FateKeep leaves it as it is, with its memberships.
	FateKeep Fate = "keep"
	// FateRemoveMemberships takes away the memberships that the bridge gave.
	FateRemoveMemberships Fate = "remove_memberships"
	// FateLeave has it leave the organization; the account and its files stay with
	// the directory that owns it.
	FateLeave Fate = "leave"
	// FateDelete deletes the account with its files, for good.
	FateDelete Fate = "delete_account_and_files"
)

// Validate returns an error unless f is a fate or empty, which is FateLeave.
func (f Fate) Validate() error {
	switch f {
	case "", FateKeep, FateRemoveMemberships, FateLeave, FateDelete:
		return nil
	}
	return fmt.Errorf("%q: want %s, %s, %s or %s", f, FateKeep, FateRemoveMemberships, FateLeave, FateDelete)
}

// Offboarding says what becomes of the account of a user who is deactivated, and
// of one who is deleted, and how long after.
type Offboarding struct {
	Deactivated, Deleted Fate
	// Delay is how long a user must have been inactive, or gone: it is counted
	// anew when one who is inactive is deleted. Who is active again before that was
	// never away.
	Delay time.Duration
}

// Of returns the fate of an account whose last users were deleted, or are inactive.
func (o Offboarding) Of(deleted bool) Fate {
	fate := o.Deactivated
	if deleted {
		fate = o.Deleted
	}
	if fate == "" {
		return FateLeave
	}
	return fate
}

// validate names what cannot be followed.
func (o Offboarding) validate() error {
	errs := []error{o.Deactivated.Validate(), o.Deleted.Validate()}
	if o.Delay < 0 {
		errs = append(errs, fmt.Errorf("delay %s is negative", o.Delay))
	}
	return errors.Join(errs...)
}

// Protection names what in Adobe is never touched, by patterns in which * stands
// for anything and every other character for itself, compared without case: Users
// by e-mail address, Groups by name.
type Protection struct {
	Users, Groups []string
}

func (p Protection) validate() error {
	var errs []error
	for _, pattern := range append(p.Users[:len(p.Users):len(p.Users)], p.Groups...) {
		if pattern == "" {
			errs = append(errs, fmt.Errorf("pattern %q: want a name in which * stands for anything", pattern))
		}
	}
	return errors.Join(errs...)
}

// User reports whether the account with that address is protected.
func (p Protection) User(email string) bool { return matches(p.Users, email) }

// Group reports whether the Adobe group of that name is protected.
func (p Protection) Group(name string) bool { return matches(p.Groups, name) }

func matches(patterns []string, name string) bool {
	for _, pattern := range patterns {
		if like(directory.Fold(pattern), directory.Fold(name)) {
			return true
		}
	}
	return false
}

// like reports whether a pattern stands for the whole of a name.
func like(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	for i, part := range parts[:last] {
		at := strings.Index(name, part)
		if at < 0 || i == 0 && at > 0 {
			return false
		}
		name = name[at+len(part):]
	}
	return strings.HasSuffix(name, parts[last]) && (last > 0 || name == pattern)
}

// protected is why a resource that is protected has no place in Adobe.
func protected(what, name string) *Error {
	return &Error{
		"bridge.protected", fmt.Sprintf("the %s %s is protected by the configuration: nothing is changed", what, name),
		"unassign it in the provider, or take it out of protect in the configuration",
	}
}
