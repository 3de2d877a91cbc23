// Package fault is the error that a person meets at the command line: what
// failed, why, and how to fix it, with the exit code that scripts branch on.
//
// Any package of the wiring may return one. Adapters and pure packages return
// plain errors; who calls them knows what the person wanted, and says so here.
package fault

import (
	"context"
	"errors"
	"fmt"
)

// Code is a process's exit code. The numbers are a contract with scripts.
type Code int

// The exit codes.
const (
	OK          Code = 0
	Failed      Code = 1   // it was tried and did not work; also a verify that found a difference
	Usage       Code = 2   // wrong flags, arguments, settings or rules: nothing was started
	NotFound    Code = 3   // what was named does not exist
	Unhealthy   Code = 4   // a component is not healthy
	Timeout     Code = 5   // it did not finish in the time allowed
	Interrupted Code = 130 // stopped by Ctrl-C before it was done
)

// Error is a failure as a person reads it.
type Error struct {
	Code Code
	What string // what failed, in the person's terms: "cannot open the data directory ./data"
	Err  error  // why; may be nil
	Fix  string // what to do, as one imperative sentence or command; may be empty
}

// New returns an Error. err is why, and may be nil.
func New(code Code, what string, err error, fix string) *Error {
	return &Error{Code: code, What: what, Err: err, Fix: fix}
}

// Usagef returns an Error of code [Usage] that only says what is wrong.
func Usagef(format string, args ...any) *Error {
	return &Error{Code: Usage, What: fmt.Sprintf(format, args...)}
}

// Error returns "what: why", without the fix.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.What
	}
	return e.What + ": " + e.Err.Error()
}

// Unwrap returns why.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the exit code for err: that of the outermost [Error] in its
// chain, else Timeout or Interrupted if a context says so, else Failed.
func CodeOf(err error) Code {
	if err == nil {
		return OK
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case errors.Is(err, context.Canceled):
		return Interrupted
	}
	return Failed
}

// FixOf returns the outermost fix in err's chain, or "".
func FixOf(err error) string {
	for err != nil {
		e, ok := errors.AsType[*Error](err)
		if !ok {
			return ""
		}
		if e.Fix != "" {
			return e.Fix
		}
		err = e.Err
	}
	return ""
}
