package keychain

import (
	"errors"
	"fmt"
	"syscall"
)

const (
	foldsCase    = true
	heedsQuietly = false

	// entryLimit is a little under the 2,560 bytes of a credential. go-keyring
	// stores the bytes as they are, so UTF-16 does not come into it.
	entryLimit = 2500
)

const (
	errorNotFound           = syscall.Errno(1168)
	errorCancelled          = syscall.Errno(1223)
	errorNoSuchLogonSession = syscall.Errno(1312)
	errorBadStubData        = syscall.Errno(1783) // how an entry that is too long is refused
)

// spelled returns how the Credential Manager is told the name of a service.
func spelled(service string) string { return spell(service) }

// systemError reads an error of the Credential Manager.
func systemError(err error) error {
	var code syscall.Errno
	if !errors.As(err, &code) {
		return ErrStore
	}
	switch code {
	case errorNotFound:
		return ErrNotSet
	case errorCancelled:
		return ErrDismissed
	case errorNoSuchLogonSession:
		return fmt.Errorf("%w: this session has no credentials (a service or a network logon)", ErrNoStore)
	case errorBadStubData:
		return ErrTooBig
	default:
		return fmt.Errorf("%w: Windows error %d", ErrStore, uint32(code))
	}
}
