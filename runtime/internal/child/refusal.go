package child

import "errors"

// ErrNotRun is every [Refusal].
var ErrNotRun = errors.New("secrets: the program was not started")

// A Refusal is why a program was not started. It has nothing of the program.
type Refusal struct{ trouble string }

// Error returns the whole sentence.
func (r *Refusal) Error() string { return ErrNotRun.Error() + ": " + r.trouble }

// Trouble continues "the program was not started: ".
func (r *Refusal) Trouble() string { return r.trouble }

// Unwrap returns [ErrNotRun].
func (r *Refusal) Unwrap() error { return ErrNotRun }

// The refusals.
var (
	ErrNothing       = &Refusal{"there is none, or it is not said how it is given the secret"}
	ErrStarted       = &Refusal{"it has been run before"}
	ErrTwice         = &Refusal{"two secrets have the same placeholder or variable, or both are its input"}
	ErrPlaceholder   = &Refusal{"a placeholder is not of the form {name}"}
	ErrUntold        = &Refusal{"no argument or variable has the placeholder, so it would not find the secret"}
	ErrStdin         = &Refusal{"its input is to be a secret, and something else already"}
	ErrVariable      = &Refusal{"a variable has a name that is none"}
	ErrZero          = &Refusal{"a value with a zero byte is in no variable"}
	ErrNoDescriptors = &Refusal{"programs inherit no descriptors on Windows: give it a file"}
	ErrExposed       = &Refusal{"a secret is in its path, its arguments or its variables, where others can read it"}
	ErrNoFile        = &Refusal{"no private file could be made for it"}
	ErrNoPipe        = &Refusal{"no pipe could be made for it"}
)

// noFile is [ErrNoFile] with its cause, which names a folder, and is for the log.
type noFile struct{ cause error }

func (e *noFile) Error() string   { return ErrNoFile.Error() + ": " + e.cause.Error() }
func (e *noFile) Unwrap() []error { return []error{ErrNoFile, e.cause} }
