package resource

import (
	"fmt"
	"net/http"

	scimerrors "github.com/elimity-com/scim/errors"
)

// Error says what is wrong with what a client sent, in SCIM's terms (RFC 7644,
// section 3.12). It is the only type of error that this package returns for input.
type Error struct {
	// Status is the HTTP status, 400 for all that this package finds.
	Status int
	// Type is the scimType of RFC 7644, table 9.
	Type scimerrors.ScimType
	// Detail is a sentence for the client's administrator. It names attributes
	// and operations, never the values of a password.
	Detail string
}

// Error implements error.
func (e *Error) Error() string { return e.Detail }

func refuse(typ scimerrors.ScimType, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Type: typ, Detail: fmt.Sprintf(format, args...)}
}

// in puts the place in front of an error's detail.
func (e *Error) in(format string, args ...any) *Error {
	return &Error{Status: e.Status, Type: e.Type, Detail: fmt.Sprintf(format, args...) + ": " + e.Detail}
}
