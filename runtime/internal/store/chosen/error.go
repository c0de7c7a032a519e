package chosen

import (
	"context"
	"errors"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// An Error says which store failed, where there are several, or which one is only read.
type Error struct {
	At    store.Store
	IsSet bool // of [store.ErrReadOnly]: the store has the value, which hides what another one would have
	Err   error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// at says that a store of several failed. That it has no value, or that the call has ended, is no failure.
func at(s store.Store, err error) error {
	var known *Error
	if err == nil || errors.Is(err, store.ErrNotSet) || errors.As(err, &known) {
		return err
	}
	return &Error{At: s, Err: err}
}

// CheckWritable returns an [*Error] of [store.ErrReadOnly] if nothing that is written under a name would be found there. Other
// errors of a store are not its concern. It asks nobody where the context says so.
func CheckWritable(ctx context.Context, s store.Store, in store.Scope, name string) error {
	for _, s := range All(s) {
		if !isReadOnly(ctx, s, in) {
			return nil
		}
		if err := checkUnset(ctx, s, in, name); errors.Is(err, store.ErrReadOnly) {
			return err
		}
	}
	return &Error{At: s, Err: store.ErrReadOnly}
}

// CheckRemovable returns an [*Error] of [store.ErrReadOnly] if a store that is only read has a value, as [CheckWritable] does.
func CheckRemovable(ctx context.Context, s store.Store, in store.Scope, name string) error {
	for _, s := range All(s) {
		if !isReadOnly(ctx, s, in) {
			continue
		}
		if err := checkUnset(ctx, s, in, name); errors.Is(err, store.ErrReadOnly) {
			return err
		}
	}
	return nil
}

// checkUnset returns the error of a store that is only read and has a value, or why that is not known.
func checkUnset(ctx context.Context, s store.Store, in store.Scope, name string) error {
	switch _, err := s.Get(ctx, in, name); {
	case errors.Is(err, store.ErrNotSet):
		return nil
	case err != nil:
		return at(s, err)
	}
	return &Error{At: s, IsSet: true, Err: store.ErrReadOnly}
}

func isReadOnly(ctx context.Context, s store.Store, in store.Scope) bool {
	return errors.Is(Prepare(ctx, s, in), store.ErrReadOnly)
}

// Prepare returns why a store can keep nothing, as far as it tells.
func Prepare(ctx context.Context, s store.Store, in store.Scope) error {
	if preparer, ok := s.(store.Preparer); ok {
		return preparer.Prepare(ctx, in)
	}
	return nil
}
