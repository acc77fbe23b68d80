package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes are an interface: scripts and orchestrators act on them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitWrongUse    = 2 // wrong flags, or a configuration that cannot be used
	exitNeedsPerson = 3 // done, but something waits for a person
)

// usageError is an error of whoever started the program: of the flags or of
// the configuration.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// usagef returns a usageError.
func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// misused returns a usageError about the command line of cmd, with where to read on.
func misused(cmd *cobra.Command, format string, args ...any) error {
	return hinted{usagef("%s: %w", cmd.Name(), fmt.Errorf(format, args...)), "see: " + cmd.CommandPath() + " --help"}
}

// missingFlags says which flags a command lacks, all at once.
func missingFlags(cmd *cobra.Command, names []string) error {
	slices.Sort(names)
	return misused(cmd, "missing %s", strings.Join(names, ", "))
}

// needsPerson says that the command did what was asked, and that something
// waits for a person.
type needsPerson struct{ error }

func (e needsPerson) Unwrap() error { return e.error }

// hinted is an error with what to do about it.
type hinted struct {
	error
	hint string
}

func (e hinted) Unwrap() error { return e.error }

// report prints err with its hint, if there is one, and returns the exit code.
// It is the only place that does either.
func report(w io.Writer, err error) int {
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(w, "scim-bridge: %v\n", err)
	if h, ok := errors.AsType[hinted](err); ok {
		hintLine(w, h.hint)
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitWrongUse
	}
	if _, ok := errors.AsType[needsPerson](err); ok {
		return exitNeedsPerson
	}
	return exitFailed
}

// hintLine prints what to do, if there is anything, below what is wrong.
func hintLine(w io.Writer, hint string) {
	if hint != "" {
		fmt.Fprintf(w, "  hint: %s\n", hint)
	}
}
