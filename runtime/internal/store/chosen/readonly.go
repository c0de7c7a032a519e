package chosen

import (
	"context"
	"errors"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A ReadOnly is the [store.ErrReadOnly] of one value.
type ReadOnly struct {
	At    store.Store // which is only read
	IsSet bool        // it has the value, which hides what another one would have
}

func (*ReadOnly) Error() string { return store.ErrReadOnly.Error() }
func (*ReadOnly) Unwrap() error { return store.ErrReadOnly }

// CheckWritable returns a [*ReadOnly] if nothing that is written under a name would be found there. Other errors of a store are
// not its concern. It asks nobody in a context in which nobody is to be asked.
func CheckWritable(ctx context.Context, s store.Store, in store.Scope, name string) error {
	for _, s := range All(s) {
		if !errors.Is(prepare(ctx, s, in), store.ErrReadOnly) {
			return nil
		}
		if readOnly := (*ReadOnly)(nil); errors.As(has(ctx, s, in, name), &readOnly) {
			return readOnly
		}
	}
	return &ReadOnly{At: s}
}

// has returns a [*ReadOnly] if a store that is only read has a value.
func has(ctx context.Context, s store.Store, in store.Scope, name string) error {
	switch _, err := s.Get(ctx, in, name); {
	case errors.Is(err, store.ErrNotSet):
		return nil
	case err != nil:
		return err
	}
	return &ReadOnly{At: s, IsSet: true}
}

func prepare(ctx context.Context, s store.Store, in store.Scope) error {
	if preparer, ok := s.(store.Preparer); ok {
		return preparer.Prepare(ctx, in)
	}
	return nil
}
