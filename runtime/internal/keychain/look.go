package keychain

import "context"

// A State is what the keychain does when it is used next.
type State int

// The states, as far as the system tells them without asking a person.
const (
	Unknown  State = iota // it answers: macOS does not say more, and Windows has no more
	Unlocked              // it stores at once, and reads what is in no other keyring that is locked
	Locked                // it asks for its password first
	Fresh                 // it has no keyring yet, and asks for the password of a new one
)

// Look says in what state the keychain is. It changes nothing and never has the keychain ask a person.
func (s *System) Look(ctx context.Context, service string) (state State, err error) {
	if err := checkService(service); err != nil {
		return Unknown, err
	}
	err = s.reading(ctx, func(ctx context.Context) error {
		state, err = look(ctx, s.store, service)
		return err
	})
	return state, err
}

// Prepare has the keychain ask for the password of a new keyring, where it has none yet and so could store nothing. Who is
// about to ask a person for a value calls it before: afterwards it would be too late to learn that they do not want one.
func (s *System) Prepare(ctx context.Context) error {
	return s.inTurn(ctx, func(ctx context.Context) error { return prepare(ctx, s.store) })
}
