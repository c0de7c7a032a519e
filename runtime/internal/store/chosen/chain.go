package chosen

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A chain is several stores. A value is that of the first that has one. Each error of a store but [store.ErrNotSet] is the
// chain's: a value further on could be one that the first would hide. What is written goes to the first store that can be
// written, unless one before it has a value, which would hide it.
type chain []store.Store

// Place implements [store.Store].
func (c chain) Place() string {
	places := make([]string, len(c))
	for i, s := range c {
		places[i] = s.Place()
	}
	return strings.Join(places, ", then ")
}

// Get implements [store.Store].
func (c chain) Get(ctx context.Context, in store.Scope, name string) (string, error) {
	for _, s := range c {
		if value, err := s.Get(ctx, in, name); !errors.Is(err, store.ErrNotSet) {
			return value, at(s, err)
		}
	}
	return "", store.ErrNotSet
}

// Set implements [store.Store].
func (c chain) Set(ctx context.Context, in store.Scope, name, value string) error {
	for _, s := range c {
		if err := s.Set(ctx, in, name, value); !errors.Is(err, store.ErrReadOnly) {
			return at(s, err)
		}
		if err := checkUnset(ctx, s, in, name); err != nil {
			return err
		}
	}
	return &Error{At: c, Err: store.ErrReadOnly}
}

// Delete implements [store.Store]. It begins at the end: what is removed shows nothing that it has hidden.
func (c chain) Delete(ctx context.Context, in store.Scope, name string) error {
	result := store.ErrNotSet
	for _, s := range slices.Backward(c) {
		switch err := s.Delete(ctx, in, name); {
		case errors.Is(err, store.ErrNotSet):
		case errors.Is(err, store.ErrReadOnly):
			if err := checkUnset(ctx, s, in, name); err != nil {
				return err
			}
		case err != nil:
			return at(s, err)
		default:
			result = nil
		}
	}
	return result
}

// List implements [store.Store].
func (c chain) List(ctx context.Context, in store.Scope) ([]store.Entry, error) {
	var all []store.Entry
	for _, s := range c {
		entries, err := s.List(ctx, in)
		if err != nil {
			return nil, at(s, err)
		}
		all = append(all, entries...)
	}
	slices.SortFunc(all, store.Entry.Compare)
	return slices.Compact(all), nil
}

// Prepare implements [store.Preparer]: it prepares the store that would be written.
func (c chain) Prepare(ctx context.Context, in store.Scope) error {
	for _, s := range c {
		if err := Prepare(ctx, s, in); !errors.Is(err, store.ErrReadOnly) {
			return at(s, err)
		}
	}
	return &Error{At: c, Err: store.ErrReadOnly}
}

// Clear implements [store.Clearer]. If something is left where it is only read, the error is [store.ErrReadOnly].
func (c chain) Clear(ctx context.Context, in store.Scope) error {
	var left error
	for _, s := range c {
		err := ClearAll(ctx, s, in)
		if err != nil && !errors.Is(err, store.ErrReadOnly) {
			return at(s, err)
		}
		if err != nil && left == nil {
			left = &Error{At: s, IsSet: true, Err: store.ErrReadOnly}
		}
	}
	return left
}

// ClearAll removes all that a store has of a server and a principal, in all of their accounts.
func ClearAll(ctx context.Context, s store.Store, in store.Scope) error {
	if clearer, ok := s.(store.Clearer); ok {
		return clearer.Clear(ctx, in)
	}
	entries, err := s.List(ctx, in)
	for _, e := range entries {
		in.Account = e.Account
		if err := s.Delete(ctx, in, e.Name); err != nil && !errors.Is(err, store.ErrNotSet) {
			return err
		}
	}
	return err
}

// Guide implements [store.Guide], by what each store says.
func (c chain) Guide(in store.Scope, name string) string {
	var ways []string
	for _, s := range c {
		if guide, ok := s.(store.Guide); ok {
			ways = append(ways, guide.Guide(in, name))
		}
	}
	return strings.Join(ways, ", or ")
}

// HeedsQuietly reports whether no store asks a person in a context that says so.
func (c chain) HeedsQuietly() bool {
	return !slices.ContainsFunc(c, func(s store.Store) bool {
		asks, ok := s.(interface{ HeedsQuietly() bool })
		return !ok || !asks.HeedsQuietly()
	})
}

// Close implements [store.Closer].
func (c chain) Close() error {
	var errs []error
	for _, s := range c {
		if closer, ok := s.(store.Closer); ok {
			errs = append(errs, closer.Close())
		}
	}
	return errors.Join(errs...)
}
