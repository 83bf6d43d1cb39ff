package registry

import (
	"errors"
	"fmt"
)

// Code says what kind of mistake an [Error] is about.
type Code string

// The codes.
const (
	Forbidden   Code = "FORBIDDEN"    // the viewer may not do this
	NotFound    Code = "NOT_FOUND"    // what the input names does not exist, or the viewer may not see it
	Invalid     Code = "INVALID"      // the input is not well formed
	Conflict    Code = "CONFLICT"     // it exists already, with other facts
	NotPossible Code = "NOT_POSSIBLE" // well formed, but the present state does not allow it
)

// Error is a mistake that a person can mend. Its message is safe to show: it never holds personal data.
// Every other error that the registry returns is internal.
type Error struct {
	Code    Code
	Field   string // the input field it is about, in lowerCamelCase; may be empty
	Message string // what happened and what to do
}

func (e *Error) Error() string { return e.Message }

// CodeOf returns the code of the [Error] in err's chain, empty if there is none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func invalid(field, format string, args ...any) error {
	return &Error{Code: Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

func notFound(field, format string, args ...any) error {
	return &Error{Code: NotFound, Field: field, Message: fmt.Sprintf(format, args...)}
}

func conflict(field, format string, args ...any) error {
	return &Error{Code: Conflict, Field: field, Message: fmt.Sprintf(format, args...)}
}

func notPossible(field, format string, args ...any) error {
	return &Error{Code: NotPossible, Field: field, Message: fmt.Sprintf(format, args...)}
}

func authorise(allowed bool, what string) error {
	if allowed {
		return nil
	}
	return &Error{Code: Forbidden, Message: "your role does not allow you to " + what}
}
