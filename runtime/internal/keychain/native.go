//go:build darwin || windows

package keychain

import (
	"context"
	"errors"

	"github.com/zalando/go-keyring"
)

func newStore(options Options) backend {
	return &splitStore{
		entries: native{deadline{timeout: options.Timeout, busy: make(chan struct{}, 1)}},
		limit:   entryLimit,
		log:     options.Logger,
		lock:    locks{timeout: options.Timeout, log: options.Logger}.lock,
	}
}

// native are the entries of the system's keychain, through go-keyring. What
// differs between the two systems is in native_darwin.go and native_windows.go.
type native struct{ deadline deadline }

func (n native) get(ctx context.Context, service, account string) (string, error) {
	return n.deadline.run(ctx, func() (string, error) {
		value, err := keyring.Get(spelled(service), account)
		return value, nativeError(err)
	})
}

func (n native) set(ctx context.Context, service, account, value string) error {
	if len(value) > entryLimit { // go-keyring's own check on macOS comes after it has started a process, which then stays
		return ErrTooBig
	}
	_, err := n.deadline.run(ctx, func() (string, error) {
		return "", nativeError(keyring.Set(spelled(service), account, value))
	})
	return err
}

func (n native) delete(ctx context.Context, service, account string) error {
	_, err := n.deadline.run(ctx, func() (string, error) {
		return "", nativeError(keyring.Delete(spelled(service), account))
	})
	return err
}

func (n native) clear(ctx context.Context, service string) error {
	_, err := n.deadline.run(ctx, func() (string, error) {
		return "", nativeError(keyring.DeleteAll(spelled(service)))
	})
	if errors.Is(err, ErrNotSet) {
		return nil
	}
	return err
}

// nativeError names an error by its kind alone: its text may hold anything.
func nativeError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotSet
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return ErrTooBig
	default:
		return systemError(err)
	}
}
