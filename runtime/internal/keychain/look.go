package keychain

import "context"

// A State is what the keychain does when it is used next.
type State int

// The states, as far as the system tells them without asking a person.
const (
	Unknown  State = iota // it answers: macOS does not say more, and Windows has no more
	Unlocked              // it is used at once
	Locked                // it asks for its password first
	Fresh                 // it has no keyring yet, and asks for the password of a new one
)

type unaskedKey struct{}

// Unasked returns a context under which the keychain asks nobody: where it would, as to be unlocked, a call fails with
// [ErrLocked]. On macOS and Windows it can't be kept from asking.
func Unasked(ctx context.Context) context.Context {
	return context.WithValue(ctx, unaskedKey{}, true)
}

func isUnasked(ctx context.Context) bool { return ctx.Value(unaskedKey{}) != nil }

// Look says in what state the keychain is for service. It changes nothing and never has the keychain ask a person.
func (s *System) Look(ctx context.Context, service string) (state State, err error) {
	if err := checkService(service); err != nil {
		return Unknown, err
	}
	err = s.inTurn(ctx, func(ctx context.Context) error {
		state, err = look(ctx, s.store, service)
		return err
	})
	return state, err
}
