package dialog

import (
	"errors"
	"fmt"
	"syscall"
)

// A Fault is a dialog that could not be shown, or that ended without an answer, for a reason that
// is nobody's will. It wraps [ErrFailed], [ErrNoDialog] or [ErrNoDisplay].
type Fault struct {
	// Trouble says what is wrong, and where: the path of a file, the number of a process. It is
	// safe to be told to anybody, since none of it is what the dialog's program wrote.
	Trouble string
	kind    error
}

// Error returns the kind of fault and the trouble.
func (f *Fault) Error() string { return f.kind.Error() + ": " + f.Trouble }

// Unwrap returns the kind of fault.
func (f *Fault) Unwrap() error { return f.kind }

// failed makes a Fault that is [ErrFailed].
func failed(format string, args ...any) error {
	return &Fault{fmt.Sprintf(format, args...), ErrFailed}
}

// reason is what the operating system says of an error, without the texts of others.
func reason(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return "for an unknown reason"
}
